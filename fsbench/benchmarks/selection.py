"""Selection of samples by names, ranges and wildcards."""

import fnmatch
from collections.abc import Collection, Sequence
from itertools import groupby

from fsbench.core.errors import UsageError
from fsbench.core.spec import Sample


def find(samples: Sequence[Sample], name: str, benchmark: str) -> Sample:
    """The sample called `name`; UsageError if there is none."""
    if not isinstance(name, str):
        # From a notebook: 0 for 000.
        raise UsageError(f"sample {name!r}: samples of {benchmark} are named by text, such as {samples[0].name!r}")
    for sample in samples:
        if sample.name == name:
            return sample
    raise UsageError(f"{benchmark} has no sample {name!r}; {_extent(samples)}")


def select(samples: Sequence[Sample], pattern: str, benchmark: str) -> tuple[Sample, ...]:
    """Samples by names, ranges and wildcards, e.g. "000-009,123" or "03_*", in their own order.

    A name that holds a dash itself is a name, not a range.

    Raises
    ------
    UsageError
        If a part names no sample.
    """
    places = {sample.name: place for place, sample in enumerate(samples)}
    chosen: set[int] = set()
    for part in filter(None, (piece.strip() for piece in pattern.split(","))):
        found = [places[part]] if part in places else _range(places, part)
        found = found or [places[name] for name in fnmatch.filter(places, part)]
        if not found and "-" in part and not set("*?[") & set(part):
            find(samples, part.partition("-")[0].strip(), benchmark)
            find(samples, part.partition("-")[2].strip(), benchmark)
        if not found:
            raise UsageError(f"--samples {part}: {benchmark} has no such sample; {_extent(samples)}")
        chosen.update(found)
    if not chosen:
        raise UsageError(f"--samples {pattern!r} names no sample")
    return tuple(samples[place] for place in sorted(chosen))


def in_short(samples: Sequence[Sample], names: Collection[str]) -> str:
    """What `select` takes for these samples: names, and ranges of neighbours.

    Examples
    --------
    >>> in_short([Sample(name, {}, {}) for name in ("a", "b", "c", "d", "e")], {"a", "b", "c", "e"})
    'a-c,e'
    """
    parts = []
    for is_named, group in groupby((sample.name for sample in samples), names.__contains__):
        neighbours = list(group)
        if is_named:
            parts.append("-".join(dict.fromkeys((neighbours[0], neighbours[-1]))))
    return ",".join(parts)


def _range(places: dict[str, int], part: str) -> list[int]:
    """The samples of a range FIRST-LAST; names may hold dashes themselves."""
    for dash in (at for at, letter in enumerate(part) if letter == "-"):
        ends = part[:dash].strip(), part[dash + 1 :].strip()
        if all(end in places for end in ends):
            if places[ends[0]] > places[ends[1]]:
                raise UsageError(f"--samples {part}: {ends[1]} comes before {ends[0]}; name the earlier one first")
            return list(range(places[ends[0]], places[ends[1]] + 1))
    return []


def _extent(samples: Sequence[Sample]) -> str:
    return f"they run from {samples[0].name} to {samples[-1].name}" if samples else "it has none"
