"""Reads the bytes of regular files, up to a given size."""

import hashlib
import os
import re
import stat
import sys
import time
from io import FileIO
from pathlib import Path

from fsbench.core.errors import FormatError, MissingError

MAX_MESH_BYTES = 2 << 30
"""Largest mesh file read. A marching-cubes mesh of 2 million triangles is near 0.2 GB as text."""


def open_regular(path: str | os.PathLike[str], max_bytes: int) -> tuple[FileIO, int]:
    """Open a file for reading and return its size.

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
        # Without O_NONBLOCK, opening a named pipe without a writer never returns.
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
        # Never reads more than the size found before, even if the file grows meanwhile.
        data = file.read(n_bytes)
    return data if data is not None else b""


FileState = tuple[int, int, int, int]
"""Inode, size and both times of a file."""


def state_of(path: str | os.PathLike[str]) -> FileState:
    """What changes when a file changes, or another one takes its place; OSError if there is none.

    A copy may keep the size and the time of the file that it replaces, but not the time of its arrival.
    """
    return _state(os.stat(path))  # noqa: PTH116


def _state(found: os.stat_result) -> FileState:
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


_MOST_DIGESTS = 10_000
_YOUNG_NS = 2_000_000_000
_digests: dict[tuple[str | int, ...], str] = {}


def digest_of(path: str | os.PathLike[str], max_bytes: int = sys.maxsize) -> str:
    """SHA-256 of a file's content; a process reads a file again when its state has changed.

    Raises
    ------
    FormatError
        As `open_regular`, and if there is no such file or it cannot be read.
    """
    try:
        file, _ = open_regular(path, max_bytes)
    except MissingError as error:
        raise FormatError(str(error)) from error
    with file:
        state = os.fstat(file.fileno())
        key = os.fspath(path), *_state(state)
        if (known := _digests.get(key)) is not None:
            return known
        try:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise FormatError(f"{path}: cannot be read: {error.strerror}") from error
    # A young file may change once more within one tick of its clock.
    if time.time_ns() - max(state.st_mtime_ns, state.st_ctime_ns) > _YOUNG_NS:
        if len(_digests) >= _MOST_DIGESTS:
            _digests.clear()
        _digests[key] = digest
    return digest


_LFS = b"version https://git-lfs.github.com/spec/"
_PACKED = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
_PLY = re.compile(rb"ply[ \t]*[\r\n]")
_HTML = re.compile(rb"(\xef\xbb\xbf)?\s*<(!doctype\s+html|html|head|body)\b", re.IGNORECASE)


def refuse_foreign(path: str | os.PathLike[str], head: bytes | bytearray) -> None:
    """Refuse a file whose content is not what its name says; the message says what to do.

    Parameters
    ----------
    path : path
        For the message.
    head : bytes
        The first 200 bytes or more of the file; all of a shorter one.

    Raises
    ------
    FormatError
        If the file is empty, a Git LFS pointer, packed, a zip archive, a web page, a glTF, or a PLY by another name.
    """
    if not head:
        what = "is empty (0 bytes): was it written, or copied, completely?"
    elif head.startswith(_LFS):
        what = "is a Git LFS pointer, not the file itself: fetch it with `git lfs pull`"
    elif packer := next((name for mark, name in _PACKED.items() if head.startswith(mark)), ""):
        what = f"is packed by {packer}: unpack it ({packer} -d)"
    elif head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        what = "is a zip archive (as .npz and .xlsx files are): unpack it, or export the format that its name says"
    elif _HTML.match(head[:200]):
        what = "is a web page (HTML), probably from a failed download or a login page: download it again"
    elif head.startswith(b"glTF"):
        what = "is a binary glTF: export the mesh as .ply or .obj"
    elif _PLY.match(head[:20]) and suffix_of(path) != ".ply":
        what = "is a PLY: rename it to end in .ply"
    else:
        return
    raise FormatError(f"{path}: {what}")


def suffix_of(path: str | os.PathLike[str]) -> str:
    """Return the last suffix in lower case, with its dot."""
    return Path(path).suffix.lower()
