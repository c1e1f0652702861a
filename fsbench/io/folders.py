"""Finds files below a folder, and the landmarks file that belongs to a mesh."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from fsbench.core.errors import FormatError
from fsbench.io.landmarks import LANDMARK_SUFFIXES
from fsbench.io.names import distinct, named


def files_below(folder: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    """Files below the folder with one of the endings, sorted by name; hidden ones, as ._NAME of macOS, are left out."""
    return (
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in suffixes
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.is_file()
    )


def landmarks_called(folder: Path, stem: str) -> tuple[Path, ...]:
    """Files called `stem` with an ending of landmarks; a file that two spellings find is listed twice."""
    return tuple(path for suffix in LANDMARK_SUFFIXES for path in named(folder, f"{stem}{suffix}"))


def with_an_ending(path: Path) -> str:
    """The path and all endings of landmarks that were tried, for messages."""
    return f"{path} with one of {', '.join(LANDMARK_SUFFIXES)}"


def the_one(paths: Iterable[Path]) -> Path | None:
    """The only file of landmarks among `paths`; None if there is none, FormatError if there are several."""
    # On some disks capitals do not count, so two spellings may be one file.
    found = distinct(path for path in paths if path.is_file())
    if len(found) > 1:
        raise FormatError(f"{found[0]} and {found[1]} could both be the landmarks: leave one, or name the one meant")
    return found[0] if found else None
