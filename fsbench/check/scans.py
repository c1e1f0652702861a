"""Check predictions of scans: are all files there, and do a few of them align."""

from collections.abc import Sequence
from pathlib import Path

from fsbench.benchmarks import Sample, ScanBenchmark
from fsbench.check.findings import Finding, counted, some, worst
from fsbench.errors import FsbenchError, ReferenceDataError
from fsbench.io import MESH_SUFFIXES

_LOOKED_AT = 4
_UNUSABLE = "cannot be looked at"


def check_scans(
    benchmark: ScanBenchmark, folder: str | Path, samples: Sequence[Sample] | None = None
) -> tuple[Finding, ...]:
    """Look for all files, and score a few samples spread over the benchmark.

    Parameters
    ----------
    benchmark : ScanBenchmark
    folder : path
        Of the predictions.
    samples : sequence of Sample, optional
        Only these; all if not given.

    Returns
    -------
    tuple of Finding
        The last one is the verdict.
    """
    chosen = benchmark.samples if samples is None else tuple(samples)
    without_scan = set(benchmark.missing_references())
    usable = [sample for sample in chosen if sample.name not in without_scan]
    there = [sample for sample in usable if benchmark.predictions.files(Path(folder), benchmark.cases[sample.name])]
    findings = _of_files(benchmark, Path(folder), chosen, usable, there)
    step = max(1, len(there) // _LOOKED_AT)
    looked = [_of_sample(benchmark, Path(folder), sample.name) for sample in there[::step][:_LOOKED_AT]]
    findings += looked + _of_all(looked)
    grave = worst(findings)
    said = {"ok": "nothing suspicious", "note": "read the notes", "wrong": "put right what is wrong before scoring"}
    return (*findings, Finding(grave, "verdict", said[grave]))


def _of_files(
    benchmark: ScanBenchmark, folder: Path, chosen: Sequence[Sample], usable: Sequence[Sample], there: Sequence[Sample]
) -> list[Finding]:
    findings = []
    if not usable:
        text = f"no scan for any of {counted(len(chosen), 'sample')} below {benchmark.root}"
        return [Finding("wrong", "scans", text)]
    if len(usable) < len(chosen):
        lacking = [sample.name for sample in chosen if sample not in usable]
        findings.append(Finding("note", "scans", f"{counted(len(lacking), 'sample')} without a scan: {some(lacking)}"))
    lost = [sample.name for sample in usable if sample not in there]
    if not lost:
        findings.append(Finding("ok", "files", f"a prediction for each of {counted(len(usable), 'sample')}"))
    elif there:
        findings.append(Finding("wrong", "files", f"no prediction for {len(lost)} of {len(usable)}: {some(lost)}"))
    else:
        expected = benchmark.cases[lost[0]].predictions[0]
        found = next((path for path in sorted(folder.rglob("*")) if path.suffix.lower() in MESH_SUFFIXES), None)
        has = f"it has {found.relative_to(folder)}" if found else f"it has no {', '.join(MESH_SUFFIXES)}"
        text = f"no prediction at all: expected {expected} with such an ending below {folder}, {has}"
        findings.append(Finding("wrong", "files", text))
    return findings


def _of_all(looked: Sequence[Finding]) -> list[Finding]:
    """What only all that were looked at say together: one doubtful sample is its own, all of them are a mistake."""
    if looked and all(finding.text.startswith(_UNUSABLE) for finding in looked):
        return [Finding("wrong", "scans", f"no scan of the {counted(len(looked), 'sample')} looked at is usable")]
    if looked and all(finding.verdict == "note" for finding in looked):
        text = f"none of the {counted(len(looked), 'sample')} looked at aligns without doubt"
        return [Finding("wrong", "alignment", text)]
    return []


def _of_sample(benchmark: ScanBenchmark, folder: Path, name: str) -> Finding:
    """Whether a sample aligns, with its score."""
    try:
        scores = benchmark.measure(name, folder).scores
    except ReferenceDataError as error:
        return Finding("note", name, f"{_UNUSABLE}: {error}")
    except FsbenchError as error:
        return Finding("wrong", name, str(error))
    metric, value = next(iter(scores.values.items()))
    scale = scores.values.get("mm_per_unit", float("nan"))
    figures = f"{metric} {value:.2f}, {scale:.4g} mm per unit of the prediction"
    if scores.doubts:
        return Finding("note", name, f"{'; '.join(scores.doubts)} ({figures})")
    return Finding("ok", name, figures)
