"""The columns of the FG2018 challenge."""

from fsbench.core.quantities import Quantity
from fsbench.protocols.shared_quantities import LANDMARK_RMS_MM, SCALES, SUSPICIOUS, distance_statistics

_MEAN, _MEDIAN, _RMSE, *_REST = distance_statistics()

METRICS = (
    _RMSE,
    _MEAN,
    _MEDIAN,
    Quantity("std_mm", "Std", "mm", 2, low=0.0, statistic=True),
    *_REST,
    Quantity("points", "Points", low=0.0),
    SCALES[0],
    LANDMARK_RMS_MM,
    SUSPICIOUS,
)
"""Columns of a run, in order."""
