"""Readers of files beside a mesh: crops, warps and cameras, in the half dozen ways that methods write them.

Each reader takes (path, sample), so that a file of one sample and a table of all samples look alike to an adapter. No
reader unpickles. Returned numbers are finite, as many as were asked for, and float64 unless said otherwise.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from fsbench.core.errors import FormatError
from fsbench.core.mesh import Floats
from fsbench.io.npy import read_parameters
from fsbench.io.text import read_json, read_numbers, read_text

_MAX_CAMERA_BYTES = 1 << 16


def affine(path: Path, sample: str) -> Floats:
    """An invertible affine map (3, 3), from .npy (plain, or a pickled scikit-image transform) or from text.

    Raises
    ------
    FormatError
        If it is no such map.
    """
    return as_affine(warp(path, sample), str(path))


def as_affine(matrix: Floats, name: str) -> Floats:
    """The matrix, if it is an invertible affine map (3, 3); FormatError with `name` if not."""
    if matrix.shape != (3, 3) or not np.isfinite(matrix).all():
        raise FormatError(f"{name}: found shape {matrix.shape}, expected finite numbers of shape (3, 3)")
    if not np.allclose(matrix[2], [0, 0, 1], rtol=0, atol=1e-6):
        raise FormatError(f"{name}: the last row is {matrix[2].tolist()}, expected 0 0 1: an affine map of pixels")
    # Relative to the squared scale: a warp to pixels of any size passes, one that flattens the image does not.
    linear = matrix[:2, :2]
    if not abs(np.linalg.det(linear)) > 1e-9 * float((linear**2).sum()):
        raise FormatError(f"{name}: the map cannot be inverted, it flattens the image to a line or a point")
    return matrix


def warp(path: Path, sample: str) -> Floats:
    """Nine numbers as (3, 3), from the same files as `affine`; FormatError if it is not so."""
    if path.suffix.lower() == ".txt":
        return matrix_text(path, sample, shapes=((3, 3),))
    return _floats(path, read_parameters(path), 9, "the map").reshape(3, 3)


def matrix_text(path: Path, sample: str, *, shapes: tuple[tuple[int, int], ...]) -> Floats:
    """A matrix from whitespace text, one row a line, of one of `shapes`; FormatError if it is not so."""
    found = read_numbers(path)
    if found.shape not in shapes:
        wanted = " or ".join(f"{rows}x{columns}" for rows, columns in shapes)
        raise FormatError(f"{path}: found numbers of shape {found.shape}, expected a matrix {wanted}")
    return _floats(path, found, found.size, "the matrix").reshape(found.shape)


def vector(path: Path, sample: str, *, n: int) -> Floats:
    """`n` numbers from .npy; FormatError if it is not so."""
    return _floats(path, read_parameters(path), n, "the array")


def vector_in_file_precision(path: Path, sample: str, *, n: int) -> Any:
    """`n` numbers from .npy, in the precision that the file has; FormatError if it is not so."""
    return _numbers(path, read_parameters(path), n, "the array")


def parameter(path: Path, sample: str, *, key: str, n: int) -> Floats:
    """`n` numbers under `key` of a pickled dict in .npy; FormatError if it is not so."""
    parameters = read_parameters(path)
    if not isinstance(parameters, dict) or key not in parameters:
        held = f"a dict of {', '.join(map(str, parameters))}" if isinstance(parameters, dict) else "no dict"
        raise FormatError(f"{path}: holds {held}, expected a dict with {key!r}")
    return _floats(path, parameters[key], n, repr(key))


def deep3d_crop(path: Path, sample: str) -> tuple[float, ...]:
    """Entry [w0, h0, s, t0, t1] of Deep3D_cons_dict.json; t0 and t1 may be lists of one number."""
    entry = _list(path, _entry(path, sample), 5, f"entry {sample!r}")
    flat = [*entry[:3], *(value[0] if isinstance(value, list) and len(value) == 1 else value for value in entry[3:])]
    crop = tuple(_floats(path, flat, 5, f"entry {sample!r}").tolist())
    if not (crop[0] > 0 and crop[1] > 0 and crop[2] > 0):
        raise FormatError(f"{path}: entry {sample!r}: width, height, scale are {crop[:3]}, expected positive numbers")
    return crop


def df2net_coordinates(path: Path, sample: str) -> tuple[float, ...]:
    """Entry [[h, w, (channels)], xr, yr] of DF2Net_coors.json as (h, w, xr, yr)."""
    entry = _list(path, _entry(path, sample), 3, f"entry {sample!r}")
    if not isinstance(entry[0], list) or len(entry[0]) not in (2, 3):
        raise FormatError(f"{path}: entry {sample!r} begins with {entry[0]!r:.40}, expected [height, width, channels]")
    return tuple(_floats(path, [*entry[0][:2], *entry[1:]], 4, f"entry {sample!r}").tolist())


def extreme3d_box(path: Path, sample: str) -> tuple[float, ...]:
    """Entry [left, top, width, height] of extreme3d_dict.json."""
    what = f"entry {sample!r}"
    return tuple(_floats(path, _list(path, _entry(path, sample), 4, what), 4, what).tolist())


def lap_camera(path: Path, sample: str) -> tuple[Floats, Floats, tuple[float, float, float]]:
    """[K 3x3, Rt 3x4, [row, col, c]] as (K, Rt, (row, col, c))."""
    intrinsics, pose, crop = _list(path, read_json(path), 3, "the camera")
    k, rt = _floats(path, intrinsics, 9, "K"), _floats(path, pose, 12, "Rt")
    row, column, c = _floats(path, crop, 3, "[row, col, c]").tolist()
    return k.reshape(3, 3), rt.reshape(3, 4), (row, column, c)


def rotation_scale_shift(path: Path, sample: str) -> tuple[Floats, float, Floats]:
    """{"rot_vector": [3 radians], "scale": number, "trans": [2 px]} as (rotation vector, scale, shift)."""
    found, names = read_json(path), ("rot_vector", "scale", "trans")
    if not isinstance(found, dict) or not set(names) <= set(found):
        raise FormatError(f"{path}: expected an object with {', '.join(names)}")
    vector, scale, shift = (_floats(path, found[name], n, name) for name, n in zip(names, (3, 1, 2), strict=True))
    if not scale[0] > 0:
        raise FormatError(f"{path}: scale is {scale[0]:g}, expected a positive number")
    return vector, float(scale[0]), shift


def mgcnet_camera(path: Path, sample: str) -> tuple[float, Floats, Floats]:
    """Lines 3 (nine intrinsics) and 5 (three angles, three offsets) of a camera text as (focal, angles, offsets)."""
    lines = read_text(path, _MAX_CAMERA_BYTES).splitlines()
    if len(lines) < 5:
        wanted = "size, 'intrinsic', numbers, 'external', numbers"
        raise FormatError(f"{path}: has {len(lines)} lines, expected 5: {wanted}")
    intrinsics = _floats(path, _comma_separated(path, lines[2]), 9, "line 3")
    external = _floats(path, _comma_separated(path, lines[4]), 6, "line 5")
    if not intrinsics[0] > 0:
        raise FormatError(f"{path}: the focal length is {intrinsics[0]:g}, expected a positive number")
    return float(intrinsics[0]), external[:3], external[3:]


def _comma_separated(path: Path, line: str) -> list[float]:
    try:
        return [float(word) for word in line.split(",")]
    except ValueError:
        raise FormatError(f"{path}: found {line[:40]!r}, expected numbers between commas") from None


def _entry(path: Path, sample: str) -> Any:
    table = read_json(path)
    if not isinstance(table, dict):
        raise FormatError(f"{path}: holds {type(table).__name__}, expected an object with an entry for each sample")
    if sample not in table:
        raise FormatError(f"{path}: has no entry {sample!r}, and without it the mesh cannot be placed in the image")
    return table[sample]


def _list(path: Path, value: Any, n: int, what: str) -> list[Any]:
    if not isinstance(value, list) or len(value) != n:
        found = f"a list of {len(value)}" if isinstance(value, list) else type(value).__name__
        raise FormatError(f"{path}: {what} is {found}, expected a list of {n}")
    return value


def _floats(path: Path, values: Any, n: int, what: str) -> Floats:
    return np.asarray(_numbers(path, values, n, what), np.float64)


def _leaves(values: Any) -> Iterator[Any]:
    """The values in nested lists, from the first to the last."""
    if not isinstance(values, list | tuple):
        yield values
        return
    for value in values:
        yield from _leaves(value)


def _numbers(path: Path, values: Any, n: int, what: str) -> Any:
    """An array of `n` finite real numbers, flat, in its own precision."""
    if not isinstance(values, np.ndarray):
        # A long text among many numbers would make an array of as many long texts.
        leaves = list(islice(_leaves(values), n + 1))
        odd = [type(leaf).__name__ for leaf in leaves if not isinstance(leaf, int | float | np.number | np.ndarray)]
        if odd:
            raise FormatError(f"{path}: {what} should be {n} numbers, found values of type {odd[0]}")
        if len(leaves) > n:
            raise FormatError(f"{path}: {what} should be {n} numbers, found more")
    try:
        found = np.asarray(values)
    except ValueError:
        raise FormatError(f"{path}: {what} should be {n} numbers, found lists of unequal length") from None
    if found.dtype.kind not in "iuf":
        raise FormatError(f"{path}: {what} should be {n} numbers, found values of type {found.dtype.name}")
    if found.size != n:
        raise FormatError(f"{path}: {what} should be {n} numbers, found shape {found.shape}")
    if not np.isfinite(found).all():
        raise FormatError(f"{path}: {what} holds NaN or infinity")
    return found.ravel()
