"""The files of subjects with expressions: SUBJECT/<k>_<name>, in one folder or as FaceScape's TU models are shipped."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fsbench.core.errors import UsageError
from fsbench.core.spec import NOT_PUBLISHABLE, PUBLISHABLE_BIN
from fsbench.io.expressions import EXPRESSIONS, expression_of, plain_subject
from fsbench.io.folders import files_below
from fsbench.io.names import distinct, named, shown

__all__ = ["EXPRESSIONS", "Listed", "bins_of", "expression_of", "files_called"]

SUFFIXES = (".obj", ".ply")
MESH_FOLDERS, MAP_FOLDERS = ("", "models_reg"), ("", "dpmap")
"""Folders below a subject's that meshes and maps may be in."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Content of a root.

    Attributes
    ----------
    subjects : tuple of str
        Names of folders, in order.
    stems : tuple of str
        Expressions of all subjects together, neutral first, by number: "1_neutral", "2_smile", ...
    ignored : tuple of str
        Meshes in subjects' folders with other names.
    """

    root: Path
    subjects: tuple[str, ...]
    stems: tuple[str, ...]
    ignored: tuple[str, ...]

    @property
    def neutral(self) -> str:
        """The neutral expression's file name without ending."""
        return self.stems[0]

    @classmethod
    def of(cls, root: Path) -> "Listed":
        """List the subjects.

        Raises
        ------
        UsageError
            If there are none, none has a neutral expression, or one number has two names.
        """
        if not root.is_dir():
            raise UsageError(f"{root}: no such folder")
        stems: dict[str, None] = {}
        subjects, ignored = [], []
        for folder in sorted(_subject_folders(root), key=_by_number):
            found = [path for part in MESH_FOLDERS for path in _meshes_in(folder / part)]
            known = [path for path in found if expression_of(path.stem)]
            ignored += [str(path.relative_to(root)) for path in found if not expression_of(path.stem)]
            if known:
                subjects.append(folder.name)
                stems.update(dict.fromkeys(path.stem for path in known))
        if not subjects:
            raise UsageError(
                f"{root}: there is no SUBJECT/<k>_<name>.obj here, e.g. 001/1_neutral.obj, 001/2_smile.obj"
            )
        return cls(root, tuple(subjects), _ordered(root, list(stems)), tuple(ignored))

    def mesh_files(self, subject: str, stem: str) -> list[Path]:
        """Meshes of an expression; more than one if the choice is not clear."""
        return files_called(self.root / subject, MESH_FOLDERS, stem, SUFFIXES)

    def map_files(self, subject: str, stem: str) -> list[Path]:
        """Displacement maps of an expression."""
        return files_called(self.root / subject, MAP_FOLDERS, stem, (".png",))


def files_called(folder: Path, parts: tuple[str, ...], stem: str, suffixes: tuple[str, ...]) -> list[Path]:
    """Files of that name with one of the endings, in the folder or one of its parts, each once."""
    every = (path for part in parts for suffix in suffixes for path in named(folder / part, f"{stem}{suffix}"))
    return list(distinct(every))


def bins_of(subject: str, stem: str, publishable: frozenset[str] | None = None) -> Mapping[str, str]:
    """Bins of a sample: its subject, its expression without the number, and whether a list allows to show it."""
    parts = expression_of(stem)
    assert parts is not None, "listed by its name"
    found = {"subject": shown(subject), "expression": parts[1]}
    if publishable is None:
        return found
    return {**found, PUBLISHABLE_BIN: "yes" if plain_subject(subject) in publishable else NOT_PUBLISHABLE}


def _subject_folders(root: Path) -> list[Path]:
    return [path for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")]


def _by_number(folder: Path) -> tuple[int, str]:
    return (int(folder.name) if folder.name.isdecimal() and folder.name.isascii() else 1 << 62, folder.name)


def _meshes_in(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [path for path in files_below(folder, SUFFIXES) if path.parent == folder]


def _ordered(root: Path, stems: list[str]) -> tuple[str, ...]:
    """Neutral first, the others by number; UsageError if there is no neutral, or a number or a name comes twice."""
    parts = {stem: expression_of(stem) or (0, "") for stem in stems}
    ordered = sorted(stems, key=lambda stem: parts[stem])
    for kind, what in ((0, "number"), (1, "name")):
        seen: dict[int | str, str] = {}
        for stem in ordered:
            if (other := seen.setdefault(parts[stem][kind], stem)) != stem:
                raise UsageError(f"{root}: {other} and {stem} have one {what}: every expression needs its own")
    neutral = [stem for stem in ordered if parts[stem][1].lower() == "neutral"] or [
        stem for stem in ordered if parts[stem][0] == 1
    ]
    if not neutral:
        raise UsageError(
            f"{root}: no subject has a neutral expression (1_neutral.obj); there are {', '.join(ordered[:5])}"
        )
    return (neutral[0], *(stem for stem in ordered if stem != neutral[0]))
