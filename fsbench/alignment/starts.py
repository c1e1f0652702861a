"""Alignment without landmarks: many poses and sizes are tried, the best few are refined."""

from dataclasses import dataclass, replace

import numpy as np

from fsbench.alignment.icp import Icp, IcpFit, fit_icp
from fsbench.alignment.nearest import NearestSurface
from fsbench.alignment.oriented import Oriented, oriented
from fsbench.alignment.poses import JUDGED, NORMAL_WEIGHT, coarse_poses
from fsbench.alignment.transform import Similarity
from fsbench.errors import AlignmentError
from fsbench.mesh import Mesh

# Points and steps of ICP, and how many poses go on after them.
_ROUNDS = ((200, 8, 5), (500, 30, 1))
_LAST_POINTS = 2000
# Published methods leave about 0.04 in the right pose and 0.1 in wrong ones: below, no other role is tried.
_GOOD = 0.05


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A pose with its judgement: what the best points are off in place and normal, in sizes of the shape."""

    ref_from_pred: Similarity
    error: float


def find_alignment(
    reference: Mesh,
    prediction: NearestSurface,
    reference_surface: NearestSurface | None = None,
    settings: Icp | None = None,
) -> IcpFit:
    """Align from scratch: pose and unit of the prediction are found, not assumed.

    Tried are the turns by which coordinate frames differ (24), those that bring principal axes together (4),
    five sizes, and for an open reference the places where it could sit on a closed prediction. Where the
    reference has a surface and does not fit as the smaller part of the two, it is also tried as the larger.

    Parameters
    ----------
    reference : Mesh
        The scan; a point cloud is taken to be the smaller part.
    prediction : NearestSurface
    reference_surface : NearestSurface, optional
        The scan's tree, where the caller has it already.
    settings : Icp, optional
        Of the last refinement; the search itself always scales.

    Returns
    -------
    IcpFit
        `points_from_surface` is `ref_from_pred`.

    Raises
    ------
    AlignmentError
        If the two shapes hardly overlap anywhere.
    """
    ref, pred = oriented(reference), oriented(prediction.mesh)
    if not (ref.normals.any() and pred.normals.any()):
        ref, pred = ref.without_normals(), pred.without_normals()
    candidates = _try_poses(ref, pred, prediction)
    if reference.n_faces and not any(one.error < _GOOD for one in candidates):
        turned = _try_poses(pred, ref, reference_surface or NearestSurface(reference))
        candidates += [_Candidate(one.ref_from_pred.inverse(), one.error) for one in turned]
    if not candidates:
        raise AlignmentError("no pose brings the two shapes together: is it the same kind of surface? Give landmarks")
    best = min(candidates, key=lambda one: one.error)
    return fit_icp(ref.take(_LAST_POINTS).points, prediction, best.ref_from_pred, settings or Icp())


def _try_poses(part: Oriented, whole: Oriented, surface: NearestSurface) -> list[_Candidate]:
    """The best pose of all, refined, in a list; empty if none holds. `ref_from_pred` is `part_from_whole`."""
    found = [_Candidate(pose, 0.0) for pose in coarse_poses(part, whole)]
    for points, iterations, survivors in _ROUNDS:
        refined = (_refine(one, part.take(points), surface, whole.winding, iterations) for one in found)
        found = sorted((one for one in refined if one), key=lambda one: one.error)[:survivors]
    return found


def _refine(
    candidate: _Candidate, sample: Oriented, surface: NearestSurface, winding: float, iterations: int
) -> _Candidate | None:
    """The candidate after some steps of ICP; None if it led nowhere."""
    rules = Icp(rim=True, trim=1 - JUDGED, max_iterations=iterations, tolerance=1e-4)
    if not winding:  # a point cloud has no planes
        rules = replace(rules, distance="point-to-point")
    try:
        pose = fit_icp(sample.points, surface, candidate.ref_from_pred, rules).points_from_surface
    except AlignmentError:
        return None
    return _Candidate(pose, _judge(sample, surface, winding, pose))


def _judge(sample: Oriented, surface: NearestSurface, winding: float, pose: Similarity) -> float:
    """What the best points are off, in place and normal together, in sizes of the sample."""
    nearest = surface.closest(pose.inverse().apply(sample.points))
    looks = winding * surface.normals[nearest.faces] @ pose.rotation.T
    squares = (nearest.distances * pose.scale / sample.size) ** 2
    squares += NORMAL_WEIGHT**2 * ((sample.normals - looks) ** 2).sum(1)
    kept = np.sort(squares)[: int(np.ceil(JUDGED * len(squares)))]
    return float(np.sqrt(kept.mean()))
