"""Ranks and their uncertainty."""

import numpy as np

from fsbench.stats.resampling import DIGITS


def rank(losses: np.ndarray) -> np.ndarray:
    """Rank 1 for the smallest, the same rank for equals ("1, 1, 3"); NaN keeps NaN.

    Parameters
    ----------
    losses : numpy.ndarray, shape (methods, ...)
        Smaller is better; ranked along the first axis.

    Examples
    --------
    >>> rank(np.array([2.0, 1.0, np.nan, 1.0]))
    array([ 3.,  1., nan,  1.])
    """
    # runs with equal scores must tie, whatever the order of summation
    rounded = np.round(losses, DIGITS)
    ranks = np.ones(losses.shape)
    for rival in rounded:
        ranks += rival < rounded
    return np.where(np.isnan(losses), np.nan, ranks)


def rank_interval(ranks: np.ndarray, level: float, least_tail: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Smallest and largest rank that a share `level` of the resamples give, half of the rest cut off at each end.

    Parameters
    ----------
    ranks : numpy.ndarray, shape (methods, resamples)
        NaN where the method has no mean.
    level : float
        In (0, 1).
    least_tail : float
        The smallest tail that the resamples can cut off.

    Returns
    -------
    low, high : numpy.ndarray, shape (methods,)
        Whole numbers; NaN for a method that no resample ranks, and for all where the level asks for a smaller tail.
    """
    ordered = np.sort(ranks, axis=1)
    n = np.isfinite(ordered).sum(axis=1)
    cut = np.floor((1 - level) / 2 * n).astype(int)
    rows = np.arange(len(ranks))
    if (1 - level) / 2 < least_tail:
        ordered = np.full_like(ordered, np.nan)
    low, high = ordered[rows, cut * (n > 0)], ordered[rows, np.maximum(n - 1 - cut, 0)]
    return low, high


def first_share(ranks: np.ndarray) -> np.ndarray:
    """Share of the resamples in which each method comes first (or shares the first place), (methods,)."""
    n = np.isfinite(ranks).sum(axis=1)
    found: np.ndarray = np.divide((ranks == 1).sum(axis=1), n, out=np.full(len(ranks), np.nan), where=n > 0)
    return found


def kendall_taus(ranks: np.ndarray, resampled: np.ndarray) -> np.ndarray:
    """Kendall's tau-b between one ranking and many, as scipy.stats.kendalltau gives one at a time.

    Parameters
    ----------
    ranks : numpy.ndarray, shape (methods,)
    resampled : numpy.ndarray, shape (methods, resamples)
        Methods without a rank in either are left out.

    Returns
    -------
    numpy.ndarray, shape (resamples,)
        1: the same order; 0: no relation; NaN where fewer than two methods differ.

    References
    ----------
    Kendall 1945, The treatment of ties in ranking problems, Biometrika 33(3), 239-251.
    """
    agree, untied = np.zeros(resampled.shape[1]), np.zeros(resampled.shape[1])
    untied_first = np.zeros_like(agree)
    for i in range(1, len(ranks)):
        # comparisons with NaN are false both ways, so such a pair ties and adds nothing
        second = (resampled[i] > resampled[:i]).astype(np.int8) - (resampled[i] < resampled[:i]).astype(np.int8)
        first = (ranks[i] > ranks[:i]).astype(np.int8) - (ranks[i] < ranks[:i]).astype(np.int8)
        there = np.isfinite(resampled[i]) & np.isfinite(resampled[:i])
        agree += (first[:, None] * second).sum(axis=0, dtype=np.int32)
        untied += ((second != 0) & np.isfinite(ranks[i]) & np.isfinite(ranks[:i, None])).sum(axis=0)
        untied_first += ((first != 0)[:, None] & there).sum(axis=0)
    scale = np.sqrt(untied_first * untied)
    found: np.ndarray = np.divide(agree, scale, out=np.full(agree.shape, np.nan), where=scale > 0)
    return found
