"""The kinds of folders that heads come from; the first that knows a folder reads it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from fsbench.build.facescape.tu import TuSource, open_tu
from fsbench.build.folder_source import FolderSource
from fsbench.build.head import Source
from fsbench.core.errors import UsageError

Opener = Callable[[Path, Path | None, Path | None], Source | None]
"""Takes the folder, a mask over texture coordinates and shared landmarks; None if the folder is of another kind."""

OPENERS: dict[str, Opener] = {"facescape-tu": open_tu, "folder": FolderSource}


def open_source(root: Path, mask: Path | None = None, landmarks: Path | None = None, detail: bool = False) -> Source:
    """Open a folder of heads; `detail` displaces FaceScape's TU models by their maps.

    Raises
    ------
    UsageError
        If it holds none, or no displacement maps are known of such a folder.
    """
    opened = (opener(root, mask, landmarks) for opener in OPENERS.values())
    source = next((one for one in opened if one is not None), None)
    if source is None:
        raise AssertionError("any folder is one of meshes")
    if not detail:
        return source
    if not isinstance(source, TuSource):
        raise UsageError(
            f"--detail: {root} holds no TU models of FaceScape (ID/models_reg/<k>_<name>.obj), whose maps it uses"
        )
    return replace(source, detail=True)
