"""LaTeX with booktabs: best bold, second best underlined, ready to be \\input."""

from collections.abc import Sequence

from fsbench.core.quantities import Better
from fsbench.report.formats.columns import Column, Sheet, sheet
from fsbench.report.formats.typeset import TexColumn, environment, escape
from fsbench.report.model import Table

_ARROWS: dict[Better, str] = {"lower": " ↓", "higher": " ↑", None: ""}

__all__ = ["escape", "write"]


def write(tables: Sequence[Table | Sheet]) -> str:
    """Write table environments below each other; they need \\usepackage{booktabs}."""
    return "\n".join(_one(sheet(table)) for table in tables)


def _one(table: Sheet) -> str:
    columns = [_column(column, group.title) for group in table.groups for column in group.columns]
    stub = TexColumn(("Method", ""), table.labels, left=True)
    notes = " ".join(map(escape, table.notes))
    measured = [
        f"% {' '.join(f'{title}: measured as {signature}'.removeprefix(': ').split())}\n"
        for title, signature in table.signatures
    ]
    head = "".join(["% needs \\usepackage{booktabs}\n", *measured])
    return head + environment(table.title, table.name, stub, columns, notes)


def _column(column: Column, group: str) -> TexColumn:
    return TexColumn((column.label + _ARROWS[column.better], column.unit), column.cells, column.ranks, group)
