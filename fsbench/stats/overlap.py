"""Small overlap: where a chamfer distance says little, because it measures the overlap only."""

from collections.abc import Sequence

import numpy as np

from fsbench.runs import Run
from fsbench.stats.scores import gather

# A convention of ours, not of the benchmark's authors. On frontal faces (fswild 0-5 degrees, fslab view 0 at 1200 px)
# the published methods fall into two groups with a gap between: those that give a partial face (CR 58-69 % and 64 %)
# and all others (78 % and more); three quarters lies in the gap of both benchmarks.
LOW_OVERLAP = 0.75
LOW_OVERLAP_REASON = (
    "small overlap: less than 75 % of the reference surface is in the mean CD, "
    "which may be low for want of the difficult parts; read it with CR"
)


def small_overlaps(runs: Sequence[Run], threshold: float = LOW_OVERLAP) -> dict[str, float]:
    """The methods whose mean complete rate is below the threshold, with that rate.

    Parameters
    ----------
    runs : sequence of Run
        Of one benchmark and one signature.
    threshold : float
        Complete rate in [0, 1].

    Returns
    -------
    dict
        Label to mean `cr` over the scored samples; empty for runs without `cr`.
    """
    scores = gather(runs)
    if "cr" not in scores.metrics:
        return {}
    found = {}
    for method, shares in zip(scores.methods, scores.values[:, :, scores.metrics.index("cr")], strict=True):
        shares = shares[np.isfinite(shares)]
        if len(shares) and shares.mean() < threshold:
            found[method] = float(shares.mean())
    return found
