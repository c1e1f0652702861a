"""The seven landmarks of NoW and of the FG2018 challenge, and the ball around a face that they give."""

from dataclasses import dataclass
from typing import Any, Generic, Self, TypeVar

import numpy as np
import numpy.typing as npt

from fsbench.core.arrays import as_floats
from fsbench.core.errors import AlignmentError, MetricError
from fsbench.core.mesh import Floats, Mask, Mesh
from fsbench.geometry.normals import vertex_normals
from fsbench.geometry.sheets import one_sided
from fsbench.protocols.doubts import doubts_about_scan
from fsbench.protocols.prepared import PreparedWithLandmarks

Settings = TypeVar("Settings", bound=Any)

LANDMARKS = (
    "right eye outer corner",
    "right eye inner corner",
    "left eye inner corner",
    "left eye outer corner",
    "nose bottom",
    "right mouth corner",
    "left mouth corner",
)
"""Rows of every landmark array, from the image's left; iBUG-68 indices 36, 39, 42, 45, 33, 48, 54."""

# The outer eye corners of adults are 80 to 105 mm apart (Farkas 1994); far outside of that the unit is wrong.
_EYES_MM = (50.0, 160.0)


def seven(landmarks: npt.ArrayLike, side: str) -> Floats:
    """A fresh (7, 3) array of landmarks in the order of `LANDMARKS`; `side` is for messages.

    Raises
    ------
    AlignmentError
        If they are not seven finite points.
    """
    array = np.array(as_floats(landmarks, f"{side} landmarks"))
    if array.shape == (1, 7, 3):
        array = array[0]
    if array.shape != (7, 3):
        raise AlignmentError(f"{side} landmarks have shape {array.shape}, expected (7, 3): {', '.join(LANDMARKS)}")
    if not np.isfinite(array).all():
        which = LANDMARKS[int(np.flatnonzero(~np.isfinite(array).all(1))[0])]
        raise AlignmentError(f"{side} landmarks: {which} is NaN or infinite")
    return array


def inside_face_ball(scan: Mesh, landmarks: Floats, centre_share: float, radius_factor: float) -> Mask:
    """Which vertices of a scan are in the ball around its face, (V,).

    Parameters
    ----------
    scan : Mesh
        In millimetres; vertices that no triangle uses count too.
    landmarks : ndarray, (7, 3)
        On the scan, in the order of `LANDMARKS`.
    centre_share : float
        Centre of the ball, as a share of the way from the nose's bottom to the middle of the inner eye corners.
    radius_factor : float
        Radius of the ball, as a multiple of the mean of the outer eye distance and that way's length.

    Raises
    ------
    AlignmentError
        If the landmarks are not in millimetres.
    MetricError
        If no vertex is in the ball.
    """
    eyes_mm = float(np.linalg.norm(landmarks[0] - landmarks[3]))
    if not _EYES_MM[0] <= eyes_mm <= _EYES_MM[1]:
        raise AlignmentError(
            f"the scan's outer eye corners are {eyes_mm:.4g} apart, expected {_EYES_MM[0]:g} to {_EYES_MM[1]:g}: "
            "scan and landmarks must be in mm"
        )
    bridge = 0.5 * (landmarks[1] + landmarks[2])
    centre = landmarks[4] + centre_share * (bridge - landmarks[4])
    radius = radius_factor * 0.5 * (eyes_mm + float(np.linalg.norm(bridge - landmarks[4])))
    inside: Mask = np.linalg.norm(scan.vertices - centre, axis=1) <= radius
    if not inside.any():
        raise MetricError(
            f"none of the scan's {scan.n_vertices} vertices is within {radius:.0f} mm of the landmarks: "
            "are scan and landmarks in one frame and unit?"
        )
    return inside


@dataclass(frozen=True, slots=True, eq=False)
class PreparedFaceBall(PreparedWithLandmarks, Generic[Settings]):
    """A scan with its vertices in the ball around the face.

    Attributes
    ----------
    protocol
        Settings with `crop_centre` and `crop_radius`, see `inside_face_ball`.
    landmarks : ndarray, (7, 3)
    doubts : tuple of str
        Doubts about the landmarks.
    points : ndarray, (n, 3)
        The scan's vertices in the ball, in their order.
    normals : ndarray, (n, 3)
        Normals of the points; zero for a point without one.
    """

    protocol: Settings
    reference: Mesh
    landmarks: Floats
    doubts: tuple[str, ...]
    points: Floats
    normals: Floats
    threads: int

    @classmethod
    def crop(cls, protocol: Settings, reference: Mesh, landmarks: npt.ArrayLike, threads: int) -> Self:
        """Find the vertices in the ball; errors as `seven`, `inside_face_ball` and `doubts_about_scan`."""
        marks = seven(landmarks, "scan")
        inside = inside_face_ball(reference, marks, protocol.crop_centre, protocol.crop_radius)
        doubts = doubts_about_scan(reference, marks, threads)
        normals = vertex_normals(one_sided(reference))[inside]
        return cls(protocol, reference, marks, doubts, reference.vertices[inside], normals, threads)
