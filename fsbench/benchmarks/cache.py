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
"""Some two thousand references of a megabyte."""

_SUFFIX, _PARTIAL = ".prepared", ".part"
_ABANDONED_S = 3600.0
_DIGEST_BYTES = 32

Arrays = dict[str, npt.NDArray[np.generic]]


@dataclass(frozen=True, slots=True)
class Contents:
    """What a cache holds."""

    n_entries: int
    n_bytes: int


@dataclass(frozen=True, slots=True)
class PreparedCache:
    """Arrays by the content they were computed from.

    An entry is written whole or not at all, and starts with the SHA-256 of its key and the rest, so one that was
    damaged, or has got another one's name, is found out and computed again. When there is no more room the entries go
    that were not used for longest.

    Parameters
    ----------
    folder : Path
        Made when the first entry is written, for this user alone; one that others may write to is not used.
    limit_bytes : int
        What all entries together may take.
    """

    folder: Path
    limit_bytes: int = DEFAULT_LIMIT_BYTES

    @staticmethod
    def key(parts: Iterable[bytes]) -> str:
        """Name of the entry that is computed from these parts, each of which matters with its length."""
        digest = hashlib.sha256()
        for part in parts:
            digest.update(len(part).to_bytes(8, "little"))
            digest.update(part)
        return digest.hexdigest()

    def load(self, key: str) -> Arrays | None:
        """The entry, or None if there is none that is whole."""
        path = self._path(key)
        try:
            require_own(self.folder)
            content = path.read_bytes()
        except OSError:
            # Not there, not readable, removed meanwhile by another process, or written by who knows whom.
            return None
        if _digest(key, content[_DIGEST_BYTES:]) != content[:_DIGEST_BYTES]:
            return None
        found = _arrays_in(content[_DIGEST_BYTES:])
        with suppress(OSError):  # somebody else's entry serves as well
            os.utime(path)
        return found

    def store(self, key: str, arrays: Arrays) -> None:
        """Write an entry, and make room for it.

        Raises
        ------
        NotOursError
            If the folder is one that others may write to: it is not read from either.
        OSError
            If it cannot be written.
        """
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **arrays)
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
            # Nothing is forced to the disk: what a power cut leaves half written does not pass the check.
            partial.replace(self._path(key))
        except BaseException:
            partial.unlink(missing_ok=True)
            raise

    def contents(self) -> Contents:
        """How much there is."""
        entries = self._entries()
        return Contents(len(entries), sum(size for _, size, _ in entries))

    def clear(self) -> Contents:
        """Remove all entries; say what was removed. Other files in the folder stay."""
        before = self.contents()
        self._remove_abandoned(0.0)
        for path, _, _ in self._entries():
            path.unlink(missing_ok=True)
        return before

    def _remove_abandoned(self, age_s: float) -> None:
        """What a process left that was killed while it wrote."""
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
        """Path, size and time of the last use; what another process removes meanwhile is left out."""
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


def _arrays_in(content: bytes) -> Arrays | None:
    """What `np.savez` wrote; None if it is anything else, of which the digest says nothing."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            # Stored as they are: what would be larger than the entry is none of ours.
            if sum(member.file_size for member in archive.infolist()) > len(content):
                return None
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return dict(arrays)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, LookupError, TypeError, NotImplementedError):
        return None


def _digest(key: str, content: bytes) -> bytes:
    return hashlib.sha256(key.encode() + content).digest()
