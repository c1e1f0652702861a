"""Archives of predictions: unpacked into a temporary folder within limits, or refused with the member's name."""

import contextlib
import gzip
import os
import re
import shutil
import stat
import tarfile
import tempfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from fsbench.core.errors import FormatError, UsageError

_BLOCK = 1 << 20
_TAR_BLOCK = 512
_DIRECTORY_ENTRY_BYTES = 512
"""Generous size of one entry of a zip's directory, which `zipfile` reads as a whole."""

_ZIP_END_BYTES = (1 << 16) + 200
"""Size of what may follow a zip's directory: a comment, and the position of the directory."""

_MAX_DEPTH = 32
_MAX_HEADER_BYTES, _FREE_HEADER_BYTES, _HEADER_BYTES = 64 << 10, 4 << 20, 2048
"""Limits of a tar: one header beyond its block (a long name, attributes); all of them, plus so many per member."""
_FREE_CLUTTER = 10_000
"""Clutter allowed beyond one file per member, which is what macOS adds."""

_DRIVE = re.compile(r"[A-Za-z]:")
_CLUTTER = ("__MACOSX", ".DS_Store")


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """Limits on what is unpacked from an archive.

    Parameters
    ----------
    max_members : int
        Files and folders. A method has a few for each of 1,060 samples.
    max_bytes : int
        Sum of all files. The predictions of all 14 published methods are 14 GB; those of one method at most 4 GB.
    max_member_bytes : int
        Largest file, the limit of `read_mesh`.
    max_ratio : float
        Largest ratio of the sum of all files to the archive's size, checked above `free_bytes`. Meshes as text shrink
        to a third or a fifth; deflate reaches 1,032 at most.
    free_bytes : int
        Unpacked bytes up to which the ratio is not checked.
    keep_free_bytes : int
        Bytes that must stay free on the disk.
    """

    max_members: int = 100_000
    max_bytes: int = 32 << 30
    max_member_bytes: int = 2 << 30
    max_ratio: float = 100.0
    free_bytes: int = 64 << 20
    keep_free_bytes: int = 256 << 20


DEFAULT_LIMITS = ArchiveLimits()


@contextlib.contextmanager
def open_folder(
    path: str | os.PathLike[str],
    limits: ArchiveLimits = DEFAULT_LIMITS,
    temporary: str | os.PathLike[str] | None = None,
) -> Iterator[Path]:
    """Open a folder, or an archive as if it were a folder.

    Parameters
    ----------
    path : path
        A folder, which is yielded as it is; or a .zip, .tar, .tar.gz or .tgz file, which is unpacked into a temporary
        folder that is removed at the end. If it holds a single folder and nothing else, that folder is yielded.
    limits : ArchiveLimits, optional
        Limits on what is unpacked.
    temporary : path, optional
        Parent of the temporary folder; the system's default if not given.

    Yields
    ------
    Path
        The folder.

    Raises
    ------
    UsageError
        If there is no such folder or file, it is not an archive, or the disk is full.
    FormatError
        If the archive is broken, exceeds a limit, or has a member that is not a plain file or folder inside it: an
        absolute path, `..`, a backslash or a drive, a link, a device, an encrypted file, or the same name twice (also
        if only capitals differ, as some disks do not tell them apart).

    Examples
    --------
    >>> with open_folder(".") as folder:
    ...     folder
    PosixPath('.')
    """
    path = Path(path)
    if path.is_dir():
        yield path
        return
    if not path.is_file():
        raise UsageError(f"{path}: there is no such folder or archive")
    unpack = next((unpack for suffix, unpack in _UNPACKERS.items() if path.name.lower().endswith(suffix)), None)
    if unpack is None:
        raise UsageError(f"{path}: is neither a folder nor one of {', '.join(_UNPACKERS)}")
    with _temporary_folder(temporary) as target:
        try:
            unpack(path, _Unpacking(path, target, limits))
        except BROKEN as error:
            raise FormatError(f"{path}: the archive is broken: {error}") from error
        except OSError as error:
            raise UsageError(f"{path}: cannot be unpacked into {target}: {error}") from error
        yield _innermost(target)


