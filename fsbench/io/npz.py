"""NumPy's `.npz`: single arrays of an archive, or their rows piece by piece where they do not fit in memory."""

import contextlib
import os
import zipfile
import zlib
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from fsbench.core.errors import FormatError
from fsbench.io.archive import ArchiveLimits, Members, check_zip_directory
from fsbench.io.files import open_regular, refuse_foreign
from fsbench.io.npy import MAX_HEAD_BYTES, NpyHead, parse_array, parse_head, parse_parameters
from fsbench.io.pickles import Parameters

MAX_FILE_BYTES = 16 << 30
_PIECE_BYTES = 16 << 20
_BROKEN = (EOFError, NotImplementedError, OSError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error)
_LIMITS = ArchiveLimits(max_members=1000)


class Rows:
    """An array that is read along the first axis of what is stored.

    Attributes
    ----------
    path : str
        The file, for messages.
    shape, stored : tuple of int
        `stored` is `shape` backwards where the file has Fortran's order.
    dtype : dtype
    """

    def __init__(self, path: str, head: NpyHead, content: IO[bytes]) -> None:
        if head.dtype is None or head.dtype.kind not in "fiu" or not head.n_bytes:
            kind = "pickled objects" if head.dtype is None else f"{head.dtype} of shape {head.shape}"
            raise FormatError(f"{path}: holds {kind}, expected numbers")
        self.path, self.shape, self.dtype, self._content = path, head.shape, head.dtype, content
        self.stored = head.shape[::-1] if head.is_fortran else head.shape

    def pieces(self) -> Iterator[tuple[int, npt.NDArray[Any]]]:
        """Number of the first row, and some rows, until all were given; a piece has 16 MiB or one row.

        Raises
        ------
        FormatError
            If the file is damaged or ends too early.
        """
        n_row = int(np.prod(self.stored[1:], dtype=np.int64)) * self.dtype.itemsize
        step = max(_PIECE_BYTES // n_row, 1)
        for first in range(0, self.stored[0], step):
            n = min(step, self.stored[0] - first)
            try:
                data = b"".join(_blocks(self._content, n * n_row))
            except _BROKEN as error:
                raise FormatError(f"{self.path}: is damaged: {error}") from error
            if len(data) < n * n_row:
                raise FormatError(f"{self.path}: ends in row {first} of {self.stored[0]}: was it copied completely?")
            yield first, np.frombuffer(data, self.dtype).reshape(n, *self.stored[1:])


class Npz:
    """An archive of arrays; use `open_npz`."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self.path, self._archive = path, archive
        self.names = tuple(name.removesuffix(".npy") for name in archive.namelist())

    def array(self, name: str, max_bytes: int) -> npt.NDArray[np.generic]:
        """An array of numbers; FormatError if it is not there, larger, damaged, or pickled."""
        return parse_array(self._where(name), self._read(name, max_bytes))

    def parameters(self, name: str, max_bytes: int) -> Parameters:
        """An array, or what was pickled, see `npy.read_parameters`."""
        return parse_parameters(self._where(name), self._read(name, max_bytes), max_bytes)

    @contextlib.contextmanager
    def rows(self, name: str) -> Iterator[Rows]:
        """An array that is read piece by piece; FormatError if it is not there, damaged, or pickled."""
        with self._open(name) as content:
            yield _rows(self._where(name), content)

    def _where(self, name: str) -> str:
        return f"{self.path}: {name}"

    @contextlib.contextmanager
    def _open(self, name: str) -> Iterator[IO[bytes]]:
        if name not in self.names:
            raise FormatError(f"{self.path}: holds {', '.join(self.names[:8])[:200]}, expected {name} too")
        try:
            opened = self._archive.open(f"{name}.npy")
        except (*_BROKEN, KeyError) as error:
            raise FormatError(f"{self._where(name)}: cannot be read: {error}") from error
        with opened as content:
            yield content

    def _read(self, name: str, max_bytes: int) -> bytes:
        with self._open(name) as content:
            try:
                # Whatever the archive announces.
                data = b"".join(_blocks(content, max_bytes + 1))
            except _BROKEN as error:
                raise FormatError(f"{self._where(name)}: is damaged: {error}") from error
        if len(data) > max_bytes:
            raise FormatError(f"{self._where(name)}: is larger than {max_bytes:,} bytes")
        return data


@contextlib.contextmanager
def open_npz(path: str | os.PathLike[str]) -> Iterator[Npz]:
    """Open an archive of arrays.

    Raises
    ------
    MissingError
        If there is no such file.
    FormatError
        If it is no zip, or one with more than 1000 members.
    """
    path = Path(path)
    with contextlib.ExitStack() as stack:
        file, _ = open_regular(path, MAX_FILE_BYTES)
        stack.enter_context(file)
        try:
            if not zipfile.is_zipfile(file):
                refuse_foreign(path, _begin(file))
            check_zip_directory(path, Members(path, _LIMITS))
            archive = stack.enter_context(zipfile.ZipFile(file))
        except _BROKEN as error:
            raise FormatError(f"{path}: cannot be read as an .npz: {error}") from error
        yield Npz(path, archive)


@contextlib.contextmanager
def open_npy_rows(path: str | os.PathLike[str]) -> Iterator[Rows]:
    """Open a `.npy` file of numbers to read it piece by piece.

    Raises
    ------
    MissingError, FormatError
        If there is no such file, it is none, pickled, or not as long as it announces.
    """
    file, n_bytes = open_regular(path, MAX_FILE_BYTES)
    with file:
        head = parse_head(path, _begin(file))
        if head.n_bytes != n_bytes - head.start:
            found = f"the header announces {head.n_bytes:,} bytes of shape {head.shape}"
            raise FormatError(f"{path}: {found}, the file has {n_bytes - head.start:,}")
        file.seek(head.start)
        yield Rows(str(path), head, file)


def _begin(file: FileIO) -> bytes:
    file.seek(0)
    data = file.read(MAX_HEAD_BYTES) or b""
    file.seek(0)
    return data


def _rows(where: str, content: IO[bytes]) -> Rows:
    try:
        begin = b"".join(_blocks(content, 12))
        n_length = 2 if begin[6:7] == b"\x01" else 4
        length = int.from_bytes(begin[8 : 8 + n_length], "little")
        begin += b"".join(_blocks(content, min(length + 8 + n_length, MAX_HEAD_BYTES) - len(begin)))
    except _BROKEN as error:
        raise FormatError(f"{where}: is damaged: {error}") from error
    return Rows(where, parse_head(where, begin), content)


def _blocks(content: IO[bytes], n_bytes: int) -> Iterator[bytes]:
    """Up to so many bytes: a packed or raw file may give fewer at once than asked for."""
    while n_bytes > 0 and (block := content.read(min(n_bytes, _PIECE_BYTES))):
        n_bytes -= len(block)
        yield block
