"""Distance between two cylinder maps' surfaces, found on their common grid instead of in a search tree.

Both surfaces hang over one grid of heights and angles, so the cells that can hold a pixel's closest point are the
ones around the pixel. Eight pixels of a row are treated at once (`core.lanes`): their neighbours' distances and closest
cells say how far to look, and of the cells within that reach only those are measured whose radii, and the flat disc
around them, allow one of the eight a closer point. The result is exact, in double precision: the least over all
triangles, in whatever order they are tried.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from fsbench.core.compiled import MASK, POINTS, compiled, inlined, merged
from fsbench.core.lanes import LANES, alike, any_of, count_of, eight, greatest, greatest_of, least, put, roots, where
from fsbench.core.mesh import Floats, Ints, Mask
from fsbench.metrics.cylinder import HALF_HEIGHT_MM, SIZE, QuadMap, grid

STEP_MM = 2 * HALF_HEIGHT_MM / (SIZE - 1)
STEP_RAD = 2 * np.pi / (SIZE - 1)
PERIOD = SIZE - 1
"""Columns of a turn; the last column of a map lies on the first. There are as many rows of cells."""

_HALF_TURN = SIZE // 2
_CHORD = 4 * np.sin(np.arange(SIZE) * STEP_RAD / 2) ** 2
"""Squared chord of the unit circle over so many columns."""

_ASIDE = np.where(np.arange(SIZE) * 4 < PERIOD, np.sin(np.arange(SIZE) * STEP_RAD) ** 2, 1.0)
"""Squared distance from the unit circle to the half-plane so many columns on."""

_WIDE = SIZE + LANES
"""Columns of a table of cells, which goes on into the next turn: eight cells from any column on lie side by side."""

_SLAB = 8
"""Numbers of a disc around a cell, see `_lay_slab`."""

_PAD_MM, _ROOM = 1e-9, 1 + 1e-12
"""Bounds are wider than their cells, and compared with more room, than either can be rounded."""

_FLAT = 1e-20
"""A triangle whose squared area is this small against its sides' is measured by its sides alone."""

_NEARLY_FLAT = 1e-10
"""Of such a triangle all sides are measured, as rounding hides which of them a point is beyond."""

_SEVERAL = 3
"""Where a cell is the closest yet for so many pixels, the next eight begin there."""

_TABLES = "f8[:,::1], f8[:,::1], f8[:,:,::1], f8[::1]"
"""Types of a surface's tables in a signature, see `_surface`."""

Vector = tuple[Any, Any, Any]
"""Each of them one number, or eight."""


