"""Predictions in any frame: a mesh, or a video's frames, with the landmarks that belong to them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from fsbench.benchmarks import Benchmark
from fsbench.benchmarks.landmark_source import LandmarkSource, landmarks_of, n_landmarks_in
from fsbench.core.errors import FormatError, MissingError
from fsbench.core.mesh import Floats, Mesh
from fsbench.geometry.mean_mesh import alignments_to_first, mean_of
from fsbench.io import MESH_SUFFIXES, read_mesh
from fsbench.io.folders import landmarks_called, the_one, with_an_ending
from fsbench.io.names import folder_named, named
from fsbench.io.unread import instead_of
from fsbench.protocols.files import SampleFiles
from fsbench.protocols.protocol import Prediction


@dataclass(frozen=True, slots=True)
class PredictionFiles:
    """How predictions are found and read.

    Attributes
    ----------
    landmarks : LandmarkSource or None
        Source that the user names.
    landmarks_beside : bool
        Whether, without `landmarks`, each mesh needs a file of landmarks with its name beside it.
    folders : bool
        Whether a sample may be a folder of frames.
    frames : {"one", "each", "mean"}
        Treatment of several frames: compare each, or their mean.
    """

    landmarks: LandmarkSource | None
    landmarks_beside: bool
    folders: bool
    frames: str

    @classmethod
    def of(cls, benchmark: Benchmark) -> "PredictionFiles":
        """From the declarations of the benchmark's protocol and the user's choice of landmarks."""
        protocol, frames = benchmark.protocol, str(benchmark.spec.raw.get("frames", "one"))
        landmarks_beside = protocol.landmarks_beside(benchmark.settings)
        return cls(benchmark.pred_landmarks, landmarks_beside, "frames" in protocol.prediction_inputs, frames)

    def read(self, folder: Path, files: SampleFiles) -> Prediction:
        """The prediction of a sample; for a video, its first frame by name, with the others.

        Raises
        ------
        MissingError
            If there is no mesh.
        FormatError, MeshError
            If a file is unusable, or a mesh lacks the landmarks that it needs: it is unusable, not absent.
        """
        found = self._candidates(folder, files)
        if not found:
            raise MissingError(
                f"no prediction: there is no {folder / files.predictions[0]} with {', '.join(MESH_SUFFIXES)}"
                f"{self.instead_of(folder, files)}"
            )
        if len(found) > 1:
            raise FormatError(f"{found[0][1]} and {found[1][1]} could both be the prediction: leave one")
        stem, path = found[0]
        frames = [self._frame(folder, files, stem, one) for one in _meshes_of(path)]
        return frames[0] if path.is_file() else self._video(frames)

    def landmarks_on(self, path: Path, folder: Path, files: SampleFiles) -> Floats:
        """The named landmarks of the mesh `path`, (n, 3) in its unit.

        Raises
        ------
        FormatError, MeshError
            If they are not there or unusable.
        """
        assert self.landmarks is not None, "asked for only where they are named"
        if self.landmarks.indices:
            return self.landmarks.places.on(path)
        return landmarks_of(path, self._needed_file(folder, files, files.predictions[0], path))

    def found(self, folder: Path, files: SampleFiles) -> list[Path]:
        """The file, or folder of frames, of the sample; several if the choice is not clear."""
        return [path for _, path in self._candidates(folder, files)]

    def instead_of(self, folder: Path, files: SampleFiles) -> str:
        """The file found in place of a missing prediction, see `unread.instead_of`."""
        wanted = folder / files.predictions[0]
        return instead_of(wanted.parent, *(f"{wanted.name}{suffix}" for suffix in MESH_SUFFIXES))

    def n_landmarks(self, folder: Path, files: SampleFiles, *, read: bool = True) -> list[int]:
        """Number of landmarks of each mesh of a sample, from their files; empty if not `read`.

        Raises
        ------
        FormatError
            If a file is not there, not clear or unusable.
        """
        if self.landmarks is not None and self.landmarks.indices:
            return [len(self.landmarks.indices)]
        if self.landmarks is None and not self.landmarks_beside:
            return []
        meshes = [(stem, mesh) for stem, path in self._candidates(folder, files) for mesh in _meshes_of(path)]
        marks = [self._needed_file(folder, files, stem, mesh) for stem, mesh in meshes]
        return [n_landmarks_in(path) for path in dict.fromkeys(marks)] if read else []

    def paths(self, folder: Path, files: SampleFiles) -> list[Path]:
        """All files of a sample that are there now, landmarks too; FormatError if it is not clear which they are."""
        found = []
        for stem, path in self._candidates(folder, files):
            for mesh in _meshes_of(path):
                marks = self._landmark_path(folder, files, stem, mesh)
                found += [mesh] if marks is None else [mesh, marks]
        return found

    def _candidates(self, folder: Path, files: SampleFiles) -> list[tuple[str, Path]]:
        """Every file, or folder with frames, that could be the prediction, with its name below the folder."""
        found = []
        for stem in files.predictions:
            found += [(stem, path) for suffix in MESH_SUFFIXES for path in named(folder, f"{stem}{suffix}")]
            frames = folder
            for part in PurePosixPath(stem).parts if self.folders else ():
                frames = folder_named(frames, part)
            if self.folders and frames.is_dir() and _meshes_in(frames):
                found.append((stem, frames))
        return [one for i, one in enumerate(found) if not any(one[1].samefile(other) for _, other in found[:i])]

    def _video(self, frames: list[Prediction]) -> Prediction:
        if self.frames == "each":
            return replace(frames[0], others=tuple(frames[1:]))
        meshes = [frame.mesh for frame in frames]
        counts = sorted({len(frame.landmarks) for frame in frames if frame.landmarks is not None})
        if len(counts) > 1:
            raise FormatError(
                f"the frames have {' and '.join(map(str, counts))} landmarks: only equal numbers can be averaged"
            )
        alignments = alignments_to_first(meshes)
        mean = Mesh(mean_of([mesh.vertices for mesh in meshes], alignments), meshes[0].faces)
        marks = [frame.landmarks for frame in frames if frame.landmarks is not None]
        return _prediction(mean, mean_of(marks, alignments) if marks else None, len(frames))

    def _frame(self, folder: Path, files: SampleFiles, stem: str, path: Path) -> Prediction:
        mesh = read_mesh(path)
        if self.landmarks is None and not self.landmarks_beside:
            return Prediction(mesh)
        if self.landmarks is not None and self.landmarks.indices:
            return _prediction(mesh, self.landmarks.read(folder, _names(files, path), path))
        return _prediction(mesh, landmarks_of(path, self._needed_file(folder, files, stem, path)))

    def _needed_file(self, folder: Path, files: SampleFiles, stem: str, path: Path) -> Path:
        """The file with the landmarks of the mesh `path`; FormatError if there is none."""
        found = self._landmark_path(folder, files, stem, path)
        if found is None:
            raise FormatError(f"{path}: there are no landmarks of it, {self._wanted(folder, files, stem, path)}")
        return found

    def _landmark_path(self, folder: Path, files: SampleFiles, stem: str, path: Path) -> Path | None:
        if self.landmarks is None:
            return _find_beside(folder, files, stem, path) if self.landmarks_beside else None
        return None if self.landmarks.indices else self.landmarks.path(folder, _names(files, path))

    def _wanted(self, folder: Path, files: SampleFiles, stem: str, path: Path) -> str:
        """Where the landmarks of the mesh `path` should be, for people."""
        if self.landmarks is not None:
            return f"expected {self.landmarks.wanted(folder, _names(files, path))}"
        one = path.with_name(files.landmarks) if files.landmarks else path.with_suffix("")
        video = f", or {folder / stem} for all of the video" if path.with_suffix("") != folder / stem else ""
        return f"expected {with_an_ending(one)}{video}; or name vertices by --pred-landmarks"


def _prediction(mesh: Mesh, landmarks: Floats | None, n_averaged: int = 1) -> Prediction:
    inputs = {} if landmarks is None else {"landmarks": landmarks}
    return Prediction(mesh, inputs, n_averaged=n_averaged)


def _names(files: SampleFiles, path: Path) -> Mapping[str, str]:
    return {**files.names, "frame": path.stem}


def _find_beside(folder: Path, files: SampleFiles, stem: str, path: Path) -> Path | None:
    """The landmarks with the name that the layout gives, else the frame's own, else the video's."""
    if files.landmarks:
        return the_one(landmarks_called(path.parent, files.landmarks))
    return the_one(landmarks_called(path.parent, path.stem)) or the_one(landmarks_called(folder, stem))


def _meshes_of(path: Path) -> list[Path]:
    """The mesh files of a prediction: the file itself, or its frames."""
    return [path] if path.is_file() else _meshes_in(path)


def _meshes_in(folder: Path) -> list[Path]:
    """A video's frames by name, without hidden files."""
    paths = (path for path in sorted(folder.iterdir()) if not path.name.startswith("."))
    return [path for path in paths if path.suffix.lower() in MESH_SUFFIXES and path.is_file()]
