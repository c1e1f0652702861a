"""A zip that is read member by member, without a folder; as strictly as `archive.open_folder` unpacks one."""

import contextlib
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

from fsbench.core.errors import FormatError, UsageError
from fsbench.io.archive import (
    BROKEN,
    DEFAULT_LIMITS,
    ArchiveLimits,
    Members,
    blocks_of,
    check_zip_directory,
    check_zip_member,
)


class ZipMembers:
    """The files of a zip; use `open_zip`.

    Attributes
    ----------
    path : Path
    names : tuple of str
        Of all files, in the zip's order, with what macOS adds; folders are left out.
    """

    def __init__(self, path: Path, archive: zipfile.ZipFile, checked: Members) -> None:
        self.path = path
        self._archive, self._checked = archive, checked
        for member in archive.infolist():
            check_zip_member(member, checked)
            checked.add(member.filename.rstrip("/"), is_folder=member.is_dir())
            checked.expect(member.filename, member.file_size)
        self.names = tuple(member.filename for member in archive.infolist() if not member.is_dir())

    def read(self, name: str) -> bytes:
        """The content of a file; FormatError if it is damaged, or not as long as announced."""
        member = self._archive.getinfo(name)
        try:
            with self._archive.open(member) as source:
                return b"".join(blocks_of(self._checked, name, member.file_size, source))  # type: ignore[arg-type]
        except (*BROKEN, OSError) as error:  # a place before the file's beginning is an OSError
            raise self._checked.error(name, f"is broken: {error}") from error


@contextlib.contextmanager
def open_zip(path: str | os.PathLike[str], limits: ArchiveLimits = DEFAULT_LIMITS) -> Iterator[ZipMembers]:
    """Open a zip whose members are all harmless.

    Raises
    ------
    UsageError
        If there is no such file, or it cannot be read.
    FormatError
        As `fsbench.io.archive.open_folder`.
    """
    path = Path(path)
    if not path.is_file():
        raise UsageError(f"{path}: there is no such zip")
    with contextlib.ExitStack() as stack:
        try:
            checked = Members(path, limits)
            check_zip_directory(path, checked)
            opened = ZipMembers(path, stack.enter_context(zipfile.ZipFile(path)), checked)
        except BROKEN as error:
            raise FormatError(f"{path}: the archive is broken: {error}") from error
        except OSError as error:
            raise UsageError(f"{path}: cannot be read: {error}") from error
        yield opened
