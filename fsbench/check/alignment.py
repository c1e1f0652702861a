"""Check predictions by scoring a few: are all files there, and do some of them align."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fsbench.benchmarks import Benchmark, Sample
from fsbench.check.counts import of_counts
from fsbench.check.findings import Finding, counted, some, worst
from fsbench.check.landmarks import of_landmarks
from fsbench.check.names import Names, compare_names
from fsbench.check.reading import Reading
from fsbench.core.errors import FsbenchError, ReferenceDataError
from fsbench.io import MESH_SUFFIXES
from fsbench.runs.scales import standing_apart
from fsbench.submissions.prediction_files import PredictionFiles
from fsbench.submissions.submission import Submission

_LOOKED_AT = 4


@dataclass(frozen=True, slots=True)
class _Looked:
    """A sample that the check tried to score; without `mm_per_unit` that failed."""

    name: str
    finding: Finding
    mm_per_unit: float | None = None
    is_scan_unusable: bool = False


def check_alignment(
    benchmark: Benchmark,
    submission: Submission,
    samples: Sequence[Sample] | None = None,
    read: Callable[[Sequence[Sample]], Reading] | None = None,
) -> tuple[Finding, ...]:
    """Look for all files, and score a few samples spread over the benchmark.

    Parameters
    ----------
    benchmark : Benchmark
    submission : Submission
    samples : sequence of Sample, optional
        Only these; all if not given.
    read : callable, optional
        Reads every prediction; those that cannot be used are named, and not scored.

    Returns
    -------
    tuple of Finding
        The last one is the verdict.
    """
    folder = Path(submission.folder)
    chosen = benchmark.samples if samples is None else tuple(samples)
    without_scan = set(benchmark.missing_references())
    usable = [sample for sample in chosen if sample.name not in without_scan]
    findings = _of_scans(benchmark, chosen, usable)
    if usable:
        plain = submission.is_plain(benchmark)
        names = compare_names(benchmark, folder, usable) if plain else _names(benchmark, submission, usable)
        lost = set(names.lost)
        there = [sample for sample in usable if sample.name not in lost]
        findings += _of_predictions(benchmark, submission, names)
        if plain:
            findings += _of_state(benchmark, folder, there)
            findings += of_prediction_counts(benchmark, folder, there, every=read is not None)
            findings += of_landmarks(benchmark, folder, there)
        if read is not None:
            reading = read(there)
            findings += reading.findings()
            there = [sample for sample in there if sample.name not in reading.troubles]
        step = max(1, len(there) // _LOOKED_AT)
        looked = [_of_sample(benchmark, submission, sample.name) for sample in there[::step][:_LOOKED_AT]]
        findings += [one.finding for one in looked] + _of_all(looked)
    grave = worst(findings)
    said = {"ok": "nothing suspicious", "note": "read the notes", "wrong": "put right what is wrong before scoring"}
    return (*findings, Finding(grave, "verdict", said[grave]))


def _of_scans(benchmark: Benchmark, chosen: Sequence[Sample], usable: Sequence[Sample]) -> list[Finding]:
    if not usable:
        text = f"no scan for any of {counted(len(chosen), 'sample')} below {benchmark.root}"
        return [Finding("wrong", "scans", text)]
    if len(usable) == len(chosen):
        return []
    there = {sample.name for sample in usable}
    lacking = [sample.name for sample in chosen if sample.name not in there]
    return [Finding("note", "scans", f"{counted(len(lacking), 'sample')} without a scan: {some(lacking)}")]


def _names(benchmark: Benchmark, submission: Submission, samples: Sequence[Sample]) -> Names:
    """The missing predictions, where only the adapter or the protocol knows the names of files."""
    return Names(len(samples), tuple(one.name for one in samples if submission.is_missing(benchmark, one.name)), ())


def _of_predictions(benchmark: Benchmark, submission: Submission, names: Names) -> list[Finding]:
    """Findings on missing predictions, and on meshes that belong to no sample."""
    findings = []
    if not names.lost:
        findings.append(Finding("ok", "files", f"a prediction for each of {counted(names.n_samples, 'sample')}"))
    elif len(names.lost) < names.n_samples:
        text = f"no prediction for {len(names.lost)} of {names.n_samples}: {some(names.lost)}"
        text += PredictionFiles.of(benchmark).instead_of(
            Path(submission.folder), benchmark.references.sample_files(names.lost[0])
        )
        findings.append(Finding("wrong", "files", text))
    elif not submission.is_plain(benchmark):
        (first, *_) = submission.files(benchmark, names.lost[0])
        findings.append(Finding("wrong", "files", f"no prediction at all: expected {first}, for one"))
    else:
        expected = benchmark.references.sample_files(names.lost[0]).predictions[0]
        has = f"it has {names.strays[0]}" if names.strays else f"it has no {', '.join(MESH_SUFFIXES)}"
        text = f"no prediction at all: expected {expected} with such an ending below {submission.folder}, {has}"
        text += PredictionFiles.of(benchmark).instead_of(
            Path(submission.folder), benchmark.references.sample_files(names.lost[0])
        )
        findings.append(Finding("wrong", "files", text))
    if str(names):
        findings.append(Finding("wrong" if names.meant else "note", "files", str(names)))
    return findings


def _of_state(benchmark: Benchmark, folder: Path, samples: Sequence[Sample]) -> list[Finding]:
    """Findings on repeated files of which only one may exist, and on empty files."""
    predictions, twice = PredictionFiles.of(benchmark), list[str]()
    empty: list[str] = []
    for sample in samples:
        files = benchmark.references.sample_files(sample.name)
        for paths in (*(one.meshes for one in files.scans), predictions.found(folder, files)):
            twice += [" and ".join(map(str, paths))] if len(paths) > 1 else []
            empty += [str(path) for path in paths if path.is_file() and not path.stat().st_size]
    findings = []
    for names, text in ((twice, "there twice, leave one"), (empty, "without a byte")):
        # Samples may share a scan.
        if distinct := list(dict.fromkeys(names)):
            findings.append(Finding("wrong", "files", f"{counted(len(distinct), 'file')} {text}: {some(distinct)}"))
    return findings


def of_prediction_counts(
    benchmark: Benchmark, folder: Path, samples: Sequence[Sample], *, every: bool = False
) -> list[Finding]:
    """Findings on the numbers of vertices and faces in all files of predictions; landmarks are not read."""
    predictions, references = PredictionFiles.of(benchmark), benchmark.references
    found = (predictions.found(folder, references.sample_files(sample.name)) for sample in samples)
    return list(of_counts([path for paths in found for path in paths if path.is_file()], every=every))


def _of_all(looked: Sequence[_Looked]) -> list[Finding]:
    """Findings on all samples together: one doubtful sample may be bad by itself, all of them are a mistake."""
    some_of = f"the {counted(len(looked), 'sample')} looked at"
    if looked and all(one.is_scan_unusable for one in looked):
        return [Finding("wrong", "scans", f"no scan of {some_of} is usable")]
    if looked and all(one.finding.verdict == "note" for one in looked):
        return [Finding("wrong", "alignment", f"none of {some_of} aligns without doubt")]
    scales = {one.name: one.mm_per_unit for one in looked if one.mm_per_unit is not None}
    apart = [f"{name} ({times:.2f} times)" for name, times in standing_apart(scales).items()]
    text = f"the scale stands apart from the median of {some_of}: {', '.join(apart)}"
    return [Finding("note", "scale", text)] if apart else []


def _of_sample(benchmark: Benchmark, submission: Submission, name: str) -> _Looked:
    """Finding on whether a sample aligns, with its score."""
    try:
        scores = benchmark.measure(name, submission.load(benchmark, name)).scores
    except FsbenchError as error:
        finding = Finding("wrong", name, f"would have no score: {error}")
        return _Looked(name, finding, is_scan_unusable=isinstance(error, ReferenceDataError))
    metric, value = next(iter(scores.values.items()))
    scale, figures = scores.values.get("mm_per_unit"), f"{metric} {value:.2f}"
    figures += "" if scale is None else f", {scale:.4g} mm per unit of the prediction"
    if scores.doubts:
        return _Looked(name, Finding("note", name, f"{'; '.join(scores.doubts)} ({figures})"), scale)
    return _Looked(name, Finding("ok", name, figures), scale)
