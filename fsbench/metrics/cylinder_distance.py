"""Distance between two cylinder maps' surfaces, found on their common grid instead of in a search tree.

Both surfaces hang over one grid of heights and angles, so the cells that can hold a pixel's closest point are the
ones around the pixel. The neighbours' closest cells say how far to look; of the cells within that reach only those
are measured whose radii allow a closer point, some four a pixel. The result is exact, in double precision.
"""

from typing import NamedTuple

import numpy as np

from fsbench.core.compiled import compiled, inlined
from fsbench.core.mesh import Floats, Ints, Mask
from fsbench.metrics.cylinder import HALF_HEIGHT_MM, SIZE, QuadMap, grid_positions

STEP_MM = 2 * HALF_HEIGHT_MM / (SIZE - 1)
STEP_RAD = 2 * np.pi / (SIZE - 1)
PERIOD = SIZE - 1
"""Columns of a turn; the last column of a map lies on the first. There are as many rows of cells."""

_HALF_TURN = SIZE // 2
_CHORD = 4 * np.sin(np.arange(SIZE) * STEP_RAD / 2) ** 2
"""Squared chord of the unit circle over so many columns."""

_SQUARE = 8
_SQUARES = SIZE // _SQUARE
"""Squares of cells per side of the map, which a search skips as a whole if the surfaces are far apart."""

_FEW_CELLS = 256
"""Up to this reach every cell is tested; beyond, whole squares first."""

_FLAT = 1e-20
"""A triangle whose squared area is this small against its sides' is measured by its sides alone."""

Vector = tuple[float, float, float]


def map_distances(start: QuadMap, to: QuadMap) -> Floats:
    """Measure from every vertex of one map's cylinder mesh to the closest point of the other's surface.

    Parameters
    ----------
    start, to : QuadMap
        Both with an open quad.

    Returns
    -------
    ndarray, (n,)
        In mm, in the order of the vertices of `cylinder_mesh(start.radius_mm)`.
    """
    pixels = np.flatnonzero(start.corners)
    distances = np.empty(len(pixels))
    radii = np.ascontiguousarray(start.radius_mm)
    _search(
        pixels,
        radii.reshape(-1),
        grid_positions(radii).reshape(-1, 3),
        grid_positions(to.radius_mm),
        np.ascontiguousarray(to.radius_mm),
        np.ascontiguousarray(to.is_open),
        distances,
    )
    return distances


class _Target(NamedTuple):
    """The surface to measure to.

    `positions` (256, 256, 3) of its pixels; `low` and `high` (255, 255), least and greatest radius in every cell but
    those of the last column; `square_low` and `square_high` (32, 32), those in every square. Where nothing is open
    the least is infinite, and so is the bound that it gives.
    """

    positions: Floats
    low: Floats
    high: Floats
    square_low: Floats
    square_high: Floats


class _Pixel(NamedTuple):
    """Where a search starts: row, column of the turn, radius and position."""

    k: int
    j: int
    radius: float
    place: Vector


class _Best(NamedTuple):
    """The closest cell so far, and its squared distance."""

    squared: float
    k: int
    j: int


@inlined
def _bound_radii(positions: Floats, radius: Floats, is_open: Mask) -> _Target:
    low, high = np.full((PERIOD, PERIOD), np.inf), np.full((PERIOD, PERIOD), np.inf)
    square_low, square_high = np.full((_SQUARES, _SQUARES), np.inf), np.zeros((_SQUARES, _SQUARES))
    # A chord comes nearer to the axis than its ends.
    inwards = np.cos(STEP_RAD / 2)
    for k in range(PERIOD):
        for j in range(PERIOD):
            if is_open[k, j]:
                a, b, c, d = radius[k, j], radius[k, j + 1], radius[k + 1, j], radius[k + 1, j + 1]
                low[k, j], high[k, j] = min(min(a, b), min(c, d)) * inwards, max(max(a, b), max(c, d))
                square = k // _SQUARE, j // _SQUARE
                square_low[square] = min(square_low[square], low[k, j])
                square_high[square] = max(square_high[square], high[k, j])
    return _Target(positions, low, high, square_low, square_high)


