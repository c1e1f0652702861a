"""The run: records of samples, and the folder's format, which lives here alone."""

from fsbench.runs.record import STATUSES, Record
from fsbench.runs.run import Run, assemble, load_run

__all__ = ["STATUSES", "Record", "Run", "assemble", "load_run"]
