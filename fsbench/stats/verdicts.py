"""Verdicts: put a paired difference into plain words."""

from dataclasses import dataclass

from fsbench.core.quantities import Quantity
from fsbench.stats.bootstrap import MIN_CLUSTERS


@dataclass(frozen=True, slots=True)
class Evidence:
    """One paired difference, method - other, with everything that its verdict depends on.

    Parameters
    ----------
    method, other : str
        Labels.
    difference, low, high : float
        In the run's units; low and high NaN where there is no interval.
    p_holm : float
        Corrected p-value.
    n_common, n_clusters : int
        Samples and clusters that count for both.
    unit : str
        What a cluster is, "subject" or "sample".
    family : int
        Number of comparisons that the correction is for.
    alpha : float
        A corrected p-value below it shows a difference.
    identical : bool
        All differences are exactly 0.
    paired : bool
        Whether it is over common samples; else `n_common` says nothing.
    no_interval : str
        Why there is no interval; empty: too few clusters for any.
    """

    method: str
    other: str
    difference: float
    low: float
    high: float
    p_holm: float
    n_common: int
    n_clusters: int
    unit: str
    family: int
    alpha: float
    identical: bool
    paired: bool = True
    no_interval: str = ""

    @property
    def differs(self) -> bool:
        """Whether the interval and, among several comparisons, the corrected p-value show a difference."""
        return self.leaves_out_zero and (self.family == 1 or self.p_holm < self.alpha)

    @property
    def leaves_out_zero(self) -> bool:
        """Whether the interval by itself shows a difference."""
        return self.low > 0 or self.high < 0

    def winner(self, what: Quantity) -> str:
        """Label of the better method; empty where no difference is shown or neither direction is better."""
        if not self.differs or what.sign == 0:
            return ""
        return self.method if what.sign * self.difference > 0 else self.other


def verdict(evidence: Evidence, what: Quantity) -> str:
    """Say in one line what a difference shows.

    Examples
    --------
    >>> from fsbench.core.quantities import Quantity
    >>> cd = Quantity("cd_mm", "CD", "mm", 2, "lower")
    >>> found = Evidence("A", "B", -0.04, -0.14, 0.06, 0.4, 660, 20, "subject", 1, 0.05, False)
    >>> verdict(found, cd)
    'no difference shown: -0.04 mm [-0.14, 0.06], 20 subjects'
    """
    if evidence.difference != evidence.difference or (evidence.paired and evidence.n_common == 0):
        return "cannot tell: no sample counts for both"
    crowd = f"{evidence.n_clusters} {evidence.unit}{'s' if evidence.n_clusters != 1 else ''}"
    if evidence.identical:
        samples = f"{evidence.n_common} sample{'s' if evidence.n_common != 1 else ''}"
        return f"identical scores: {samples}" + (f", {crowd}" if evidence.unit != "sample" else "")
    unit = f" {what.unit}" if what.unit else ""
    if what.unit == "%":
        unit = " percentage points"
    size = f"{what.show(evidence.difference)}{unit}"
    if evidence.low != evidence.low:
        is_tiny = evidence.n_clusters < MIN_CLUSTERS
        few = f"an interval takes {MIN_CLUSTERS} or more" if is_tiny else "too few for an interval"
        return f"cannot tell: {size}, {crowd}; {evidence.no_interval or few}"
    numbers = f"{size} [{what.show(evidence.low)}, {what.show(evidence.high)}], {crowd}"
    if evidence.differs:
        winner = evidence.winner(what)
        return f"{winner} is better: {numbers}" if winner else f"they differ: {numbers}"
    if evidence.leaves_out_zero:
        return f"no difference shown among {evidence.family} comparisons: {numbers}"
    return f"no difference shown: {numbers}"