@inlined
def _beside(target: _Target, pixel: _Pixel, k: int, j: int, down: int, right: int, best: _Best) -> _Best:
    """The cell that a neighbour found, moved along with the pixel where there is one."""
    moved_k, moved_j = k + down, (j + right) % PERIOD
    if moved_k < PERIOD and target.low[moved_k, moved_j] < np.inf:
        k, j = moved_k, moved_j
    return _measured(target, pixel, k, j, best)


@inlined
def _nearer(target: _Target, pixel: _Pixel, best: _Best) -> _Best:
    """The closest of all cells that are not further than the best so far."""
    reach = np.sqrt(best.squared)
    # The distance to a half-plane at angle a is r sin(a), and r from a right angle on.
    rows = SIZE if reach >= SIZE * STEP_MM else int(np.ceil(reach / STEP_MM))
    columns = _HALF_TURN
    if reach < pixel.radius:
        columns = min(int(np.ceil(np.arcsin(reach / pixel.radius) / STEP_RAD)), _HALF_TURN)
    first, last = max(pixel.k - rows, 0), min(pixel.k + rows, PERIOD)
    if (last - first) * 2 * columns > _FEW_CELLS:
        return _in_squares(target, pixel, first, last, best)
    for k in range(first, last):
        fall = _fall(pixel.k, k, k + 1)
        for step in range(-columns, columns):
            j = pixel.j + step
            if j < 0:
                j += PERIOD
            elif j >= PERIOD:
                j -= PERIOD
            steps = max(step, -step - 1, 0)
            if _bound(pixel, fall, steps, target.low[k, j], target.high[k, j]) < best.squared:
                best = _measured(target, pixel, k, j, best)
    return best


