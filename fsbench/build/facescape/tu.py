"""FaceScape's TU models as a source of heads: one topology, a texture, and the skin's detail as a displacement map."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from fsbench.build.facescape import predef
from fsbench.build.facescape.tree import FIRST_MOSAIC, TuTree, images_beside
from fsbench.build.head import Head, HeadName, Image
from fsbench.core.errors import FormatError, FsbenchError, MissingError
from fsbench.core.mesh import Floats, Mask, Mesh
from fsbench.geometry.displacing import TexturedMesh, displaced
from fsbench.geometry.face_points import doubts_about_face
from fsbench.io import read_mesh
from fsbench.io.displacement import read_displacement, read_mask
from fsbench.io.files import FileState, read_bytes, state_of
from fsbench.io.images import read_rgb
from fsbench.io.landmark_places import read_places
from fsbench.io.obj_uv import TextureMap, read_uv
from fsbench.io.publishable import find_publishable, read_publishable
from fsbench.io.topologies import topology_called, topology_of

PUPILS_FROM = "mean of the landmarks of each eye"
"""The six of each eye on the neutral or moving lids; eyeballs would differ by some 2 % in scale."""

_RIGHT, _LEFT = slice(36, 42), slice(42, 48)
_MAP_KD = re.compile(rb"^[ \t]*map_Kd[ \t]+([^\r\n]+)", re.MULTILINE | re.IGNORECASE)
_MAX_MTL_BYTES = 1 << 20
_BEYOND_UV = 1e-3


@dataclass(frozen=True, slots=True)
class TuTopology:
    """Number of vertices of every mesh, and which of them are iBUG's 68."""

    n_vertices: int
    landmarks: tuple[int, ...]

    @classmethod
    def facescape(cls, landmark_file: Path | None = None) -> "TuTopology":
        """That of FaceScape's TU models, with its toolkit's landmarks or those in a file."""
        known = topology_called("facescape-tu")
        numbers = known.numbers if landmark_file is None else predef.read_landmark_indices(landmark_file)
        return cls(known.vertices[0], numbers)

    def __post_init__(self) -> None:
        if max(self.landmarks) >= self.n_vertices:
            raise FormatError(f"landmark vertices go to {max(self.landmarks)}, there are {self.n_vertices}")


