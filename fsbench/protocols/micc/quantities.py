"""The columns of the MICC protocols."""

from fsbench.core.quantities import Quantity
from fsbench.protocols.shared_quantities import INLIER_SHARE, SCALES, SUSPICIOUS, distance_statistics, error

METRICS = (
    error("score_mm", "Score"),
    *distance_statistics("ref_to_pred_", "Ref to pred"),
    error("pred_to_ref_mean_mm", "Pred to ref mean", statistic=True),
    *SCALES,
    INLIER_SHARE,
    SUSPICIOUS,
)
"""Columns of a run, in order."""

OF_FRAMES = (
    Quantity("frames", "Frames", low=0.0),
    Quantity("frames_std_mm", "Frames std", "mm", 2, low=0.0, statistic=True),
    Quantity("scans", "Scans", low=0.0),
)
"""Further columns for samples that are videos with several meshes."""
