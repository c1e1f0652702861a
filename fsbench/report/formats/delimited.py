"""Comma-separated values: a wide table as printed, or a tidy one with 12 digits."""

import csv
import io
from collections.abc import Iterator, Sequence

from fsbench.core.errors import UsageError
from fsbench.core.quantities import Quantity
from fsbench.core.visible import visible
from fsbench.report.formats.columns import DASH
from fsbench.report.model import Cell, Table
from fsbench.runs.cells import to_cell

TIDY = (
    *("benchmark", "table", "method", "bin", "metric", "mean", "median", "low", "high"),
    *("n_scored", "n_total"),
)


def write(tables: Sequence[Table]) -> str:
    """The table as printed: a column `<metric>[<bin>]` for each, CR in percent; a cell without value is empty.

    With intervals, `_low` and `_high` follow. `done_percent` is of all samples, `done_published_percent` of the
    rows in the published files and empty where it is the same.

    Raises
    ------
    UsageError
        If there is more than one table, which one file of columns cannot hold.
    """
    if len(tables) != 1:
        names = ", ".join(table.layout.name for table in tables)
        raise UsageError(
            f"csv holds one table a call, here are {len(tables)} ({names}): choose with --by, or use --tidy"
        )
    (table,) = tables
    return as_csv(printed(table))


def printed(table: Table, benchmark: str = "") -> list[list[str]]:
    """Heading and rows as printed; `benchmark` tells columns of several benchmarks apart, and stands for the bin."""
    rows = [_heading(table, benchmark)]
    for row in table.rows:
        cells = [text for group in row.cells_with_overall for text in _printed(table, group)]
        legacy = "" if row.legacy_done is None else f"{100 * row.legacy_done:.1f}"
        rows.append([row.label, *cells, f"{100 * row.done:.1f}", legacy])
    return rows


def write_tidy(tables: Sequence[Table]) -> str:
    """One row a (table, method, bin, metric), in the run's units (CR as a share), 12 digits: beyond is rounding."""
    return as_csv([list(TIDY), *(line for table in tables for line in _tidy(table))])


def _tidy(table: Table) -> Iterator[list[str]]:
    for row in table.rows:
        for bin_, cells in zip(table.bins_with_overall, row.cells_with_overall, strict=True):
            for metric, cell in zip(table.metrics, cells, strict=True):
                values = ["" if v != v else f"{v:.12g}" for v in (cell.mean, cell.median, cell.low, cell.high)]
                counts = [str(cell.n_scored), str(cell.n_total)]
                yield [table.benchmark, table.layout.name, row.label, bin_.label, metric.name, *values, *counts]


def _heading(table: Table, benchmark: str = "") -> list[str]:
    labels = [benchmark or bin_.label for bin_ in table.bins_with_overall]
    names = [f"{_name(metric)}[{label}]" for label in labels for metric in table.metrics]
    if _has_intervals(table):
        names = [f"{name}{end}" for name in names for end in ("", "_low", "_high")]
    of = f"[{benchmark}]" if benchmark else ""
    return ["method", *names, f"done_percent{of}", f"done_published_percent{of}"]


def _name(metric: Quantity) -> str:
    return f"{metric.name}_percent" if metric.unit == "%" else metric.name


def _printed(table: Table, cells: Sequence[Cell]) -> Iterator[str]:
    for metric, cell in zip(table.metrics, cells, strict=True):
        values = (cell.mean, cell.low, cell.high) if _has_intervals(table) else (cell.mean,)
        for value in values:
            shown = metric.show(value)
            yield "" if shown == DASH else shown


def _has_intervals(table: Table) -> bool:
    return any(cell.low == cell.low for row in table.rows for cells in row.cells for cell in cells)


def as_csv(rows: Sequence[Sequence[str]]) -> str:
    """Rows of text as csv, made harmless for spreadsheets and terminals."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([[to_cell(visible(text)) for text in row] for row in rows])
    return out.getvalue()
