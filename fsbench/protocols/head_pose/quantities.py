"""The columns of FaceScape with landmarks."""

from fsbench.core.quantities import Quantity
from fsbench.protocols.facescape import quantities

HEAD_ROTATION_DEG = Quantity("head_rotation_deg", "Head rotation", "deg", 2, "lower", low=0.0, high=180.0)
"""Angle between the two heads, by their landmarks."""

LANDMARK_NME = Quantity("landmark_nme", "Landmark NME", "%", 2, "lower", 100.0, low=0.0)
"""Mean distance of the landmarks in the image, over the size of the reference's landmark box."""

METRICS = (*quantities.METRICS, HEAD_ROTATION_DEG, LANDMARK_NME)
"""Columns of a run, in order."""
