"""Bilinear values of an image between the middles of its pixels."""

from typing import Any

import numpy as np
import numpy.typing as npt

from fsbench.core.compiled import compiled, inlined
from fsbench.core.mesh import Floats

_PLACES = "Array(f8, 1, 'C', readonly=True)"


def sample_bilinear(image: npt.NDArray[Any], x: Floats, y: Floats) -> Floats:
    """Values at columns `x` and rows `y` (n,), clamped to the image.

    Parameters
    ----------
    image : ndarray of uint16 or float64, (H, W)
    x, y : ndarray, (n,)
        0 is the middle of the first pixel.

    Examples
    --------
    >>> sample_bilinear(np.array([[0.0, 1.0], [2.0, 3.0]]), np.array([0.5, 9.0]), np.array([0.5, 0.0])).tolist()
    [1.5, 1.0]
    """
    found = np.empty(len(x))
    sample = _sample_whole if image.dtype == np.uint16 else _sample_real
    sample(np.ascontiguousarray(image), np.ascontiguousarray(x), np.ascontiguousarray(y), found)
    return found


@inlined
def _fill(image: npt.NDArray[Any], x: Floats, y: Floats, found: Floats) -> None:
    height, width = image.shape
    for i in range(len(x)):
        column, row = min(max(x[i], 0.0), width - 1.0), min(max(y[i], 0.0), height - 1.0)
        left, top = int(column), int(row)
        right, below = min(left + 1, width - 1), min(top + 1, height - 1)
        u, v = column - left, row - top
        above = (1.0 - u) * image[top, left] + u * image[top, right]
        found[i] = (1.0 - v) * above + v * ((1.0 - u) * image[below, left] + u * image[below, right])


@compiled(f"void(Array(u2, 2, 'C', readonly=True), {_PLACES}, {_PLACES}, f8[::1])")
def _sample_whole(image: npt.NDArray[np.uint16], x: Floats, y: Floats, found: Floats) -> None:
    _fill(image, x, y, found)


@compiled(f"void(Array(f8, 2, 'C', readonly=True), {_PLACES}, {_PLACES}, f8[::1])")
def _sample_real(image: Floats, x: Floats, y: Floats, found: Floats) -> None:
    _fill(image, x, y, found)
