"""The table as data: rows by method, columns by bin and metric."""

from collections.abc import Mapping
from dataclasses import dataclass

from fsbench.core.quantities import Quantity
from fsbench.stats.layout import Bin, BinLayout

PUBLISHED = " (published)"
"""End of the label of a published row."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One method's numbers for one bin and metric, in the run's unit; NaN if there are none.

    Attributes
    ----------
    mean, median : float
        Over the samples that have a score.
    n_scored, n_total : int
        Samples with a score, and samples in the bin.
    low, high : float
        Interval of the mean, if asked for.
    small_overlap : bool
        The method covers so little of the reference that a distance over the covered part says little.
    """

    mean: float
    median: float
    n_scored: int
    n_total: int
    low: float = float("nan")
    high: float = float("nan")
    small_overlap: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One method.

    Attributes
    ----------
    label : str
    cells : tuple of tuple of Cell
        By bin, then by metric.
    n_scored, n_total : int
        Over all samples of the run, whichever the table shows.
    published_rows : int or None
        Length of the method's published files, where the run was made from them.
    measured_by : str
        Who measured it, if not fsbench: such a row is a published one.
    overall : tuple of Cell
        Over all samples, by metric; empty where the layout has no such columns.
    """

    label: str
    cells: tuple[tuple[Cell, ...], ...]
    n_scored: int
    n_total: int
    published_rows: int | None = None
    measured_by: str = ""
    overall: tuple[Cell, ...] = ()

    @property
    def cells_with_overall(self) -> tuple[tuple[Cell, ...], ...]:
        """As `Table.bins_with_overall`, then by metric."""
        return (*self.cells, self.overall) if self.overall else self.cells

    @property
    def done(self) -> float:
        """Share of the benchmark's samples that have a score."""
        return self.n_scored / self.n_total

    @property
    def legacy_done(self) -> float | None:
        """The published done rate, of the rows in the published file; None if it is the same."""
        if self.published_rows in (None, self.n_total):
            return None
        return self.n_scored / self.published_rows if self.published_rows else None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows by method, columns by bin and metric, with the notes below.

    `unit` is what the intervals are over, "subjects" or "samples"; empty where none were asked for.
    """

    benchmark: str
    signature: str
    layout: BinLayout
    metrics: tuple[Quantity, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    unit: str = ""

    @property
    def title(self) -> str:
        """Title of the table, in one line."""
        return self.layout.title

    @property
    def bins(self) -> tuple[Bin, ...]:
        """The bins that divide the samples."""
        return self.layout.bins

    @property
    def bins_with_overall(self) -> tuple[Bin, ...]:
        """The groups of columns: the bins, and all samples where the layout asks for them."""
        return self.bins if self.layout.overall is None else (*self.bins, self.layout.overall)


@dataclass(frozen=True, slots=True)
class Published:
    """Published rows to set beside runs.

    Attributes
    ----------
    tables : tuple of Table
        Their layouts, each with all their metrics, rows and intervals.
    may_differ_by : mapping of str to float
        Metric to the largest difference between a mean of their evaluator and one of the runs' evaluator; a metric that
        is not in it has an unknown difference.
    """

    tables: tuple[Table, ...]
    may_differ_by: Mapping[str, float]
