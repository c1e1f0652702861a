"""Polygons into triangles, in the order that the benchmark's official reader gives them."""

import numpy as np

from fsbench.mesh import Ints


def triangulate(corners: Ints, sizes: Ints, in_halves: bool = True) -> Ints:
    """Cut polygons into triangles.

    A quad (a, b, c, d) gives (a, b, c), (c, d, a); a larger polygon a fan around its first corner; one with
    fewer than three corners nothing. The triangles stand in file order, unless all polygons are quads: then all
    first halves come before all second halves. So does trimesh 3, which the FaceScape benchmark reads with.

    Parameters
    ----------
    corners : array of int, (sum of sizes,)
        Vertex indices, polygon after polygon.
    sizes : array of int, (n,)
        Corners of each polygon.
    in_halves : bool, optional
        False keeps the halves of quads together, also where all are quads.

    Returns
    -------
    array of int, (F, 3)

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
    return _mixed(corners, sizes)


def _mixed(corners: Ints, sizes: Ints) -> Ints:
    n_triangles = np.maximum(sizes - 2, 0)
    first = np.cumsum(sizes) - sizes
    # One row a triangle: where its polygon starts, and the how-manieth of it this is.
    start = np.repeat(first, n_triangles)
    step = np.arange(len(start)) - np.repeat(np.cumsum(n_triangles) - n_triangles, n_triangles)
    index = np.stack([start, start + step + 1, start + step + 2], 1)
    of_quad = np.repeat(sizes == 4, n_triangles) & (step == 1)
    index[of_quad] = start[of_quad, None] + [2, 3, 0]
    return corners[index]
