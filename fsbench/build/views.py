"""Where cameras stand around a head: the eleven published places, or a grid."""

from dataclasses import dataclass

import numpy as np

from fsbench.core.errors import UsageError
from fsbench.core.mesh import Floats

PUPIL_DISTANCE_MM = 62.85
DISTANCE_MM_PER_PX = 1234.5680905 / 1000
"""Distance of a camera over its focal length, so that all show the face as large: 0.81 px a mm. From the third column
of FaceScape's `lab_head_centers.npy` over 1200, 600 and 300 px."""

_DIAGONAL_DEG = float(np.degrees(np.arccos(np.sqrt(np.cos(np.radians(30.0))))))
"""Turned so far both ways, a camera is 30 degrees off."""
PUBLISHED = (
    (0.0, 0.0),
    (-30.0, 0.0),
    (-_DIAGONAL_DEG, -_DIAGONAL_DEG),
    (-_DIAGONAL_DEG, _DIAGONAL_DEG),
    (0.0, -30.0),
    (0.0, 30.0),
    (_DIAGONAL_DEG, -_DIAGONAL_DEG),
    (_DIAGONAL_DEG, _DIAGONAL_DEG),
    (30.0, 0.0),
    (-60.0, 0.0),
    (60.0, 0.0),
)
"""Azimuth and elevation of FaceScape's eleven cameras, from its `lab_rotations.npy`."""

_EDGES_DEG = {"0-5": 5.0, "5-30": 30.0, "30-60": 60.0, "60-90": 90.0, "90-180": 180.0}
_ROUNDING_DEG = 1e-4
_MOST_VIEWS, _STEEPEST_DEG = 1000, 80.0


@dataclass(frozen=True, slots=True, eq=False)
class Rig:
    """Cameras that look at the head's centre.

    Attributes
    ----------
    places : tuple of (azimuth_deg, elevation_deg)
        0, 0 is before the face; azimuth grows to the subject's left, elevation upwards.
    pose_labels : tuple of str
        A bin for each, by the angle between the direction of the face and the camera's axis.
    name : str
    """

    places: tuple[tuple[float, float], ...]
    pose_labels: tuple[str, ...]
    name: str

    @property
    def rotations(self) -> Floats:
        """Rotation (n, 3, 3) from the head frame into the camera's cv frame, by view."""
        return np.stack([look_from(*place) for place in self.places])


def look_from(azimuth_deg: float, elevation_deg: float) -> Floats:
    """Rotation (3, 3) from head to cv frame of an upright camera at an azimuth and elevation around the head."""
    a, e = np.radians(azimuth_deg), np.radians(elevation_deg)
    axis = -np.array([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)])
    right = np.array([np.cos(a), 0.0, -np.sin(a)])
    return np.stack([right, np.cross(axis, right), axis])


def head_centers_mm(focals_px: tuple[float, ...]) -> Floats:
    """Centre of the head in the camera's frame, (n, 3), by focal length in pixels of a 256 px image."""
    return np.array([[0.0, 0.0, focal * DISTANCE_MM_PER_PX] for focal in focals_px])


def pose_label(angle_deg: float) -> str:
    """Bin of an angle, as in the benchmark in the wild."""
    return next((name for name, edge in _EDGES_DEG.items() if angle_deg <= edge + _ROUNDING_DEG), "90-180")


def rig_called(text: str) -> Rig:
    """`published`, or a grid as "-60,-30,0,30,60/-20,0,20": azimuths / elevations in degrees.

    Raises
    ------
    UsageError
        If it is neither.

    Examples
    --------
    >>> rig_called("-40,0,40/0").pose_labels
    ('30-60', '0-5', '30-60')
    """
    if text == "published":
        labels = tuple(f"{round(_off_deg(*place)):d}" for place in PUBLISHED)
        return Rig(PUBLISHED, labels, "published")
    try:
        azimuths, elevations = ([float(word) for word in part.split(",")] for part in text.split("/"))
    except ValueError:
        raise UsageError(
            f"--views {text[:80]!r}: expected 'published', or azimuths / elevations in degrees, as "
            "-60,-30,0,30,60/-20,0,20"
        ) from None
    places = tuple((a, e) for e in elevations for a in azimuths)
    if not all(abs(a) <= 180 and abs(e) <= _STEEPEST_DEG for a, e in places):
        raise UsageError(f"--views {text[:80]!r}: azimuths go from -180 to 180, elevations from -80 to 80 degrees")
    if len(places) > _MOST_VIEWS or len({(a % 360, e) for a, e in places}) < len(places):
        raise UsageError(f"--views {text[:80]!r}: {len(places)} views, expected up to {_MOST_VIEWS}, none twice")
    return Rig(places, tuple(pose_label(_off_deg(*place)) for place in places), text)


def _off_deg(azimuth_deg: float, elevation_deg: float) -> float:
    """Angle between a camera's axis and the direction of the face."""
    cosine = np.cos(np.radians(azimuth_deg)) * np.cos(np.radians(elevation_deg))
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))
