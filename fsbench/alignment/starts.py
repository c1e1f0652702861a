"""Where to start without landmarks: many poses and sizes are tried, the best few are refined."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from fsbench.alignment.icp import Icp, IcpFit, fit_icp
from fsbench.alignment.nearest import NearestSurface
from fsbench.alignment.transform import Similarity
from fsbench.errors import AlignmentError
from fsbench.mesh import Floats

# Sizes tried, relative to equal extents: a face crop spans about half of a whole head.
_SIZES = (0.5, 0.7, 1.0, 1.4, 2.0)
_COARSE_POINTS, _COARSE_VERTICES = 120, 2500
# Steps of the coarse search, and how many starts go on after them.
_ROUNDS = ((4, 80), (6, 25), (8, 8))
_FINE_POINTS = 500
# Share of the points, the nearest, that a start is judged by: the rest may lie beyond the other shape.
_JUDGED = 0.8


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A pose with its judgement: trimmed rms distance as a share of the moved points' size."""

    ref_from_pred: Similarity
    error: float


def find_alignment(
    reference: Floats,
    prediction: NearestSurface,
    reference_surface: NearestSurface | None = None,
    settings: Icp | None = None,
) -> IcpFit:
    """Align from scratch: pose and unit of the prediction are found, not assumed.

    Tried are the turns by which coordinate frames differ (24), those that bring principal axes together (4),
    five sizes, and for an open reference the places where it could sit on a closed prediction. Where the
    reference has a surface, the prediction is also fitted to it as the smaller part of the two.

    Parameters
    ----------
    reference : (n, 3)
        Points of the scan.
    prediction : NearestSurface
    reference_surface : NearestSurface, optional
        The scan's surface; without it the scan is taken to be the smaller part.
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
    part = spread(reference, _FINE_POINTS)
    candidates = _try_all(part, prediction, reference_surface)
    if reference_surface is not None:
        used = prediction.mesh.vertices[np.unique(prediction.mesh.faces)]
        turned = _try_all(spread(used, _FINE_POINTS), reference_surface, prediction)
        candidates += [_Candidate(one.ref_from_pred.inverse(), one.error) for one in turned]
    if not candidates:
        raise AlignmentError("no pose brings the two shapes together: is it the same kind of surface? Give landmarks")
    best = min(candidates, key=lambda one: one.error)
    return fit_icp(spread(reference, 4 * _FINE_POINTS), prediction, best.ref_from_pred, settings or Icp())


def spread(points: Floats, n: int) -> Floats:
    """About n of the points, evenly along their order, which in meshes runs evenly over the surface."""
    return points if len(points) <= n else points[np.linspace(0, len(points) - 1, n).round().astype(int)]


def _try_all(part: Floats, whole: NearestSurface, part_surface: NearestSurface | None) -> list[_Candidate]:
    """Fit the part to the whole from all starts; the few best, refined, with `points_from_surface` of each."""
    few = spread(part, _COARSE_POINTS)
    vertices = spread(whole.mesh.vertices[np.unique(whole.mesh.faces)], _COARSE_VERTICES)
    poses = _coarse(few, cKDTree(vertices), *_starts(few, vertices, part_surface))
    fine = Icp(rim=True, trim=1 - _JUDGED, max_iterations=30, tolerance=1e-4)
    if not whole.normals.any():  # a point cloud has no planes
        fine = replace(fine, distance="point-to-point")
    found = []
    for pose in poses:
        try:
            fit = fit_icp(part, whole, pose, fine)
        except AlignmentError:
            continue  # this start leads nowhere; others may
        found.append(_Candidate(fit.points_from_surface, _judge(part, whole, fit.points_from_surface)))
    return found


def _judge(part: Floats, whole: NearestSurface, pose: Similarity) -> float:
    distances = np.sort(whole.closest(pose.inverse().apply(part)).distances * pose.scale)
    kept = distances[: int(np.ceil(_JUDGED * len(distances)))]
    return float(np.sqrt((kept**2).mean() / part.var(0).sum()))


def _starts(part: Floats, vertices: Floats, part_surface: NearestSurface | None) -> tuple[Floats, Floats, Floats]:
    """(scales (k,), rotations (k, 3, 3), translations (k, 3)) of `points_from_surface`."""
    turns = np.concatenate([Rotation.create_group("O").as_matrix(), _principal_turns(part, vertices)])
    ratio = np.linalg.norm(np.ptp(part, axis=0)) / np.linalg.norm(np.ptp(vertices, axis=0))
    middle = part.mean(0)
    facing = _facing(part_surface)
    scales, rotations, translations = [], [], []
    for turn in turns:
        anchors = [vertices.mean(0)]
        if facing is not None:
            anchors.append(_outermost(vertices, turn.T @ facing))
        for anchor in anchors:
            for size in _SIZES:
                scales.append(ratio * size)
                rotations.append(turn)
                translations.append(middle - ratio * size * (turn @ anchor))
    return np.array(scales), np.array(rotations), np.array(translations)


def _principal_turns(part: Floats, whole: Floats) -> Floats:
    """The four proper turns that bring the whole's principal axes onto the part's, (4, 3, 3)."""
    axes = []
    for points in (part, whole):
        _, vectors = np.linalg.eigh(np.cov(points.T))
        vectors[:, 0] *= np.sign(np.linalg.det(vectors))
        axes.append(vectors)
    flips = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
    return np.array([axes[0] @ np.diag(flip) @ axes[1].T for flip in flips])


def _facing(surface: NearestSurface | None) -> Floats | None:
    """Where an open shape looks: the mean of its normals by area; None for a closed one, whose mean is zero."""
    if surface is None:
        return None
    corners = surface.mesh.vertices[surface.mesh.faces]
    areas = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    mean, total = areas.sum(0), np.linalg.norm(areas, axis=1).sum()
    length = float(np.linalg.norm(mean))
    return mean / length if length > 0.2 * total else None


def _outermost(vertices: Floats, direction: Floats) -> Floats:
    """Where the ray from the middle along `direction` leaves the shape, about: the vertex nearest to it in angle."""
    arm = vertices - vertices.mean(0)
    lengths = np.linalg.norm(arm, axis=1)
    cosines = (arm @ direction) / np.maximum(lengths, 1e-300)
    near = np.flatnonzero(cosines >= np.quantile(cosines, 0.99))
    return vertices[near[lengths[near].argmax()]]


def _coarse(points: Floats, tree: cKDTree, s: Floats, R: Floats, t: Floats) -> list[Similarity]:
    """Trimmed point-to-point for all starts at once, to vertices; the best that differ, best first."""
    low, high = s * 0.4, s * 2.5
    errors = np.zeros(len(s))
    for steps, survivors in _ROUNDS:
        for _ in range(steps):
            errors, s, R, t = _coarse_step(points, tree, s, R, t, low, high)
        go_on = np.argsort(errors, kind="stable")[:survivors]
        errors, s, R, t, low, high = (values[go_on] for values in (errors, s, R, t, low, high))
    centre, size = points.mean(0), float(np.sqrt(points.var(0).sum()))
    found: list[Similarity] = []
    for pose in map(Similarity, s, R, t):
        if all(_differ(pose, other, centre, size) for other in found):
            found.append(pose)
    return found


def _coarse_step(
    points: Floats, tree: cKDTree, s: Floats, R: Floats, t: Floats, low: Floats, high: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """(rms distance of the kept points before the step, scales, rotations, translations), k starts each."""
    keep = int(np.ceil(_JUDGED * len(points)))
    moved = np.einsum("kni,kij->knj", points - t[:, None], R) / s[:, None, None]
    answer = tree.query(moved)
    distances, which = np.asarray(answer[0], np.float64), np.asarray(answer[1])
    chosen = np.argpartition(distances, keep - 1, axis=1)[:, :keep]
    errors = s * np.sqrt((np.take_along_axis(distances, chosen, 1) ** 2).mean(1))
    near = tree.data[np.take_along_axis(which, chosen, 1)]
    return errors, *_batch_procrustes(points[chosen], near, low, high)


def _batch_procrustes(target: Floats, source: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats, Floats]:
    """Umeyama for (k, n, 3) pairs at once, the scale kept in [low, high] (k,)."""
    a, b = target - target.mean(1, keepdims=True), source - source.mean(1, keepdims=True)
    u, sizes, vt = np.linalg.svd(np.einsum("kni,knj->kij", a, b))
    signs = np.ones((len(u), 3))
    signs[:, 2] = np.sign(np.linalg.det(u) * np.linalg.det(vt))
    rotations = np.einsum("kij,kj,kjl->kil", u, signs, vt)
    spread_ = np.maximum((b**2).sum((1, 2)), 1e-300)
    scales = np.clip((sizes * signs).sum(1) / spread_, low, high)
    turned = np.einsum("kij,kj->ki", rotations, source.mean(1))
    return scales, rotations, target.mean(1) - scales[:, None] * turned


def _differ(a: Similarity, b: Similarity, centre: Floats, size: float) -> bool:
    """Whether two poses put the points' middle, turn or size at noticeably different places."""
    between = a @ b.inverse()
    shift = np.linalg.norm(between.apply(centre[None])[0] - centre)
    return bool(between.angle_deg() > 8 or shift > 0.1 * size or abs(np.log(between.scale)) > 0.1)
