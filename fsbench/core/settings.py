"""Settings of a protocol by name, checked against the protocol's own fields."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from fsbench.core.errors import FsbenchError, UsageError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")


def parse_settings(texts: Iterable[str]) -> dict[str, str]:
    """Read KEY=VALUE texts.

    Raises
    ------
    UsageError
        If a text has another form, or a key is given twice.
    """
    found: dict[str, str] = {}
    for text in texts:
        key, equals, value = (piece.strip() for piece in text.partition("="))
        if not (key and equals and value):
            raise UsageError(f"--set {text}: expected KEY=VALUE, e.g. forehead_mm=60")
        if key in found:
            raise UsageError(f"--set {key} is given twice")
        found[key] = value
    return found


def with_settings(protocol: T, given: Mapping[str, str]) -> T:
    """The protocol with changed settings; a dot names a nested setting, as `icp.robust`.

    Raises
    ------
    UsageError
        If there is no such setting, it is fixed, or it cannot have the value.
    """
    names = settings_of(protocol)
    for key, text in given.items():
        if key in _settled(protocol):
            raise UsageError(f"--set {key}: {_settled(protocol)[key]}")
        protocol = _with(protocol, key, key.split("."), text, names)
    return protocol


def settings_of(protocol: "DataclassInstance") -> list[str]:
    """Names of all settings that can be changed."""
    names = []
    for field in fields(protocol):
        value = getattr(protocol, field.name)
        if field.init and is_dataclass(value) and not isinstance(value, type):
            names += [f"{field.name}.{name}" for name in settings_of(value)]
        elif field.init:
            names.append(field.name)
    return [name for name in names if name not in _settled(protocol)]


def _settled(protocol: "DataclassInstance") -> Mapping[str, str]:
    """Settings that follow from others and cannot be changed alone, each with the reason."""
    return getattr(protocol, "SETTLED", {})


def _unknown(key: str, names: list[str]) -> UsageError:
    """The error for an unknown setting; it suggests the nearest name, or the name with the nearest last part."""
    typed = key.lower()
    parts = {name.rpartition(".")[2]: name for name in names}
    near = difflib.get_close_matches(typed, names, 1) or [
        parts[part] for part in difflib.get_close_matches(typed.rpartition(".")[2], parts, 1)
    ]
    hint = f"did you mean {near[0]}? " if near else ""
    return UsageError(f"--set {key}: there is no such setting; {hint}there are {', '.join(names)}")


def _with(owner: Any, key: str, path: list[str], text: str, names: list[str]) -> Any:
    known = {field.name: field for field in fields(owner) if field.init}
    if path[0] not in known:
        raise _unknown(key, names)
    current = getattr(owner, path[0])
    nested = is_dataclass(current)
    if nested != (len(path) > 1):
        raise UsageError(
            f"--set {key}: "
            + (f"name one of its parts, {', '.join(settings_of(current))}" if nested else "it has no parts")
        )
    kind = get_type_hints(type(owner))[path[0]]
    value = _with(current, key, path[1:], text, names) if nested else _value(key, text, kind)
    try:
        return replace(owner, **{path[0]: value})
    except FsbenchError as error:
        raise UsageError(f"--set {key}={text}: {error}") from None


def _value(key: str, text: str, kind: Any) -> Any:
    if get_origin(kind) is Literal:
        if text not in get_args(kind):
            raise UsageError(f"--set {key}={text}: expected one of {', '.join(get_args(kind))}")
        return text
    if kind is bool:
        if text not in ("true", "false"):
            raise UsageError(f"--set {key}={text}: expected true or false")
        return text == "true"
    try:
        return kind(text)
    except ValueError:
        raise UsageError(f"--set {key}={text}: expected a {'whole ' if kind is int else ''}number") from None
