"""Poses: a coarse search over turns, sizes and places, all at once."""

import numpy as np

from fsbench.core.mesh import Floats
from fsbench.geometry.oriented import Oriented
from fsbench.geometry.transforms import Similarity

# Sizes tried, relative to equal extents: a part is smaller than the whole; a face crop spans half of a head.
_SIZES = (0.85, 1.2, 1.7, 2.4)
# Turns everywhere, some 25 degrees apart.
_TURNS = 500
_VERTICES = 3000
# Points that are moved, steps, and how many poses go on after them.
_ROUNDS = ((30, 2, 500), (60, 3, 150), (120, 5, 50), (200, 8, 16))
# Share of the points, the best, that a pose is judged by: the rest may lie beyond the other shape.
JUDGED = 0.8
# What a normal that is one unit (57 degrees) off costs, in sizes of the shape.
NORMAL_WEIGHT = 0.2


def coarse_poses(part: Oriented, whole: Oriented) -> list[Similarity]:
    """Poses in which the part roughly lies on the whole; best first, no two alike.

    Parameters
    ----------
    part, whole : Oriented
        The part should lie on the whole nearly everywhere, not the other way round. Both with normals, or
        neither.

    Returns
    -------
    list of Similarity
        Each `part_from_whole`.

    References
    ----------
    Points and normals matched together: Sharp, Lee & Wehe 2002, "ICP registration using invariant features".
    """
    whole = whole.take(_VERTICES)
    s, R, t = _starts(part, whole)
    tree = _Tree(part, whole, s)
    errors = np.zeros(len(s))
    for points, steps, survivors in _ROUNDS:
        few = part.take(points)
        for _ in range(steps):
            errors, s, R, t = tree.step(few, s, R, t)
        go_on = np.argsort(errors, kind="stable")[:survivors]
        errors, s, R, t = (values[go_on] for values in (errors, s, R, t))
    found: list[Similarity] = []
    for pose in map(Similarity, s, R, t):
        if all(_differ(pose, other, part) for other in found):
            found.append(pose)
    return found


def _starts(part: Oriented, whole: Oriented) -> tuple[Floats, Floats, Floats]:
    """(scales (k,), rotations (k, 3, 3), translations (k, 3)) of `part_from_whole`."""
    # Late: loading it takes longer than scoring several samples.
    from scipy.spatial.transform import Rotation

    frames = Rotation.create_group("O").as_matrix()
    turns = np.concatenate([frames, _principal_turns(part.points, whole.points), _turns_everywhere(_TURNS)])
    ratio = np.linalg.norm(np.ptp(part.points, axis=0)) / np.linalg.norm(np.ptp(whole.points, axis=0))
    middle, facing = part.points.mean(0), _facing(part)
    closed = _facing(whole) is None
    scales, rotations, translations = [], [], []
    for turn in turns:
        anchors = [] if facing is not None and closed else [whole.points.mean(0)]
        if facing is not None:
            anchors.append(_outermost(whole.points, turn.T @ facing))
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


def _turns_everywhere(n: int) -> Floats:
    """n rotations, spread evenly over all rotations, (n, 3, 3).

    Alexa 2022, "Super-Fibonacci spirals: fast, low-discrepancy sampling of SO(3)", CVPR.
    """
    i = np.arange(n) + 0.5
    inner, outer = np.sqrt(i / n), np.sqrt(1 - i / n)
    alpha, beta = 2 * np.pi * i / np.sqrt(2), 2 * np.pi * i / 1.533751168755204288118041
    quaternions = [inner * np.sin(alpha), inner * np.cos(alpha), outer * np.sin(beta), outer * np.cos(beta)]
    # Late: loading it takes longer than scoring several samples.
    from scipy.spatial.transform import Rotation

    return Rotation.from_quat(np.stack(quaternions, 1)).as_matrix()


def _facing(part: Oriented) -> Floats | None:
    """Direction that an open shape faces, the mean of its normals; None for a closed one, whose mean is near zero."""
    mean: Floats = part.normals.mean(0)
    length = float(np.linalg.norm(mean))
    return mean / length if length > 0.2 else None


def _outermost(vertices: Floats, direction: Floats) -> Floats:
    """Approximate place where the ray from the middle along `direction` leaves the shape."""
    arm = vertices - vertices.mean(0)
    lengths = np.linalg.norm(arm, axis=1)
    cosines = (arm @ direction) / np.maximum(lengths, 1e-300)
    near = np.flatnonzero(cosines >= np.quantile(cosines, 0.99))
    place: Floats = vertices[near[lengths[near].argmax()]]
    return place


class _Tree:
    """The whole's vertices by place and normal together; steps of trimmed ICP to them, many poses at once."""

    def __init__(self, part: Oriented, whole: Oriented, scales: Floats) -> None:
        self._whole, self._size = whole, part.size
        self._low, self._high = float(scales.min()) * 0.4, float(scales.max()) * 2.5
        # A tree knows one size; it is the part's at equal extents.
        self._unit = part.size / float(np.median(scales))
        # Late: loading it takes longer than scoring several samples.
        from scipy.spatial import cKDTree

        self._tree = cKDTree(np.hstack([whole.points / self._unit, NORMAL_WEIGHT * whole.normals]))

    def step(self, part: Oriented, s: Floats, R: Floats, t: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """(errors before the step, scales, rotations, translations), k poses each."""
        points = np.einsum("kni,kij->knj", part.points - t[:, None], R) / s[:, None, None]
        normals = np.einsum("ni,kij->knj", part.normals, R)
        which = np.asarray(self._tree.query(np.concatenate([points / self._unit, NORMAL_WEIGHT * normals], 2))[1])
        there, looks = self._whole.points[which], self._whole.normals[which]
        apart = ((points - there) ** 2).sum(2) * (s[:, None] / self._size) ** 2
        squares = apart + NORMAL_WEIGHT**2 * ((normals - looks) ** 2).sum(2)
        keep = int(np.ceil(JUDGED * len(part.points)))
        chosen = np.argpartition(squares, keep - 1, axis=1)[:, :keep]
        errors = np.sqrt(np.take_along_axis(squares, chosen, 1).mean(1))
        near = np.take_along_axis(there, chosen[..., None], 1)
        return errors, *_batch_procrustes(part.points[chosen], near, self._low, self._high)


def _batch_procrustes(target: Floats, source: Floats, low: float, high: float) -> tuple[Floats, Floats, Floats]:
    """Umeyama for (k, n, 3) pairs at once, the scale kept in [low, high]."""
    a, b = target - target.mean(1, keepdims=True), source - source.mean(1, keepdims=True)
    u, sizes, vt = np.linalg.svd(np.einsum("kni,knj->kij", a, b))
    signs = np.ones((len(u), 3))
    signs[:, 2] = np.sign(np.linalg.det(u) * np.linalg.det(vt))
    rotations = np.einsum("kij,kj,kjl->kil", u, signs, vt)
    squares = np.maximum((b**2).sum((1, 2)), 1e-300)
    scales = np.clip((sizes * signs).sum(1) / squares, low, high)
    turned = np.einsum("kij,kj->ki", rotations, source.mean(1))
    return scales, rotations, target.mean(1) - scales[:, None] * turned


def _differ(a: Similarity, b: Similarity, part: Oriented) -> bool:
    """Whether two poses put the part's middle, turn or size at noticeably different places."""
    between, centre = a @ b.inverse(), part.points.mean(0)
    shift = float(np.linalg.norm(between.apply(centre[None])[0] - centre))
    return between.angle_deg() > 8 or shift > 0.1 * part.size or abs(np.log(between.scale)) > 0.1
