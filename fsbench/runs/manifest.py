"""Check of a run's manifest: every part of run.json must have its type."""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

_MOST = 1_000_000_000
_OWN_COLUMNS = ("benchmark", "method", "sample", "status", "reason", "seconds")


def fault_of(manifest: Any) -> str:
    """The fault of a manifest, for messages; empty if there is none."""
    if not isinstance(manifest, dict):
        return f"holds a {type(manifest).__name__}, expected an object"
    for name in ("benchmark", "method", "signature", "bins", "metrics"):
        if name not in manifest:
            return f"has no {name}"
    for name, (is_one, expected) in _PARTS.items():
        if name in manifest and not is_one(manifest[name]):
            return f"{name} is {repr(manifest[name])[:60]}, expected {expected}"
    columns = [*_OWN_COLUMNS, *manifest["bins"], *manifest["metrics"]]
    twice = next((name for name in columns if columns.count(name) > 1), None)
    return f"names the column {twice!r} twice" if twice else ""


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _MOST


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= 1000 and all(map(_is_text, value))


def _is_seconds(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value < math.inf


def _is_table(value: Any) -> bool:
    return isinstance(value, dict)


def _is_texts(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= 100 and all(isinstance(text, str) for text in value)


def _is_shard(value: Any) -> bool:
    if not isinstance(value, dict) or not all(_is_count(value.get(name)) for name in ("number", "of")):
        return False
    return bool(1 <= value["number"] <= value["of"])


_PARTS: Mapping[str, tuple[Callable[[Any], bool], str]] = MappingProxyType(
    {
        **dict.fromkeys(("benchmark", "method", "signature"), (_is_text, "text")),
        **dict.fromkeys(("title", "unit", "source"), (lambda value: isinstance(value, str), "text")),
        **dict.fromkeys(("bins", "metrics"), (_is_names, "a list of names")),
        **dict.fromkeys(("counts", "settings", "versions"), (_is_table, "an object")),
        "cautions": (_is_list_of_texts, "a list of texts"),
        "suspicious": (_is_texts, "an object of texts"),
        "shard": (_is_shard, '{"number": I, "of": N} with I from 1 to N'),
        **dict.fromkeys(
            ("published_rows", "references_missing", "benchmark_samples", "merged_from"), (_is_count, "a count")
        ),
        "wall_seconds": (_is_seconds, "seconds"),
    }
)
"""Test and description of every part by name. No code reads parts that are not listed here."""
