"""Landmarks of scans and predictions: is every file there, readable, and of as many points as its counterpart."""

from collections.abc import Sequence
from pathlib import Path

from fsbench.benchmarks import Sample, ScanBenchmark
from fsbench.benchmarks.scan_cases import ScanFiles
from fsbench.check.findings import Finding, counted
from fsbench.core.errors import FsbenchError
from fsbench.protocols.now.protocol import LANDMARKS, Now

_MOST_READ = 5000
"""Samples whose landmarks are read, in a second or two; of the others it is looked whether they are there."""

_MOST_LINES = 6


def of_landmarks(benchmark: ScanBenchmark, folder: Path, samples: Sequence[Sample]) -> list[Finding]:
    """Look at all files of landmarks; nothing is said where none are needed.

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


class _Seen:
    """What was found so far: how many landmarks there are, and troubles by scan or sample."""

    def __init__(self, benchmark: ScanBenchmark, folder: Path) -> None:
        self.troubles: dict[str, str] = {}
        self.numbers: set[int] = set()
        self._benchmark, self._folder = benchmark, folder
        self._scans: dict[str, int | None] = {}
        self._fixed = {len(LANDMARKS)} if isinstance(benchmark.protocol, Now) else set()

    def look_at(self, name: str, *, read: bool) -> None:
        case = self._benchmark.cases[name]
        scans = [self._of_scan(one, read=read) for one in case.scans if one.meshes]
        expected = self._fixed or {number for number in scans if number is not None}
        try:
            found = set(self._benchmark.predictions.n_landmarks(self._folder, case, read=read))
        except FsbenchError as error:
            self.troubles[name] = str(error)
            return
        self.numbers |= found
        if expected and found - expected:
            self.troubles[name] = f"the prediction has {min(found - expected)} landmarks, the scan {min(expected)}"

    def _of_scan(self, files: ScanFiles, *, read: bool) -> int | None:
        """How many a scan has, which several samples may share; None where that is not known."""
        name = files.names["sample"]
        if name not in self._scans:
            self._scans[name] = None
            try:
                number = self._scans[name] = self._benchmark.n_landmarks(files, read=read)
            except FsbenchError as error:
                self.troubles[f"scan {name}"] = str(error)
                return None
            if self._fixed and number is not None and number not in self._fixed:
                self.troubles[f"scan {name}"] = f"has {number} landmarks, expected {min(self._fixed)}"
        return self._scans[name]
