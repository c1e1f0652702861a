"""Small overlap: a mean distance over a small part of the face says little about the rest.

The protocol declares which metric measures the overlap, and how much is enough (`Quantity.enough`).
"""

from collections.abc import Sequence

import numpy as np

from fsbench.core.quantities import Quantity
from fsbench.runs import Run
from fsbench.stats.score_table import ScoreTable, gather


def small_overlaps(runs: Sequence[Run], threshold: float | None = None) -> dict[str, float]:
    """The methods whose mean complete rate is below the threshold, with that rate.

    Parameters
    ----------
    runs : sequence of Run
        Of one benchmark and one signature.
    threshold : float, optional
        Complete rate in [0, 1]. Default: the one that the metric declares as enough.

    Returns
    -------
    dict
        Label to the mean over the scored samples; empty for runs without a metric that says how much is covered.
    """
    scores = gather(runs)
    found: dict[str, float] = {}
    for what in coverages(scores):
        limit = what.enough if threshold is None else threshold
        for i, method in enumerate(scores.methods):
            mean = _mean(scores, i, what, np.ones(len(scores.bins), bool))
            if limit is not None and mean < limit:
                found.setdefault(method, mean)
    return found


def coverages(scores: ScoreTable) -> list[Quantity]:
    """The metrics that say how much of the reference is covered."""
    return [what for what in scores.quantities.values() if what.enough is not None]


def is_small(scores: ScoreTable, i: int, what: Quantity, inside: np.ndarray) -> bool:
    """Whether method `i` covers too little of the samples `inside` (samples,) by the coverage `what`."""
    return what.enough is not None and _mean(scores, i, what, inside) < what.enough


def small_overlap_reason(what: Quantity) -> str:
    """What a small overlap means, in one line.

    Examples
    --------
    >>> small_overlap_reason(Quantity("cr", "CR", "%", 1, factor=100.0, enough=0.75, covers="CD")).partition(",")[0]
    'small overlap: less than 75 % of the reference surface is in the mean CD'
    """
    return (
        f"small overlap: less than {enough_in_words(what)} of the reference surface is in the mean {what.covers}, "
        f"which may be low for want of the difficult parts; read it with {what.label}"
    )


def enough_in_words(what: Quantity) -> str:
    """How much coverage is enough, e.g. "75 %"."""
    return f"{what.factor * (what.enough or 0.0):.3g} {what.unit}".strip()


def _mean(scores: ScoreTable, i: int, what: Quantity, inside: np.ndarray) -> float:
    """Mean over the samples `inside` that have a value; NaN, which is below no limit, if none has."""
    shares = scores.values[i, inside, scores.metrics.index(what.name)]
    shares = shares[np.isfinite(shares)]
    return float(shares.mean()) if len(shares) else float("nan")
