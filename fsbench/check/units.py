"""Units: the factor that the numbers of files lack, from the size of the faces in the image.

A fit starts from where a prediction is. One that is many times too small stands in a corner of the image, and one that
is many times too large far outside of it, so there the factor is searched for, on a few samples.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from fsbench.check.evidence import Evidence
from fsbench.check.measured import Measured, measure
from fsbench.submissions import Frame

_TRIED_ON = 3

_SIZES = tuple(0.85 * 1.08**step for step in range(14))
"""Sizes tried, of a prediction whose box is as wide as the reference's, to 2.3: a whole head is wider than a face."""

_FINER = ((0.96, 0.98, 1.02, 1.04), (0.99, 0.995, 1.005, 1.01))
_ANOTHER = 1.5
"""Factor below which a size is no other unit."""


def best_unit(evidence: Sequence[Evidence], folder: Path, frame: Frame) -> tuple[str, Measured] | None:
    """The unit that puts the samples best, in words and as measured; None if it is the unit that was passed."""
    some = [one for one in evidence if one.own is not None][:_TRIED_ON]
    factor = _factor(some)
    if frame.is_pinhole or not 1e-9 < factor < 1e9 or 1 / _ANOTHER < factor < _ANOTHER:
        return None
    best = _best(some, folder, _scaled(frame, factor, _SIZES))
    for sizes in _FINER:
        best = best and _best(some, folder, [best.frame, *_scaled(best.frame, 1.0, sizes)])
    found = best and measure(evidence, folder, best.frame)
    if found is None:
        return None
    times = found.frame.unit / frame.unit
    size = f"{times:.3g} times too small" if times > 1 else f"{1 / times:.3g} times too large"
    return f"the numbers are in another unit: {size}", found


def _factor(evidence: Sequence[Evidence]) -> float:
    """How many times as large as the prediction the reference is in the image, in the median; NaN without samples."""
    factors = []
    for one in evidence:
        assert one.own is not None
        size_ref = np.ptp(one.target.points_xy, axis=0)
        size_pred = np.ptp(one.own.image_from_net.apply(one.own.surface.corners)[:, :2], axis=0)
        factors.append(float(np.sqrt(np.prod(size_ref) / max(float(np.prod(size_pred)), 1e-30))))
    return float(np.median(factors)) if factors else float("nan")


def _scaled(frame: Frame, factor: float, sizes: Sequence[float]) -> Iterator[Frame]:
    return (replace(frame, unit=frame.unit * factor * size) for size in sizes)


def _best(evidence: Sequence[Evidence], folder: Path, frames: Iterable[Frame]) -> Measured | None:
    found = [measured for frame in frames if (measured := measure(evidence, folder, frame))]
    return min(found, key=lambda measured: measured.misfit, default=None)
