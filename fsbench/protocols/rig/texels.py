"""Texels: places on a mesh at the pixels of its texture, where displacement maps are compared."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fsbench.core.compiled import compiled
from fsbench.core.errors import MeshError
from fsbench.core.mesh import Floats, Ints
from fsbench.io.displacement import sample_bilinear
from fsbench.io.obj_uv import TextureMap

SIDE_PX = 1024
"""Side of the grid on which maps are compared."""
_LOW_PX, _LOW_SIGMA_PX = 256, 10.0
_BLOCK = SIDE_PX // _LOW_PX


@dataclass(frozen=True, slots=True, eq=False)
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
    def of(cls, texture: TextureMap, of_face: npt.NDArray[np.bool_]) -> "Texels":
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
        from scipy.ndimage import gaussian_filter

        low_rows, low_columns = self.rows // _BLOCK, self.columns // _BLOCK
        flat = low_rows * _LOW_PX + low_columns
        n = np.bincount(flat, minlength=_LOW_PX**2).reshape(_LOW_PX, _LOW_PX).astype(np.float64)
        sums = np.bincount(flat, values, _LOW_PX**2).reshape(_LOW_PX, _LOW_PX)
        settings: dict[str, Any] = {"sigma": _LOW_SIGMA_PX, "mode": "constant"}
        blurred, share = gaussian_filter(sums, **settings), gaussian_filter(n, **settings)
        # Bilinear between pixels, and only between those on the face.
        x, y = (self.columns + 0.5) / _BLOCK - 0.5, (self.rows + 0.5) / _BLOCK - 0.5
        there = n > 0
        low = np.divide(blurred, share, out=np.zeros_like(blurred), where=there)
        found = sample_bilinear(low, x, y) / sample_bilinear(there.astype(np.float64), x, y)
        return values - found

    @property
    def uv(self) -> Floats:
        """Texture coordinates of the texels' middles, (n, 2)."""
        return np.column_stack([(self.columns + 0.5) / SIDE_PX, 1.0 - (self.rows + 0.5) / SIDE_PX])


@compiled("void(f8[:,:,::1], i8[:,::1], f8[:,:,::1])")
def _draw(xy: Floats, hit: Ints, weights: Floats) -> None:
    height, width = hit.shape
    for t in range(len(xy)):
        ax, ay, bx, by, cx, cy = xy[t, 0, 0], xy[t, 0, 1], xy[t, 1, 0], xy[t, 1, 1], xy[t, 2, 0], xy[t, 2, 1]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area == 0.0:
            continue
        # Limits first: a coordinate may be beyond all whole numbers.
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
