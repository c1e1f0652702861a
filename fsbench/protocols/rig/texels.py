"""Texels: places on a mesh at the pixels of its texture, at which displacement maps are compared."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fsbench.core.compiled import POINTS, compiled, inlined
from fsbench.core.errors import MeshError
from fsbench.core.mesh import Floats, Ints, Mask, Mesh
from fsbench.geometry.bilinear import sample_bilinear
from fsbench.geometry.normals import vertex_normals
from fsbench.io.obj_uv import TextureMap

SIDE_PX = 1024
"""Side of the grid on which maps are compared."""
_LOW_PX, _LOW_SIGMA_PX = 256, 10.0
_BLOCK = SIDE_PX // _LOW_PX


@dataclass(frozen=True, eq=False)
class Texels:
    """The pixels of a 1024 x 1024 grid whose middle is on a triangle of the face.

    Attributes
    ----------
    rows, columns : ndarray of int, (n,)
    triangles : ndarray of int, (n,)
        The mesh's triangle at each.
    weights : ndarray, (n, 3)
        Of its corners.
    neighbours : ndarray of int, (m, 5)
        Texels with neighbours on all four sides: itself, left, right, above, below.
    """

    rows: Ints
    columns: Ints
    triangles: Ints
    weights: Floats
    neighbours: Ints

    @classmethod
    def of(cls, texture: TextureMap, of_face: Mask) -> "Texels":
        """Draw the triangles (F,) of the face into the grid; of those that overlap, the first in the file counts.

        Raises
        ------
        MeshError
            If no texel is on the face.
        """
        chosen = np.flatnonzero(of_face)
        corners = texture.uv[texture.corners[chosen]]
        xy = np.stack([corners[..., 0] * SIDE_PX - 0.5, (1.0 - corners[..., 1]) * SIDE_PX - 0.5], -1)
        hit = np.full((SIDE_PX, SIDE_PX), -1, np.int64)
        weights = np.zeros((SIDE_PX, SIDE_PX, 3))
        _draw(np.ascontiguousarray(xy), hit, weights)
        rows, columns = np.nonzero(hit >= 0)
        if not len(rows):
            raise MeshError("no pixel of the displacement map is on the face: are the texture coordinates in [0, 1]?")
        number = np.full((SIDE_PX + 2, SIDE_PX + 2), -1, np.int64)
        number[rows + 1, columns + 1] = np.arange(len(rows))
        r, c = rows + 1, columns + 1
        around = np.stack([number[r, c], number[r, c - 1], number[r, c + 1], number[r - 1, c], number[r + 1, c]], 1)
        whole = around[(around >= 0).all(1)]
        return cls(rows, columns, chosen[hit[rows, columns]], weights[rows, columns], whole)

    def without_low(self, values: Floats) -> Floats:
        """Values (n,) without their low frequencies: a Gaussian of sigma 10 px at 256 x 256, within the face."""
        blocks, share, inverse, x, y = self._low_grid
        sums = np.bincount(blocks, values, _LOW_PX**2).reshape(_LOW_PX, _LOW_PX).astype(np.float64)
        low: Floats = sample_bilinear(_blurred(sums) * share, x, y) * inverse
        high: Floats = values - low
        return high

    @cached_property
    def _low_grid(self) -> tuple[Ints, Floats, Floats, Floats, Floats]:
        """The block of each texel; one over the blurred number of texels; and where to look up between blocks.

        A block without a texel counts for nothing, neither in the blur nor between blocks.
        """
        blocks = self.rows // _BLOCK * _LOW_PX + self.columns // _BLOCK
        n = np.bincount(blocks, minlength=_LOW_PX**2).reshape(_LOW_PX, _LOW_PX).astype(np.float64)
        x, y = (self.columns + 0.5) / _BLOCK - 0.5, (self.rows + 0.5) / _BLOCK - 0.5
        there = n > 0
        share = np.divide(1.0, _blurred(n), out=np.zeros_like(n), where=there)
        return blocks, share, 1.0 / sample_bilinear(there.astype(np.float64), x, y), x, y

    @cached_property
    def uv(self) -> Floats:
        """Texture coordinates of the texels' middles, (n, 2)."""
        return np.column_stack([(self.columns + 0.5) / SIDE_PX, 1.0 - (self.rows + 0.5) / SIDE_PX])

    def normal_deg(self, mesh: Mesh, first: Floats, second: Floats, among: Mask | None) -> float:
        """Mean angle between the normals of a mesh that is displaced in two ways.

        Parameters
        ----------
        mesh : Mesh
            Of the texture's triangles, in mm.
        first, second : ndarray, (n,)
            Displacements at the texels along the mesh's smooth normals, mm.
        among : ndarray of bool, (n,), optional
            Texels that count.

        Returns
        -------
        float
            Normals are from central differences between neighbouring texels; NaN without any.
        """
        around = self.neighbours if among is None else self.neighbours[among[self.neighbours[:, 0]]]
        if not len(around):
            return float("nan")
        corners = mesh.faces[self.triangles]
        places = np.empty((2, len(corners), 3))
        total = _angles(mesh.vertices, vertex_normals(mesh), corners, self.weights, first, second, around, places)
        return float(np.degrees(total / len(around)))


