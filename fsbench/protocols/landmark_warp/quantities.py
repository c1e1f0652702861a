"""The columns of the landmark-warp protocol."""

from fsbench.protocols.shared_quantities import LANDMARK_RMS_MM, SCALES, SUSPICIOUS, distance_statistics

METRICS = (
    *distance_statistics("corresponding_", "Corresponding"),
    *distance_statistics("nearest_", "Nearest"),
    LANDMARK_RMS_MM,
    *SCALES,
    SUSPICIOUS,
)
"""Columns of a run, in order."""
