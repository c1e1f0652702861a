"""Check predictions in the camera frame: whether all files are there and whole, and meshes where references are."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from fsbench.benchmarks import Benchmark, Sample
from fsbench.benchmarks.cache import PreparedCache
from fsbench.check import sentences
from fsbench.check.counts import of_counts
from fsbench.check.diagnosis import GOOD, Diagnosis, diagnose
from fsbench.check.evidence import Evidence, gather
from fsbench.check.expected_scores import expected_scores
from fsbench.check.files import look_through
from fsbench.check.findings import Finding, counted, some
from fsbench.check.health import examine
from fsbench.check.landmarks import of_named_vertices
from fsbench.check.misfit import misfit
from fsbench.check.reading import Reading, safe_jobs
from fsbench.check.spread import cells, spread
from fsbench.check.surplus import of_surplus
from fsbench.core.errors import FsbenchError, ReferenceDataError
from fsbench.geometry.rays import is_available, load_backend
from fsbench.protocols.facescape.protocol import CylinderMeasurement
from fsbench.submissions import Adapter, AdapterLike
from fsbench.submissions.submission import Submission

T = TypeVar("T")
R = TypeVar("R")

_QUICK_SAMPLES = 2
_MATCHES = 0.12
"""Mean misfit of what stands right beyond doubt, so that nothing else is tried; mirrored frontal faces have 0.15."""

_MOST_FACES = 500_000
_TOPICS = ("files", "reading", "faces", "mesh", "frame", "place", "landmarks")


def check_frame(
    benchmark: Benchmark,
    submission: Submission,
    samples: Sequence[Sample] | None = None,
    jobs: int = 1,
    read: Callable[[Sequence[Sample]], Reading] | None = None,
) -> tuple[tuple[Finding, ...], tuple[Evidence, ...], Diagnosis | None]:
    """Check all files, and a spread of the meshes.

    Parameters
    ----------
    benchmark : Benchmark
    submission : Submission
    samples : sequence of Sample, optional
        Only these; all without it.
    jobs : int
        Samples looked at side by side.
    read : callable, optional
        Reads every prediction; those that cannot be used are named, and not looked at.

    Raises
    ------
    UsageError
        If the adapter cannot work on the benchmark.
    """
    adapter, folder = _read_by(submission), Path(submission.folder)
    chosen = benchmark.samples if samples is None else tuple(samples)
    usable = _with_reference(benchmark, chosen)
    if not usable:
        raise ReferenceDataError(
            f"{benchmark.root}: none of the {len(chosen)} samples asked for has its reference there"
        )
    n_lacking = len(chosen) - len(usable)
    there, findings = _presence(benchmark, adapter, folder, usable, n_lacking, every=read is not None)
    jobs = safe_jobs(submission, chosen, jobs)
    if read is not None:
        reading = read(there)
        findings += reading.findings()
        there = [sample for sample in there if sample.name not in reading.troubles]
    load_backend()
    evidence, trouble = _gather(benchmark, adapter, folder, spread(benchmark.spec, there), jobs)
    findings += trouble
    findings += sentences.of_loading(evidence)
    own = [one for one in evidence if one.own is not None]
    healths = _map(lambda one: examine(one.own.mesh), own, jobs)  # type: ignore[union-attr]
    findings += sentences.of_health([one.sample.name for one in own], healths)
    # A file that cannot be read is broken, which is no sign of a wrong frame.
    seen = [one for one in evidence if one.view_fits]
    diagnosis = diagnose(seen) if seen else None
    if diagnosis is not None:
        findings.append(sentences.of_frame(diagnosis, adapter, seen, folder))
        if diagnosis.is_good:
            findings += sentences.of_place(seen)
            findings += [found for one in own[:1] for found in of_named_vertices(benchmark, submission, one.sample)]
    in_place = diagnosis is not None and diagnosis.is_good and not diagnosis.inverted
    scored = _scored(benchmark, own, jobs, in_place)
    findings += [finding for finding, _ in scored]
    if in_place:
        findings += of_surplus([found for _, found in scored if found is not None], adapter, folder)
    return (*findings, _verdict(findings, len(evidence))), tuple(evidence), diagnosis


def quick_check_frame(
    benchmark: Benchmark,
    submission: Submission,
    samples: Sequence[Sample] | None = None,
    cache: PreparedCache | None = None,
) -> tuple[Finding, ...]:
    """The quick part of a check: all files, and the places of two samples.

    It returns only faults, and a note on vertices that no face uses.

    Parameters, errors
        As `check_frame`; `cache` may hold prepared references.
    """
    adapter, folder = _read_by(submission), Path(submission.folder)
    chosen = benchmark.samples if samples is None else tuple(samples)
    usable = _with_reference(benchmark, chosen)
    if not usable:
        return ()
    there, findings = _presence(benchmark, adapter, folder, usable, len(chosen) - len(usable))
    groups = list(cells(benchmark.spec, there).values())
    # The last bins have the most yaw: there a mirrored face shows.
    some_of = [members[len(members) // 2] for members in groups[-1:] + groups[len(groups) // 2 - 1 : len(groups) // 2]]
    some_of = some_of[:_QUICK_SAMPLES]
    glances = [_glance(benchmark, adapter, folder, sample, cache) for sample in some_of]
    mean = sum(seen for seen, _ in glances) / max(len(glances), 1)
    if mean <= _MATCHES:
        pass
    elif max((n_faces for _, n_faces in glances), default=0) > _MOST_FACES or not is_available():
        # Trying all changes takes seconds and much memory, too much for a check before a run.
        findings += [sentences.of_misplaced(mean)] if mean > GOOD else []
    else:
        evidence, _ = _gather(benchmark, adapter, folder, some_of, 1, cache)
        findings += sentences.of_loading(evidence)
        seen = [one for one in evidence if one.view_fits]
        if seen:
            findings.append(sentences.of_frame(diagnose(seen), adapter, seen, folder))
    return tuple(finding for finding in findings if finding.verdict == "wrong" or finding.topic == "vertices")


def _read_by(submission: Submission) -> AdapterLike:
    assert submission.adapter is not None, "predictions in the camera frame are read by an adapter"
    return submission.adapter


def _glance(
    benchmark: Benchmark, adapter: AdapterLike, folder: Path, sample: Sample, cache: PreparedCache | None
) -> tuple[float, int]:
    """Misfit and number of triangles; 1 and 0 if there is nothing to look at."""
    try:
        mesh = adapter.load(folder, sample.name, benchmark.focal_px(sample))
        return misfit(benchmark.prepare(sample, cache=cache), mesh), mesh.n_faces
    except FsbenchError:
        return 1.0, 0


def _with_reference(benchmark: Benchmark, samples: Sequence[Sample]) -> list[Sample]:
    lacking = set(benchmark.missing_references())
    return [sample for sample in samples if sample.name not in lacking]


def _presence(
    benchmark: Benchmark,
    adapter: AdapterLike,
    folder: Path,
    usable: Sequence[Sample],
    n_lacking: int,
    *,
    every: bool = False,
) -> tuple[list[Sample], list[Finding]]:
    """The samples with a mesh, of those with a reference, and the findings on files; others lack a reference."""
    names = [sample.name for sample in usable]
    others = {sample.name for sample in benchmark.samples} - set(names)
    files = look_through(folder, adapter, names, sorted(others))
    missing = set(files.missing)
    there = [sample for sample in usable if sample.name not in missing]
    findings = list(sentences.of_files(files, adapter, n_lacking))
    keeps_unused = isinstance(adapter, Adapter) and adapter.mesh.endswith(".ply")
    findings += of_counts([folder / name for name in files.meshes], keeps_unused=keeps_unused, every=every)
    return there, findings


def _gather(
    benchmark: Benchmark,
    adapter: AdapterLike,
    folder: Path,
    samples: Sequence[Sample],
    jobs: int,
    cache: PreparedCache | None = None,
) -> tuple[list[Evidence], list[Finding]]:
    def one(sample: Sample) -> Evidence | Finding:
        try:
            return gather(benchmark, adapter, folder, sample, cache)
        except ReferenceDataError as error:
            return Finding("note", sample.name, f"cannot be looked at: {error}")

    found = _map(one, samples, jobs)
    evidence = [item for item in found if isinstance(item, Evidence)]
    return evidence, [item for item in found if isinstance(item, Finding)]


def _scored(
    benchmark: Benchmark, evidence: Sequence[Evidence], jobs: int, in_place: bool
) -> list[tuple[Finding, tuple[Evidence, CylinderMeasurement] | None]]:
    """ExpectedScores of one sample from every cell, with its evidence."""
    by_name = {one.sample.name: one for one in evidence}
    groups = cells(benchmark.spec, [one.sample for one in evidence])
    shown = [(labels, by_name[members[0].name]) for labels, members in groups.items()]

    def figure(
        item: tuple[tuple[str, ...], Evidence],
    ) -> tuple[Finding, tuple[Evidence, CylinderMeasurement] | None]:
        labels, one = item
        assert one.own is not None
        misfit = next((view_fit.misfit for suspect, view_fit in one.view_fits.values() if suspect.cost == 0), 1.0)
        found = expected_scores(one.prepared, one.own.mesh)
        finding = sentences.of_figures(
            one.sample.name, " ".join(labels), misfit, found, in_place, one.focal_px is not None
        )
        return finding, None if found.measured is None else (one, found.measured)

    return _map(figure, shown, jobs)


def _verdict(findings: Sequence[Finding], looked_at: int) -> Finding:
    wrong = [finding for finding in findings if finding.verdict == "wrong"]
    if wrong:
        # Topics before samples: a wrong frame explains why samples have no score.
        topics = some(sorted({finding.topic for finding in wrong}, key=lambda topic: (topic not in _TOPICS, topic)))
        return Finding(
            "wrong", "verdict", f"{counted(len(wrong), 'thing')} wrong ({topics}): to be mended before scoring"
        )
    notes = sum(finding.verdict == "note" for finding in findings)
    beside = f", {counted(notes, 'thing')} to note" if notes else ""
    return Finding("ok", "verdict", f"nothing wrong in {counted(looked_at, 'sample')} looked at{beside}")


def _map(function: Callable[[T], R], items: Sequence[T], jobs: int) -> list[R]:
    if jobs == 1 or len(items) < 2:
        return [function(item) for item in items]
    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(function, items))
