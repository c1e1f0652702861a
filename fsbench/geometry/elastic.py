"""Elastic fit: bend one surface onto another one of the same kind, without landmarks."""

from dataclasses import dataclass

import numpy as np

from fsbench.core.arrays import spread_of
from fsbench.core.errors import AlignmentError
from fsbench.core.mesh import Floats, Ints, Mask, Mesh
from fsbench.geometry.barycentric import interpolate
from fsbench.geometry.nearest import NearestSurface
from fsbench.geometry.normals import vertex_normals
from fsbench.geometry.warp import warp_by_landmarks

# Lengths are in sizes (rms distance from the middle) of the places that matter; on a face, 0.02 is 1 mm.
_MARGIN = 0.6
# From stiff to soft: how much the spline may miss its pairs, and the distance that a normal turned by 60 degrees counts
# as. Normals keep lips on lips while the bending is coarse; at the end the place alone decides.
_STAGES = ((100.0, 0.5), (10.0, 0.5), (3.0, 0.5), (1.0, 0.3), (0.3, 0.3), (0.1, 0.2), (0.03, 0.1), (0.01, 0.0))
_REPEATS = 2
# Points on the source and on the target, pairs in each direction, and neighbours whose mean is the counterpart of a
# point: one alone would be off by the distance of the samples.
_START, _GOAL, _CENTRES, _NEIGHBOURS = 3_000, 12_000, 300, 6
# Pairs that are farther apart than that many times the median, or whose normals differ by more than 60 degrees, are
# taken for parts that only one of the surfaces has.
_FAR, _SAME_WAY = 3.0, 0.5
_FEWEST_PAIRS = 20
# What is known counts as much as that many found pairs.
_TOLD = 10
# Along a tangent, to see how the warp turns a normal.
_STEP = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Bending:
    """A smooth bending of space; `apply` moves points of the source onto the target.

    Attributes
    ----------
    source, target : ndarray, (k, 3)
        Pairs that the thin-plate spline takes to each other, in units of `size` from `centre`.
    smoothing : float
    centre : ndarray, (3,)
    size : float
    residual_rms : float
        What the bent source is off the target's surface, root mean square over the pairs that count.
    """

    source: Floats
    target: Floats
    smoothing: float
    centre: Floats
    size: float
    residual_rms: float = float("nan")

    def apply(self, points: Floats) -> Floats:
        """Move points (n, 3)."""
        inner = (points - self.centre) / self.size
        return self.centre + self.size * warp_by_landmarks(inner, self.source, self.target, self.smoothing)

    def stretch(self, points: Floats) -> tuple[Floats, Mask]:
        """How far the bending stretches at points (n, 3), and whether it folds there.

        Returns
        -------
        factors : ndarray, (n, 3)
            Of the three principal directions, the largest first; 1 where nothing is stretched.
        folds : ndarray of bool, (n,)
            The bending turns space inside out.
        """
        step = _STEP * self.size
        around = points[:, None] + step * np.concatenate([np.eye(3), -np.eye(3)])
        moved = self.apply(around.reshape(-1, 3)).reshape(-1, 2, 3, 3)
        gradients = (moved[:, 0] - moved[:, 1]) / (2 * step)
        folds: Mask = np.linalg.det(gradients) <= 0
        factors: Floats = np.linalg.svd(gradients, compute_uv=False).astype(np.float64)
        return factors, folds


@dataclass(frozen=True, slots=True, eq=False)
class _Samples:
    """Points on a surface, (n, 3), and its unit normals there."""

    points: Floats
    normals: Floats

    def near(self, places: Floats, reach: float) -> "_Samples":
        from scipy.spatial import cKDTree

        close = cKDTree(places).query(self.points)[0] < reach
        return _Samples(self.points[close], self.normals[close])


def bend_onto(source: Mesh, target: Mesh, focus: Floats, known: tuple[Floats, Floats] | None = None) -> Bending:
    """Bend `source` onto `target`, which it already fits as well as a similarity can.

    Points of both surfaces find each other by place and normal, in both directions, and a thin-plate spline bends the
    source so that they meet; this is repeated from stiff to soft. What is known of correspondence comes from the shape
    alone: on a smooth cheek, a place can slide by several millimetres.

    Parameters
    ----------
    source, target : Mesh
        In one frame and unit, with triangles that look outwards.
    focus : ndarray, (n, 3)
        Places on the source that matter, n >= 3; only what is near them is bent.
    known : (ndarray, ndarray), (k, 3) each, optional
        Points of the source and of the target that correspond; pairs beside those that are found.

    Raises
    ------
    AlignmentError
        If the surfaces hardly overlap near `focus`.

    References
    ----------
    Bookstein 1989 (thin-plate spline); Chui & Rangarajan 2003, "A new point matching algorithm for non-rigid
    registration" (from stiff to soft); Feldmar & Ayache 1996 (pairs by place and normal). Numbers are ours, tried on
    ICT-FaceKit's heads.
    """
    centre = focus.mean(0)
    size = spread_of(focus)
    if not size > 0:
        raise AlignmentError("all landmarks are in one place: nothing says which part of the surface they are on")
    places = (focus - centre) / size
    bent = target.with_vertices((target.vertices - centre) / size)
    start = _sampled(source.with_vertices((source.vertices - centre) / size), places, _START)
    surface, goal = NearestSurface(bent), _sampled(bent, places, _GOAL)
    now, marks, tangents = start, places, _tangents(start.normals)
    bending = Bending(places, places, 1.0, centre, size)
    told = [np.repeat((points - centre) / size, _TOLD, axis=0) for points in known or (focus[:0], focus[:0])]
    for smoothing, weight in _STAGES:
        for _ in range(_REPEATS):
            starts, ends = _pairs(start, now, goal.near(marks, _MARGIN), surface, weight)
            pairs = np.concatenate([starts, told[0]]), np.concatenate([ends, told[1]])
            bending = Bending(*pairs, smoothing, centre, size)
            now, marks = _moved(bending, start, tangents, places)
    nearest = surface.closest(now.points)
    counts = (surface.smooth_normals(nearest) * now.normals).sum(1) > _SAME_WAY
    rms = float(np.sqrt((nearest.distances[counts] ** 2).mean())) if counts.any() else np.inf
    return Bending(bending.source, bending.target, bending.smoothing, centre, size, rms * size)


