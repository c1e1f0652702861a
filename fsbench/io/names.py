"""Files by name, however its ending is capitalised and its accents are encoded."""

import itertools
import os
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path, PurePosixPath

from fsbench.core.errors import FormatError

_PADDING = re.compile(r"(?<!\d)0+(?=\d)")
_MOST_PADDED = 6


def named(folder: Path, name: str) -> tuple[Path, ...]:
    """Files that are called `name` but for capitals in the ending and the encoding of accents.

    macOS writes an accented letter as two characters (NFD), nearly all others as one (NFC).

    Parameters
    ----------
    folder : Path
    name : str
        Below the folder, with an ending; its folders are found like the file.

    Returns
    -------
    tuple of Path
        More than one where several are there, in the order of their names.
    """
    path = PurePosixPath(name)
    ending = path.suffix
    endings = dict.fromkeys((ending, ending.lower(), ending.upper()))
    exact = [one for end in endings if _is_file(one := folder / f"{name[: len(name) - len(ending)]}{end}")]
    if exact:
        return distinct(exact)
    if path.is_absolute() or ".." in path.parts:
        folder = (folder / name).parent
    else:
        for part in path.parts[:-1]:
            folder = folder_named(folder, part)
    return tuple(one for found in in_listing(folder, path.name) if _is_file(one := folder / found))


def the_file(folder: Path, name: str) -> Path:
    """The only file of that name, see `named`; the name as it is where there is none.

    Raises
    ------
    FormatError
        If there are several.
    """
    found = named(folder, name)
    if len(found) > 1:
        raise FormatError(f"{found[0]} and {found[1].name} could both be meant: leave one")
    return found[0] if found else folder / name


def the_only(paths: Sequence[Path], what: str) -> Path | None:
    """The only one of some files; None if there is none, FormatError if there are several."""
    if len(paths) > 1:
        raise FormatError(f"{paths[0]} and {paths[1]} could both be {what}: leave one")
    return paths[0] if paths else None


def folder_named(folder: Path, name: str) -> Path:
    """The folder of that name inside another, however its accents are encoded; the name itself if there is none."""
    # Not Path.is_dir, for the reason at `_is_file`.
    if os.path.isdir(folder / name):  # noqa: PTH112
        return folder / name
    found = (folder / one for one in in_listing(folder, name) if composed(one) == composed(name))
    return next(found, folder / name)


def distinct(paths: Iterable[Path]) -> tuple[Path, ...]:
    """The files without those that are there already by another name, as where capitals do not count."""
    kept: list[Path] = []
    for path in paths:
        if not any(path.samefile(other) for other in kept):
            kept.append(path)
    return tuple(kept)


def composed(name: str) -> str:
    """The name with every accented letter as one character (NFC)."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def spellings(path: str) -> tuple[str, ...]:
    """The path, then with any of its padded numbers unpadded: tools write 7 and 007.

    Examples
    --------
    >>> spellings("017/FREE_006_2215")
    ('017/FREE_006_2215', '017/FREE_6_2215', '17/FREE_006_2215', '17/FREE_6_2215')
    """
    places = [found.span() for found in _PADDING.finditer(path)][:_MOST_PADDED]
    starts = [0, *(stop for _, stop in places)]
    pieces = [path[start : places[i][0] if i < len(places) else None] for i, start in enumerate(starts)]
    zeros = [(path[start:stop], "") for start, stop in places]
    joined = (
        (*itertools.chain(*zip(pieces, chosen, strict=False)), pieces[-1]) for chosen in itertools.product(*zeros)
    )
    return tuple("".join(parts) for parts in joined)


def shown(name: str) -> str:
    """A name that is text: bytes of a file name that are no UTF-8 as \\xNN."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def key_of(name: str) -> str:
    """The same for names that `named` takes for one."""
    ending = PurePosixPath(name).suffix
    return composed(name[: len(name) - len(ending)]) + ending.lower()


def in_listing(folder: Path, name: str) -> list[str]:
    """Names of what is in the folder and is called so, see `named`; the folder is listed when it has changed."""
    try:
        return _listing(folder, folder.stat().st_mtime_ns).get(key_of(name), [])
    except OSError:
        return []


def is_there(path: str | Path) -> bool:
    """Whether there is such a file or folder; `Path.exists` raises where the name is longer than a disk takes."""
    return os.path.exists(path)  # noqa: PTH110


def _is_file(path: Path) -> bool:
    """Whether there is such a file; `Path.is_file` raises where the name is longer than a disk takes."""
    return os.path.isfile(path)  # noqa: PTH113


@lru_cache(maxsize=8)
def _listing(folder: Path, mtime_ns: int) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in sorted(path.name for path in folder.iterdir()):
        found.setdefault(key_of(name), []).append(name)
    return found
