"""Reading: every prediction, as scoring reads it, to name the ones that would have no score."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from statistics import median_high

from fsbench.benchmarks import Benchmark, Sample
from fsbench.check.findings import Finding, counted
from fsbench.core.errors import FsbenchError, MissingError
from fsbench.geometry.moving import diagonal
from fsbench.runs import Record
from fsbench.submissions.submission import Submission

Progress = Callable[[int], AbstractContextManager[Callable[[Record], None]]]
"""Told how many predictions will be read, gives what is called with a record for each."""

_OTHER_SIZE, _FEW = 8.0, 3
"""A mesh so many times larger or smaller than most of several is named. Ours: faces fill an image by 1 to 6 times."""
_AT_ONE_PLACE = "all vertices are at one place"


@dataclass(frozen=True, slots=True)
class Reading:
    """The result of reading: `troubles` by the sample's name, and the number of predictions read."""

    n_samples: int
    troubles: dict[str, str]

    def findings(self) -> list[Finding]:
        """A line for every prediction that cannot be used, and one for all."""
        if not self.troubles:
            return [Finding("ok", "reading", f"all {self.n_samples} predictions were read, each can be used")]
        of = f"{counted(len(self.troubles), 'prediction')} of {self.n_samples}"
        bad = [Finding("wrong", name, trouble) for name, trouble in self.troubles.items()]
        return [
            Finding("wrong", "reading", f"{of} cannot be used or differ from the others, see the lines that follow"),
            *bad,
        ]


def read_every(
    benchmark: Benchmark,
    submission: Submission,
    samples: Sequence[Sample],
    jobs: int = 1,
    progress: Progress | None = None,
) -> Reading:
    """Read the predictions of samples with all that belongs to them; none is kept, so memory holds `jobs` of them.

    Parameters
    ----------
    benchmark, submission, samples
        The predictions to read.
    jobs : int
        Files read at once.
    progress : callable, optional
        See `Progress`.
    """
    troubles, sizes = {}, {}
    shown = nullcontext(_say_nothing) if progress is None else progress(len(samples))
    with shown as seen, ThreadPoolExecutor(safe_jobs(submission, samples, jobs)) as pool:
        found = pool.map(lambda one: _look(benchmark, submission, one), samples)
        for sample, (trouble, size) in zip(samples, found, strict=True):
            if trouble:
                troubles[sample.name] = trouble
            else:
                sizes[sample.name] = size
            seen(Record(sample.name, "invalid" if trouble else "ok", trouble))
    return Reading(len(samples), troubles | _of_another_size(sizes))


def _say_nothing(record: Record) -> None:
    """Progress that is not shown."""


def safe_jobs(submission: Submission, samples: Sequence[Sample], jobs: int) -> int:
    """1 for a function of the user's own, which may keep state, and whose prints are redirected for all threads."""
    adapter = submission.adapter
    return 1 if adapter is not None and samples and not adapter.files(samples[0].name) else jobs


def _of_another_size(sizes: Mapping[str, float]) -> dict[str, str]:
    """What to say of the meshes, by sample, that are many times larger or smaller than most; `sizes` are diagonals."""
    usual = median_high(sizes.values()) if len(sizes) >= _FEW else 0.0
    others = {name: size for name, size in sizes.items() if not usual < _OTHER_SIZE * size < _OTHER_SIZE**2 * usual}
    if 2 * len(others) >= len(sizes):
        # Of two sizes nobody knows which is right; a mesh at one place is wrong beside any.
        others = {name: size for name, size in others.items() if not size}
    return {
        name: f"{size / usual:.3g} times as large as most of the others: in another unit?" if size else _AT_ONE_PLACE
        for name, size in others.items()
    }


def _look(benchmark: Benchmark, submission: Submission, sample: Sample) -> tuple[str, float]:
    """Why a prediction cannot be used, or else the diagonal of its box; the other is empty, or 0."""
    try:
        prediction = submission.load(benchmark, sample.name)
    except MissingError as error:
        return f"no prediction: {error}", 0.0
    except (FsbenchError, OSError) as error:
        return str(error), 0.0
    if benchmark.protocol.in_camera and not prediction.mesh.n_faces:
        return f"the mesh has {prediction.mesh.n_vertices} vertices but no faces: a point cloud has no surface", 0.0
    return "", diagonal(prediction.mesh.vertices)
