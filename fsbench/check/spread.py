"""Spread: a few samples from every bin, as some mistakes show only on a turned head."""

from collections.abc import Sequence

from fsbench.benchmarks import Sample, Spec

FEWEST = 8


def cells(spec: Spec, samples: Sequence[Sample]) -> dict[tuple[str, ...], list[Sample]]:
    """Samples by the bins of the benchmark's tables, in the benchmark's order.

    Examples
    --------
    >>> from fsbench.benchmarks import load_spec
    >>> spec = load_spec("fswild")
    >>> {labels: len(found) for labels, found in cells(spec, spec.samples).items()}
    {('0-5',): 100, ('5-30',): 100, ('30-60',): 100, ('60-90',): 100}
    """
    columns = list(dict.fromkeys(table.by for table in spec.tables)) or list(spec.bins)[:1]
    found: dict[tuple[str, ...], list[Sample]] = {}
    for sample in samples:
        found.setdefault(tuple(sample.bins[column] for column in columns), []).append(sample)
    return found


def spread(spec: Spec, samples: Sequence[Sample], fewest: int = FEWEST) -> tuple[Sample, ...]:
    """Choose from every cell, evenly within it, `fewest` or a little more in all.

    The second cell's choice starts where the first one's ended, so that subjects and views differ.
    """
    groups = cells(spec, samples)
    if not groups:
        return ()
    each = -(-fewest // len(groups))
    chosen = []
    for number, members in enumerate(groups.values()):
        count = min(each, len(members))
        step = len(members) / count
        first = (number * 7) % max(1, int(step))
        chosen += [members[first + int(step * i)] for i in range(count)]
    return tuple(chosen)
