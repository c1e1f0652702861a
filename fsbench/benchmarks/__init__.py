"""Benchmarks: which samples there are, where their files are, how a table of them is laid out."""

from fsbench.benchmarks.benchmark import Benchmark, open_benchmark
from fsbench.benchmarks.carried import spec_of_run
from fsbench.benchmarks.spec import load_spec, spec_names
from fsbench.core.spec import Sample, Spec, TableLayout
from fsbench.protocols.choice import Choice

__all__ = [
    "Benchmark",
    "Choice",
    "Sample",
    "Spec",
    "TableLayout",
    "load_spec",
    "open_benchmark",
    "spec_names",
    "spec_of_run",
]
