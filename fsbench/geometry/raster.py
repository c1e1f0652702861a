"""Raster: the first hits of a grid of rays, found by a loop over the triangles instead of the rays.

The meshes have about as many triangles as the grid has rays, so every triangle meets one ray or two. Trying the rays
in a triangle's box and keeping the best of every ray takes less time than a search tree takes to be built, in double
precision. A ray that meets an edge or a vertex exactly hits; of triangles at the same place that look the same way the
last counts.
"""

from dataclasses import dataclass

import numpy as np

from fsbench.core.compiled import FACES, MASK, POINTS, compiled, inlined
from fsbench.core.mesh import Floats, Ints, Mask

NO_FACE = -1
_ON_EDGE = 1e-11
"""Twice the area (px^2, mm^2) by which a ray may miss a triangle through rounding."""
_ON_BOX = 1e-9
"""Rays (rows, columns) by which a triangle's box is too small through rounding."""

_SAME = 1e-6
"""Share of a distance by which triangles at the same place may differ: files hold single precision."""
_OUTER, _INNER = 0, 1

_Triple = tuple[float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What each ray of a grid meets: `values` (rows, columns), 0 where nothing; `faces`, -1 where nothing.

    `n_two_sided` rays met triangles that look opposite ways at the same place.
    """

    values: Floats
    faces: Ints
    n_two_sided: int = 0


def nearest_front(pixels: Floats, nearness: Floats, faces: Ints, wanted: Mask, limit: float = np.inf) -> Seen:
    """Project triangles into an image and keep the nearest that faces the camera, pixel by pixel.

    Parameters
    ----------
    pixels : (V, 2)
        Column and row of every vertex; whole numbers are pixel centres, rows count downwards.
    nearness : (V,)
        Grows towards the camera and is linear in the image: minus the depth, or 1 / depth for a pinhole.
    faces : (F, 3)
        Those whose corners are counter-clockwise in the image count.
    wanted : (rows, columns)
        Pixels to look through.
    limit : float
        Nearness of the camera itself; what is not below it lies behind.

    Returns
    -------
    Seen
        `values` are nearness.
    """
    best = _nothing(wanted.shape)
    if wanted.any():
        places, near = np.ascontiguousarray(pixels), np.ascontiguousarray(nearness)
        chosen = np.ascontiguousarray(wanted), _window(wanted)
        _nearest_front(places, near, np.ascontiguousarray(faces), *chosen, limit, *best)
    return _seen(*best)


def nearest_front_of_rays(
    points: Floats, faces: Ints, focal_px: tuple[float, float], centre_px: tuple[float, float], wanted: Mask
) -> Seen:
    """Look from the origin along +z, and keep the nearest triangle that faces it, pixel by pixel.

    The same as `nearest_front` for a pinhole, but triangles may reach behind it: they have no image, yet rays meet
    them. Slower, as it tests rays in space.

    Parameters
    ----------
    points : (V, 3)
        Vertices in the cv frame.
    faces : (F, 3)
        Those whose corners are counter-clockwise as seen from the origin count.
    focal_px, centre_px : (x, y)
        Focal lengths, and the column and row of the optical axis; whole numbers are pixel centres.
    wanted : (rows, columns)
        Pixels to look through.

    Returns
    -------
    Seen
        `values` are 1 / depth.

    References
    ----------
    Olano & Greer 1997, "Triangle scan conversion using 2D homogeneous coordinates": no clipping is needed.
    """
    best = _nothing(wanted.shape)
    if wanted.any():
        mesh = np.ascontiguousarray(points), np.ascontiguousarray(faces)
        _nearest_of_rays(*mesh, *focal_px, *centre_px, np.ascontiguousarray(wanted), _window(wanted), *best)
    return _seen(*best)


def outermost(points: Floats, faces: Ints, rows: Floats, turn_columns: int, wanted: Mask) -> Seen:
    """Cast rays from a vertical axis outwards and keep the last hit of each.

    Parameters
    ----------
    points : (V, 3)
        Vertices; the axis is y.
    faces : (F, 3)
        Either side counts. Of triangles at the same distance from the axis, to single precision, one that looks
        outwards is taken, counter-clockwise as seen from outside.
    rows : (R,)
        Heights of the rays, evenly spaced, falling.
    turn_columns : int
        Rays in a turn; ray j looks along (-sin, 0, -cos) of 2 pi j / turn_columns.
    wanted : (R, turn_columns)
        Rays to cast.

    Returns
    -------
    Seen
        `values` are distances from the axis, > 0.
    """
    sides = _nothing((2, *wanted.shape))
    if wanted.any():
        step = 2 * np.pi / turn_columns
        angles = np.arange(turn_columns) * step
        heights, corners = np.ascontiguousarray(rows), np.ascontiguousarray(points)
        row, across, away = np.empty(len(points)), np.empty(len(points)), np.empty(len(points))
        _lay_out(corners, rows[0], (len(rows) - 1) / (rows[0] - rows[-1]), row, across, away)
        column = np.arctan2(across, away, out=across)
        _unroll(column, step, turn_columns)
        rays, chosen = (heights, np.sin(angles), np.cos(angles)), (np.ascontiguousarray(wanted), _window(wanted))
        _outermost(corners, row, column, np.ascontiguousarray(faces), *rays, *chosen, *sides)
    farther, face = np.empty(wanted.shape), np.empty(wanted.shape, np.int64)
    n_two_sided = _choose_side(*sides, farther, face)
    return Seen(farther, face, n_two_sided)


@compiled(f"void({POINTS}, f8, f8, f8[::1], f8[::1], f8[::1])")
def _lay_out(points: Floats, top: float, rows_per_mm: float, row: Floats, across: Floats, away: Floats) -> None:
    """Rows of points, and sine and cosine of their angles times their distances from the axis."""
    for i in range(len(points)):
        row[i] = (top - points[i, 1]) * rows_per_mm
        across[i], away[i] = -points[i, 0], -points[i, 2]


@compiled("void(f8[::1], f8, f8)")
def _unroll(column: Floats, step: float, turn_columns: float) -> None:
    """Columns from angles, in place."""
    for i in range(len(column)):
        turned = column[i] / step
        column[i] = turned + turn_columns if turned < 0 else turned


@compiled("i8(f8[:,:,::1], i8[:,:,::1], f8[:,::1], i8[:,::1])")
def _choose_side(values: Floats, faces: Ints, farther: Floats, face: Ints) -> int:
    """Fill in the farther hits of two sides, and the outer face where both are as far; count these."""
    n_two_sided = 0
    for row in range(values.shape[1]):
        for column in range(values.shape[2]):
            out, back = values[_OUTER, row, column], values[_INNER, row, column]
            far = max(out, back)
            if far > 0:
                is_outer, is_inner = out >= far * (1 - _SAME), back >= far * (1 - _SAME)
                n_two_sided += is_outer and is_inner
                farther[row, column] = far
                face[row, column] = faces[_OUTER if is_outer else _INNER, row, column]
            else:
                farther[row, column], face[row, column] = 0.0, NO_FACE
    return n_two_sided


def _window(wanted: Mask) -> Ints:
    """First and last row and column of which something is wanted, (4,)."""
    rows, columns = np.flatnonzero(wanted.any(1)), np.flatnonzero(wanted.any(0))
    return np.array([rows[0], rows[-1], columns[0], columns[-1]])


def _nothing(shape: tuple[int, ...]) -> tuple[Floats, Ints]:
    """Values of rays that have met nothing yet, and room for the faces."""
    return np.full(shape, -np.inf), np.empty(shape, np.int64)


def _seen(values: Floats, faces: Ints) -> Seen:
    _empty_the_rest(values, faces)
    return Seen(values, faces)


@compiled("void(f8[:,::1], i8[:,::1])")
def _empty_the_rest(values: Floats, faces: Ints) -> None:
    """Mark rays that met nothing, see `Seen`."""
    for row in range(faces.shape[0]):
        for column in range(faces.shape[1]):
            if values[row, column] == -np.inf:
                values[row, column], faces[row, column] = 0.0, NO_FACE


@inlined
def _span(corners: _Triple, first: int, last: int) -> tuple[float, float]:
    """Whole numbers between the least and the greatest corner, from `first` to `last`; none where start > end."""
    a, b, c = corners
    return max(np.ceil(min(a, b, c) - _ON_BOX), first), min(np.floor(max(a, b, c) + _ON_BOX), last)


@inlined
def _weights(x: _Triple, y: _Triple) -> tuple[bool, _Triple]:
    """Whether a triangle in the plane holds the origin, and the origin's barycentric coordinates in it."""
    a, b, c = x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]
    area = a + b + c
    if (min(a, b, c) >= -_ON_EDGE and area > 0) or (max(a, b, c) <= _ON_EDGE and area < 0):
        return True, (a / area, b / area, c / area)
    return False, (0.0, 0.0, 0.0)


