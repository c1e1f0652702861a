"""Misfit: whether a prediction is clearly where its reference is, at the cost of one depth map.

The misfit is that of `ViewFit`, but from the depth map that scoring uses too. So it needs no search tree, and sees only
triangles that face the camera. It can show that all is well, but not which mistake there is.
"""

import numpy as np

from fsbench.check.view_rays import MAP_PX, WORST_DEG, WORST_MM, smooth_pixels
from fsbench.core.mesh import Floats, Ints, Mesh
from fsbench.protocols.facescape.protocol import Prepared


def misfit(prepared: Prepared, prediction: Mesh) -> float:
    """Mean over the reference's smooth pixels, in [0, 1]; see `ViewFit.misfit`.

    Parameters
    ----------
    prepared : Prepared
        The reference.
    prediction : Mesh
        In the benchmark's camera frame, as its adapter gives it.
    """
    view = prepared.view
    with np.errstate(over="ignore"):
        vertices = prediction.vertices * view.mm_per_unit
    if not prediction.n_faces or not np.isfinite(vertices).all():
        return 1.0
    wanted = (prepared.depths_mm != 0).reshape(MAP_PX, MAP_PX)
    depths = view.camera.depth_map(Mesh(vertices, prediction.faces), wanted).reshape(-1)
    ref_pixels, ref_normals = _normals(prepared, prepared.depths_mm)
    pred_pixels, pred_normals = _normals(prepared, depths)
    both, in_ref, in_pred = np.intersect1d(ref_pixels, pred_pixels, assume_unique=True, return_indices=True)
    if not len(both):
        return 1.0
    residuals_mm = _residuals_mm(prepared, both, depths)
    cosines = np.einsum("ij,ij->i", ref_normals[in_ref], pred_normals[in_pred])
    angles_deg = np.degrees(np.arccos(np.clip(cosines, -1.0, 1.0)))
    errors = np.ones(len(ref_pixels))
    errors[in_ref] = (np.minimum(residuals_mm / WORST_MM, 1) + np.minimum(angles_deg / WORST_DEG, 1)) / 2
    return float(errors.mean())


def _normals(prepared: Prepared, depths: Floats) -> tuple[Ints, Floats]:
    """Smooth pixels of a depth map (65536,), and the normals there in the camera's axes."""
    origins, directions = prepared.view.camera.rays(MAP_PX)
    points = (origins + directions * depths[:, None]).reshape(MAP_PX, MAP_PX, 3)
    return smooth_pixels(points, depths.reshape(MAP_PX, MAP_PX))


def _residuals_mm(prepared: Prepared, pixels: Ints, depths: Floats) -> Floats:
    """The depth differences after the benchmark's alignment."""
    ref, pred = prepared.depths_mm[pixels], depths[pixels]
    if prepared.protocol.align == "depth-median":
        return np.abs(ref - pred - np.median(ref - pred))
    return np.abs(ref - pred * np.median(ref / pred))