def _blurred(image: Floats) -> Floats:
    from scipy.ndimage import gaussian_filter

    found: Floats = gaussian_filter(image, sigma=_LOW_SIGMA_PX, mode="constant")
    return found


@inlined
def _displaced(
    vertices: Floats, normals: Floats, corners: Ints, weights: Floats, heights: Floats, found: Floats
) -> None:
    for i in range(len(corners)):
        nx, ny, nz = 0.0, 0.0, 0.0
        x, y, z = 0.0, 0.0, 0.0
        for k in range(3):
            v, w = corners[i, k], weights[i, k]
            x, y, z = x + w * vertices[v, 0], y + w * vertices[v, 1], z + w * vertices[v, 2]
            nx, ny, nz = nx + w * normals[v, 0], ny + w * normals[v, 1], nz + w * normals[v, 2]
        by = heights[i] / max(np.sqrt(nx * nx + ny * ny + nz * nz), 1e-300)
        found[i, 0], found[i, 1], found[i, 2] = x + by * nx, y + by * ny, z + by * nz


@inlined
def _across(p: Floats, left: int, right: int, above: int, below: int) -> tuple[float, float, float]:
    ux, uy, uz = p[right, 0] - p[left, 0], p[right, 1] - p[left, 1], p[right, 2] - p[left, 2]
    vx, vy, vz = p[above, 0] - p[below, 0], p[above, 1] - p[below, 1], p[above, 2] - p[below, 2]
    return uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx


@compiled(f"f8({POINTS}, f8[:,::1], i8[:,::1], f8[:,::1], f8[::1], f8[::1], i8[:,::1], f8[:,:,::1])")
def _angles(
    vertices: Floats,
    normals: Floats,
    corners: Ints,
    weights: Floats,
    first: Floats,
    second: Floats,
    around: Ints,
    places: Floats,
) -> float:
    """Sum of the angles, in radians; where the displaced texels are goes into `places`."""
    p, q = places[0], places[1]
    _displaced(vertices, normals, corners, weights, first, p)
    _displaced(vertices, normals, corners, weights, second, q)
    total = 0.0
    for i in range(len(around)):
        left, right, above, below = around[i, 1], around[i, 2], around[i, 3], around[i, 4]
        ax, ay, az = _across(p, left, right, above, below)
        bx, by, bz = _across(q, left, right, above, below)
        cx, cy, cz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
        # The arc tangent keeps small angles, of which the cosine loses half the digits.
        total += np.arctan2(np.sqrt(cx * cx + cy * cy + cz * cz), ax * bx + ay * by + az * bz)
    return total


@compiled("void(f8[:,:,::1], i8[:,::1], f8[:,:,::1])")
def _draw(xy: Floats, hit: Ints, weights: Floats) -> None:
    height, width = hit.shape
    for t in range(len(xy)):
        ax, ay, bx, by, cx, cy = xy[t, 0, 0], xy[t, 0, 1], xy[t, 1, 0], xy[t, 1, 1], xy[t, 2, 0], xy[t, 2, 1]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area == 0.0:
            continue
        # Clip first: a coordinate may exceed all whole numbers.
        first_row = int(np.ceil(min(max(min(ay, by, cy), 0.0), height * 1.0)))
        last_row = int(np.floor(max(min(max(ay, by, cy), height - 1.0), -1.0)))
        first_column = int(np.ceil(min(max(min(ax, bx, cx), 0.0), width * 1.0)))
        last_column = int(np.floor(max(min(max(ax, bx, cx), width - 1.0), -1.0)))
        for row in range(first_row, last_row + 1):
            for column in range(first_column, last_column + 1):
                if hit[row, column] >= 0:
                    continue
                wa = ((bx - column) * (cy - row) - (by - row) * (cx - column)) / area
                wb = ((cx - column) * (ay - row) - (cy - row) * (ax - column)) / area
                wc = 1.0 - wa - wb
                if wa >= -1e-12 and wb >= -1e-12 and wc >= -1e-12:
                    hit[row, column] = t
                    weights[row, column, 0] = wa
                    weights[row, column, 1] = wb
                    weights[row, column, 2] = wc
