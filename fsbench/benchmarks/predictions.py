"""Predictions of scans: a mesh in any frame, or a video's frames, with the landmarks that belong to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fsbench.benchmarks.landmark_source import LandmarkSource, the_one, with_an_ending
from fsbench.benchmarks.scan_cases import Case, landmarks_called
from fsbench.core.errors import FormatError, MissingError
from fsbench.core.mesh import Floats, Mesh
from fsbench.geometry.procrustes import fit_landmarks
from fsbench.io import MESH_SUFFIXES, read_mesh
from fsbench.io.landmarks import read_landmarks
from fsbench.protocols.micc.protocol import mean_mesh


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
        found = self._candidates(folder, case)
        if not found:
            raise MissingError(
                f"no prediction: there is no {folder / case.predictions[0]} with {', '.join(MESH_SUFFIXES)}"
            )
        if len(found) > 1:
            raise FormatError(f"{found[0][1]} and {found[1][1]} could both be the prediction: leave one")
        stem, path = found[0]
        frames = [self._frame(folder, case, stem, one) for one in _meshes_of(path)]
        return tuple(frames) if path.is_file() else self._video(frames)

    def found(self, folder: Path, case: Case) -> list[Path]:
        """The file, or folder of frames, of the sample; several where it is not clear which."""
        return [path for _, path in self._candidates(folder, case)]

    def refuse_unknown(self, case: Case) -> None:
        """UsageError if the user's pattern holds a name that predictions have not."""
        if self.landmarks is not None:
            self.landmarks.refuse_unknown(_names(case, Path()))

    def n_landmarks(self, folder: Path, case: Case, *, read: bool = True) -> list[int]:
        """How many landmarks each mesh of a sample has, by the files and without the meshes; of none if not `read`.

        Raises
        ------
        FormatError
            If a file is not there, not clear or unusable.
        """
        if self.landmarks is not None and self.landmarks.indices:
            return [len(self.landmarks.indices)]
        if self.landmarks is None and not self.beside:
            return []
        meshes = [(stem, mesh) for stem, path in self._candidates(folder, case) for mesh in _meshes_of(path)]
        files = [self._needed_file(folder, case, stem, mesh) for stem, mesh in meshes]
        return [len(read_landmarks(path)) for path in dict.fromkeys(files)] if read else []

    def paths(self, folder: Path, case: Case) -> list[Path]:
        """All files of a sample that are there now, landmarks too; FormatError if it is not clear which they are."""
        found = []
        for stem, path in self._candidates(folder, case):
            for mesh in _meshes_of(path):
                marks = self._landmark_path(folder, case, stem, mesh)
                found += [mesh] if marks is None else [mesh, marks]
        return found

    def _candidates(self, folder: Path, case: Case) -> list[tuple[str, Path]]:
        """Every file, or folder with frames, that could be the prediction, with its name below the folder."""
        found = []
        for stem in case.predictions:
            paths = [folder / f"{stem}{end}" for suffix in MESH_SUFFIXES for end in (suffix, suffix.upper())]
            found += [(stem, path) for path in paths if path.is_file()]
            if self.folders and (folder / stem).is_dir() and _meshes_in(folder / stem):
                found.append((stem, folder / stem))
        return [one for i, one in enumerate(found) if not any(one[1].samefile(other) for _, other in found[:i])]

    def _video(self, frames: list[Frame]) -> tuple[Frame, ...]:
        if self.frames == "each":
            return tuple(frames)
        meshes = [frame.mesh for frame in frames]
        counts = sorted({len(frame.landmarks) for frame in frames if frame.landmarks is not None})
        if len(counts) > 1:
            raise FormatError(
                f"the frames have {' and '.join(map(str, counts))} landmarks: only as many can be averaged"
            )
        return (Frame(mean_mesh(meshes), _mean_landmarks(frames), len(frames)),)

    def _frame(self, folder: Path, case: Case, stem: str, path: Path) -> Frame:
        mesh = read_mesh(path)
        if self.landmarks is None and not self.beside:
            return Frame(mesh, None)
        if self.landmarks is not None and self.landmarks.indices:
            return Frame(mesh, self.landmarks.read(folder, _names(case, path), mesh, path))
        return Frame(mesh, read_landmarks(self._needed_file(folder, case, stem, path)))

    def _needed_file(self, folder: Path, case: Case, stem: str, path: Path) -> Path:
        """The file with the landmarks of the mesh `path`; FormatError if there is none."""
        found = self._landmark_path(folder, case, stem, path)
        if found is None:
            raise FormatError(f"{path}: there are no landmarks of it, {self._wanted(folder, case, stem, path)}")
        return found

    def _landmark_path(self, folder: Path, case: Case, stem: str, path: Path) -> Path | None:
        if self.landmarks is None:
            return _find_beside(folder, stem, path) if self.beside else None
        return None if self.landmarks.indices else self.landmarks.path(folder, _names(case, path))

    def _wanted(self, folder: Path, case: Case, stem: str, path: Path) -> str:
        """Where the landmarks of the mesh `path` should be, for people."""
        if self.landmarks is not None:
            return f"expected {self.landmarks.wanted(folder, _names(case, path))}"
        one = path.with_suffix("")
        video = f", or {folder / stem} for all of the video" if one != folder / stem else ""
        return f"expected {with_an_ending(one)}{video}; or name vertices by --pred-landmarks"


def _names(case: Case, path: Path) -> Mapping[str, str]:
    return {**case.names, "frame": path.stem}


def _find_beside(folder: Path, stem: str, path: Path) -> Path | None:
    """A frame's own landmarks, else the video's."""
    return the_one(landmarks_called(path.parent, path.stem)) or the_one(landmarks_called(folder, stem))


def _meshes_of(path: Path) -> list[Path]:
    """Of a prediction: itself, or its frames."""
    return [path] if path.is_file() else _meshes_in(path)


def _meshes_in(folder: Path) -> list[Path]:
    """A video's frames by name, without hidden files."""
    paths = (path for path in sorted(folder.iterdir()) if not path.name.startswith("."))
    return [path for path in paths if path.suffix.lower() in MESH_SUFFIXES and path.is_file()]


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
