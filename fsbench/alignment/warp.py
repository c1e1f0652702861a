"""Warp: a smooth bending of space that takes landmarks to landmarks."""

import numpy as np
import numpy.typing as npt

from fsbench.errors import AlignmentError
from fsbench.mesh import Floats

# A thin-plate spline has an affine part, which fewer points leave open.
_FEWEST = 5


def warp_by_landmarks(
    points: npt.ArrayLike, source: npt.ArrayLike, target: npt.ArrayLike, smoothing: float = 0.0
) -> Floats:
    """Move points as the thin-plate spline does that bends `source` to `target`.

    Parameters
    ----------
    points : array_like, (n, 3)
    source, target : array_like, (k, 3)
        Landmarks that correspond row by row, k >= 5, not in one plane.
    smoothing : float
        0 meets every landmark; more lets the spline miss them and bend less, mostly far from them.

    Raises
    ------
    AlignmentError
        If there are too few landmarks, or they are in one plane.

    References
    ----------
    Bookstein 1989, "Principal warps", PAMI 11(6); in space as by `scipy.interpolate.RBFInterpolator`.
    """
    start, end = np.asarray(source, np.float64), np.asarray(target, np.float64)
    if start.shape != end.shape or start.ndim != 2 or start.shape[1] != 3 or len(start) < _FEWEST:
        raise AlignmentError(
            f"landmarks {start.shape} and {end.shape}: a warp needs the same {_FEWEST} or more on both"
        )
    if not (np.isfinite(start).all() and np.isfinite(end).all()):
        raise AlignmentError("a landmark is NaN or infinite")
    try:
        # Late: loading it takes longer than scoring several samples.
        from scipy.interpolate import RBFInterpolator

        spline = RBFInterpolator(start, end - start, kernel="thin_plate_spline", smoothing=smoothing, degree=1)
    except np.linalg.LinAlgError:
        raise AlignmentError("the landmarks are in one plane, or two are in one place: no spline is defined") from None
    moved: Floats = np.asarray(points, np.float64) + spline(np.asarray(points, np.float64))
    return moved
