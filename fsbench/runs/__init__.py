"""Runs: records of samples, and the format of a run folder, which no other package knows."""

from fsbench.runs.record import STATUSES, Record
from fsbench.runs.run import Run, assemble, load_run

__all__ = ["STATUSES", "Record", "Run", "assemble", "load_run"]
