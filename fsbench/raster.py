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
    """Rays that a face may meet: `face` (n,), `row`, `column` (n,)."""

    face: Ints
    row: Ints
    column: Ints


class _Best:
    """The largest value of every ray so far."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self._shape = shape
        self._value = np.full(shape[0] * shape[1], -np.inf)
        self._face = np.full(shape[0] * shape[1], NO_FACE)

    def offer(self, pairs: _Pairs, values: Floats) -> None:
        """Keep what is larger than what there was."""
        ray = pairs.row * self._shape[1] + pairs.column
        np.maximum.at(self._value, ray, values)
        won = values == self._value[ray]
        self._face[ray[won]] = pairs.face[won]

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
        some = faces[start : start + _FACES_AT_ONCE]
        (xa, xb, xc), (ya, yb, yc) = ([part[some[:, i]] for i in range(3)] for part in (x, y))
        front = (xb - xa) * (yc - ya) - (yb - ya) * (xc - xa) < 0
        for pairs in _pairs(start, (ya, yb, yc), (xa, xb, xc), front, wanted):
            corners = [faces[pairs.face, i] for i in range(3)]
            weights, hit = _weights([x[i] - pairs.column for i in corners], [y[i] - pairs.row for i in corners])
            value = sum(weight * nearness[i] for weight, i in zip(weights, corners, strict=True))
            hit &= value < limit
            best.offer(_Pairs(*(part[hit] for part in pairs)), value[hit])
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
        some = faces[start : start + _FACES_AT_ONCE]
        across = _unwrapped([column[some[:, i]] for i in range(3)], turn_columns)
        for pairs in _pairs(start, [row[some[:, i]] for i in range(3)], across, True, wanted):
            s, c, height = sine[pairs.column], cosine[pairs.column], rows[pairs.row]
            corners = [faces[pairs.face, i] for i in range(3)]
            places = [(x[i], z[i]) for i in corners]
            weights, hit = _weights([b * s - a * c for a, b in places], [y[i] - height for i in corners])
            radius = -sum(weight * (a * s + b * c) for weight, (a, b) in zip(weights, places, strict=True))
            hit &= radius > 0
            best.offer(_Pairs(*(part[hit] for part in pairs)), radius[hit])
    return best.seen()


def _unwrapped(columns: list[Floats], turn: int) -> list[Floats]:
    """Columns of three corners such that the face lies between the least and the greatest.

    A face around the axis gets a whole turn: its corners are never within half a one.
    """
    span = np.maximum.reduce(columns) - np.minimum.reduce(columns)
    if not (wide := span > turn / 2).any():
        return columns
    columns = [np.where(wide & (column < turn / 2), column + turn, column) for column in columns]
    span = np.maximum.reduce(columns) - np.minimum.reduce(columns)
    around = span >= turn / 2
    columns[0][around], columns[1][around], columns[2][around] = 0, turn - 1, 0
    return columns


def _pairs(
    first_face: int, rows: Sequence[Floats], columns: Sequence[Floats], chosen: Mask | bool, wanted: Mask
) -> Iterator[_Pairs]:
    """All wanted rays inside the boxes around faces, given by their corners; columns are cyclic."""
    tolerance = 1e-9
    levels = np.flatnonzero(wanted.any(1))
    if not len(levels):
        return
    top = np.maximum(np.ceil(np.minimum.reduce(rows) - tolerance), levels[0])
    bottom = np.minimum(np.floor(np.maximum.reduce(rows) + tolerance), levels[-1])
    left, right = np.ceil(np.minimum.reduce(columns) - tolerance), np.floor(np.maximum.reduce(columns) + tolerance)
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
        yield _Pairs(first_face + at[index[keep]], row[keep], column[keep])
        start = stop


def _weights(across: list[Floats], up: list[Floats]) -> tuple[list[Floats], Mask]:
    """Barycentric coordinates of the origin in triangles in the plane, and whether it is inside."""
    (xa, xb, xc), (ya, yb, yc) = across, up
    a, b, c = xb * yc - xc * yb, xc * ya - xa * yc, xa * yb - xb * ya
    area = a + b + c
    sign = np.sign(area)
    inside = sign != 0
    for part in (a, b, c):
        part *= sign
        inside &= part >= -_ON_EDGE
    area = np.where(inside, np.abs(area), 1.0)
    return [a / area, b / area, c / area], inside
