"""Alignment without landmarks: many poses and sizes are tried, the best few are refined."""

from dataclasses import dataclass, replace

import numpy as np

from fsbench.core.errors import AlignmentError
from fsbench.core.mesh import Floats, Mesh
from fsbench.geometry.icp import Icp, IcpFit, fit_icp
from fsbench.geometry.nearest import NearestSurface
from fsbench.geometry.oriented import Oriented, oriented, oriented_cloud, spread_indices
from fsbench.geometry.poses import JUDGED, NORMAL_WEIGHT, coarse_poses
from fsbench.geometry.transforms import Similarity

# Points and steps of ICP in each round, and the number of poses kept after it.
_ROUNDS = ((200, 8, 5), (500, 30, 1))
_LAST_POINTS = 2000
# Published methods leave about 0.04 in the right pose and 0.1 in wrong ones; below it no other role is tried.
_GOOD = 0.05


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A pose and its error: distance and normal difference of the best points, in sizes of the shape."""

    ref_from_pred: Similarity
    error: float


def find_alignment(
    reference: Mesh,
    prediction: NearestSurface,
    reference_surface: NearestSurface | None = None,
    settings: Icp | None = None,
) -> IcpFit:
    """Align without any prior on the prediction's pose and unit.

    A prediction without triangles is fitted onto the reference if that has triangles. In the reverse direction a cloud
    that covers only a part would grow until it reaches the whole reference.

    The search tries the rotations between coordinate frames (24), those that align principal axes (4), four sizes,
    and for an open reference the places where it could lie on a closed prediction. If a reference with a surface does
    not fit as the smaller part of the two, the search also tries it as the larger; it always tries a cloud as both.

    Parameters
    ----------
    reference : Mesh
        The reference; a point cloud counts as the smaller part.
    prediction : NearestSurface
    reference_surface : NearestSurface, optional
        The reference's tree, if the caller has it already.
    settings : Icp, optional
        Of the last refinement; the search itself always scales.

    Returns
    -------
    IcpFit
        From the prediction to the reference.

    Raises
    ------
    AlignmentError
        If the two shapes hardly overlap anywhere.
    """
    cloud = prediction.is_cloud
    ref, pred = oriented(reference), oriented_cloud(prediction.mesh.vertices) if cloud else oriented(prediction.mesh)
    if not (ref.normals.any() and pred.normals.any()):
        ref, pred = ref.without_normals(), pred.without_normals()
    looks = pred.normals if cloud else pred.winding * prediction.normals
    candidates = _try_poses(ref, pred, prediction, looks)
    surface = reference_surface or (NearestSurface(reference) if reference.n_faces else None)
    if surface and (cloud or not any(one.error < _GOOD for one in candidates)):
        turned = _try_poses(pred, ref, surface, ref.winding * surface.normals)
        candidates += [_Candidate(one.ref_from_pred.inverse(), one.error) for one in turned]
    if not candidates:
        raise AlignmentError("no pose brings the two shapes together: is it the same kind of surface? Give landmarks")
    best = min(candidates, key=lambda one: one.error)
    return align_from(best.ref_from_pred, ref.take(_LAST_POINTS).points, prediction, surface, settings or Icp())


def align_from(
    start: Similarity, points: Floats, prediction: NearestSurface, reference: NearestSurface | None, settings: Icp
) -> IcpFit:
    """Refine by ICP: the reference's points find their places on the prediction, or the other way round for a cloud.

    Parameters
    ----------
    start : Similarity
        A first `ref_from_pred`.
    points : ndarray, (n, 3)
        Of the reference. Of a cloud as many are used.
    prediction : NearestSurface
    reference : NearestSurface or None
        None where the scan is a cloud itself: then a cloud takes its points, by their distances.
    settings : Icp

    Returns
    -------
    IcpFit
        From the prediction to the reference, the residual in the reference's unit. The inliers of a cloud are the share
        of its own points.
    """
    if not prediction.is_cloud:
        return fit_icp(points, prediction, start, settings)
    if reference is None:  # points have no planes
        return fit_icp(points, prediction, start, replace(settings, distance="point-to-point"))
    cloud = prediction.mesh.vertices
    chosen = cloud[spread_indices(len(cloud), len(points))]
    return fit_icp(chosen, reference, start.inverse(), settings).turned()


def _try_poses(part: Oriented, whole: Oriented, surface: NearestSurface, looks: Floats) -> list[_Candidate]:
    """The best pose of all, refined, in a list; empty if none holds. `ref_from_pred` is `part_from_whole`.

    `looks` (F, 3) are the outward normals of the surface's triangles, zero where there are none.
    """
    found = [_Candidate(pose, 0.0) for pose in coarse_poses(part, whole)]
    for points, iterations, survivors in _ROUNDS:
        refined = (_refine(one, part.take(points), surface, looks, iterations) for one in found)
        found = sorted((one for one in refined if one), key=lambda one: one.error)[:survivors]
    return found


def _refine(
    candidate: _Candidate, sample: Oriented, surface: NearestSurface, looks: Floats, iterations: int
) -> _Candidate | None:
    """The candidate after some steps of ICP; None if it led nowhere."""
    rules = Icp(rim=True, trim=1 - JUDGED, max_iterations=iterations, tolerance=1e-4)
    if surface.is_cloud or not looks.any():  # no planes
        rules = replace(rules, distance="point-to-point")
    try:
        pose = fit_icp(sample.points, surface, candidate.ref_from_pred, rules).ref_from_pred
    except AlignmentError:
        return None
    return _Candidate(pose, _judge(sample, surface, looks, pose))


def _judge(sample: Oriented, surface: NearestSurface, looks: Floats, pose: Similarity) -> float:
    """Error of the best points, in place and normal together, in sizes of the sample."""
    nearest = surface.closest(pose.inverse().apply(sample.points))
    there = looks[nearest.faces] @ pose.rotation.T
    squares = (nearest.distances * pose.scale / sample.size) ** 2
    squares += NORMAL_WEIGHT**2 * ((sample.normals - there) ** 2).sum(1)
    kept = np.sort(squares)[: int(np.ceil(JUDGED * len(squares)))]
    return float(np.sqrt(kept.mean()))
