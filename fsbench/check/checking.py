"""Checking: examine a submission before an hour is spent on scoring it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from fsbench.benchmarks import Benchmark, Sample
from fsbench.benchmarks.cache import PreparedCache
from fsbench.check.alignment import check_alignment, of_prediction_counts
from fsbench.check.diagnosis import Diagnosis
from fsbench.check.evidence import Evidence
from fsbench.check.findings import Finding, worst
from fsbench.check.frame import check_frame, quick_check_frame
from fsbench.check.names import compare_names
from fsbench.check.reading import Progress, read_every
from fsbench.submissions.submission import Submission


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """The result of a check.

    Attributes
    ----------
    findings : tuple of Finding
        In the order in which they are to be read; the last one is the verdict.
    evidence : tuple of Evidence
        The samples that were looked at through their camera.
    diagnosis : Diagnosis or None
        Of the frame; None if there was nothing to look at, or the frame does not matter.
    """

    findings: tuple[Finding, ...]
    evidence: tuple[Evidence, ...] = ()
    diagnosis: Diagnosis | None = None

    @property
    def verdict(self) -> str:
        """ "ok", "note" or "wrong"."""
        return worst(self.findings)


def check(
    benchmark: Benchmark,
    submission: Submission,
    samples: Sequence[Sample] | None = None,
    jobs: int = 1,
    *,
    every: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Check all files, and some of the meshes: their frame where the camera shows it, else whether they have a score.

    Parameters
    ----------
    benchmark : Benchmark
    submission : Submission
    samples : sequence of Sample, optional
        Only these; all without it.
    jobs : int
        Samples looked at side by side.
    every : bool
        Read every prediction, not only some.
    progress : callable, optional
        If `every` is true, called with the number of predictions to read; returns a function to call with the record of
        each.

    Raises
    ------
    UsageError
        If the submission does not go with the benchmark.
    """
    submission.check_benchmark(benchmark)
    read = partial(read_every, benchmark, submission, jobs=jobs, progress=progress) if every else None
    if benchmark.protocol.has_depth_view:
        return Report(*check_frame(benchmark, submission, samples, jobs, read))
    return Report(check_alignment(benchmark, submission, samples, read))


def quick(
    benchmark: Benchmark,
    submission: Submission,
    samples: Sequence[Sample] | None = None,
    cache: PreparedCache | None = None,
) -> tuple[Finding, ...]:
    """The quick part of a check: names of files, and two samples if the frame matters.

    It returns only faults, and a note on vertices that no face uses.

    Parameters, errors
        As `check`; `cache` may hold prepared references.
    """
    if benchmark.protocol.has_depth_view:
        return quick_check_frame(benchmark, submission, samples, cache)
    if not submission.is_plain(benchmark):
        return ()
    folder, chosen = Path(submission.folder), benchmark.samples if samples is None else samples
    names = str(compare_names(benchmark, folder, chosen))
    found = [Finding("wrong", "files", names)] if names else []
    return (*found, *of_prediction_counts(benchmark, folder, chosen))
