"""GitHub-flavoured Markdown: best bold, second best in italics."""

from collections.abc import Sequence

from fsbench.report.formats.columns import Sheet, measured_as, sheet
from fsbench.report.model import Table

_STYLES = {0: "{}", 1: "**{}**", 2: "*{}*"}


def write(tables: Sequence[Table | Sheet]) -> str:
    """Write tables below each other, each with a heading and its notes."""
    return "\n".join(_one(sheet(table)) for table in tables)


def _one(table: Sheet) -> str:
    columns = [(group.title, column) for group in table.groups for column in group.columns]
    heads = [escape(f"{title} {column.label} ({column.unit})".strip()) for title, column in columns]
    lines = [_line(["Method", *heads]), _line([":--", *("--:" for _ in heads)])]
    for r, label in enumerate(table.labels):
        cells = [_STYLES[column.ranks[r]].format(column.cells[r]) for _, column in columns]
        lines.append(_line([escape(label), *cells]))
    notes = [f"- {escape(note)}" for note in (*table.notes, *measured_as(table))]
    return "\n".join([f"**{escape(table.title)}**", "", *lines, "", *notes, ""])


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def escape(text: str) -> str:
    """Text that Markdown, and the HTML and the formulas inside it, leave as it is."""
    plain = text.replace("&", "&amp;").replace("<", "&lt;")
    return "".join(f"\\{c}" if c in "\\`*_[]|#~!$" else c for c in plain)
