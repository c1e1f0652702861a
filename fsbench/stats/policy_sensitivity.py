"""Policy sensitivity: whether the ranking depends on what a failed sample counts as."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fsbench.core.choices import POLICIES
from fsbench.runs import Run
from fsbench.stats.policies import apply_policy
from fsbench.stats.ranks import kendall_taus, rank
from fsbench.stats.score_table import gather


@dataclass(frozen=True, slots=True, eq=False)
class PolicyOrders:
    """One metric's ranking under every failure policy.

    Parameters
    ----------
    metric, label : str
        Its column, and its label for people.
    table : pandas.DataFrame
        Index `method`; columns `done` and, for each policy, `mean_<policy>`, `rank_<policy>`, `n_<policy>` (samples
        that the mean is over).
    taus : dict
        Kendall's tau of each policy's order with the legacy one.
    """

    metric: str
    label: str
    table: pd.DataFrame
    taus: dict[str, float]

    @property
    def differ(self) -> bool:
        """Whether any policy orders the methods differently from legacy."""
        return bool(self.moved)

    @property
    def moved(self) -> list[str]:
        """Methods whose rank is not the same under all policies, the most moved first."""
        ranks = self.table[[f"rank_{policy}" for policy in POLICIES]].to_numpy(float)
        spread = np.fmax.reduce(ranks, axis=1) - np.fmin.reduce(ranks, axis=1)
        order = np.argsort(-np.nan_to_num(spread), kind="stable")
        return [str(self.table.index[i]) for i in order if spread[i] > 0]

    def sentence(self, most: int = 3) -> str:
        """A warning in one line, which names the `most` methods that move furthest; empty if all policies agree."""
        if not self.differ:
            return ""
        named = []
        for method in self.moved[:most]:
            ranks = {policy: self.table[f"rank_{policy}"].to_dict()[method] for policy in POLICIES}
            named.append(f"{method} is " + ", ".join(f"{_place(place)} ({policy})" for policy, place in ranks.items()))
        more = len(self.moved) - most
        rest = f"; {more} more move" if more > 1 else "; 1 more moves" if more == 1 else ""
        return f"what failed samples count as changes the order by {self.label}: {'; '.join(named)}{rest}"


def policy_orders(runs: Sequence[Run], metric: str, where: Mapping[str, str] | None = None) -> PolicyOrders:
    """Rank the methods under every failure policy.

    Parameters
    ----------
    runs : sequence of Run
        Of one benchmark and one signature.
    metric : str
        Its overall mean gives the order. A metric of which neither direction is better gives no ranks.
    where : mapping, optional
        Only samples in these bins.

    Raises
    ------
    UsageError
        If the runs do not compare or lack the metric.
    """
    scores = gather(runs).where(where)
    k = scores.metric_numbers([metric])[0]
    what = scores.quantities[metric]
    sign = what.sign
    table = pd.DataFrame(index=pd.Index(scores.methods, name="method"))
    table["done"] = scores.scored.mean(axis=1)
    for policy in POLICIES:
        values = apply_policy(scores, policy)[:, :, k]
        counted = np.isfinite(values)
        n = counted.sum(axis=1)
        total = np.where(counted, values, 0).sum(axis=1)
        mean = np.divide(total, n, out=np.full(len(n), np.nan), where=n > 0)
        table[f"mean_{policy}"] = mean
        table[f"rank_{policy}"] = rank(-sign * mean) if sign else np.nan
        table[f"n_{policy}"] = n
    legacy = table["rank_legacy"].to_numpy(float)
    taus = {policy: _tau(legacy, table[f"rank_{policy}"].to_numpy(float)) for policy in POLICIES}
    return PolicyOrders(metric, what.label, table, taus)


def _tau(first: np.ndarray, second: np.ndarray) -> float:
    both = np.isfinite(first) & np.isfinite(second)
    first, second = first[both], second[both]
    if len(np.unique(first)) < 2 or len(np.unique(second)) < 2:
        return float("nan")
    return float(kendall_taus(first, second[:, None])[0])


def _place(place: float) -> str:
    if place != place:
        return "without rank"
    n = int(place)
    ending = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"
