"""Distance between two cylinder maps' surfaces, found on their common grid instead of in a search tree.

Both surfaces hang over one grid of heights and angles, so the cells that can hold a pixel's closest point are the
ones around the pixel. Every cell gets a lower bound of its distance from the radii it spans; only cells whose bound
undercuts what a vertex nearby offers are measured, some five a pixel. The result is exact, as a tree's is, in about
half a tree's time while the surfaces are within a few millimetres; a tree of what is in reach answers for the rest.

Positions are taken relative to a pixel in the frame turned to its angle: x outward, y along increasing angle, z up.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fsbench.mesh import Floats, Ints, Mask
from fsbench.metrics.cylinder import HALF_HEIGHT_MM, SIZE, QuadMap, grid_points, quad_mesh
from fsbench.metrics.triangle_distance import Vectors, squared_distances
from fsbench.surface import Surface

Singles = npt.NDArray[np.float32]

STEP_MM = 2 * HALF_HEIGHT_MM / (SIZE - 1)
STEP_RAD = 2 * np.pi / (SIZE - 1)
PERIOD = SIZE - 1
"""Columns of a turn; the last column of a map lies on the first."""

_HALF_TURN = SIZE // 2
_WIDTH = SIZE + 2 * _HALF_TURN
"""Columns of an array that is continued around the head."""

_FAR = np.float32(1e6)
"""Radius of what is not there; larger than any distance that is searched."""

_BATCH = 8192
"""Cells measured at once: the arrays then stay within the processor's cache."""

_BLOCK = 8
_BLOCKS = SIZE // _BLOCK

# Rough costs in nanoseconds by which the search is planned; they decide how, never what is found.
_NS_PER_STEP = 15_000
_NS_PER_PIXEL = 1.5
_NS_PER_OTHER = 4_000
_NS_OF_A_TREE = 20_000_000


_TURNS_RAD = np.arange(-_HALF_TURN, _HALF_TURN + 2) * STEP_RAD
_COS, _SIN = np.cos(_TURNS_RAD).astype(np.float32), np.sin(_TURNS_RAD).astype(np.float32)
_CHORD = (4 * np.sin(np.arange(2 * SIZE) * STEP_RAD / 4) ** 2).astype(np.float32)
"""Squared chord of the unit circle over so many half columns."""


