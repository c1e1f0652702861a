"""Distance between two cylinder maps' surfaces, found on their common grid instead of in a search tree.

Both surfaces hang over one grid of heights and angles, so the cells that can hold a pixel's closest point are the
ones around the pixel. The neighbours' closest cells say how far to look; of the cells within that reach only those
are measured whose radii, and the flat disc around them, allow a closer point: some three a pixel. The result is exact,
in double precision: the least over all triangles, in whatever order they are tried.
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

_SQUARE = 4
_SQUARES = SIZE // _SQUARE
"""Squares of cells per side of the map, which a search skips as a whole if the surfaces are far apart."""

_NEAR_MM = 6.0
"""Up to this reach every cell is tested; beyond, whole squares first."""

_ASIDE = np.where(np.arange(SIZE) * 4 < PERIOD, np.sin(np.arange(SIZE) * STEP_RAD) ** 2, 1.0)
"""Squared distance from the unit circle to the half-plane so many columns on."""

_PAD_MM, _ROOM = 1e-9, 1 + 1e-12
"""Bounds are wider than their cells, and compared with more room, than either can be rounded."""

_FLAT = 1e-20
"""A triangle whose squared area is this small against its sides' is measured by its sides alone."""

_TABLES = "f8[:,:,::1], f8[:,::1], f8[:,::1], f8[:,:,::1], f8[:,::1], f8[:,::1]"
"""Types of a target's tables in a signature."""

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
    places = grid_positions(radii).reshape(-1, 3)
    seam, above = np.flatnonzero(to.is_open[:, PERIOD]), np.full((2, PERIOD), -1)
    _search(pixels, radii.reshape(-1), places, *_target(to), seam, above, distances)
    return distances


class _Target(NamedTuple):
    """The surface to measure to.

    `positions` (256, 256, 3) of its pixels; `low` and `high` (255, 255), least and greatest radius in every cell but
    those of the last column; `slabs` (255, 255, 8), a disc around each of these cells, see `_lay_slab`; `square_low`
    and `square_high` (32, 32), radii in every square. Where nothing is open the least is infinite, and so is the bound
    that it gives.
    """

    positions: Floats
    low: Floats
    high: Floats
    slabs: Floats
    square_low: Floats
    square_high: Floats


class _Pixel(NamedTuple):
    """Where a search starts: row, column of the turn, radius and position."""

    k: int
    j: int
    radius: float
    place: Vector


class _Best(NamedTuple):
    """The closest cell so far, its squared distance, and what no bound of a closer one is above."""

    squared: float
    limit: float
    k: int
    j: int


def _target(to: QuadMap) -> _Target:
    cells, squares = (PERIOD, PERIOD), (_SQUARES, _SQUARES)
    low, high, slabs = np.full(cells, np.inf), np.full(cells, np.inf), np.empty((*cells, 8))
    target = _Target(grid_positions(to.radius_mm), low, high, slabs, np.full(squares, np.inf), np.zeros(squares))
    _bound_cells(np.ascontiguousarray(to.radius_mm), np.ascontiguousarray(to.is_open), *target)
    return target


@inlined
def _lay_slab(positions: Floats, k: int, j: int, slabs: Floats) -> None:
    """A disc that a cell is in: middle (3), normal (3), half its thickness, its radius."""
    middle = _from((0.0, 0.0, 0.0), positions, k, j)
    a, b, c, d = (
        _from(middle, positions, k, j),
        _from(middle, positions, k, j + 1),
        _from(middle, positions, k + 1, j),
        _from(middle, positions, k + 1, j + 1),
    )
    x, y, z = (b[0] + c[0] + d[0]) / 4, (b[1] + c[1] + d[1]) / 4, (b[2] + c[2] + d[2]) / 4
    normal = _cross(_minus(d, a), _minus(c, b))
    length = np.sqrt(_dot(normal, normal))
    scale = 1.0 / length if length > 0 else 0.0
    centre = (x, y, z)
    slab = slabs[k, j]
    slab[0], slab[1], slab[2] = middle[0] + x, middle[1] + y, middle[2] + z
    slab[3], slab[4], slab[5] = normal[0] * scale, normal[1] * scale, normal[2] * scale
    # The normal is across both diagonals, so all four corners are as far above the middle or below it.
    slab[6] = abs(_dot(normal, centre)) * scale + _PAD_MM
    a, b, c, d = _minus(a, centre), _minus(b, centre), _minus(c, centre), _minus(d, centre)
    slab[7] = np.sqrt(max(max(_dot(a, a), _dot(b, b)), max(_dot(c, c), _dot(d, d)))) + _PAD_MM


