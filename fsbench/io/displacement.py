"""Displacement maps: grey images that say how far the skin is above a base mesh, along its normals."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fsbench.core.errors import FormatError
from fsbench.core.mesh import Floats, Mask
from fsbench.geometry.bilinear import sample_bilinear
from fsbench.io.images import opened_image

AMPLITUDE_MM = 0.914
"""Displacement of a white pixel, in the unit of FaceScape's meshes (its author in issue 23 of zhuhao-nju/facescape)."""
USUAL_PX = 4096
_MIDDLE = 32768.0
_GREY = ("I;16", "I;16B", "I;16L", "I", "L")
_WHITE = 127


@dataclass(frozen=True, slots=True, eq=False)
class Displacement:
    """A map as its file has it, to be read in the millimetres of its formula.

    Attributes
    ----------
    pixels : ndarray of uint16, (H, H)
        Row 0 is at v = 1; those of 8 bits are multiplied by 256.
    note : str
        What is unusual about the file, one line; empty if nothing.
    """

    pixels: npt.NDArray[np.uint16]
    note: str = ""

    def at(self, uv: Floats) -> Floats:
        """Millimetres at texture coordinates (n, 2), (n,); outwards is positive.

        Bilinear between pixels, whose middles are at u = (column + 0.5) / H, v = 1 - (row + 0.5) / H.
        """
        side = len(self.pixels)
        found = sample_bilinear(self.pixels, uv[:, 0] * side - 0.5, (1.0 - uv[:, 1]) * side - 0.5)
        return (found - _MIDDLE) * (AMPLITUDE_MM / _MIDDLE)


def read_displacement(path: str | os.PathLike[str]) -> Displacement:
    """Read a grey image of 16 bits (8 are taken too): mm = (p - 32768) / 32768 * 0.914.

    Raises
    ------
    MissingError
        If there is no such file.
    FormatError
        If it is no PNG of one channel, not square, damaged, or larger than 8192 x 8192.
    """
    pixels = _read_grey(path)
    height, width = pixels.shape
    if height != width:
        raise FormatError(f"{path}: has {width} x {height} pixels, expected a square map of a mesh's uv")
    notes = [f"has 8 bits, in steps of {AMPLITUDE_MM / 128:.3f} mm; 16 are usual"] if pixels.itemsize == 1 else []
    if width < USUAL_PX:
        notes.append(f"has {width} x {width} pixels; {USUAL_PX} are usual")
    deep = pixels if pixels.itemsize == 2 else pixels.astype(np.uint16) * np.uint16(256)
    return Displacement(deep, f"{Path(path).name} {', '.join(notes)}" if notes else "")


def read_mask(path: str | os.PathLike[str]) -> Mask:
    """Read where an image, grey or in colours, is white, (H, W): brighter than the middle in its first channel.

    Raises
    ------
    MissingError, FormatError
        If there is no such file, or it is no PNG of 8 bits.
    """
    pixels = _read_png(path, ("L", "RGB", "RGBA"), "grey or colours of 8 bits")
    white: Mask = (pixels if pixels.ndim == 2 else pixels[..., 0]) > _WHITE
    return white


def _read_grey(path: str | os.PathLike[str]) -> npt.NDArray[Any]:
    """Pixels (H, W) of 8 or 16 bits."""
    pixels = _read_png(path, _GREY, "grey of 16 bits (or 8)")
    if pixels.dtype.itemsize > 2:
        if pixels.min() < 0 or pixels.max() > 0xFFFF:
            raise FormatError(f"{path}: its pixels are beyond 16 bits")
        pixels = pixels.astype(np.uint16)
    return pixels


def _read_png(path: str | os.PathLike[str], modes: tuple[str, ...], expected: str) -> npt.NDArray[Any]:
    with opened_image(path, ("PNG",), "a grey PNG") as image:
        if image.mode not in modes:
            raise FormatError(f"{path}: is an image of mode {image.mode}, expected {expected}")
        return np.asarray(image)