@inlined
def _looks_out(x: _Triple, y: _Triple) -> bool:
    """Whether the corners go counter-clockwise around the origin, x to the right and y up."""
    return (x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0]) > 0


@inlined
def _mix(weights: _Triple, values: _Triple) -> float:
    return weights[0] * values[0] + weights[1] * values[1] + weights[2] * values[2]


@inlined
def _less(corners: _Triple, offset: float) -> _Triple:
    return corners[0] - offset, corners[1] - offset, corners[2] - offset


@compiled(f"void({POINTS}, f8[::1], {FACES}, {MASK}, i8[::1], f8, f8[:,::1], i8[:,::1])")
def _nearest_front(
    pixels: Floats,
    nearness: Floats,
    faces: Ints,
    wanted: Mask,
    window: Ints,
    limit: float,
    best: Floats,
    best_face: Ints,
) -> None:
    for face in range(len(faces)):
        i, j, k = np.uint64(faces[face, 0]), np.uint64(faces[face, 1]), np.uint64(faces[face, 2])
        x, y = (pixels[i, 0], pixels[j, 0], pixels[k, 0]), (pixels[i, 1], pixels[j, 1], pixels[k, 1])
        if not (x[1] - x[0]) * (y[2] - y[0]) - (y[1] - y[0]) * (x[2] - x[0]) < 0:
            continue
        top, bottom = _span(y, window[0], window[1])
        left, right = _span(x, window[2], window[3])
        # Not so for what is outside, nor for what overflowed near the camera and is not a number.
        if not (top <= bottom and left <= right):
            continue
        near = nearness[i], nearness[j], nearness[k]
        for row in range(int(top), int(bottom) + 1):
            for column in range(int(left), int(right) + 1):
                level, ray = np.uint64(row), np.uint64(column)
                if wanted[level, ray]:
                    inside, weights = _weights(_less(x, column), _less(y, row))
                    value = _mix(weights, near)
                    if inside and value < limit and value >= best[level, ray]:
                        best[level, ray], best_face[level, ray] = value, face


