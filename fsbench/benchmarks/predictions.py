"""Predictions of scans: a mesh in any frame, or a video's frames, with the landmarks that belong to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fsbench.alignment.procrustes import fit_landmarks
from fsbench.benchmarks.landmark_source import LandmarkSource
from fsbench.benchmarks.scan_cases import Case, find_file
from fsbench.errors import FormatError, MissingError
from fsbench.io import MESH_SUFFIXES, read_mesh
from fsbench.io.landmarks import LANDMARK_SUFFIXES, read_landmarks
from fsbench.mesh import Floats, Mesh
from fsbench.protocols.micc import mean_mesh


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A mesh to compare, its landmarks in its own frame and unit, and of how many meshes it is the mean."""

    mesh: Mesh
    landmarks: Floats | None
    n_averaged: int = 1


@dataclass(frozen=True, slots=True)
class PredictionFiles:
    """How predictions are found and read.

    Attributes
    ----------
    landmarks : LandmarkSource or None
        What the user said.
    beside : bool
        Without that, landmarks are in a file of the mesh's name beside it, and needed.
    folders : bool
        Whether a sample may be a folder of frames.
    frames : {"one", "each", "mean"}
        What becomes of several: each is compared, or their mean.
    """

    landmarks: LandmarkSource | None
    beside: bool
    folders: bool
    frames: str

    def read(self, folder: Path, case: Case) -> tuple[Frame, ...]:
        """All frames of a sample, in the order of their names; one unless it is a video's.

        Raises
        ------
        MissingError
            If there is no mesh.
        FormatError, MeshError
            If a file is unusable, or the landmarks that a mesh needs are not there: it is unusable, not absent.
        """
        for stem in case.predictions:
            path = find_file(folder, stem, MESH_SUFFIXES)
            if path is not None:
                return (self._frame(folder, case, stem, path),)
            inside = folder / stem
            if self.folders and inside.is_dir():
                paths = [one for one in sorted(inside.iterdir()) if one.suffix.lower() in MESH_SUFFIXES]
                if paths:
                    return self._video([self._frame(folder, case, stem, one) for one in paths])
        raise MissingError(f"no prediction: there is no {folder / case.predictions[0]} with {', '.join(MESH_SUFFIXES)}")

    def files(self, folder: Path, case: Case) -> bool:
        """Whether there is something for the sample."""
        found = (find_file(folder, stem, MESH_SUFFIXES) for stem in case.predictions)
        return any(found) or (self.folders and any((folder / stem).is_dir() for stem in case.predictions))

    def _video(self, frames: list[Frame]) -> tuple[Frame, ...]:
        if self.frames == "each":
            return tuple(frames)
        meshes = [frame.mesh for frame in frames]
        return (Frame(mean_mesh(meshes), _mean_landmarks(frames), len(frames)),)

    def _frame(self, folder: Path, case: Case, stem: str, path: Path) -> Frame:
        mesh = read_mesh(path)
        if self.landmarks is None:
            return Frame(mesh, self._beside(folder, stem, path) if self.beside else None)
        names: Mapping[str, str] = {**case.names, "frame": path.stem}
        marks = self.landmarks.read(folder, names, mesh, path)
        if marks is None:
            raise FormatError(f"{path}: there is no file {self.landmarks.pattern} with its landmarks")
        return Frame(mesh, marks)

    def _beside(self, folder: Path, stem: str, path: Path) -> Floats:
        """A frame's own landmarks, else the video's."""
        found = find_file(path.parent, path.stem, LANDMARK_SUFFIXES) or find_file(folder, stem, LANDMARK_SUFFIXES)
        if found is None:
            endings = ", ".join(LANDMARK_SUFFIXES)
            raise FormatError(f"{path}: has no landmarks beside it, a file of its name with {endings}")
        return read_landmarks(found)


def _mean_landmarks(frames: list[Frame]) -> Floats | None:
    """Landmarks of a mean mesh: brought to the first frame by the similarity of the meshes, then averaged."""
    first = frames[0].mesh.vertices
    marks = [frame.landmarks for frame in frames]
    moved = [
        fit_landmarks(first, frame.mesh.vertices).ref_from_pred.apply(mark)
        for frame, mark in zip(frames, marks, strict=True)
        if mark is not None
    ]
    return np.asarray(np.mean(moved, axis=0), np.float64) if moved else None