def map_distances(start: QuadMap, to: QuadMap) -> Floats:
    """Measure from every vertex of one map's cylinder mesh to the closest point of the other's surface.

    Parameters
    ----------
    start, to : QuadMap
        Both with an open quad, and radii up to 1e7 mm: beyond, bounds are no longer wider than their rounding.

    Returns
    -------
    ndarray, (n,)
        In mm, in the order of the vertices of `cylinder_mesh(start.radius_mm)`.
    """
    tables = _surface(to)
    squared = np.where(start.corners, np.inf, -1.0)
    seam, guesses = np.flatnonzero(to.is_open[:, PERIOD]), np.zeros((2, SIZE // LANES), np.int64)
    _search(start.radius_mm, _own_ways(), *tables, seam, guesses, squared)
    found: Floats = np.sqrt(squared[start.corners])
    return found


class _Surface(NamedTuple):
    """The surface to measure to, cell by cell: 255 rows and columns of them, without those of the last column.

    `left` and `right` (256, 264), radii at the cells' left and right corners, by row of pixels; `left_ways` and
    `right_ways` (2, 264), x and z of the directions in which these lie; `low` and `high` (255, 264), least and greatest
    radius; `slabs` (8 * 255, 264), a disc around each cell; `block_low` and `block_high` (255, 32), radii of the cells
    from column 8 b to 8 b + 15; `heights` (256,) of the rows. Where nothing is open the least radius is infinite, and
    so is the bound that it gives.
    """

    left: Floats
    right: Floats
    left_ways: Floats
    right_ways: Floats
    low: Floats
    high: Floats
    slabs: Floats
    block_low: Floats
    block_high: Floats
    heights: Floats


class _Pixels(NamedTuple):
    """Where a search starts, for eight pixels of a row: row, first column, radii and positions."""

    k: int
    j: int
    radius: Floats
    places: Vector


class _Found(NamedTuple):
    """Squared distances so far, an upper bound for those of closer cells, and how far down and along to begin."""

    squared: Floats
    limit: Floats
    down: int
    along: int


def _surface(to: QuadMap) -> tuple[Floats, Floats, Floats, Floats]:
    """Tables that hold a `_Surface`: those of 264 columns, one above the other, the ways, the blocks, the heights."""
    tables = np.empty((2 * SIZE + (2 + _SLAB) * PERIOD, _WIDE)), _corner_ways(), np.empty((2, PERIOD, SIZE // LANES))
    _fill(to.radius_mm, to.is_open, *tables, grid().heights_mm)
    return *tables, grid().heights_mm


@cache
def _corner_ways() -> Floats:
    """The ways in which the cells' left and right corners lie, (4, 264), see `_Surface`."""
    columns, ways = np.arange(_WIDE) % PERIOD, _own_ways()
    return np.ascontiguousarray(np.concatenate([ways[:, columns], ways[:, columns + 1]]))


@cache
def _own_ways() -> Floats:
    """The way in which every pixel of a row lies, x and z, (2, 256)."""
    return np.ascontiguousarray(grid().outward[:, [0, 2]].T)


@merged
def _parts(tables: Floats, ways: Floats, blocks: Floats, heights: Floats) -> _Surface:
    cells = 2 * SIZE
    slabs = cells + 2 * PERIOD
    return _Surface(
        tables[:SIZE],
        tables[SIZE:cells],
        ways[:2],
        ways[2:],
        tables[cells : cells + PERIOD],
        tables[cells + PERIOD : slabs],
        tables[slabs:],
        blocks[0],
        blocks[1],
        heights,
    )


@inlined
def _lay_slab(surface: _Surface, k: int, j: int) -> None:
    """Discs that eight cells are in: middle (3), normal (3), half its thickness, its radius."""
    first, b, c, d = _corners(surface, k, j)
    b, c, d = _minus(b, first), _minus(c, first), _minus(d, first)
    x, y, z = (b[0] + c[0] + d[0]) / 4.0, (b[1] + c[1] + d[1]) / 4.0, (b[2] + c[2] + d[2]) / 4.0
    normal = _cross(d, _minus(c, b))
    length = roots(_dot(normal, normal))
    scale = where(length > 0.0, 1.0 / length, 0.0)
    above = _dot(normal, (x, y, z)) * scale
    widest = x * x + y * y + z * z
    for corner in (b, c, d):
        to_corner = _minus(corner, (x, y, z))
        widest = greatest(widest, _dot(to_corner, to_corner))
    slabs, row = surface.slabs, _SLAB * k
    put(first[0] + x, slabs, row, j)
    put(alike(first[1] + y), slabs, row + 1, j)
    put(first[2] + z, slabs, row + 2, j)
    put(normal[0] * scale, slabs, row + 3, j)
    put(normal[1] * scale, slabs, row + 4, j)
    put(normal[2] * scale, slabs, row + 5, j)
    # The normal is across both diagonals, so all four corners are as far above the middle or below it.
    put(greatest(above, -above) + _PAD_MM, slabs, row + 6, j)
    put(roots(widest) + _PAD_MM, slabs, row + 7, j)


@inlined
def _corners(surface: _Surface, k: int, j: int) -> tuple[Vector, Vector, Vector, Vector]:
    """Positions of eight cells' corners: upper left, upper right, lower left, lower right."""
    up, down = surface.heights[k], surface.heights[k + 1]
    left_x, left_z = eight(surface.left_ways, 0, j), eight(surface.left_ways, 1, j)
    right_x, right_z = eight(surface.right_ways, 0, j), eight(surface.right_ways, 1, j)
    a, b = eight(surface.left, k, j), eight(surface.right, k, j)
    c, d = eight(surface.left, k + 1, j), eight(surface.right, k + 1, j)
    return (
        (a * left_x, up, a * left_z),
        (b * right_x, up, b * right_z),
        (c * left_x, down, c * left_z),
        (d * right_x, down, d * right_z),
    )


@inlined
def _from_above(squared: Floats, step_mm: Floats) -> Floats:
    """Upper bound of the squared distances by way of the pixels above: theirs, and how much smaller their radii are."""
    reach = roots(squared) + roots(step_mm * step_mm + STEP_MM * STEP_MM)
    limit: Floats = reach * reach
    return limit


@inlined
def _begun(surface: _Surface, pixels: _Pixels, down: int, along: int, found: _Found) -> _Found:
    """The cells so many rows and columns on, whatever their bounds."""
    k, j = pixels.k + down, _turned(pixels.j + along)
    if not 0 <= k < PERIOD:
        return found
    open_and_wanted = (eight(surface.low, k, j) < np.inf) & (found.squared > 0.0)
    return _measured(surface, pixels, k, j, down, along, open_and_wanted, found)


@inlined
def _nearer(surface: _Surface, pixels: _Pixels, found: _Found) -> _Found:
    """The closest of all cells that are not further than what was found, row by row from the pixels' own outwards."""
    for falls in range(PERIOD):
        fall = falls * STEP_MM
        if fall * fall > greatest_of(found.limit):
            break
        for above in range(2):
            k = pixels.k - 1 - falls if above else pixels.k + falls
            if 0 <= k < PERIOD:
                found = _in_row(surface, pixels, k, fall, found)
    return found


@inlined
def _in_row(surface: _Surface, pixels: _Pixels, k: int, fall: float, found: _Found) -> _Found:
    """The closest cells of a row or better, from the pixels' columns outwards, eight columns at a time."""
    for behind in range(2):
        for near in range(0, _HALF_TURN, LANES):
            if not _reaches(pixels, fall, near, found):
                break
            first = pixels.j - near - LANES if behind else pixels.j + near
            block = _turned(first) // LANES
            allowed = _block_allows(surface, pixels, k, block, fall, near, found)
            if first < 0 and not allowed:
                # Eight that reach back over the first column are in two blocks.
                allowed = _block_allows(surface, pixels, k, block + 1, fall, near, found)
            if not allowed:
                continue
            for steps in range(near, near + LANES):
                if not _reaches(pixels, fall, steps, found):
                    break
                along = -1 - steps if behind else steps
                found = _tried(surface, pixels, k, fall, steps, along, found)
    return found


@inlined
def _reaches(pixels: _Pixels, fall: float, steps: int, found: _Found) -> bool:
    """Whether a cell so many columns on could be closer, whatever its radii.

    The distance to a half-plane at angle a is r sin(a), and r from a right angle on.
    """
    answer: bool = any_of(pixels.radius * pixels.radius * _ASIDE[steps] + fall * fall <= found.limit)
    return answer


@inlined
def _block_allows(
    surface: _Surface, pixels: _Pixels, k: int, block: int, fall: float, steps: int, found: _Found
) -> bool:
    """Whether the radii of a whole block allow a closer cell."""
    low, high = surface.block_low[k, block], surface.block_high[k, block]
    answer: bool = any_of(_bound(pixels, fall, steps, low, high) < found.limit)
    return answer


@inlined
def _tried(surface: _Surface, pixels: _Pixels, k: int, fall: float, steps: int, along: int, found: _Found) -> _Found:
    """The cells if one is closer than what was found; measured only if their bounds allow that."""
    j = _turned(pixels.j + along)
    closer = _bound(pixels, fall, steps, eight(surface.low, k, j), eight(surface.high, k, j)) < found.limit
    if not any_of(closer):
        return found
    closer = closer & (_slab_bound(surface.slabs, _SLAB * k, j, pixels.places) < found.limit)
    if not any_of(closer):
        return found
    return _measured(surface, pixels, k, j, k - pixels.k, along, closer, found)


@inlined
def _turned(j: int) -> int:
    """A column of cells that is up to a turn off."""
    return j + PERIOD if j < 0 else j - PERIOD if j >= PERIOD else j


@inlined
def _bound(pixels: _Pixels, fall: float, steps: int, low: Any, high: Any) -> Floats:
    """Lower bound of the squared distances: the law of cosines with the nearest radius.

    Not below anything where the radii are infinite: it is infinite too, or not a number in the pixel's own column.
    """
    gap = greatest(greatest(low - pixels.radius, pixels.radius - high), 0.0)
    bound: Floats = gap * gap + fall * fall + low * pixels.radius * _CHORD[steps]
    return bound


@inlined
def _slab_bound(slabs: Floats, row: int, j: int, places: Vector) -> Floats:
    """Lower bound of the squared distances to the cells in these discs."""
    x, y, z = _minus(places, (eight(slabs, row, j), eight(slabs, row + 1, j), eight(slabs, row + 2, j)))
    above = x * eight(slabs, row + 3, j) + y * eight(slabs, row + 4, j) + z * eight(slabs, row + 5, j)
    aside = roots(greatest(x * x + y * y + z * z - above * above, 0.0))
    above = greatest(greatest(above, -above) - eight(slabs, row + 6, j), 0.0)
    aside = greatest(aside - eight(slabs, row + 7, j), 0.0)
    bound: Floats = above * above + aside * aside
    return bound


@inlined
def _measured(
    surface: _Surface, pixels: _Pixels, k: int, j: int, down: int, along: int, allowed: Mask, found: _Found
) -> _Found:
    """The cells where they are allowed and closer than what was found."""
    a, b, c, d = _corners(surface, k, j)
    squared = _to_quad(a, b, c, d, pixels.places, allowed)
    closer = allowed & (squared < found.squared)
    squared = where(closer, squared, found.squared)
    if count_of(closer) < _SEVERAL:
        down, along = found.down, found.along
    return _Found(squared, least(squared * _ROOM, found.limit), down, along)


@inlined
def _in_seam(surface: _Surface, seam: Ints, pixels: _Pixels, squared: Floats) -> Floats:
    """`squared`, or the squared distances to closer triangles of the last column.

    Those run on into the next row and lie in one half-plane, behind the head (see `cylinder_mesh`).
    """
    x, y, z = pixels.places
    aside = where(z < 0.0, x * x, x * x + z * z)
    if not any_of(aside < squared):
        return squared
    for k in seam:
        fall = max(y - surface.heights[k], surface.heights[k + 2] - y, 0.0)
        allowed = aside + fall * fall < squared
        if any_of(allowed):
            a, c = _last_corner(surface, k), _last_corner(surface, k + 1)
            b, d = _first_corner(surface, k + 1), _first_corner(surface, k + 2)
            found = _to_quad(a, b, c, d, pixels.places, allowed)
            squared = where(allowed & (found < squared), found, squared)
    return squared


@inlined
def _last_corner(surface: _Surface, k: int) -> tuple[float, float, float]:
    """Position of a pixel of the last column."""
    radius, ways = surface.right[k, PERIOD - 1], surface.right_ways
    return radius * ways[0, PERIOD - 1], surface.heights[k], radius * ways[1, PERIOD - 1]


@inlined
def _first_corner(surface: _Surface, k: int) -> tuple[float, float, float]:
    """Position of a pixel of the first column."""
    radius, ways = surface.left[k, 0], surface.left_ways
    return radius * ways[0, 0], surface.heights[k], radius * ways[1, 0]


@inlined
def _to_quad(a: Vector, b: Vector, c: Vector, d: Vector, places: Vector, allowed: Mask) -> Floats:
    """Squared distances to the triangles (a, b, c) and (d, c, b) where they are allowed, anything elsewhere."""
    a, b, c, d = _minus(a, places), _minus(b, places), _minus(c, places), _minus(d, places)
    return least(_to_triangle(a, b, c, allowed), _to_triangle(d, c, b, allowed))


@inlined
def _to_triangle(a: Vector, b: Vector, c: Vector, allowed: Mask) -> Floats:
    """Squared distance from the origin: to the plane where its foot is inside, else to a side that it is beyond."""
    u, v, w = _minus(b, a), _minus(c, a), _minus(c, b)
    normal, uu, vv, ww = _cross(u, v), _dot(u, u), _dot(v, v), _dot(w, w)
    area, height = _dot(normal, normal), _dot(normal, a)
    # Barycentric coordinates of the foot, times the area.
    s, t = _dot(normal, _cross(v, a)), _dot(normal, _cross(a, u))
    beyond_v, beyond_u, beyond_w = s < 0.0, t < 0.0, s + t > area
    beyond = beyond_v | beyond_u | beyond_w
    if any_of((area <= _NEARLY_FLAT * uu * vv) & allowed):
        squared = where(beyond | (area <= _FLAT * uu * vv), np.inf, height * height / area)
        return least(least(least(squared, _to_side(a, u)), _to_side(a, v)), _to_side(b, w))
    # Beyond two sides, the origin lies opposite their common corner; one of them at most holds a point closer than it.
    along_u, along_v, along_w = -_dot(a, u), -_dot(a, v), -_dot(b, w)
    on_v = beyond_v & (where(beyond_u, along_v, 1.0) > 0.0)
    on_w = beyond_w & (where(beyond_u, along_w, where(beyond_v, along_v - vv, 1.0)) > 0.0)
    start, side = _either(on_w, b, a), _either(on_w, w, _either(on_v, v, u))
    along = where(on_w, along_w, where(on_v, along_v, along_u))
    length = where(on_w, ww, where(on_v, vv, uu))
    # Divisions take longest, so there is one, of the plane's numbers or the side's.
    ratio = where(beyond, along, height * height) / where(beyond, length, area)
    foot = _foot(start, side, along, length, ratio)
    return where(beyond, _dot(foot, foot), ratio)


@inlined
def _to_side(start: Vector, side: Vector) -> Floats:
    """Squared distance from the origin to the segment from `start` along `side`."""
    along, length = -_dot(start, side), _dot(side, side)
    foot = _foot(start, side, along, length, along / length)
    squared: Floats = _dot(foot, foot)
    return squared


@inlined
def _foot(start: Vector, side: Vector, along: Floats, length: Floats, share: Floats) -> Vector:
    """The point of a segment that is closest to the origin; `share` is `along / length`."""
    share = where(along <= 0.0, 0.0, where(along >= length, 1.0, share))
    return start[0] + share * side[0], start[1] + share * side[1], start[2] + share * side[2]


@inlined
def _either(answers: Mask, yes: Vector, no: Vector) -> Vector:
    return where(answers, yes[0], no[0]), where(answers, yes[1], no[1]), where(answers, yes[2], no[2])


@inlined
def _minus(a: Vector, b: Vector) -> Vector:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


@inlined
def _dot(a: Vector, b: Vector) -> Any:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@inlined
def _cross(a: Vector, b: Vector) -> Vector:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


# Compiled when they are read, so they come after their parts. They make no array: see `core.compiled`.
@compiled(f"void({POINTS}, {MASK}, {_TABLES})")
def _fill(radii: Floats, is_open: Mask, tables: Floats, ways: Floats, blocks: Floats, heights: Floats) -> None:
    """Fill in the tables of a map's surface but for the ways and heights, which are there."""
    surface = _parts(tables, ways, blocks, heights)
    left, right, low, high = surface.left, surface.right, surface.low, surface.high
    # A chord comes nearer to the axis than its ends.
    inwards = np.cos(STEP_RAD / 2)
    for k in range(SIZE):
        for j in range(PERIOD):
            left[k, j], right[k, j] = radii[k, j], radii[k, j + 1]
        for j in range(PERIOD, _WIDE):
            left[k, j], right[k, j] = left[k, j - PERIOD], right[k, j - PERIOD]
    for k in range(PERIOD):
        for j in range(PERIOD):
            low[k, j] = 0.0 if is_open[k, j] else np.inf
        for j in range(PERIOD, _WIDE):
            low[k, j] = low[k, j - PERIOD]
        before_low, before_high = np.inf, 0.0
        for j in range(0, _WIDE, LANES):
            opens = eight(low, k, j) < np.inf
            a, b, c, d = eight(left, k, j), eight(right, k, j), eight(left, k + 1, j), eight(right, k + 1, j)
            lows = where(opens, least(least(a, b), least(c, d)) * inwards - _PAD_MM, np.inf)
            highs = where(opens, greatest(greatest(a, b), greatest(c, d)) + _PAD_MM, 0.0)
            put(lows, low, k, j)
            put(highs, high, k, j)
            lowest, highest = -greatest_of(-lows), greatest_of(highs)
            if j > 0:
                surface.block_low[k, j // LANES - 1] = min(before_low, lowest)
                surface.block_high[k, j // LANES - 1] = max(before_high, highest)
            before_low, before_high = lowest, highest
            if any_of(opens):
                _lay_slab(surface, k, j)


@compiled(f"void({POINTS}, f8[:,::1], {_TABLES}, i8[::1], i8[:,::1], f8[:,::1])")
def _search(
    radii: Floats,
    own_ways: Floats,
    tables: Floats,
    ways: Floats,
    blocks: Floats,
    heights: Floats,
    seam: Ints,
    guesses: Ints,
    squared: Floats,
) -> None:
    """Fill in `squared`, (256, 256): the squared distances of a map's pixels where it is infinite, none where it is -1.

    `guesses` (2, 32) takes, for each eight columns, how many rows and columns away the last closest cells were.
    """
    surface = _parts(tables, ways, blocks, heights)
    down, along = 0, 0
    for k in range(SIZE):
        for j in range(0, SIZE, LANES):
            wanted = eight(squared, k, j)
            if not any_of(wanted > 0.0):
                continue
            radius, block = eight(radii, k, j), j // LANES
            places = radius * eight(own_ways, 0, j), heights[k], radius * eight(own_ways, 1, j)
            pixels = _Pixels(k, j, radius, places)
            limit = wanted
            if k > 0:
                above = eight(squared, k - 1, j)
                known = (above >= 0.0) & (wanted > 0.0)
                limit = where(known, _from_above(above, radius - eight(radii, k - 1, j)), wanted)
            found = _Found(wanted, limit * _ROOM, guesses[0, block], guesses[1, block])
            found = _begun(surface, pixels, found.down, found.along, found)
            if down != guesses[0, block] or along != guesses[1, block]:
                found = _begun(surface, pixels, down, along, found)
            found = _nearer(surface, pixels, found)
            down, along = found.down, found.along
            guesses[0, block], guesses[1, block] = down, along
            put(_in_seam(surface, seam, pixels, found.squared), squared, k, j)
