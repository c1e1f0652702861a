"""Pooled statistics over all distances of a run, read from the tables that `fsbench.runs.pool_files` wrote."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fsbench.core.errors import FormatError
from fsbench.core.mesh import Floats
from fsbench.core.quantities import Quantity
from fsbench.runs.cells import from_cell, to_cell
from fsbench.runs.exact_floats import exact_floats
from fsbench.runs.pool_files import CUMULATIVE, OVERALL, POOLED, write_texts

if TYPE_CHECKING:
    import pandas as pd

STATISTICS = ("median_mm", "mean_mm", "std_mm", "rmse_mm", "p90_mm")
_NOTE = (
    "Pooled numbers are over every point of every scored sample, so dense scans count more, as published; "
    "medians and percentiles are exact to 0.001 mm; samples without a score are not in them"
)
# "pooled_" before the name of a statistic, so that nobody takes it for a mean over samples.
QUANTITIES = tuple(
    Quantity(
        f"pooled_{name}", f"Pooled {name.removesuffix('_mm')}", "mm", 2, "lower",
        note=_NOTE, low=0.0, pooled="points", source=name,
    )
    for name in STATISTICS
)  # fmt: skip
METRICS = tuple(one.name for one in QUANTITIES)

_LARGEST_BYTES = 16 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Pooled:
    """Statistics and cumulative curves, each over every distance of every scored sample of a bin.

    Attributes
    ----------
    statistics : pandas.DataFrame
        Columns `by, bin, samples, points`, then `STATISTICS`.
    curves : pandas.DataFrame
        `limit_mm`, then a column a bin: the share of distances below the limit.
    """

    statistics: "pd.DataFrame"
    curves: "pd.DataFrame"

    def value(self, name: str, column: str, label: str) -> float:
        """The statistic `name` of one bin, or of the whole if `column` is empty; NaN if nothing was pooled."""
        found = self._row(column, label)
        return float("nan") if found is None else float(found[name])

    def samples(self, column: str, label: str) -> int:
        """Number of samples that were pooled in a bin."""
        found = self._row(column, label)
        return 0 if found is None else int(found["samples"])

    def curve(self, column: str, label: str) -> tuple[Floats, Floats] | None:
        """Limits in mm and the shares below them, in one bin; None if nothing was pooled."""
        name = label if column else OVERALL
        if name not in self.curves or self._row(column, label) is None:
            return None
        return self.curves["limit_mm"].to_numpy(np.float64), self.curves[name].to_numpy(np.float64)

    def save(self, folder: Path) -> None:
        """Write both tables; the sums behind them, which `fsbench merge` needs, are not kept here."""
        whole = {"samples": np.int64, "points": np.int64} if len(self.statistics) else {}
        statistics = self.statistics.assign(bin=self.statistics["bin"].map(to_cell)).astype(whole)
        write_texts(folder, statistics, self.curves.rename(columns=to_cell))

    def _row(self, column: str, label: str) -> "pd.Series | None":
        table = self.statistics
        chosen = (table["by"] == column) & (table["bin"] == label) if column else table["by"] == OVERALL
        return table[chosen].iloc[0] if chosen.any() else None


def read_pooled(folder: Path) -> Pooled | None:
    """Read both tables of a run folder; None if it has none.

    Raises
    ------
    FormatError
        If a table is damaged, or one is there without the other.
    """
    if not (folder / POOLED).is_file():
        return None
    statistics = _read(folder / POOLED, ("by", "bin", "samples", "points", *STATISTICS), ("by", "bin"))
    curves = _read(folder / CUMULATIVE, ("limit_mm",), ())
    return Pooled(statistics.assign(bin=statistics["bin"].map(from_cell)), curves.rename(columns=from_cell))


def _read(path: Path, columns: tuple[str, ...], texts: tuple[str, ...]) -> "pd.DataFrame":
    if not path.is_file():
        raise FormatError(f"{path}: is not there, but {POOLED} is")
    if path.stat().st_size > _LARGEST_BYTES:
        raise FormatError(f"{path}: larger than {_LARGEST_BYTES >> 20} MiB, the limit for such a table")
    # Imported here, as a worker reads no tables.
    import pandas as pd

    try:
        types = dict.fromkeys(texts, str)
        table: pd.DataFrame = pd.read_csv(path, dtype=types, keep_default_na=False, **exact_floats())
        for name in table.columns.difference(list(texts)):
            table[name] = table[name].astype(np.float64)
    except (ValueError, UnicodeDecodeError) as error:
        raise FormatError(f"{path}: {error}") from None
    if list(table.columns[: len(columns)]) != list(columns) and len(table):
        raise FormatError(f"{path}: columns {list(table.columns)}, expected {list(columns)}")
    return table
