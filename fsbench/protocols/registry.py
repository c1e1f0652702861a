"""Registry: protocols by name, ours and those that other packages bring."""

import difflib
import importlib
import pkgutil
from functools import cache
from importlib.metadata import entry_points

import fsbench.protocols
from fsbench.core.errors import UsageError
from fsbench.core.spec import Spec
from fsbench.protocols.choice import Choice
from fsbench.protocols.protocol import Protocol

GROUP = "fsbench.protocols"

BUILT_IN = tuple(
    sorted(one.name.replace("_", "-") for one in pkgutil.iter_modules(fsbench.protocols.__path__) if one.ispkg)
)
"""Ours: each folder here is one, so that a new one needs no line elsewhere."""


def names() -> tuple[str, ...]:
    """All protocols that `get` knows: ours, then those that installed packages add."""
    return (*BUILT_IN, *sorted({point.name for point in entry_points(group=GROUP)} - set(BUILT_IN)))


@cache
def get(name: str) -> Protocol:
    """The protocol of that name; one of ours wins over an installed one.

    Raises
    ------
    UsageError
        If there is none, or an installed one cannot be imported or is no `Protocol`.
    """
    if name in BUILT_IN:
        module = importlib.import_module(f"fsbench.protocols.{name.replace('-', '_')}.declaration")
        built_in: Protocol = module.PROTOCOL
        return built_in
    found = tuple(entry_points(group=GROUP, name=name))
    if not found:
        near = difflib.get_close_matches(name, names(), 1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(names())}"
        raise UsageError(f"no protocol is called {name!r}; {hint}")
    if len({point.value for point in found}) > 1:
        raise UsageError(f"several installed packages offer {name!r}: {', '.join(point.value for point in found)}")
    try:
        loaded = found[0].load()
    except Exception as error:
        raise UsageError(f"protocol {name!r} ({found[0].value}) cannot be imported: {error!r}") from error
    if not isinstance(loaded, Protocol) or loaded.name != name:
        raise UsageError(f"{found[0].value}: expected a Protocol called {name!r}, found {loaded!r}")
    readers = [getattr(type(loaded), one) is getattr(Protocol, one) for one in ("read_prediction", "prediction_files")]
    if readers[0] != readers[1]:
        raise UsageError(f"{found[0].value}: a protocol has both read_prediction and prediction_files, or neither")
    return loaded


def measures(protocol: str) -> dict[str, Protocol]:
    """What can score benchmarks of a protocol besides itself, by the name that `--measure` takes."""
    return {one.name: one for one in map(get, names()) if one.measure_of == protocol}


def chosen(spec: Spec, choice: Choice) -> Protocol:
    """The protocol that a specification names, or the other measure that the user wants.

    Raises
    ------
    UsageError
        If there is no such protocol or measure.
    """
    own = get(spec.protocol)
    if choice.measure == "nearest":
        return own
    known = measures(spec.protocol)
    if choice.measure in known:
        return known[choice.measure]
    if not known:
        raise UsageError(f"--measure {choice.measure}: {spec.name} has a measure of its own; leave this option out")
    raise UsageError(f"--measure {choice.measure}: there is no such measure; there are nearest and {', '.join(known)}")