@contextlib.contextmanager
def _temporary_folder(parent: str | os.PathLike[str] | None) -> Iterator[Path]:
    """A folder that is removed at the end, even if a second Ctrl-C interrupts the removal."""
    folder = None
    try:
        with tempfile.TemporaryDirectory(prefix="fsbench-", dir=parent) as folder:
            yield Path(folder)
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def bare_name(path: str | os.PathLike[str]) -> str:
    """Name of a folder or an archive, without the archive's ending.

    Examples
    --------
    >>> bare_name("submissions/MyNet.tar.gz"), bare_name("pred/wild_pred/3DDFA_V2")
    ('MyNet', '3DDFA_V2')
    """
    name = Path(path).resolve().name
    suffix = next((suffix for suffix in _UNPACKERS if name.lower().endswith(suffix)), "")
    return name[: len(name) - len(suffix)]


BROKEN = (
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    gzip.BadGzipFile,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)


def _innermost(folder: Path) -> Path:
    while len(inside := list(folder.iterdir())) == 1 and inside[0].is_dir():
        folder = inside[0]
    return folder


class Members:
    """Names and sizes of an archive's members, checked against the limits before anything is read."""

    def __init__(self, archive: Path, limits: ArchiveLimits) -> None:
        self.archive = archive
        self.limits = limits
        self.n_bytes = 0
        self.archive_bytes = archive.stat().st_size
        self.is_folder_by_key: dict[str, bool] = {}
        self.n_clutter = 0

    def error(self, name: str, reason: str) -> FormatError:
        """The error about a member."""
        shown = name[:200].encode("utf-8", "backslashreplace").decode()
        return FormatError(f"{self.archive}: member '{shown}' {reason}")

    def max_unpacked(self) -> float:
        """Bytes that an archive of this size may unpack to."""
        return max(self.limits.free_bytes, self.limits.max_ratio * self.archive_bytes)

    def clutter(self, name: str) -> None:
        """Count a member that is not unpacked: skipping it takes time, too."""
        self.n_clutter += 1
        if self.n_clutter > len(self.is_folder_by_key) + _FREE_CLUTTER:
            raise self.error(
                name, f"is one of {self.n_clutter:,} that macOS adds to archives, more than there are files"
            )

    def expect(self, name: str, announced: int) -> None:
        """Count the bytes of a member; FormatError if they are too many."""
        limits, total = self.limits, self.n_bytes + announced
        if not 0 <= announced <= limits.max_member_bytes:
            raise self.error(name, f"has {announced:,} bytes, at most {limits.max_member_bytes:,} are unpacked")
        if total > limits.max_bytes:
            raise self.error(name, f"brings the sum to {total:,} bytes, at most {limits.max_bytes:,} are unpacked")
        if total > self.max_unpacked():
            ratio = total / max(self.archive_bytes, 1)
            raise self.error(name, f"unpacks the archive to {ratio:,.0f} times its size, at most {limits.max_ratio:g}")
        self.n_bytes = total

    def add(self, name: str, is_folder: bool) -> tuple[str, ...]:
        """The parts of a member's name; FormatError if it leads elsewhere, or was there before."""
        self.check_name(name)
        parts = PurePosixPath(name).parts
        for i in range(1, len(parts)):
            self._note("/".join(parts[:i]), name, is_folder=True)
        self._note("/".join(parts), name, is_folder, is_new=True)
        return parts

    def check_name(self, name: str) -> None:
        """Raise FormatError if the name leads out of a folder, or some disk cannot have it."""
        parts = name.split("/")
        if name.startswith("/") or _DRIVE.match(name):
            raise self.error(name, "is an absolute path")
        if ".." in parts:
            raise self.error(name, "leads out of the archive by '..'")
        if "\\" in name or any(ord(c) < 32 or ord(c) == 127 for c in name) or ":" in name:
            raise self.error(repr(name)[1:-1], "has a backslash, colon or control character in its name")
        if len(parts) > _MAX_DEPTH or any(len(os.fsencode(part)) > 255 for part in parts):
            raise self.error(name, f"has a name that is too long, or more than {_MAX_DEPTH} folders deep")
        if any(part in ("", ".") for part in parts):
            raise self.error(name, "has an empty name, or an empty part in it")

    def _note(self, path: str, name: str, is_folder: bool, is_new: bool = False) -> None:
        key = unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
        known = self.is_folder_by_key.get(key)
        if known is None:
            if len(self.is_folder_by_key) >= self.limits.max_members:
                raise self.error(name, f"is one too many, at most {self.limits.max_members:,} are unpacked")
            self.is_folder_by_key[key] = is_folder
        elif known != is_folder or (is_new and not is_folder):
            raise self.error(name, "occurs twice (names that differ only in capitals count as one)")


