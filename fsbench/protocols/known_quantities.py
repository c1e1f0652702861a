"""All quantities that the protocols declare, by name: for runs that do not describe their own columns."""

import importlib
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from fsbench.core.quantities import Quantity
from fsbench.protocols import registry


@cache
def known_quantities() -> Mapping[str, Quantity]:
    """The quantities of all protocols."""
    return union(_declared())


def _declared() -> Iterable[Iterable[Quantity]]:
    """The quantities of each of our protocols; a run of another package's protocol has its own in run.json."""
    for name in registry.BUILT_IN:
        # Import the columns alone: reading a run needs no code that computes them.
        module = importlib.import_module(f"fsbench.protocols.{name.replace('-', '_')}.quantities")
        yield (*module.METRICS, *getattr(module, "OF_FRAMES", ()))


def union(declared: Iterable[Iterable[Quantity]]) -> Mapping[str, Quantity]:
    """Quantities by name.

    Raises
    ------
    ValueError
        If two different quantities have one name, so that a run could not tell which it holds.
    """
    found: dict[str, Quantity] = {}
    for one in (one for part in declared for one in part):
        if found.setdefault(one.name, one) != one:
            raise ValueError(f"two protocols mean different things by the column {one.name}: {found[one.name]}, {one}")
    return MappingProxyType(found)
