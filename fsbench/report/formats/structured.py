"""JSON with all digits, in the run's units; a missing value is null."""

import json
from collections.abc import Sequence
from typing import Any

from fsbench.core.visible import visible
from fsbench.report.model import Cell, Row, Table


def write(tables: Sequence[Table]) -> str:
    """Write a list of tables."""
    return as_json([as_dict(table) for table in tables])


def as_json(content: Any, indent: int = 2) -> str:
    """JSON for people and programs: invisible characters are escaped, and read back unchanged."""
    text = json.dumps(content, indent=indent, ensure_ascii=False, allow_nan=False) + "\n"
    if visible(text, keep="\n") == text:
        return text
    return "".join(letter if visible(letter, keep="\n") == letter else json.dumps(letter)[1:-1] for letter in text)


def as_dict(table: Table) -> dict[str, Any]:
    """A table in JSON's types."""
    return {
        "benchmark": table.benchmark,
        "table": table.layout.name,
        "title": table.title,
        "signature": table.signature,
        "by": table.layout.column or None,
        "where": dict(table.layout.where),
        "metrics": [{"name": metric.name, "label": metric.label, "better": metric.better} for metric in table.metrics],
        "methods": [_row(table, row) for row in table.rows],
        "notes": list(table.notes),
    }


def _row(table: Table, row: Row) -> dict[str, Any]:
    bins = {
        bin_.label: {metric.name: numbers(cell) for metric, cell in zip(table.metrics, cells, strict=True)}
        for bin_, cells in zip(table.bins_with_overall, row.cells_with_overall, strict=True)
    }
    measured_by = {"measured_by": row.measured_by} if row.measured_by else {}
    return {"method": row.label, **measured_by, **counts(row), "bins": bins}


def counts(row: Row) -> dict[str, float | int | None]:
    """How many samples of a row have a score."""
    return {"n_scored": row.n_scored, "n_total": row.n_total, "done": row.done, "done_published": row.legacy_done}


def numbers(cell: Cell) -> dict[str, float | int | None]:
    """A cell; a missing value is None."""
    values = {"mean": cell.mean, "median": cell.median, "low": cell.low, "high": cell.high}
    shown: dict[str, float | int | None] = {name: None if v != v else v for name, v in values.items()}
    return shown | {"n_scored": cell.n_scored, "n_total": cell.n_total}
