"""What an OBJ shows: texture coordinates of polygons, the material of each, and the images that materials name."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fsbench.core.errors import FormatError
from fsbench.core.mesh import Floats, Ints
from fsbench.core.visible import visible
from fsbench.io.files import MAX_MESH_BYTES, read_bytes, refuse_foreign
from fsbench.io.images import IMAGE_SUFFIXES
from fsbench.io.polygons import triangulate

_LINE = re.compile(rb"^[ \t]*(vt?|f|usemtl|mtllib)[ \t]+([^\r\n]*)", re.MULTILINE)
_COLOURED = re.compile(rb"^[ \t]*v[ \t]+([^\r\n]*)", re.MULTILINE)
_MAX_MTL_BYTES = 4 << 20
_WITH_COLOUR = {6, 7}
"""Numbers of a line v x y z r g b, or v x y z w r g b."""


@dataclass(frozen=True, slots=True, eq=False)
class Materials:
    """The surface of an OBJ.

    Attributes
    ----------
    uv : ndarray, (T, 2)
        u to the right, v up.
    corners : ndarray, (F, 3)
        Rows of `uv`, -1 where a corner has none; triangles are those of `read_mesh`.
    material : ndarray of int, (F,)
        Row of `names`, -1 before the first `usemtl`.
    names : tuple of str
    libraries : tuple of str
        Names of the files of materials, as they stand in the file.
    """

    uv: Floats
    corners: Ints
    material: Ints
    names: tuple[str, ...]
    libraries: tuple[str, ...]


def read_materials(path: str | os.PathLike[str], triangles: Ints) -> Materials:
    """Read texture coordinates and materials of an OBJ whose `triangles` (F, 3) `read_mesh` gave with every vertex.

    Raises
    ------
    MissingError, FormatError
        If there is no such file, or a face names a texture coordinate that is not there.
    """
    data = read_bytes(path, MAX_MESH_BYTES)
    refuse_foreign(path, data[:512])
    lines = _Lines()
    for word, rest in (match.groups() for match in _LINE.finditer(data)):
        lines.add(path, word, rest)
    try:
        uv = np.array(lines.uv, dtype=object).astype(np.float64).reshape(-1, 2)
    except (ValueError, OverflowError) as error:
        raise FormatError(f"{path}: a texture coordinate is no number: {error}") from None
    if not np.isfinite(uv).all() or max(lines.uv_rows, default=-1) >= len(uv):
        raise FormatError(f"{path}: has {len(uv)} texture coordinates; one is not finite, or a face names another")
    sizes = np.array(lines.sizes, np.int64)
    vertex, row, of = (np.array(one, np.int64) for one in (lines.vertices, lines.uv_rows, lines.material))
    # Quads are halved in one of two orders, see `read_obj`.
    for in_halves in (True, False):
        found = triangulate(vertex, sizes, in_halves)
        if found.shape == triangles.shape and (found == triangles).all():
            material = triangulate(np.repeat(of, sizes), sizes, in_halves)[:, 0]
            corners = triangulate(row, sizes, in_halves)
            return Materials(uv, corners, material, tuple(lines.names), tuple(lines.libraries))
    raise FormatError(f"{path}: its lines 'f' are continued or odd, so its texture is not understood: export it anew")


class _Lines:
    """Collects the lines of an OBJ."""

    def __init__(self) -> None:
        self.uv: list[tuple[bytes, ...]] = []
        self.vertices: list[int] = []
        self.uv_rows: list[int] = []
        self.sizes: list[int] = []
        self.material: list[int] = []
        self.names: dict[str, int] = {}
        self.libraries: list[str] = []
        self._n_vertices, self._now = 0, -1

    def add(self, path: str | os.PathLike[str], word: bytes, rest: bytes) -> None:
        if word == b"v":
            self._n_vertices += 1
        elif word == b"vt":
            self.uv.append(tuple(([*rest.split(), b"0"])[:2]))
        elif word == b"f":
            corners = rest.split(b"#")[0].split()
            self.sizes.append(len(corners))
            self.material.append(self._now)
            for corner in corners:
                parts = corner.split(b"/")
                try:
                    self.vertices.append(_row(int(parts[0]), self._n_vertices))
                    self.uv_rows.append(_row(int(parts[1]), len(self.uv)) if len(parts) > 1 and parts[1] else -1)
                except ValueError:
                    shown = visible(corner[:40].decode("latin-1"))
                    raise FormatError(f"{path}: a face has the corner '{shown}', expected numbers a/b") from None
        elif word == b"usemtl":
            self._now = self.names.setdefault(_text(rest), len(self.names))
        else:
            self.libraries.append(_text(rest))


def read_vertex_colours(path: str | os.PathLike[str], n_vertices: int) -> Floats | None:
    """Colours (V, 3) in [0, 1] that stand after the coordinates of every `v` line; None where they do not."""
    lines = _COLOURED.findall(read_bytes(path, MAX_MESH_BYTES))
    words = [line.split(b"#")[0].split() for line in lines]
    lengths = {len(row) for row in words}
    if len(words) != n_vertices or len(lengths) != 1 or not lengths <= _WITH_COLOUR:
        return None
    try:
        colours = np.array([row[-3:] for row in words], dtype=object).astype(np.float64)
    except (ValueError, OverflowError):
        return None
    if colours.shape != (n_vertices, 3) or not np.isfinite(colours).all() or colours.min() < 0:
        return None
    # Some programs write 0 to 255.
    return colours / 255 if colours.max() > 1 else colours


def texture_files(path: Path, materials: Materials) -> tuple[dict[str, Path], tuple[str, ...]]:
    """Image of each material, and a sentence for each that is not there; the colours Kd and Ka are ignored.

    Only files beside the OBJ, or below its folder, are opened.
    """
    found: dict[str, Path] = {}
    notes: list[str] = []
    for library in materials.libraries:
        file = _inside(path.parent, library)
        if file is None:
            notes.append(f"{visible(library)}: the file of materials is not beside {path.name}")
            continue
        for name, image in _images_of(file):
            if (there := _inside(file.parent, image)) is not None:
                found.setdefault(name, there)
            else:
                notes.append(f"{visible(image)}: the texture that {file.name} names is not beside it")
    return found, tuple(notes)


def texture_beside(path: Path) -> Path | None:
    """An image of the mesh's own name."""
    names = (path.with_suffix(ending) for suffix in IMAGE_SUFFIXES for ending in (suffix, suffix.upper()))
    return next((one for one in names if one.is_file()), None)


