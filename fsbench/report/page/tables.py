"""The tables of a chapter: every layout under every failure policy."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fsbench.report.formats.columns import DASH, groups
from fsbench.report.model import Table
from fsbench.report.selection import main_of_samples, relabelled
from fsbench.report.tables import build
from fsbench.runs import Run
from fsbench.stats import POLICIES, PolicyOrders, policy_orders
from fsbench.stats.layout import OVERALL, default_layouts


@dataclass(frozen=True, slots=True)
class Variant:
    """One table.

    Attributes
    ----------
    by, policy : str
    table : Table
    moves : tuple of str
        By row: how the method's rank differs from the one under the legacy policy, as "↑2"; empty where it does not.
    """

    by: str
    policy: str
    table: Table
    moves: tuple[str, ...]

    @property
    def groups(self) -> list[dict[str, Any]]:
        """Columns by bin, with a number beside every printed cell to sort by; None where there is none."""
        found = []
        for b, group in enumerate(groups(self.table)):
            is_done = b == len(self.table.bins_with_overall)
            columns = []
            for m, column in enumerate(group.columns):
                values = [row.done if is_done else row.cells_with_overall[b][m].mean for row in self.table.rows]
                exact = [value if cell != DASH else None for value, cell in zip(values, column.cells, strict=True)]
                up = is_done or self.table.metrics[m].better == "higher"
                columns.append({"column": column, "exact": exact, "falling": up})
            found.append({"title": group.title, "columns": columns})
        return found


def layout_names(run: Run) -> list[str]:
    """The layouts that a chapter shows, the whole last."""
    return list(dict.fromkeys([*default_layouts(run), OVERALL]))


def variants(runs: Sequence[Run], labels: Sequence[str]) -> list[Variant]:
    """All tables, by layout and then by policy; orders are by the overall mean of the main metric."""
    orders = policy_orders(relabelled(runs, labels), main_of_samples(runs[0]))
    return [
        Variant(by, policy, build(runs, by, labels=labels, policy=policy, ci=True), _moves(orders, policy))
        for by in layout_names(runs[0])
        for policy in POLICIES
    ]


def warning(runs: Sequence[Run], labels: Sequence[str]) -> str:
    """A sentence if failures decide the order; empty if they do not."""
    if len(runs) < 2:
        return ""
    return policy_orders(relabelled(runs, labels), main_of_samples(runs[0])).sentence()


def _moves(orders: PolicyOrders, policy: str) -> tuple[str, ...]:
    ranks = orders.table[[f"rank_{policy}", "rank_legacy"]].to_numpy(float)
    changes = [old - new for new, old in ranks]
    return tuple(
        "" if not change or change != change else f"{'↑' if change > 0 else '↓'}{abs(change):g}" for change in changes
    )
