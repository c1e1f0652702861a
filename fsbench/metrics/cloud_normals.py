"""Normals of clouds, whose files have none: of the plane through the nearest points."""

import numpy as np

from fsbench.core.errors import MetricError
from fsbench.core.mesh import Floats
from fsbench.geometry.nearest import require_one_scale

_AT_ONCE = 1 << 15


def cloud_normals(points: Floats, n_neighbours: int = 16) -> Floats:
    """Unit normals of a cloud's points, (n, 3), of either sign.

    Each is the direction in which a point and its nearest neighbours vary least (principal components). Points that are
    all on a line, or in one place, have none: zero.

    Parameters
    ----------
    points : ndarray, (n, 3)
    n_neighbours : int
        Points of each plane, the point itself included, >= 3.

    Raises
    ------
    MetricError
        If there are fewer points.
    MeshError
        If one is so far off that distances among the others vanish.

    References
    ----------
    Hoppe et al. 1992, "Surface reconstruction from unorganized points", section 3.1.

    Examples
    --------
    >>> flat = np.array([[x, y, 5.0] for x in range(4) for y in range(4)])
    >>> np.abs(cloud_normals(flat, 5)).round(9)[0].tolist()
    [0.0, 0.0, 1.0]
    """
    if len(points) < n_neighbours:
        raise MetricError(f"a cloud of {len(points)} points; normals take at least {n_neighbours}")
    require_one_scale(points)
    # Imported here, as loading it takes longer than scoring several samples.
    from scipy.spatial import cKDTree

    tree, normals = cKDTree(points), np.zeros_like(points)
    for start in range(0, len(points), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        around = points[np.asarray(tree.query(points[part], k=n_neighbours)[1])]
        around = around - around.mean(1, keepdims=True)
        sizes, axes = np.linalg.eigh(np.swapaxes(around, 1, 2) @ around)
        # Eigenvalues ascend; a line has one that is not zero.
        is_plane = sizes[:, 1] > 1e-9 * sizes[:, 2]
        normals[part][is_plane] = axes[is_plane, :, 0]
    return normals
