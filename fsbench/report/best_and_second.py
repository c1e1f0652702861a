"""Mark the best and second best of a column, judged by the printed values."""

from collections.abc import Sequence

from fsbench.core.quantities import Quantity
from fsbench.report.model import Table


def of_table(table: Table) -> dict[tuple[int, int, int], int]:
    """Ranks by (row, bin with overall, metric): 1 for the best, 2 for the second best; other cells have none.

    Values that are printed alike are equal: two methods can share a rank. A table of one method has none, and of two
    the other one is not called second best.
    """
    ranks: dict[tuple[int, int, int], int] = {}
    for b in range(len(table.bins_with_overall)):
        for m, metric in enumerate(table.metrics):
            column = [row.cells_with_overall[b][m].mean for row in table.rows]
            ranks |= {(r, b, m): rank for r, rank in of_column(column, metric).items()}
    return ranks


def of_column(values: Sequence[float], metric: Quantity) -> dict[int, int]:
    """Ranks by position.

    Examples
    --------
    >>> of_column([3.001, 2.5, 3.004, float("nan"), 9.0], Quantity("cd_mm", "CD", "mm", 2, "lower"))
    {0: 2, 1: 1, 2: 2}
    """
    printed = {i: float(metric.show(value)) for i, value in enumerate(values) if value == value}
    if not metric.sign or len(printed) < 2:
        return {}
    order = sorted(set(printed.values()), key=lambda value: -metric.sign * value)[: min(2, len(printed) - 1)]
    return {i: order.index(value) + 1 for i, value in printed.items() if value in order}
