"""Prepared references on disk, shared by methods, runs and processes."""

import hashlib
import io
import os
import secrets
import time
import zipfile
import zlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fsbench.core.own_folders import make_own, require_own

DEFAULT_LIMIT_BYTES = 2 << 30
"""Room for about two thousand references of one megabyte."""

_SUFFIX, _PARTIAL = ".prepared", ".part"
_ABANDONED_S = 3600.0
_DIGEST_BYTES = 32

Arrays = dict[str, npt.NDArray[np.generic]]


@dataclass(frozen=True, slots=True)
class Contents:
    """Number and size of the entries of a cache."""

    n_entries: int
    n_bytes: int


@dataclass(frozen=True, slots=True)
class PreparedCache:
    """Arrays by the content they were computed from.

    An entry is written whole or not at all. It starts with the SHA-256 of its key and its content, so a damaged or
    misnamed entry is detected and computed again. If there is no more room, the least recently used entries go.

    Parameters
    ----------
    folder : Path
        Created with the first entry, for this user alone; a folder that others may write to is not used.
    limit_bytes : int
        Largest total size of all entries.
    """

    folder: Path
    limit_bytes: int = DEFAULT_LIMIT_BYTES

    @staticmethod
    def key(parts: Iterable[bytes]) -> str:
        """Name of the entry computed from these parts; the length of each part counts too."""
        digest = hashlib.sha256()
        for part in parts:
            digest.update(len(part).to_bytes(8, "little"))
            digest.update(part)
        return digest.hexdigest()

    def load(self, key: str) -> Arrays | None:
        """The entry, or None if there is none or it is damaged."""
        path = self._path(key)
        try:
            require_own(self.folder)
            content = path.read_bytes()
        except OSError:
            # The entry is absent, unreadable, removed by another process, or not ours.
            return None
        entry = memoryview(content)[_DIGEST_BYTES:]
        if _digest(key, entry) != content[:_DIGEST_BYTES]:
            return None
        found = _arrays_in(entry)
        with suppress(OSError):  # another process has written the same entry
            os.utime(path)
        return found

    def store(self, key: str, arrays: Arrays) -> None:
        """Write an entry, and make room for it.

        Raises
        ------
        NotOursError
            If others may write to the folder; then it is not read either.
        OSError
            If it cannot be written.
        """
        buffer = io.BytesIO()
        # Before numpy 2.1 `allow_pickle=False` would be one more array. Objects would be refused when they are read.
        np.savez(buffer, **arrays)  # type: ignore[arg-type,unused-ignore]  # names are fields, none is `allow_pickle`
        content = buffer.getvalue()
        if len(content) > self.limit_bytes:
            return
        make_own(self.folder)
        self._trim(self.limit_bytes - len(content))
        partial = self.folder / f".{secrets.token_hex(8)}{_PARTIAL}"
        try:
            with partial.open("xb") as file:
                file.write(_digest(key, content))
                file.write(content)
            # No fsync is needed: an entry that a power cut leaves half written fails the check.
            partial.replace(self._path(key))
        except BaseException:
            partial.unlink(missing_ok=True)
            raise

    def contents(self) -> Contents:
        """Number and size of all entries."""
        entries = self._entries()
        return Contents(len(entries), sum(size for _, size, _ in entries))

    def clear(self) -> Contents:
        """Remove all entries and return their number and size. Other files in the folder stay."""
        before = self.contents()
        self._remove_abandoned(0.0)
        for path, _, _ in self._entries():
            path.unlink(missing_ok=True)
        return before

    def _remove_abandoned(self, age_s: float) -> None:
        """Remove files of processes that were killed while they wrote."""
        for path in self.folder.glob(f".*{_PARTIAL}"):
            with suppress(OSError):
                if time.time() - path.stat().st_mtime >= age_s:
                    path.unlink()

    def _trim(self, limit_bytes: int) -> None:
        self._remove_abandoned(_ABANDONED_S)
        entries = sorted(self._entries(), key=lambda entry: entry[2])
        total = sum(size for _, size, _ in entries)
        for path, size, _ in entries:
            if total <= limit_bytes:
                return
            path.unlink(missing_ok=True)
            total -= size

    def _entries(self) -> list[tuple[Path, int, float]]:
        """Path, size and time of last use of each entry, except entries that another process removes meanwhile."""
        found = []
        if self.folder.is_dir():
            for path in self.folder.glob(f"*{_SUFFIX}"):
                try:
                    state = path.stat()
                except FileNotFoundError:
                    continue
                found.append((path, state.st_size, state.st_mtime))
        return found

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}{_SUFFIX}"


def _arrays_in(content: memoryview) -> Arrays | None:
    """Arrays that `np.savez` wrote; None for any other content, which a matching digest does not exclude."""
    try:
        file = io.BytesIO(content)
        with zipfile.ZipFile(file) as archive:
            # We store arrays uncompressed: arrays larger than the entry are not ours.
            if sum(member.file_size for member in archive.infolist()) > len(content):
                return None
        file.seek(0)
        with np.load(file, allow_pickle=False) as arrays:
            return dict(arrays)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, LookupError, TypeError, NotImplementedError):
        return None


def _digest(key: str, content: bytes | memoryview) -> bytes:
    digest = hashlib.sha256(key.encode())
    digest.update(content)
    return digest.digest()
