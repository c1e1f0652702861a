"""Counts: files that lack faces, and vertices that no face uses, both from the files themselves."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from fsbench.check.findings import Finding, counted, some
from fsbench.core.errors import FsbenchError
from fsbench.io import count_unused
from fsbench.io.counting import count_elements, last_line
from fsbench.io.files import suffix_of

_T = TypeVar("_T")
_MOST_BYTES_COUNTED = 64 << 20
"""Files of all samples up to this size are counted, in a moment; of more, those that end otherwise than most."""

_MOST_BYTES_READ = 32 << 20
"""Of meshes, spread over the samples, that are read for the vertices that no face uses."""


def of_counts(paths: Sequence[Path], *, keeps_unused: bool = False, every: bool = False) -> Iterator[Finding]:
    """Say which meshes have another number of faces than the others, and whether some have unused vertices.

    Parameters
    ----------
    paths : sequence of Path
        The mesh of every sample.
    keeps_unused : bool
        Whether the adapter is one of those that take all vertices of a PLY, as the official loader does.
    every : bool
        Count the faces of all files, however large they are together.
    """
    yield from _odd(paths if every else _worth_counting(paths))
    yield from _unused(paths, keeps_unused)


def _odd(paths: Sequence[Path]) -> Iterator[Finding]:
    """Meshes with as many vertices as others but another number of faces: perhaps cut off."""
    by_kind: dict[tuple[str, int], dict[Path, int]] = {}
    for path in paths:
        found = _tried(count_elements, path)
        if found is not None:
            by_kind.setdefault((suffix_of(path), found[0]), {})[path] = found[1]
    for (_, n_vertices), n_faces in by_kind.items():
        numbers = Counter(n_faces.values())
        # Of two that differ, the one with fewer is the odd one.
        usual, n_usual = max(numbers.items(), key=lambda item: (item[1], item[0]))
        odd = [f"{path.name} has {number:,}" for path, number in n_faces.items() if number != usual]
        if odd and (2 * n_usual > len(n_faces) or len(n_faces) == 2):
            others = "another has" if n_usual == 1 else f"{n_usual:,} others have"
            text = f"{some(odd)} faces, where {others} {usual:,} with as many vertices ({n_vertices:,}): cut off?"
            yield Finding("wrong", "faces", text)


def _worth_counting(paths: Sequence[Path]) -> Sequence[Path]:
    if sum(_sizes(paths)) <= _MOST_BYTES_COUNTED:
        return paths
    ends = {path: _tried(last_line, path) for path in paths}
    usual, _ = Counter(ends.values()).most_common(1)[0]
    alike = [path for path in paths if ends[path] == usual]
    others = [path for path in paths if ends[path] != usual]
    # Two files with one ending stand for all with that ending.
    return [*alike[: len(others) + 2], *others] if len(others) < len(alike) else []


def _unused(paths: Sequence[Path], keeps_unused: bool) -> Iterator[Finding]:
    step = max(1, -(-sum(_sizes(paths)) // _MOST_BYTES_READ))
    looked_at = paths[::step]
    hit = {path: number for path in looked_at if (number := _tried(count_unused, path))}
    if hit:
        most = max(hit, key=lambda path: hit[path])
        share = f"{len(hit)} of {counted(len(looked_at), 'file')} read have"
        found = f"{share} vertices that no face uses, {most.name} {hit[most]:,}"
        dropped = "they are dropped, as the official loader does with OBJ"
        kept = "they count in the mean depth and the extent, as with the official loader of PLY"
        yield Finding("note", "vertices", f"{found}: {kept if keeps_unused else dropped}")


def _sizes(paths: Sequence[Path]) -> list[int]:
    return [_tried(lambda path: path.stat().st_size, path) or 0 for path in paths]


def _tried(ask: Callable[[Path], _T], path: Path) -> _T | None:
    """The answer; None for a file that cannot be read, which its sample reports."""
    try:
        return ask(path)
    except (FsbenchError, OSError):
        return None
