"""The columns of the NoW protocol."""

from fsbench.core.quantities import Quantity
from fsbench.protocols.shared_quantities import LANDMARK_RMS_MM, SCALES, SUSPICIOUS, distance_statistics

_MEAN, _MEDIAN, *_REST = distance_statistics()

METRICS = (
    _MEDIAN,
    _MEAN,
    Quantity("std_mm", "Std", "mm", 2, low=0.0, statistic=True),
    *_REST,
    Quantity("points", "Points", low=0.0),
    SCALES[0],
    LANDMARK_RMS_MM,
    Quantity("steps", "Steps", low=0.0),
    SUSPICIOUS,
)
"""Columns of a run, in order."""
