"""Pool files: the distances of a run, in one file per sample during scoring, in two tables afterwards."""

import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fsbench.core.errors import FormatError, MissingError, UsageError
from fsbench.io.npy import read_array
from fsbench.metrics.pool import Pool
from fsbench.runs.cells import from_cell, to_cell
from fsbench.runs.exact_floats import exact_floats
from fsbench.runs.files import write_atomically

if TYPE_CHECKING:
    import pandas as pd

POOLED, CUMULATIVE, SUMS = "pooled.csv", "cumulative.csv", "pooled.npy"
OVERALL = "overall"
"""Of tables: over all samples, in no bins."""

_LIMITS_MM = np.arange(801) * 0.01
"""Limits of the cumulative curves: 0 to 8 mm, the axis of the published NoW plots."""


def write_pool(folder: Path, sample: str, pool: Pool) -> None:
    """Keep one sample's pool: the filled bins, their counts, and the two sums."""
    filled = np.flatnonzero(pool.counts)
    rows = np.vstack([filled, pool.counts[filled]]).astype(np.float64)
    content = io.BytesIO()
    np.save(content, np.hstack([rows, [[pool.total_mm], [pool.total_mm2]]]))
    write_atomically(_path(folder, sample), content.getvalue())


def read_pool(folder: Path, sample: str) -> Pool | None:
    """One sample's pool; None if there is none, or it is damaged."""
    path = _path(folder, sample)
    counts = Pool.empty().counts.copy()
    try:
        rows = read_array(path).astype(np.float64)
        counts[rows[0, :-1].astype(np.int64)] = rows[1, :-1].astype(np.int64)
        return Pool(counts, float(rows[0, -1]), float(rows[1, -1]))
    except (MissingError, FormatError, IndexError, ValueError):
        return None


def has_pool(folder: Path, sample: str) -> bool:
    """Whether the sample has a pool that can be read."""
    return read_pool(folder, sample) is not None


def remove_pool(folder: Path, sample: str) -> None:
    """Remove the files that an earlier attempt at a sample left."""
    _path(folder, sample).unlink(missing_ok=True)
    write_doubts(folder, sample, ())


def write_doubts(folder: Path, sample: str, doubts: Sequence[str]) -> None:
    """Store the doubts about one sample's alignment; write nothing if there are none."""
    path = _path(folder, sample).with_suffix(".txt")
    if doubts:
        write_atomically(path, "; ".join(doubts).encode())
    else:
        path.unlink(missing_ok=True)


def read_doubts(folder: Path, samples: Iterable[str]) -> dict[str, str]:
    """The doubts by sample, for samples that have some."""
    paths = {sample: _path(folder, sample).with_suffix(".txt") for sample in samples}
    return {sample: path.read_text("utf-8") for sample, path in paths.items() if path.is_file()}


def write_tables(out: Path, folder: Path, bins: Mapping[str, Mapping[str, str]], by: tuple[str, ...]) -> "pd.DataFrame":
    """Add the samples' pools up, by the labels of some bins and overall, and write both tables into `out`.

    The sums are kept beside them, so that `merge_tables` can put runs of parts together.

    Parameters
    ----------
    out, folder : Path
        The run folder, and the one that holds the pools.
    bins : mapping
        Sample name to its bins.
    by : tuple of str
        Bin columns to divide by.

    Returns
    -------
    pandas.DataFrame
        Content of `pooled.csv`: `by, bin, samples`, then the pools' statistics. Every distance counts the
        same, so large and dense scans count more, as in the published NoW numbers.
    """
    totals: _Totals = {}
    numbers: _Numbers = {}
    for sample, labels in bins.items():
        pool = read_pool(folder, sample)
        if pool is None:
            continue
        for key in [*((column, labels[column]) for column in by), (OVERALL, "all")]:
            totals[key] = totals.get(key, Pool.empty()) + pool
            numbers[key] = numbers.get(key, 0) + 1
    return _write(out, totals, numbers)


def remove_tables(out: Path) -> None:
    """Remove the files of an earlier run."""
    for name in (POOLED, CUMULATIVE, SUMS):
        (out / name).unlink(missing_ok=True)


