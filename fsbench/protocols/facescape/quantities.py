"""The columns of the FaceScape protocol."""

import math

from fsbench.core.quantities import Quantity
from fsbench.protocols.shared_quantities import NORMAL_DEG

_PUPIL_MM = "mm are normalised to a pupil distance of 62.85 mm, they are not metric truth"
_AXIS_MM = "pupil-normalised mm"

# A convention of ours, not of the benchmark's authors. On frontal faces (fswild 0-5 degrees, fslab view 0 at 1200 px)
# the published methods fall into two groups with a gap between: those that give a partial face (CR 58-69 % and 64 %)
# and all others (78 % and more); three quarters lies in the gap of both benchmarks.
_ENOUGH_COVERED = 0.75


def _chamfer(name: str, label: str) -> Quantity:
    return Quantity(
        name, label, "mm", 2, "lower", beside="cr", note=_PUPIL_MM, low=0.0, words="chamfer distance",
        axis_unit=_AXIS_MM,
    )  # fmt: skip


METRICS = (
    _chamfer("cd_mm", "CD"),
    Quantity("mne_rad", "MNE", "rad", 3, "lower", low=0.0, high=math.pi),
    Quantity(
        "cr", "CR", "%", 1, "higher", 100.0, low=0.0, high=1.0, words="complete rate",
        enough=_ENOUGH_COVERED, covers="CD",
    ),
    _chamfer("cd_ref_to_pred_mm", "CD ref to pred"),
    _chamfer("cd_pred_to_ref_mm", "CD pred to ref"),
    NORMAL_DEG,
    Quantity("depth_shift_mm", "Depth shift", "mm", 2, note=_PUPIL_MM, axis_unit=_AXIS_MM),
    Quantity("overlap_px", "Overlap", "px", 0, low=0.0),
)  # fmt: skip
"""Columns of a run, in order."""