def map_distances(start: QuadMap, to: QuadMap, threads: int = 1) -> Floats:
    """Measure from every vertex of one map's cylinder mesh to the closest point of the other's surface.

    Parameters
    ----------
    start, to : QuadMap
        Both with an open quad.
    threads : int
        For the tree that takes over where the surfaces are far apart.

    Returns
    -------
    ndarray, (n,)
        In mm, in the order of the vertices of `cylinder_mesh(start.radius_mm)`. Coordinates are single precision,
        which is 1e-5 mm around a head.
    """
    points, target = _Points.of(start), _Target.of(to)
    bound = _vertex_bound(points, target)
    window = _Window.of(points, bound)
    best = bound.copy()
    for cells in _batches(_near_cells(points, target, bound, window)):
        np.minimum.at(best, cells.point, _measure(points, target, cells))
    far = np.flatnonzero(~window.near)
    if len(far):
        best[far] = _by_tree(points, target, to, bound, far, threads)
    _add_seam(points, to, best)
    return np.sqrt(best, dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class _Points:
    """Vertices of the cylinder mesh to measure from, n of them: `row`, `column`, `radius` (n,).

    `flat` is where they are in `_padded` arrays, `box` the part of the map that holds them, `in_box` where in it.
    """

    row: Ints
    column: Ints
    flat: Ints
    radius: Singles
    box: tuple[slice, slice]
    in_box: Mask

    @classmethod
    def of(cls, quads: QuadMap) -> "_Points":
        used = quads.corners
        rows, columns = np.flatnonzero(used.any(1)), np.flatnonzero(used.any(0))
        box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        row, column = np.nonzero(used)
        flat = row * _WIDTH + column + _HALF_TURN
        return cls(row, column, flat, quads.radius_mm[used].astype(np.float32), box, used[box])

    def image(self, values: Singles, empty: float) -> Singles:
        """Values by point, (n,), as an image of the box."""
        image = np.full(self.in_box.shape, empty, np.float32)
        image[self.in_box] = values
        return image

    def neighbours(self, padded: Singles, rows: int, dk: int, dj: int) -> Singles:
        """The box moved by (dk, dj) in an array that `_padded` made with that many rows."""
        down, across = self.box
        return padded[
            down.start + rows + dk : down.stop + rows + dk,
            across.start + _HALF_TURN + dj : across.stop + _HALF_TURN + dj,
        ]


@dataclass(frozen=True, slots=True, eq=False)
class _Target:
    """The surface to measure to; columns are one turn, 255.

    `left`, `right` are the radii at the sides of every cell's top, flat, with `_padded` columns. `low` and `high`
    bound the radius in every cell, `vertices` are the radii of the mesh's vertices; `_FAR` where there is none.
    """

    left: Singles
    right: Singles
    low: Singles
    high: Singles
    vertices: Singles

    @classmethod
    def of(cls, quads: QuadMap) -> "_Target":
        single = quads.radius_mm.astype(np.float32)
        cells = quads.is_open[:, :PERIOD]
        below = np.concatenate([single[1:], single[:1]])
        corners = single[:, :-1], single[:, 1:], below[:, :-1], below[:, 1:]
        # A chord comes nearer to the axis than its ends; and the bounds are rounded outwards.
        a, b, c, d = corners
        low = np.minimum(np.minimum(a, b), np.minimum(c, d)) * np.float32(np.cos(STEP_RAD / 2) * (1 - 1e-6))
        high = np.maximum(np.maximum(a, b), np.maximum(c, d)) * np.float32(1 + 1e-6)
        used = quads.corners[:, :PERIOD]
        return cls(
            _padded(single[:, :PERIOD], 0).reshape(-1),
            _padded(single[:, 1:], 0).reshape(-1),
            np.where(cells, low, _FAR),
            np.where(cells, high, _FAR),
            np.where(used, single[:, :PERIOD], _FAR),
        )


def _padded(image: Singles, rows: int) -> Singles:
    """(256, 255) continued around the head to `_WIDTH` columns, with `rows` of nothing above and below."""
    padded = np.full((len(image) + 2 * rows, _WIDTH), _FAR, np.float32)
    inner = padded[rows : rows + len(image)]
    inner[:, _HALF_TURN : _HALF_TURN + PERIOD] = image
    inner[:, :_HALF_TURN] = image[:, PERIOD - _HALF_TURN :]
    inner[:, _HALF_TURN + PERIOD :] = image[:, : _HALF_TURN + 1]
    return padded


def _vertex_bound(points: _Points, target: _Target) -> Singles:
    """Squared distance to some near vertex of the target, (n,): no closest point lies further off."""
    padded = _padded(target.vertices, 2)
    radius = points.image(points.radius, 0.0)
    best = np.full(radius.shape, _FAR * _FAR, np.float32)
    for dk in range(-2, 3):
        for dj in range(-1, 2):
            other = points.neighbours(padded, 2, dk, dj)
            np.minimum(best, _squared_gap(other, radius, dk, dj), out=best)
    bound = best[points.in_box]
    # Pixels whose bound reaches past the vertices that were tried try others, further apart every time.
    stride = 2
    while len(wide := np.flatnonzero(bound > np.float32((stride * STEP_MM) ** 2))) and stride <= SIZE // 2:
        bound[wide] = np.minimum(bound[wide], _strided_bound(points, target, wide, stride))
        stride *= 2
    return bound


def _squared_gap(other: Singles, radius: Singles, dk: int, dj: int) -> Singles:
    """Squared distance between pixels of these radii that are dk rows and dj columns apart."""
    gap = other - radius
    gap *= gap
    if dj:
        chord = other * radius
        chord *= np.float32(2 * (1 - np.cos(dj * STEP_RAD)))
        gap += chord
    gap += np.float32((dk * STEP_MM) ** 2)
    return gap


def _strided_bound(points: _Points, target: _Target, which: Ints, stride: int) -> Singles:
    """Like `_vertex_bound` for the points `which`, from vertices that are multiples of `stride` away."""
    row, column, radius = points.row[which], points.column[which], points.radius[which]
    best = np.full(len(which), _FAR * _FAR, np.float32)
    flat = target.vertices.reshape(-1)
    for dk in range(-2 * stride, 2 * stride + 1, stride):
        k = row + dk
        first = np.clip(k, 0, SIZE - 1) * PERIOD
        outside = (k < 0) | (k >= SIZE)
        for dj in (-stride, 0, stride):
            other = flat[first + (column + dj) % PERIOD]
            other[outside] = _FAR
            np.minimum(best, _squared_gap(other, radius, dk, dj), out=best)
    return best


@dataclass(frozen=True, slots=True, eq=False)
class _Window:
    """How the search is done.

    Points of the `near` kind, (n,), are searched together, in all steps of at most `rows` and `columns` over the whole
    map; the others are too far away, or so close to the axis that they see every column, and ask a tree.
    """

    near: Mask
    rows: int
    columns: int

    @classmethod
    def of(cls, points: _Points, bound: Singles) -> "_Window":
        reach = np.sqrt(bound)
        rows = np.minimum(np.ceil(reach * np.float32((1 + 1e-5) / STEP_MM)), SIZE).astype(np.int64)
        # The distance to a half-plane at angle a is r sin(a), and r from a right angle on.
        share = np.ones_like(reach)
        np.divide(reach, points.radius, out=share, where=reach < points.radius)
        columns = np.ceil(np.arcsin(share) * np.float32((1 + 1e-5) / STEP_RAD)).astype(np.int64)
        columns[share >= 1] = _HALF_TURN
        shape = int(rows.max()) + 1, int(columns.max()) + 1
        inside = np.bincount(rows * shape[1] + columns, minlength=shape[0] * shape[1]).reshape(shape)
        others = len(rows) - inside.cumsum(0).cumsum(1)
        steps = 4.0 * np.arange(shape[0])[:, None] * np.arange(shape[1])
        cost = steps * (_NS_PER_STEP + _NS_PER_PIXEL * points.in_box.size) + others * _NS_PER_OTHER
        if cost.min() > _NS_OF_A_TREE:
            return cls(np.zeros(len(rows), np.bool_), 0, 0)
        cheapest = np.unravel_index(int(cost.argmin()), shape)
        near = (rows <= cheapest[0]) & (columns <= cheapest[1])
        return cls(near, int(cheapest[0]), int(cheapest[1]))


class _Cells(NamedTuple):
    """Pairs of a point (n,) and a cell `down` rows below and `across` columns beside it, (n,) or one for all."""

    point: Ints
    down: Ints | int
    across: Ints | int


def _near_cells(points: _Points, target: _Target, bound: Singles, window: _Window) -> Iterator[_Cells]:
    """Cells that may be nearer than the bound, for all `near` points of the map at once, step by step."""
    rows = window.rows
    low, high = _padded(target.low, rows), _padded(target.high, rows)
    radius = points.image(points.radius, 0.0)
    limit = points.image(np.where(window.near, _rounded_up(bound), np.float32(-1)), -1.0)
    number = (np.cumsum(points.in_box) - 1).reshape(-1)
    chord = [radius * _CHORD[2 * dj] for dj in range(max(window.columns, 1))]
    gap, other, fits = np.empty_like(radius), np.empty_like(radius), np.empty(radius.shape, np.bool_)
    for dk in range(-rows, rows):
        rest = limit - np.float32((max(dk, -dk - 1, 0) * STEP_MM) ** 2)
        for dj in range(-window.columns, window.columns):
            inner = points.neighbours(low, rows, dk, dj)
            np.subtract(inner, radius, out=gap)
            np.subtract(radius, points.neighbours(high, rows, dk, dj), out=other)
            np.maximum(gap, other, out=gap)
            np.maximum(gap, 0, out=gap)
            np.multiply(gap, gap, out=gap)
            if between := max(dj, -dj - 1, 0):
                np.multiply(inner, chord[between], out=other)
                np.add(gap, other, out=gap)
            hits = np.flatnonzero(np.less_equal(gap, rest, out=fits))
            if len(hits):
                yield _Cells(number[hits], dk, dj)


def _by_tree(points: _Points, target: _Target, to: QuadMap, bound: Singles, far: Ints, threads: int) -> Singles:
    """Squared distances of the points `far`, (n,), from a search tree of the blocks that they can reach."""
    cells = to.is_open.copy()
    cells[:, :PERIOD] &= _blocks_in_reach(points, target, bound, far)[:, :PERIOD]
    surface = Surface(quad_mesh(to.radius_mm, cells), threads)
    places = grid_points(points.row[far], points.column[far], points.radius[far].astype(np.float64))
    return (surface.closest(places).distances ** 2).astype(np.float32)


def _blocks_in_reach(points: _Points, target: _Target, bound: Singles, far: Ints) -> Mask:
    """Cells (256, 256) in squares of 8 x 8 that can be nearer to one of the points than its bound."""
    shape = _BLOCKS, _BLOCK, _BLOCKS, _BLOCK
    empty = np.full((SIZE, 1), _FAR)
    low = np.hstack([target.low, empty]).reshape(shape).min((1, 3))
    high = np.hstack([np.where(target.high == _FAR, -_FAR, target.high), -empty]).reshape(shape).max((1, 3))
    # The points are taken in squares too: the radii that they span, and the furthest that one of them looks.
    square = points.row[far] // _BLOCK * _BLOCKS + points.column[far] // _BLOCK
    inner, outer = np.full(_BLOCKS * _BLOCKS, _FAR), np.zeros(_BLOCKS * _BLOCKS, np.float32)
    reach = np.zeros(_BLOCKS * _BLOCKS, np.float32)
    np.minimum.at(inner, square, points.radius[far])
    np.maximum.at(outer, square, points.radius[far])
    np.maximum.at(reach, square, _rounded_up(bound[far]))
    group = np.flatnonzero(inner != _FAR)
    row, column = np.divmod(group, _BLOCKS)
    inner, outer, reach = (part[group, None, None] for part in (inner, outer, reach))
    along = np.arange(_BLOCKS)
    down = np.maximum(np.abs(along - row[:, None]) - 1, 0) * np.float32(_BLOCK * STEP_MM)
    # Columns between two squares, the short way around; the last square is a column short.
    apart = np.abs(along - column[:, None])
    between = np.maximum(np.minimum(apart, _BLOCKS - apart) * _BLOCK - _BLOCK - 1, 0)
    gap = np.maximum(np.maximum(low - outer, inner - high), 0) ** 2
    gap += low * inner * _CHORD[2 * between][:, None, :]
    gap += (down**2)[:, :, None]
    needed = ((gap <= reach) & (low != _FAR)).any(0)
    return needed.repeat(_BLOCK, 0).repeat(_BLOCK, 1)


def _rounded_up(squared: Singles) -> Singles:
    """A bound that rounding errors of the cells' bounds cannot undercut."""
    return squared * np.float32(1 + 1e-4) + np.float32(1e-5)


def _batches(cells: Iterator[_Cells]) -> Iterator[_Cells]:
    """Small lots joined, large ones as they are."""
    lots: list[_Cells] = []
    for lot in cells:
        if len(lot.point) > _BATCH // 4:
            for point in np.array_split(lot.point, 1 + len(lot.point) // _BATCH):
                yield _Cells(point, lot.down, lot.across)
            continue
        lots.append(lot)
        if sum(len(waiting.point) for waiting in lots) > _BATCH:
            yield _joined(lots)
            lots = []
    if lots:
        yield _joined(lots)


def _joined(lots: list[_Cells]) -> _Cells:
    down, across = (
        np.concatenate([np.broadcast_to(np.asarray(lot[part]), lot.point.shape) for lot in lots]) for part in (1, 2)
    )
    return _Cells(np.concatenate([lot.point for lot in lots]), down, across)


def _measure(points: _Points, target: _Target, cells: _Cells) -> Singles:
    """Squared distance from every point to the two triangles of its cell, (n,)."""
    top = points.flat[cells.point] + (cells.down * _WIDTH + cells.across)
    bottom = top + _WIDTH
    turn = cells.across + _HALF_TURN
    left, right = (_COS[turn], _SIN[turn]), (_COS[turn + 1], _SIN[turn + 1])
    (ax, ay), (cx, cy) = (_turned(target.left[at], *left) for at in (top, bottom))
    (bx, by), (dx, dy) = (_turned(target.right[at], *right) for at in (top, bottom))
    radius = points.radius[cells.point]
    # Sides before positions: near the axis the radius of the pixel would drown them.
    zero, fall = np.float32(0), np.float32(-STEP_MM)
    ab, ac = Vectors(bx - ax, by - ay, zero), Vectors(cx - ax, cy - ay, fall)
    dc, db = Vectors(cx - dx, cy - dy, zero), Vectors(bx - dx, by - dy, -fall)
    height = np.float32(1) * cells.down * fall
    upper = squared_distances(Vectors(ax - radius, ay, height), ab, ac)
    lower = squared_distances(Vectors(dx - radius, dy, height + fall), dc, db)
    return np.minimum(upper, lower, out=upper)


def _turned(radius: Singles, cosine: Singles, sine: Singles) -> tuple[Singles, Singles]:
    return radius * cosine, radius * sine


def _add_seam(points: _Points, to: QuadMap, best: Singles) -> None:
    """Lower `best` by the triangles of the last column, which run on into the next row and lie in one half-plane."""
    rows = np.flatnonzero(to.is_open[:, -1])
    if not len(rows):
        return
    angle = np.minimum(points.column, PERIOD - points.column) * STEP_RAD
    distance = np.where(angle < np.pi / 2, points.radius * np.sin(angle), points.radius)
    near = np.flatnonzero(distance**2 <= _rounded_up(best))
    if not len(near):
        return
    flat = to.radius_mm.reshape(-1)
    for some in np.array_split(near, 1 + len(near) * len(rows) // (8 * _BATCH)):
        point, row = (pair.reshape(-1) for pair in np.meshgrid(some, rows, indexing="ij"))
        down = row - points.row[point]
        fits = np.maximum(np.maximum(down, -down - 2), 0) * STEP_MM <= np.sqrt(_rounded_up(best[point]))
        point, row, down = point[fits], row[fits], down[fits]
        i = row * SIZE + PERIOD
        radius, cosine, sine = points.radius[point].astype(np.float64), np.cos(angle[point]), np.sin(angle[point])
        a, b, c, d = (
            Vectors(r * cosine - radius, r * sine, (down + below) * -STEP_MM)
            for r, below in ((flat[i], 0), (flat[i + 1], 1), (flat[i + SIZE], 1), (flat[i + SIZE + 1], 2))
        )
        squared = np.minimum(squared_distances(a, b.minus(a), c.minus(a)), squared_distances(d, c.minus(d), b.minus(d)))
        np.minimum.at(best, point, squared.astype(np.float32))
