"""Files: predictions that are there, predictions that are missing, and files that were meant to be one."""

import difflib
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fsbench.io.names import key_of
from fsbench.io.unread import why_not_read
from fsbench.submissions import AdapterLike, ExpectedFile

_MOST_ENTRIES = 200_000
_MOST_COMPARED = 200
_CLOSE = 0.75
_COMPANIONS = (".mtl", ".png", ".jpg", ".jpeg", ".bmp", ".txt", ".md", ".csv", ".log", ".yaml", ".yml")
"""What programs write beside a mesh; nobody's misspelling."""


@dataclass(frozen=True, slots=True)
class Files:
    """Content of a folder of predictions.

    Attributes
    ----------
    expected : int
        Number of samples; 0 if the adapter does not know which files it reads.
    missing : tuple of str
        Samples without a mesh.
    without : tuple of (str, str)
        Sample and the file that it lacks beside its mesh.
    twice : tuple of (str, str)
        Sample and its meshes, of which only one may be there.
    empty : tuple of str
        Empty files.
    unread : tuple of (str, str, str)
        File in a form that is not read, the missing file that it should be, and the remedy.
    meant : tuple of (str, str)
        Unexpected file, and the missing one that it was probably meant to be.
    pattern : str
        Pattern of the misspelt files, as {sample}_mesh.obj; empty if they have none.
    unexpected : tuple of str
        The other files that nobody reads.
    folders : tuple of str
        Folders inside.
    meshes : tuple of str
        The file of every sample that has one.
    """

    expected: int
    missing: tuple[str, ...]
    without: tuple[tuple[str, str], ...]
    twice: tuple[tuple[str, str], ...]
    empty: tuple[str, ...]
    unread: tuple[tuple[str, str, str], ...]
    meant: tuple[tuple[str, str], ...]
    pattern: str
    unexpected: tuple[str, ...]
    folders: tuple[str, ...]
    meshes: tuple[str, ...]


def look_through(folder: Path, adapter: AdapterLike, samples: Sequence[str], others: Iterable[str] = ()) -> Files:
    """Compare a folder with what an adapter reads.

    Parameters
    ----------
    folder : Path
    adapter : AdapterLike
    samples : sequence of str
        Names of the samples that should be there.
    others : iterable of str
        Names of samples that may be there too.
    """
    sizes, folders = _listing(folder)
    there: dict[str, list[str]] = {}
    for name in sizes:
        there.setdefault(key_of(name), []).append(name)
    wanted = {sample: adapter.files(sample) for sample in samples}
    wanted = {sample: files for sample, files in wanted.items() if files}
    missing, without, twice, meshes = [], [], [], []
    for sample, files in wanted.items():
        mesh = [found for file in files if file.is_mesh for found in _found(file, there)]
        if not mesh:
            missing.append(sample)
            continue
        meshes.append(mesh[0])
        if len(mesh) > 1:
            twice.append((sample, " and ".join(mesh)))
        without += [(sample, " or ".join(file.names)) for file in files if not file.is_mesh and not _found(file, there)]
    known = {found for files in wanted.values() for file in files for found in _found(file, there)}
    known |= {found for sample in others for file in adapter.files(sample) for found in _found(file, there)}
    strange = [name for name in sizes if name not in known and not name.startswith(".")] if wanted else []
    lost = {name: sample for sample in missing for file in wanted[sample] if file.is_mesh for name in file.names[:1]}
    lost |= {name.split(" or ")[0]: sample for sample, name in without}
    likely = meant_for(strange, lost)
    unread = [(name, wish, why) for name, wish in likely if (why := why_not_read(name, wish))]
    meant = [(name, wish) for name, wish in likely if not why_not_read(name, wish)]
    taken = dict(likely)
    return Files(
        len(wanted),
        tuple(missing),
        tuple(without),
        tuple(twice),
        tuple(name for name in sizes if name in known and sizes[name] == 0),
        tuple(unread),
        tuple(meant),
        common_pattern([(name, lost[wish]) for name, wish in meant]),
        tuple(name for name in strange if name not in taken),
        tuple(folders),
        tuple(meshes),
    )


