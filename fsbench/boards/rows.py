"""Rows of a board's CSV, each checked as it is read, as a board may have been edited by hand."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from fsbench.boards.labels import unfit
from fsbench.core.errors import FormatError
from fsbench.core.quantities import Quantity
from fsbench.core.visible import visible

COLUMNS = (
    *("method", "table", "bin", "metric", "mean", "median", "low", "high"),
    *("n_scored", "n_total", "published_rows", "signature"),
)
NUMBERS = ("mean", "median", "low", "high")
COUNTS = ("n_scored", "n_total", "published_rows")

_NUMBER = re.compile(r"\d{1,12}(\.\d{1,12})?", re.ASCII)
_COUNT = re.compile(r"\d{1,9}", re.ASCII)

Cells = Mapping[str, str | float | int]


def read_rows(path: Path, text: str, metrics: Mapping[str, Quantity]) -> Iterator[tuple[int, Cells]]:
    """Yield the number of each line and its cells: texts, numbers (NaN where empty) and counts (0 where empty).

    `metrics` are those of the board, the one that ranks it first.

    Raises
    ------
    FormatError
        If the columns differ, or a row is impossible; the message names its line.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        if (columns := next(reader, None)) != list(COLUMNS):
            raise FormatError(f"{path}: columns {columns or 'none'}, expected {list(COLUMNS)}")
        for row in reader:
            try:
                yield reader.line_num, _cells(row, metrics)
            except ValueError as error:
                raise FormatError(f"{path}: line {reader.line_num}: {error}") from None
    except csv.Error as error:
        raise FormatError(f"{path}: line {reader.line_num}: {error}") from None


def _cells(row: list[str], metrics: Mapping[str, Quantity]) -> Cells:
    if len(row) != len(COLUMNS):
        raise ValueError(f"has {len(row)} cells, expected {len(COLUMNS)}")
    texts = dict(zip(COLUMNS, row, strict=True))
    for name, text in texts.items():
        if visible(text) != text:
            raise ValueError(f"{name} is '{visible(text)}', expected one line of plain characters")
    if why := unfit(texts["method"]):
        raise ValueError(f"the label {texts['method']!r}: {why}")
    if texts["metric"] not in metrics:
        raise ValueError(f"metric is {texts['metric']!r}, expected one of {', '.join(metrics)}")
    numbers = {name: _number(name, texts[name]) for name in NUMBERS}
    counts = {name: _count(name, texts[name]) for name in COUNTS}
    _refuse_contradictions(metrics[texts["metric"]], texts["metric"] == next(iter(metrics)), numbers, counts)
    return {**texts, **numbers, **counts}


def _number(name: str, text: str) -> float:
    if text and not _NUMBER.fullmatch(text):
        raise ValueError(f"{name} is {text[:40]!r}, expected a number, not negative, or nothing")
    return float(text) if text else float("nan")


def _count(name: str, text: str) -> int:
    is_blank = text == "" and name == "published_rows"
    if not is_blank and not _COUNT.fullmatch(text):
        raise ValueError(f"{name} is {text[:40]!r}, expected a count")
    return 0 if is_blank else int(text)


def _refuse_contradictions(
    metric: Quantity, ranks: bool, numbers: Mapping[str, float], counts: Mapping[str, int]
) -> None:
    for value in numbers.values():
        if fault := metric.impossible(value):
            raise ValueError(fault)
    if ranks and metric.better == "lower" and 0.0 in (numbers["mean"], numbers["median"]):
        raise ValueError(f"a {metric.label} of 0 {metric.unit}: no prediction is its reference to a millionth of it")
    if counts["n_total"] == 0 or counts["n_scored"] > counts["n_total"]:
        raise ValueError(f"{counts['n_scored']} of {counts['n_total']} samples scored")
    has_value = [numbers[name] == numbers[name] for name in NUMBERS]
    if has_value[0] != (counts["n_scored"] > 0) or has_value[0] != has_value[1]:
        raise ValueError(f"{counts['n_scored']} samples scored, expected a mean and a median where there are some only")
    if has_value[2] != has_value[3] or numbers["low"] > numbers["high"]:
        raise ValueError(f"the interval is from {numbers['low']:g} to {numbers['high']:g}")
