"""The kinds of folders that heads come from; the first that knows a folder reads it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from fsbench.build.facescape.bilinear_source import BilinearSource, open_bilinear_people
from fsbench.build.facescape.tu import TuSource, open_tu
from fsbench.build.folder_source import FolderSource
from fsbench.build.head import Source
from fsbench.core.errors import UsageError

Opener = Callable[[Path, Path | None, Path | None], Source | None]
"""Takes the folder, a mask over texture coordinates and shared landmarks; None if the folder is of another kind."""

OPENERS: dict[str, Opener] = {
    "facescape-tu": open_tu,
    "facescape-bilinear": open_bilinear_people,
    "folder": FolderSource,
}


def open_source(
    root: Path,
    mask: Path | None = None,
    landmarks: Path | None = None,
    detail: bool = False,
    people: int | None = None,
    seed: int = 1,
) -> Source:
    """Open what heads come from.

    Parameters
    ----------
    root : Path
        A folder, or the `.npz` of a bilinear model.
    mask, landmarks : Path, optional
    detail : bool
        Displace FaceScape's TU models by their maps.
    people : int, optional
        Random people of a bilinear model.
    seed : int
        Of random people.

    Raises
    ------
    UsageError
        If it holds no heads, or none that an option is for.
    """
    opened = (opener(root, mask, landmarks) for opener in OPENERS.values())
    source = next((one for one in opened if one is not None), None)
    if source is None:
        raise AssertionError("any folder is one of meshes")
    if isinstance(source, BilinearSource):
        source = replace(source, people=source.people if people is None else people, seed=seed)
    elif people is not None:
        raise UsageError(f"--people: {root} is no bilinear model (.npz, or a folder with core_847_50_52.npy)")
    if not detail:
        return source
    if not isinstance(source, TuSource):
        raise UsageError(
            f"--detail: {root} holds no TU models of FaceScape (ID/models_reg/<k>_<name>.obj), whose maps it uses"
        )
    return replace(source, detail=True)


def open_tu_models(root: Path, mask: Path | None = None) -> TuSource:
    """Open FaceScape's TU models.

    Raises
    ------
    UsageError
        If the folder holds none.
    """
    source = OPENERS["facescape-tu"](root, mask, None)
    if not isinstance(source, TuSource):
        raise UsageError(f"{root}: holds no TU models of FaceScape, ID/models_reg/<k>_<name>.obj")
    return source
