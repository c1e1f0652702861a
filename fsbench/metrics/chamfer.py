"""Chamfer distance between two surfaces, vertices to surface, both ways."""

from dataclasses import dataclass

from fsbench.core.mesh import Floats
from fsbench.metrics.cylinder import QuadMap
from fsbench.metrics.cylinder_distance import map_distances


@dataclass(frozen=True, slots=True, eq=False)
class Chamfer:
    """Distances from the vertices of each surface to the other: `ref_to_pred_mm` (R,), `pred_to_ref_mm` (P,)."""

    ref_to_pred_mm: Floats
    pred_to_ref_mm: Floats

    @property
    def mean_mm(self) -> float:
        """Mean over the two sets put together, so the set with more vertices weighs more."""
        total = self.ref_to_pred_mm.sum() + self.pred_to_ref_mm.sum()
        return float(total / (len(self.ref_to_pred_mm) + len(self.pred_to_ref_mm)))


def map_chamfer(reference_mm: Floats, prediction_mm: Floats) -> Chamfer | None:
    """From every vertex of one map's cylinder mesh to the closest point on the *surface* of the other's, both ways.

    The maps are (256, 256); None where one of them opens no quad. Blind to what only one of them covers: report the
    complete rate beside it.

    References
    ----------
    FaceScape benchmark, arXiv:2111.01082, metric CD.
    """
    ref, pred = QuadMap.of(reference_mm), QuadMap.of(prediction_mm)
    if not (ref.is_open.any() and pred.is_open.any()):
        return None
    return Chamfer(map_distances(ref, pred), map_distances(pred, ref))
