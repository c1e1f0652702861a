"""View rays: the reference as the camera sees it, and the misfit of a placed prediction.

Everything here is in the *image frame*: the ortho frame of the 256 px image, x right, y up, z towards the
viewer, the image [-1, 1]^2. In the lab the camera is a pinhole that stands before the middle of the mesh.
A few hundred rays tell a wrong frame from a right one. They do not see the depth and, in the lab, the unit, which the
official formulas remove too.
"""

from dataclasses import dataclass

import numpy as np

from fsbench.core.mesh import Floats, Ints, Mask
from fsbench.geometry.cameras import ORTHO_FROM_CV
from fsbench.geometry.rays import Surface
from fsbench.protocols.facescape.protocol import Prepared

HALF_PX = 128.0
MAP_PX = 256
STRIDE_PX = 7
"""Every seventh pixel of every seventh row: about five hundred rays on a face."""

WORST_MM = 15.0
WORST_DEG = 60.0
"""Residuals that count as not seen at all: beyond them a place is simply wrong."""


@dataclass(frozen=True, slots=True)
class Placing:
    """`p_image = linear @ p + offset`, for the vertices of a prediction that was already put into the image frame."""

    linear: Floats
    offset: Floats

    def apply(self, points: Floats) -> Floats:
        """Move points (n, 3)."""
        return points @ self.linear.T + self.offset

    def undo(self, points: Floats) -> Floats:
        """Move points (n, 3) back."""
        return (points - self.offset) @ np.linalg.inv(self.linear).T

    def then(self, other: "Placing") -> "Placing":
        """First this, then `other`."""
        return Placing(other.linear @ self.linear, other.linear @ self.offset + other.offset)


AS_IS = Placing(np.eye(3), np.zeros(3))


@dataclass(frozen=True, slots=True)
class ViewFit:
    """How well a placed prediction meets the reference.

    Attributes
    ----------
    misfit : float
        Mean over the reference's pixels, in [0, 1]: half from the depth residual after the median is taken off
        (`WORST_MM` is 1), half from the angle between the normals, whichever way they face (`WORST_DEG` is 1). A pixel
        that the prediction leaves empty is 1.
    covered : float
        Share of the reference's pixels that the prediction covers.
    front : float
        Share of these where its triangle faces the camera; NaN if there are none.
    """

    misfit: float
    covered: float
    front: float


