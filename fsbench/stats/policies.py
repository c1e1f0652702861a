"""Failure policies: what a sample without a score counts as."""

from collections.abc import Sequence

import numpy as np

from fsbench.core.choices import POLICIES
from fsbench.core.errors import UsageError
from fsbench.stats.score_table import ScoreTable, difficulty_bin


def policy_in_words(policy: str, bins: Sequence[str]) -> str:
    """What a policy of `POLICIES` does in runs that have these bins.

    Examples
    --------
    >>> policy_in_words("penalised", ["subject", "challenge"]).rpartition(", ")[2]
    'as the worst score of its challenge'
    >>> policy_in_words("penalised", []).rpartition(", ")[2]
    'as the worst score of all'
    """
    name = difficulty_bin(bins)
    known = {None: "of all", "pose_deg": "in its pose bin"}
    place = known.get(name) or f"of its {str(name).replace('_', ' ')}"
    return POLICIES[policy].replace("in its bin", place)


def apply_policy(scores: ScoreTable, policy: str) -> np.ndarray:
    """Replace or drop the values of failed samples, so that means can be taken.

    Parameters
    ----------
    scores : ScoreTable
        Of all compared methods: `common` and `penalised` depend on the other methods.
    policy : str
        One of `POLICIES`.

    Returns
    -------
    numpy.ndarray, shape (methods, samples, metrics)
        NaN where a sample does not count. Under `penalised`, metrics of which neither direction is better have no
        worst value and stay as they are.

    Raises
    ------
    UsageError
        If there is no such policy.
    """
    if policy not in POLICIES:
        raise UsageError(f"no failure policy {policy!r}; there are {', '.join(POLICIES)}")
    if policy == "legacy":
        return scores.values
    if policy == "common":
        shared = np.isfinite(scores.values).all(axis=0)
        return np.where(shared, scores.values, np.nan)
    return np.stack([_penalised(scores, k) for k in range(len(scores.metrics))], axis=2)


def _penalised(scores: ScoreTable, k: int) -> np.ndarray:
    values = scores.values[:, :, k]
    sign = scores.quantities[scores.metrics[k]].sign
    if sign == 0:
        return values
    # fmax skips NaN and does not warn where all values are NaN
    loss = -sign * values
    worst = np.fmax.reduce(loss, axis=0)
    bins = scores.difficulty
    for label in np.unique(bins):
        inside = bins == label
        worst[inside] = np.where(np.isnan(worst[inside]), np.fmax.reduce(worst[inside]), worst[inside])
    worst = np.where(np.isnan(worst), np.fmax.reduce(worst), worst)
    # Where a sample was scored and no method has a value, the metric has none by its definition.
    is_defined = np.isfinite(values).any(axis=0) | ~scores.scored.any(axis=0)
    return np.where(np.isnan(values) & is_defined, -sign * worst, values)
