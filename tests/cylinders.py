"""Faces made of upright cylinders around the head's axis, whose distances are known: with a throat, or with a nape."""

import numpy as np

from fsbench.core.mesh import Mesh

FACE_MM, THROAT_MM, NAPE_MM = 80.0, 16.0, 90.0
BEHIND_DEG = 20.0
_FACE_Y, _LOW_Y = (-60.0, 100.0), (-90.0, -62.0)


def face_with_throat() -> Mesh:
    """Head frame, mm: a half cylinder as a face, below it a throat all around the axis."""
    return _joined(_patch(FACE_MM, _FACE_Y, 0, 90), _patch(THROAT_MM, _LOW_Y, 0, 180))


def head_with_nape() -> Mesh:
    """The same surface, and a nape around the throat behind, which is what is seen from outside there."""
    return _joined(face_with_throat(), _patch(NAPE_MM, _LOW_Y, 180, BEHIND_DEG))


def _patch(radius_mm: float, heights_mm: tuple[float, float], middle_deg: float, half_deg: float) -> Mesh:
    """A patch of a cylinder that looks outwards; 0 degrees is the face's direction, +z."""
    turns = np.radians(np.linspace(middle_deg - half_deg, middle_deg + half_deg, 361))
    heights = np.linspace(*heights_mm, 9)
    points = [[radius_mm * np.sin(turn), y, radius_mm * np.cos(turn)] for y in heights for turn in turns]
    first = (np.arange(8)[:, None] * 361 + np.arange(360)).ravel()
    faces = np.concatenate(
        [np.stack([first, first + 1, first + 361], 1), np.stack([first + 362, first + 361, first + 1], 1)]
    )
    return Mesh(points, faces)


def _joined(*parts: Mesh) -> Mesh:
    offsets = np.cumsum([0, *(part.n_vertices for part in parts[:-1])])
    faces = [part.faces + offset for part, offset in zip(parts, offsets, strict=True)]
    return Mesh(np.concatenate([part.vertices for part in parts]), np.concatenate(faces))
