"""Units that a user names, for protocols whose settings have `unit` or `reference_unit`."""

from collections.abc import Callable
from typing import Any

from fsbench.core.errors import AlignmentError, FsbenchError, UsageError
from fsbench.core.settings import parse_settings, with_settings
from fsbench.core.spec import Spec
from fsbench.core.units import unit_called
from fsbench.protocols.choice import Choice
from fsbench.protocols.protocol import OPTIONS


def with_named_units(settings_of: Callable[[Spec, Choice], Any], spec: Spec, choice: Choice) -> Any:
    """Settings with units in one spelling, so that runs that spell a unit differently share a signature.

    Raises
    ------
    UsageError
        If a unit is unknown or named twice, or the protocol has no such setting.
    """
    for name in ("unit", "reference_unit"):
        if (text := getattr(choice, name)) != "found":
            try:
                unit_called(text)
            except AlignmentError as error:
                raise UsageError(f"{OPTIONS[name]}: {error}") from None
    changes = parse_settings(choice.changes)
    for name, option in OPTIONS.items():
        if name in changes and getattr(choice, name) not in ("", "found"):
            raise UsageError(f"{option} {getattr(choice, name)} and --set {name}={changes[name]}: say it once")
    try:
        settings = settings_of(spec, choice)
        said = {name: getattr(settings, name, "found") for name in ("unit", "reference_unit")}
        return with_settings(settings, {name: unit_called(unit).name for name, unit in said.items() if unit != "found"})
    except UsageError:
        raise
    except FsbenchError as error:
        raise UsageError(f"{spec.name}: {error}") from None


def refuse_unit_of_fitted(settings: Any, instead: str) -> None:
    """Raise UsageError if the user names the predictions' unit although their size is fitted."""
    if settings.scale == "fitted" and settings.unit != "found":
        raise UsageError(
            f"the predictions' unit ({settings.unit}) has no effect, as their size is fitted; ask for {instead}"
        )
