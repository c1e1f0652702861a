"""Signatures: one line with everything that can move a number, and the differences of two."""

import hashlib
import re
from dataclasses import fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_ABSENT = "-"
_VERSION = "version"
_DIGITS = 6
_AND = " and "


def differences(ours: str, theirs: str) -> list[str]:
    """The parts in which two signatures differ, one line each; empty if they are the same.

    Examples
    --------
    >>> differences("scan|scale:fitted|start:search|v1", "scan|scale:metric|start:search|frames:mean|v2")
    ['scale: fitted / metric', 'frames: - / mean', 'version: v1 / v2']
    """
    first, second = _parts(ours), _parts(theirs)
    names = sorted({**first, **second}, key=_VERSION.__eq__)
    pairs = ((name, first.get(name, _ABSENT), second.get(name, _ABSENT)) for name in names)
    return [f"{name}: {one} / {other}" for name, one, other in pairs if one != other]


def shortened(signature: str) -> str:
    """Benchmark, version and a digest of the whole line; for several, joined by " and ", of each.

    Examples
    --------
    >>> shortened("fswild|align:depth-median|v1")
    'fswild v1 · 3e69d0'
    """
    return _AND.join(map(_shortened, signature.split(_AND)))


def _shortened(signature: str) -> str:
    parts = _parts(signature)
    version = f" {parts[_VERSION]}" if _VERSION in parts else ""
    digest = hashlib.sha256(signature.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    return f"{signature.partition('|')[0]}{version} · {digest}"


def not_alike(label: str, ours: str, other_label: str, theirs: str) -> str:
    """The message about two runs with different signatures."""
    return (
        f"{label} and {other_label} were not measured alike, their numbers do not compare. They differ in\n"
        + "".join(f"  {line}\n" for line in differences(ours, theirs))
        + "score both with the same version and settings, and against the same references"
    )


def _parts(signature: str) -> dict[str, str]:
    """Values by name; parts without a name are the benchmark, the version, or numbered."""
    found = {}
    for place, part in enumerate(signature.split("|")):
        name, colon, value = part.partition(":")
        if not colon:
            is_version = re.fullmatch(r"v\d+", part)
            name, value = _VERSION if is_version else f"part {place + 1}" if place else "benchmark", part
        found[name] = value
    return found


def signature(benchmark: str, settings: "DataclassInstance") -> str:
    """One line with everything that can move a number: every field of the settings, in order, the version last."""
    parts = [f"{field.name}:{_shown(getattr(settings, field.name))}" for field in fields(settings)]
    named = [part for part in parts if not part.startswith("version:")]
    return "|".join([benchmark, *named, f"v{settings.version}"])  # type: ignore[attr-defined]


class Signed:
    """Settings, a dataclass, whose signature has all their fields."""

    __slots__ = ()

    def signature(self: "DataclassInstance", benchmark: str) -> str:
        """One line with everything that can move a number."""
        return signature(benchmark, self)


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
