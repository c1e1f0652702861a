"""Evidence: the effect of every named change on one sample."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fsbench.benchmarks import Benchmark, Sample
from fsbench.benchmarks.cache import PreparedCache
from fsbench.check.changes import Change, changes, placing_of
from fsbench.check.predicted import Predicted, alternatives, load, try_load
from fsbench.check.view_rays import NOTHING_SEEN, Placing, Target, ViewFit
from fsbench.core.errors import FsbenchError
from fsbench.core.mesh import Floats
from fsbench.protocols.facescape.protocol import Prepared
from fsbench.submissions import AdapterLike

_SMALLEST, _LARGEST, _LEAST_SHARED = 0.5, 3.5, 0.4
"""Of the reference's box in the image: a change that leaves the prediction outside of this is not looked at."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A change together with the adapter that it is a change of.

    Attributes
    ----------
    adapter : AdapterLike
    change : Change
    detour : float
        Cost of another adapter than the user's; 0 for the user's.
    """

    adapter: AdapterLike
    change: Change
    detour: float = 0.0

    @property
    def is_own(self) -> bool:
        """Whether the adapter is the user's; else it is a frame that could read the same files."""
        return self.detour == 0

    @property
    def key(self) -> str:
        """Same for the same suspect in every sample."""
        return f"{'' if self.is_own else self.adapter.name}{self.change.key}"

    @property
    def cost(self) -> float:
        """0 for what the user passed."""
        return self.change.cost + self.detour


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """The evidence of one sample.

    Attributes
    ----------
    sample : Sample
    prepared : Prepared
        The reference.
    target : Target
        The reference as the camera sees it.
    focal_px : float or None
        Of the benchmark's camera in the lab.
    own : Predicted or None
        The prediction; None if it does not load.
    trouble : str
        Why it does not load.
    others : tuple of Predicted
        The same file in frames of the other kind.
    view_fits : mapping of str to (Suspect, ViewFit)
        By the suspect's key. Changes that would show nothing are left out.
    """

    sample: Sample
    prepared: Prepared
    target: Target
    focal_px: float | None
    own: Predicted | None
    trouble: str
    others: tuple[Predicted, ...]
    view_fits: Mapping[str, tuple[Suspect, ViewFit]] = field(default_factory=dict)

    def view_fit(self, key: str) -> ViewFit:
        """The fit after the suspect's change."""
        return self.view_fits[key][1] if key in self.view_fits else NOTHING_SEEN

    def predicted(self, suspect: Suspect) -> Predicted | None:
        """The prediction as the suspect's adapter reads it."""
        if suspect.is_own:
            return self.own
        return next((other for other in self.others if other.adapter == suspect.adapter), None)


def gather(
    benchmark: Benchmark,
    adapter: AdapterLike,
    folder: Path,
    sample: Sample,
    cache: PreparedCache | None = None,
) -> Evidence:
    """Collect the evidence of one sample, under every change that may show something.

    Parameters
    ----------
    benchmark, adapter, folder, sample
        The sample and its files.
    cache : PreparedCache, optional
        A cache that may hold the prepared reference.

    Raises
    ------
    ReferenceDataError
        If the reference is unusable. Trouble with the prediction is in the evidence.
    """
    focal_px = benchmark.focal_px(sample)
    prepared = benchmark.prepare(sample, cache=cache)
    target = Target.of(prepared, focal_px)
    try:
        own, trouble = load(adapter, folder, sample.name, focal_px), ""
    except FsbenchError as error:
        own, trouble = None, str(error)
    view_fits = {} if own is None else _view_fits(target, own, 0.0)
    others = []
    for frame, detour in alternatives(adapter, focal_px is not None):
        other = try_load(frame, folder, sample.name, focal_px)
        if other is not None:
            others.append(other)
            view_fits |= _view_fits(target, other, detour)
    return Evidence(sample, prepared, target, focal_px, own, trouble, tuple(others), view_fits)


def place(target: Target, predicted: Predicted, change: Change) -> Placing:
    """The effect of a change on a prediction; see `placing_of` and `Change.recentred`."""
    placing = placing_of(change, predicted.frame, predicted.image_from_net)
    if not change.recentred:
        return placing
    return Placing(placing.linear, target.points().mean(0) - placing.linear @ predicted.mean)


def _view_fits(target: Target, predicted: Predicted, detour: float) -> dict[str, tuple[Suspect, ViewFit]]:
    box = _box(target.points_xy)
    corners = predicted.surface.corners
    found = {}
    for change in changes(predicted.frame, target.mm_per_unit):
        suspect = Suspect(predicted.adapter, change, detour)
        placing = place(target, predicted, change)
        if suspect.cost == 0 or _is_near(box, _box(placing.apply(corners)[:, :2])):
            found[suspect.key] = suspect, target.look(predicted.surface, predicted.mean, placing)
    return found


def _box(xy: Floats) -> Floats:
    return np.array([xy.min(0), xy.max(0)])


def _is_near(reference: Floats, prediction: Floats) -> bool:
    size_ref, size_pred = reference[1] - reference[0], prediction[1] - prediction[0]
    ratio = size_pred / np.maximum(size_ref, 1e-12)
    shared = np.minimum(reference[1], prediction[1]) - np.maximum(reference[0], prediction[0])
    return bool(
        ((ratio > _SMALLEST) & (ratio < _LARGEST)).all()
        and (shared > 0).all()
        and np.prod(shared) > _LEAST_SHARED * min(np.prod(size_ref), np.prod(size_pred))
    )
