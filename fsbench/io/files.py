"""Getting at a file's bytes: regular files only, never more than a stated size."""

import os
import stat
from io import FileIO
from pathlib import Path

from fsbench.core.errors import FormatError, MissingError

MAX_MESH_BYTES = 2 << 30
"""Largest mesh file read. A marching-cubes mesh of 2 million triangles is near 0.2 GB as text."""


def open_regular(path: str | os.PathLike[str], max_bytes: int) -> tuple[FileIO, int]:
    """Open a file for reading and say how large it is.

    Parameters
    ----------
    path : path
        The file.
    max_bytes : int
        Largest size accepted.

    Returns
    -------
    file : FileIO
        The caller closes it.
    n_bytes : int
        Its size.

    Raises
    ------
    MissingError
        If there is no such file.
    FormatError
        If it is a folder, pipe or device, cannot be opened, or is larger than `max_bytes`.
    """
    try:
        # O_NONBLOCK: opening a named pipe that nobody writes to would wait for ever.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError as error:
        raise MissingError(f"{path}: there is no such file") from error
    except (OSError, ValueError) as error:
        raise FormatError(f"{path}: cannot be opened: {error}") from error
    state = os.fstat(descriptor)
    if stat.S_ISREG(state.st_mode) and state.st_size <= max_bytes:
        return FileIO(descriptor), state.st_size
    os.close(descriptor)
    if not stat.S_ISREG(state.st_mode):
        raise FormatError(f"{path}: is not a regular file")
    raise FormatError(f"{path}: has {state.st_size:,} bytes, at most {max_bytes:,} are read")


def read_bytes(path: str | os.PathLike[str], max_bytes: int) -> bytes:
    """Read a whole file of at most `max_bytes`; errors as `open_regular`."""
    file, n_bytes = open_regular(path, max_bytes)
    with file:
        # One byte more than announced is never asked for: a file that grows meanwhile stays bounded.
        data = file.read(n_bytes)
    return data if data is not None else b""


def suffix_of(path: str | os.PathLike[str]) -> str:
    """Return the last suffix in lower case, with its dot."""
    return Path(path).suffix.lower()
