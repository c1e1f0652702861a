"""A baseline's view of a face: the 68 points where a detector would find them, without the hidden ones."""

from dataclasses import dataclass

import numpy as np

from fsbench.core.mesh import Floats, Mask
from fsbench.geometry.rays import Surface

NOISE_PX, NOISE_GROWTH = 1.2, 0.7
"""Standard deviation of a landmark seen from the front, and the share by which a profile's is larger.

Real detectors lose as much: 3DDFA_V2 has 2.63, 3.42 and 4.48 % on AFLW2000-3D for yaws to 30, 60 and 90 deg (Guo et al.
2020, arXiv:2009.09960).
"""

HIDDEN_BEHIND_MM = 3.0
"""A point counts as hidden when the surface before it is nearer by more: lids and lips lie in folds of their own."""


@dataclass(frozen=True, slots=True)
class Observation:
    """Landmarks in one image, and nothing else.

    Parameters
    ----------
    points_px : (68, 2)
        From the middle of the image: x right, y up. NaN where hidden.
    visible : (68,) of bool
    focal_px : float or None
        Of the pinhole camera; None for the orthographic one in the wild.
    """

    points_px: Floats
    visible: Mask
    focal_px: float | None


def observe(
    projected_px: Floats, visible: Mask, focal_px: float | None, pose_deg: float, rng: np.random.Generator
) -> Observation:
    """Add a detector's noise to the projections (68, 2) of a face that looks `pose_deg` away; blank the hidden ones."""
    noise_px = NOISE_PX * (1 + NOISE_GROWTH * pose_deg / 90.0)
    noisy = projected_px + rng.normal(0.0, noise_px, projected_px.shape)
    return Observation(np.where(visible[:, None], noisy, np.nan), visible, focal_px)


def visible_points(head: Surface, points: Floats, towards_camera: Floats) -> Mask:
    """Whether each point of a head is visible, (n,).

    Parameters
    ----------
    head : Surface
        Millimetres.
    points : (n, 3)
    towards_camera : (n, 3) or (3,)
        From each point to the camera, or the common direction to a far one; not normalised for a near camera.
    """
    direction = np.broadcast_to(towards_camera, points.shape)
    unit = direction / np.linalg.norm(direction, axis=1, keepdims=True)
    return ~head.first_hits(points + HIDDEN_BEHIND_MM * unit, unit).found