@dataclass(frozen=True, slots=True)
class TuSource:
    """TU models in a folder.

    Attributes
    ----------
    tree : TuTree
    topology : TuTopology
    mask : Mask, optional
        (H, W) over the texture coordinates, true where a triangle is face.
    landmarks : Path, optional
        Landmarks of all heads, in place of the topology's.
    detail : bool
        Displace the meshes by their maps: 64 times as many triangles.
    publishable : frozenset of str, optional
        Subjects whose pictures may be published; None where no list was found: then none may.
    """

    tree: TuTree
    topology: TuTopology
    mask: Mask | None = field(default=None, repr=False)
    landmarks: Path | None = None
    detail: bool = False
    publishable: frozenset[str] | None = None

    @property
    def description(self) -> str:
        """What it is, for a benchmark's card."""
        what = "with displacement maps" if self.detail else "without displacement maps"
        subjects = len(self.tree.subjects)
        return f"FaceScape TU models {what}, {subjects} subjects, {len(self.tree.meshes)} heads"

    def names(self) -> Iterator[HeadName]:
        """Its heads, by subject and then expression."""
        yield from self.tree.meshes

    def read(self, name: HeadName) -> Head:
        """One head; errors as `Source.read`."""
        path = self.tree.mesh(name)
        mesh, texture = self._geometry(path)
        marks = self._marks(path, mesh)
        pupils = np.stack([marks[_RIGHT].mean(0), marks[_LEFT].mean(0)])
        face = None if self.mask is None else texture.white(self.mask)
        image, notes = texture_of(path)
        notes += uv_notes(texture.uv)
        if self.detail:
            mesh, texture, face, said = self._displaced(name, mesh, texture, face)
            marks = self._marks(path, mesh)
            notes += said
        if name.subject.isdecimal() and int(name.subject) >= FIRST_MOSAIC and image is not None:
            notes += (f"subject {name.subject}: from {FIRST_MOSAIC} on, textures have mosaics over the eyes",)
        return Head(
            name,
            mesh.vertices,
            mesh.faces,
            pupils,
            PUPILS_FROM,
            marks,
            face,
            texture.uv if image is not None else None,
            texture.corners if image is not None else None,
            () if image is None else (image,),
            publishable=self.publishable is not None and name.subject in self.publishable,
            notes=notes,
        )

    def _geometry(self, path: Path) -> tuple[Mesh, TextureMap]:
        mesh = read_mesh(path, every_vertex=True)
        if mesh.n_vertices != self.topology.n_vertices:
            known = topology_of(mesh.n_vertices)
            is_like = f": is it {known.title}?" if known else ": is it a TU model (models_reg), as its author made it?"
            raise FormatError(f"{path}: has {mesh.n_vertices} vertices, expected {self.topology.n_vertices}{is_like}")
        texture = read_uv(path)
        if len(texture.corners) != mesh.n_faces:
            raise FormatError(f"{path}: its texture has {len(texture.corners)} triangles, its mesh {mesh.n_faces}")
        return mesh, texture

    def _marks(self, path: Path, mesh: Mesh) -> Floats:
        """Landmarks (68, 3); of a displaced mesh those that are vertices, which keep their numbers."""
        if self.landmarks is None:
            return mesh.vertices[list(self.topology.landmarks)]
        places = read_places(self.landmarks)
        if len(places) != 68:
            raise FormatError(f"{self.landmarks}: holds {len(places)} points, expected iBUG's 68")
        is_here = places.numbers and max(places.numbers) < mesh.n_vertices
        marks = mesh.vertices[list(places.numbers)] if is_here else places.on(path)
        if doubts := doubts_about_face(marks, mesh.vertices):
            raise FormatError(f"{self.landmarks}: on {path.name} they are no face in iBUG's order: {'; '.join(doubts)}")
        return marks

    def _displaced(
        self, name: HeadName, mesh: Mesh, texture: TextureMap, face: Mask | None
    ) -> tuple[Mesh, TextureMap, Mask | None, tuple[str, ...]]:
        path = self.tree.map_of(name)
        if path is None:
            raise MissingError(f"{self.tree.root}: subject {name.subject} has no displacement map of {name.expression}")
        found = read_displacement(path)
        fine = displaced(TexturedMesh(mesh, texture.uv, texture.corners), found.at)
        # Every step puts the four parts of all triangles behind each other, so a mask repeats.
        repeated = None if face is None else np.tile(face, fine.mesh.n_faces // mesh.n_faces)
        notes = (found.note,) if found.note else ()
        return fine.mesh, TextureMap(fine.uv, fine.corners), repeated, notes


def open_tu(
    root: Path,
    mask: Path | None = None,
    landmarks: Path | None = None,
    *,
    detail: bool = False,
    topology: TuTopology | None = None,
) -> TuSource | None:
    """Open a folder of TU models; None if it holds none.

    The mask, the landmarks and the list of publishable subjects are those of FaceScape's toolkit if its `predef` is in
    the folder, or beside it, and nothing else is given.

    Raises
    ------
    FormatError
        If one of these files is damaged.
    """
    tree = TuTree.of(root) if root.is_dir() else None
    if tree is None or not (tree.is_certain or _has_vertices(tree, topology or TuTopology.facescape())):
        return None
    mask = mask or predef.beside(root, predef.MASK)
    numbers = None if landmarks is not None else predef.beside(root, predef.LANDMARKS)
    if landmarks is not None and landmarks.suffix.lower() == ".npz":
        numbers, landmarks = landmarks, None
    found = find_publishable(root)
    return TuSource(
        tree,
        topology or TuTopology.facescape(numbers),
        None if mask is None else read_mask(mask),
        landmarks,
        detail,
        None if found is None else read_publishable(found),
    )


def _has_vertices(tree: TuTree, topology: TuTopology) -> bool:
    """Whether the first mesh is of the topology."""
    path = next(iter(tree.meshes.values()))[0]
    try:
        return read_mesh(path, every_vertex=True).n_vertices == topology.n_vertices
    except FsbenchError:
        return False


def texture_of(mesh: Path) -> tuple[Image | None, tuple[str, ...]]:
    """The texture of a mesh, and sentences about it. Colours in the .mtl are not read: FaceScape's are black (Kd 0)."""
    named = tuple(dict.fromkeys(name for mtl in _mtl_files(mesh) for name in _images_named(mtl)))
    found = images_beside(mesh, named)
    if not found:
        lost = f"{named[0]!r}, which its .mtl names, is not beside it" if named else "no image is beside it"
        return None, (f"{mesh.name}: without a texture, so it is grey: {lost}",)
    notes = (f"{mesh.name}: its .mtl names {len(named)} images, {found[0].name} is taken",) if len(named) > 1 else ()
    return _image(found[0], state_of(found[0])), notes


def uv_notes(uv: Floats) -> tuple[str, ...]:
    """A sentence if texture coordinates leave [0, 1]."""
    if uv.min() >= -_BEYOND_UV and uv.max() <= 1 + _BEYOND_UV:
        return ()
    return (f"texture coordinates go from {uv.min():.3g} to {uv.max():.3g}: outside [0, 1] the texture is repeated",)


def _mtl_files(mesh: Path) -> list[Path]:
    return [path for path in (mesh.with_name(f"{mesh.name}.mtl"), mesh.with_suffix(".mtl")) if path.is_file()]


def _images_named(mtl: Path) -> list[str]:
    found = _MAP_KD.findall(read_bytes(mtl, _MAX_MTL_BYTES))
    return [name.strip().decode("utf-8", "replace") for name in found]


@lru_cache(maxsize=1)
def _image(path: Path, state: FileState) -> Image:
    """The twenty expressions of a subject may share one image."""
    image = read_rgb(path)
    image.flags.writeable = False
    return image
