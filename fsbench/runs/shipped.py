"""Shipped: the specification that comes with fsbench for a run's benchmark."""

from collections.abc import Mapping
from typing import Any

from fsbench.benchmarks import Spec, load_spec, spec_names


def shipped_spec(manifest: Mapping[str, Any]) -> Spec | None:
    """The specification of the run's benchmark; None if it is the user's own, whatever name it has."""
    name, signature = manifest["benchmark"], manifest["signature"]
    if signature.startswith(f"{name}@") or name not in spec_names():
        return None
    return load_spec(name)


def lacking_columns(manifest: Mapping[str, Any]) -> list[str]:
    """Bin columns that runs of this benchmark have, and this one has not."""
    spec = shipped_spec(manifest)
    if spec is None:
        return []
    needed = [*spec.bins, *(column for table in spec.tables for column in (table.by, *table.where))]
    return [column for column in dict.fromkeys(needed) if column not in manifest["bins"]]
