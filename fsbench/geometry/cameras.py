"""The two cameras that see the face, and the rays through their pixel centres.

Frames (row vectors): the *ortho frame* has x right, y up, z towards the viewer, and the image is
[-1, 1]^2; the *cv frame* has x right, y down, z away from the camera, and a pinhole at the origin.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from fsbench.core.arrays import by_column
from fsbench.core.errors import ReferenceDataError
from fsbench.core.mesh import Floats, Mask, Mesh
from fsbench.geometry.raster import NO_FACE, nearest_front, nearest_front_of_rays

ORTHO_FROM_CV = np.diag([1.0, -1.0, -1.0])
"""Turns a point of the cv frame into the ortho frame's axes, and back."""


class Camera(Protocol):
    """Interface of a camera. Lengths are in the unit of the mesh, here millimetres."""

    def rays(self, size_px: int) -> tuple[Floats, Floats]:
        """Origins and directions, (size_px^2, 3) or (1, 3), row by row from the image's top left.

        A direction has unit length along the optical axis, so a hit's distance is its depth.
        """

    def depth(self, points: Floats) -> Floats:
        """Depth of points (n, 3) along the optical axis, (n,); not positive behind the camera."""

    def project(self, points: Floats, size_px: int) -> Floats:
        """Where points (n, 3) before the camera are in the image, (n, 2) pixels: x right, y down from the top left."""

    def depth_map(self, mesh: Mesh, wanted: Mask) -> Floats:
        """Depth of the nearest front-facing triangle per pixel, (n, n); 0 if there is none or the pixel is not wanted.

        Parameters
        ----------
        mesh : Mesh
        wanted : (n, n)
            Pixels to look through.
        """


@dataclass(frozen=True, slots=True)
class OrthographicCamera:
    """Ortho frame: a square of +-`half_extent_mm`, seen along -z from z = 0."""

    half_extent_mm: float

    def rays(self, size_px: int) -> tuple[Floats, Floats]:
        """See `Camera.rays`."""
        centres = ((np.arange(size_px) + 0.5) / size_px * 2 - 1) * self.half_extent_mm
        x, y = np.meshgrid(centres, -centres)
        return np.stack([x, y, np.zeros_like(x)], 2).reshape(-1, 3), np.array([[0.0, 0.0, -1.0]])

    def depth(self, points: Floats) -> Floats:
        """See `Camera.depth`."""
        return -points[:, 2]

    def project(self, points: Floats, size_px: int) -> Floats:
        """See `Camera.project`."""
        pixels: Floats = (points[:, :2] / self.half_extent_mm * (1.0, -1.0) + 1.0) * (size_px / 2)
        return pixels

    def depth_map(self, mesh: Mesh, wanted: Mask) -> Floats:
        """See `Camera.depth_map`."""
        half = len(wanted) / 2
        scale = half / self.half_extent_mm
        pixels = by_column(np.multiply, mesh.vertices[:, :2], (scale, -scale)) + (half - 0.5)
        seen = nearest_front(pixels, mesh.vertices[:, 2], mesh.faces, wanted, limit=0.0)
        return -seen.values


@dataclass(frozen=True, slots=True)
class PinholeCamera:
    """Cv frame: focal lengths and principal point in pixels of the `size_px` image, no skew."""

    focal_x_px: float
    focal_y_px: float
    centre_x_px: float
    centre_y_px: float

    @classmethod
    def from_matrix(cls, K: Floats) -> "PinholeCamera":
        """Take the camera from K (3, 3).

        Raises
        ------
        ReferenceDataError
            If K is not finite, a focal length is not positive, or K has skew.
        """
        if K.shape != (3, 3) or not np.isfinite(K).all():
            raise ReferenceDataError(f"the camera matrix has shape {K.shape}, expected a finite (3, 3)")
        if K[0, 0] <= 0 or K[1, 1] <= 0 or K[0, 1] != 0:
            raise ReferenceDataError(f"the camera matrix {K.tolist()} has skew or a focal length that is not positive")
        return cls(float(K[0, 0]), float(K[1, 1]), float(K[0, 2]), float(K[1, 2]))

    def rays(self, size_px: int) -> tuple[Floats, Floats]:
        """See `Camera.rays`."""
        centres = np.arange(size_px) + 0.5
        x, y = np.meshgrid(
            (centres - self.centre_x_px) / self.focal_x_px, (centres - self.centre_y_px) / self.focal_y_px
        )
        return np.zeros((1, 3)), np.stack([x, y, np.ones_like(x)], 2).reshape(-1, 3)

    def depth(self, points: Floats) -> Floats:
        """See `Camera.depth`."""
        return points[:, 2]

    def project(self, points: Floats, size_px: int) -> Floats:
        """See `Camera.project`; the size is the camera's own."""
        focal, centre = (self.focal_x_px, self.focal_y_px), (self.centre_x_px, self.centre_y_px)
        pixels: Floats = points[:, :2] / points[:, 2:] * focal + centre
        return pixels

    def depth_map(self, mesh: Mesh, wanted: Mask) -> Floats:
        """See `Camera.depth_map`."""
        depth = self.depth(mesh.vertices)
        focal, centre = (self.focal_x_px, self.focal_y_px), (self.centre_x_px - 0.5, self.centre_y_px - 0.5)
        if (depth <= 0).any():
            # A triangle that reaches behind the pinhole has no image; a ray meets it all the same.
            seen = nearest_front_of_rays(mesh.vertices, mesh.faces, focal, centre, wanted)
        else:
            pixels = np.empty((len(depth), 2))
            for axis in range(2):
                pixels[:, axis] = mesh.vertices[:, axis] / depth * focal[axis] + centre[axis]
            seen = nearest_front(pixels, 1 / depth, mesh.faces, wanted)
        return np.divide(1, seen.values, out=np.zeros(wanted.shape), where=seen.faces != NO_FACE)
