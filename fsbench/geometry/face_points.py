"""Landmarks of a face in the orders that are in use: which are mirror images, and whether points can be them."""

from types import MappingProxyType

import numpy as np

from fsbench.core.arrays import spread_of
from fsbench.core.errors import AlignmentError
from fsbench.core.mesh import Floats, Ints
from fsbench.geometry.procrustes import fit_landmarks

SEVEN = (36, 39, 42, 45, 33, 48, 54)
"""NoW's seven among iBUG's 68, from 0: corners of the eyes, bottom of the nose, corners of the mouth."""

ROWS = MappingProxyType({68: tuple(range(68)), 51: tuple(range(17, 68)), 7: SEVEN})
"""The orders by their number of points, as rows of iBUG's 68."""

_REALY = 85
"""REALY's keypoints, of which the first 68 are iBUG's."""

# Sums of the numbers of two mirror images, from and to.
_MIRRORED = ((0, 16, 16), (17, 26, 43), (31, 35, 66), (48, 54, 102), (55, 59, 114), (60, 64, 124), (65, 67, 132))
_EYES = ((36, 45), (37, 44), (38, 43), (39, 42), (40, 47), (41, 46))

# A share of the landmarks' spread. Faces and expressions come to 0.1 at most, vertices of another topology to 0.9.
_ASYMMETRIC = 0.2
# Spread of the landmarks in that of all vertices: 0.8 on a face, 0.4 on a head with neck.
_SMALL, _LARGE = 0.1, 1.5


def order_of(n: int, rows: int) -> Ints:
    """Which of n landmarks are those of an order of `rows` points, (rows,).

    Raises
    ------
    AlignmentError
        If n is not 7, 51, 68 or REALY's 85, or the larger order is asked of the smaller one.

    Examples
    --------
    >>> order_of(51, 7).tolist()
    [19, 22, 25, 28, 16, 31, 37]
    """
    n = 68 if n == _REALY else n
    if n not in ROWS or not set(ROWS[rows]) <= set(ROWS[n]):
        raise AlignmentError(
            f"{rows} landmarks cannot be taken from {n}: expected {' or '.join(map(str, _larger(rows)))}"
        )
    return np.array([ROWS[n].index(row) for row in ROWS[rows]])


def _larger(rows: int) -> list[int]:
    return sorted(n for n in ROWS if set(ROWS[rows]) <= set(ROWS[n]))


def mirror_images(n: int) -> Ints:
    """The row of each landmark's mirror image, (n,), for n of 7, 51 or 68.

    Examples
    --------
    >>> mirror_images(7).tolist()
    [3, 2, 1, 0, 4, 6, 5]
    """
    partner = list(range(68))
    for first, last, total in _MIRRORED:
        partner[first : last + 1] = [total - row for row in range(first, last + 1)]
    for right, left in _EYES:
        partner[right], partner[left] = left, right
    return np.array([ROWS[n].index(partner[row]) for row in ROWS[n]])


def doubts_about_face(landmarks: Floats, vertices: Floats) -> list[str]:
    """What speaks against these points, (n, 3), being the landmarks of a face with these vertices, (V, 3).

    A mesh of another topology with as many vertices has them anywhere: they are no face's mirror image, or as large as
    the whole. For numbers of points other than 7, 51 and 68 only the size is looked at.
    """
    spread, whole = (spread_of(points) for points in (landmarks, vertices))
    if not spread > 0:
        return ["all landmarks are in one place"]
    found = []
    if len(landmarks) in ROWS:
        mirrored = landmarks[mirror_images(len(landmarks))] * [-1, 1, 1]
        try:
            share = fit_landmarks(landmarks, mirrored).residual_rms / spread
        except AlignmentError as error:
            return [str(error)]
        if share > _ASYMMETRIC:
            found.append(f"left and right differ by {share:.0%} of the landmarks' spread (faces: 10 % at most)")
    if whole > 0 and not _SMALL < spread / whole < _LARGE:
        found.append(f"the landmarks spread {spread / whole:.2f} times as far as all vertices (faces: 0.2 to 1)")
    return found
