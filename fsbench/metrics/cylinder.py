"""Cylinder maps: the head unrolled around its vertical axis, and the meshes made of them.

Source: FaceScape benchmark (Zhu et al. 2023, arXiv:2111.01082) and its public evaluation code, whose
peculiarities are kept where they move numbers: 256 columns span 2 pi with the last on top of the
first, and the triangles of the last column run on into the next row.
"""

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np

from fsbench.core.compiled import POINTS, compiled
from fsbench.core.errors import MetricError
from fsbench.core.mesh import Floats, Ints, Mask, Mesh
from fsbench.geometry.raster import outermost

SIZE = 256
HALF_HEIGHT_MM = 150.0
JUMP_MM = 15.0
"""A quad whose radii differ by this or more stays open."""


class Grid(NamedTuple):
    heights_mm: Floats
    outward: Floats


@cache
def grid() -> Grid:
    """Height of every row (256,), and the unit vector that every column looks along (256, 3), head frame."""
    theta = np.arange(SIZE) * 2 * np.pi / (SIZE - 1)
    outward = np.stack([-np.sin(theta), np.zeros(SIZE), -np.cos(theta)], 1)
    return Grid(np.linspace(HALF_HEIGHT_MM, -HALF_HEIGHT_MM, SIZE), outward)


@dataclass(frozen=True, slots=True, eq=False)
class CylinderMap:
    """Outermost surface around the head's axis: `radius_mm` (256, 256), 0 where there is none; `faces` (256, 256).

    `n_two_sided` pixels have triangles that look opposite ways at the same place.
    """

    radius_mm: Floats
    faces: Ints
    n_two_sided: int = 0

    @property
    def covered(self) -> Mask:
        """Pixels with a surface, (256, 256)."""
        found: Mask = self.radius_mm != 0
        return found


def cylinder_map(points: Floats, faces: Ints, wanted: Mask | None = None) -> CylinderMap:
    """Map a mesh.

    Parameters
    ----------
    points : (V, 3)
        Vertices in the head frame, mm.
    faces : (F, 3)
        Either side counts; where two lie on each other, the one that looks outwards.
    wanted : (256, 256), optional
        Pixels to look at, the others stay empty; all if not given. The last column follows the first.
    """
    turn = np.ones((SIZE, SIZE - 1), np.bool_) if wanted is None else wanted[:, :-1]
    seen = outermost(points, faces, grid().heights_mm, SIZE - 1, turn)
    radius_mm, hit = np.hstack([seen.values, seen.values[:, :1]]), np.hstack([seen.faces, seen.faces[:, :1]])
    return CylinderMap(radius_mm, hit, seen.n_two_sided)


@dataclass(frozen=True, slots=True, eq=False)
class QuadMap:
    """A map with its quads.

    Attributes
    ----------
    radius_mm : (256, 256)
        0 where there is none.
    is_open : (256, 256)
        Pixels that open a quad with (k+1, j), (k, j+1), (k+1, j+1), cyclic: those whose radius is non-zero and differs
        from the other three by less than `JUMP_MM`. In the last column the flat index runs on into the next row, see
        `cylinder_mesh`.
    corners : (256, 256)
        Pixels that are a vertex of the cylinder mesh.
    """

    radius_mm: Floats
    is_open: Mask
    corners: Mask

    @classmethod
    def of(cls, radius_mm: Floats) -> "QuadMap":
        """Find the quads of a map, (256, 256); MetricError if it has another shape."""
        radii, is_open = _checked(radius_mm), np.empty((SIZE, SIZE), np.bool_)
        _find_quads(radii, is_open)
        return cls(radii, is_open, _corners(is_open))

    def within(self, kept: Mask) -> "QuadMap":
        """Only the quads whose four corners are among these pixels, (256, 256)."""
        n = SIZE * SIZE
        padded = np.zeros(n + SIZE + 1, np.bool_)
        padded[:n] = kept.reshape(-1)
        whole = padded[:n] & padded[1 : n + 1] & padded[SIZE : n + SIZE] & padded[SIZE + 1 :]
        is_open = self.is_open & whole.reshape(SIZE, SIZE)
        return QuadMap(self.radius_mm, is_open, _corners(is_open))


def _corners(is_open: Mask) -> Mask:
    used, quads = np.zeros(SIZE * SIZE, np.bool_), is_open.reshape(-1)
    for offset in (0, 1, SIZE, SIZE + 1):
        used[offset:] |= quads[: SIZE * SIZE - offset]
    return used.reshape(SIZE, SIZE)


@compiled(f"void({POINTS}, b1[:,::1])")
def _find_quads(radius_mm: Floats, is_open: Mask) -> None:
    """Mark the pixels that open a quad, see `QuadMap`."""
    # The public code indexes past the end from here on and stops; the quad does not exist.
    n = SIZE * SIZE - SIZE - 1
    for k in range(SIZE):
        below = k + 1 if k + 1 < SIZE else 0
        for j in range(SIZE):
            beside, radius = j + 1 if j + 1 < SIZE else 0, radius_mm[k, j]
            is_open[k, j] = (
                radius != 0
                and abs(radius - radius_mm[below, j]) < JUMP_MM
                and abs(radius - radius_mm[k, beside]) < JUMP_MM
                and abs(radius - radius_mm[below, beside]) < JUMP_MM
                and k * SIZE + j < n
            )


def _checked(radius_mm: Floats) -> Floats:
    """The map as compiled loops take it, which look at all its pixels whatever its shape."""
    radii = np.ascontiguousarray(radius_mm, np.float64)
    if radii.shape != (SIZE, SIZE):
        raise MetricError(f"a cylinder map has shape {radii.shape}, expected {(SIZE, SIZE)}")
    return radii


def grid_positions(radius_mm: Floats) -> Floats:
    """Positions of a map's pixels in the head frame, (256, 256, 3); MetricError if the map has another shape."""
    positions = np.empty((SIZE, SIZE, 3))
    _place(_checked(radius_mm), *grid(), positions)
    return positions


@compiled(f"void({POINTS}, f8[::1], f8[:,::1], f8[:,:,::1])")
def _place(radius_mm: Floats, heights_mm: Floats, outward: Floats, positions: Floats) -> None:
    for k in range(SIZE):
        for j in range(SIZE):
            positions[k, j, 0] = radius_mm[k, j] * outward[j, 0]
            positions[k, j, 1] = heights_mm[k]
            positions[k, j, 2] = radius_mm[k, j] * outward[j, 2]


def cylinder_mesh(radius_mm: Floats) -> Mesh | None:
    """Triangulate a map; None where no quad opens.

    Quad i = 256 k + j (see `QuadMap`) gives the triangles (i, i+1, i+256) and (i+257, i+256, i+1). Vertices that
    no triangle uses are dropped, the others are the pixels in row order.
    """
    is_open = QuadMap.of(radius_mm).is_open
    return quad_mesh(radius_mm, is_open) if is_open.any() else None


def quad_mesh(radius_mm: Floats, is_open: Mask) -> Mesh:
    """The triangles of some quads, see `cylinder_mesh`."""
    i = np.flatnonzero(is_open)
    pixels = np.flatnonzero(_corners(is_open))
    new = np.empty(SIZE * SIZE, np.int64)
    new[pixels] = np.arange(len(pixels))
    a, b, c, d = new[i], new[i + 1], new[i + SIZE], new[i + SIZE + 1]
    faces = np.concatenate([np.stack([a, b, c], 1), np.stack([d, c, b], 1)])
    return Mesh(grid_positions(radius_mm).reshape(-1, 3)[pixels], faces)
