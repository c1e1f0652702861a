"""Scoring a benchmark of scans: what `fsbench score` does for scan, now and micc."""

import re
import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from fsbench.benchmarks import Sample
from fsbench.benchmarks.scans import Choice, ScanBenchmark
from fsbench.check.names import compare_names
from fsbench.cli.messages import say
from fsbench.cli.running_options import Running
from fsbench.cli.scoring import Beside, score, was_looked_at
from fsbench.core.errors import UsageError
from fsbench.io.archive import open_folder
from fsbench.runs import Record, Run, load_run
from fsbench.runs.journal import Journal
from fsbench.runs.pools import OVERALL, POOLED, has_pool, read_doubts, write_tables
from fsbench.runs.saving import Saved
from fsbench.runs.scales import with_scales
from fsbench.scoring.evaluate import ScanTask, Task

_POOLS = "pools"
_OURS = ".fsbench"
"""Marks a folder of pools as one that may be removed."""
_TOKEN = re.compile("[0-9a-f]{8}")
_SHOWN = 5


def score_scans(
    name: str,
    root: str,
    pred: str,
    options: Mapping[str, Any],
    method: str,
    samples: str | None,
    out: Path,
    running: Running,
    overwrite: bool,
    resume: bool,
) -> Saved:
    """Score the predictions in `pred`, write the run and its pooled tables, and say what is suspicious."""
    choice = choice_of(options)
    opened = ScanBenchmark.open(name, root, choice)
    opened.refuse_inside(pred)
    if not Path(pred).exists():
        raise UsageError(f"{pred}: no such folder or archive; --pred has one method's meshes, named like the samples")
    chosen = opened.select(samples) if samples is not None else opened.samples
    bins = {sample.name: sample.bins for sample in running.part(chosen)}
    pools = _Pools(out, bins)
    say(f"settings: {opened.signature}")
    for caution in opened.cautions:
        say(caution)
    if opened.absent:
        say(f"warning: {opened.absent}; the run is of these")
    with open_folder(pred) as folder:
        if not was_looked_at(out, overwrite, resume):
            _warn_of_names(opened, Path(folder), running.part(chosen))
        task = ScanTask(name, root, choice, str(folder), pred, is_unpacked=not Path(pred).is_dir())
        saved = score(opened, task, method, chosen, out, running, overwrite, resume, pools)
    _say_pooled(out, len(bins))
    run = load_run(out)
    _say_suspicious(run, run.manifest["suspicious"], out)
    return saved


def _warn_of_names(benchmark: ScanBenchmark, folder: Path, samples: Sequence[Sample]) -> None:
    said = str(compare_names(benchmark, folder, samples))
    if said:
        say(f"warning: {said}")


class _Pools(Beside):
    """The distances behind the rows, a file a sample until the run is written; then their tables.

    Raises
    ------
    UsageError
        If somebody else's folder stands where they would be kept.
    """

    def __init__(self, out: Path, bins: Mapping[str, Mapping[str, str]]) -> None:
        self._whole = self._own = out / _POOLS
        self._out, self._bins = out, bins
        self._doubts: Mapping[str, str] = {}
        if self._whole.exists() and not (self._whole / _OURS).is_file():
            raise UsageError(f"{self._whole} is there already and not of our making: choose another --out")

    def begin(self, task: Task | ScanTask, is_new: bool) -> Task | ScanTask:
        """Every run has a folder of its own here: what still works for an earlier one must not write into it."""
        assert isinstance(task, ScanTask)
        mark = self._whole / _OURS
        if is_new or not mark.is_file() or not _TOKEN.fullmatch(mark.read_text("ascii", "replace")):
            self.end()
            self._whole.mkdir()
            mark.write_text(secrets.token_hex(4))
        self._own = self._whole / mark.read_text("ascii")
        self._own.mkdir(exist_ok=True)
        return replace(task, pools=str(self._own))

    def lacks(self, sample: str) -> bool:
        return not has_pool(self._own, sample)

    def finish(self, journal: Journal) -> dict[str, Any]:
        scales = {one.sample: one.scores["mm_per_unit"] for one in journal.records() if one.status == "ok"}
        bins = {sample: labels for sample, labels in self._bins.items() if sample in scales}
        by = tuple(column for column in next(iter(bins.values()), {}) if column != "subject")
        write_tables(self._out, self._own, bins, by)
        self._doubts = with_scales(read_doubts(self._own, bins), {sample: scales[sample] for sample in bins})
        return {"suspicious": self._doubts}

    def amended(self, record: Record) -> Record:
        """A scale is suspicious beside the others', which are known now."""
        if record.sample not in self._doubts:
            return record
        return replace(record, scores={**record.scores, "suspicious": 1.0})

    def end(self) -> None:
        shutil.rmtree(self._whole, ignore_errors=True)


def choice_of(options: Mapping[str, Any]) -> Choice:
    """What the options of `scan_options` say; None is nothing said."""
    renamed = {"pred_unit": "unit"}
    return Choice(**{renamed.get(name, name): value for name, value in options.items() if value is not None})


def _say_pooled(out: Path, n_samples: int) -> None:
    import pandas as pd

    table = pd.read_csv(out / POOLED)
    if table.empty:
        return
    overall = table[table["by"] == OVERALL].iloc[0]
    say(
        f"pooled over {int(overall['points'])} points of {int(overall['samples'])} samples: median "
        f"{overall['median_mm']:.2f}, mean {overall['mean_mm']:.2f}, std {overall['std_mm']:.2f} mm; "
        f"see {out / POOLED}",
    )
    left_out = n_samples - int(overall["samples"])
    if left_out:
        say(f"warning: {left_out} of {n_samples} samples have no score and are in no pooled number")


def _say_suspicious(run: Run, doubts: Mapping[str, str], out: Path) -> None:
    """Say which alignments a person should look at."""
    fine = run.samples[run.samples["status"] == "ok"]
    if doubts:
        say(f"warning: {len(doubts)} of {len(fine)} alignments are suspicious")
    for sample, text in list(doubts.items())[:_SHOWN]:
        say(f"  {sample}: {text}")
    if len(doubts) > _SHOWN:
        say(f"  ... and {len(doubts) - _SHOWN} more, see {out / 'run.json'}")
