"""Submission: what a method hands in, ready to be read sample by sample."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fsbench.benchmarks import Benchmark
from fsbench.core.errors import FsbenchError, UsageError
from fsbench.io.archive import open_folder
from fsbench.io.names import named
from fsbench.protocols.protocol import Prediction
from fsbench.submissions.adapter import AdapterLike
from fsbench.submissions.prediction_files import PredictionFiles


@dataclass(frozen=True, slots=True)
class Submission:
    """One method's files for one benchmark; small, so that it travels to workers cheaply.

    Parameters
    ----------
    folder : str
        The method's files.
    adapter : AdapterLike, optional
        Brings meshes into a sample's camera frame. Benchmarks whose protocol declares a camera need one; others find
        how a prediction stands.
    source : str
        What to call the folder in a run, where it is only an archive's temporary one; the folder itself if empty.
    is_unpacked : bool
        Whether the folder is what an archive was unpacked into.
    """

    folder: str | os.PathLike[str]
    adapter: AdapterLike | None = None
    source: str = ""
    is_unpacked: bool = False

    @property
    def shown(self) -> str:
        """What to call the folder in a run and in messages."""
        return self.source or str(self.folder)

    def check_benchmark(self, benchmark: Benchmark) -> None:
        """Refuse, before hours are spent, a benchmark on which every sample would fail.

        Raises
        ------
        UsageError
            If an adapter is lacking, cannot work there or is not wanted, or predictions cannot be in this folder.
        """
        if not benchmark.protocol.in_camera:
            if self.adapter is not None:
                raise UsageError(f"{benchmark.spec.name} finds how a prediction stands; leave the adapter out")
            benchmark.references.refuse_predictions(self.shown)
        elif self.adapter is None:
            raise UsageError(f"{benchmark.spec.name} keeps the camera: say by an adapter in which frame the meshes are")
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
            sample = benchmark.sample(name)
            return Prediction(self.adapter.load(Path(self.folder), name, benchmark.focal_px(sample)))
        protocol, files = benchmark.protocol, benchmark.references.sample_files(name)
        own = protocol.read_prediction(benchmark.settings, Path(self.folder), files)
        return own or PredictionFiles.of(benchmark).read(Path(self.folder), files)

    def files(self, benchmark: Benchmark, name: str) -> list[Path]:
        """Files of a sample's prediction, as far as they are known."""
        if self.adapter is not None:
            folder, names = Path(self.folder), [known for file in self.adapter.files(name) for known in file.names]
            # In any spelling; the name itself where nothing is.
            return [path for known in names for path in named(folder, known) or (folder / known,)]
        files = benchmark.references.sample_files(name)
        try:
            own = benchmark.protocol.prediction_files(benchmark.settings, Path(self.folder), files)
            return PredictionFiles.of(benchmark).paths(Path(self.folder), files) if own is None else own
        except FsbenchError:  # not clear which: the sample will say so
            return []

    def is_plain(self, benchmark: Benchmark) -> bool:
        """Whether a prediction is a mesh of the sample's name, and neither adapter nor protocol reads files its way."""
        return self.adapter is None and not any(
            benchmark.protocol.prediction_files(
                benchmark.settings, Path(self.folder), benchmark.references.sample_files(sample.name)
            )
            is not None
            for sample in benchmark.samples[:1]
        )

    def is_missing(self, benchmark: Benchmark, name: str) -> bool:
        """Whether there is no prediction of a sample, told by its files, as far as they are known."""
        if self.is_plain(benchmark):
            files = benchmark.references.sample_files(name)
            return not PredictionFiles.of(benchmark).found(Path(self.folder), files)
        known = self.files(benchmark, name)
        return bool(known) and not any(path.exists() for path in known)

    def settings(self, benchmark: Benchmark) -> dict[str, Any]:
        """How the files are read, for a run's manifest."""
        if self.adapter is None:
            return benchmark.choice.settings()
        changes = benchmark.choice.changes
        return {**self.adapter.settings(), **({"changes": list(changes)} if changes else {})}


@contextmanager
def open_submission(path: str | os.PathLike[str], adapter: AdapterLike | None = None) -> Iterator[Submission]:
    """A submission in a folder or an archive, which is unpacked for the time being.

    Raises
    ------
    UsageError
        If there is no such folder or archive.
    FormatError
        If the archive is damaged, too large, or leads out of its folder.
    """
    with open_folder(path) as folder:
        yield Submission(str(folder), adapter, str(path), is_unpacked=not Path(path).is_dir())
