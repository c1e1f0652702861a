"""Mark the best and second best of a column, judged by the printed values."""

from collections.abc import Sequence

from fsbench.core.quantities import Quantity
from fsbench.report.model import Table


def of_table(table: Table) -> dict[tuple[int, int, int], int]:
    """Ranks by (row, bin with overall, metric): 1 for the best, 2 for the second best; other cells have none.

    Values that are printed alike are equal: two methods can share a rank. A table of one method has none. Second best
    is the next value after the best, unless it is the worst, alone or with others, as that of two methods is, or is 0
    or less where higher is better: neither is an achievement.
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
    >>> hit = Quantity("hit", "Hit", "%", 1, "higher")
    >>> of_column([3.001, 2.5, 3.004, float("nan"), 9.0], Quantity("cd_mm", "CD", "mm", 2, "lower"))
    {0: 2, 1: 1, 2: 2}
    >>> of_column([98.2, 100.0, 0.0, 0.0], hit), of_column([100.0, 0.0, 0.0], hit)
    ({0: 2, 1: 1}, {0: 1})
    """
    printed = {i: float(metric.show(value)) for i, value in enumerate(values) if value == value}
    if not metric.sign or len(printed) < 2:
        return {}
    best, *others = sorted(set(printed.values()), key=lambda value: -metric.sign * value)
    marked = [best, *(value for value in others[:-1][:1] if metric.sign < 0 or value > 0)]
    return {i: marked.index(value) + 1 for i, value in printed.items() if value in marked}
