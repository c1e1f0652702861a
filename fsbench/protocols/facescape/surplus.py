"""Surplus: compared surface of the prediction where the reference has none.

The cylinder maps compare directions, not surfaces. Where a ray leaves the head's axis backwards and meets the
reference's throat from inside, the outermost hit of a whole head is the back of its neck.
"""

import numpy as np

from fsbench.core.mesh import Floats
from fsbench.metrics.chamfer import Chamfer
from fsbench.metrics.cylinder import QuadMap, grid_positions

TIMES = 2.0
"""Ratio of `cd_pred_to_ref_mm` to `cd_ref_to_pred_mm` from which a prediction is said to have surplus surface; ours.
Of shapes equal to the reference it was 1.0 for faces and 9.5 for whole heads in the wild, see docs/exactness.md."""

_LEAST_MM = 0.1
"""Both directions of a nearly perfect prediction are smaller than what tables show."""

_NOTE = (
    "cd_pred_to_ref_mm is over twice cd_ref_to_pred_mm: the prediction has surface that the reference has not beside "
    "it, most of it {where}; docs/exactness.md says what to leave out"
)
_BEHIND = _NOTE.format(where="behind the head's axis, such as the back of the neck")
_BEFORE = _NOTE.format(where="before the head's axis")


def share_behind(points: Floats, pred_to_ref_mm: Floats) -> float:
    """Share of the sum of distances that belongs to vertices behind the head's axis.

    Parameters
    ----------
    points : ndarray, (V, 3)
        Vertices of the prediction's cylinder mesh, head frame.
    pred_to_ref_mm : ndarray, (V,)
        Their distances.
    """
    return float(pred_to_ref_mm[points[:, 2] < 0].sum() / max(pred_to_ref_mm.sum(), np.finfo(float).tiny))


def has_surplus(ref_to_pred_mm: Floats, pred_to_ref_mm: Floats) -> bool:
    """Whether the prediction's mean distance is over `TIMES` the reference's, given the distances of each."""
    return bool(pred_to_ref_mm.mean() > max(TIMES * ref_to_pred_mm.mean(), _LEAST_MM))


def surplus_notes(distances: Chamfer, radius_pred_mm: Floats) -> tuple[str, ...]:
    """The note that a prediction has surplus surface, and where most of it is; empty if it has none.

    Parameters
    ----------
    distances : Chamfer
    radius_pred_mm : ndarray, (256, 256)
        Cylinder map of the prediction over the common part.
    """
    if not has_surplus(distances.ref_to_pred_mm, distances.pred_to_ref_mm):
        return ()
    corners = np.flatnonzero(QuadMap.of(radius_pred_mm).corners)
    points = grid_positions(radius_pred_mm).reshape(-1, 3).take(corners, 0)
    return (_BEHIND if share_behind(points, distances.pred_to_ref_mm) > 0.5 else _BEFORE,)
