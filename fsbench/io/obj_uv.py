"""Texture coordinates of an OBJ, with the seams kept: an index a corner, as vertices on a seam have several."""

import os
import re
from dataclasses import dataclass

import numpy as np

from fsbench.core.errors import FormatError
from fsbench.core.mesh import Floats, Ints, Mask
from fsbench.io.files import read_bytes, refuse_foreign

_MAX_BYTES = 512 << 20
_UV = re.compile(rb"^[ \t]*vt[ \t]+(\S+)[ \t]+(\S+)", re.MULTILINE)
_FACE = re.compile(rb"^[ \t]*f[ \t]+([^\r\n]*)", re.MULTILINE)
_TRIANGLE = re.compile(rb"(\d+)/(\d+)(?:/\d*)?[ \t]+(\d+)/(\d+)(?:/\d*)?[ \t]+(\d+)/(\d+)(?:/\d*)?[ \t\r]*")


@dataclass(frozen=True, slots=True, eq=False)
class TextureMap:
    """Where a mesh's triangles are in the texture.

    Attributes
    ----------
    uv : ndarray, (T, 2)
        u to the right, v up.
    corners : ndarray, (F, 3)
        Rows of `uv`, in the order of the file's triangles.
    """

    uv: Floats
    corners: Ints

    def white(self, image: Mask) -> Mask:
        """Triangles with all three corners where an image (H, W) is white, (F,); a corner is in the pixel below it."""
        height, width = image.shape
        columns = np.clip(self.uv[:, 0] * width, 0, width - 1).astype(np.int64)
        rows = np.clip((1.0 - self.uv[:, 1]) * height, 0, height - 1).astype(np.int64)
        found: Mask = image[rows, columns][self.corners].all(1)
        return found

    def same_as(self, other: "TextureMap") -> bool:
        """Whether both put every triangle at the same place."""
        return np.array_equal(self.corners, other.corners) and np.array_equal(self.uv, other.uv)


def read_uv(path: str | os.PathLike[str]) -> TextureMap:
    """Read `vt` lines and the texture indices of `f` lines.

    Raises
    ------
    MissingError
        If there is no such file.
    FormatError
        If a face is no triangle of corners `a/b` with positive numbers, or names a coordinate that is not there.
    """
    data = read_bytes(path, _MAX_BYTES)
    refuse_foreign(path, data[:512])
    pairs, faces = _UV.findall(data), _FACE.findall(data)
    if not pairs or not faces:
        raise FormatError(f"{path}: has {len(pairs)} texture coordinates (vt) and {len(faces)} faces; a map needs both")
    try:
        uv = np.array(pairs, dtype=object).astype(np.float64)
        found = [_TRIANGLE.fullmatch(face) for face in faces]
        corners = np.array([match.group(2, 4, 6) for match in found if match], dtype=object).astype(np.int64) - 1
    except (ValueError, OverflowError) as error:
        raise FormatError(f"{path}: a texture coordinate is no number: {error}") from None
    if len(corners) < len(faces):
        at = next(i for i, match in enumerate(found) if not match)
        raise FormatError(
            f"{path}: face {at + 1} is 'f {faces[at][:40].decode('latin-1')}', expected triangles 'f a/b c/d e/f'"
        )
    if not np.isfinite(uv).all() or corners.min() < 0 or corners.max() >= len(uv):
        raise FormatError(f"{path}: has {len(uv)} texture coordinates; one is not finite, or a face names another")
    return TextureMap(uv, corners)
