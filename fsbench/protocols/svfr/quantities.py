"""The columns of the SVFR protocol."""

from dataclasses import replace

from fsbench.core.quantities import Quantity
from fsbench.protocols.shared_quantities import LANDMARK_RMS_MM, SCALES, SUSPICIOUS, share

# One text for all, so that a table shows it once.
_NOTE = (
    "Local, not the leaderboard: clouds, alignment and numbers are not the server's. L1 adds up |dx|, |dy| and |dz| in "
    "the cloud's own frame: it changes with that frame, and is 1 to 1.73 times L2, 1.5 times where errors point "
    "everywhere"
)

LIMITS_MM = {"1": 1.0, "2_5": 2.5, "5": 5.0, "10": 10.0}
"""Of the recalls, by the name in their column."""

METRICS = (
    Quantity("l1_mm", "L1", "mm", 2, "lower", low=0.0, statistic=True, note=_NOTE),
    Quantity("l2_mm", "L2", "mm", 2, "lower", low=0.0, statistic=True, note=_NOTE),
    Quantity("normal_abs_cos", "Normals", "", 3, "higher", note=_NOTE, low=0.0, high=1.0, statistic=True),
    *(replace(share(f"recall_{name}mm", f"Recall {mm:g} mm"), note=_NOTE) for name, mm in LIMITS_MM.items()),
    Quantity("points", "Points", low=0.0),
    *SCALES,
    LANDMARK_RMS_MM,
    SUSPICIOUS,
)
"""Columns of a run, in order."""