def _listing(folder: Path) -> tuple[dict[str, int], list[str]]:
    """Sizes of the files by name, and the names of the folders, both sorted."""
    sizes, folders = {}, []
    with os.scandir(folder) as entries:
        for count, entry in enumerate(entries):
            if count >= _MOST_ENTRIES:
                break
            try:
                if entry.is_dir():
                    folders.append(entry.name)
                elif entry.is_file():
                    sizes[entry.name] = entry.stat().st_size
            except OSError:
                # A link that leads back to itself, or a lost server; the sample's own row reports it.
                continue
    return dict(sorted(sizes.items())), sorted(folders)


def _found(file: ExpectedFile, there: dict[str, list[str]]) -> list[str]:
    """The files with any of the file's names, in any spelling; `there` has names by `key_of`."""
    return [found for name in file.names for found in there.get(key_of(name), ())]


def meant_for(strange: Sequence[str], lost: dict[str, str]) -> list[tuple[str, str]]:
    """Pairs of an unexpected file and the missing one it resembles, each named once; `lost` has the sample of each."""
    left = dict(lost)
    found = []
    by_stem = {_plain(Path(name).stem): name for name in left}
    rest = []
    for name in strange:
        wish = by_stem.get(_plain(_stem(name)))
        wish = wish if wish in left else _containing(name, left)
        if wish is not None and not _is_companion(name, wish):
            found.append((name, wish))
            del left[wish]
        else:
            rest.append(name)
    for name in rest[:_MOST_COMPARED]:
        # Another number is another sample, however alike the names look.
        alike = [wish for wish in left if _numbers(wish) == _numbers(name)]
        close = difflib.get_close_matches(name, alike, 1, _CLOSE)
        if close and not _is_companion(name, close[0]):
            found.append((name, close[0]))
            del left[close[0]]
    return sorted(found, key=lambda pair: pair[1])


def _is_companion(name: str, wish: str) -> bool:
    return Path(name).suffix.lower() in _COMPANIONS and Path(wish).suffix.lower() not in _COMPANIONS


def _stem(name: str) -> str:
    """The name without all its suffixes: 012.obj.obj is 012."""
    return name.split(".")[0] or name


def _plain(stem: str) -> str:
    """Lower case, numbers without leading zeros and with no letter o in them, one kind of separator: 00_1_03, 0-1-3."""
    typed = re.sub(r"(?<=\d)o+|o+(?=\d)", lambda letters: "0" * len(letters[0]), stem.lower())
    words = re.findall(r"[a-z]+|\d+", typed)
    return "_".join(word.lstrip("0") or "0" if word.isdigit() else word for word in words)


def _numbers(name: str) -> list[str]:
    return re.findall(r"\d+", _plain(_stem(name)))


def _containing(name: str, left: dict[str, str]) -> str | None:
    """The missing file whose sample the name holds as a whole number or word; img_7 holds 007."""
    stem = Path(name).stem
    hits = [wish for wish, sample in left.items() if re.search(rf"(?<![0-9]){_in_any_digits(sample)}(?![0-9])", stem)]
    return hits[0] if len(hits) == 1 else None


def _in_any_digits(sample: str) -> str:
    return f"0*{int(sample)}" if _is_number(sample) else re.escape(sample)


def _is_number(sample: str) -> bool:
    return sample.isascii() and sample.isdigit()


def common_pattern(pairs: Sequence[tuple[str, str]]) -> str:
    """The pattern that all misspelt files of a sample's own name or number follow; empty if there is none.

    Examples
    --------
    >>> common_pattern([("007_mesh.obj", "007"), ("010_mesh.obj", "010")])
    '{sample}_mesh.obj'
    >>> common_pattern([("img_7.ply", "007"), ("img_10.ply", "010")])
    'img_{sample:d}.ply'
    """
    named = {name.replace(sample, "{sample}", 1) for name, sample in pairs if sample in name}
    if len(named) == 1 and all(sample in name for name, sample in pairs):
        return named.pop()
    if not all(_is_number(sample) for _, sample in pairs):
        return ""
    numbered = {re.sub(rf"(?<![0-9]){int(sample)}(?![0-9])", "{sample:d}", name, count=1) for name, sample in pairs}
    return numbered.pop() if len(numbered) == 1 and "{sample:d}" in min(numbered) else ""
