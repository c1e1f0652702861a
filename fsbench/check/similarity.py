"""Similarity: scale and shift that bring a prediction onto the reference, without turning it."""

from dataclasses import dataclass

import numpy as np

from fsbench.check.view_rays import Placing, Target, ViewFit
from fsbench.core.mesh import Floats
from fsbench.geometry.rays import Surface

_POINTS = 250
"""Points of the reference, about."""

_STEPS = 15
_KEPT = 0.8
"""Share of the pairs that count: the reference may reach further than the prediction."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A placing, its size and offset from the image frame as loaded, and the fit that it gives."""

    scale: float
    shift: Floats
    placing: Placing
    view_fit: ViewFit


def fit_from(target: Target, surface: Surface, mean: Floats, start: Placing) -> Fit:
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
    """
    points = target.points()
    points = points[:: max(1, len(points) // _POINTS)]
    scale, shift = 1.0, start.offset.copy()
    shift[2] += _depth_gap(points, surface, start)
    for _ in range(_STEPS):
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
        # A little damping keeps the directions that a flat patch leaves undetermined.
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


def _depth_gap(points: Floats, surface: Surface, start: Placing) -> float:
    """How far the prediction has to move in z, judged by the places where both have a surface."""
    top = float(start.apply(surface.mesh.vertices)[:, 2].max())
    origins = np.column_stack([points[:, :2], np.full(len(points), top + 1.0)])
    down = np.array([[0.0, 0.0, -1.0]])
    hits = surface.first_hits(start.undo(origins), down @ np.linalg.inv(start.linear).T)
    if not hits.found.any():
        return float(points[:, 2].mean() - start.apply(surface.mesh.vertices)[:, 2].mean())
    return float(np.median(points[hits.found, 2] - (top + 1.0 - hits.distances[hits.found])))
