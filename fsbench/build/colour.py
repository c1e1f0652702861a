"""sRGB and linear light."""

import numpy as np
import numpy.typing as npt

from fsbench.core.mesh import Floats


def linear_from_srgb(values: npt.NDArray[np.uint8]) -> Floats:
    """Linear light in [0, 1] of 8-bit sRGB; IEC 61966-2-1.

    Examples
    --------
    >>> linear_from_srgb(np.array([0, 188, 255], np.uint8)).round(3).tolist()
    [0.0, 0.503, 1.0]
    """
    return LINEAR[values]


def srgb_from_linear(values: Floats) -> npt.NDArray[np.uint8]:
    """8-bit sRGB of linear light, clipped to [0, 1].

    Examples
    --------
    >>> srgb_from_linear(np.array([-1.0, 0.503, 9.0])).tolist()
    [0, 188, 255]
    """
    clipped = np.clip(values, 0.0, 1.0)
    curve = np.where(clipped <= 0.0031308, 12.92 * clipped, 1.055 * clipped ** (1 / 2.4) - 0.055)
    return np.round(curve * 255).astype(np.uint8)


def _table() -> Floats:
    s = np.arange(256) / 255
    table: Floats = np.where(s <= 0.04045, s / 12.92, ((s + 0.055) / 1.055) ** 2.4)
    table.flags.writeable = False
    return table


LINEAR = _table()
"""Linear light of each of the 256 values."""
