"""A subject of the reference data: its captured expressions in millimetres, ready for any number of predictions."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from fsbench.core.errors import FsbenchError, MeshError, ReferenceDataError
from fsbench.core.mesh import Floats, Ints, Mask, Mesh
from fsbench.core.units import unit_called, unit_of_scan
from fsbench.io import read_mesh
from fsbench.io.obj_uv import TextureMap, read_uv
from fsbench.protocols.doubts import doubts_about_scan
from fsbench.protocols.rig.head_motion import STILL, without_head_motion
from fsbench.protocols.rig.layout import Listed, the_only
from fsbench.protocols.rig.maps import MapReader
from fsbench.protocols.rig.settings import Settings
from fsbench.protocols.rig.texels import Texels


@dataclass(frozen=True, eq=False)
class Subject:
    """One person's captured expressions, read once for all of its samples.

    Attributes
    ----------
    settings : Settings
    listed : Listed
    name : str
    landmarks : ndarray, (k, 3), or None
        On the neutral face, in the files' unit.
    threads : int
    """

    settings: Settings
    listed: Listed
    name: str
    landmarks: Floats | None
    threads: int = 1
    fits: dict[Any, Any] = field(default_factory=dict, repr=False)
    """The last prediction's neutral face on this subject, see `fsbench.protocols.rig.fit.fitted`."""

    @cached_property
    def raw_neutral(self) -> Mesh:
        """The neutral face in the file's unit, with all vertices of the file."""
        return self._read(self.listed.neutral)

    @cached_property
    def mm_per_unit(self) -> float:
        """Millimetres of a unit of the files."""
        unit = self.settings.said.reference_unit
        if unit != "found":
            return unit_called(unit).mm
        return unit_of_scan(self.raw_neutral.vertices[self.face], self.landmarks).mm

    @cached_property
    def face(self) -> Ints:
        """Vertices that count: those of the mask that a triangle uses, (n,)."""
        mesh = self.raw_neutral
        used = np.unique(mesh.faces)
        mask = self._checked("mask", self.settings.mask)
        kept = used if mask is None else np.intersect1d(used, mask)
        if not len(kept):
            raise ReferenceDataError(f"{self._path(self.listed.neutral)}: no triangle uses a vertex of the face mask")
        return kept

    @cached_property
    def in_face(self) -> Mask:
        """True for the face's vertices, (V,)."""
        found = np.zeros(self.raw_neutral.n_vertices, np.bool_)
        found[self.face] = True
        return found

    @cached_property
    def neutral(self) -> Mesh:
        """The whole neutral mesh in mm."""
        return Mesh(self.raw_neutral.vertices * self.mm_per_unit, self.raw_neutral.faces)

    @cached_property
    def marks_mm(self) -> Floats | None:
        """Landmarks in mm, which are on the neutral face."""
        return None if self.landmarks is None else self.landmarks * self.mm_per_unit

    @cached_property
    def doubts(self) -> tuple[str, ...]:
        """Doubts about the landmarks."""
        return () if self.marks_mm is None else doubts_about_scan(self.neutral, self.marks_mm, self.threads)

    @cached_property
    def stable(self) -> Ints | None:
        """Vertices of the region that moves with the skull."""
        return self._checked("stable", self.settings.stable)

    @cached_property
    def zones(self) -> Ints | None:
        """Middles of the wrinkle zones, by vertex."""
        return self._checked("zones", self.settings.zones)

    @cached_property
    def captured(self) -> tuple[str, ...]:
        """Expressions that the subject has, neutral first."""
        return tuple(stem for stem in self.listed.stems if self.listed.mesh_files(self.name, stem))

    @cached_property
    def shapes(self) -> dict[str, Floats]:
        """Every captured expression, (V, 3) in mm, without head motion."""
        return {stem: self._shape(stem) for stem in self.captured}

    @cached_property
    def motions(self) -> Floats:
        """Offsets of the face's vertices from neutral, (E, n, 3), in the order of `captured`."""
        neutral = self.neutral.vertices[self.face]
        return np.stack([shape[self.face] - neutral for shape in self.shapes.values()])

    @cached_property
    def face_triangles(self) -> Mask:
        """Triangles with all corners in the face, (F,)."""
        found = self.in_face[self.raw_neutral.faces]
        return found[:, 0] & found[:, 1] & found[:, 2]

    @cached_property
    def texture(self) -> TextureMap:
        """Texture coordinates of the neutral mesh; ReferenceDataError if it has none."""
        path = self._path(self.listed.neutral)
        try:
            found = read_uv(path)
        except FsbenchError as error:
            raise ReferenceDataError(f"displacement maps need texture coordinates: {error}") from None
        if len(found.corners) != self.raw_neutral.n_faces:
            raise ReferenceDataError(
                f"{path}: its texture has {len(found.corners)} triangles, its mesh {self.raw_neutral.n_faces}"
            )
        return found

    @cached_property
    def texels(self) -> Texels:
        """Pixels of the texture that are on the face."""
        return Texels.of(self.texture, self.face_triangles)

    @cached_property
    def maps(self) -> MapReader:
        """Reader of this subject's displacement maps."""
        return MapReader()

    def map_of(self, stem: str) -> Path | None:
        """The displacement map of an expression; ReferenceDataError if the choice is not clear."""
        try:
            return the_only(self.listed.map_files(self.name, stem), "the displacement map")
        except FsbenchError as error:
            raise ReferenceDataError(str(error)) from None

    def surface(self, stem: str) -> Mesh:
        """The face of an expression in mm, without vertices beside it."""
        chosen = self.raw_neutral.faces[self.face_triangles]
        return Mesh(self.shapes[stem], chosen).without_unused()

    def _shape(self, stem: str) -> Floats:
        if stem == self.listed.neutral:
            return self.neutral.vertices
        mesh, neutral = self._read(stem), self.raw_neutral
        if mesh.n_vertices != neutral.n_vertices or not np.array_equal(mesh.faces, neutral.faces):
            raise ReferenceDataError(
                f"{self._path(stem)} has {mesh.n_vertices} vertices and {mesh.n_faces} faces, the neutral face "
                f"{neutral.n_vertices} and {neutral.n_faces}, or others: a subject's expressions share one topology"
            )
        vertices = mesh.vertices * self.mm_per_unit
        if self.stable is None:
            return vertices
        back = without_head_motion(self.neutral.vertices, vertices, self.stable)
        return vertices if back is STILL else back.apply(vertices)

    def _read(self, stem: str) -> Mesh:
        path = self._path(stem)
        try:
            mesh = read_mesh(path, every_vertex=True)
            if not mesh.n_faces:
                raise MeshError(f"{path}: has no faces")
        except FsbenchError as error:
            raise ReferenceDataError(str(error)) from None
        return mesh

    def _path(self, stem: str) -> Path:
        try:
            found = the_only(self.listed.mesh_files(self.name, stem), "the captured expression")
        except FsbenchError as error:
            raise ReferenceDataError(str(error)) from None
        if found is None:
            raise ReferenceDataError(
                f"{self.listed.root / self.name}: there is no {stem}.obj or .ply, which other subjects have"
            )
        return found

    def _checked(self, what: str, numbers: Ints | None) -> Ints | None:
        n = self.raw_neutral.n_vertices
        if numbers is not None and numbers[-1] >= n:
            raise ReferenceDataError(
                f"--set {what} names vertex {numbers[-1]}, the meshes have {n}: is it of another topology?"
            )
        return numbers
