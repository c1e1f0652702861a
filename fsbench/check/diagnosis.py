"""Diagnosis: from the evidence of a spread of samples to the one change that would put a submission right.

A change is named only if it helps strongly, on most samples, and leaves a good match: a mean face in the right place is
a bad prediction, not a wrong frame.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fsbench.check.evidence import Evidence, Suspect, place
from fsbench.check.similarity import Fit, fit_from
from fsbench.check.view_rays import Placing
from fsbench.core.mesh import Floats

WORTH = 0.012
"""Misfit that one more change must earn."""

GOOD = 0.5
"""Misfit above which a match is none; predictions of published quality have 0.05 to 0.35."""

HELPS = 0.85
"""A named change must bring the mean misfit below this share of what it is."""

FIT_HELPS = 0.8
FIT_HELPS_IN_THE_LAB = 0.7
"""The same for a change with numbers fitted to the samples, which would help a bad prediction too. In the lab it helps
good ones: adapters put the mean of a mesh where the method saw the head's centre, at 300 px 15 % in size."""

MOVED = 0.16
"""Share of the face's size by which a fitted change must move it."""

_STEADY = 0.7
_DEAR = 2.2
_NEARLY = 0.03


@dataclass(frozen=True, slots=True)
class Fitted:
    """Scale and shift, sample by sample, on top of a change."""

    suspect: Suspect
    fits: tuple[Fit, ...]
    evidence: tuple[Evidence, ...]

    @property
    def misfit(self) -> float:
        """Mean over the samples."""
        return float(np.mean([fit.view_fit.misfit for fit in self.fits]))


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The fault in the placing of the predictions.

    Attributes
    ----------
    own_misfit, misfit : float
        Mean over the samples: as they are, and after the change (the same if there is none).
    helped : int
        Samples that the change makes better.
    n_samples : int
    front : float
        Share of the visible triangles that face the camera after the change; NaN if nothing is seen.
    suspect : Suspect or None
        The change to make; None if there is none to name.
    fitted : Fitted or None
        Scale and shift to make beside it.
    rival : Suspect or None
        Another change that explains nearly as much, and has an option.
    """

    own_misfit: float
    misfit: float
    helped: int
    n_samples: int
    front: float
    suspect: Suspect | None = None
    fitted: Fitted | None = None
    rival: Suspect | None = None

    @property
    def is_good(self) -> bool:
        """Whether the predictions are where the references are, without a change."""
        return self.suspect is None and self.fitted is None and self.own_misfit <= GOOD

    @property
    def inverted(self) -> bool:
        """Whether the triangles face away from the camera."""
        return self.front < 0.5


def diagnose(evidence: Sequence[Evidence]) -> Diagnosis:
    """Find the simplest change that explains all samples.

    Parameters
    ----------
    evidence : sequence of Evidence
        At least one.
    """
    suspects = {key: suspect for one in evidence for key, (suspect, _) in one.view_fits.items()}
    table = {key: np.array([one.view_fit(key).misfit for one in evidence]) for key in suspects}
    own_key = next((key for key, suspect in suspects.items() if suspect.cost == 0), None)
    own = table[own_key] if own_key is not None else np.ones(len(evidence))
    best_key = min(table, key=lambda key: table[key].mean() + WORTH * suspects[key].cost, default=None)
    if best_key is None:
        return Diagnosis(1.0, 1.0, 0, len(evidence), float("nan"))
    best = table[best_key]
    if not _is_better(own, best, HELPS):
        best_key, best = own_key, own
    fitted = _fit(evidence, suspects, best_key, float(best.mean()))
    if fitted is not None:
        fronts = [fit.view_fit.front for fit in fitted.fits]
        before = [one.view_fit(own_key).misfit if own_key is not None else 1.0 for one in fitted.evidence]
        helped = sum(fit.view_fit.misfit < was for fit, was in zip(fitted.fits, before, strict=True))
        return Diagnosis(float(own.mean()), fitted.misfit, helped, len(evidence), _mean(fronts), fitted.suspect, fitted)
    if best_key is None:
        return Diagnosis(1.0, 1.0, 0, len(evidence), float("nan"))
    front = _mean([one.view_fit(best_key).front for one in evidence])
    helped = int((best < own).sum())
    named = suspects[best_key] if best_key != own_key else None
    rival = _rival(suspects, table, best_key, own_key) if named is not None else None
    return Diagnosis(float(own.mean()), float(best.mean()), helped, len(evidence), front, named, None, rival)


def _is_better(own: Floats, changed: Floats, share: float) -> bool:
    """Whether the misfit falls strongly, on most samples, and to a good match."""
    steady = float((changed <= own + 0.02).mean()) >= _STEADY
    return bool(changed.mean() < share * own.mean() and changed.mean() < GOOD and steady)


def _mean(values: Sequence[float]) -> float:
    found = [value for value in values if not np.isnan(value)]
    return float(np.mean(found)) if found else float("nan")


def _rival(suspects: dict[str, Suspect], table: dict[str, Floats], key: str, own_key: str | None) -> Suspect | None:
    """The best other change that has an option and explains nearly as much."""
    others = [
        other
        for other, suspect in suspects.items()
        if other not in (key, own_key) and suspect.change.reading.frame is not None and suspect.change.cost < _DEAR
    ]
    best = min(others, key=lambda other: table[other].mean() + WORTH * suspects[other].cost, default=None)
    return suspects[best] if best is not None and table[best].mean() < table[key].mean() + _NEARLY else None


def _fit(evidence: Sequence[Evidence], suspects: dict[str, Suspect], key: str | None, misfit: float) -> Fitted | None:
    """A scale and a shift that explain much more than the best change without them."""
    found: list[Fitted] = []
    own = next((suspect for suspect in suspects.values() if suspect.cost == 0), None)
    starts = [own] if own is not None else []
    starts += [suspects[key]] if key is not None and suspects[key] is not own and misfit < 0.95 else []
    for suspect in starts:
        near = _refined(evidence, suspect)
        if near is not None and _moves(near) and _is_plausible(near):
            found.append(near)
    best = min(found, key=_with_cost, default=None)
    if best is None or best.misfit > GOOD:
        return None
    same = [one.view_fit(key).misfit for one in best.evidence] if key is not None else [1.0]
    other = float(np.mean(same)) + (WORTH * suspects[key].cost if key is not None else 0.0)
    share = FIT_HELPS if best.evidence[0].focal_px is None else FIT_HELPS_IN_THE_LAB
    return best if _with_cost(best) < share * other else None


def _with_cost(fitted: Fitted) -> float:
    """Misfit plus the cost of its change."""
    return fitted.misfit + WORTH * fitted.suspect.cost


def _refined(evidence: Sequence[Evidence], suspect: Suspect) -> Fitted | None:
    """The fit that starts from a change."""
    fits, seen = [], []
    for one in evidence:
        predicted = one.predicted(suspect)
        if predicted is not None:
            start = place(one.target, predicted, suspect.change)
            fits.append(fit_from(one.target, predicted.surface, predicted.mean, start))
            seen.append(one)
    return Fitted(suspect, tuple(fits), tuple(seen)) if fits else None


def _is_plausible(fitted: Fitted) -> bool:
    """Whether it is another unit, or the crop of an image: nobody crops a face a hundred images away."""
    scale = float(np.median([fit.scale for fit in fitted.fits]))
    shift = float(np.median([np.abs(fit.shift[:2]).max() for fit in fitted.fits]))
    return shift < 4.0 and (0.25 < scale < 4.0 or shift < 1.5)


def _moves(fitted: Fitted) -> bool:
    """Whether the fit moves the face by more than a bad prediction would need."""
    if fitted.suspect.change.orientation.cost:
        return True
    moves = []
    for one, fit in zip(fitted.evidence, fitted.fits, strict=True):
        predicted = one.predicted(fitted.suspect)
        assert predicted is not None
        start = place(one.target, predicted, fitted.suspect.change)
        moves.append(displacement(one, fit, start))
    return float(np.median(moves)) > MOVED


def displacement(evidence: Evidence, fit: Fit, start: Placing) -> float:
    """How far a fit moves the face in the image from where `start` puts it, as a share of its size (both RMS)."""
    points = evidence.target.points()
    size = float(np.sqrt(np.var(points[:, :2], axis=0).sum()))
    moved = start.apply(fit.placing.undo(points)) - points
    return float(np.sqrt((moved[:, :2] ** 2).sum(1).mean())) / size
