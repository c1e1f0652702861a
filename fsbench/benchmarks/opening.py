"""Opening a benchmark by its name, whichever protocol scores it."""

from pathlib import Path

from fsbench.benchmarks.benchmark import Benchmark
from fsbench.benchmarks.recipes import Choice
from fsbench.benchmarks.scans import PROTOCOLS, ScanBenchmark
from fsbench.benchmarks.spec import load_spec
from fsbench.core.errors import UsageError


def is_of_scans(name: str) -> bool:
    """Whether benchmark `name` aligns predictions to scans, so that it needs no adapter.

    Raises
    ------
    UsageError
        If there is no such benchmark.
    """
    return load_spec(name).protocol in PROTOCOLS


def open_benchmark(name: str, root: str | Path, choice: Choice | None = None) -> Benchmark | ScanBenchmark:
    """Open benchmark `name` (or a .toml) with its data under `root`.

    Parameters
    ----------
    name, root
    choice : Choice, optional
        For benchmarks of scans: landmarks, units, settings.

    Raises
    ------
    UsageError
        If the benchmark is not known, its data is not under `root`, or a choice does not go with it.
    ReferenceDataError, FormatError
        If the data is damaged.
    """
    if is_of_scans(name):
        return ScanBenchmark.open(name, root, choice)
    if choice is not None and choice != Choice():
        raise UsageError(f"{name} keeps the camera: landmarks, units and settings are for benchmarks of scans")
    return Benchmark.open(name, root)
