"""Pools on disk: the distances behind a run, one file a sample while it is scored, two tables when it is done."""

import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fsbench.io.npy import read_array
from fsbench.metrics.pooling import Pool
from fsbench.runs.files import write_atomically

if TYPE_CHECKING:
    import pandas as pd

POOLED, CUMULATIVE = "pooled.csv", "cumulative.csv"
OVERALL = "overall"

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
    """One sample's pool; None if none was kept."""
    path = _path(folder, sample)
    if not path.is_file():
        return None
    rows = read_array(path).astype(np.float64)
    counts = Pool.empty().counts.copy()
    counts[rows[0, :-1].astype(np.int64)] = rows[1, :-1].astype(np.int64)
    return Pool(counts, float(rows[0, -1]), float(rows[1, -1]))


def write_doubts(folder: Path, sample: str, doubts: Sequence[str]) -> None:
    """Keep why one sample's alignment is suspicious; nothing is written where it is not."""
    path = _path(folder, sample).with_suffix(".txt")
    if doubts:
        write_atomically(path, "; ".join(doubts).encode())
    else:
        path.unlink(missing_ok=True)


def read_doubts(folder: Path, samples: Iterable[str]) -> dict[str, str]:
    """Sample to what is suspicious about it, for those where something is."""
    paths = {sample: _path(folder, sample).with_suffix(".txt") for sample in samples}
    return {sample: path.read_text("utf-8") for sample, path in paths.items() if path.is_file()}


def write_tables(out: Path, folder: Path, bins: Mapping[str, Mapping[str, str]], by: tuple[str, ...]) -> "pd.DataFrame":
    """Add the samples' pools up, by the labels of some bins and overall, and write both tables into `out`.

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
        What `pooled.csv` holds: `by, bin, samples`, then the pools' statistics. Every distance counts the
        same, so large and dense scans count more, as in the published NoW numbers.
    """
    totals: dict[tuple[str, str], Pool] = {}
    numbers: dict[tuple[str, str], int] = {}
    for sample, labels in bins.items():
        pool = read_pool(folder, sample)
        if pool is None:
            continue
        for key in [*((column, labels[column]) for column in by), (OVERALL, "all")]:
            totals[key] = totals.get(key, Pool.empty()) + pool
            numbers[key] = numbers.get(key, 0) + 1
    keys = sorted(totals, key=lambda key: key[0] == OVERALL)
    rows = [{"by": key[0], "bin": key[1], "samples": numbers[key], **totals[key].statistics()} for key in keys]
    # Late: a worker writes pools, not tables.
    import pandas as pd

    table = pd.DataFrame(rows, columns=None if rows else ["by", "bin", "samples"])
    curves = pd.DataFrame(
        {"limit_mm": _LIMITS_MM.round(2)}
        | {key[1] if key[0] != OVERALL else OVERALL: totals[key].cumulative(_LIMITS_MM) for key in keys}
    )
    for name, content in ((POOLED, table), (CUMULATIVE, curves)):
        text = content.to_csv(index=False, float_format="%.6g", lineterminator="\n")
        write_atomically(out / name, text.encode())
    return table


def _path(folder: Path, sample: str) -> Path:
    # A sample's name may hold slashes, and be longer than a file name may be.
    return folder / f"{hashlib.sha256(sample.encode()).hexdigest()[:32]}.npy"
