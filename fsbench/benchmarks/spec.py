"""A benchmark's specification, read from data_specs/NAME.toml or from a file of the user's own."""

import difflib
import hashlib
import itertools
import math
import re
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from fsbench.core.errors import FormatError, UsageError
from fsbench.core.patterns import (
    require_inside,
    require_pattern,
    require_text,
)
from fsbench.core.resources import folder
from fsbench.core.spec import ALL_SAMPLES, Sample, Spec, TableLayout
from fsbench.core.toml import parse_toml, read_limited

_MOST_SAMPLES, _MOST_BINS = 200_000, 32
_RESERVED = {"benchmark", "method", "sample", "status", "reason", "seconds", "overall"}


def spec_names() -> list[str]:
    """Names of the benchmarks that come with fsbench."""
    return sorted(path.stem for path in folder("data_specs").glob("*.toml"))


def spec_path(name: str) -> Path:
    """The path of a specification, from its name or from the path of a TOML file.

    Raises
    ------
    UsageError
        If there is no such benchmark.
    """
    if name.endswith(".toml"):
        path = Path(name)
        if not path.is_file():
            raise UsageError(f"{path}: there is no such benchmark specification")
        return path
    if name in spec_names():
        return folder("data_specs") / f"{name}.toml"
    close = difflib.get_close_matches(name, spec_names(), 1)
    hint = f"did you mean {close[0]}?" if close else "a path to a .toml of one's own works too"
    raise UsageError(f"no benchmark is called {name!r}; known are {', '.join(spec_names())}; {hint}")


def load_spec(name: str) -> Spec:
    """Read a specification by its name, or from the path of a TOML file.

    Raises
    ------
    UsageError
        If there is no such benchmark.
    FormatError
        If the file is not a specification.
    """
    path = spec_path(name)
    content = read_limited(path, "specification")
    digest = hashlib.sha256(content).hexdigest()[:12] if name.endswith(".toml") else ""
    try:
        return _parsed(content, digest)
    except KeyError as error:
        raise FormatError(f"{path}: the key {error} is missing; compare with data_specs/fswild.toml") from None
    except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError) as error:
        raise FormatError(f"{path}: not a benchmark specification: {error}") from None


# Tables of many runs ask for the same one again and again; keyed by content, so that a changed file is read anew.
@lru_cache(maxsize=8)
def _parsed(content: bytes, digest: str) -> Spec:
    return parse_spec(parse_toml(content), digest)


def parse_spec(raw: dict[str, Any], digest: str) -> Spec:
    """Build a specification from its file's content; KeyError, ValueError, TypeError, ... if that is not valid."""
    # Benchmarks of scans list their samples under the root, which is unknown here.
    listed = "listed" in raw["samples"]
    samples = () if listed else _samples(raw["samples"], raw.get("bins", {}))
    known = {label for sample in samples[:1] for label in sample.bins}
    if reserved := known & _RESERVED:
        raise ValueError(f"bins may not be called {', '.join(sorted(reserved))}: runs and tables use these names")
    tables = tuple(_table(table) for table in raw.get("tables", []))
    texts: dict[str, Any] = {key: str(raw[key]) for key in ("name", "title", "protocol", "citation", "where", "unit")}
    require_text(texts["name"])
    if "predictions" in raw:
        require_inside(raw["predictions"])
    frame = str(raw.get("frame", ""))
    shown = _shown(raw, tables)
    raw_view = MappingProxyType(raw)
    spec = Spec(**texts, frame=frame, samples=samples, tables=tables, raw=raw_view, digest=digest, **shown)
    if not listed:
        refuse_unknown_bins(spec, known)
    return spec


def refuse_unknown_bins(spec: Spec, bins: Collection[str]) -> None:
    """Raise FormatError if a table names bins that the samples lack."""
    for table in spec.tables:
        if not {table.by, *table.where} <= set(bins):
            raise FormatError(f"{spec.name}: table {table.name} names bins that do not exist; there are {sorted(bins)}")


