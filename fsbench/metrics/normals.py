"""Two ways to compare the normals of corresponding triangles."""

import numpy as np

from fsbench.core.compiled import POINTS, compiled, inlined
from fsbench.core.errors import MetricError
from fsbench.core.mesh import Floats

_Triple = tuple[float, float, float]


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
        If there is no pair, or one of other shapes.

    References
    ----------
    FaceScape benchmark, arXiv:2111.01082, metric MNE, as its public code computes it.

    Examples
    --------
    >>> up, right = [[0.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]]
    >>> round(mean_normal_error_rad(np.array(up), np.array(right)), 3)
    0.586
    """
    return normal_errors(reference, prediction)[0]


def mean_normal_angle_deg(reference: Floats, prediction: Floats) -> float:
    """Mean angle between corresponding unit normals (n, 3), in degrees, n >= 1.

    Raises
    ------
    MetricError
        If there is no pair, or one of other shapes.

    Examples
    --------
    >>> up, right = [[0.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]]
    >>> round(mean_normal_angle_deg(np.array(up), np.array(right)), 6)
    90.0
    """
    return normal_errors(reference, prediction)[1]


def normal_errors(reference: Floats, prediction: Floats) -> tuple[float, float]:
    """`mean_normal_error_rad` and `mean_normal_angle_deg` at once."""
    one, other = np.ascontiguousarray(reference, np.float64), np.ascontiguousarray(prediction, np.float64)
    if one.shape != other.shape or one.ndim != 2 or one.shape[1] != 3:
        raise MetricError(f"normals have the shapes {one.shape} and {other.shape}, expected the same (n, 3)")
    if not len(one):
        raise MetricError("no overlap: there is no pair of normals to compare")
    cosines = np.empty((2, len(one)))
    _find_cosines(one, other, cosines)
    squeezed_rad, angle_rad = np.arccos(cosines, out=cosines).mean(1)
    return float(squeezed_rad), float(np.degrees(angle_rad))


@inlined
def _dot(a: _Triple, b: _Triple) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@compiled(f"void({POINTS}, {POINTS}, f8[:,::1])")
def _find_cosines(reference: Floats, prediction: Floats, cosines: Floats) -> None:
    """Of the angles between unit vectors after 1 is added to each of their coordinates, and as they are."""
    for i in range(len(reference)):
        a = reference[i, 0], reference[i, 1], reference[i, 2]
        b = prediction[i, 0], prediction[i, 1], prediction[i, 2]
        p, q = (a[0] + 1.0, a[1] + 1.0, a[2] + 1.0), (b[0] + 1.0, b[1] + 1.0, b[2] + 1.0)
        squeezed = _dot(p, q) / max(np.sqrt(_dot(p, p) * _dot(q, q)), 1e-30)
        cosines[0, i] = min(max(squeezed, -1.0), 1.0)
        cosines[1, i] = min(max(_dot(a, b), -1.0), 1.0)
