"""The folders of multi-view captures, and the meshes that belong to them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from fsbench.build.facescape.multiview import PARAMS
from fsbench.build.head import HeadName
from fsbench.core.errors import MissingError
from fsbench.io.expressions import by_number, expression_of, plain_stem, plain_subject
from fsbench.io.folders import files_below
from fsbench.io.names import distinct, shown, the_only

MESH_SUFFIXES = (".ply", ".obj")
_FLAT = re.compile(r"(\d{1,5})[_-](\d{1,3}_[\w-]{1,60})", re.ASCII)
_DEPTH = 3


@dataclass(frozen=True, slots=True, eq=False)
class Captures:
    """Captures by head.

    Attributes
    ----------
    folders : mapping
        With `params.json` and the photographs.
    meshes : mapping
        Files of each head; more than one where the choice is not clear.
    """

    folders: Mapping[HeadName, Path]
    meshes: Mapping[HeadName, tuple[Path, ...]]

    @classmethod
    def find(cls, images: Path, meshes: Path | None = None) -> "Captures":
        """List `ID/<k>_<name>/params.json` in a folder, and `ID/<k>_<name>.ply` or `ID_<k>_<name>.ply` in another.

        Both may be one folder, and have folders around them.
        """
        found: dict[HeadName, Path] = {}
        for path in _params_below(images, _DEPTH):
            name = _name(path.parent.parent.name, path.parent.name)
            found.setdefault(name, path.parent)
        by_name: dict[HeadName, list[Path]] = {}
        for path in files_below(meshes, MESH_SUFFIXES) if meshes is not None else ():
            flat = _FLAT.fullmatch(path.stem)
            if flat is not None:
                by_name.setdefault(_name(flat[1], flat[2]), []).append(path)
            elif expression_of(path.stem):
                by_name.setdefault(_name(path.parent.name, path.stem), []).append(path)
        ordered = sorted(found, key=lambda name: (by_number(name.subject), by_number(name.expression)))
        return cls({name: found[name] for name in ordered}, {name: distinct(by_name[name]) for name in by_name})

    def mesh(self, name: HeadName) -> Path:
        """The mesh of a capture.

        Raises
        ------
        MissingError, FormatError
            If there is none, or more than one.
        """
        found = the_only(self.meshes.get(name, ()), "the mesh")
        if found is None:
            raise MissingError(
                f"there is no mesh of {name.subject} {name.expression} in --meshes, expected "
                f"{name.subject}/{name.expression}.ply"
            )
        return found


def _params_below(folder: Path, depth: int) -> Iterator[Path]:
    if (folder / PARAMS).is_file():
        yield folder / PARAMS
        return
    if depth > 0:
        for one in sorted(folder.iterdir()):
            if one.is_dir() and not one.name.startswith("."):
                yield from _params_below(one, depth - 1)


def _name(subject: str, expression: str) -> HeadName:
    return HeadName(plain_subject(shown(subject)), plain_stem(expression) or shown(expression))