@inlined
def _extent(along: _Triple, depth: _Triple) -> tuple[float, float]:
    """Least and greatest of `along / depth` over the part of a triangle before the pinhole."""
    least, greatest = np.inf, -np.inf
    for i in range(3):
        j = (i + 1) % 3
        if depth[i] > 0:
            least, greatest = min(least, along[i] / depth[i]), max(greatest, along[i] / depth[i])
        if (depth[i] > 0) != (depth[j] > 0):
            # The edge goes through depth 0, and there out of sight to the side on which it does.
            there, back = along[i] * depth[j], along[j] * depth[i]
            side, rounding = (back - there) * np.sign(depth[i] - depth[j]), _ON_BOX * (abs(there) + abs(back))
            least = -np.inf if side <= rounding else least
            greatest = np.inf if side >= -rounding else greatest
    return least, greatest


@inlined
def _cross(a: _Triple, b: _Triple) -> _Triple:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


@compiled(f"void({POINTS}, {FACES}, f8, f8, f8, f8, {MASK}, i8[::1], f8[:,::1], i8[:,::1])")
def _nearest_of_rays(
    points: Floats,
    faces: Ints,
    focal_x: float,
    focal_y: float,
    centre_x: float,
    centre_y: float,
    wanted: Mask,
    window: Ints,
    best: Floats,
    best_face: Ints,
) -> None:
    for face in range(len(faces)):
        i, j, k = np.uint64(faces[face, 0]), np.uint64(faces[face, 1]), np.uint64(faces[face, 2])
        a, b, c = (
            (points[i, 0], points[i, 1], points[i, 2]),
            (points[j, 0], points[j, 1], points[j, 2]),
            (points[k, 0], points[k, 1], points[k, 2]),
        )
        normal = _cross((b[0] - a[0], b[1] - a[1], b[2] - a[2]), (c[0] - a[0], c[1] - a[1], c[2] - a[2]))
        offset = _mix(normal, a)
        depth = a[2], b[2], c[2]
        if not (offset < 0 and max(depth[0], depth[1], depth[2]) > 0):
            continue
        low, high = _extent((a[1], b[1], c[1]), depth)
        low, high = low * focal_y + centre_y, high * focal_y + centre_y
        top, bottom = _span((low, high, low), window[0], window[1])
        low, high = _extent((a[0], b[0], c[0]), depth)
        low, high = low * focal_x + centre_x, high * focal_x + centre_x
        left, right = _span((low, high, low), window[2], window[3])
        if not (top <= bottom and left <= right):
            continue
        # Two triangles at an edge get opposite numbers for it, to the bit: no ray passes between them.
        ab, bc, ca = _cross(a, b), _cross(b, c), _cross(c, a)
        for row in range(int(top), int(bottom) + 1):
            for column in range(int(left), int(right) + 1):
                level, ray = np.uint64(row), np.uint64(column)
                if wanted[level, ray]:
                    way = (column - centre_x) / focal_x, (row - centre_y) / focal_y, 1.0
                    inside = _mix(ab, way) <= 0 and _mix(bc, way) <= 0 and _mix(ca, way) <= 0
                    value = _mix(normal, way) / offset
                    if inside and value > 0 and value >= best[level, ray]:
                        best[level, ray], best_face[level, ray] = value, face


