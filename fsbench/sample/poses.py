"""Poses of the head before the two cameras: our own, in the ranges and arrays of FaceScape's predef."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from fsbench.core.mesh import Floats
from fsbench.geometry.cameras import ORTHO_FROM_CV

N_WILD, N_BINS = 400, 4
BIN_DEG = ((0.2, 4.8), (5.5, 29.5), (30.5, 59.5), (60.5, 84.0))
"""Angle between the face and the viewer in each bin of 100, kept off its edges; past 84 deg little face is left."""

LARGEST_TILT_DEG = 25.0
LARGEST_ROLL_DEG = 12.0
FACE_CENTRE_MM = np.array([0.0, 8.0, 40.0])
FOCALS_PX = (1200, 600, 300)
LAB_DISTANCES_MM = (1500.0, 750.0, 375.0)
"""In proportion to the focal lengths, so that the head fills the image alike."""

IMAGE_PX = 256


@dataclass(frozen=True, slots=True)
class Poses:
    """The five predef arrays; p = R q + c takes a head frame point into the camera's frame.

    Parameters
    ----------
    wild_rotations, wild_head_centers, wild_pupil_scales : (400, 3, 3), (400, 3), (400,)
        Ortho frame; centres in ortho units, scales in mm a unit.
    lab_rotations, lab_head_centers : (11, 3, 3), (3, 3)
        Cv frame by view (its turn about x is in R), centres in mm by focal length.
    """

    wild_rotations: Floats
    wild_head_centers: Floats
    wild_pupil_scales: Floats
    lab_rotations: Floats
    lab_head_centers: Floats


def draw_poses(rng: np.random.Generator) -> Poses:
    """All poses of a benchmark, whether or not its meshes are written."""
    rotations = np.stack([_wild_rotation(rng, k * N_BINS // N_WILD) for k in range(N_WILD)])
    scales = rng.uniform(120.0, 138.0, N_WILD)
    centres = -(rotations @ FACE_CENTRE_MM) / scales[:, None] + rng.uniform(-0.03, 0.03, (N_WILD, 3))
    centres[:, 2] -= 10.0
    away = np.array(LAB_DISTANCES_MM)
    return Poses(rotations, centres, scales, _lab_rotations(), np.stack([np.zeros(3), np.zeros(3), away], 1))


def pose_deg(rotation: Floats) -> float:
    """Angle between where the face looks and the viewer, for a rotation (3, 3) into ortho axes."""
    return float(np.degrees(np.arccos(np.clip(rotation[2, 2], -1.0, 1.0))))


def _wild_rotation(rng: np.random.Generator, pose_bin: int) -> Floats:
    """Turned away by an angle of the bin, sideways for the most part, and rolled a little."""
    angle = rng.uniform(*BIN_DEG[pose_bin])
    steepest = np.degrees(np.arcsin(min(1.0, np.sin(np.radians(LARGEST_TILT_DEG)) / np.sin(np.radians(angle)))))
    around = rng.uniform(-steepest, steepest) + 180.0 * rng.integers(2)
    return _turned(angle, around, rng.uniform(-LARGEST_ROLL_DEG, LARGEST_ROLL_DEG))


def _turned(angle_deg: float, around_deg: float, roll_deg: float) -> Floats:
    """Ortho axes: the face's +z tilts by `angle_deg` towards the image direction `around_deg` (0 right, 90 up)."""
    a = np.radians(around_deg)
    tilt = Rotation.from_rotvec(np.radians(angle_deg) * np.array([-np.sin(a), np.cos(a), 0.0]))
    return (tilt * Rotation.from_euler("z", roll_deg, degrees=True)).as_matrix()


def _lab_rotations() -> Floats:
    """View 0 from the front, 1-8 around it at 30 deg, 9 and 10 from the sides at 60 deg."""
    views = [(0.0, 0.0), *((30.0, 45.0 * k) for k in range(8)), (60.0, 0.0), (60.0, 180.0)]
    return np.stack([ORTHO_FROM_CV @ _turned(angle, around, 0.0) for angle, around in views])
