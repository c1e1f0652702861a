"""Points moved, and measured, in one pass over them: the same to the last bit on every machine.

Arrays of other shapes are a ValueError.
"""

import math

import numpy as np
import numpy.typing as npt

from fsbench.core.compiled import POINTS, compiled
from fsbench.core.mesh import Floats


def stretched(points: Floats, scale: float, shift: npt.ArrayLike) -> Floats:
    """Points (n, 3) times a number plus a row (3,): q = scale p + shift.

    Examples
    --------
    >>> stretched(np.ones((1, 3)), 2.0, (0, 0, -1)).tolist()
    [[2.0, 2.0, 1.0]]
    """
    rows, moved = _rows(points), np.empty(points.shape)
    _stretch(rows, scale, _fixed(shift, (3,)), moved)
    return moved


def turned(points: Floats, centre: Floats, rotation: Floats) -> Floats:
    """Points (n, 3) less the centre (3,), times a matrix (3, 3): q = (p - centre) rotation.

    Examples
    --------
    >>> turned(np.array([[2.0, 1, 1]]), np.ones(3), np.array([[0.0, 1, 0], [-1, 0, 0], [0, 0, 1]])).tolist()
    [[0.0, 1.0, 0.0]]
    """
    rows, moved = _rows(points), np.empty(points.shape)
    _turn(rows, _fixed(centre, (3,)), _fixed(rotation, (3, 3)), moved)
    return moved


def diagonal(points: Floats) -> float:
    """Diagonal of the bounding box of points (n, 3), n >= 1.

    Examples
    --------
    >>> diagonal(np.array([[0.0, 0, 7], [3, 4, 7]]))
    5.0
    """
    return math.hypot(*extents(points))


def extents(points: Floats) -> tuple[float, float, float]:
    """Greatest less least coordinate of points (n, 3), n >= 1, along each axis.

    Examples
    --------
    >>> extents(np.array([[0.0, 0, 7], [3, 4, 7]]))
    (3.0, 4.0, 0.0)
    """
    found: tuple[float, float, float] = _extents(_rows(points))
    return found


def _rows(points: Floats) -> Floats:
    """Points as compiled loops take them, which look at three numbers of each whatever there are."""
    if points.ndim != 2 or points.shape[1] != 3:
        raise ValueError(f"points have shape {points.shape}, expected (n, 3)")
    return np.ascontiguousarray(points, np.float64)


def _fixed(numbers: npt.ArrayLike, shape: tuple[int, ...]) -> Floats:
    """A copy of some numbers, which must have this shape."""
    found = np.array(numbers, np.float64, order="C")
    if found.shape != shape:
        raise ValueError(f"numbers of shape {found.shape}, expected {shape}")
    return found


@compiled(f"void({POINTS}, f8, f8[::1], f8[:,::1])")
def _stretch(points: Floats, scale: float, shift: Floats, moved: Floats) -> None:
    x, y, z = shift[0], shift[1], shift[2]
    for point in range(len(points)):
        moved[point, 0] = points[point, 0] * scale + x
        moved[point, 1] = points[point, 1] * scale + y
        moved[point, 2] = points[point, 2] * scale + z


@compiled(f"void({POINTS}, f8[::1], f8[:,::1], f8[:,::1])")
def _turn(points: Floats, centre: Floats, rotation: Floats, moved: Floats) -> None:
    for point in range(len(points)):
        x, y, z = points[point, 0] - centre[0], points[point, 1] - centre[1], points[point, 2] - centre[2]
        for axis in range(3):
            moved[point, axis] = x * rotation[0, axis] + y * rotation[1, axis] + z * rotation[2, axis]


@compiled(f"UniTuple(f8, 3)({POINTS})")
def _extents(points: Floats) -> tuple[float, float, float]:
    """Greatest less least coordinate along each axis."""
    least_x, least_y, least_z = np.inf, np.inf, np.inf
    most_x, most_y, most_z = -np.inf, -np.inf, -np.inf
    for point in range(len(points)):
        x, y, z = points[point, 0], points[point, 1], points[point, 2]
        least_x, least_y, least_z = min(least_x, x), min(least_y, y), min(least_z, z)
        most_x, most_y, most_z = max(most_x, x), max(most_y, y), max(most_z, z)
    return most_x - least_x, most_y - least_y, most_z - least_z