@inlined
def _unwrapped(columns: _Triple, turn: int) -> _Triple:
    """Columns of three corners such that the face lies between the least and the greatest.

    A face around the axis gets a whole turn: its corners are never within half a one.
    """
    a, b, c = columns
    if max(a, b, c) - min(a, b, c) <= turn / 2:
        return a, b, c
    a, b, c = a + turn * (a < turn / 2), b + turn * (b < turn / 2), c + turn * (c < turn / 2)
    if max(a, b, c) - min(a, b, c) >= turn / 2:
        return 0.0, turn - 1.0, 0.0
    return a, b, c


@compiled(
    f"void({POINTS}, f8[::1], f8[::1], {FACES}, f8[::1], f8[::1], f8[::1], {MASK}, i8[::1], f8[:,:,::1], i8[:,:,::1])"
)
def _outermost(
    points: Floats,
    row: Floats,
    column: Floats,
    faces: Ints,
    heights: Floats,
    sine: Floats,
    cosine: Floats,
    wanted: Mask,
    window: Ints,
    best: Floats,
    best_face: Ints,
) -> None:
    turn = len(sine)
    for face in range(len(faces)):
        i, j, k = np.uint64(faces[face, 0]), np.uint64(faces[face, 1]), np.uint64(faces[face, 2])
        top, bottom = _span((row[i], row[j], row[k]), window[0], window[1])
        if not top <= bottom:
            continue
        x, y = (points[i, 0], points[j, 0], points[k, 0]), (points[i, 1], points[j, 1], points[k, 1])
        z = points[i, 2], points[j, 2], points[k, 2]
        left, right = _span(_unwrapped((column[i], column[j], column[k]), turn), -1, 2 * turn - 1)
        for row_number in range(int(top), int(bottom) + 1):
            level = np.uint64(row_number)
            up = _less(y, heights[level])
            for unwrapped in range(int(left), int(right) + 1):
                ray = np.uint64(
                    unwrapped + turn if unwrapped < 0 else unwrapped - turn if unwrapped >= turn else unwrapped
                )
                if wanted[level, ray]:
                    s, c = sine[ray], cosine[ray]
                    across = z[0] * s - x[0] * c, z[1] * s - x[1] * c, z[2] * s - x[2] * c
                    inside, weights = _weights(across, up)
                    value = -_mix(weights, (x[0] * s + z[0] * c, x[1] * s + z[1] * c, x[2] * s + z[2] * c))
                    side = _OUTER if _looks_out(across, up) else _INNER
                    if inside and value > 0 and value >= best[side, level, ray]:
                        best[side, level, ray], best_face[side, level, ray] = value, face
