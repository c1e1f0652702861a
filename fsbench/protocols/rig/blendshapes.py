"""Blendshapes and their weights in an .npz."""

import zipfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from fsbench.core.arrays import spread_of
from fsbench.core.errors import FormatError
from fsbench.core.mesh import Floats
from fsbench.io.files import FileState, open_regular, state_of
from fsbench.io.npy import parse_array

_MOST_BYTES = 1 << 30
_NAMES = ("blendshapes", "weights")
# Offsets are a few mm long, a face's vertices 40 to 100 mm from their middle.
_LONGEST_OFFSET = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Blendshapes:
    """Offsets (B, V, 3) from neutral, and weights (E, B): row k - 1 makes expression k."""

    shapes: Floats
    weights: Floats


def read_blendshapes(path: Path, neutral_path: Path, neutral: Floats) -> Blendshapes:
    """Read `blendshapes` (B, V, 3), offsets from the neutral mesh (V, 3), and `weights` (E, B).

    Raises
    ------
    MissingError
        If there is no such file.
    FormatError
        If it is not of this form, or seems to hold absolute shapes instead of offsets.
    """
    found = _read(path, state_of(path))
    shapes, weights = found.shapes, found.weights
    if shapes.shape[1] != len(neutral):
        raise FormatError(f"{path}: blendshapes have {shapes.shape[1]} vertices, {neutral_path.name} {len(neutral)}")
    spread = spread_of(neutral)
    typical = float(np.median(np.sqrt((shapes**2).sum(2).mean(1))))
    if typical > _LONGEST_OFFSET * spread:
        raise FormatError(
            f"{path}: the blendshapes' vectors are {typical:.3g} long (rms), neutral spreads over {spread:.3g}: "
            "are they absolute shapes? Subtract the neutral vertices from each"
        )
    return Blendshapes(shapes, weights)


@lru_cache(maxsize=1)
def _read(path: Path, state: FileState) -> Blendshapes:
    file, _ = open_regular(path, _MOST_BYTES)
    with file:
        try:
            with zipfile.ZipFile(file) as archive:
                shapes, weights = (_member(archive, path, name) for name in _NAMES)
        except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
            raise FormatError(f"{path}: cannot be read as an .npz: {error}") from None
    if shapes.ndim != 3 or shapes.shape[2] != 3 or weights.ndim != 2 or weights.shape[1] != len(shapes):
        raise FormatError(
            f"{path}: blendshapes {shapes.shape} and weights {weights.shape}, expected (B, V, 3) and (expressions, B)"
        )
    return Blendshapes(shapes, weights)


def _member(archive: zipfile.ZipFile, path: Path, name: str) -> Floats:
    """An array of the archive; nothing is unpacked beyond the limit, whatever its directory announces."""
    there = archive.namelist()
    if f"{name}.npy" not in there:
        raise FormatError(f"{path}: holds {', '.join(there[:5])[:200]}, expected blendshapes and weights")
    with archive.open(f"{name}.npy") as packed:
        data = packed.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise FormatError(f"{path}: {name} is larger than {_MOST_BYTES >> 20} MiB")
    array = parse_array(path, data)
    if array.dtype.kind not in "iuf" or not np.isfinite(array.astype(np.float64)).all():
        raise FormatError(f"{path}: {name} holds {array.dtype}, or a number that is not finite; expected real numbers")
    return array.astype(np.float64)
