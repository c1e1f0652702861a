"""NumPy's `.npy`: plain arrays, and the parameters that methods pickle into it. Nothing is ever unpickled.

`numpy.load` does not read the header, as it allocates what a header announces before it checks the file's size.
"""

import math
import os
import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fsbench.core.errors import FormatError
from fsbench.io.files import read_bytes, refuse_foreign
from fsbench.io.pickles import Parameters, PickleError, parameters_from_pickle

MAX_ARRAY_BYTES = 1 << 30
MAX_PARAMETER_BYTES = 64 << 20
MAX_HEAD_BYTES = 10_000

_MAGIC = b"\x93NUMPY"
_MAX_DIMENSIONS = 32
_DESCR = re.compile(r"""['"]descr['"]\s*:\s*['"]([<>|=]?)(O8?|[biufc]\d{1,2}|\?)['"]""")
_ORDER = re.compile(r"""['"]fortran_order['"]\s*:\s*(True|False|0|1)\b""")
_SHAPE = re.compile(r"""['"]shape['"]\s*:\s*\(([\dL, ]{0,400})\)""")


class _NpyError(ValueError):
    """Says what is wrong; the readers put the file's name in front."""


def read_array(path: str | os.PathLike[str], max_bytes: int = MAX_ARRAY_BYTES) -> npt.NDArray[np.generic]:
    """Read a `.npy` file of numbers.

    Parameters
    ----------
    path : path
        The file.
    max_bytes : int, optional
        Largest file read.

    Returns
    -------
    array
        With the shape and type in the file; writable.

    Raises
    ------
    MissingError
        If there is no such file.
    FormatError
        If it is not an array file, holds pickled objects (see `read_parameters`), or has not the announced size.
    """
    return parse_array(path, read_bytes(path, max_bytes))


def parse_array(path: str | os.PathLike[str], data: bytes) -> npt.NDArray[np.generic]:
    """Parse the content of a `.npy` file, see `read_array`; `path` is for messages."""
    refuse_foreign(path, data[:512])
    try:
        array, _ = _parse(data)
    except _NpyError as error:
        raise FormatError(f"{path}: {error}") from error
    if array is None:
        raise FormatError(f"{path}: holds pickled Python objects, expected an array of numbers")
    return array


def read_parameters(path: str | os.PathLike[str], max_bytes: int = MAX_PARAMETER_BYTES) -> Parameters:
    """Read what a method saved with `numpy.save`: an array, or pickled parameters.

    Pickled content may hold arrays, numbers, text, None, lists, tuples and dicts of them, and skimage's geometric
    transforms, which give their 3x3 matrix `params` without skimage. An object array without dimensions gives its
    object, one of numbers gives an array of numbers. Byte strings from Python 2 become text (latin-1). Anything else is
    refused by name, before anything is built.

    Parameters
    ----------
    path : path
        The file.
    max_bytes : int, optional
        Largest file read, and largest sum of the arrays in it.

    Returns
    -------
    array, number, str, bytes, None, list, tuple or dict

    Raises
    ------
    MissingError
        If there is no such file.
    FormatError
        If it is not an array file or holds anything else.
    """
    return parse_parameters(path, read_bytes(path, max_bytes), max_bytes)


def parse_parameters(path: str | os.PathLike[str], data: bytes, max_bytes: int = MAX_PARAMETER_BYTES) -> Parameters:
    """Parse the content of a `.npy` file, see `read_parameters`; `path` is for messages."""
    refuse_foreign(path, data[:512])
    try:
        array, start = _parse(data)
        return parameters_from_pickle(data[start:], max_bytes) if array is None else array
    except (_NpyError, PickleError) as error:
        raise FormatError(f"{path}: {error}") from error


@dataclass(frozen=True, slots=True)
class NpyHead:
    """What the header says: `dtype` (None for pickled objects), `shape`, order, and where the content begins."""

    dtype: np.dtype[np.generic] | None
    shape: tuple[int, ...]
    is_fortran: bool
    start: int

    @property
    def n_bytes(self) -> int:
        """Of the content of an array of numbers."""
        return math.prod(self.shape) * (self.dtype.itemsize if self.dtype else 0)


def parse_head(path: str | os.PathLike[str], data: bytes) -> NpyHead:
    """Parse the header of a `.npy` whose first `MAX_HEAD_BYTES`, or all if it has less, are given.

    Raises
    ------
    FormatError
        If it is no such file, or holds records or other special types.
    """
    try:
        return _head(data)
    except _NpyError as error:
        raise FormatError(f"{path}: {error}") from error


def _head(data: bytes) -> NpyHead:
    if not data.startswith(_MAGIC) or len(data) < 12 or data[6] not in (1, 2, 3):
        raise _NpyError(f"starts with {data[:8]!r}: not a .npy file of version 1, 2 or 3")
    n_length = 2 if data[6] == 1 else 4
    start = 8 + n_length + int.from_bytes(data[8 : 8 + n_length], "little")
    if start > min(len(data), MAX_HEAD_BYTES):
        raise _NpyError("the header is longer than the file, or than a header can be")
    header = data[8 + n_length : start].decode("latin1")
    descr, order, shape = (pattern.search(header) for pattern in (_DESCR, _ORDER, _SHAPE))
    if not (descr and order and shape):
        raise _NpyError(f"cannot read the header {header.strip()[:200]!r}; records and other special types are refused")
    sizes = tuple(int(size) for size in re.findall(r"\d+", shape[1]))
    is_fortran = order[1] in ("True", "1")
    if descr[2].startswith("O"):
        return NpyHead(None, sizes, is_fortran, start)
    try:
        dtype = np.dtype(descr[1] + descr[2])
    except TypeError as error:
        raise _NpyError(f"there is no type {descr[1] + descr[2]!r}") from error
    if len(sizes) > _MAX_DIMENSIONS:
        raise _NpyError(f"the array has {len(sizes)} dimensions, at most {_MAX_DIMENSIONS} are read")
    return NpyHead(dtype, sizes, is_fortran, start)


def _parse(data: bytes) -> tuple[npt.NDArray[np.generic] | None, int]:
    """The array, or None if the content is pickled; and the position of the content."""
    head = _head(data)
    if head.dtype is None:
        return None, head.start
    found = len(data) - head.start
    if head.n_bytes != found:
        raise _NpyError(f"the header announces {head.n_bytes:,} bytes of shape {head.shape}, the file has {found:,}")
    if found == 0:
        raise _NpyError(f"the array is empty: shape {head.shape}")
    flat = np.frombuffer(data, head.dtype, offset=head.start)
    return flat.reshape(head.shape, order="F" if head.is_fortran else "C").copy(order="K"), head.start
