"""A folder of textured heads: OBJ or PLY, each with 68 landmarks or two pupils beside it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from fsbench.build.head import Head, HeadName, Image
from fsbench.core.errors import FormatError, UsageError
from fsbench.core.mesh import Floats, Ints, Mask
from fsbench.geometry.face_points import doubts_about_face
from fsbench.io import read_mesh
from fsbench.io.displacement import read_mask
from fsbench.io.files import suffix_of
from fsbench.io.folders import files_below, landmarks_called, the_one, with_an_ending
from fsbench.io.images import read_rgb
from fsbench.io.landmark_places import read_places
from fsbench.io.names import shown
from fsbench.io.obj_materials import Materials, read_materials, texture_beside, texture_files
from fsbench.io.obj_materials import read_vertex_colours as read_obj_colours
from fsbench.io.obj_uv import TextureMap
from fsbench.io.ply import read_vertex_colours as read_ply_colours

_SUFFIXES = (".obj", ".ply")
SHARED = "landmarks"
"""Name of the landmarks of all heads in a folder, where they have one topology."""

PUPILS = "pupils"
_RIGHT, _LEFT = slice(36, 42), slice(42, 48)
_LARGEST_UV = 1e-3


@dataclass(frozen=True, slots=True)
class FolderSource:
    """Meshes below a folder; `SUBJECT/EXPRESSION.obj`, or `SUBJECT.obj` at the top.

    Attributes
    ----------
    root : Path
    mask : Path, optional
        Image over the texture coordinates of all heads, white where a triangle is face.
    landmarks : Path, optional
        Landmarks of all heads, as vertex numbers or places on triangles.
    """

    root: Path
    mask: Path | None = None
    landmarks: Path | None = None
    _paths: dict[HeadName, Path] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        if not self.root.is_dir():
            raise UsageError(f"{self.root}: no such folder")
        for path in files_below(self.root, _SUFFIXES):
            name = self._name(path)
            if name in self._paths:
                raise UsageError(f"{self._paths[name]} and {path.name} would both be {name.subject} {name.expression}")
            self._paths[name] = path
        if not self._paths:
            raise UsageError(f"{self.root}: there is no mesh here ({', '.join(_SUFFIXES)})")

    def _name(self, path: Path) -> HeadName:
        parts = path.relative_to(self.root).with_suffix("").parts
        subject, expression = ("/".join(parts[:-1]), parts[-1]) if len(parts) > 1 else (parts[0], "")
        return HeadName(shown(subject), shown(expression))

    @property
    def description(self) -> str:
        """What it is, for a benchmark's card."""
        return f"{len(self._paths)} heads in the folder {self.root.name}"

    def names(self) -> Iterator[HeadName]:
        """Its heads, by subject and then expression."""
        yield from sorted(self._paths, key=lambda name: (name.subject, name.expression))

    def read(self, name: HeadName) -> Head:
        """One head; errors as `Source.read`."""
        path = self._paths[name]
        mesh = read_mesh(path, every_vertex=True)
        marks, pupils, pupils_from = self._points(path)
        if marks is not None and (doubts := doubts_about_face(marks, mesh.vertices)):
            raise FormatError(f"{path}: its landmarks are not those of a face in iBUG's order: {'; '.join(doubts)}")
        head = Head(name, mesh.vertices, mesh.faces, pupils, pupils_from, marks)
        return _with_colours(head, path, self.mask)

    def _points(self, path: Path) -> tuple[Floats | None, Floats, str]:
        """Landmarks (68, 3) or None, pupils (2, 3), and how these were found."""
        own = the_one(landmarks_called(path.parent, f"{path.stem}.{PUPILS}"))
        pupils = None if own is None else read_places(own).on(path)
        file = self.landmarks or the_one(landmarks_called(path.parent, path.stem)) or self._shared(path.parent)
        marks = None if file is None else read_places(file).on(path)
        if marks is not None and len(marks) == 2 and pupils is None:
            marks, pupils = None, marks
        if pupils is not None and len(pupils) != 2:
            raise FormatError(f"{own}: holds {len(pupils)} points, expected the right and the left pupil")
        if marks is not None and len(marks) != 68:
            raise FormatError(f"{file}: holds {len(marks)} points, expected iBUG's 68, or two pupils")
        if pupils is not None:
            return marks, pupils, "pupils as given"
        if marks is None:
            wanted = with_an_ending(path.with_suffix(""))
            raise FormatError(f"{path}: there are no landmarks (68) and no pupils (2) of it, expected {wanted}")
        return marks, np.stack([marks[_RIGHT].mean(0), marks[_LEFT].mean(0)]), "mean of the landmarks of each eye"

    def _shared(self, folder: Path) -> Path | None:
        """Landmarks beside the mesh, or in a folder above it, called `landmarks`."""
        for place in (folder, *folder.parents):
            if (found := the_one(landmarks_called(place, SHARED))) is not None:
                return found
            if place == self.root:
                break
        return None


def _with_colours(head: Head, path: Path, mask: Path | None) -> Head:
    """The head with what its file says of its colours, and cut to a mask."""
    if suffix_of(path) == ".ply":
        if mask is not None:
            raise FormatError(f"{path}: a PLY's texture coordinates are not read, so --face-mask has no use: use --cut")
        return replace(head, colours=read_ply_colours(path))
    materials = read_materials(path, head.triangles)
    has_uv = len(materials.uv) > 0
    notes: tuple[str, ...] = ()
    images, of, missing = _textures(path, materials) if has_uv else ((), None, ())
    if has_uv and (np.ptp(materials.uv, axis=0).max() > 1 + _LARGEST_UV or materials.uv.min() < -_LARGEST_UV):
        notes = ("texture coordinates reach outside [0, 1], where the texture is repeated",)
    colours = None
    if (of is None or (of < 0).any()) and (found := read_obj_colours(path, len(head.vertices))) is not None:
        colours = np.round(np.clip(found, 0, 1) * 255).astype(np.uint8)
    return replace(
        head,
        face=None if mask is None else _face(path, materials, mask),
        uv=materials.uv if images else None,
        corners=materials.corners if images else None,
        textures=images,
        texture_of=of,
        colours=colours,
        notes=(*head.notes, *missing, *notes),
    )


def _textures(path: Path, materials: Materials) -> tuple[tuple[Image, ...], Ints | None, tuple[str, ...]]:
    """Images, the image of each triangle, and what is missing."""
    files, notes = texture_files(path, materials)
    rows: dict[Path, int] = {}
    of_material = [rows.setdefault(files[name], len(rows)) if name in files else -1 for name in materials.names]
    if not rows:
        beside = texture_beside(path)
        if beside is None:
            return (), None, notes
        return (read_rgb(beside),), np.zeros(len(materials.corners), np.int64), notes
    of = np.array([*of_material, -1])[materials.material]
    if len(rows) > 1:
        notes = (*notes, f"{len(rows)} textures")
    if bare := sorted({materials.names[row] for row in np.unique(materials.material[of < 0]) if row >= 0}):
        notes = (*notes, f"materials without a texture are grey: {shown(', '.join(bare))[:120]}")
    return tuple(read_rgb(file) for file in rows), of, notes


def _face(path: Path, materials: Materials, mask: Path) -> Mask:
    if not len(materials.uv) or (materials.corners < 0).any():
        raise FormatError(f"{path}: some corners have no texture coordinate, so --face-mask has no use: use --cut")
    uv = materials.uv
    wrapped = np.where((uv < 0) | (uv > 1), uv - np.floor(uv), uv)
    return TextureMap(wrapped, materials.corners).white(read_mask(mask))
