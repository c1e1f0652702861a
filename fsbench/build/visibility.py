"""Which points of a face a view shows, and where."""

import numpy as np

from fsbench.build.render import View
from fsbench.core.compiled import FACES, POINTS, compiled, inlined
from fsbench.core.mesh import Floats, Ints, Mask, Mesh

BEFORE_MM = 1.0
"""A point is hidden by a surface that is nearer by this much: landmarks lie a little off the triangles."""

_ON_EDGE = 1e-9
"""Twice the area (px^2) by which a ray may miss a triangle through rounding: landmarks are vertices."""

_Triple = tuple[float, float, float]


def visible(view: View, placed: Mesh, points: Floats) -> Mask:
    """Whether each point is seen, (n,): its ray meets the mesh within a millimetre of it, inside the image.

    Parameters
    ----------
    view : View
    placed : Mesh
        In the camera's frame, mm.
    points : ndarray, (n, 3)
        In the camera's frame, mm.
    """
    depth = view.camera.depth(points)
    pixels = view.project(points)
    inside = (pixels >= 0).all(1) & (pixels[:, 0] < view.width) & (pixels[:, 1] < view.height) & (depth > 0)
    seen: Mask = inside & (np.abs(depth - depths_at(view, placed, pixels)) < BEFORE_MM)
    return seen


def depths_at(view: View, placed: Mesh, pixels: Floats) -> Floats:
    """Depth of the nearest triangle that faces the camera, at places (n, 2) of the image, (n,); 0 where none is."""
    corners = view.project(placed.vertices)
    nearness = 1 / placed.vertices[:, 2] if view.perspective else placed.vertices[:, 2].copy()
    best = np.full(len(pixels), -np.inf)
    order = np.argsort(pixels[:, 1], kind="stable")
    ordered = np.ascontiguousarray(pixels[order])
    found = np.full(len(pixels), -np.inf)
    rows = np.ascontiguousarray(ordered[:, 1])
    _nearest_at(np.ascontiguousarray(corners), nearness, placed.faces, ordered, rows, found)
    best[order] = found
    nothing = np.isinf(best)
    with np.errstate(divide="ignore"):
        depth = 1 / best if view.perspective else -best
    return np.where(nothing, 0.0, depth)


@inlined
def _inside(x: _Triple, y: _Triple) -> tuple[bool, _Triple]:
    a, b, c = x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]
    area = a + b + c
    return area < 0 and max(a, b, c) <= _ON_EDGE, (a / area, b / area, c / area)


@compiled(f"void({POINTS}, Array(f8, 1, 'C', readonly=True), {FACES}, {POINTS}, f8[::1], f8[::1])")
def _nearest_at(pixels: Floats, nearness: Floats, faces: Ints, places: Floats, rows: Floats, best: Floats) -> None:
    """Places are in order of their rows, `places[:, 1]`."""
    for face in range(len(faces)):
        i, j, k = faces[face, 0], faces[face, 1], faces[face, 2]
        low = min(pixels[i, 1], pixels[j, 1], pixels[k, 1])
        high = max(pixels[i, 1], pixels[j, 1], pixels[k, 1])
        place = np.searchsorted(rows, low)
        while place < len(rows) and rows[place] <= high:
            column, row = places[place, 0], places[place, 1]
            x = pixels[i, 0] - column, pixels[j, 0] - column, pixels[k, 0] - column
            y = pixels[i, 1] - row, pixels[j, 1] - row, pixels[k, 1] - row
            inside, weights = _inside(x, y)
            if inside:
                near = weights[0] * nearness[i] + weights[1] * nearness[j] + weights[2] * nearness[k]
                best[place] = max(best[place], near)
            place += 1
