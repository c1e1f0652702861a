"""Raster: what a grid of rays meets first, found by going through the triangles instead of the rays.

The meshes have about as many triangles as the grid has rays, so every triangle meets one ray or two. Listing these
pairs and keeping the best of every ray takes less time than a search tree takes to be built, in double precision.
A ray that meets an edge or a vertex exactly hits.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from fsbench.mesh import Floats, Ints, Mask

NO_FACE = -1
_FACES_AT_ONCE = 16384
_PAIRS_AT_ONCE = 65536
_ON_EDGE = 1e-11
"""Twice the area (px^2, mm^2) by which a ray may miss a triangle through rounding."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What each ray of a grid meets: `values` (rows, columns), 0 where nothing; `faces`, -1 where nothing."""

    values: Floats
    faces: Ints


class _Pairs(NamedTuple):
    """Rays that a face may meet, (n,) each; faces count from the first of those at hand."""

    face: Ints
    row: Ints
    column: Ints


class _Best:
    """The largest value of every ray so far."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self._shape = shape
        self._value = np.full(shape[0] * shape[1], -np.inf)
        self._face = np.full(shape[0] * shape[1], NO_FACE)

    def offer(self, rays: Ints, values: Floats, faces: Ints) -> None:
        """Keep what is larger than what there was; (n,) each, rays as flat numbers."""
        np.maximum.at(self._value, rays, values)
        won = values == self._value[rays]
        self._face[rays[won]] = faces[won]

    def seen(self) -> Seen:
        found = self._face != NO_FACE
        values = np.where(found, self._value, 0.0)
        return Seen(values.reshape(self._shape), self._face.reshape(self._shape))


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
    best = _Best(wanted.shape)
    x, y = (np.ascontiguousarray(pixels[:, axis]) for axis in (0, 1))
    for start in range(0, len(faces), _FACES_AT_ONCE):
        some = faces[start : start + _FACES_AT_ONCE].T
        xs, ys = [x[i] for i in some], [y[i] for i in some]
        front = (xs[1] - xs[0]) * (ys[2] - ys[0]) - (ys[1] - ys[0]) * (xs[2] - xs[0]) < 0
        for face, row, column in _pairs(ys, xs, front, wanted, is_cyclic=False):
            hit, weights = _inside([part[face] - column for part in xs], [part[face] - row for part in ys])
            face, ray = face[hit], (row * wanted.shape[1] + column)[hit]
            value = _mix(weights, [nearness[i[face]] for i in some])
            before = value < limit
            best.offer(ray[before], value[before], start + face[before])
    return best.seen()


def outermost(points: Floats, faces: Ints, rows: Floats, turn_columns: int, wanted: Mask) -> Seen:
    """Cast rays from a vertical axis outwards and keep the last hit of each.

    Parameters
    ----------
    points : (V, 3)
        Vertices; the axis is y.
    faces : (F, 3)
        Either side counts.
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
    best = _Best(wanted.shape)
    step = 2 * np.pi / turn_columns
    x, y, z = (np.ascontiguousarray(points[:, axis]) for axis in range(3))
    row = (rows[0] - y) * ((len(rows) - 1) / (rows[0] - rows[-1]))
    column = np.arctan2(-x, -z) / step
    column[column < 0] += turn_columns
    angles = np.arange(turn_columns) * step
    sine, cosine = np.sin(angles), np.cos(angles)
    for start in range(0, len(faces), _FACES_AT_ONCE):
        some = faces[start : start + _FACES_AT_ONCE].T
        across = _unwrapped([column[i] for i in some], turn_columns)
        xs, ys, zs = ([part[i] for i in some] for part in (x, y, z))
        for face, level, turn in _pairs([row[i] for i in some], across, True, wanted, is_cyclic=True):
            s, c, height = sine[turn], cosine[turn], rows[level]
            corners = [(a[face], b[face]) for a, b in zip(xs, zs, strict=True)]
            hit, weights = _inside([b * s - a * c for a, b in corners], [part[face] - height for part in ys])
            s, c, face, ray = s[hit], c[hit], face[hit], (level * turn_columns + turn)[hit]
            radius = -_mix(weights, [a[hit] * s + b[hit] * c for a, b in corners])
            beyond = radius > 0
            best.offer(ray[beyond], radius[beyond], start + face[beyond])
    return best.seen()