def merge_tables(out: Path, folders: Sequence[Path], order: Iterable[tuple[str, str]]) -> "pd.DataFrame":
    """Add up the pools of the parts, and write the tables of the whole into `out`.

    Parameters
    ----------
    out : Path
        The merged run's folder.
    folders : sequence of Path
        Those of the parts, with the tables that `write_tables` wrote.
    order : iterable of (str, str)
        Bin column and label, as the rows of the whole come.

    Raises
    ------
    UsageError
        If a part has no sums: it was made before runs kept them.
    FormatError
        If a file is damaged.
    """
    found: _Totals = {}
    numbers: _Numbers = {}
    for folder in folders:
        for key, (pool, number) in _read_sums(folder).items():
            found[key] = found.get(key, Pool.empty()) + pool
            numbers[key] = numbers.get(key, 0) + number
    totals = {key: found[key] for key in dict.fromkeys([*order, *found]) if key in found}
    return _write(out, totals, numbers)


def _read_sums(folder: Path) -> dict[tuple[str, str], tuple[Pool, int]]:
    """The pools of a run's bins, and their numbers of samples."""
    if not (folder / SUMS).is_file():
        raise UsageError(f"{folder}: has no {SUMS}, so its pooled numbers cannot be added up; score it again")
    rows = read_array(folder / SUMS).astype(np.float64)
    if rows.ndim != 2 or rows.shape[1] != 3 or not np.isfinite(rows).all():
        raise FormatError(f"{folder / SUMS}: has shape {rows.shape} or is not finite, expected three finite columns")
    # Late: a worker writes pools, not tables.
    import pandas as pd

    texts = {"by": str, "bin": str}
    table = pd.read_csv(folder / POOLED, dtype=texts, keep_default_na=False, **exact_floats())
    sums = {}
    for number, (by, label, samples) in enumerate(zip(table["by"], table["bin"], table["samples"], strict=True)):
        mine = rows[rows[:, 0] == number, 1:]
        counts, moments = Pool.empty().counts.copy(), mine[mine[:, 0] < 0, 1]
        try:
            counts[mine[mine[:, 0] >= 0, 0].astype(np.int64)] = mine[mine[:, 0] >= 0, 1].astype(np.int64)
            sums[by, from_cell(label)] = (Pool(counts, *moments.tolist()), int(samples))
        except (IndexError, TypeError, ValueError):
            raise FormatError(f"{folder / SUMS}: does not match {POOLED} beside it") from None
    return sums


def _sums(totals: "_Totals") -> bytes:
    """Rows (number of the pool, filled bin, its count), and two with bins -2 and -1 for the moments."""
    parts = [np.empty((0, 3))]
    for number, pool in enumerate(totals.values()):
        filled = np.flatnonzero(pool.counts)
        bins = np.concatenate([[-2, -1], filled])
        values = np.concatenate([[pool.total_mm, pool.total_mm2], pool.counts[filled]])
        parts.append(np.column_stack([np.full(len(bins), number), bins, values]))
    content = io.BytesIO()
    np.save(content, np.vstack(parts))
    return content.getvalue()


def _write(out: Path, unsorted: "_Totals", numbers: "_Numbers") -> "pd.DataFrame":
    """Write both tables, the whole last, and the sums behind them."""
    keys = sorted(unsorted, key=lambda key: key[0] == OVERALL)
    totals = {key: unsorted[key] for key in keys}
    rows = [{"by": key[0], "bin": to_cell(key[1]), "samples": numbers[key], **totals[key].statistics()} for key in keys]
    # Late: a worker writes pools, not tables.
    import pandas as pd

    table = pd.DataFrame(rows, columns=None if rows else ["by", "bin", "samples"])
    curves = pd.DataFrame(
        {"limit_mm": _LIMITS_MM.round(2)}
        | {to_cell(key[1]) if key[0] != OVERALL else OVERALL: totals[key].cumulative(_LIMITS_MM) for key in keys}
    )
    write_texts(out, table, curves)
    write_atomically(out / SUMS, _sums(totals))
    return table


def write_texts(out: Path, statistics: "pd.DataFrame", curves: "pd.DataFrame") -> None:
    """Write both tables, without the sums behind them."""
    for name, content in ((POOLED, statistics), (CUMULATIVE, curves)):
        text = content.to_csv(index=False, float_format="%.6g", lineterminator="\n")
        write_atomically(out / name, text.encode())


_Totals = dict[tuple[str, str], Pool]
_Numbers = dict[tuple[str, str], int]


def _path(folder: Path, sample: str) -> Path:
    # A sample's name may hold slashes, and be longer than a file name may be.
    return folder / f"{hashlib.sha256(sample.encode()).hexdigest()[:32]}.npy"