def _images_of(path: Path) -> Iterator[tuple[str, str]]:
    """Material and file of each map_Kd."""
    name = ""
    data = read_bytes(path, _MAX_MTL_BYTES)
    for line in data.splitlines():
        key, _, rest = line.strip().partition(b" ")
        if key.lower() == b"newmtl":
            name = _text(rest)
        elif key.lower() == b"map_kd":
            text = _text(rest)
            # Options as -s 1 1 1 stand before the file; names with blanks occur without options alone.
            yield name, text.split()[-1] if text.startswith("-") else text


def _inside(folder: Path, name: str) -> Path | None:
    """A file below the folder, by its path or else its bare name; None if it is not there."""
    plain = name.replace("\\", "/")
    parts = [part for part in plain.split("/") if part not in ("", ".")]
    if not parts or "\0" in plain:
        return None
    tries = [[parts[-1]]] if plain.startswith("/") or ".." in parts or ":" in plain else [parts, [parts[-1]]]
    root = folder.resolve()
    for one in tries:
        path = folder.joinpath(*one)
        try:
            if path.is_file() and root in path.resolve().parents:
                return path
        except OSError:
            continue
    return None


def _row(number: int, n: int) -> int:
    """Row of a number that counts from 1, or from the end with -1; ValueError if it counts neither way."""
    row = number - 1 if number > 0 else n + number
    if number == 0 or row < 0:
        raise ValueError
    return row


def _text(rest: bytes) -> str:
    return rest.decode("utf-8", "surrogateescape").strip()
