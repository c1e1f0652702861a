"""Cylinder maps: the head unrolled around its vertical axis, and the meshes made of them.

Source: FaceScape benchmark (Zhu et al. 2023, arXiv:2111.01082) and its public evaluation code, whose
peculiarities are kept where they move numbers: 256 columns span 2 pi with the last on top of the
first, and the triangles of the last column run on into the next row.
"""

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np

from fsbench.mesh import Floats, Ints, Mask, Mesh
from fsbench.surface import NO_FACE, Surface

SIZE = 256
HALF_HEIGHT_MM = 150.0
JUMP_MM = 15.0
"""A quad whose radii differ by this or more stays open."""


class _Grid(NamedTuple):
    heights_mm: Floats
    outward: Floats


@cache
def _grid() -> _Grid:
    """Height of every row (256,), and the unit vector that every column looks along (256, 3), head frame."""
    theta = np.arange(SIZE) * 2 * np.pi / (SIZE - 1)
    outward = np.stack([-np.sin(theta), np.zeros(SIZE), -np.cos(theta)], 1)
    return _Grid(np.linspace(HALF_HEIGHT_MM, -HALF_HEIGHT_MM, SIZE), outward)


@dataclass(frozen=True, slots=True, eq=False)
class CylinderMap:
    """Outermost surface around the head's axis: `radius_mm` (256, 256), 0 where there is none; `faces` (256, 256)."""

    radius_mm: Floats
    faces: Ints

    @property
    def covered(self) -> Mask:
        """Pixels with a surface, (256, 256)."""
        return self.radius_mm != 0


def inward_rays(start_mm: float) -> tuple[Floats, Floats]:
    """Rays of all pixels from `start_mm` outside towards the axis, head frame: origins, directions (65536, 3)."""
    grid = _grid()
    origins = np.empty((SIZE, SIZE, 3))
    origins[:] = grid.outward * start_mm
    origins[..., 1] = grid.heights_mm[:, None]
    directions = np.broadcast_to(-grid.outward, (SIZE, SIZE, 3))
    return origins.reshape(-1, 3), directions.reshape(-1, 3)


def cylinder_map(
    surface: Surface, origins: Floats, directions: Floats, start_mm: float, scale: float = 1.0
) -> CylinderMap:
    """Cast `inward_rays`: their first hit is the outermost one.

    Parameters
    ----------
    surface : Surface
    origins, directions : (65536, 3)
        `inward_rays(start_mm)`, moved into the surface's frame.
    start_mm : float
        Where the rays start; nothing of the surface may lie further out.
    scale : float
        Millimetres per length of a direction in the surface's frame.
    """
    hits = surface.first_hits(origins, directions)
    radius = start_mm - hits.distances * scale
    outside_axis = hits.found & (radius > 0)
    return CylinderMap(
        np.where(outside_axis, radius, 0.0).reshape(SIZE, SIZE),
        np.where(outside_axis, hits.faces, NO_FACE).reshape(SIZE, SIZE),
    )


def cylinder_mesh(radius_mm: Floats) -> Mesh | None:
    """Triangulate a map; None where no quad opens.

    Pixel (k, j) opens the quad of (k, j), (k+1, j), (k, j+1), (k+1, j+1), cyclic, if its radius is
    non-zero and differs from the other three by less than `JUMP_MM`. Vertices that no triangle uses
    are dropped.
    """
    step = np.zeros_like(radius_mm)
    for shift in ((-1, 0), (0, -1), (-1, -1)):
        np.maximum(step, np.abs(radius_mm - np.roll(radius_mm, shift, (0, 1))), out=step)
    i = np.flatnonzero((step < JUMP_MM) & (radius_mm != 0))
    # The public code indexes past the end here and stops; the quad does not exist.
    i = i[i + SIZE + 1 < SIZE * SIZE]
    if not len(i):
        return None
    used = np.zeros(SIZE * SIZE, np.bool_)
    for offset in (0, 1, SIZE, SIZE + 1):
        used[i + offset] = True
    pixels = np.flatnonzero(used)
    new = np.empty(SIZE * SIZE, np.int64)
    new[pixels] = np.arange(len(pixels))
    a, b, c, d = new[i], new[i + 1], new[i + SIZE], new[i + SIZE + 1]
    faces = np.empty((2 * len(i), 3), np.int64)
    faces[: len(i)] = np.stack([a, b, c], 1)
    faces[len(i) :] = np.stack([d, c, b], 1)
    grid = _grid()
    vertices = radius_mm.reshape(-1)[pixels, None] * grid.outward[pixels % SIZE]
    vertices[:, 1] = grid.heights_mm[pixels // SIZE]
    return Mesh(vertices, faces)
