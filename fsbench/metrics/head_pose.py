"""Errors of a head's pose, and of its landmarks in the image."""

import numpy as np
import numpy.typing as npt

from fsbench.core.arrays import as_floats
from fsbench.core.errors import MetricError
from fsbench.geometry.procrustes import LandmarkFit, fit_landmarks


def head_rotation(reference: npt.ArrayLike, prediction: npt.ArrayLike) -> LandmarkFit:
    """The fit whose turn is the error of the head's rotation: `head_rotation(...).ref_from_pred.angle_deg()`.

    Procrustes: the similarity that takes the predicted landmarks to the reference's, never mirrored. Its angle is 0 for
    identical heads, wherever and however large the prediction is; a wrong shape or expression turns it a little.

    Parameters
    ----------
    reference, prediction : array_like, (n, 3)
        Landmarks that correspond row by row, n >= 3, both in the camera frame, any unit.

    Raises
    ------
    AlignmentError
        If they are unusable, mirrored, or do not correspond.

    References
    ----------
    Martyniuk et al. 2022, "DAD-3DHeads", arXiv:2204.03688, reports the Frobenius norm of I - R_pred R_ref^T, which is
    2 sqrt(2) sin(angle / 2), of rotations that the methods give themselves.

    Examples
    --------
    >>> corners = np.array([[0.0, 0, 0], [4, 0, 0], [0, 3, 0], [0, 0, 2]])
    >>> quarter = corners @ [[0, 1, 0], [-1, 0, 0], [0, 0, 1]]
    >>> round(head_rotation(corners, 5 * quarter).ref_from_pred.angle_deg(), 9)
    90.0
    """
    return fit_landmarks(reference, prediction).trusted()


def landmark_nme(reference_px: npt.ArrayLike, prediction_px: npt.ArrayLike) -> float:
    """Normalised mean error of landmarks in the image.

    The mean distance of corresponding landmarks, over the square root of the area of the reference's bounding box.

    Parameters
    ----------
    reference_px, prediction_px : array_like, (n, 2)
        Landmarks that correspond row by row.

    Returns
    -------
    float
        0 for the reference itself; lower is better. Papers print it in per cent.

    Raises
    ------
    MetricError
        If shapes differ, numbers are not finite, or the reference's landmarks are on one horizontal or vertical line.

    References
    ----------
    Martyniuk et al. 2022, "DAD-3DHeads", arXiv:2204.03688: there 68 landmarks, and the annotated box of the head.

    Examples
    --------
    >>> square = np.array([[0.0, 0], [10, 0], [10, 10], [0, 10]])
    >>> landmark_nme(square, square + [3, 4])
    0.5
    """
    ref, pred = as_floats(reference_px, "reference landmarks"), as_floats(prediction_px, "predicted landmarks")
    if ref.ndim != 2 or ref.shape[1:] != (2,) or ref.shape != pred.shape or not len(ref):
        raise MetricError(f"landmarks in the image of shapes {ref.shape} and {pred.shape}, expected (n, 2) both")
    if not (np.isfinite(ref).all() and np.isfinite(pred).all()):
        raise MetricError("a landmark in the image is NaN or infinite")
    size = float(np.sqrt(np.prod(np.ptp(ref, axis=0))))
    if not size > 0:
        raise MetricError("the reference's landmarks are on one line of the image: their box has no area")
    return float(np.linalg.norm(pred - ref, axis=1).mean() / size)
