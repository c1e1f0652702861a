"""Tables across benchmarks written down: as one sheet for people, as csv, and as json."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from fsbench.report.across import Across
from fsbench.report.formats import delimited, html, latex, markdown, structured, text
from fsbench.report.formats.columns import DASH, Column, Group, Sheet, groups
from fsbench.report.model import Row, Table

_PRINTED = {"text": text.write, "markdown": markdown.write, "latex": latex.write, "html": html.write}


def write(found: Across, format_: str) -> str:
    """The table in one of `fsbench.core.choices.TABLE_FORMATS`; ends with a newline."""
    if format_ == "csv":
        return write_csv(found)
    if format_ == "json":
        return write_json(found)
    return _PRINTED[format_]([sheet(found)])


def sheet(found: Across) -> Sheet:
    """One group of columns a benchmark, its done rate last; a dash where a method has no run."""
    parts = zip(found.titles, found.tables, strict=True)
    columns = tuple(Group(title, _columns(found.labels, table)) for title, table in parts)
    name = f"across-{'-'.join(table.benchmark for table in found.tables)}"
    measured = tuple((title, table.signature) for title, table in zip(found.titles, found.tables, strict=True))
    return Sheet(found.title, name, found.labels, columns, found.notes, measured)


def _columns(labels: Sequence[str], table: Table) -> tuple[Column, ...]:
    """The table's columns with a place for every method."""
    places = {row.label: r for r, row in enumerate(table.rows)}
    rows = [places.get(label) for label in labels]
    return tuple(
        replace(
            column,
            cells=tuple(DASH if r is None else column.cells[r] for r in rows),
            ranks=tuple(0 if r is None else column.ranks[r] for r in rows),
        )
        for group in groups(table)
        for column in group.columns
    )


def write_csv(found: Across) -> str:
    """The table as printed: columns `<metric>[<benchmark>]`, CR in percent; a cell without value is empty."""
    tables = [delimited.printed(table, table.benchmark) for table in found.tables]
    by_label = [{row[0]: row[1:] for row in rows} for _, *rows in tables]
    lines = [["method", *(name for heading, *_ in tables for name in heading[1:])]]
    for label in found.labels:
        parts = [own.get(label, [""] * (len(rows[0]) - 1)) for own, rows in zip(by_label, tables, strict=True)]
        lines.append([label, *(cell for part in parts for cell in part)])
    return delimited.as_csv(lines)


def write_json(found: Across) -> str:
    """Benchmarks and methods, all digits in the runs' units; null where a method has no run of a benchmark."""
    benchmarks = []
    for title, table in zip(found.titles, found.tables, strict=True):
        about = structured.as_dict(table)
        shown = {key: about[key] for key in ("signature", "metrics", "notes")}
        benchmarks.append({"benchmark": table.benchmark, "title": title, **shown})
    methods = [
        {"method": label, "benchmarks": {table.benchmark: _of_method(table, label) for table in found.tables}}
        for label in found.labels
    ]
    return structured.as_json({"title": found.title, "benchmarks": benchmarks, "methods": methods})


def _of_method(table: Table, label: str) -> dict[str, Any] | None:
    row: Row | None = next((row for row in table.rows if row.label == label), None)
    if row is None:
        return None
    counts = structured.counts(row)
    metrics = zip(table.metrics, row.cells[0], strict=True)
    return {**counts, "metrics": {metric.name: structured.numbers(cell) for metric, cell in metrics}}