NOTHING_SEEN = ViewFit(1.0, 0.0, float("nan"))


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """The reference as the camera sees it, at the pixels where it is smooth.

    Attributes
    ----------
    directions : ndarray, (n, 3)
        Of the rays, image frame; one unit of depth long.
    points_xy : ndarray, (n, 2)
        Where they pass in the image, [-1, 1]^2.
    depths_mm, normals : ndarray, (n,), (n, 3)
        Of the reference; normals in the axes of the image frame, towards the camera.
    mm_per_unit : float
        Millimetres per unit of the image frame, at the head's centre.
    pinhole_units : float or None
        Distance from the pinhole to the mean of the vertices, in units of the image frame; None in the wild.
    """

    directions: Floats
    points_xy: Floats
    depths_mm: Floats
    normals: Floats
    mm_per_unit: float
    pinhole_units: float | None

    @classmethod
    def of(cls, prepared: Prepared, focal_px: float | None) -> "Target":
        """See a prepared reference; `focal_px` is None in the wild."""
        axes = np.eye(3) if focal_px is None else ORTHO_FROM_CV
        origins, directions = (part @ axes for part in prepared.view.camera.rays(MAP_PX))
        depths = prepared.depths_mm
        points = (origins + directions * depths[:, None]).reshape(MAP_PX, MAP_PX, 3)
        pixels, normals = smooth_pixels(points, depths.reshape(MAP_PX, MAP_PX))
        if focal_px is None:
            mm_per_unit, pinhole = prepared.view.mm_per_unit, None
            xy = origins[pixels, :2] / mm_per_unit
        else:
            pinhole = focal_px / HALF_PX
            mm_per_unit = float(abs(prepared.view.head_center_mm[2])) / pinhole
            xy = directions[pixels, :2] * pinhole
        rays = np.broadcast_to(directions, (len(depths), 3))[pixels]
        return cls(rays, xy, depths[pixels], normals, mm_per_unit, pinhole)

    def points(self) -> Floats:
        """The reference's surface in the image frame, (n, 3); in the wild z counts from the image plane."""
        if self.pinhole_units is None:
            return np.column_stack([self.points_xy, -self.depths_mm / self.mm_per_unit])
        points = self.directions * (self.depths_mm / self.mm_per_unit)[:, None]
        found: Floats = points + np.array([0.0, 0.0, self.pinhole_units])
        return found

    def look(self, surface: Surface, mean: Floats, placing: Placing = AS_IS) -> ViewFit:
        """Fit of a prediction after `placing`.

        Parameters
        ----------
        surface : Surface
            The prediction in the image frame, as its adapter puts it.
        mean : ndarray, (3,)
            Mean of its vertices, before which the pinhole of the lab stands.
        placing : Placing
            The change to make first. The rays are moved back instead of the mesh, so one tree serves all changes.
        """
        origins = self._eyes(surface.corners, mean, placing)
        inverse = np.linalg.inv(placing.linear)
        hits = surface.first_hits(placing.undo(origins), self.directions @ inverse.T)
        seen = hits.found
        if not seen.any():
            return NOTHING_SEEN
        rays, depths = self.directions[seen], hits.distances[seen]
        normals = surface.mesh.face_normals(hits.faces[seen]) @ inverse
        normals *= np.sign(np.linalg.det(placing.linear)) / np.maximum(
            np.linalg.norm(normals, axis=1, keepdims=True), 1e-30
        )
        front = np.einsum("ij,ij->i", normals, rays) < 0
        residual_mm = self._residual_mm(self.depths_mm[seen], depths)
        cosine = np.einsum("ij,ij->i", normals * np.where(front, 1.0, -1.0)[:, None], self.normals[seen])
        angle_deg = np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))
        errors = np.ones(len(seen))
        errors[seen] = (np.minimum(residual_mm / WORST_MM, 1) + np.minimum(angle_deg / WORST_DEG, 1)) / 2
        return ViewFit(float(errors.mean()), float(seen.mean()), float(front.mean()))

    def _eyes(self, corners: Floats, mean: Floats, placing: Placing) -> Floats:
        """Where the rays start, (n, 3) or (1, 3): before the whole mesh, or at the pinhole."""
        if self.pinhole_units is not None:
            return np.array([[0.0, 0.0, float(placing.apply(mean[None])[0, 2]) + self.pinhole_units]])
        nearest = float(placing.apply(corners)[:, 2].max())
        return np.column_stack([self.points_xy, np.full(len(self.points_xy), nearest + 1.0)])

    def _residual_mm(self, ref_mm: Floats, pred: Floats) -> Floats:
        """The depth difference after the benchmark's alignment: a shift, or in the lab a slide."""
        if self.pinhole_units is not None:
            return np.abs(ref_mm - pred * float(np.median(ref_mm / np.maximum(pred, 1e-9))))
        difference = ref_mm - pred * self.mm_per_unit
        return np.abs(difference - np.median(difference))


def smooth_pixels(points: Floats, depths: Floats) -> tuple[Ints, Floats]:
    """Flat indices of a coarse grid of pixels whose four neighbours are on the same surface; their unit normals."""
    inner = np.zeros(depths.shape, np.bool_)
    middle = depths[1:-1, 1:-1]
    near: Mask = middle > 0
    for neighbour in (depths[:-2, 1:-1], depths[2:, 1:-1], depths[1:-1, :-2], depths[1:-1, 2:]):
        near &= (neighbour > 0) & (np.abs(neighbour - middle) < 5.0)
    inner[1:-1, 1:-1] = near
    rows, columns = np.nonzero(inner[STRIDE_PX // 2 :: STRIDE_PX, STRIDE_PX // 2 :: STRIDE_PX])
    rows, columns = rows * STRIDE_PX + STRIDE_PX // 2, columns * STRIDE_PX + STRIDE_PX // 2
    right = points[rows, columns + 1] - points[rows, columns - 1]
    up = points[rows - 1, columns] - points[rows + 1, columns]
    normals = np.cross(right, up)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return rows * depths.shape[1] + columns, normals