def _unwrapped(columns: list[Floats], turn: int) -> list[Floats]:
    """Columns of three corners such that the face lies between the least and the greatest.

    A face around the axis gets a whole turn: its corners are never within half a one.
    """
    span = _greatest(columns) - _least(columns)
    if not (wide := span > turn / 2).any():
        return columns
    columns = [np.where(wide & (column < turn / 2), column + turn, column) for column in columns]
    span = _greatest(columns) - _least(columns)
    around = span >= turn / 2
    columns[0][around], columns[1][around], columns[2][around] = 0, turn - 1, 0
    return columns


def _least(corners: Sequence[Floats]) -> Floats:
    a, b, c = corners
    return np.minimum(np.minimum(a, b), c)


def _greatest(corners: Sequence[Floats]) -> Floats:
    a, b, c = corners
    return np.maximum(np.maximum(a, b), c)


def _pairs(
    rows: Sequence[Floats], columns: Sequence[Floats], chosen: Mask | bool, wanted: Mask, *, is_cyclic: bool
) -> Iterator[_Pairs]:
    """All wanted rays inside the boxes around faces, given by their corners; columns may be cyclic."""
    tolerance = 1e-9
    levels = np.flatnonzero(wanted.any(1))
    if not len(levels):
        return
    top = np.maximum(np.ceil(_least(rows) - tolerance), levels[0])
    bottom = np.minimum(np.floor(_greatest(rows) + tolerance), levels[-1])
    left, right = np.ceil(_least(columns) - tolerance), np.floor(_greatest(columns) + tolerance)
    if not is_cyclic:
        # A face that comes near the camera may be millions of columns wide.
        sides = np.flatnonzero(wanted.any(0))
        left, right = np.maximum(left, sides[0]), np.minimum(right, sides[-1])
    at = np.flatnonzero(chosen & (top <= bottom) & (left <= right))
    top, left = top[at].astype(np.int64), left[at].astype(np.int64)
    width = right[at].astype(np.int64) - left + 1
    counts = (bottom[at].astype(np.int64) - top + 1) * width
    ends = np.cumsum(counts)
    start = 0
    while start < len(at):
        done = int(ends[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + _PAIRS_AT_ONCE, "right")))
        index = np.repeat(np.arange(start, stop), counts[start:stop])
        local = np.arange(done, int(ends[stop - 1])) - (ends - counts)[index]
        down = local // width[index]
        row, column = top[index] + down, (left[index] + local - down * width[index]) % wanted.shape[1]
        keep = np.flatnonzero(wanted[row, column])
        yield _Pairs(at[index[keep]], row[keep], column[keep])
        start = stop


def _inside(across: list[Floats], up: list[Floats]) -> tuple[Ints, list[Floats]]:
    """Which triangles in the plane hold the origin, (m,), and its barycentric coordinates in those, (m,) each."""
    (xa, xb, xc), (ya, yb, yc) = across, up
    a, b, c = xb * yc - xc * yb, xc * ya - xa * yc, xa * yb - xb * ya
    area = a + b + c
    low, high = _least((a, b, c)), _greatest((a, b, c))
    hit = np.flatnonzero(((low >= -_ON_EDGE) & (area > 0)) | ((high <= _ON_EDGE) & (area < 0)))
    area = area[hit]
    return hit, [part[hit] / area for part in (a, b, c)]


def _mix(weights: list[Floats], values: list[Floats]) -> Floats:
    (a, b, c), (at_a, at_b, at_c) = weights, values
    mixed: Floats = a * at_a + b * at_b + c * at_c
    return mixed
