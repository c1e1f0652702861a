"""Scorer: predictions in memory against references that are prepared once; for training loops."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fsbench.benchmarks import Benchmark, Choice
from fsbench.core.mesh import Mesh
from fsbench.protocols.measurement import Scores
from fsbench.protocols.protocol import Prediction
from fsbench.scoring.loops import load_all


class Scorer:
    """Score arrays, without files; the same numbers as `fsbench score`.

    May be shared by threads and sent to processes; each process prepares its own references.
    The benchmark is as it was when the scorer was made, a reference as when it was first asked for.

    Parameters
    ----------
    benchmark : str
        Its name, e.g. "fswild", or the path of a .toml.
    root : path
        The benchmark's folder.
    threads : int
        Threads of every query.
    kept : int
        References kept prepared, the most recently used ones; each takes about 3 MB.
    choice : Choice, optional
        Landmarks, units and settings, where the protocol has them.

    Raises
    ------
    UsageError, ReferenceDataError
        As `Benchmark.open`.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import fsbench
    >>> from fsbench.sample import write
    >>> folder = TemporaryDirectory()
    >>> root = write(folder.name, n_wild=4, n_subjects=0, methods=["mean-face"]).folder
    >>> scorer = fsbench.Scorer("fswild", root)

    A network's output, here read from a file: vertices (V, 3) in the benchmark's camera frame.

    >>> mesh = fsbench.adapters.load("3DDFA_V2", root / "pred/wild_pred/mean-face", "000")
    >>> scores = scorer.score("000", mesh.vertices, mesh.faces)
    >>> 1 < scores.cd_mm < 10 and scores.cr > 0.8
    True
    >>> folder.cleanup()
    """

    def __init__(
        self, benchmark: str, root: str | Path, threads: int = 1, kept: int = 500, choice: Choice | None = None
    ) -> None:
        self._arguments = (benchmark, root, threads, kept, choice)
        self.benchmark = Benchmark.open(benchmark, root, choice)
        # Now: a process that forks while another thread compiles would wait for that thread for ever.
        load_all()
        self._threads = threads
        self._prepared = lru_cache(maxsize=kept)(self._prepare)

    def score(
        self, sample: str, vertices: npt.ArrayLike, faces: npt.ArrayLike, landmarks: npt.ArrayLike | None = None
    ) -> Scores:
        """Score one prediction.

        Parameters
        ----------
        sample : str
            Name in the benchmark.
        vertices : array_like or tensor, (V, 3)
            In the wild: ortho frame (x right, y up, z towards the viewer, the image is [-1, 1]^2),
            the face at negative z. In the lab: cv frame in any unit near one pupil distance. Where the protocol
            aligns: in any frame and unit.
        faces : array_like or tensor of int, (F, 3)
            Counter-clockwise as seen from outside.
        landmarks : array_like, (n, 3), optional
            On the prediction, where the protocol declares them.

        Raises
        ------
        MeshError, AlignmentError, MetricError
            If it cannot be scored; see the protocol's `compare`.
        """
        inputs = {} if landmarks is None else {"landmarks": np.asarray(landmarks, np.float64)}
        prediction = Prediction(Mesh(vertices, faces), inputs)
        return self.score_prediction(sample, prediction)

    def score_prediction(self, sample: str, prediction: Prediction) -> Scores:
        """Score a prediction that is more than one mesh: with what its protocol declares in `inputs`, or with frames.

        Raises
        ------
        MeshError, AlignmentError, MetricError
            As `score`.
        """
        return self.benchmark.compare(self._prepared(sample), prediction).scores

    def _prepare(self, sample: str) -> Any:
        return self.benchmark.prepare(sample, self._threads)

    def __reduce__(self) -> tuple[Any, ...]:
        return Scorer, self._arguments
