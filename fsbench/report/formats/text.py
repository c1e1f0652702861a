"""Plain text for terminals and logs: aligned, never wrapped, at most 100 columns where the labels allow."""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rich.cells import cell_len

from fsbench.report.formats.columns import Column, Group, Sheet, measured_as, sheet
from fsbench.report.model import Table

WIDTH = 100
_GAP = "  "
_MOST_LINES = 2
"""Of a column's label, where that puts more columns side by side."""
_STYLES = {0: "{}", 1: "\x1b[1m{}\x1b[0m", 2: "\x1b[4m{}\x1b[0m"}


def write(tables: Sequence[Table | Sheet], width: int = WIDTH) -> str:
    """Write tables below each other.

    Bins that do not fit beside each other go into further blocks below, each with the labels; before that, labels of
    columns are broken into two lines. The best value is bold and the second best underlined by ANSI codes, which
    `click.echo` drops where stdout is no terminal.
    """
    return "\n".join(_one(sheet(table), width) for table in tables)


def _one(table: Sheet, width: int) -> str:
    labels = ["Method", "", *table.labels]
    stub = max(map(cell_len, labels))
    layouts = {n: list(_pages(table.groups, width - stub, n)) for n in range(1, _MOST_LINES + 1)}
    n_lines = min(layouts, key=lambda n: len(layouts[n]))
    blocks = [_block(["", *[""] * (n_lines - 1), *labels], stub, page, n_lines) for page in layouts[n_lines]]
    said = [
        textwrap.fill(note, width, subsequent_indent=_GAP, break_long_words=False, break_on_hyphens=False)
        for note in (*table.notes, *measured_as(table))
    ]
    return "\n".join([table.title, "", *blocks, *said, ""])


def _pages(columns: Sequence[Group], room: int, n_lines: int) -> Iterator[list[Group]]:
    """As many groups side by side as fit, at least one; the done rate is beside the group before it, if they fit.

    Where the groups do not fit beside each other, a rule above the done rate says that it is over all of them.
    """

    def fits(page: Sequence[Group]) -> bool:
        return sum(len(_GAP) + _width(one, n_lines) for one in page) <= room

    if not fits(columns) and not columns[-1].title:
        columns = [*columns[:-1], replace(columns[-1], title="all")]
    n_single = len(columns) - 2 if fits(columns[-2:]) else len(columns)
    page: list[Group] = []
    for together in filter(None, [*([group] for group in columns[:n_single]), columns[n_single:]]):
        if page and not fits([*page, *together]):
            yield page
            page = []
        page += together
    yield page


def _block(labels: Sequence[str], stub: int, page: Sequence[Group], n_lines: int) -> str:
    pieces = [_lines(group, n_lines) for group in page]
    lines = [
        _GAP.join([label + " " * (stub - cell_len(label)), *parts]).rstrip()
        for label, *parts in zip(labels, *pieces, strict=True)
    ]
    return "\n".join([*(lines if lines[0] else lines[1:]), ""])


def _lines(group: Group, n_lines: int) -> list[str]:
    """The group's heading, labels, units and rows, each as wide as the group."""
    width = _width(group, n_lines)
    rows = [" ".join(part) for part in zip(*(_padded(column, n_lines) for column in group.columns), strict=True)]
    title = group.title + " " * (width - cell_len(group.title)) if not group.title else _rule(group.title, width)
    return [title, *rows]


def _rule(title: str, width: int) -> str:
    """A rule with the title in its middle, as wide as the group."""
    left = max(width - cell_len(title) - 2, 0) // 2
    right = max(width - cell_len(title) - 2, 0) - left
    return f"{'─' * left} {title} {'─' * right}"


def _padded(column: Column, n_lines: int) -> list[str]:
    width = _column_width(column, n_lines)
    texts = [*_label(column, n_lines), column.unit, *column.cells]
    ranks = [0] * (len(texts) - len(column.ranks)) + [*column.ranks]
    return [
        " " * (width - cell_len(text)) + _STYLES[rank].format(text) for text, rank in zip(texts, ranks, strict=True)
    ]


def _label(column: Column, n_lines: int) -> list[str]:
    """The label on so many lines, as narrow as they allow; lines that it does not need are empty, above it."""
    for width in range(1, len(column.label) + 1):
        lines = textwrap.wrap(column.label, width, break_long_words=False)
        if len(lines) <= n_lines:
            return [""] * (n_lines - len(lines)) + lines
    return [""] * n_lines


def _column_width(column: Column, n_lines: int) -> int:
    return max(cell_len(text) for text in (*_label(column, n_lines), column.unit, *column.cells))


def _width(group: Group, n_lines: int) -> int:
    columns = sum(_column_width(column, n_lines) for column in group.columns) + len(group.columns) - 1
    return max(columns, cell_len(group.title) + 2 if group.title else 0)
