"""Run hooks: what scoring keeps of a sample besides its row, and the tables made from it when the run ends."""

import re
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from fsbench.benchmarks import Benchmark
from fsbench.core.errors import UsageError
from fsbench.metrics.pool import Pool
from fsbench.protocols.measurement import Measurement
from fsbench.runs import Record
from fsbench.runs.journal import Journal
from fsbench.runs.pool_files import has_pool, read_doubts, remove_pool, write_doubts, write_pool, write_tables
from fsbench.runs.scales import with_scales
from fsbench.scoring.kept_maps import KeptMaps

_FOLDER = "pools"
_OURS = ".fsbench"
"""Marks the folder as one that may be removed."""
_TOKEN = re.compile("[0-9a-f]{8}")
_SCALE, _SUSPICIOUS = "mm_per_unit", "suspicious"


def write_sample_files(folder: Path, sample: str, measured: Measurement, pooled: bool) -> None:
    """Write a sample's distances, if the protocol pools them, and its doubts."""
    if pooled:
        write_pool(folder, sample, Pool.of(measured.ref_to_pred_mm))
    write_doubts(folder, sample, measured.scores.doubts)


remove_sample_files = remove_pool


class RunHooks:
    """Called when a run begins and ends. Each sample has a file until then; afterwards tables hold them all.

    Use it only while no other process can write the run.

    Raises
    ------
    UsageError
        If another folder has the name of the folder for the files.
    """

    def __init__(
        self, benchmark: Benchmark, out: Path, bins: Mapping[str, Mapping[str, str]], keep_maps: bool = False
    ) -> None:
        self._protocol, self._out, self._bins = benchmark.protocol, out, bins
        self._whole = self._own = out / _FOLDER
        self._doubts: Mapping[str, str] = {}
        if self._is_needed and self._whole.exists() and not (self._whole / _OURS).is_file():
            raise UsageError(f"{self._whole} is there already and not of our making: choose another --out")
        self._maps = KeptMaps(out) if keep_maps else None

    @property
    def _is_needed(self) -> bool:
        return self._protocol.pooled or _SUSPICIOUS in self._protocol.metrics

    def begin(self, *, is_new: bool) -> tuple[str, str]:
        """The folders of this run for samples' files and for maps; empty if not needed."""
        return self._begun(is_new), self._maps.begin(is_new=is_new) if self._maps else ""

    def _begun(self, is_new: bool) -> str:
        """The folder for this run, empty if none is needed.

        Every run has a folder of its own, so that a worker of an earlier run cannot write into it.
        """
        if not self._is_needed:
            return ""
        mark = self._whole / _OURS
        if is_new or not mark.is_file() or not _TOKEN.fullmatch(mark.read_text("ascii", "replace")):
            self.end()
            self._whole.mkdir()
            mark.write_text(secrets.token_hex(4))
        self._own = self._whole / mark.read_text("ascii")
        self._own.mkdir(exist_ok=True)
        return str(self._own)

    def lacks(self, sample: str) -> bool:
        """Whether a sample that has its row has lost its distances or its map, so that it has to be scored again."""
        if self._maps and self._maps.lacks(sample):
            return True
        return self._protocol.pooled and not has_pool(self._own, sample)

    def finish(self, journal: Journal) -> dict[str, Any]:
        """Write the tables once all rows are there; return entries for the manifest."""
        if not self._is_needed:
            return {}
        fine = [one for one in journal.records() if one.status == "ok"]
        scored = {one.sample for one in fine}
        bins = {sample: labels for sample, labels in self._bins.items() if sample in scored}
        if self._protocol.pooled:
            by = tuple(column for column in next(iter(bins.values()), {}) if column != "subject")
            write_tables(self._out, self._own, bins, by)
        self._doubts = read_doubts(self._own, bins)
        if _SCALE in self._protocol.metrics:
            scales = {one.sample: one.scores[_SCALE] for one in fine}
            self._doubts = with_scales(self._doubts, {sample: scales[sample] for sample in bins})
        return {"suspicious": self._doubts}

    def amended(self, record: Record) -> Record:
        """The row to write: marked suspicious if its scale differs from all others', which are known only now."""
        if record.sample not in self._doubts:
            return record
        return replace(record, scores={**record.scores, _SUSPICIOUS: 1.0})

    def end(self) -> None:
        """Remove the samples' files, once the run is written."""
        if self._is_needed:
            shutil.rmtree(self._whole, ignore_errors=True)
