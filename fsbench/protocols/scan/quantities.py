"""The columns of the scan protocol."""

from fsbench.core.quantities import Quantity
from fsbench.protocols.shared_quantities import (
    INLIER_SHARE,
    NORMAL_DEG,
    SCALES,
    SUSPICIOUS,
    distance_statistics,
    share,
)

METRICS = (
    *distance_statistics("ref_to_pred_", "Ref to pred"),
    *distance_statistics("pred_to_ref_", "Pred to ref"),
    *distance_statistics("symmetric_", "Symmetric"),
    NORMAL_DEG,
    share("covered_share", "Covered share"),
    *SCALES,
    Quantity("alignment_rms_mm", "Alignment rms", "mm", 2, low=0.0),
    INLIER_SHARE,
    Quantity("iterations", "Iterations", low=0.0),
    SUSPICIOUS,
)
"""Columns of a run, in order."""
