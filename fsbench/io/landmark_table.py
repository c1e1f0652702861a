"""Landmarks as a table in text: as people, pandas, R and annotation tools write them."""

import csv
import os
import re
from dataclasses import dataclass

import numpy as np

from fsbench.core.errors import FormatError
from fsbench.core.mesh import Floats
from fsbench.io.decimals import comma_hint, number_of
from fsbench.io.lines import PAD, blank_comments, read_text_padded

_AXIS = re.compile(r"([xyz])[\s_.(\[]*(mm|cm|m|um|\u00b5m|in|inch|inches|px)?[\s_.)\]]*", re.IGNORECASE)
"""A column's name, with a unit perhaps; R writes `X (mm)` as `X..mm.`."""
_UNIT_APART = re.compile(r"(?<!\s)\s+(?=[(\[])")
_WORD = re.compile(r"\"[^\"]*\"|'[^']*'|\S+")
_COMMA_AND_BLANK = re.compile(r",\s")
_DECIMAL_COMMA = re.compile(r"(?:^|[;\s])([+-]?\d+,\d+)(?=[;\s]|$)")
_EMPTY = ("", "na", "n/a", "null", "none", "-")
_AXES = "xyz"
_SHOWN = 60
_LONGEST_NAME = 40
_MOST_ROWS = 100_000
_LONGEST_COUNT = 10
_COUNTERS = ("", "#", "i", "id", "idx", "index", "landmark", "n", "no", "nr", "number", "point", "row", "unnamed: 0")


@dataclass(frozen=True, slots=True)
class _Row:
    """A line that has something on it: its number, counted from 1, its text, and its cells without quotes."""

    line: int
    text: str
    cells: list[str]


def read_table(path: str | os.PathLike[str], max_bytes: int) -> Floats:
    """Read a table of points.

    Cells are parted by semicolons, tabs or commas, or by blanks where there are none of these; they may be quoted.
    With a first line of names, the columns x, y, z count, whose names may have a unit (`X (mm)`, `x_mm`), and all
    others are passed over: an index, as of pandas, or names. R leaves out the name of its first column. Without
    such a line there are three numbers in a row, behind a name perhaps. Empty lines and comments (from a # that begins
    a word) are passed over; an empty cell is a landmark that is not there, and refused.

    Parameters
    ----------
    path : path
        The file.
    max_bytes : int
        Largest file read.

    Returns
    -------
    array, (n, 3)
        One column, (n, 1), where there is one whole number a line: vertex numbers.

    Raises
    ------
    MissingError
        If there is no such file.
    FormatError
        If it is no such table; the message names the line.
    """
    rows = _rows(path, max_bytes)
    if not rows:
        raise FormatError(f"{path}: there are no numbers")
    header = _header(path, rows)
    body = rows[1:] if header else rows
    if not body:
        raise FormatError(f"{path}: there are no numbers below the heading")
    columns = header or _columns_without_names(path, body)
    if header and 0 not in columns:
        _refuse_gap(path, rows[0].cells, body)
    return np.array([_numbers(path, body, i, columns) for i in range(len(body))], np.float64).reshape(len(body), -1)


def _rows(path: str | os.PathLike[str], max_bytes: int) -> list[_Row]:
    raw = read_text_padded(path, max_bytes)
    blank_comments(raw)
    texts = bytes(raw[PAD:]).decode("utf-8", "backslashreplace").replace("\r", "").split("\n")
    separator = _separator([text for text in texts if text.strip()])
    # Of a table parted by tabs, a line of tabs alone is an empty row.
    blanks = " " if separator == "\t" else None
    lines = [(number, text) for number, text in enumerate(texts, 1) if text.strip(blanks)]
    if len(lines) > _MOST_ROWS:
        raise FormatError(f"{path}: has {len(lines):,} lines, at most {_MOST_ROWS:,} landmarks are read")
    try:
        rows = [_Row(number, text, _cells(text, separator)) for number, text in lines]
    except csv.Error as error:
        raise FormatError(f"{path}: not readable as a table: {error}") from error
    # A separator behind the last cell of every line.
    while rows and all(len(row.cells) > 1 and not row.cells[-1] for row in rows):
        for row in rows:
            row.cells.pop()
    return rows


def _separator(texts: list[str]) -> str:
    """The separator of the cells; empty for blanks."""
    in_all = [mark for mark in ";\t," if all(mark in text for text in texts)]
    if "\t" in in_all and "," in in_all and any(_COMMA_AND_BLANK.search(text) for text in texts):
        return ","
    return in_all[0] if in_all else ""


def _cells(text: str, separator: str) -> list[str]:
    if separator:
        found = next(csv.reader([text], delimiter=separator, skipinitialspace=separator != "\t"))
    else:
        found = _WORD.findall(_UNIT_APART.sub("", text))
    return [cell.strip().strip("\"'").strip() for cell in found]


