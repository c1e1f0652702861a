"""Benchmarks: which samples there are, where their files are, how a table of them is laid out."""

from fsbench.benchmarks.benchmark import Benchmark
from fsbench.benchmarks.interface import BenchmarkLike
from fsbench.benchmarks.opening import is_of_scans, open_benchmark
from fsbench.benchmarks.recipes import Choice
from fsbench.benchmarks.scans import ScanBenchmark
from fsbench.benchmarks.spec import Sample, Spec, TableLayout, load_spec, spec_names

__all__ = [
    "Benchmark",
    "BenchmarkLike",
    "Choice",
    "Sample",
    "ScanBenchmark",
    "Spec",
    "TableLayout",
    "is_of_scans",
    "load_spec",
    "open_benchmark",
    "spec_names",
]
