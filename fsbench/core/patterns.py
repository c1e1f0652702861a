"""Names and paths in a specification: a file from somebody else must not lead out of the user's folders."""

import re
import string
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from fsbench.core.visible import visible

_LONGEST = 200
_DEEPEST, _MOST_PARTS = 8, 16
_FORMAT = re.compile(r"(0?[1-9]d)?", re.ASCII)
_DOTTED = re.compile(rf"(?<![\w\"'-])(?:[\w\"'-]++[ \t]*+\.[ \t]*+){{{_MOST_PARTS},}}")


def require_pattern(pattern: Any, names: Collection[str]) -> str:
    """Return the pattern if its braces hold only these names, as `{name}`, or for whole numbers as `{name:03d}`.

    Raises
    ------
    ValueError
        If they hold anything else: a Python format can ask for text of any length, or for attributes of a value.
    """
    text = require_text(pattern)
    for _, name, form, conversion in string.Formatter().parse(text):
        if name is None:
            continue
        if name not in names:
            known = ", ".join(f"{{{known}}}" for known in names) or "none"
            raise ValueError(f"the pattern {text!r} holds {{{name}}}; there are {known}")
        if conversion or not _FORMAT.fullmatch(form or ""):
            raise ValueError(f"the pattern {text!r}: expected {{{name}}} or, with zeros, {{{name}:03d}}")
    return text


def require_inside(path: Any) -> str:
    """Return a relative path if its text stays below its folder; raise ValueError if it does not."""
    text = require_text(path)
    parts = text.split("/")
    if not text or text.startswith(("/", "~")) or ".." in parts or "\\" in text or re.match(r"\w:", text):
        raise ValueError(f"the path {text!r} leads out of its folder; expected one below it, without '..'")
    return text


def require_text(text: Any) -> str:
    """Return the text if it is short and on one line; raise ValueError if it is not."""
    if not isinstance(text, str) or len(text) > _LONGEST or visible(text) != text:
        raise ValueError(f"found {visible(repr(text)[:60])}, expected at most {_LONGEST} plain characters in one line")
    return text


def require_moderate(text: str) -> None:
    """Raise ValueError if a name in a TOML text has so many parts that the parser would take minutes."""
    if found := _DOTTED.search(text):
        raise ValueError(f"a name has more than {_MOST_PARTS} parts: {visible(found[0][:40])}...")


def require_shallow(content: Any) -> None:
    """Raise ValueError if lists and tables are nested deeper than in any specification."""
    level: list[Any] = [content]
    for _ in range(_DEEPEST):
        level = [part for whole in level for part in _parts(whole)]
    if level:
        raise ValueError(f"lists and tables are nested more than {_DEEPEST} deep")


def _parts(whole: Any) -> Iterable[Any]:
    if isinstance(whole, Mapping):
        return whole.values()
    return whole if isinstance(whole, list) else ()
