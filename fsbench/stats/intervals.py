"""From resampled means to intervals and p-values.

References
----------
Efron & Tibshirani 1993, An Introduction to the Bootstrap, chapters 13 (percentile) and 14 (BCa).
Hesterberg 2015, What Teachers Should Know About the Bootstrap, The American Statistician 69(4), 371-386: with n units
the bootstrap's spread is too small by sqrt((n - 1) / n), and its tails are normal instead of t; taking the quantiles
further out corrects both.
"""

from typing import Literal

import numpy as np
import scipy  # its parts are loaded when they are first used

from fsbench.core.errors import UsageError
from fsbench.stats.bootstrap import ClusterSums
from fsbench.stats.resampling import DIGITS, MOST_RESAMPLES

Method = Literal["percentile", "bca"]


def intervals(
    sums: ClusterSums,
    resampled: np.ndarray,
    *,
    level: float = 0.95,
    method: Method = "percentile",
    widen: bool = True,
) -> tuple[np.ndarray, np.ndarray]:
    """Confidence intervals of n means.

    Parameters
    ----------
    sums : ClusterSums
        What was resampled.
    resampled : numpy.ndarray, shape (n, resamples)
        Means of the resamples; those that hold no value are NaN and are left out.
    level : float
        In (0, 1).
    method : "percentile" or "bca"
        BCa corrects for bias and skewness by the jackknife over clusters.
    widen : bool
        Correct for few clusters (Hesterberg 2015); False gives the textbook intervals, which scipy.stats.bootstrap
        gives too and which cover 92 to 93 % instead of 95 % with 20 clusters.

    Returns
    -------
    low, high : numpy.ndarray, shape (n,)
        NaN with fewer than `MIN_CLUSTERS` clusters (in strata: as many more than there are strata, less one), and where
        the resamples do not reach as far as the level asks, see `shortages`. Rounded to nine decimals, since the last
        bits of a sum depend on the machine.

    Raises
    ------
    UsageError
        If the level or the method does not exist.
    """
    if not 0 < level < 1:
        raise UsageError(f"level {level}: expected a share between 0 and 1, such as 0.95")
    if method not in ("percentile", "bca"):
        raise UsageError(f"no interval method {method!r}; there are percentile and bca")
    reach = _reach(sums, level, widen)
    ends = [-reach, reach]
    if method == "bca":
        bias, acceleration = _bias(sums, resampled), _acceleration(sums)
        ends = [_bca(end, bias, acceleration) for end in ends]
    ordered = np.sort(resampled, axis=1)
    is_reached = scipy.special.ndtr(np.minimum(ends[0], -ends[1])) >= least_tail(sums, resampled.shape[1])
    low, high = (np.round(quantiles(ordered, scipy.special.ndtr(end)), DIGITS) for end in ends)
    return np.where(is_reached, low, np.nan), np.where(is_reached, high, np.nan)


def least_tail(sums: ClusterSums, n_resamples: int) -> np.ndarray:
    """The smallest tail that resamples can cut off, (n,).

    A quantile further out is the outermost resample, whatever the level: either the clusters allow none beyond it, or
    none was drawn. The outermost of n resamples stands for a tail of 1 / 2n.
    """
    found: np.ndarray = np.maximum(sums.rarest, 0.5 / n_resamples)
    return found


def shortages(sums: ClusterSums, level: float, n_resamples: int, *, widen: bool = True) -> list[str]:
    """Why resamples do not reach the ends of n percentile intervals, in words.

    Empty where they do, and where there are too few clusters for any interval.
    """
    found = []
    name = f"a {100 * level:.6g} % interval"
    tails = np.where(np.isfinite(sums.freedom), scipy.special.ndtr(-_reach(sums, level, widen)), 1.0)
    for tail, possible, drawn in zip(
        tails, least_tail(sums, MOST_RESAMPLES), least_tail(sums, n_resamples), strict=True
    ):
        if tail < possible:
            found.append(f"too few for {name}")
        else:
            found.append(f"{name} takes {np.ceil(0.5 / tail):,.0f} resamples or more" if tail < drawn else "")
    return found


def p_values(sums: ClusterSums, resampled: np.ndarray) -> np.ndarray:
    """Two-sided p-value of each mean being 0: one less the level at which its interval just touches 0.

    The interval is the widened percentile one. If no resample lies beyond 0, a normal tail continues that of the
    resamples; otherwise no p-value could be below 2 / resamples, and none would survive a correction for many
    comparisons. It ends with the most extreme resample that the clusters allow: no interval of a higher level is
    defined, so no p-value is smaller.

    Returns
    -------
    numpy.ndarray, shape (n,)
        1 where all values are 0, NaN where there are too few clusters.
    """
    n_valid = np.isfinite(resampled).sum(axis=1)
    beyond = np.minimum((resampled <= 0).sum(axis=1), (resampled >= 0).sum(axis=1))
    share = np.minimum(0.5, (beyond + 1) / (n_valid + 1))
    centre, spread = _centre_and_spread(resampled)
    distance = np.divide(np.abs(centre), spread, out=np.full(len(resampled), np.inf), where=spread > 0)
    z = -scipy.special.ndtri(share)
    z = np.where(beyond == 0, np.maximum(z, distance), z)
    z = np.minimum(z, -scipy.special.ndtri(sums.rarest))
    enough = np.isfinite(sums.freedom)
    p = 2 * scipy.special.stdtr(np.where(enough, sums.freedom, 1), -z / _narrowness(sums))
    return np.where(enough, p, np.nan)


