"""A subject of the reference data: its captured expressions in millimetres, ready for any number of predictions."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from fsbench.core.errors import ReferenceDataError
from fsbench.core.mesh import Floats, Ints, Mask, Mesh
from fsbench.core.units import unit_called, unit_of_scan
from fsbench.io.obj_uv import TextureMap
from fsbench.protocols.doubts import doubts_about_scan
from fsbench.protocols.rig.head_motion import STILL, without_head_motion
from fsbench.protocols.rig.maps import MapReader
from fsbench.protocols.rig.settings import Settings
from fsbench.protocols.rig.sources import Source
from fsbench.protocols.rig.texels import Texels


@dataclass(frozen=True, eq=False)
class Subject:
    """One person's captured expressions, read once for all of its samples.

    Attributes
    ----------
    settings : Settings
    source : Source
    landmarks : ndarray, (k, 3), or None
        On the neutral face, in the files' unit.
    threads : int
    """

    settings: Settings
    source: Source
    landmarks: Floats | None
    threads: int = 1
    fits: dict[Any, Any] = field(default_factory=dict, repr=False)
    """The last prediction's neutral face on this subject, see `fsbench.protocols.rig.fit.fitted`."""

    def read_all(self) -> None:
        """Read and check everything that each sample needs; ReferenceDataError if something is unusable."""
        _ = self.motions, self.doubts

    @property
    def neutral_stem(self) -> str:
        """Name of the neutral expression."""
        return self.source.stems[0]

    @cached_property
    def raw_neutral(self) -> Mesh:
        """The neutral face in the file's unit, with all vertices of the file."""
        return self.source.mesh(self.neutral_stem)

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
        image, mask = self.settings.mask_image, self._checked("mask", self.settings.mask)
        if image is not None:
            mask = np.unique(mesh.faces[self.texture.white(image)])
        kept = used if mask is None else np.intersect1d(used, mask)
        if not len(kept):
            raise ReferenceDataError(
                f"{self.source.called(self.neutral_stem)}: no triangle uses a vertex of the face mask"
            )
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
        return self.raw_neutral.with_vertices(self.raw_neutral.vertices * self.mm_per_unit)

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
        return self.source.captured

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
    def triangles(self) -> Ints:
        """Those of `face_triangles` by place in `face`, (m, 3)."""
        number = np.cumsum(self.in_face) - 1
        found: Ints = number[self.raw_neutral.faces[self.face_triangles]]
        return found

    @cached_property
    def texture(self) -> TextureMap:
        """Texture coordinates of the neutral mesh; ReferenceDataError if it has none."""
        found = self.source.texture()
        if len(found.corners) != self.raw_neutral.n_faces:
            raise ReferenceDataError(
                f"{self.source.called(self.neutral_stem)}: its texture has {len(found.corners)} triangles, its mesh "
                f"{self.raw_neutral.n_faces}"
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

    def surface(self, stem: str) -> Mesh:
        """The face of an expression in mm, without vertices beside it."""
        chosen = self.raw_neutral.faces[self.face_triangles]
        return Mesh(self.shapes[stem], chosen).without_unused()

    def _shape(self, stem: str) -> Floats:
        if stem == self.neutral_stem:
            return self.neutral.vertices
        mesh, neutral = self.source.mesh(stem), self.raw_neutral
        if mesh.n_vertices != neutral.n_vertices or not np.array_equal(mesh.faces, neutral.faces):
            raise ReferenceDataError(
                f"{self.source.called(stem)} has {mesh.n_vertices} vertices and {mesh.n_faces} faces, the neutral face "
                f"{neutral.n_vertices} and {neutral.n_faces}, or others: a subject's expressions share one topology"
            )
        vertices = mesh.vertices * self.mm_per_unit
        if self.stable is None:
            return vertices
        back = without_head_motion(self.neutral.vertices, vertices, self.stable)
        return vertices if back is STILL else back.apply(vertices)

    def _checked(self, what: str, numbers: Ints | None) -> Ints | None:
        n = self.raw_neutral.n_vertices
        if numbers is not None and numbers[-1] >= n:
            raise ReferenceDataError(
                f"--set {what} names vertex {numbers[-1]}, the meshes have {n}: is it of another topology?"
            )
        return numbers
