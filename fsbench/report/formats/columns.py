"""A table's columns as printed text, the same for all formats that people read."""

from dataclasses import dataclass

from fsbench.core.quantities import Better, Quantity
from fsbench.report import best_and_second
from fsbench.report.model import Cell, Table

DASH = "-"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of numbers.

    Attributes
    ----------
    label, unit : str
        Heading: "CD" and "mm".
    cells : tuple of str
        By row, "-" where there is no value.
    ranks : tuple of int
        By row: 1 for the best value, 2 for the second best, else 0.
    better : "lower", "higher" or None
    """

    label: str
    unit: str
    cells: tuple[str, ...]
    ranks: tuple[int, ...]
    better: Better = None


@dataclass(frozen=True, slots=True)
class Group:
    """Columns under one heading, e.g. "±30°"; the whole benchmark and the done rate have none."""

    title: str
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as it is printed, of one benchmark or of several.

    Attributes
    ----------
    title : str
    name : str
        Label for references in a document, e.g. "fswild-pose".
    labels : tuple of str
        Of the rows.
    groups : tuple of Group
    notes : tuple of str
    signatures : tuple of (str, str)
        Title and signature of each benchmark; the title is empty where it is the only one.
    """

    title: str
    name: str
    labels: tuple[str, ...]
    groups: tuple[Group, ...]
    notes: tuple[str, ...]
    signatures: tuple[tuple[str, str], ...]


def sheet(table: Table | Sheet) -> Sheet:
    """`table` as it is printed."""
    if isinstance(table, Sheet):
        return table
    labels = tuple(row.label for row in table.rows)
    name = f"{table.benchmark}-{table.layout.name}"
    return Sheet(table.title, name, labels, tuple(groups(table)), table.notes, (("", table.signature),))


def measured_as(table: Sheet) -> list[str]:
    """A line for each signature."""
    return [f"{f'{title}: m' if title else 'M'}easured as {signature}" for title, signature in table.signatures]


def groups(table: Table) -> list[Group]:
    """The columns of `table`, by bin; the done rate last."""
    marked = best_and_second.of_table(table)
    found = [
        Group(
            bin_.title if table.layout.column else "",
            tuple(
                Column(
                    metric.label,
                    metric.unit,
                    tuple(show(row.cells_with_overall[b][m], metric) for row in table.rows),
                    tuple(marked.get((r, b, m), 0) for r in range(len(table.rows))),
                    metric.better,
                )
                for m, metric in enumerate(table.metrics)
            ),
        )
        for b, bin_ in enumerate(table.bins_with_overall)
    ]
    shares = tuple(f"{100 * row.done:.1f}" for row in table.rows)
    done = Column("done", "%", shares, (0,) * len(table.rows), "higher")
    return [*found, Group("", (done,))]


def show(cell: Cell, metric: Quantity) -> str:
    """The mean as printed, with its interval if it has one."""
    if cell.n_scored == 0:
        return DASH
    if cell.low != cell.low:
        return metric.show(cell.mean)
    return f"{metric.show(cell.mean)} [{metric.show(cell.low)}, {metric.show(cell.high)}]"
