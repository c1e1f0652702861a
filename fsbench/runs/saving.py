"""Saving: records into a run folder, row by row, so that a long run takes no more memory than a short one."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fsbench.runs.cells import to_cell
from fsbench.runs.files import replacing, write_atomically
from fsbench.runs.record import STATUSES, Record
from fsbench.runs.run import Run, columns, complete, row

_NAMED = 5


@dataclass(frozen=True, slots=True)
class Saved:
    """What a run that was saved holds, in short.

    Attributes
    ----------
    benchmark, method : str
    counts : mapping of str to int
        Samples by status, all four named.
    lost : tuple of Record
        The first five without a score.
    notes : mapping of str to int
        What is odd about predictions that have a score, and of how many.
    """

    benchmark: str
    method: str
    counts: Mapping[str, int]
    lost: tuple[Record, ...]
    notes: Mapping[str, int]

    @classmethod
    def of(cls, run: Run) -> "Saved":
        """The same of a run in memory."""
        rows = run.samples[run.samples["status"] != "ok"].head(_NAMED)
        cells = zip(*(rows[name].astype(str) for name in ("sample", "status", "reason")), strict=True)
        lost = tuple(Record(*cell) for cell in cells)
        notes = Counter(run.samples.loc[run.samples["status"] == "ok", "reason"].astype(str))
        del notes[""]
        return cls(run.benchmark, run.method, run.counts, lost, notes)


def save(
    folder: Path,
    records: Iterable[Record],
    bins: Mapping[str, Mapping[str, str]],
    metrics: Sequence[str],
    manifest: Mapping[str, Any],
) -> Saved:
    """Write `samples.csv` and `run.json`, each whole or not at all; the same bytes as `assemble(...).save(folder)`.

    Parameters
    ----------
    folder : Path
    records : iterable of Record
        Exactly one a sample, in the order of `bins`; each is looked at once.
    bins, metrics, manifest
        As of `assemble`.

    Raises
    ------
    ValueError
        If records and samples are not the same, which is a bug of the caller.
    """
    counts: Counter[str] = Counter()
    lost: list[Record] = []
    notes: Counter[str] = Counter()

    def watched() -> Iterator[list[Any]]:
        for record, (name, labels) in zip(records, bins.items(), strict=True):
            if record.sample != name:
                raise ValueError(f"the record of {record.sample} stands where {name} is expected")
            counts[record.status] += 1
            if record.status != "ok" and len(lost) < _NAMED:
                lost.append(record)
            if record.status == "ok" and record.reason:
                notes[record.reason] += 1
            cells = row(record, labels, metrics, manifest)
            yield [to_cell(cell) if isinstance(cell, str) else cell for cell in cells]

    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / "samples.csv") as file:
        text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns(bins, metrics))
        writer.writerows(watched())
        text.detach()
    full = complete(manifest, bins, metrics, {status: counts[status] for status in STATUSES})
    write_atomically(folder / "run.json", (json.dumps(full, indent=2) + "\n").encode())
    return Saved(manifest["benchmark"], manifest["method"], full["counts"], tuple(lost), notes)
