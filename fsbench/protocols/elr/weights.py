"""Weights of a topology's vertices in the correction: large near landmarks and in the middle of the face.

They belong to a template, a neutral mean shape of the prediction's topology, and are the same for all its predictions.
"""

import hashlib
import os
import zipfile
import zlib
from dataclasses import dataclass
from io import FileIO

import numpy as np
import numpy.typing as npt

from fsbench.core.errors import AlignmentError, FormatError, MetricError
from fsbench.core.mesh import Floats
from fsbench.io.files import open_regular
from fsbench.io.npy import parse_array

N_LANDMARKS = 51
"""iBUG-68 without the 17 points of the jaw."""

OUTER_EYE_CORNERS = (19, 28)

MAX_FILE_BYTES = 64 << 20
_MEMBER = "weights.npy"
# Errors on opening or reading a zip that is broken, encrypted or packed in an unknown way.
_BROKEN = (EOFError, NotImplementedError, OSError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error)

# The authors' numbers, in distances of the outer eye corners.
_NEAREST, _USUAL_MEAN = 0.01, 0.48
_INNER = (
    *(0, 2, 4, 5, 7, 9, 20, 21, 23, 24, 26, 27, 29, 30, 19, 22, 25, 28),
    *(13, 14, 18, 31, 33, 34, 35, 37, 44, 45, 46, 39, 40, 41, 49, 48, 50),
)
# At the usual mean distance the weight has no bound; this value has the same effect.
_LARGEST = 1e12


@dataclass(frozen=True, slots=True, eq=False)
class TemplateWeights:
    """One weight a vertex of the template's topology; its text, for signatures, is a digest of the numbers.

    Raises
    ------
    MetricError
        If they are not a row of finite numbers >= 0.
    """

    values: Floats

    def __post_init__(self) -> None:
        values = np.array(self.values, np.float64)
        if values.ndim != 1 or not len(values) or not (np.isfinite(values).all() and (values >= 0).all()):
            raise MetricError(f"weights of shape {values.shape}, expected a row of finite numbers >= 0, one a vertex")
        values.flags.writeable = False
        object.__setattr__(self, "values", values)

    def __str__(self) -> str:
        return hashlib.sha256(self.values.astype("<f8").tobytes()).hexdigest()[:12]


def weights_of(vertices: npt.ArrayLike, landmarks: npt.ArrayLike) -> Floats:
    """Weights (N,) of a template's vertices (N, 3), given its 51 landmarks (51, 3), in any unit.

    Raises
    ------
    AlignmentError
        If there are not 51 landmarks, or the outer eye corners are in one place.

    References
    ----------
    Sariyanidi et al. 2025, "3D Face Reconstruction Error Decomposed", arXiv:2505.18025, and its public code.
    """
    places, marks = np.asarray(vertices, np.float64), np.asarray(landmarks, np.float64)
    if marks.shape != (N_LANDMARKS, 3):
        raise AlignmentError(f"landmarks have shape {marks.shape}, expected ({N_LANDMARKS}, 3)")
    left, right = marks[list(OUTER_EYE_CORNERS)]
    eyes = float(np.linalg.norm(left - right))
    if not eyes > 0:
        raise AlignmentError("the outer eye corners, landmarks 19 and 28 of 51, are in one place")
    least, total = np.full(len(places), np.inf), np.zeros(len(places))
    for i, mark in enumerate(marks):
        away = np.linalg.norm(places - mark, axis=1) / eyes
        least = np.minimum(least, away)
        total += away * (i in _INNER)
    off = np.maximum(np.abs(total / len(_INNER) - _USUAL_MEAN), 1 / _LARGEST)
    weights: Floats = np.sqrt(np.maximum(1.0, (1.0 / np.maximum(_NEAREST, least) + 1.0 / off) / 2))
    return weights


def read_weights(path: str | os.PathLike[str]) -> TemplateWeights:
    """Read the array `weights` of a .npz file, one number a vertex.

    Raises
    ------
    MissingError
        If there is no such file.
    FormatError
        If it is not an .npz file, is too large, or its `weights` are not a row of finite numbers >= 0.
    """
    file, _ = open_regular(path, MAX_FILE_BYTES)
    with file:
        try:
            data = _member(path, file)
        except _BROKEN as error:
            raise FormatError(f"{path}: is no sound .npz file: {error}") from error
    array = parse_array(path, data)
    if array.dtype.kind not in "iuf":
        raise FormatError(f"{path}: weights are of type {array.dtype}, expected numbers")
    # A NaN may be of the signalling kind, of which numpy warns; it is refused below.
    with np.errstate(invalid="ignore"):
        values = array.astype(np.float64)
    try:
        return TemplateWeights(values)
    except MetricError as error:
        raise FormatError(f"{path}: {error}") from error


def _member(path: str | os.PathLike[str], file: FileIO) -> bytes:
    """The bytes of the member, never more than announced or allowed."""
    with zipfile.ZipFile(file) as archive:
        found = [info for info in archive.infolist() if info.filename == _MEMBER]
        if len(found) != 1:
            names = ", ".join(info.filename for info in archive.infolist()[:8]) or "nothing"
            raise FormatError(f"{path}: holds {names}; expected an array called weights")
        if found[0].file_size > MAX_FILE_BYTES:
            raise FormatError(f"{path}: weights have {found[0].file_size:,} bytes, at most {MAX_FILE_BYTES:,} are read")
        with archive.open(found[0]) as member:
            return member.read(MAX_FILE_BYTES)
