"""Scorer: scores predictions in memory against references that are prepared once; for training loops."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from fsbench.benchmarks import Benchmark, Choice
from fsbench.core.arrays import as_floats
from fsbench.core.counts import require_count
from fsbench.core.errors import FormatError, MeshError, UsageError
from fsbench.core.memory import keep_freed_memory
from fsbench.core.mesh import Floats, Mesh
from fsbench.protocols.measurement import Scores
from fsbench.protocols.protocol import Prediction
from fsbench.scoring.batches import arrays_of, landmarks_of, rows_of
from fsbench.scoring.loops import load_all
from fsbench.submissions.steps import lab_scale

if TYPE_CHECKING:
    import pandas as pd


class Scorer:
    """Score arrays, without files; the same numbers as `fsbench score`.

    May be shared by threads and sent to processes; each process prepares its own references.
    The benchmark is read when the scorer is made, a reference when it is first used; later changes go unnoticed.

    Parameters
    ----------
    benchmark : str
        Its name, e.g. "fswild", or the path of a .toml.
    root : path
        The benchmark's folder.
    threads : int
        Threads of every query.
    kept : int
        Number of prepared references that are kept, the most recently used ones; each takes about 3 MB.
    choice : Choice, optional
        Landmarks, units and settings, where the protocol has them.

    Raises
    ------
    UsageError
        If `threads` or `kept` is no such number; else as `Benchmark.open`.
    ReferenceDataError
        As `Benchmark.open`.

    Notes
    -----
    From the first scorer on, the process keeps memory that arrays free, up to 64 MB for each thread, and does not hand
    it back after each sample (GNU C library).

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
    >>> scorer.samples[:4]
    ('000', '001', '002', '003')
    >>> folder.cleanup()
    """

    def __init__(
        self, benchmark: str, root: str | Path, threads: int = 1, kept: int = 500, choice: Choice | None = None
    ) -> None:
        threads, kept = require_count("threads", threads), require_count("kept", kept, least=0)
        self.benchmark = Benchmark.open(benchmark, root, choice)
        # Absolute, as it may be sent to a process after the working directory has changed.
        name = str(Path(benchmark).absolute()) if benchmark.endswith(".toml") else benchmark
        here = self.benchmark.choice.with_absolute_paths(self.benchmark.protocol.file_settings)
        self._arguments = (name, Path(root).absolute(), threads, kept, here)
        # Compile now: a process that forks while another thread compiles would wait for that thread for ever.
        load_all()
        keep_freed_memory()
        self._threads = threads
        self._prepared = lru_cache(maxsize=kept)(self._prepare)

    @property
    def samples(self) -> tuple[str, ...]:
        """Names of the benchmark's samples, in its order: what `score` takes."""
        return tuple(sample.name for sample in self.benchmark.samples)

    # Annotations as text: help() would write out what an ArrayLike is, a screen of it.
    def score(
        self,
        sample: str,
        vertices: "npt.ArrayLike",
        faces: "npt.ArrayLike",
        landmarks: "npt.ArrayLike | None" = None,
    ) -> Scores:
        """Score one prediction.

        Parameters
        ----------
        sample : str
            Name in the benchmark.
        vertices : array_like or tensor, (V, 3)
            In the wild: ortho frame (x right, y up, z towards the viewer, the image is [-1, 1]^2),
            the face at negative z. In the lab: cv frame (x right, y down, z away from the pinhole at the origin), in
            any unit. Where the protocol aligns: in any frame and unit.
        faces : array_like or tensor of int, (F, 3)
            Counter-clockwise as seen from outside.
        landmarks : array_like, (n, 3), optional
            On the prediction, where the protocol declares them; those that `choice` names by vertex need not be given.

        Raises
        ------
        UsageError
            If the benchmark starts from landmarks and there are none, or there are some that nothing would use.
        MeshError, AlignmentError, MetricError
            If it cannot be scored; see the protocol's `compare`.
        """
        mesh = Mesh(vertices, faces)
        scale = lab_scale(mesh) if self.benchmark.in_the_lab else 1.0
        if scale != 1:
            mesh = mesh.with_vertices(mesh.vertices * scale)
            landmarks = None if landmarks is None else as_floats(landmarks, "landmarks") * scale
        marks = self._landmarks(mesh, landmarks)
        return self.score_prediction(sample, Prediction(mesh, {} if marks is None else {"landmarks": marks}))

    def score_batch(
        self, samples: Sequence[str], vertices: Any, faces: Any = None, landmarks: Any = None, threads: int = 1
    ) -> "pd.DataFrame":
        """Score a batch of predictions, as many at once as there are threads; the same numbers as `score`.

        Parameters
        ----------
        samples : sequence of str
            B names in the benchmark.
        vertices : array_like or tensor, (B, V, 3)
            As of `score`; or a sequence of B arrays (V, 3), which may differ in V, or of B meshes of fsbench, trimesh
            or open3d.
        faces : array_like or tensor of int, (F, 3) or (B, F, 3), optional
            (F, 3) serves all predictions; or a sequence of B arrays. Leave it out where `vertices` are meshes.
        landmarks : array_like or tensor, (B, n, 3), optional
            As of `score`; or a sequence of B arrays (n, 3).
        threads : int
            Predictions scored at once. References are prepared on the same threads.

        Returns
        -------
        pandas.DataFrame
            One row a prediction, in the given order: `sample`, `status`, `reason` and the metrics, as in samples.csv. A
            prediction that cannot be scored is a row without numbers.

        Raises
        ------
        UsageError
            If a name is no sample, or there are not B of everything; else as `score`.
        MeshError
            If the whole of `vertices` or `faces` is no array.
        """
        names = [samples] if isinstance(samples, str) else list(samples)
        meshes, marks = arrays_of(vertices, faces, len(names)), landmarks_of(landmarks, len(names))
        for unknown in set(names) - set(self.samples):
            self.benchmark.sample(unknown)
        return rows_of(names, self.benchmark.metrics, threads, lambda i: self.score(names[i], *meshes[i], marks[i]))

    def _landmarks(self, mesh: Mesh, given: npt.ArrayLike | None) -> Floats | None:
        """Landmarks of a prediction (n, 3): those given, or the vertices that the choice names."""
        benchmark, named = self.benchmark, self.benchmark.pred_landmarks
        needed = named is not None or benchmark.protocol.landmarks_beside(benchmark.settings)
        if given is not None:
            if not needed:
                raise UsageError(
                    f"{benchmark.spec.name} was opened without landmarks, so it would not use these: pass "
                    "choice=fsbench.Choice(landmarks=..., pred_landmarks=...) to Scorer, or leave them out"
                )
            return as_floats(given, "landmarks")
        if named is not None and named.indices:
            try:
                return named.places.on_moved(mesh, None)
            except (FormatError, MeshError) as error:
                raise UsageError(f"pred_landmarks: {error}") from error
        if needed:
            raise UsageError(f"{benchmark.spec.name} starts from landmarks: pass landmarks=, (n, 3), on the prediction")
        return None

    def score_prediction(self, sample: str, prediction: Prediction) -> Scores:
        """Score a prediction that is more than one mesh: it has further `inputs` that its protocol declares, or frames.

        Raises
        ------
        MeshError, AlignmentError, MetricError
            As `score`.
        """
        if not isinstance(sample, str):
            # A name of this type may not be hashable; the error says how samples are named.
            self.benchmark.sample(sample)
        return self.benchmark.compare(self._prepared(sample), prediction).scores

    def _prepare(self, sample: str) -> Any:
        return self.benchmark.prepare(sample, self._threads)

    def __reduce__(self) -> tuple[Any, ...]:
        return Scorer, self._arguments
