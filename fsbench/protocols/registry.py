"""Registry: protocols by name, our own and those of installed packages."""

import difflib
import importlib
import pkgutil
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import entry_points
from pathlib import PurePath

import fsbench.protocols
from fsbench.core.errors import FsbenchError, UsageError
from fsbench.core.spec import Spec
from fsbench.protocols.choice import Choice
from fsbench.protocols.protocol import Protocol

GROUP = "fsbench.protocols"

BUILT_IN = tuple(
    sorted(one.name.replace("_", "-") for one in pkgutil.iter_modules(fsbench.protocols.__path__) if one.ispkg)
)
"""Ours: each folder here is one, so that a new one needs no line elsewhere."""


def names() -> tuple[str, ...]:
    """Names of all protocols that `get` knows: our own, then those of installed packages."""
    return (*BUILT_IN, *sorted({point.name for point in entry_points(group=GROUP)} - set(BUILT_IN)))


@cache
def get(name: str) -> Protocol:
    """The protocol of that name; our own win over installed ones.

    Raises
    ------
    UsageError
        If there is no such protocol, or an installed one cannot be imported or is not a `Protocol`.
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


@contextmanager
def own_faults(protocol: Protocol) -> Iterator[None]:
    """If the code of another package's protocol fails, name that protocol; errors of ours pass unchanged.

    Raises
    ------
    FsbenchError
        With the protocol, the place in its code and the error.
    """
    try:
        yield
    except (FsbenchError, OSError, MemoryError):
        raise
    except Exception as error:
        if protocol.name in BUILT_IN:
            raise
        frames = traceback.extract_tb(error.__traceback__)
        place = f"{PurePath(frames[-1].filename).name}, line {frames[-1].lineno}: " if frames else ""
        text = traceback.format_exception_only(error)[-1].strip()
        owner = f"{type(protocol).__module__}:{type(protocol).__name__}"
        raise FsbenchError(f"protocol {protocol.name} ({owner}) failed: {place}{text}") from error


def measures(protocol: str) -> dict[str, Protocol]:
    """Other protocols that can score the benchmarks of a protocol, by their `--measure` names."""
    return {one.name: one for one in map(get, names()) if one.measure_of == protocol}


def chosen(spec: Spec, choice: Choice) -> Protocol:
    """The protocol that a specification names, or the other one that the user's `--measure` or landmarks ask for.

    Raises
    ------
    UsageError
        If there is no such protocol or measure.
    """
    own = get(spec.protocol)
    if choice.measure == "nearest":
        has_landmarks = bool(choice.landmarks and choice.pred_landmarks)
        return get(own.with_landmarks) if own.with_landmarks and has_landmarks else own
    # The wanted one first, so that a broken package only concerns those who ask for it.
    if choice.measure in names() and (wanted := get(choice.measure)).measure_of == spec.protocol:
        return wanted
    known = measures(spec.protocol)
    if not known:
        raise UsageError(f"--measure {choice.measure}: {spec.name} has a measure of its own; leave this option out")
    raise UsageError(f"--measure {choice.measure}: there is no such measure; there are nearest and {', '.join(known)}")
