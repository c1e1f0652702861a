"""Similarity: scale and shift that bring a prediction onto the reference, without turning it."""

from dataclasses import dataclass

import numpy as np

from fsbench.check.sight import Placing, Sight, Target
from fsbench.core.mesh import Floats
from fsbench.geometry.rays import Surface


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard to look.

    Parameters
    ----------
    points : int
        Of the reference, about.
    steps : int
        At most, from every start.
    starts : tuple of float
        Sizes to start from, relative to equal extents: a prediction often shows more of the head than the reference.
    """

    points: int
    steps: int
    starts: tuple[float, ...]


THOROUGH = Effort(250, 15, (1.0, 1.3, 1.7))
ROUGH = Effort(90, 11, (1.0, 1.4))
_SETTLED = 0.2
"""Misfit below which no other start is tried."""

_KEPT = 0.8
"""Share of the pairs that count: the reference may reach further than the prediction."""

_GRID = 40


@dataclass(frozen=True, slots=True)
class Fit:
    """A placing, its size and offset from the image frame as it was loaded, and what is seen then."""

    scale: float
    shift: Floats
    placing: Placing
    sight: Sight


def fit_from(target: Target, surface: Surface, mean: Floats, start: Placing, effort: Effort = THOROUGH) -> Fit:
    """Refine scale and shift from `start`, point to plane, trimmed.

    Parameters
    ----------
    target : Target
    surface : Surface
        The prediction in the image frame.
    mean : ndarray, (3,)
        Mean of its vertices.
    start : Placing
        Its linear part keeps its shape; only its size changes.
    effort : Effort
        Its starts play no part.
    """
    points = target.points()
    points = points[:: max(1, len(points) // effort.points)]
    scale, shift = 1.0, start.offset.copy()
    shift[2] += _depth_gap(points, surface, start)
    for _ in range(effort.steps):
        now = Placing(start.linear * scale, shift)
        closest = surface.closest(now.undo(points))
        found = now.apply(closest.points)
        normals = surface.mesh.face_normals(closest.faces) @ np.linalg.inv(now.linear)
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-30)
        gaps = points - found
        distances = np.linalg.norm(gaps, axis=1)
        kept = distances <= np.quantile(distances, _KEPT)
        middle = found[kept].mean(0)
        rows = np.column_stack([np.einsum("ij,ij->i", normals[kept], found[kept] - middle), normals[kept]])
        sides = np.einsum("ij,ij->i", normals[kept], gaps[kept])
        # A little damping keeps what a flat patch leaves open where it is.
        damping = 1e-3 * kept.sum() * np.eye(4)
        step = np.linalg.solve(rows.T @ rows + damping, rows.T @ sides)
        grow = 1.0 + float(np.clip(step[0], -0.25, 0.25))
        shift = (shift - middle) * grow + middle + step[1:]
        scale *= grow
        if np.abs(step).max() < 1e-4:
            break
    placing = _at_mean_depth(Placing(start.linear * scale, shift), mean, target.pinhole_units)
    size = float(np.cbrt(abs(np.linalg.det(placing.linear))))
    return Fit(size, placing.offset, placing, target.look(surface, mean, placing))


def _at_mean_depth(placing: Placing, mean: Floats, pinhole_units: float | None) -> Placing:
    """Slide along the viewing rays until the mean is where adapters put it; the image stays the same."""
    if pinhole_units is None:
        return placing
    slide = pinhole_units / max(pinhole_units - float(placing.apply(mean[None])[0, 2]), 1e-3 * pinhole_units)
    pinhole = np.array([0.0, 0.0, pinhole_units])
    return Placing(placing.linear * slide, pinhole + slide * (placing.offset - pinhole))


def fit_anywhere(
    target: Target, surface: Surface, mean: Floats, linear: Floats, effort: Effort = THOROUGH
) -> Fit | None:
    """Best fit of a prediction of any size at any place, with the axes of `linear`; None if it shows nothing."""
    seen = _front(surface, linear)
    if len(seen) < 10:
        return None
    reference = target.points()
    size = [np.sqrt(np.var(points[:, :2], axis=0).sum()) for points in (reference, seen)]
    best: Fit | None = None
    for start in effort.starts:
        ratio = float(size[0] / max(size[1], 1e-12)) * start
        shift = reference.mean(0) - seen.mean(0) * ratio
        found = fit_from(target, surface, mean, Placing(linear * ratio, shift), effort)
        if best is None or found.sight.misfit < best.sight.misfit:
            best = found
        if best.sight.misfit < _SETTLED:
            break
    return best


def _front(surface: Surface, linear: Floats) -> Floats:
    """Points that a distant viewer sees of the prediction after `linear`, (n, 3)."""
    placing = Placing(linear, np.zeros(3))
    vertices = placing.apply(surface.mesh.vertices)
    low, high = np.quantile(vertices, 0.005, axis=0), np.quantile(vertices, 0.995, axis=0)
    x, y = np.meshgrid(*(np.linspace(low[axis], high[axis], _GRID) for axis in (0, 1)))
    top, depth = float(vertices[:, 2].max()), max(float(np.ptp(vertices[:, 2])), 1e-12)
    origins = np.column_stack([x.ravel(), y.ravel(), np.full(x.size, top + depth)])
    down = np.array([[0.0, 0.0, -depth]])
    hits = surface.first_hits(placing.undo(origins), down @ np.linalg.inv(linear).T)
    points: Floats = origins[hits.found] + hits.distances[hits.found, None] * down
    return points


def _depth_gap(points: Floats, surface: Surface, start: Placing) -> float:
    """How far the prediction has to move in z, judged by the places where both have a surface."""
    top = float(start.apply(surface.mesh.vertices)[:, 2].max())
    origins = np.column_stack([points[:, :2], np.full(len(points), top + 1.0)])
    down = np.array([[0.0, 0.0, -1.0]])
    hits = surface.first_hits(start.undo(origins), down @ np.linalg.inv(start.linear).T)
    if not hits.found.any():
        return float(points[:, 2].mean() - start.apply(surface.mesh.vertices)[:, 2].mean())
    return float(np.median(points[hits.found, 2] - (top + 1.0 - hits.distances[hits.found])))
