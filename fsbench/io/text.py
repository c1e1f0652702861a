"""Text files: JSON and matrices of numbers, limited in size and depth; ambiguous content is refused."""

import json
import math
import os
import re
from collections import Counter
from typing import Any

import numpy as np

from fsbench.core.errors import FormatError
from fsbench.core.mesh import Floats
from fsbench.io.decimals import BadNumberError, comma_hint, parse_floats
from fsbench.io.files import read_bytes, refuse_foreign
from fsbench.io.lines import PAD, blank_comments, line_heads, line_number, read_text_padded, words_of

MAX_TEXT_BYTES = 64 << 20
MAX_DEPTH = 32
_MOST_TEXTS, _MOST_VALUES = 1_000_000, 4_000_000
"""The largest files have some hundred thousand names of samples, or coordinates of a dense mesh."""

_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
"""A string, or the rest of the text after a quote that is never closed, so that no byte is scanned twice."""
_DECIMAL_COMMA = re.compile(
    rb"(?:^|[ \t;])(?P<first>[+-]?\d+,\d+)[ \t;]+[+-]?[\d.]|[\d.][ \t;]+(?P<second>[+-]?\d+,\d+)(?=[ \t;\r\n])",
    re.MULTILINE,
)
"""A number with a comma in it, separated from another number by a blank or a semicolon."""
_SEPARATORS = bytes.maketrans(b",;", b"  ")


class _JsonError(ValueError):
    """JSON that is valid but not unique or not finite."""


def read_text(path: str | os.PathLike[str], max_bytes: int = MAX_TEXT_BYTES) -> str:
    """Read a UTF-8 text, with or without byte order mark.

    Raises
    ------
    MissingError
        If there is no such file.
    FormatError
        If it is too large or not UTF-8.
    """
    data = read_bytes(path, max_bytes)
    refuse_foreign(path, data[:512])
    return _decoded(path, data)


def _decoded(path: str | os.PathLike[str], data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FormatError(f"{path}: is not UTF-8 text (at byte {error.start:,})") from error


def read_json(path: str | os.PathLike[str], max_bytes: int = MAX_TEXT_BYTES) -> Any:
    """Read a JSON file.

    Parameters
    ----------
    path : path
        The file.
    max_bytes : int, optional
        Largest file read.

    Returns
    -------
    dict, list, str, int, float, bool or None

    Raises
    ------
    MissingError
        If there is no such file.
    FormatError
        If it is not JSON, nested deeper than 32, has a key twice in one object, or NaN or infinite numbers (which JSON
        does not have).
    """
    data = read_bytes(path, max_bytes)
    refuse_foreign(path, data[:512])
    refuse_immoderate(path, data)
    try:
        return json.loads(
            _decoded(path, data),
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
    except ValueError as error:
        raise FormatError(f"{path}: not readable as JSON: {error}") from error


def refuse_immoderate(path: str | os.PathLike[str], data: bytes) -> None:
    """Refuse JSON that would take many times its size in memory, before parsing it; `path` is for messages.

    Raises
    ------
    FormatError
        If it is nested deeper than 32, or holds more texts or values than any real file.
    """
    for letters, most, what in ((b'"', 2 * _MOST_TEXTS, "quotes"), (b",[{", _MOST_VALUES, "values")):
        if (found := sum(data.count(letter) for letter in letters)) > most:
            raise FormatError(f"{path}: the JSON has {found:,} {what}, at most {most:,} are read")
    if (depth := _depth(data)) > MAX_DEPTH:
        raise FormatError(f"{path}: the JSON is nested {depth} deep, at most {MAX_DEPTH} is read")


def _depth(data: bytes) -> int:
    """Largest depth of nested brackets, found without recursion."""
    text = np.frombuffer(_STRING.sub(b"", data), np.uint8)
    brackets = text[np.isin(text, np.frombuffer(b"[]{}", np.uint8))]
    return int(np.where(np.isin(brackets, np.frombuffer(b"[{", np.uint8)), 1, -1).cumsum().max(initial=0))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise _JsonError(f"the key '{twice[:100]}' occurs twice in one object")
    return found


def _refuse_constant(name: str) -> Any:
    raise _JsonError(f"found {name}, expected a finite number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _JsonError(f"found {text[:40]}, which is too large for double precision")
    return value


def read_numbers(path: str | os.PathLike[str], max_bytes: int = MAX_TEXT_BYTES) -> Floats:
    """Read a matrix of numbers, one row a line, separated by blanks, tabs, commas or semicolons.

    Empty lines and comments (from a # that begins a word) are skipped.

    Parameters
    ----------
    path : path
        The file.
    max_bytes : int, optional
        Largest file read.

    Returns
    -------
    array, (rows, columns)
        "nan" and "inf" are read as such.

    Raises
    ------
    MissingError
        If there is no such file.
    FormatError
        If a word is not a number or has a decimal comma, rows differ in length, or there are no rows.
    """
    raw = read_text_padded(path, max_bytes)
    blank_comments(raw)
    if comma := _DECIMAL_COMMA.search(raw):
        start = comma.start(comma.lastgroup or 0)
        hint = comma_hint(comma[comma.lastgroup or 0].decode("ascii"))
        line = 1 + raw.count(b"\n", PAD, start)
        raise FormatError(f"{path}: line {line}: both commas and blanks separate numbers{hint}")
    text = np.frombuffer(raw.translate(_SEPARATORS), np.uint8)
    starts, ends = words_of(text, PAD, len(text))
    if len(starts) == 0:
        raise FormatError(f"{path}: there are no numbers")
    heads = line_heads(text, PAD, len(text), starts)
    lengths = np.diff(heads, append=len(starts))
    odd = np.flatnonzero(lengths != lengths[0])
    if len(odd):
        line = line_number(text, int(starts[heads[odd[0]]]))
        raise FormatError(f"{path}: line {line} has {lengths[odd[0]]} numbers, the first has {lengths[0]}")
    try:
        return parse_floats(text, starts, ends).reshape(len(heads), -1)
    except BadNumberError as error:
        raise FormatError(f"{path}: line {line_number(text, error.position)}: {error}") from error