@inlined
def _in_squares(target: _Target, pixel: _Pixel, first: int, last: int, best: _Best) -> _Best:
    """The closest cell of these rows or better, square by square."""
    for row in range(first // _SQUARE, (last - 1) // _SQUARE + 1):
        top, bottom = row * _SQUARE, min((row + 1) * _SQUARE, PERIOD)
        fall = _fall(pixel.k, top, bottom)
        for column in range(_SQUARES):
            left, right = column * _SQUARE, min((column + 1) * _SQUARE, PERIOD)
            steps = _steps(pixel.j, left, right)
            low, high = target.square_low[row, column], target.square_high[row, column]
            if not _bound(pixel, fall, steps, low, high) < best.squared:
                continue
            for k in range(top, bottom):
                for j in range(left, right):
                    cell = _fall(pixel.k, k, k + 1), _steps(pixel.j, j, j + 1), target.low[k, j], target.high[k, j]
                    if _bound(pixel, *cell) < best.squared:
                        best = _measured(target, pixel, k, j, best)
    return best


@inlined
def _fall(k: int, top: int, bottom: int) -> float:
    """Height between a row and what reaches from row `top` to `bottom`."""
    return max(top - k, k - bottom, 0) * STEP_MM


@inlined
def _steps(j: int, left: int, right: int) -> int:
    """Columns between a column and what reaches from column `left` to `right`, the shorter way around."""
    ahead, behind = left - j, j - right
    if ahead <= 0 and behind <= 0:
        return 0
    return min(ahead if ahead > 0 else ahead + PERIOD, behind if behind > 0 else behind + PERIOD)


@inlined
def _bound(pixel: _Pixel, fall: float, steps: int, low: float, high: float) -> float:
    """What no squared distance is below: the law of cosines with the nearest radius.

    Not below anything where the radii are infinite: it is infinite too, or not a number in the pixel's own column.
    """
    gap = max(low - pixel.radius, pixel.radius - high, 0.0)
    found: float = gap * gap + fall * fall + low * pixel.radius * _CHORD[steps]
    return found


@inlined
def _measured(target: _Target, pixel: _Pixel, k: int, j: int, best: _Best) -> _Best:
    """The cell if it is closer than the best so far."""
    squared = _to_quad(target.positions, k, j, k, j + 1, k + 1, j, k + 1, j + 1, pixel.place)
    return _Best(squared, k, j) if squared < best.squared else best


@inlined
def _in_seam(positions: Floats, seam: Ints, place: Vector, best: float) -> float:
    """`best`, or the squared distance to a closer triangle of the last column.

    Those run on into the next row and lie in one half-plane, behind the head (see `cylinder_mesh`).
    """
    x, y, z = place
    aside = x * x if z < 0 else x * x + z * z
    for k in seam:
        fall = max(y - positions[k, 0, 1], positions[k + 2, 0, 1] - y, 0.0)
        if aside + fall * fall < best:
            best = min(best, _to_quad(positions, k, PERIOD, k + 1, 0, k + 1, PERIOD, k + 2, 0, place))
    return best


@inlined
def _to_quad(
    positions: Floats, ka: int, ja: int, kb: int, jb: int, kc: int, jc: int, kd: int, jd: int, place: Vector
) -> float:
    """Squared distance to the triangles (a, b, c) and (d, c, b) between four pixels."""
    a, b, c, d = (
        _from(place, positions, ka, ja),
        _from(place, positions, kb, jb),
        _from(place, positions, kc, jc),
        _from(place, positions, kd, jd),
    )
    return min(_to_triangle(a, b, c), _to_triangle(d, c, b))


@inlined
def _from(place: Vector, positions: Floats, k: int, j: int) -> Vector:
    return positions[k, j, 0] - place[0], positions[k, j, 1] - place[1], positions[k, j, 2] - place[2]


@inlined
def _to_triangle(a: Vector, b: Vector, c: Vector) -> float:
    """Squared distance from the origin: to the plane where its foot is inside, else to the sides that it is beyond."""
    u, v = _minus(b, a), _minus(c, a)
    normal = _cross(u, v)
    area = _dot(normal, normal)
    if area <= _FLAT * _dot(u, u) * _dot(v, v):
        return min(_to_side(a, u), _to_side(a, v), _to_side(b, _minus(c, b)))
    # Barycentric coordinates of the foot, times the area.
    s, t = _dot(normal, _cross(v, a)), _dot(normal, _cross(a, u))
    if s >= 0 and t >= 0 and s + t <= area:
        height = _dot(normal, a)
        return height * height / area
    best = np.inf
    if s < 0:
        best = _to_side(a, v)
    if t < 0:
        best = min(best, _to_side(a, u))
    if s + t > area:
        best = min(best, _to_side(b, _minus(c, b)))
    return best


@inlined
def _to_side(start: Vector, along: Vector) -> float:
    """Squared distance from the origin to the segment from `start` along `along`."""
    way, length = -_dot(start, along), _dot(along, along)
    share = 0.0 if way <= 0 else 1.0 if way >= length else way / length
    foot = start[0] + share * along[0], start[1] + share * along[1], start[2] + share * along[2]
    return _dot(foot, foot)


@inlined
def _minus(a: Vector, b: Vector) -> Vector:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


@inlined
def _dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@inlined
def _cross(a: Vector, b: Vector) -> Vector:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


# Compiled when it is read, so it comes after its parts.
@compiled("void(i8[::1], f8[::1], f8[:,::1], f8[:,:,::1], f8[:,::1], b1[:,::1], f8[::1])")
def _search(
    pixels: Ints, radii: Floats, places: Floats, positions: Floats, radius: Floats, is_open: Mask, distances: Floats
) -> None:
    """Fill in the `distances` of the `pixels`, (n,), of a map to another's cells."""
    target = _bound_radii(positions, radius, is_open)
    seam = np.flatnonzero(is_open[:, PERIOD])
    before = _Best(np.inf, -1, -1)
    above_k, above_j = np.full(PERIOD, -1), np.zeros(PERIOD, np.int64)
    for i in range(len(pixels)):
        flat = pixels[i]
        place = (places[flat, 0], places[flat, 1], places[flat, 2])
        pixel = _Pixel(flat // SIZE, flat % SIZE % PERIOD, radii[flat], place)
        best = _Best(np.inf, -1, -1)
        if before.k >= 0:
            best = _beside(target, pixel, before.k, before.j, 0, 1, best)
        if above_k[pixel.j] >= 0:
            best = _beside(target, pixel, above_k[pixel.j], above_j[pixel.j], 1, 0, best)
        best = _nearer(target, pixel, best)
        before, above_k[pixel.j], above_j[pixel.j] = best, best.k, best.j
        distances[i] = np.sqrt(_in_seam(positions, seam, place, best.squared))
