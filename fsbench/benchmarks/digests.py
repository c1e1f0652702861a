"""Digests of files, for signatures and for keys of what is kept."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path


def short_digest(lines: Sequence[str]) -> str:
    """Their number, and eight digits that change with any of them."""
    # File names may hold bytes that are no UTF-8.
    digest = hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()
    return f"{len(lines)}/{digest[:8]}"


def content_of(paths: Iterable[Path]) -> str:
    """A text that changes with the content of a small file, or with a folder's list of files."""
    digest = hashlib.sha256()
    for path in paths:
        try:
            content = str(path.stat().st_mtime_ns).encode() if path.is_dir() else path.read_bytes()
        except OSError:
            content = b"none"
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()
