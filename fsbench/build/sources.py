"""The kinds of folders that heads come from; the first that knows a folder reads it."""

from collections.abc import Callable
from pathlib import Path

from fsbench.build.folder_source import FolderSource
from fsbench.build.head import Source

Opener = Callable[[Path, Path | None, Path | None], Source | None]
"""Takes the folder, a mask over texture coordinates and shared landmarks; None if the folder is of another kind."""

OPENERS: dict[str, Opener] = {"folder": FolderSource}


def open_source(root: Path, mask: Path | None = None, landmarks: Path | None = None) -> Source:
    """Open a folder of heads.

    Raises
    ------
    UsageError
        If it holds none.
    """
    for opener in OPENERS.values():
        if (source := opener(root, mask, landmarks)) is not None:
            return source
    raise AssertionError("any folder is one of meshes")
