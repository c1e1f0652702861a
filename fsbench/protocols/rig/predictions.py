"""A method's files for a subject: a mesh an expression, blendshapes with weights, or a base mesh with maps."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from fsbench.core.arrays import spread_of
from fsbench.core.errors import FormatError, MeshError, MissingError
from fsbench.core.mesh import Floats, Mesh
from fsbench.io import read_mesh
from fsbench.io.files import FileState, state_of
from fsbench.io.names import folder_named, named, the_only
from fsbench.io.unread import instead_of
from fsbench.protocols.files import SampleFiles
from fsbench.protocols.protocol import Prediction
from fsbench.protocols.rig.blendshapes import read_blendshapes
from fsbench.protocols.rig.layout import (
    MAP_FOLDERS,
    MESH_FOLDERS,
    SUFFIXES,
    expression_of,
    files_called,
)

NEUTRAL, MAP, NEUTRAL_MAP, TEXTURE, NOTES = "neutral", "map", "neutral_map", "texture", "notes"
"""Inputs of a prediction: the neutral mesh, displacement maps (paths), the mesh file with the texture, remarks."""

BLENDSHAPES = "blendshapes.npz"
_SHOWN = 5
# A mesh of offsets is a few mm wide, a face 100 to 200.
_LEAST_SPREAD = 0.3


@dataclass(frozen=True, slots=True)
class MethodFiles:
    """The files of one sample.

    Attributes
    ----------
    folder : Path
        The subject's.
    stem, neutral_stem : str
        Names of the sample's expression and of neutral.
    known : tuple of str
        Names of all expressions of the benchmark.
    neutral : Path or None
        Neutral or base mesh.
    own : Path or None
        The expression's mesh.
    shapes : Path or None
        Blendshapes and weights.
    map, neutral_map : Path or None
        Displacement maps of the expression and of neutral.
    """

    folder: Path
    stem: str
    neutral_stem: str
    known: tuple[str, ...]
    neutral: Path | None
    own: Path | None
    shapes: Path | None
    map: Path | None
    neutral_map: Path | None

    @classmethod
    def find(cls, folder: Path, files: SampleFiles) -> "MethodFiles":
        """Find the files of any form; FormatError if it is not clear which file is meant."""
        subject, stem = files.names["subject"], files.names["expression"]
        neutral_stem, below = files.names["neutral"], folder_named(folder, subject)
        own = the_only(files_called(below, MESH_FOLDERS, stem, SUFFIXES), "the prediction")
        listed = files_called(below, MESH_FOLDERS, neutral_stem, SUFFIXES)
        base = files_called(below, ("",), "neutral", SUFFIXES) or files_called(below, ("",), subject, SUFFIXES)
        neutral = the_only(listed or base, "the neutral face")
        shapes = the_only(list(named(below, BLENDSHAPES)), "the blendshapes")
        found_maps = [_map_of(below, subject, one) for one in (stem, neutral_stem)]
        known = tuple(files.names["known"].split(","))
        return cls(below, stem, neutral_stem, known, neutral, own, shapes, *found_maps)

    @property
    def has_motion(self) -> bool:
        """Whether the method gives the motion of the expression."""
        return self.own is not None or self.shapes is not None

    @property
    def is_neutral(self) -> bool:
        """Whether the sample is the neutral face itself."""
        return self.stem == self.neutral_stem

    def paths(self) -> list[Path]:
        """All files of the sample; without a prediction, the file that was looked for."""
        if not (self.has_motion or self.map or (self.is_neutral and self.neutral)):
            return [self.folder / f"{self.stem}.obj"]
        found = (self.own, self.neutral, self.shapes, self.map, self.neutral_map)
        return list(dict.fromkeys(path for path in found if path is not None))

    def read(self) -> Prediction:
        """Read the sample's shape and the neutral one.

        Raises
        ------
        MissingError
            If there is neither a mesh nor a map of the expression.
        FsbenchError
            If a file is unusable.
        """
        if not (self.has_motion or self.map or (self.is_neutral and self.neutral)):
            raise MissingError(
                f"no prediction: there is no {self.folder / self.stem} with {', '.join(SUFFIXES)}{self._instead()}"
            )
        if self.neutral is None:
            raise FormatError(
                f"{self.folder}: there is no neutral face, {self.neutral_stem}.obj, by which all are aligned"
            )
        neutral = _mesh(self.neutral)
        mesh, notes = (neutral, ()) if self.is_neutral and self.shapes is None else self._moved(neutral)
        if self.shapes is not None and not self.is_neutral:
            neutral = _blended(self.neutral, neutral, self.shapes, self.neutral_stem)
        inputs = {NEUTRAL: neutral, MAP: self.map, NEUTRAL_MAP: self.neutral_map, TEXTURE: self.neutral}
        return Prediction(mesh, inputs | {NOTES: (*notes, *self._foreign())})

    def _moved(self, neutral: Mesh) -> tuple[Mesh, tuple[str, ...]]:
        assert self.neutral is not None, "checked before"
        if self.own is not None:
            mesh = read_mesh(self.own, every_vertex=True)
            _refuse_other_topology(self.own, mesh, self.neutral, neutral)
            _refuse_offsets(self.own, mesh, neutral)
            return mesh, ()
        if self.shapes is not None:
            return _blended(self.neutral, neutral, self.shapes, self.stem), ()
        return neutral, ("there is no mesh of this expression: only its displacement map is measured",)

    def _instead(self) -> str:
        """The files found in place of the mesh, for messages."""
        if not self.folder.is_dir():
            return "; the subject has no folder"
        if other := instead_of(self.folder, *(f"{self.stem}{suffix}" for suffix in SUFFIXES)):
            return other
        number, name = expression_of(self.stem) or (0, "")
        for there in _stems_in(self.folder):
            parts = expression_of(there)
            if parts and parts[1] == name:
                return f"; there is {there}: are its expressions numbered otherwise (here {name} is {number})?"
            if there == name or (parts and parts[0] == number):
                return f"; there is {there}, expected {self.stem}"
        return ""

    def _foreign(self) -> tuple[str, ...]:
        """A note, on the neutral row, of meshes that belong to no expression of the benchmark."""
        if not self.is_neutral:
            return ()
        odd = [stem for stem in _stems_in(self.folder) if expression_of(stem) and stem not in self.known]
        count = len(self.known)
        return (f"not among the {count} expressions, not scored: {', '.join(odd[:_SHOWN])}",) if odd else ()


def _map_of(folder: Path, subject: str, stem: str) -> Path | None:
    """A map called as the expression, or as the released predictor calls it: SUBJECT_dpmap_0.png is of expression 1."""
    found = files_called(folder, MAP_FOLDERS, stem, (".png",))
    parts = expression_of(stem)
    if not found and parts:
        found = files_called(folder, ("",), f"{subject}_dpmap_{parts[0] - 1}", (".png",))
    return the_only(found, "the displacement map")


def _stems_in(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return sorted(path.stem for part in MESH_FOLDERS if (folder / part).is_dir() for path in (folder / part).iterdir()
                  if path.suffix.lower() in SUFFIXES)  # fmt: skip


def _refuse_other_topology(path: Path, mesh: Mesh, neutral_path: Path, neutral: Mesh) -> None:
    if mesh.n_vertices != neutral.n_vertices:
        raise MeshError(
            f"{path} has {mesh.n_vertices} vertices, {neutral_path.name} {neutral.n_vertices}: the meshes of a subject "
            "need one topology, as motion is from vertex to vertex"
        )
    if not np.array_equal(mesh.faces, neutral.faces):
        raise MeshError(
            f"{path}: its triangles are not those of {neutral_path.name}: the meshes of a subject need one topology"
        )


def _refuse_offsets(path: Path, mesh: Mesh, neutral: Mesh) -> None:
    spread, usual = (spread_of(one.vertices) for one in (mesh, neutral))
    if spread < _LEAST_SPREAD * usual:
        raise MeshError(
            f"{path}: its vertices spread over {spread:.3g}, those of neutral over {usual:.3g}: are they offsets from "
            "neutral? Add the neutral vertices, or write blendshapes.npz"
        )


def _blended(path: Path, neutral: Mesh, shapes: Path, stem: str) -> Mesh:
    offsets = read_blendshapes(shapes, path, neutral.vertices)
    parts = expression_of(stem)
    row = parts[0] - 1 if parts else -1
    if not 0 <= row < len(offsets.weights):
        raise MissingError(
            f"no prediction: {shapes} has {len(offsets.weights)} rows of weights, {stem} needs row {row + 1}"
        )
    moved: Floats = neutral.vertices + np.tensordot(offsets.weights[row], offsets.shapes, 1)
    return Mesh(moved, neutral.faces)


def _mesh(path: Path) -> Mesh:
    """A neutral mesh, which all samples of a subject need."""
    found = _read(path, state_of(path))
    if not found.n_faces:
        raise MeshError(f"{path}: has no faces, and motion needs a surface")
    return found


@lru_cache(maxsize=2)
def _read(path: Path, state: FileState) -> Mesh:
    return read_mesh(path, every_vertex=True)
