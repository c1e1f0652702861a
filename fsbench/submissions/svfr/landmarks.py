"""Faults of the seven landmarks of a mesh; the official client checks their shape only."""

import numpy as np
import numpy.typing as npt

from fsbench.core.mesh import Floats, Mesh
from fsbench.geometry.nearest import NearestSurface

ORDER = "corners of the eyes from the image's left to its right, bottom of the nose, left and right corner of the mouth"
_SHAPE = (7, 3)
# Landmarks lie on the skin. Ours: sparse meshes and hand-placed landmarks stay within 1 % of the mesh's diagonal.
_OFF_MESH = 0.05
# Rows in one place or on one line, as shares of the widest spread.
_FLAT = 1e-3


def trouble_with_landmarks(landmarks: npt.NDArray[np.generic], mesh: Mesh | None) -> str:
    """The fault in a few words; empty if there is none.

    Parameters
    ----------
    landmarks : array
        As it is in the file.
    mesh : Mesh or None
        Their mesh; None if it is unusable.
    """
    if landmarks.shape != _SHAPE:
        return f"not of shape {_SHAPE}"
    if landmarks.dtype.kind not in "iuf":
        return f"of type {landmarks.dtype.kind!r}, not numbers"
    marks = landmarks.astype(np.float64)
    if not np.isfinite(marks).all():
        return "NaN or infinite"
    spread = np.linalg.svd(marks - marks.mean(0), compute_uv=False)
    if not spread[0] > 1e-12 * np.abs(marks).max():
        return "all in one place"
    if spread[1] <= _FLAT * spread[0]:
        return "all on one line"
    return _disorder(marks) or (_off(marks, mesh) if mesh is not None else "")


def _disorder(marks: Floats) -> str:
    """Whether the rows stand as on a face: eyes above nose above mouth, from left to right, the nose in front."""
    eyes, nose, mouth = marks[:4], marks[4], marks[5:]
    across = marks[[3, 6]].mean(0) - marks[[0, 5]].mean(0)
    up = eyes.mean(0) - mouth.mean(0)
    if not (np.linalg.norm(across) and np.linalg.norm(up)):
        return f"in another order than expected ({ORDER})"
    across = across / np.linalg.norm(across)
    up = up - (up @ across) * across
    left_to_right = eyes @ across
    heights = (eyes @ up).min(), nose @ up, (mouth @ up).max()
    is_in_order = (np.diff(left_to_right) > 0).all() and mouth[0] @ across < mouth[1] @ across
    if not (is_in_order and heights[0] > heights[1] > heights[2]):
        return f"in another order than expected ({ORDER})"
    # With left and right swapped, "in front" turns to the back.
    front = np.cross(across, up)
    share = (heights[1] - mouth.mean(0) @ up) / (up @ up)
    between = mouth.mean(0) + share * (eyes.mean(0) - mouth.mean(0))
    if (nose - between) @ front < 0:
        return "mirrored: the nose is behind the eyes and the mouth. Are left and right swapped?"
    return ""


def _off(marks: Floats, mesh: Mesh) -> str:
    """Whether a landmark is far from the mesh; the nearest vertex is near enough on nearly all meshes."""
    limit = _OFF_MESH * float(np.linalg.norm(np.ptp(mesh.vertices, axis=0)))
    to_vertices = np.array([np.sqrt(((mesh.vertices - mark) ** 2).sum(1).min()) for mark in marks])
    if (to_vertices <= limit).all():
        return ""
    if mesh.n_faces and (NearestSurface(mesh).closest(marks).distances <= limit).all():
        return ""
    return f"off the mesh by more than {_OFF_MESH:.0%} of its size"
