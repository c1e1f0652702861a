"""Benchmarks: which samples there are, where their files are, how a table of them is laid out."""

from fsbench.benchmarks.benchmark import Benchmark
from fsbench.benchmarks.spec import Sample, Spec, TableLayout, load_spec, spec_names

__all__ = ["Benchmark", "Sample", "Spec", "TableLayout", "load_spec", "spec_names"]
