"""Prepared references on disk, shared by methods, runs and processes."""

import hashlib
import json
import math
import os
import re
import secrets
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fsbench.core.own_folders import make_own, require_own

DEFAULT_LIMIT_BYTES = 2 << 30
"""Room for about two thousand references of one megabyte."""

_SUFFIX, _PARTIAL = ".prepared", ".part"
_ABANDONED_S = 3600.0
_DIGEST_BYTES, _LENGTH_BYTES = 32, 8
_ALIGNED = 16
"""Arrays begin at multiples of so many bytes, as compiled loops expect."""

_ENTRIES_UNSEEN = 8
_KIND = re.compile(r"[<>|=][biuf][1248]")
_MOST_DIMENSIONS = 8

Arrays = dict[str, npt.NDArray[np.generic]]


class _Room(threading.local):
    """Bytes that a thread may write to each cache before it looks at the entries again, which others write too."""

    def __init__(self) -> None:
        self.left: dict[PreparedCache, int] = {}


_room = _Room()


@dataclass(frozen=True, slots=True)
class Contents:
    """Number and size of the entries of a cache."""

    n_entries: int
    n_bytes: int


@dataclass(frozen=True, slots=True)
class PreparedCache:
    """Arrays by the content they were computed from.

    An entry is written whole or not at all. It starts with the SHA-256 of its key and its content, so a damaged or
    misnamed entry is detected and computed again. Then come the length of a table, the table, which is JSON, and the
    arrays. If there is no more room, the least recently used entries go.

    Parameters
    ----------
    folder : Path
        Created with the first entry, for this user alone; a folder that others may write to is not used.
    limit_bytes : int
        Largest total size of all entries. Every thread and process that writes at the same time may exceed it by eight
        entries.
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
        """The entry, or None if there is none or it is damaged. Its arrays share one piece of memory."""
        path = self._path(key)
        try:
            require_own(self.folder)
            content = np.fromfile(path, np.uint8)
        except OSError:
            # The entry is absent, unreadable, removed by another process, or not ours.
            return None
        if _digest(key, [content.data[_DIGEST_BYTES:]]) != content[:_DIGEST_BYTES].tobytes():
            return None
        found = _arrays_in(content)
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
        pieces = list(_pieces(arrays))
        n_bytes = _DIGEST_BYTES + sum(map(len, pieces))
        if n_bytes > self.limit_bytes:
            return
        make_own(self.folder)
        self._make_room(n_bytes)
        partial = self.folder / f".{secrets.token_hex(8)}{_PARTIAL}"
        try:
            with partial.open("xb") as file:
                file.writelines([_digest(key, pieces), *pieces])
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

    def _make_room(self, n_bytes: int) -> None:
        """Look at the other entries if room may be short; looking at thousands takes longer than scoring a sample."""
        left = _room.left.get(self, 0) - n_bytes
        if left < 0:
            self._remove_abandoned(_ABANDONED_S)
            limit, reserve = self.limit_bytes - n_bytes, min(_ENTRIES_UNSEEN * n_bytes, self.limit_bytes // 32)
            left = min(limit - self._trim(limit, reserve), reserve)
        _room.left[self] = left

    def _trim(self, limit_bytes: int, reserve: int) -> int:
        """If all entries together are larger, remove those used least recently, and some more; the size of the rest."""
        entries = sorted(self._entries(), key=lambda entry: entry[2])
        total = sum(size for _, size, _ in entries)
        if total > limit_bytes:
            for path, size, _ in entries:
                if total <= limit_bytes - reserve:
                    break
                path.unlink(missing_ok=True)
                total -= size
        return total

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


def _pieces(arrays: Arrays) -> Iterator[bytes]:
    """An entry but for its digest."""
    table = json.dumps([[name, array.dtype.str, array.shape] for name, array in arrays.items()]).encode()
    yield len(table).to_bytes(_LENGTH_BYTES, "little")
    yield table
    n_bytes = _DIGEST_BYTES + _LENGTH_BYTES + len(table)
    for array in arrays.values():
        yield bytes(-n_bytes % _ALIGNED)
        yield array.tobytes()
        n_bytes += -n_bytes % _ALIGNED + array.nbytes


def _arrays_in(content: npt.NDArray[np.uint8]) -> Arrays | None:
    """Arrays of an entry, where they lie in it; None for other content, which a matching digest does not exclude."""
    start = _DIGEST_BYTES + _LENGTH_BYTES
    end = start + int.from_bytes(content[_DIGEST_BYTES:start].tobytes(), "little")
    found: Arrays = {}
    try:
        for name, kind, shape in json.loads(content[start:end].tobytes()):
            if not _KIND.fullmatch(kind) or not _is_shape(shape):
                return None
            begin, dtype = end + -end % _ALIGNED, np.dtype(kind)
            end = begin + dtype.itemsize * math.prod(shape)
            found[name] = content[begin:end].view(dtype).reshape(shape)
    except (ValueError, TypeError, RecursionError):
        return None
    return found if end <= len(content) else None


def _is_shape(shape: Any) -> bool:
    return (
        isinstance(shape, list)
        and len(shape) <= _MOST_DIMENSIONS
        and all(isinstance(size, int) and size >= 0 for size in shape)
    )


def _digest(key: str, content: Iterable[bytes | memoryview]) -> bytes:
    digest = hashlib.sha256(key.encode())
    for piece in content:
        digest.update(piece)
    return digest.digest()