def _header(path: str | os.PathLike[str], rows: list[_Row]) -> list[int]:
    """Places of the columns x, y, z by the first line; none if it is no line of names."""
    first = rows[0]
    if any(number_of(cell) is not None for cell in first.cells[1:] or first.cells):
        return []
    if not any(cell[:1].isalpha() or cell[:1] == "_" for cell in first.cells):
        return []
    cells, n_cells = first.cells, len(rows[1].cells) if len(rows) > 1 else 0
    names = [_AXIS.fullmatch(cell[:_LONGEST_NAME]) for cell in cells]
    axes = [name[1].lower() if name else "" for name in names]
    if sorted(filter(None, axes)) != list(_AXES):
        raise FormatError(
            f"{path}: line {first.line}: {first.text[:_SHOWN]!r} does not name the columns x, y, z, each once"
        )
    units = {(name[2] or "").lower() for name in names if name}
    if len(units) > 1:
        raise FormatError(
            f"{path}: line {first.line}: the columns x, y, z are in different units: {first.text[:_SHOWN]!r}"
        )
    missing = int(n_cells == len(cells) + 1 and _are_row_names(rows[1:]))
    if n_cells and n_cells != len(cells) + missing:
        raise FormatError(
            f"{path}: has {len(cells)} names in the first line and {n_cells} numbers in the others{_hint(rows[1])}"
        )
    return [axes.index(axis) + missing for axis in _AXES]


def _are_row_names(rows: list[_Row]) -> bool:
    """Whether the first column, for which R writes no name, is surely no coordinate."""
    first = [row.cells[0] for row in rows]
    counted = [str(number) for number in range(1, len(rows) + 1)]
    is_quoted = all(row.text.lstrip()[:1] == '"' and row.text.count('"') == 2 for row in rows)
    return is_quoted or all(number_of(cell) is None for cell in first) or (first == counted and len(first) > 2)


def _refuse_gap(path: str | os.PathLike[str], names: list[str], rows: list[_Row]) -> None:
    """Refuse rows that count themselves and leave numbers out, as pandas does without its empty rows."""
    counts = [int(row.cells[0]) for row in rows if row.cells[0].isdecimal() and len(row.cells[0]) < _LONGEST_COUNT]
    if len(counts) < len(rows) or (names[0].lower() not in _COUNTERS and names[0].lower() not in _AXES):
        return
    absent = sorted(set(range(min(counts), max(counts) + 1)) - set(counts)) if _is_dense(counts) else []
    if absent:
        after = next(row for row, count in zip(rows, counts, strict=True) if count > absent[0])
        raise FormatError(
            f"{path}: line {after.line}: the first column goes on with {after.cells[0]}, there is no row {absent[0]}; "
            "its landmark is empty, and rows do not move up"
        )


def _is_dense(counts: list[int]) -> bool:
    """Whether the numbers count rows; ids of a model's landmarks lie farther apart."""
    return max(counts) - min(counts) < 2 * len(counts)


def _columns_without_names(path: str | os.PathLike[str], rows: list[_Row]) -> list[int]:
    n_cells = len(rows[0].cells)
    has_names = n_cells == len(_AXES) + 1 and all(number_of(row.cells[0]) is None and row.cells[0] for row in rows)
    if n_cells == 1 or n_cells == len(_AXES) or has_names:
        return list(range(has_names, n_cells))
    raise FormatError(
        f"{path}: line {rows[0].line}: has {n_cells} numbers a line, expected a row x, y, z for each landmark"
        f"{_hint(rows[0])}"
    )


def _numbers(path: str | os.PathLike[str], rows: list[_Row], i: int, columns: list[int]) -> list[float]:
    row, n_cells = rows[i], len(rows[0].cells)
    where = f"{path}: line {row.line}"
    cells = [row.cells[column] if column < len(row.cells) else "" for column in columns]
    empty = [cell for cell in cells if cell.lower() in _EMPTY]
    if empty:
        found = f", {row.text.strip()[:_SHOWN]!r}: expected x, y, z" if row.text.strip() else ""
        raise FormatError(f"{where}: landmark {i + 1} is empty{found}")
    if len(row.cells) != n_cells:
        found = f"has {len(row.cells)} numbers, line {rows[0].line} has {n_cells}"
        raise FormatError(f"{where} {found}{_hint(row)}")
    values = [number_of(cell) for cell in cells]
    for cell, value in zip(cells, values, strict=True):
        if value is None:
            raise FormatError(f"{where}: found {cell[:40]!r}, expected a number{comma_hint(cell) or _hint(row)}")
    return [value for value in values if value is not None]


def _hint(row: _Row) -> str:
    found = _DECIMAL_COMMA.search(row.text)
    return comma_hint(found[1]) if found else ""
