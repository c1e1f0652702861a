"""Warp: a smooth bending of space that takes landmarks to landmarks."""

import numpy as np
import numpy.typing as npt

from fsbench.core.errors import AlignmentError
from fsbench.core.mesh import Floats

# A thin-plate spline has an affine part, which fewer points leave open, and which flat ones hardly determine: it then
# bends a millimetre of noise into centimetres off the plane. Seven landmarks of a face are 0.15 deep.
FEWEST, _FLATTEST = 5, 0.05


def warp_by_landmarks(
    points: npt.ArrayLike, source: npt.ArrayLike, target: npt.ArrayLike, smoothing: float = 0.0
) -> Floats:
    """Move points by the thin-plate spline that takes `source` to `target`.

    Parameters
    ----------
    points : array_like, (n, 3)
    source, target : array_like, (k, 3)
        Landmarks that correspond row by row, k >= 5, not in one plane.
    smoothing : float
        0 interpolates every landmark; a larger value lets the spline miss them and bend less.

    Raises
    ------
    AlignmentError
        If there are too few landmarks, or they are almost in one plane.

    References
    ----------
    Bookstein 1989, "Principal warps", PAMI 11(6); in space as by `scipy.interpolate.RBFInterpolator`.
    """
    start, end = np.asarray(source, np.float64), np.asarray(target, np.float64)
    if start.shape != end.shape or start.ndim != 2 or start.shape[1] != 3 or len(start) < FEWEST:
        raise AlignmentError(f"landmarks {start.shape} and {end.shape}: a warp needs the same {FEWEST} or more on both")
    if not (np.isfinite(start).all() and np.isfinite(end).all()):
        raise AlignmentError("a landmark is NaN or infinite")
    for marks in (start, end):
        sizes = np.linalg.svd(marks - marks.mean(0), compute_uv=False)
        if sizes[2] <= _FLATTEST * sizes[0]:
            depth = sizes[2] / max(sizes[0], 1e-300)
            raise AlignmentError(
                f"the {len(marks)} landmarks are almost in one plane ({depth:.1%} as deep as wide, at least "
                f"{_FLATTEST:.0%} are needed): a warp by them is not determined; add some off the plane"
            )
    if not smoothing and len(np.unique(start, axis=0)) < len(start):
        raise AlignmentError("two landmarks are in one place: without smoothing no spline meets both")
    try:
        # Late: loading it takes longer than scoring several samples.
        from scipy.interpolate import RBFInterpolator

        spline = RBFInterpolator(start, end - start, kernel="thin_plate_spline", smoothing=smoothing, degree=1)
    except np.linalg.LinAlgError:
        raise AlignmentError("the landmarks are in one plane, or two are in one place: no spline is defined") from None
    moved: Floats = np.asarray(points, np.float64) + spline(np.asarray(points, np.float64))
    return moved
