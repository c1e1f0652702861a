"""LaTeX with booktabs: best bold, second best underlined, ready to be \\input."""

from collections.abc import Sequence

from fsbench.core.quantities import Better
from fsbench.report.formats.columns import Column, groups
from fsbench.report.formats.typeset import TexColumn, environment, escape
from fsbench.report.model import Table

_ARROWS: dict[Better, str] = {"lower": " ↓", "higher": " ↑", None: ""}

__all__ = ["escape", "write"]


def write(tables: Sequence[Table]) -> str:
    """Write table environments below each other; they need \\usepackage{booktabs}."""
    return "\n".join(_one(table) for table in tables)


def _one(table: Table) -> str:
    columns = [_column(column, group.title) for group in groups(table) for column in group.columns]
    stub = TexColumn(("Method", ""), tuple(row.label for row in table.rows), left=True)
    notes = " ".join(map(escape, table.notes))
    head = f"% needs \\usepackage{{booktabs}}\n% measured as {' '.join(table.signature.split())}\n"
    return head + environment(table.title, f"{table.benchmark}-{table.layout.name}", stub, columns, notes)


def _column(column: Column, group: str) -> TexColumn:
    return TexColumn((column.label + _ARROWS[column.better], column.unit), column.cells, column.marks, group)
