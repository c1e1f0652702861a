"""A benchmark's specification, read from data_specs/NAME.toml or from a file of the user's own."""

import difflib
import hashlib
import itertools
import tomllib
from collections.abc import Collection
from pathlib import Path
from types import MappingProxyType
from typing import Any

from fsbench.core.errors import FormatError, UsageError
from fsbench.core.resources import folder
from fsbench.core.spec import Sample, Spec, TableLayout

_LARGEST_SPEC_BYTES = 1 << 20
_MOST_SAMPLES = 10_000_000
_RESERVED = {"benchmark", "method", "sample", "status", "reason", "seconds"}


def spec_names() -> list[str]:
    """Names of the benchmarks that come with fsbench."""
    return sorted(path.stem for path in folder("data_specs").glob("*.toml"))


def load_spec(name: str) -> Spec:
    """Read a specification by its name, or from the path of a TOML file.

    Raises
    ------
    UsageError
        If there is no such benchmark.
    FormatError
        If the file is not a specification.
    """
    if name.endswith(".toml"):
        path = Path(name)
        if not path.is_file():
            raise UsageError(f"{path}: there is no such benchmark specification")
    elif name in spec_names():
        path = folder("data_specs") / f"{name}.toml"
    else:
        close = difflib.get_close_matches(name, spec_names(), 1)
        hint = f"did you mean {close[0]}?" if close else "a path to a .toml of one's own works too"
        raise UsageError(f"no benchmark is called {name!r}; known are {', '.join(spec_names())}; {hint}")
    if path.stat().st_size > _LARGEST_SPEC_BYTES:
        raise FormatError(f"{path}: larger than 1 MiB, no specification is")
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:12] if name.endswith(".toml") else ""
    try:
        return parse_spec(tomllib.loads(content.decode("utf-8")), digest)
    except KeyError as error:
        raise FormatError(f"{path}: the key {error} is missing; compare with data_specs/fswild.toml") from None
    except (ValueError, TypeError, AttributeError, IndexError, ZeroDivisionError) as error:
        raise FormatError(f"{path}: not a benchmark specification: {error}") from None


def parse_spec(raw: dict[str, Any], digest: str) -> Spec:
    """Make a specification of what its file says; KeyError, ValueError, TypeError, ... if it is none."""
    # Benchmarks of scans list their samples under the root, which is not known here.
    listed = "listed" in raw["samples"]
    samples = () if listed else _samples(raw["samples"], raw.get("bins", {}))
    known = {label for sample in samples[:1] for label in sample.bins}
    if reserved := known & _RESERVED:
        raise ValueError(f"bins may not be called {', '.join(sorted(reserved))}: a run has columns of these names")
    tables = tuple(_table(**table) for table in raw.get("tables", []))
    texts = {key: str(raw[key]) for key in ("name", "title", "protocol", "citation", "where", "unit")}
    frame = str(raw.get("frame", ""))
    spec = Spec(**texts, frame=frame, samples=samples, tables=tables, raw=MappingProxyType(raw), digest=digest)
    if not listed:
        refuse_unknown_bins(spec, known)
    return spec


def refuse_unknown_bins(spec: Spec, bins: Collection[str]) -> None:
    """FormatError if a table is laid out by bins that the samples have not."""
    for table in spec.tables:
        if not {table.by, *table.where} <= set(bins):
            raise FormatError(f"{spec.name}: table {table.name} names bins that do not exist; there are {sorted(bins)}")


def _table(**table: Any) -> TableLayout:
    layout = TableLayout(**table)
    words = (layout.name, layout.title, layout.by, layout.unit)
    labels = [word for part in (layout.columns, layout.where) for pair in dict(part).items() for word in pair]
    if not all(isinstance(word, str) for word in (*words, *labels)):
        raise TypeError(f"table {layout.name}: expected texts, and texts by text in columns and where")
    return layout


def _samples(section: dict[str, Any], bins: dict[str, Any]) -> tuple[Sample, ...]:
    axes: dict[str, int] = section["axes"]
    total = 1
    for count in axes.values():
        total *= int(count)
    if not 0 < total <= _MOST_SAMPLES:
        raise ValueError(f"the axes make {total} samples; expected 1 to {_MOST_SAMPLES}")
    samples = []
    for position in itertools.product(*(range(count) for count in axes.values())):
        index = dict(zip(axes, position, strict=True))
        labels = {name: _label(bin_, index[bin_["axis"]]) for name, bin_ in bins.items()}
        samples.append(Sample(section["name"].format(**index), labels, index))
    if len({sample.name for sample in samples}) != len(samples):
        raise ValueError(f"the name {section['name']!r} is not unique for every sample")
    return tuple(samples)


def _label(bin_: dict[str, Any], position: int) -> str:
    if "labels" in bin_:
        return str(bin_["labels"][position // bin_.get("each", 1)])
    return str(bin_["format"].format(position))
