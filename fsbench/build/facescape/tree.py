"""The files of FaceScape's topologically uniform (TU) models, in each of the layouts that are documented or in use."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from fsbench.build.head import HeadName
from fsbench.core.errors import MissingError
from fsbench.io.expressions import EXPRESSIONS, by_number, plain_stem, plain_subject, stem_of
from fsbench.io.images import IMAGE_SUFFIXES
from fsbench.io.names import distinct, named, shown, the_only

MESHES, MAPS = "models_reg", "dpmap"
FIRST_MOSAIC = 360
"""From this subject on, textures have mosaics over the eyes (FaceScape, doc/doc_tu_model.md)."""

_NUMBERED = re.compile(r"(\d{1,4})_(\d{1,2})", re.ASCII)
_DEPTH = 2


@dataclass(frozen=True, slots=True, eq=False)
class TuTree:
    """Where the meshes are.

    Attributes
    ----------
    root : Path
    meshes : mapping
        Files of every head; more than one where the choice is not clear.
    odd : tuple of Path
        Meshes of subjects whose names say no expression.
    is_certain : bool
        Whether a folder is called `models_reg`; others may name their files alike.
    """

    root: Path
    meshes: Mapping[HeadName, tuple[Path, ...]]
    odd: tuple[Path, ...] = ()
    is_certain: bool = True

    @classmethod
    def of(cls, root: Path) -> "TuTree | None":
        """List `ID/models_reg/<k>_<name>.obj`, `ID/<k>_<name>.obj`, and either with `ID_<k>.obj`, at the root or one
        folder below; None if there is nothing of this."""
        found: dict[HeadName, list[Path]] = {}
        odd: list[Path] = []
        is_any_certain = False
        for subject, folder, is_certain in _mesh_folders(root):
            paths = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".obj")
            is_any_certain |= is_certain
            for path in (path for path in paths if not path.name.startswith(".")):
                name = _head_name(subject, path.stem)
                if name is not None and (is_certain or name.expression in _STEMS):
                    found.setdefault(name, []).append(path)
                elif is_certain:
                    odd.append(path)
        ordered = sorted(found, key=lambda name: (by_number(name.subject), by_number(name.expression)))
        if not found:
            return None
        return cls(root, {name: distinct(found[name]) for name in ordered}, tuple(odd), is_any_certain)

    @property
    def subjects(self) -> tuple[str, ...]:
        """In order of their numbers."""
        return tuple(dict.fromkeys(name.subject for name in self.meshes))

    @property
    def expressions(self) -> tuple[str, ...]:
        """Of all subjects together, by number."""
        return tuple(sorted({name.expression for name in self.meshes}, key=by_number))

    def lacking(self) -> dict[str, tuple[str, ...]]:
        """Expressions of others that a subject has not, by subject."""
        every = self.expressions
        without = {s: tuple(e for e in every if HeadName(s, e) not in self.meshes) for s in self.subjects}
        return {subject: absent for subject, absent in without.items() if absent}

    def mesh(self, name: HeadName) -> Path:
        """The mesh of a head.

        Raises
        ------
        MissingError, FormatError
            If there is none, or more than one.
        """
        found = the_only(self.meshes.get(name, ()), f"{name.expression} of subject {name.subject}")
        if found is None:
            there = ", ".join(one.expression for one in self.meshes if one.subject == name.subject)
            raise MissingError(
                f"{self.root}: subject {name.subject} has no mesh of {name.expression}; it has {there or 'none'}"
            )
        return found

    def map_of(self, name: HeadName) -> Path | None:
        """The displacement map of a head; None if there is none, FormatError if there are several."""
        mesh = self.mesh(name)
        stems = dict.fromkeys((mesh.stem, name.expression))
        folders = (mesh.parent.parent / MAPS, mesh.parent / MAPS, mesh.parent)
        found = distinct(path for folder in folders for stem in stems for path in named(folder, f"{stem}.png"))
        return the_only(found, "the displacement map")


def images_beside(mesh: Path, named_in_mtl: tuple[str, ...]) -> tuple[Path, ...]:
    """Images that could be a mesh's texture, the likeliest first: named in its .mtl, of its own name, the only one.

    Only files of the mesh's own folder are named; a path in the .mtl is not followed.
    """
    folder = mesh.parent
    bare = [name.replace("\\", "/").rpartition("/")[2] for name in named_in_mtl]
    tries = [path for name in bare if Path(name).suffix.lower() in IMAGE_SUFFIXES for path in named(folder, name)]
    tries += [path for suffix in IMAGE_SUFFIXES for path in named(folder, f"{mesh.stem}{suffix}")]
    if not tries:
        there = [p for p in sorted(folder.iterdir()) if p.suffix.lower() in (".jpg", ".jpeg") and p.is_file()]
        tries = there if len(there) == 1 else []
    return distinct(tries)


def _mesh_folders(root: Path) -> Iterator[tuple[str, Path, bool]]:
    """Subject, folder with its meshes, and whether the folder's name says that these are TU models."""
    for folder in (root, *_below(root, _DEPTH)):
        if folder.name == MESHES:
            yield folder.parent.name, folder, True
        elif folder.name.isascii() and folder.name.isdecimal():
            yield folder.name, folder, False


def _below(folder: Path, depth: int) -> Iterator[Path]:
    for one in sorted(folder.iterdir()):
        if one.is_dir() and not one.name.startswith("."):
            yield one
            # Meshes may be one level further down in their own folder.
            if depth > 0 and one.name != MAPS:
                yield from _below(one, depth - 1)


def _head_name(folder: str, stem: str) -> HeadName | None:
    numbered = _NUMBERED.fullmatch(stem)
    if numbered:
        return HeadName(plain_subject(numbered[1]), stem_of(int(numbered[2])))
    expression = plain_stem(stem)
    return None if expression is None else HeadName(plain_subject(shown(folder)), expression)


_STEMS = frozenset(stem_of(k) for k in range(len(EXPRESSIONS) + 1))
