"""Images in colours, as textures, backgrounds and photographs are."""

import os
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fsbench.core.errors import FormatError, UsageError
from fsbench.io.files import read_bytes, refuse_foreign

if TYPE_CHECKING:
    from PIL import Image

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")
LARGEST_PX = 8192
_MAX_BYTES = 512 << 20
_FORMATS = ("PNG", "JPEG", "BMP", "TIFF")
_DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    TypeError,
    LookupError,
    ArithmeticError,
    struct.error,
    zlib.error,
)


def read_rgb(path: str | os.PathLike[str]) -> npt.NDArray[np.uint8]:
    """Read an image as sRGB of 8 bits, (H, W, 3); transparency is left out, 16 bits are rounded.

    Raises
    ------
    MissingError
        If there is no such file.
    FormatError
        If it is no PNG, JPEG, BMP or TIFF, damaged, or larger than 8192 pixels a side.
    """
    with opened_image(path, _FORMATS, "an image") as image:
        if image.mode in ("I;16", "I;16B", "I;16L", "I"):
            grey = np.asarray(image).astype(np.float64) / 257
            return np.repeat(np.round(np.clip(grey, 0, 255)).astype(np.uint8)[..., None], 3, 2)
        return np.ascontiguousarray(image.convert("RGB"))


@contextmanager
def opened_image(path: str | os.PathLike[str], formats: tuple[str, ...], kind: str) -> "Iterator[Image.Image]":
    """Open an image of these formats, at most 8192 pixels a side; `kind` says what it is for, in messages.

    Raises
    ------
    MissingError
        If there is no such file.
    FormatError
        If it is of another format or too large, or what is done with it finds damage.
    """
    data = read_bytes(path, _MAX_BYTES)
    refuse_foreign(path, data[:512])
    # Imported here, as few runs have images.
    from PIL import Image, UnidentifiedImageError

    with warnings.catch_warnings():
        # The size is checked below, in our words.
        warnings.simplefilter("ignore")
        try:
            with Image.open(BytesIO(data), formats=formats) as image:
                width, height = image.size
                if max(width, height) > LARGEST_PX:
                    raise FormatError(f"{path}: has {width} x {height} pixels, at most {LARGEST_PX} a side")
                yield image
        except Image.DecompressionBombError:
            raise FormatError(f"{path}: has far more pixels than {LARGEST_PX} a side") from None
        except UnidentifiedImageError:
            known = " or ".join(filter(None, (", ".join(formats[:-1]), formats[-1])))
            raise FormatError(f"{path}: cannot be read as {kind}: it is no {known}, or is cut off") from None
        except _DAMAGE as error:
            raise FormatError(f"{path}: cannot be read as {kind}: {error}") from error


def write_png(path: Path, pixels: npt.NDArray[np.uint8]) -> None:
    """Write (H, W, 3) sRGB or (H, W) grey of 8 bits.

    Raises
    ------
    UsageError
        If the file cannot be written.
    """
    from PIL import Image

    try:
        Image.fromarray(pixels).save(path, format="PNG", compress_level=6)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error}") from error
