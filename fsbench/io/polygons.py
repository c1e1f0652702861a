"""Splits polygons into triangles, in the order of the benchmark's official reader."""

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from fsbench.core.mesh import Ints

_Index = TypeVar("_Index", bound=np.integer[Any])
_AT_ONCE = 1 << 16


def triangulate(corners: npt.NDArray[_Index], sizes: Ints, in_halves: bool = True) -> npt.NDArray[_Index]:
    """Split polygons into triangles.

    A quad (a, b, c, d) gives (a, b, c), (c, d, a); a larger polygon gives a fan around its first corner; one with
    fewer than three corners gives nothing. Triangles keep the order of the file, unless all polygons are quads: then
    all first halves come before all second halves, as in trimesh 3, the official reader of FaceScape.

    Parameters
    ----------
    corners : array of int, (sum of sizes,)
        Vertex indices, polygon after polygon.
    sizes : array of int, (n,)
        Corners of each polygon.
    in_halves : bool, optional
        False keeps the halves of each quad together, even if all polygons are quads.

    Returns
    -------
    array, (F, 3)
        With the type of `corners`.

    Examples
    --------
    >>> triangulate(np.array([0, 1, 2, 3]), np.array([4])).tolist()
    [[0, 1, 2], [2, 3, 0]]
    >>> triangulate(np.array([5, 6, 7, 0, 1, 2, 3, 4]), np.array([3, 5])).tolist()
    [[5, 6, 7], [0, 1, 2], [0, 2, 3], [0, 3, 4]]
    """
    size = int(sizes[0]) if len(sizes) and (sizes == sizes[0]).all() else 0
    if size == 3:
        return corners.reshape(-1, 3)
    if size == 4 and in_halves:
        quads = corners.reshape(-1, 4)
        return np.concatenate([quads[:, [0, 1, 2]], quads[:, [2, 3, 0]]])
    # In blocks, as the temporary arrays take several times the memory of the polygons.
    stops = np.cumsum(sizes)
    pieces = [np.empty((0, 3), corners.dtype)]
    for i in range(0, len(sizes), _AT_ONCE):
        some = sizes[i : i + _AT_ONCE]
        pieces.append(_mixed(corners[stops[i] - sizes[i] : stops[i + len(some) - 1]], some))
    return np.concatenate(pieces)


def _mixed(corners: npt.NDArray[_Index], sizes: Ints) -> npt.NDArray[_Index]:
    n_triangles = np.maximum(sizes - 2, 0)
    first = np.cumsum(sizes) - sizes
    # One row a triangle: the start of its polygon, and its number within the polygon.
    start = np.repeat(first, n_triangles)
    step = np.arange(len(start)) - np.repeat(np.cumsum(n_triangles) - n_triangles, n_triangles)
    index = np.stack([start, start + step + 1, start + step + 2], 1)
    of_quad = np.repeat(sizes == 4, n_triangles) & (step == 1)
    index[of_quad] = start[of_quad, None] + [2, 3, 0]
    found: npt.NDArray[_Index] = corners[index]
    return found
