"""Procrustes: the similarity between points that are known to correspond."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fsbench.alignment.transform import Similarity
from fsbench.errors import AlignmentError
from fsbench.mesh import Floats

# Landmarks stand some 5 % of their spread off the fit, also on bad predictions; points whose second spread is below
# this share of the first leave the turn about their line open.
_COLLINEAR = 1e-3
# A mirrored fit with less than half the residual has only ever been seen with swapped or mirrored landmarks.
_MIRRORED_GAIN = 0.5
# ... but two fits that are both good say nothing: flat landmarks mirror onto themselves.
_MIRRORED_MIN = 0.05


@dataclass(frozen=True, slots=True)
class LandmarkFit:
    """What Procrustes found.

    Parameters
    ----------
    ref_from_pred : Similarity
        Takes the predicted points to the reference.
    residual_rms : float
        Root mean square distance after the fit, in units of the reference.
    mirrored_rms : float
        The same for the best fit that may mirror; smaller or equal.
    likely_mirrored : bool
        The mirrored fit is far better: left and right are swapped, or the prediction is mirrored.
    """

    ref_from_pred: Similarity
    residual_rms: float
    mirrored_rms: float
    likely_mirrored: bool

    @property
    def message(self) -> str:
        """One line for people; empty when all is well."""
        if not self.likely_mirrored:
            return ""
        return (
            f"landmarks fit at {self.residual_rms:.3g}, mirrored they would at {self.mirrored_rms:.3g}: "
            "are left and right swapped, or is the prediction mirrored?"
        )


def fit_landmarks(
    reference: npt.ArrayLike,
    prediction: npt.ArrayLike,
    scale: float | None = None,
    weights: npt.ArrayLike | None = None,
) -> LandmarkFit:
    """Least-squares similarity from predicted points to reference points, never mirrored.

    Parameters
    ----------
    reference, prediction : array_like, (n, 3)
        Points that correspond row by row, n >= 3, not on one line.
    scale : float, optional
        Units of the reference for one unit of the prediction. Fitted when not given.
    weights : array_like, (n,), optional
        Weight of each pair, >= 0; all equal when not given.

    Raises
    ------
    AlignmentError
        If shapes differ, points are fewer than 3, not finite, all in one place or on one line.

    References
    ----------
    Umeyama 1991, "Least-squares estimation of transformation parameters between two point patterns", eq. 39-43.

    Examples
    --------
    >>> corners = [[0, 0, 0], [1, 0, 0], [0, 2, 0], [0, 0, 3]]
    >>> fit = fit_landmarks([[10 * x, 10 * y, 10 * z + 5] for x, y, z in corners], corners)
    >>> round(fit.ref_from_pred.scale, 9), (fit.ref_from_pred.translation.round(9) + 0.0).tolist()
    (10.0, [0.0, 0.0, 5.0])
    """
    ref, pred = _checked(reference, "reference"), _checked(prediction, "prediction")
    if ref.shape != pred.shape:
        raise AlignmentError(
            f"{len(ref)} landmarks on the reference, {len(pred)} on the prediction: they must correspond"
        )
    share = _shares(weights, len(ref))
    _refuse_line(ref, share, "reference")
    _refuse_line(pred, share, "prediction")
    fitted, residual = _fit(ref, pred, share, scale, mirror=False)
    _, mirrored = _fit(ref, pred, share, scale, mirror=True)
    spread = float(np.sqrt(share @ ((ref - share @ ref) ** 2).sum(1)))
    likely = mirrored < _MIRRORED_GAIN * residual and residual > _MIRRORED_MIN * spread
    rotation, factor, shift = fitted
    return LandmarkFit(Similarity(factor, rotation, shift), residual, min(mirrored, residual), likely)


def weighted_similarity(target: Floats, source: Floats, weights: Floats, scale: float | None) -> Similarity:
    """Like `fit_landmarks`, for pairs that a program found: no checks, no mirrored fit; weights sum to 1."""
    (rotation, factor, shift), _ = _fit(target, source, weights, scale, mirror=False)
    return Similarity(factor, rotation, shift)


def _fit(
    ref: Floats, pred: Floats, share: Floats, scale: float | None, mirror: bool
) -> tuple[tuple[Floats, float, Floats], float]:
    """(rotation, scale, translation) and the rms residual; `mirror` allows determinant -1."""
    ref_mean, pred_mean = share @ ref, share @ pred
    a, b = ref - ref_mean, pred - pred_mean
    u, sizes, vt = np.linalg.svd((a * share[:, None]).T @ b)
    signs = np.ones(3)
    if not mirror and np.linalg.det(u) * np.linalg.det(vt) < 0:
        signs[2] = -1.0
    rotation = (u * signs) @ vt
    spread = float(share @ (b**2).sum(1))
    factor = scale if scale is not None else float(sizes @ signs) / spread
    residual = a - factor * (b @ rotation.T)
    rms = float(np.sqrt(share @ (residual**2).sum(1)))
    return (rotation, factor, ref_mean - factor * (rotation @ pred_mean)), rms


def _checked(points: npt.ArrayLike, side: str) -> Floats:
    array = np.asarray(points, np.float64)
    if array.ndim != 2 or array.shape[1] != 3:
        raise AlignmentError(f"{side} landmarks have shape {array.shape}, expected (n, 3)")
    if len(array) < 3:
        raise AlignmentError(f"{len(array)} {side} landmarks, at least 3 are needed")
    if not np.isfinite(array).all():
        bad = np.flatnonzero(~np.isfinite(array).all(1))
        raise AlignmentError(f"{side} landmark {bad[0]} is NaN or infinite ({len(bad)} of {len(array)} are)")
    return array


def _shares(weights: npt.ArrayLike | None, n: int) -> Floats:
    array = np.ones(n) if weights is None else np.asarray(weights, np.float64)
    if array.shape != (n,) or not np.isfinite(array).all() or (array < 0).any() or np.count_nonzero(array) < 3:
        raise AlignmentError(f"weights must be {n} finite numbers >= 0, at least 3 of them above 0")
    share: Floats = array / array.sum()
    return share


def _refuse_line(points: Floats, share: Floats, side: str) -> None:
    centred = (points - share @ points) * np.sqrt(share)[:, None]
    sizes = np.linalg.svd(centred, compute_uv=False)
    # Differences of coordinates far from the origin carry their rounding, about 1e-16 of the coordinates.
    if sizes[0] <= 1e-13 * np.abs(points).max():
        raise AlignmentError(f"all {side} landmarks are in one place")
    if sizes[1] <= _COLLINEAR * sizes[0]:
        raise AlignmentError(f"all {side} landmarks are on one line: the turn about it is open. Add one off the line")
