"""The columns of the rig protocol."""

from fsbench.core.quantities import Quantity
from fsbench.protocols.shared_quantities import SCALES, SUSPICIOUS, error

METRICS = (
    Quantity("rig_mm", "Shape", "mm", 2, "lower", beside="motion_mm", low=0.0, statistic=True),
    error("neutral_mm", "Neutral", statistic=True),
    error("corresponding_mm", "Corresponding", statistic=True),
    error("realigned_mm", "Realigned", statistic=True),
    error("motion_mm", "Motion", statistic=True),
    Quantity("motion_r2", "Motion R2", "", 2, "higher", high=1.0, statistic=True),
    error("leak_mm", "Leak", statistic=True),
    Quantity("amplitude", "Amplitude", "", 2, words="strength of the motion, 1 for the captured one"),
    Quantity("true_motion_mm", "True motion", "mm", 2, low=0.0, statistic=True),
    Quantity("hit", "Hit", "%", 1, "higher", 100.0, low=0.0, high=1.0, words="share of expressions told apart"),
    Quantity("nearest", "Nearest expression", label_of="expression"),
    error("detail_mm", "Detail", statistic=True),
    Quantity("detail_normal_deg", "Detail normals", "deg", 2, "lower", low=0.0, high=180.0, statistic=True),
    Quantity("wrinkle_contrast", "Wrinkle contrast", "", 2, "higher", low=-1.0, high=1.0, statistic=True),
    Quantity("head_mm", "Head motion", "mm", 2, low=0.0, statistic=True),
    Quantity("covered", "Covered", "%", 1, factor=100.0, low=0.0, high=1.0),
    SCALES[0],
    SUSPICIOUS,
)
"""Columns of a run, in order."""