@inlined
def _beside(target: _Target, pixel: _Pixel, k: int, j: int, down: int, right: int, best: _Best) -> _Best:
    """The cell that a neighbour found, moved along with the pixel where there is one."""
    moved_k, moved_j = k + down, (j + right) % PERIOD
    if moved_k < PERIOD and target.low[moved_k, moved_j] < np.inf:
        k, j = moved_k, moved_j
    return best if k == best.k and j == best.j else _measured(target, pixel, k, j, best)


@inlined
def _nearer(target: _Target, pixel: _Pixel, best: _Best) -> _Best:
    """The closest of all cells that are not further than the best so far."""
    if best.limit > _NEAR_MM * _NEAR_MM:
        return _in_squares(target, pixel, best)
    for falls in range(PERIOD):
        fall = falls * STEP_MM
        if fall * fall > best.limit:
            break
        for above in range(2):
            k = pixel.k - 1 - falls if above else pixel.k + falls
            if 0 <= k < PERIOD:
                best = _in_row(target, pixel, k, fall, best)
    return best


@inlined
def _in_row(target: _Target, pixel: _Pixel, k: int, fall: float, best: _Best) -> _Best:
    """The closest cell of a row or better, from the pixel's column outwards."""
    for steps in range(_HALF_TURN):
        # The distance to a half-plane at angle a is r sin(a), and r from a right angle on.
        if pixel.radius * pixel.radius * _ASIDE[steps] + fall * fall > best.limit:
            break
        for behind in range(2):
            j = pixel.j - 1 - steps if behind else pixel.j + steps
            if j < 0:
                j += PERIOD
            elif j >= PERIOD:
                j -= PERIOD
            best = _tried(target, pixel, k, j, fall, steps, best)
    return best


@inlined
def _in_squares(target: _Target, pixel: _Pixel, best: _Best) -> _Best:
    """The closest cell or better, square by square, from the pixel's own outwards."""
    own = pixel.j // _SQUARE
    for row in range(_SQUARES):
        top, bottom = row * _SQUARE, min((row + 1) * _SQUARE, PERIOD)
        fall = _fall(pixel.k, top, bottom)
        if fall * fall > best.limit:
            continue
        for turned in range(_SQUARES + 1):
            out = (turned + 1) // 2
            # The last square of a turn is narrower, and the pixel may be anywhere in its own.
            nearest = max(_SQUARE * (out - 1), 0)
            if pixel.radius * pixel.radius * _ASIDE[nearest] + fall * fall > best.limit:
                break
            column = (own + out if turned % 2 else own - out) % _SQUARES
            left, right = column * _SQUARE, min((column + 1) * _SQUARE, PERIOD)
            steps = _steps(pixel.j, left, right)
            low, high = target.square_low[row, column], target.square_high[row, column]
            if not _bound(pixel, fall, steps, low, high) < best.limit:
                continue
            for k in range(top, bottom):
                for j in range(left, right):
                    best = _tried(target, pixel, k, j, _fall(pixel.k, k, k + 1), _steps(pixel.j, j, j + 1), best)
    return best


