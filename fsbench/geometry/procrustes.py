"""Procrustes: the similarity between points that are known to correspond."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fsbench.core.arrays import as_floats
from fsbench.core.errors import AlignmentError
from fsbench.core.mesh import Floats
from fsbench.geometry.landmark_order import MOST_POINTS, best_order, in_words
from fsbench.geometry.stray_landmarks import Strays, find_strays
from fsbench.geometry.transforms import Similarity
from fsbench.geometry.umeyama import best_similarity

# Points whose second spread is below this share of the first leave the turn about their line open.
_COLLINEAR = 1e-3
# A fit that mirrors, or one of rows in another order, with less than half the residual has only ever been seen with
# landmarks that were mirrored, exchanged or in another order.
_BETTER = 0.5
# ... but two fits that are both good say nothing: flat landmarks mirror onto themselves.
_FITS = 0.05
# One pair of neighbours among many landmarks moves the fit less. Without any exchange, noise of 5 mm in every
# coordinate of 51 landmarks comes to 0.89, predictions of published methods to 0.997.
_EXCHANGED = 0.85
# One or two rows are named if without them the others fit at this share of what any other cause leaves, or of few
# rows at the lesser share. Noise alone comes to 0.9 with two of 51 left out, to 0.43 with one of seven.
_STRAY, _STRAY_OF_FEW, _MANY = 1 / 2, 1 / 3, 12
# Residuals as shares of the landmarks' spread. Published methods leave 0.03 to 0.09; one exchange among NoW's seven
# landmarks leaves 0.3 to 0.8; rows in no common order 0.5 to 1.
_DOUBTFUL, _HOPELESS = 0.15, 0.5


@dataclass(frozen=True, slots=True)
class LandmarkFit:
    """Result of a Procrustes fit.

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
    spread : float
        Root mean square distance of the reference's points from their mean; 0 where nothing was compared with it.
    exchanged : str
        The prediction's rows that fit better in each other's place, counted from 1; empty for none.
    exchanged_rms : float
        Residual with these exchanged; smaller or equal to `residual_rms`.
    strays : Strays or None
        One or two rows that are off; None unless that explains the fit far better than all other causes.
    """

    ref_from_pred: Similarity
    residual_rms: float
    mirrored_rms: float
    likely_mirrored: bool
    spread: float = 0.0
    exchanged: str = ""
    exchanged_rms: float = float("nan")
    strays: Strays | None = None

    @property
    def misfit(self) -> float:
        """The residual as a share of the points' spread; published methods leave 0.03 to 0.09."""
        return self.residual_rms / self.spread if self.spread else 0.0

    @property
    def message(self) -> str:
        """Why the fit must not be used, in one line; empty if it may be used."""
        if self.strays:
            return f"{self.strays.in_words()}: nothing can be aligned by them" if self.misfit > _HOPELESS else ""
        if self.likely_mirrored:
            return (
                f"landmarks fit at {self.residual_rms:.3g}, and would at {self.mirrored_rms:.3g} if mirrored: "
                "are left and right swapped, or is the prediction mirrored?"
            )
        if self.exchanged and self.misfit > _FITS and self.exchanged_rms < _BETTER * self.residual_rms:
            return (
                f"landmarks fit at {self.residual_rms:.3g}, and would at {self.exchanged_rms:.3g} if these changed "
                f"places: {self.exchanged} (rows, from 1). Are the two sides in the same order?"
            )
        if self.misfit > _HOPELESS:
            return (
                f"landmarks fit at {self.residual_rms:.3g}, {self.misfit:.0%} of their spread: they do not correspond "
                "row by row. Are both sides in the same order, and of this sample?"
            )
        return ""

    @property
    def doubts(self) -> list[str]:
        """What is suspicious about the fit, one line each: `message`, or less."""
        if self.message:
            return [self.message]
        if self.strays:
            return [f"{self.strays.in_words()}: is it in the wrong place on one of the two sides?"]
        if self.exchanged and self.exchanged_rms < _EXCHANGED * self.residual_rms:
            return [
                f"landmarks fit at {self.residual_rms:.3g}, and would at {self.exchanged_rms:.3g} if these changed "
                f"places: {self.exchanged} (rows, from 1)"
            ]
        if self.misfit > _DOUBTFUL:
            return [
                f"landmarks fit at {self.residual_rms:.3g}, {self.misfit:.0%} of their spread (10 % is usual at most): "
                "are they of this sample, in the same order and on the mesh?"
            ]
        return []

    def trusted(self) -> "LandmarkFit":
        """The fit itself.

        Raises
        ------
        AlignmentError
            If it must not be used: left and right are swapped, or rows are in another order.
        """
        if self.message:
            raise AlignmentError(self.message)
        return self


def fit_landmarks(
    reference: npt.ArrayLike,
    prediction: npt.ArrayLike,
    scale: float | None = None,
    weights: npt.ArrayLike | None = None,
) -> LandmarkFit:
    """Least-squares similarity from predicted points to reference points, never mirrored.

    It returns a fit even if the points do not correspond; `LandmarkFit.trusted` then raises.

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
    fitted, residual = best_similarity(ref, pred, share, scale, mirror=False)
    _, mirrored = best_similarity(ref, pred, share, scale, mirror=True)
    spread = float(np.sqrt(share @ ((ref - share @ ref) ** 2).sum(1)))
    likely = mirrored < _BETTER * residual and residual > _FITS * spread
    rotation, factor, shift = fitted
    similarity = Similarity(factor, rotation, shift)
    if len(ref) > MOST_POINTS or np.ptp(share) > 0:
        return LandmarkFit(similarity, residual, min(mirrored, residual), likely, spread, "", residual)
    order, rms = best_order(ref, pred, scale)
    strays = None
    if residual > _FITS * spread:
        share_left = _STRAY if len(ref) >= _MANY else _STRAY_OF_FEW
        enough = share_left * min(residual, rms, mirrored if likely else residual)
        found = find_strays(ref, pred, enough, scale)
        strays = found if found.rms < enough else None
        likely = likely and strays is None
    exchanged, rms = in_words(order), min(rms, residual)
    return LandmarkFit(similarity, residual, min(mirrored, residual), likely, spread, exchanged, rms, strays)


def weighted_similarity(target: Floats, source: Floats, weights: Floats, scale: float | None) -> Similarity:
    """Like `fit_landmarks`, for pairs that a program found: no checks, no mirrored fit; weights sum to 1."""
    (rotation, factor, shift), _ = best_similarity(target, source, weights, scale, mirror=False)
    return Similarity(factor, rotation, shift)


def _checked(points: npt.ArrayLike, side: str) -> Floats:
    array = as_floats(points, f"{side} landmarks")
    if array.ndim != 2 or array.shape[1] != 3:
        raise AlignmentError(f"{side} landmarks have shape {array.shape}, expected (n, 3)")
    if len(array) < 3:
        raise AlignmentError(f"{len(array)} {side} landmarks, at least 3 are needed")
    if not np.isfinite(array).all():
        bad = np.flatnonzero(~np.isfinite(array).all(1))
        raise AlignmentError(f"{side} landmark {bad[0]} is NaN or infinite ({len(bad)} of {len(array)} are)")
    return array


def _shares(weights: npt.ArrayLike | None, n: int) -> Floats:
    array = np.ones(n) if weights is None else as_floats(weights, "weights")
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
