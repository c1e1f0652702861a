"""All quantities that the protocols declare, by name: for runs that do not say themselves what their columns are."""

import importlib
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from fsbench.core.quantities import Quantity
from fsbench.protocols import registry


@cache
def known_quantities() -> Mapping[str, Quantity]:
    """The union over all protocols."""
    return union(_declared())


def _declared() -> Iterable[Iterable[Quantity]]:
    """What each of our protocols declares; runs of other packages' protocols carry their quantities."""
    for name in registry.BUILT_IN:
        # The columns alone: whoever reads a run needs none of what computes them.
        module = importlib.import_module(f"fsbench.protocols.{name.replace('-', '_')}.quantities")
        yield (*module.METRICS, *getattr(module, "OF_FRAMES", ()))


def union(declared: Iterable[Iterable[Quantity]]) -> Mapping[str, Quantity]:
    """Quantities by name.

    Raises
    ------
    ValueError
        If two are called the same and are not the same, so that a run could not say which it holds.
    """
    found: dict[str, Quantity] = {}
    for one in (one for part in declared for one in part):
        if found.setdefault(one.name, one) != one:
            raise ValueError(f"two protocols mean different things by the column {one.name}: {found[one.name]}, {one}")
    return MappingProxyType(found)
