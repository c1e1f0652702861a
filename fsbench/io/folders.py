"""Files below a folder, and the name of the file beside another one."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from fsbench.core.errors import FormatError
from fsbench.io.landmarks import LANDMARK_SUFFIXES
from fsbench.io.names import distinct, named


def files_below(folder: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    """Files with one of the endings, below the folder, by name; not what is hidden, as copies' ._NAME of macOS."""
    return (
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in suffixes
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.is_file()
    )


def landmarks_called(folder: Path, stem: str) -> tuple[Path, ...]:
    """The files `stem` with an ending of landmarks; one that is found by two spellings is there twice."""
    return tuple(path for suffix in LANDMARK_SUFFIXES for path in named(folder, f"{stem}{suffix}"))


def with_an_ending(path: Path) -> str:
    """The path with all endings of landmarks that were tried, for people."""
    return f"{path} with one of {', '.join(LANDMARK_SUFFIXES)}"


def the_one(paths: Iterable[Path]) -> Path | None:
    """The only file of landmarks among `paths`; None if there is none, FormatError if there are several."""
    # Where capitals do not count, two spellings are one file.
    found = distinct(path for path in paths if path.is_file())
    if len(found) > 1:
        raise FormatError(f"{found[0]} and {found[1]} could both be the landmarks: leave one, or name the one meant")
    return found[0] if found else None
