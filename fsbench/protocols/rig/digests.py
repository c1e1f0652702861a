"""Digests of files: of the whole content of small files, and of parts of large ones, which would take long to read."""

import hashlib
import os
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from fsbench.core.errors import FormatError
from fsbench.io.files import digest_of, state_of

WHOLE_BYTES = 512 << 20
"""Of all files together: half a second. All of FaceScape is 80 GB, as long as its run takes."""
_PARTS, _PART_BYTES = 16, 4096


def digest_of_files(files: Iterable[tuple[str, Path]]) -> str:
    """Eight digits that change with the content of named files; "/parts" follows where only parts of them were read.

    Parts are the size and sixteen places of 4 KB from the first to the last byte: an image that was encoded again, or a
    mesh of other numbers, differs there; a few changed letters in a large text may not.
    """
    listed = [(name, path, _state(path)) for name, path in files]
    whole = sum(state[1] for _, _, state in listed if state) <= WHOLE_BYTES
    lines = [f"{name} {_digest(path, whole, state) if state else 'none'}" for name, path, state in listed]
    digest = hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return digest if whole else f"{digest}/parts"


def _state(path: Path) -> tuple[int, ...]:
    try:
        return state_of(path)
    except OSError:
        return ()


def _digest(path: Path, whole: bool, state: tuple[int, ...]) -> str:
    try:
        small = state[1] <= _PARTS * _PART_BYTES
        return digest_of(path) if whole or small else _digest_of_parts(path, *state)
    except (FormatError, OSError):
        return "none"


@lru_cache(maxsize=50_000)
def _digest_of_parts(path: Path, *state: int) -> str:
    size = state[1]
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        for k in range(_PARTS):
            file.seek(k * (size - _PART_BYTES) // (_PARTS - 1), os.SEEK_SET)
            digest.update(file.read(_PART_BYTES))
    return digest.hexdigest()