class _Unpacking(Members):
    """Members that are written below a folder."""

    def __init__(self, archive: Path, target: Path, limits: ArchiveLimits) -> None:
        super().__init__(archive, limits)
        self.target = target

    def folder(self, name: str) -> None:
        """Make a folder."""
        self.target.joinpath(*self.add(name.rstrip("/"), is_folder=True)).mkdir(parents=True, exist_ok=True)

    def file(self, name: str, announced: int, source: BinaryIO) -> None:
        """Write a file of as many bytes as announced."""
        self.expect(name, announced)
        self._expect_room(name, announced)
        place = self.target.joinpath(*self.add(name, is_folder=False))
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("xb") as file:
            for block in blocks_of(self, name, announced, source):
                file.write(block)

    def _expect_room(self, name: str, announced: int) -> None:
        free = shutil.disk_usage(self.target).free - self.limits.keep_free_bytes
        if announced > free:
            raise UsageError(
                f"{self.archive}: no room to unpack '{name}' in {self.target.parent}: set TMPDIR elsewhere"
            )


def blocks_of(members: Members, name: str, announced: int, source: BinaryIO) -> Iterator[bytes]:
    """A member's content; FormatError if it is not as long as announced."""
    left = announced
    # One byte more than announced is asked for, to notice a member that goes on.
    while block := source.read(min(_BLOCK, left + 1)):
        left -= len(block)
        if left < 0:
            raise members.error(name, f"is larger than the {announced:,} bytes it announces")
        yield block
    if left:
        raise members.error(name, f"ends {left:,} bytes before the {announced:,} it announces")


def _unpack_zip(path: Path, to: _Unpacking) -> None:
    check_zip_directory(path, to)
    with zipfile.ZipFile(path) as archive:
        members = [m for m in archive.infolist() if not _is_clutter(m.filename)]
        for member in members:
            check_zip_member(member, to)
        for member in members:
            if member.is_dir():
                to.folder(member.filename)
            else:
                with archive.open(member) as source:
                    to.file(member.filename, member.file_size, source)  # type: ignore[arg-type]


def check_zip_directory(path: Path, to: Members) -> None:
    """Refuse a directory that would fill the memory: `ZipFile` reads all of it when it opens."""
    most = to.limits.max_members * _DIRECTORY_ENTRY_BYTES
    before = max(0, to.archive_bytes - _ZIP_END_BYTES)
    start = to.archive_bytes
    with path.open("rb") as file:
        file.seek(before)
        tail = file.read()
        for mark, first, stop in ((b"PK\5\6", 12, 16), (b"PK\6\6", 40, 48)):
            for match in re.finditer(re.escape(mark), tail):
                size = int.from_bytes(tail[match.start() + first : match.start() + stop], "little")
                if size > most and size != 0xFFFFFFFF:
                    raise FormatError(f"{path}: the list of members has {size:,} bytes, at most {most:,} are read")
                if size != 0xFFFFFFFF:
                    start = min(start, before + match.start() - size)
        file.seek(max(0, start))
        directory = file.read()
    # Every entry starts with this mark. The mark may also occur elsewhere, which only raises the count.
    n_clutter = directory.count(_CLUTTER[0].encode() + b"/")
    n_members = directory.count(b"PK\1\2") - n_clutter
    if n_members > to.limits.max_members + _FREE_CLUTTER or n_clutter > max(n_members, 0) + _FREE_CLUTTER:
        raise FormatError(
            f"{path}: lists {n_members:,} members and {n_clutter:,} that macOS adds, at most "
            f"{to.limits.max_members:,} and one for each are unpacked"
        )