def _shown(raw: dict[str, Any], tables: tuple[TableLayout, ...]) -> dict[str, Any]:
    """The keys that only tables, figures and boards read; ValueError if a value has the wrong type."""
    names, axes = raw.get("main_metrics", []), raw.get("axes", {})
    if not isinstance(names, list) or not all(map(_is_line, names)):
        raise ValueError("main_metrics is expected to be a list of names of metrics")
    if not isinstance(axes, dict) or not all(map(_is_line, axes.values())):
        raise ValueError('[axes] is expected to name bins: pose_deg = "Head pose"')
    overall = raw.get("show_overall", False)
    if not isinstance(overall, bool):
        raise ValueError("show_overall is expected to be true or false")
    differences = raw.get("evaluator_difference", {})
    if not isinstance(differences, dict) or not all(map(_is_amount, differences.values())):
        raise ValueError("evaluator_difference is expected to give numbers, not negative: { cd_mm = 0.02 }")
    notes = {"board_note": raw.get("board_note", "")}
    for name, note in {**notes, **{f"figure_note of the table {one.name}": one.figure_note for one in tables}}.items():
        if note != "" and not _is_line(note):
            raise ValueError(f"{name} is expected to be one line of text")
    return {
        "main_metrics": tuple(names),
        "axes": axes,
        "show_overall": overall,
        "evaluator_difference": differences,
        **notes,
    }


def _is_line(text: Any) -> bool:
    return isinstance(text, str) and text.isprintable() and text.strip() != ""


def _is_amount(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value < math.inf


def _table(raw: dict[str, Any]) -> TableLayout:
    table = TableLayout(**raw)
    pairs = (*table.columns.items(), *table.where.items())
    if type(table.overall) is not bool:
        raise ValueError("overall of a table is expected to be true or false")
    if table.overall and (table.where or ALL_SAMPLES in table.columns):
        raise ValueError(f"the table {table.name} has overall = true, so no where, and no bin called {ALL_SAMPLES!r}")
    for text in (table.name, table.title, table.by, table.unit, *(part for pair in pairs for part in pair)):
        require_text(text)
    return table


def _samples(section: dict[str, Any], bins: dict[str, Any]) -> tuple[Sample, ...]:
    axes: dict[str, int] = section["axes"]
    if not all(type(count) is int and count >= 0 for count in axes.values()):
        raise ValueError(f"the axes are {str(axes)[:60]}, expected whole numbers")
    if len(axes) > _MOST_BINS or len(bins) > _MOST_BINS:
        raise ValueError(f"{len(axes)} axes and {len(bins)} bins, expected at most {_MOST_BINS} of each")
    for name in bins:
        if not re.fullmatch(r"[\w-]{1,40}", name):
            raise ValueError(f"bins may not be called {name[:60]!r}: a run has a column of that name")
    name = require_inside(require_pattern(section["name"], axes))
    total = math.prod(axes.values())
    if not 0 < total <= _MOST_SAMPLES:
        raise ValueError(f"the axes make {total} samples; expected 1 to {_MOST_SAMPLES}")
    without = section.get("without", [])
    if not isinstance(without, list) or not all(isinstance(one, str) for one in without):
        raise ValueError("without is expected to list names of samples that the axes make and that do not exist")
    samples = []
    for position in itertools.product(*(range(count) for count in axes.values())):
        index = dict(zip(axes, position, strict=True))
        labels = {bin_name: _label(bin_, index[bin_["axis"]]) for bin_name, bin_ in bins.items()}
        samples.append(Sample(name.format(**index), labels, index))
    if len({sample.name for sample in samples}) != len(samples):
        raise ValueError(f"the name {name!r} is not unique for every sample")
    if unknown := set(without) - {sample.name for sample in samples}:
        raise ValueError(f"without names {min(unknown)!r}, which the axes do not make")
    left_out = frozenset(without)
    kept = tuple(sample for sample in samples if sample.name not in left_out)
    if not kept:
        raise ValueError("without leaves no sample")
    return kept


def _label(bin_: dict[str, Any], position: int) -> str:
    if "labels" in bin_:
        return require_text(str(bin_["labels"][position // bin_.get("each", 1)]))
    return require_pattern(bin_["format"], ("",)).format(position)