def _sampled(mesh: Mesh, places: Floats, n: int) -> _Samples:
    """Points spread by area over the part of the mesh near `places`, the same ones on every call."""
    from scipy.spatial import cKDTree

    corners = mesh.vertices[mesh.faces]
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    reach = _MARGIN + np.linalg.norm(corners - corners.mean(1, keepdims=True), axis=2).max(1)
    areas = np.where(cKDTree(places).query(corners.mean(1))[0] < reach, areas, 0.0)
    if not areas.sum() > 0:
        raise AlignmentError("no part of the surface is near the landmarks")
    random = np.random.default_rng(0)
    faces = np.searchsorted(np.cumsum(areas) / areas.sum(), random.random(n), side="right")
    faces = np.minimum(faces, len(areas) - 1)
    u, v = random.random((2, n))
    weights = np.column_stack([1 - np.sqrt(u), np.sqrt(u) * (1 - v), np.sqrt(u) * v])
    chosen: Ints = mesh.faces[faces]
    normals = interpolate(vertex_normals(mesh), chosen, weights)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-30)
    return _Samples(interpolate(mesh.vertices, chosen, weights), normals).near(places, _MARGIN)


def _pairs(
    start: _Samples, now: _Samples, goal: _Samples, surface: NearestSurface, weight: float
) -> tuple[Floats, Floats]:
    """Places of the unbent source and where they belong on the target, (k, 3) each."""
    if min(len(goal.points), len(now.points)) < _FEWEST_PAIRS:
        raise AlignmentError("the surfaces hardly overlap near the landmarks; give seven points for a start")
    chosen = _spread(now.points, _CENTRES)
    points, normals = now.points[chosen], now.normals[chosen]
    if weight == 0:
        nearest = surface.closest(points)
        looks = surface.smooth_normals(nearest)
        kept = _believed(points, normals, nearest.points, looks) & ~surface.on_rim(nearest)
        return start.points[chosen][kept], nearest.points[kept]
    there = _alike(goal, _Samples(points, normals), weight)
    ends, looks = goal.points[there].mean(1), goal.normals[there].mean(1)
    kept = _believed(points, normals, ends, looks)
    back = _spread(goal.points, _CENTRES)
    asked = _Samples(goal.points[back], goal.normals[back])
    here = _alike(now, asked, weight)
    known = _believed(asked.points, asked.normals, now.points[here].mean(1), now.normals[here].mean(1))
    sources = np.concatenate([start.points[chosen][kept], start.points[here].mean(1)[known]])
    if len(sources) < _FEWEST_PAIRS:
        raise AlignmentError("the surfaces hardly fit near the landmarks; give seven points for a start")
    return sources, np.concatenate([ends[kept], asked.points[known]])


def _alike(samples: _Samples, asked: _Samples, weight: float) -> Ints:
    """Indices of the samples nearest to those asked for by place and normal, (n, k)."""
    from scipy.spatial import cKDTree

    tree = cKDTree(np.hstack([samples.points, weight * samples.normals]))
    found = tree.query(np.hstack([asked.points, weight * asked.normals]), k=_NEIGHBOURS)[1]
    return np.asarray(found, np.int64)


def _believed(points: Floats, normals: Floats, ends: Floats, looks: Floats) -> Mask:
    """Which pairs look the same way and are not much farther apart than the others, (n,)."""
    same: Mask = (normals * looks).sum(1) > _SAME_WAY
    gaps = np.linalg.norm(ends - points, axis=1)
    return same & (gaps <= _FAR * np.median(gaps[same]) + 1e-9) if same.any() else same


def _moved(bending: Bending, start: _Samples, tangents: Floats, places: Floats) -> tuple[_Samples, Floats]:
    """The samples and the landmarks after the bending, all in sizes."""
    n = len(start.points)
    asked = np.concatenate([start.points, *(start.points + _STEP * tangents), places])
    moved = warp_by_landmarks(asked, bending.source, bending.target, bending.smoothing)
    first, second = moved[n : 2 * n] - moved[:n], moved[2 * n : 3 * n] - moved[:n]
    normals = np.cross(first, second)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-30)
    return _Samples(moved[:n], normals), moved[3 * n :]


def _tangents(normals: Floats) -> Floats:
    """Two directions for each normal so that their cross product is the normal, (2, n, 3)."""
    least = np.eye(3)[np.abs(normals).argmin(1)]
    first = np.cross(normals, least)
    first /= np.maximum(np.linalg.norm(first, axis=1, keepdims=True), 1e-30)
    return np.stack([first, np.cross(normals, first)])


def _spread(points: Floats, n: int) -> Ints:
    """Indices of n points, each as far as can be from those before it; all if there are fewer."""
    if len(points) <= n:
        return np.arange(len(points))
    found = [int(((points - points.mean(0)) ** 2).sum(1).argmax())]
    away = np.full(len(points), np.inf)
    while len(found) < n:
        away = np.minimum(away, ((points - points[found[-1]]) ** 2).sum(1))
        found.append(int(away.argmax()))
    return np.array(found)