def check_zip_member(member: zipfile.ZipInfo, to: Members) -> None:
    """Refuse a link, a device, and what is encrypted, packed by a rare method or badly named."""
    name = member.orig_filename
    mode = stat.S_IFMT(member.external_attr >> 16)
    if mode == stat.S_IFLNK:
        raise to.error(name, "is a link")
    if mode not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise to.error(name, "is neither a file nor a folder")
    if member.flag_bits & 0x1:
        raise to.error(name, "is encrypted")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise to.error(name, f"is packed by method {member.compress_type}, only stored and deflated members are read")
    to.check_name(name.rstrip("/") if member.is_dir() else name)


def _unpack_tar(path: Path, to: _Unpacking) -> None:
    with contextlib.ExitStack() as stack:
        file: BinaryIO = stack.enter_context(path.open("rb"))
        if not path.name.lower().endswith(".tar"):
            file = stack.enter_context(gzip.GzipFile(fileobj=file, mode="rb"))  # type: ignore[assignment]
        stream = _TarStream(file, to)
        archive = stack.enter_context(tarfile.open(fileobj=stream, mode="r:"))  # type: ignore[call-overload]
        while (member := archive.next()) is not None:
            _unpack_tar_member(archive, member, to, stream)
            # tarfile keeps a list of members, which nobody needs.
            archive.members.clear()
        if stream.last != bytes(_TAR_BLOCK):
            raise FormatError(f"{path}: the archive is cut off or damaged after {stream.tell():,} bytes")


def _unpack_tar_member(archive: tarfile.TarFile, member: tarfile.TarInfo, to: _Unpacking, stream: "_TarStream") -> None:
    if member.issym() or member.islnk():
        raise to.error(member.name, f"is a link to '{member.linkname[:200]}'")
    if member.issparse() or not (member.isreg() or member.isdir()):
        raise to.error(member.name, "is neither a file nor a folder")
    if _is_clutter(member.name):
        to.clutter(member.name)
        return
    # `tar -C folder .` writes "./" before every name, and "." for the folder itself.
    name = member.name.removeprefix("./")
    if member.isdir():
        if name not in (".", ""):
            to.folder(name)
        return
    source = archive.extractfile(member)
    assert source is not None
    stream.is_in_file = True
    to.file(name, member.size, source)  # type: ignore[arg-type]
    stream.is_in_file = False


class _TarStream:
    """A file for tarfile that limits the size of headers, and remembers the last block."""

    def __init__(self, file: BinaryIO, to: _Unpacking) -> None:
        self.file = file
        self.to = to
        self.last = b""
        self.is_in_file = False
        self.n_header_bytes = 0

    def read(self, n: int = -1) -> bytes:
        # tarfile reads names and attributes at once, whatever length the archive announces.
        if not 0 <= n <= (_BLOCK if self.is_in_file else _MAX_HEADER_BYTES):
            raise FormatError(
                f"{self.to.archive}: a header announces {n:,} bytes, at most {_MAX_HEADER_BYTES:,} are read"
            )
        if not self.is_in_file and n > _TAR_BLOCK:
            self.n_header_bytes += n
            most = _FREE_HEADER_BYTES + _HEADER_BYTES * len(self.to.is_folder_by_key)
            if self.n_header_bytes > most:
                raise FormatError(f"{self.to.archive}: the headers have more than {most:,} bytes beside their blocks")
        self.last = self.file.read(n)
        return self.last

    def seek(self, position: int, whence: int = 0) -> int:
        # Seeking forward in a compressed file unpacks it.
        headers = 4 * _TAR_BLOCK * self.to.limits.max_members
        if position > headers + min(self.to.limits.max_bytes, self.to.max_unpacked()):
            raise FormatError(f"{self.to.archive}: a header leads to byte {position:,}, beyond all limits")
        return self.file.seek(position, whence)

    def tell(self) -> int:
        return self.file.tell()


def _is_clutter(name: str) -> bool:
    """Files that macOS adds to archives."""
    parts = name.rstrip("/").split("/")
    return parts[0] == _CLUTTER[0] or parts[-1] == _CLUTTER[1] or parts[-1].startswith("._")


_UNPACKERS = {".zip": _unpack_zip, ".tar.gz": _unpack_tar, ".tgz": _unpack_tar, ".tar": _unpack_tar}