def holm(p: np.ndarray) -> np.ndarray:
    """Holm's correction: the chance of one false claim in the whole family stays below the level.

    NaN values do not belong to the family and stay NaN.

    References
    ----------
    Holm 1979, A simple sequentially rejective multiple test procedure, Scand. J. Statist. 6(2), 65-70.

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03]))
    array([0.03, 0.06, 0.06])
    """
    adjusted = np.full(len(p), np.nan)
    members = np.flatnonzero(np.isfinite(p))
    order = members[np.argsort(p[members], kind="stable")]
    factors = len(order) - np.arange(len(order))
    adjusted[order] = np.minimum(1, np.maximum.accumulate(p[order] * factors))
    return adjusted


def quantiles(ordered: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """One quantile of each row, interpolated as numpy does by default.

    Parameters
    ----------
    ordered : numpy.ndarray, shape (n, m)
        Rows in ascending order, NaN last; they are left out.
    shares : numpy.ndarray, shape (n,)
        In [0, 1]; NaN gives NaN.

    Returns
    -------
    numpy.ndarray, shape (n,)
        NaN for a row without a number.
    """
    last = np.isfinite(ordered).sum(axis=1) - 1
    usable = (last >= 0) & np.isfinite(shares)
    place = np.where(usable, np.clip(shares, 0, 1) * last, 0)
    below = np.floor(place).astype(int)
    above = np.minimum(below + 1, np.maximum(last, 0))
    rows = np.arange(len(ordered))
    step = np.where(place > below, ordered[rows, above] - ordered[rows, below], 0.0)
    return np.where(usable, ordered[rows, below] + (place - below) * step, np.nan)


def _narrowness(sums: ClusterSums) -> np.ndarray:
    """Standard error divided by the bootstrap's spread, which is too small; >= 1."""
    enough = np.isfinite(sums.freedom)
    return np.sqrt(np.where(enough, sums.n_clusters / np.where(enough, sums.freedom, 1), 1.0))


def _reach(sums: ClusterSums, level: float, widen: bool) -> np.ndarray:
    """Distance from the mean to an end of the interval, in standard deviations of the bootstrap, (n,)."""
    tail = (1 - level) / 2
    if not widen:
        return np.full(len(sums.freedom), -scipy.special.ndtri(tail))
    freedom = np.where(np.isfinite(sums.freedom), sums.freedom, np.inf)
    found: np.ndarray = -scipy.special.stdtrit(freedom, tail) * _narrowness(sums)
    return found


def _bias(sums: ClusterSums, resampled: np.ndarray) -> np.ndarray:
    """z0 of BCa: where the mean stands among the resampled means, as a normal quantile."""
    # resamples that equal the mean but for rounding are neither above nor below it
    gaps = np.round(resampled - sums.means[:, None], DIGITS)
    n_valid = np.isfinite(resampled).sum(axis=1)
    rank = ((gaps < 0).sum(axis=1) + (gaps <= 0).sum(axis=1)) / 2
    share = np.divide(rank, n_valid, out=np.full(len(resampled), 0.5), where=n_valid > 0)
    inside = 0.5 / np.maximum(n_valid, 1)
    found: np.ndarray = scipy.special.ndtri(np.clip(share, inside, 1 - inside))
    return found


def _acceleration(sums: ClusterSums) -> np.ndarray:
    """Skewness of the mean's influence values over clusters, / 6, strata added up as scipy.stats.bootstrap does."""
    left_out = sums.left_out_means()
    cubes, squares = np.zeros(left_out.shape[1]), np.zeros(left_out.shape[1])
    for label in np.unique(sums.strata):
        inside = left_out[sums.strata == label]
        there = np.isfinite(inside)
        n = np.maximum(there.sum(axis=0), 1)
        centre = np.where(there, inside, 0).sum(axis=0) / n
        influence = np.where(there, (n - 1) * (centre - inside), 0)
        cubes += (influence**3).sum(axis=0) / n**3
        squares += (influence**2).sum(axis=0) / n**2
    return np.divide(cubes, 6 * squares**1.5, out=np.zeros_like(cubes), where=squares > 0)


def _bca(end: np.ndarray, bias: np.ndarray, acceleration: np.ndarray) -> np.ndarray:
    moved = bias + end
    scale = 1 - acceleration * moved
    # past its pole the formula changes sign; use the outermost resample there
    beyond = np.where(moved > 0, np.inf, -np.inf)
    found: np.ndarray = np.divide(moved, scale, out=beyond, where=scale > 0) + bias
    return found


def _centre_and_spread(resampled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    there = np.isfinite(resampled)
    n = np.maximum(there.sum(axis=1), 1)
    centre = np.where(there, resampled, 0).sum(axis=1) / n
    squares = np.where(there, (resampled - centre[:, None]) ** 2, 0).sum(axis=1)
    return centre, np.sqrt(squares / n)
