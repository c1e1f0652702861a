"""Landmarks of scans and predictions: whether files are there, readable, and as long as their counterparts."""

from collections.abc import Sequence
from pathlib import Path

from fsbench.benchmarks import Benchmark, Sample
from fsbench.check.findings import Finding, counted
from fsbench.core.errors import FsbenchError
from fsbench.protocols.files import ReferenceFiles
from fsbench.submissions.prediction_files import PredictionFiles
from fsbench.submissions.submission import Submission

_MOST_READ = 5000
"""Samples whose landmarks are read, in a second or two; of the others it is looked whether they are there."""

_MOST_LINES = 6


def of_landmarks(benchmark: Benchmark, folder: Path, samples: Sequence[Sample]) -> list[Finding]:
    """Check all files of landmarks; no findings if none are needed.

    Parameters
    ----------
    benchmark : ScanBenchmark
    folder : Path
        Of the predictions.
    samples : sequence of Sample
        That have a scan and a prediction.
    """
    seen = _Seen(benchmark, folder)
    for place, sample in enumerate(samples):
        seen.look_at(sample.name, read=place < _MOST_READ)
    if not seen.troubles:
        numbers = " or ".join(map(str, sorted(seen.numbers)))
        return [Finding("ok", "landmarks", f"{numbers} for each scan and prediction")] if numbers else []
    lines = [Finding("wrong", "landmarks", f"{name}: {text}") for name, text in seen.troubles.items()]
    rest = len(lines) - _MOST_LINES
    more = [Finding("wrong", "landmarks", f"... and {counted(rest, 'more trouble')} of this kind")] if rest > 0 else []
    return lines[:_MOST_LINES] + more


def of_named_vertices(benchmark: Benchmark, submission: Submission, sample: Sample) -> list[Finding]:
    """Whether vertices that the user names are landmarks: a sample that stands right is measured."""
    if benchmark.pred_landmarks is None:
        return []
    try:
        benchmark.measure(sample.name, submission.load(benchmark, sample.name))
    except FsbenchError as error:
        return [Finding("wrong", "landmarks", f"{sample.name}: {error}")]
    number = len(benchmark.pred_landmarks.indices)
    return [
        Finding("ok", "landmarks", f"{number} for each reference and prediction; {sample.name} is scored with them")
    ]


class _Seen:
    """The results so far: numbers of landmarks, and troubles by scan or sample."""

    def __init__(self, benchmark: Benchmark, folder: Path) -> None:
        self.troubles: dict[str, str] = {}
        self.numbers: set[int] = set()
        self._references, self._folder = benchmark.references, folder
        self._predictions = PredictionFiles.of(benchmark)
        self._scans: dict[str, int | None] = {}
        self._fixed = {benchmark.protocol.n_landmarks} if benchmark.protocol.n_landmarks else set()

    def look_at(self, name: str, *, read: bool) -> None:
        files = self._references.sample_files(name)
        scans = [self._of_scan(one, read=read) for one in files.scans if one.meshes]
        expected = self._fixed or {number for number in scans if number is not None}
        try:
            found = set(self._predictions.n_landmarks(self._folder, files, read=read))
        except FsbenchError as error:
            self.troubles[name] = str(error)
            return
        self.numbers |= found
        if expected and found - expected:
            self.troubles[name] = f"the prediction has {min(found - expected)} landmarks, the scan {min(expected)}"

    def _of_scan(self, files: ReferenceFiles, *, read: bool) -> int | None:
        """Number of landmarks of a scan, which several samples may share; None if it is not known."""
        name = files.names["sample"]
        if name not in self._scans:
            self._scans[name] = None
            try:
                number = self._scans[name] = self._references.n_landmarks(files, read=read)
            except FsbenchError as error:
                self.troubles[f"scan {name}"] = str(error)
                return None
            if self._fixed and number is not None and number not in self._fixed:
                self.troubles[f"scan {name}"] = f"has {number} landmarks, expected {min(self._fixed)}"
        return self._scans[name]
