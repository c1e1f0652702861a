"""Displacement maps: grey images that say how far the skin is above a base mesh, along its normals."""

import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fsbench.core.compiled import compiled
from fsbench.core.errors import FormatError
from fsbench.io.files import open_regular, refuse_foreign

AMPLITUDE_MM = 0.914
"""Displacement of a white pixel, in the unit of FaceScape's meshes (its author in issue 23 of zhuhao-nju/facescape)."""
LARGEST_PX = 8192
USUAL_PX = 4096
_MAX_BYTES = 256 << 20
_DEEP = ("I;16", "I;16B", "I;16L", "I")


@dataclass(frozen=True, slots=True, eq=False)
class Displacement:
    """A map in the millimetres of its formula.

    Attributes
    ----------
    mm : ndarray of float32, (H, W)
        Outwards is positive. Row 0 is at v = 1.
    note : str
        What is unusual about the file, one line; empty if nothing.
    """

    mm: npt.NDArray[np.float32]
    note: str = ""


def read_displacement(path: str | os.PathLike[str], most_px: int = LARGEST_PX) -> Displacement:
    """Read a grey image of 16 bits (8 are taken too): mm = (p - 32768) / 32768 * 0.914.

    Parameters
    ----------
    path : path
        A PNG, or another image of one channel.
    most_px : int, optional
        A larger map is reduced to at most so many pixels a side, by means over whole blocks of pixels.

    Raises
    ------
    MissingError
        If there is no such file.
    FormatError
        If it is no image of one channel, not square, damaged, or larger than 8192 x 8192.
    """
    pixels, bits = _read_grey(path)
    height, width = pixels.shape
    if height != width:
        raise FormatError(f"{path}: has {width} x {height} pixels, expected a square map of a mesh's uv")
    notes = [f"has 8 bits, in steps of {AMPLITUDE_MM / 128:.3f} mm; 16 are usual"] if bits == 8 else []
    if width < USUAL_PX:
        notes.append(f"has {width} x {width} pixels; {USUAL_PX} are usual")
    middle = float(1 << (bits - 1))
    block = width // most_px if width > most_px and width % most_px == 0 else 1
    mm = (_block_means(pixels, block) - np.float32(middle)) * np.float32(AMPLITUDE_MM / middle)
    return Displacement(mm, f"{Path(path).name} {', '.join(notes)}" if notes else "")


def _block_means(pixels: npt.NDArray[Any], block: int) -> npt.NDArray[np.float32]:
    """Means over blocks of pixels."""
    if block == 1:
        return pixels.astype(np.float32)
    means = np.empty((pixels.shape[0] // block, pixels.shape[1] // block), np.float32)
    _find_means(np.ascontiguousarray(pixels, np.uint16), block, means)
    return means


@compiled("void(Array(u2, 2, 'C', readonly=True), i8, f4[:,::1])")
def _find_means(pixels: npt.NDArray[np.uint16], block: int, means: npt.NDArray[np.float32]) -> None:
    for row in range(means.shape[0]):
        for column in range(means.shape[1]):
            total = 0
            for i in range(row * block, (row + 1) * block):
                for j in range(column * block, (column + 1) * block):
                    total += pixels[i, j]
            means[row, column] = total / (block * block)


def _read_grey(path: str | os.PathLike[str]) -> tuple[npt.NDArray[Any], int]:
    """Pixels (H, W) and their bits."""
    file, _ = open_regular(path, _MAX_BYTES)
    # Imported here, as few runs have maps.
    from PIL import Image

    with file, warnings.catch_warnings():
        # The size is checked below, in our words.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        refuse_foreign(path, file.read(512))
        file.seek(0)
        try:
            with Image.open(file, formats=("PNG", "TIFF")) as image:
                if max(image.size) > LARGEST_PX:
                    raise FormatError(
                        f"{path}: has {image.size[0]} x {image.size[1]} pixels, at most {LARGEST_PX} a side"
                    )
                if image.mode not in (*_DEEP, "L"):
                    raise FormatError(f"{path}: is an image of mode {image.mode}, expected grey of 16 bits (or 8)")
                deep, pixels = image.mode != "L", np.asarray(image)
        except FormatError:
            raise
        except Exception as error:
            raise FormatError(f"{path}: cannot be read as a grey PNG: {error}") from error
    if pixels.dtype.itemsize > 2:
        if pixels.min() < 0 or pixels.max() > 0xFFFF:
            raise FormatError(f"{path}: its pixels are beyond 16 bits")
        pixels = pixels.astype(np.uint16)
    return pixels, 16 if deep else 8
