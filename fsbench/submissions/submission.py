"""Submission: a method's files, read sample by sample."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fsbench.benchmarks import Benchmark
from fsbench.benchmarks.landmark_source import LandmarkSource
from fsbench.core.errors import FsbenchError, UsageError
from fsbench.core.mesh import Floats, Mesh
from fsbench.io.archive import open_folder
from fsbench.io.names import named
from fsbench.protocols.protocol import Prediction
from fsbench.submissions.adapter import AdapterLike
from fsbench.submissions.prediction_files import PredictionFiles

SETTINGS_BESIDE = ("changes", "landmarks", "pred_landmarks")
"""Options of the benchmark that a run's manifest keeps beside those of an adapter, if they are given."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One method's files for one benchmark; small, so that sending it to workers is cheap.

    Parameters
    ----------
    folder : str
        The method's files.
    adapter : AdapterLike, optional
        Brings meshes into a sample's camera frame. Benchmarks whose protocol declares a camera need one; others
        align predictions by themselves.
    source : str
        Name in a run, for the temporary folder of an archive; if empty, the folder's own name.
    is_unpacked : bool
        Whether an archive was unpacked into the folder.
    """

    folder: str | os.PathLike[str]
    adapter: AdapterLike | None = None
    source: str = ""
    is_unpacked: bool = False

    @property
    def shown(self) -> str:
        """Name of the folder in a run and in messages."""
        return self.source or str(self.folder)

    def check_benchmark(self, benchmark: Benchmark) -> None:
        """Refuse, before hours are spent, a benchmark on which every sample would fail.

        Raises
        ------
        UsageError
            If an adapter is missing, unsuitable or not wanted, or predictions cannot be in this folder.
        """
        if not Path(self.folder).exists():
            raise UsageError(f"{self.shown}: there is no such folder of predictions")
        if not benchmark.protocol.in_camera:
            if self.adapter is not None:
                raise UsageError(f"{benchmark.spec.name} aligns predictions by itself; leave the adapter out")
            benchmark.references.refuse_predictions(self.shown)
        elif self.adapter is None:
            raise UsageError(f"{benchmark.spec.name} keeps the camera: name the meshes' frame with an adapter")
        else:
            self.adapter.check_benchmark(in_the_lab=benchmark.in_the_lab)

    def load(self, benchmark: Benchmark, name: str) -> Prediction:
        """Read the prediction of a sample.

        Raises
        ------
        MissingError
            If there is none.
        FsbenchError
            If a file is unusable.
        """
        if self.adapter is not None:
            mesh = self.adapter.load(Path(self.folder), name, benchmark.focal_px(benchmark.sample(name)))
            named = benchmark.pred_landmarks
            if named is None or not named.indices:
                return Prediction(mesh)
            return Prediction(mesh, {"landmarks": self._landmarks(name, mesh, named)})
        protocol, files = benchmark.protocol, benchmark.references.sample_files(name)
        own = protocol.read_prediction(benchmark.settings, Path(self.folder), files)
        if own is None:
            return PredictionFiles.of(benchmark).read(Path(self.folder), files)
        marked = protocol.marked_mesh(benchmark.settings, Path(self.folder), files)
        if marked is None or benchmark.pred_landmarks is None:
            return own
        marks = PredictionFiles.of(benchmark).landmarks_on(marked, Path(self.folder), files)
        return replace(own, inputs={**own.inputs, "landmarks": marks})

    def _landmarks(self, name: str, mesh: Mesh, named: LandmarkSource) -> Floats:
        """Landmarks on a mesh that the adapter placed, by numbers in its file; in the mesh if no file is known."""
        path = next((path for path in self._adapter_files(name, meshes_only=True) if path.is_file()), None)
        return named.places.on_moved(mesh, path)

    def _adapter_files(self, name: str, *, meshes_only: bool = False) -> list[Path]:
        """Files that the adapter reads, in any spelling; the name itself where nothing is."""
        if self.adapter is None:
            return []
        folder, expected = Path(self.folder), self.adapter.files(name)
        names = [known for file in expected if file.is_mesh or not meshes_only for known in file.names]
        return [path for known in names for path in named(folder, known) or (folder / known,)]

    def files(self, benchmark: Benchmark, name: str) -> list[Path]:
        """Files of a sample's prediction, as far as they are known."""
        if self.adapter is not None:
            return self._adapter_files(name)
        files = benchmark.references.sample_files(name)
        try:
            own = benchmark.protocol.prediction_files(benchmark.settings, Path(self.folder), files)
            return PredictionFiles.of(benchmark).paths(Path(self.folder), files) if own is None else own
        except FsbenchError:  # the choice is not clear: the row of the sample reports it
            return []

    def is_plain(self, benchmark: Benchmark) -> bool:
        """Whether predictions are meshes with the names of samples, read by neither an adapter nor the protocol."""
        return self.adapter is None and not any(
            benchmark.protocol.prediction_files(
                benchmark.settings, Path(self.folder), benchmark.references.sample_files(sample.name)
            )
            is not None
            for sample in benchmark.samples[:1]
        )

    def is_missing(self, benchmark: Benchmark, name: str) -> bool:
        """Whether none of the sample's files is there; False where its files are not known."""
        known = self.files(benchmark, name)
        return bool(known) and not any(path.exists() for path in known)

    def settings(self, benchmark: Benchmark) -> dict[str, Any]:
        """How the files are read, for a run's manifest."""
        if self.adapter is None:
            return benchmark.choice.settings()
        said = benchmark.choice.settings()
        given = {key: said[key] for key in SETTINGS_BESIDE if said[key]}
        return {**self.adapter.settings(), **given}


@contextmanager
def open_submission(path: str | os.PathLike[str], adapter: AdapterLike | None = None) -> Iterator[Submission]:
    """Open a submission in a folder or an archive; an archive is unpacked until the block ends.

    Raises
    ------
    UsageError
        If there is no such folder or archive.
    FormatError
        If the archive is damaged, too large, or leads out of its folder.
    """
    with open_folder(path) as folder:
        yield Submission(str(folder), adapter, str(path), is_unpacked=not Path(path).is_dir())
