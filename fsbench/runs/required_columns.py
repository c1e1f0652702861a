"""Bin columns that a run of a benchmark must have."""

from collections.abc import Mapping
from typing import Any

from fsbench.benchmarks import spec_of_run


def lacking_columns(manifest: Mapping[str, Any]) -> list[str]:
    """Bin columns that runs of this benchmark have and this run lacks."""
    spec = spec_of_run(manifest)
    if spec is None:
        return []
    needed = [*spec.bins, *(column for table in spec.tables for column in (table.by, *table.where))]
    return [column for column in dict.fromkeys(needed) if column not in manifest["bins"]]
