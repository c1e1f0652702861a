"""All quantities that the protocols declare, by name: for runs that do not say themselves what their columns are."""

from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from fsbench.core.quantities import Quantity
from fsbench.protocols.facescape import quantities as facescape
from fsbench.protocols.landmark_warp import quantities as landmark_warp
from fsbench.protocols.micc import quantities as micc
from fsbench.protocols.now import quantities as now
from fsbench.protocols.scan import quantities as scan


@cache
def known_quantities() -> Mapping[str, Quantity]:
    """The union over all protocols."""
    return union(_declared())


def _declared() -> Iterable[Iterable[Quantity]]:
    """What each protocol declares; the only place to ask a registry."""
    return facescape.METRICS, scan.METRICS, landmark_warp.METRICS, now.METRICS, micc.METRICS, micc.OF_FRAMES


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
