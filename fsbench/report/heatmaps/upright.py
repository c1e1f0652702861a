"""Upright: how to turn a scan so that the face looks at the viewer, where its landmarks tell."""

import numpy as np

from fsbench.core.mesh import Floats, Mesh
from fsbench.geometry.oriented import oriented

# Rows of the right eye, the left eye and the mouth (the person's sides) in the orders that are in use: NoW's seven,
# iBUG's 68, and these without the jaw.
_PARTS = {
    7: (slice(0, 2), slice(2, 4), slice(5, 7)),
    51: (slice(19, 25), slice(25, 31), slice(31, 51)),
    68: (slice(36, 42), slice(42, 48), slice(48, 68)),
}
# Mean of the outward normals' z: about 0 for a whole head, 0.6 and more for a face.
_LOOKS_AWAY = 0.3


def upright(scan: Mesh, landmarks: Floats | None) -> Floats | None:
    """Rows x, y, z of a head frame: x to the person's left, y up, z out of the face.

    Parameters
    ----------
    scan : Mesh
    landmarks : ndarray, (n, 3), optional
        In the scan's frame.

    Returns
    -------
    ndarray, (3, 3)
        `scan.vertices @ rows.T` stand upright. None without landmarks in a known order.
    """
    if landmarks is None or len(landmarks) not in _PARTS:
        return None
    right_eye, left_eye, mouth = (landmarks[rows].mean(0) for rows in _PARTS[len(landmarks)])
    x, up = left_eye - right_eye, 0.5 * (left_eye + right_eye) - mouth
    z = np.cross(x, up)
    if not np.linalg.norm(z) > 0:
        return None
    y = np.cross(z, x)
    rows: Floats = np.stack([axis / np.linalg.norm(axis) for axis in (x, y, z)])
    # A face looks along z. Else as many landmarks stand there in another order.
    return rows if (oriented(scan).normals @ rows[2]).mean() > 0 else None


def outer_side(scan: Mesh) -> tuple[Floats, str]:
    """Without landmarks: the axes of the scan or those of a camera, whichever show it from outside; in words.

    A whole head looks everywhere, and keeps its axes.
    """
    looks_z = float(oriented(scan).normals[:, 2].mean())
    if looks_z < -_LOOKS_AWAY:
        return np.diag([1.0, -1.0, -1.0]), "seen along the scan's own axes: y down, front from -z"
    return np.eye(3), "seen along the scan's own axes: y up, front from +z"
