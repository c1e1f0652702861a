"""Sources: where the captured expressions of a person come from, files or memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from fsbench.core.errors import FsbenchError, MeshError, ReferenceDataError
from fsbench.core.mesh import Mesh
from fsbench.io import read_mesh
from fsbench.io.names import the_only
from fsbench.io.obj_uv import TextureMap, read_uv
from fsbench.protocols.rig.layout import Listed


class Source(Protocol):
    """A person's captured expressions; a missing or unusable file is a ReferenceDataError."""

    @property
    def stems(self) -> tuple[str, ...]:
        """All expressions that the benchmark has, neutral first."""

    @property
    def captured(self) -> tuple[str, ...]:
        """Those of this person, neutral first."""

    def mesh(self, stem: str) -> Mesh:
        """An expression in its own unit, with all vertices of its file."""

    def map_of(self, stem: str) -> Path | None:
        """Its displacement map; None if there is none."""

    def texture(self) -> TextureMap:
        """Texture coordinates, which all expressions share."""

    def called(self, stem: str) -> str:
        """Name of an expression, for messages."""


@dataclass(frozen=True, slots=True)
class InFiles:
    """A subject's folder."""

    listed: Listed
    name: str

    @property
    def stems(self) -> tuple[str, ...]:
        """All stems of the root."""
        return self.listed.stems

    @property
    def captured(self) -> tuple[str, ...]:
        """The stems with a mesh."""
        return tuple(stem for stem in self.listed.stems if self.listed.mesh_files(self.name, stem))

    def mesh(self, stem: str) -> Mesh:
        """Read the mesh."""
        path = self._path(stem)
        try:
            mesh = read_mesh(path, every_vertex=True)
            if not mesh.n_faces:
                raise MeshError(f"{path}: has no faces")
        except FsbenchError as error:
            raise ReferenceDataError(str(error)) from None
        return mesh

    def map_of(self, stem: str) -> Path | None:
        """Find the map."""
        try:
            return the_only(self.listed.map_files(self.name, stem), "the displacement map")
        except FsbenchError as error:
            raise ReferenceDataError(str(error)) from None

    def texture(self) -> TextureMap:
        """Read it from the neutral mesh."""
        try:
            return read_uv(self._path(self.listed.neutral))
        except FsbenchError as error:
            raise ReferenceDataError(f"displacement maps need texture coordinates: {error}") from None

    def called(self, stem: str) -> str:
        """The path."""
        return str(self._path(stem))

    def _path(self, stem: str) -> Path:
        folder = self.listed.root / self.name
        try:
            found = the_only(self.listed.mesh_files(self.name, stem), "the captured expression")
        except FsbenchError as error:
            raise ReferenceDataError(str(error)) from None
        if found is None:
            raise ReferenceDataError(f"{folder}: there is no {stem}.obj or .ply, which other subjects have")
        return found


@dataclass(frozen=True, slots=True)
class InMemory:
    """Meshes that a program has, by expression, neutral first."""

    meshes: Mapping[str, Mesh] = field(repr=False)

    @property
    def stems(self) -> tuple[str, ...]:
        """The stems of all meshes."""
        return tuple(self.meshes)

    captured = stems

    def mesh(self, stem: str) -> Mesh:
        """The mesh; ReferenceDataError if it has no faces."""
        if not self.meshes[stem].n_faces:
            raise ReferenceDataError(f"{stem} has no faces")
        return self.meshes[stem]

    def map_of(self, stem: str) -> None:
        """None: maps are files."""

    def texture(self) -> TextureMap:
        """Refuse: there are no maps to look up."""
        raise ReferenceDataError("meshes in memory have no texture coordinates")

    def called(self, stem: str) -> str:
        """Its name."""
        return stem
