"""Digests of files, for signatures and for keys of what is kept."""

import hashlib
from collections.abc import Sequence


def short_digest(lines: Sequence[str]) -> str:
    """Their number, and eight digits that change with any of them."""
    # File names may hold bytes that are no UTF-8.
    digest = hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()
    return f"{len(lines)}/{digest[:8]}"
