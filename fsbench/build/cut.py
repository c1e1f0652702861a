"""Which part of a head its reference keeps: the complete rate counts all of it."""

import numpy as np

from fsbench.build.head import Head
from fsbench.core.errors import MeshError
from fsbench.core.mesh import Floats, Mask

NOSE_TIP = 30
"""Row of iBUG's 68."""


def face_of(head: Head, vertices_mm: Floats, mm_per_unit: float, within_mm: float | None) -> tuple[Mask, str]:
    """Triangles that a reference keeps, (F,), and the rule in words.

    Parameters
    ----------
    head : Head
    vertices_mm : ndarray, (V, 3)
        The head's, times `mm_per_unit`.
    within_mm : float or None
        Keep triangles with all corners so near to the nose tip, or to the point between the pupils where there are no
        landmarks. None: the head's own mask of the face, or the whole mesh where it has none.

    Raises
    ------
    MeshError
        If nothing is kept.
    """
    if within_mm is not None:
        middle, place = head.pupils.mean(0), "point between the pupils"
        if head.landmarks is not None:
            middle, place = head.landmarks[NOSE_TIP], "nose tip"
        near = np.linalg.norm(vertices_mm - middle * mm_per_unit, axis=1) <= within_mm
        kept, words = near[head.triangles].all(1), f"within {within_mm:g} mm of the {place}"
    elif head.face is not None:
        kept, words = head.face, "face mask of the source"
    else:
        kept, words = np.ones(len(head.triangles), np.bool_), "whole mesh"
    if not kept.any():
        raise MeshError(f"the reference is empty: no triangle is left by the rule '{words}'")
    return kept, words
