"""Published rows beside those of runs: means by another evaluator."""

from collections.abc import Sequence
from dataclasses import replace

from fsbench.core.errors import UsageError
from fsbench.core.quantities import Quantity
from fsbench.report.model import Cell, Published, Row
from fsbench.stats.layout import BinLayout


def published_rows(
    published: Published, divided: BinLayout, metrics: Sequence[Quantity], labels: Sequence[str], policy: str, ci: bool
) -> tuple[Row, ...]:
    """The rows for a table of these bins and metrics.

    Raises
    ------
    UsageError
        If there are none for this layout, metric or policy, or a run has the label of one.
    """
    if policy != "legacy":
        raise UsageError(
            f"published rows are means over what each method scored; --policy {policy} takes their scores by sample, "
            "which are not there"
        )
    table = next((table for table in published.tables if table.layout == divided), None)
    if table is None:
        known = ", ".join(table.layout.name for table in published.tables)
        raise UsageError(f"published rows are there --by {known}, not for: {divided.title}")
    places = {metric.name: m for m, metric in enumerate(table.metrics)}
    if lacking := [metric.name for metric in metrics if metric.name not in places]:
        raise UsageError(f"published rows have no {lacking[0]}; their metrics are {', '.join(places)}")
    if taken := [row.label for row in table.rows if row.label in labels]:
        raise UsageError(f"a run is called {taken[0]!r}, as a published row; rename it with `fsbench score --method`")
    chosen = [places[metric.name] for metric in metrics]
    return tuple(
        replace(
            row,
            cells=tuple(tuple(_shown(cells[m], ci) for m in chosen) for cells in row.cells),
            overall=tuple(_shown(row.overall[m], ci) for m in chosen if row.overall),
        )
        for row in table.rows
    )


def _shown(cell: Cell, ci: bool) -> Cell:
    return cell if ci else replace(cell, low=float("nan"), high=float("nan"))