@inlined
def _tried(target: _Target, pixel: _Pixel, k: int, j: int, fall: float, steps: int, best: _Best) -> _Best:
    """The cell if it is closer than the best so far; measured only if its bounds allow that."""
    if not _bound(pixel, fall, steps, target.low[k, j], target.high[k, j]) < best.limit:
        return best
    if (k == best.k and j == best.j) or not _slab_bound(target.slabs[k, j], pixel.place) < best.limit:
        return best
    return _measured(target, pixel, k, j, best)


@inlined
def _slab_bound(slab: Floats, place: Vector) -> float:
    """What no squared distance to a cell in this disc is below."""
    x, y, z = place[0] - slab[0], place[1] - slab[1], place[2] - slab[2]
    above = x * slab[3] + y * slab[4] + z * slab[5]
    aside = np.sqrt(max(x * x + y * y + z * z - above * above, 0.0))
    above, aside = max(abs(above) - slab[6], 0.0), max(aside - slab[7], 0.0)
    found: float = above * above + aside * aside
    return found


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
    return _Best(squared, squared * _ROOM, k, j) if squared < best.squared else best


@inlined
def _in_seam(positions: Floats, seam: Ints, place: Vector, best: float) -> float:
    """`best`, or the squared distance to a closer triangle of the last column.

    Those run on into the next row and lie in one half-plane, behind the head (see `cylinder_mesh`).
    """
    x, y, z = place
    aside = x * x if z < 0 else x * x + z * z
    if not aside < best:
        return best
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


# Compiled when they are read, so they come after their parts. They make no array: see `core.compiled`.
@compiled(f"void(f8[:,::1], b1[:,::1], {_TABLES})")
def _bound_cells(
    radius: Floats,
    is_open: Mask,
    positions: Floats,
    low: Floats,
    high: Floats,
    slabs: Floats,
    square_low: Floats,
    square_high: Floats,
) -> None:
    """Fill in the bounds of a target's open cells."""
    # A chord comes nearer to the axis than its ends.
    inwards = np.cos(STEP_RAD / 2)
    for k in range(PERIOD):
        for j in range(PERIOD):
            if is_open[k, j]:
                a, b, c, d = radius[k, j], radius[k, j + 1], radius[k + 1, j], radius[k + 1, j + 1]
                low[k, j] = min(min(a, b), min(c, d)) * inwards - _PAD_MM
                high[k, j] = max(max(a, b), max(c, d)) + _PAD_MM
                square = k // _SQUARE, j // _SQUARE
                square_low[square] = min(square_low[square], low[k, j])
                square_high[square] = max(square_high[square], high[k, j])
                _lay_slab(positions, k, j, slabs)


@compiled(f"void(i8[::1], f8[::1], f8[:,::1], {_TABLES}, i8[::1], i8[:,::1], f8[::1])")
def _search(
    pixels: Ints,
    radii: Floats,
    places: Floats,
    positions: Floats,
    low: Floats,
    high: Floats,
    slabs: Floats,
    square_low: Floats,
    square_high: Floats,
    seam: Ints,
    above: Ints,
    distances: Floats,
) -> None:
    """Fill in the `distances` of the `pixels`, (n,), of a map to another's cells.

    `above` (2, 255) takes the row and column of the cell that the last pixel of each column found; -1 before.
    """
    target = _Target(positions, low, high, slabs, square_low, square_high)
    before = _Best(np.inf, np.inf, -1, -1)
    for i in range(len(pixels)):
        flat = pixels[i]
        place = (places[flat, 0], places[flat, 1], places[flat, 2])
        pixel = _Pixel(flat // SIZE, flat % SIZE % PERIOD, radii[flat], place)
        best = _Best(np.inf, np.inf, -1, -1)
        if before.k >= 0:
            best = _beside(target, pixel, before.k, before.j, 0, 1, best)
        if above[0, pixel.j] >= 0:
            best = _beside(target, pixel, above[0, pixel.j], above[1, pixel.j], 1, 0, best)
        best = _nearer(target, pixel, best)
        before, above[0, pixel.j], above[1, pixel.j] = best, best.k, best.j
        distances[i] = np.sqrt(_in_seam(positions, seam, place, best.squared))
