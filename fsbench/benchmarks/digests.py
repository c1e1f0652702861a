"""Digests of files, for signatures and for keys of what is kept."""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path


def short_digest(lines: Sequence[str]) -> str:
    """Their number, and eight digits that change with any of them."""
    # File names may hold bytes that are no UTF-8.
    digest = hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()
    return f"{len(lines)}/{digest[:8]}"


def digest_of(path: Path) -> str:
    """SHA-256 of a file's content; it is read once, and again when it changes."""
    state = path.stat()
    # A copy may keep the size and the time of the file that it replaces, but not the time of its arrival.
    return _digest(path, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)


@lru_cache(maxsize=10_000)
def _digest(path: Path, *state: int) -> str:
    """Digest of a file's content; a changed file is read again."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
