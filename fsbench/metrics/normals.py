"""Two ways to compare the normals of corresponding triangles."""

import numpy as np

from fsbench.core.errors import MetricError
from fsbench.core.mesh import Floats


def _angles(a: Floats, b: Floats) -> Floats:
    found: Floats = np.arccos(np.clip(np.einsum("ij,ij->i", a, b), -1.0, 1.0))
    return found


def _unit(vectors: Floats) -> Floats:
    """Column by column, which takes a third of the time of `np.linalg.norm` and rounds the same."""
    x, y, z = vectors.T
    length, unit = np.maximum(np.sqrt(x * x + y * y + z * z), 1e-30), np.empty(vectors.shape)
    for axis in range(3):
        np.divide(vectors[:, axis], length, out=unit[:, axis])
    return unit


def mean_normal_error_rad(reference: Floats, prediction: Floats) -> float:
    """FaceScape's MNE: angle between the normals after (n + 1) / |n + 1|, mean, in radians.

    It is *not* the angle between the normals: adding 1 to each component squeezes the sphere into one
    octant, so a normal and its opposite along an axis are 0.955 rad (54.7 degrees) apart. Use
    `mean_normal_angle_deg` for the angle.

    Parameters
    ----------
    reference, prediction : (n, 3)
        Unit normals in the head frame, row by row of the same place; n >= 1.

    Raises
    ------
    MetricError
        If there is no pair.

    References
    ----------
    FaceScape benchmark, arXiv:2111.01082, metric MNE, as its public code computes it.

    Examples
    --------
    >>> up, right = [[0.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]]
    >>> round(mean_normal_error_rad(np.array(up), np.array(right)), 3)
    0.586
    """
    if not len(reference):
        raise MetricError("no overlap: there is no pair of normals to compare")
    ref, pred = (_unit(n + 1.0) for n in (reference, prediction))
    return float(_angles(ref, pred).mean())


def mean_normal_angle_deg(reference: Floats, prediction: Floats) -> float:
    """Mean angle between corresponding unit normals (n, 3), in degrees, n >= 1.

    Raises
    ------
    MetricError
        If there is no pair.

    Examples
    --------
    >>> up, right = [[0.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]]
    >>> round(mean_normal_angle_deg(np.array(up), np.array(right)), 6)
    90.0
    """
    if not len(reference):
        raise MetricError("no overlap: there is no pair of normals to compare")
    return float(np.degrees(_angles(reference, prediction)).mean())
