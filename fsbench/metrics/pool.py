"""Pool: the distances of one or many samples as a histogram, small enough to keep, and easy to add."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np

from fsbench.core.errors import MetricError
from fsbench.core.mesh import Floats, Ints

BIN_MM = 0.001
"""Medians and percentiles of a pool are exact to this; means and deviations are exact."""

_BINS = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """A histogram of distances with their exact moments.

    Attributes
    ----------
    counts : ndarray, (100001,)
        Distances by micrometre, those of 100 mm and more in the last.
    total_mm, total_mm2 : float
        Sums of distances and of their squares.
    """

    counts: Ints
    total_mm: float
    total_mm2: float

    @classmethod
    def of(cls, distances_mm: Floats) -> "Pool":
        """The pool of one sample's distances, (n,)."""
        which = np.minimum(distances_mm / BIN_MM, _BINS).astype(np.int64)
        return cls(np.bincount(which, minlength=_BINS + 1), float(distances_mm.sum()), float((distances_mm**2).sum()))

    @classmethod
    def empty(cls) -> "Pool":
        """A pool to add to."""
        return cls(np.zeros(_BINS + 1, np.int64), 0.0, 0.0)

    def __add__(self, other: Self) -> "Pool":
        return Pool(self.counts + other.counts, self.total_mm + other.total_mm, self.total_mm2 + other.total_mm2)

    @property
    def n(self) -> int:
        """Number of distances."""
        return int(self.counts.sum())

    def percentile_mm(self, percent: float) -> float:
        """Distance that `percent` of all do not exceed, exact to `BIN_MM`; inf beyond 100 mm."""
        if self.n == 0:
            raise MetricError("the pool is empty")
        reached = np.cumsum(self.counts)
        target = percent / 100 * self.n
        which = int(np.searchsorted(reached, target))
        if which >= _BINS:
            return float("inf")
        before = reached[which] - self.counts[which]
        found: float = BIN_MM * (which + (target - before) / max(int(self.counts[which]), 1))
        return found

    def statistics(self) -> dict[str, float]:
        """`points`, `median_mm`, `mean_mm`, `std_mm` (of the population), `rmse_mm`, `p90_mm`."""
        if self.n == 0:
            raise MetricError("the pool is empty")
        mean, square = self.total_mm / self.n, self.total_mm2 / self.n
        return {
            "points": float(self.n),
            "median_mm": self.percentile_mm(50),
            "mean_mm": mean,
            "std_mm": float(np.sqrt(max(square - mean**2, 0.0))),
            "rmse_mm": float(np.sqrt(square)),
            "p90_mm": self.percentile_mm(90),
        }

    def cumulative(self, limits_mm: Iterable[float]) -> Floats:
        """Share of all distances below each limit, in [0, 1]; limits in multiples of `BIN_MM`, up to 100 mm."""
        reached = np.concatenate([[0], np.cumsum(self.counts)])
        places = np.rint(np.asarray(list(limits_mm)) / BIN_MM).astype(np.int64)
        shares: Floats = reached[np.clip(places, 0, _BINS)] / max(self.n, 1)
        return shares
