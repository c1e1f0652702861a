r"""Tables for LaTeX that fit the page: float and layout follow the width.

A table that fits one column of a two-column page becomes a `table`, a wider one a `table*`. If that is too narrow, its
intervals go below the means; if it still is, the table is split into blocks below each other, each with the labels.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from fsbench.report.formats.font import width_pt

COLUMN_PT, PAGE_PT = 237.1, 496.8
r"""`\columnwidth` and `\textwidth` of a two-column page (CVPR's and ICCV's; IEEE's are wider)."""
_GAP_PT = 8.0
r"""Between columns: twice `\tabcolsep`, which is set to 4 pt."""
_WIDEST_LABEL_PT = 130.0
"""Longer labels are wrapped."""
_LONGEST_WORD = 12
"""Letters without a place to break, in a wrapped label."""

_STYLES = {0: "{}", 1: r"\textbf{{{}}}", 2: r"\underline{{{}}}"}
_ESCAPED = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "°": r"$^\circ$",
    "−": "$-$",
    "↓": r"$\downarrow$",
    "↑": r"$\uparrow$",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "…": r"\dots{}",
    "†": r"\dag{}",
    **{c: f"\\{c}" for c in "&%$#_{}"},
}
_INTERVAL = re.compile(r"(.*\S) (\[.*\])\S*$")


@dataclass(frozen=True, slots=True)
class TexColumn:
    """One column as people read it, not escaped.

    Attributes
    ----------
    heads : tuple of str
        Lines of the heading; all columns of a table have as many.
    cells : tuple of str
    ranks : tuple of int
        By cell: 1 for bold, 2 for underlined, else 0; empty: none.
    group : str
        Heading that it shares with its neighbours.
    left : bool
        Set flush left, as words are; else its cells are numbers.
    """

    heads: tuple[str, ...]
    cells: tuple[str, ...]
    ranks: tuple[int, ...] = ()
    group: str = ""
    left: bool = False

    def rank(self, row: int) -> int:
        """How a cell is emphasised."""
        return self.ranks[row] if self.ranks else 0


def environment(title: str, name: str, stub: TexColumn, columns: Sequence[TexColumn], notes: str = "") -> str:
    r"""Write a float with caption and label; it needs `\usepackage{booktabs}`.

    Parameters
    ----------
    title, notes : str
        The caption; notes are escaped already.
    name : str
        What `\label` is made of.
    stub : TexColumn
        The labels of the rows, repeated in each block.
    columns : sequence of TexColumn
    """
    columns = [column if column.left else replace(column, cells=tuple(map(_minus, column.cells))) for column in columns]
    float_, blocks, stacked = _layout(stub, columns)
    label = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    parts = [_tabular(stub, block, stacked) for block in blocks]
    lines = [
        rf"\begin{{{float_}}}",
        r"\centering\footnotesize\setlength{\tabcolsep}{4pt}\setlength{\belowcaptionskip}{6pt}",
        rf"\caption{{{' '.join(part for part in (escape(title) + '.', notes) if part)}}}",
        rf"\label{{tab:{label}}}",
        "\n\\par\\medskip\n".join(parts),
        rf"\end{{{float_}}}",
    ]
    return "\n".join(lines) + "\n"


def _layout(stub: TexColumn, columns: Sequence[TexColumn]) -> tuple[str, list[list[TexColumn]], bool]:
    """Float, blocks, and whether intervals stand below the means: the first that fits."""
    for stacked in (False, True):
        whole = table_width_pt(stub, columns, stacked)
        if whole <= PAGE_PT:
            return "table" if whole <= COLUMN_PT else "table*", [list(columns)], stacked
    return "table*", list(_blocks(stub, columns)), True


def _blocks(stub: TexColumn, columns: Sequence[TexColumn]) -> Iterator[list[TexColumn]]:
    """Groups side by side as they fit; a single group that is too wide is split too."""
    block: list[TexColumn] = []
    for group in _groups(columns):
        whole = table_width_pt(stub, group, True) <= PAGE_PT
        for piece in [group] if whole else [[column] for column in group]:
            if block and table_width_pt(stub, [*block, *piece], True) > PAGE_PT:
                yield block
                block = []
            block = [*block, *piece]
    yield block


def _groups(columns: Sequence[TexColumn]) -> list[list[TexColumn]]:
    groups: list[list[TexColumn]] = []
    for column in columns:
        if groups and column.group and groups[-1][-1].group == column.group:
            groups[-1].append(column)
        else:
            groups.append([column])
    return groups


def table_width_pt(stub: TexColumn, columns: Sequence[TexColumn], stacked: bool) -> float:
    """Estimated width of the columns with their labels; in Computer Modern, the widest of the usual fonts."""
    found = _column_pt(stub, stacked) + _GAP_PT
    for group in _groups(columns):
        own = sum(_column_pt(column, stacked) + _GAP_PT for column in group)
        found += max(own, width_pt(group[0].group) + _GAP_PT if group[0].group else 0.0)
    return found


def _column_pt(column: TexColumn, stacked: bool) -> float:
    if column.left:
        return min(_label_pt(column), _WIDEST_LABEL_PT)
    widths = [width_pt(head) for head in column.heads]
    for row, cell in enumerate(column.cells):
        upper, lower = _parts(cell) if stacked else (cell, "")
        widths += [width_pt(upper, bold=column.rank(row) == 1), width_pt(lower, small=True)]
    return max(widths)


def _label_pt(column: TexColumn) -> float:
    return max(map(width_pt, (*column.heads, *column.cells)))


def _parts(cell: str) -> tuple[str, str]:
    """A mean and its interval, which is empty if it has none."""
    found = _INTERVAL.match(cell)
    return (found[1], found[2]) if found else (cell, "")


def _tabular(stub: TexColumn, columns: Sequence[TexColumn], stacked: bool) -> str:
    spec = "".join(map(_kind, (stub, *columns)))
    heads = [_line([escape(column.heads[i]) for column in (stub, *columns)]) for i in range(len(stub.heads))]
    rows = [line for r in range(len(stub.cells)) for line in _rows((stub, *columns), r, stacked)]
    return "\n".join(
        [rf"\begin{{tabular}}{{{spec}}}", r"\toprule", *_headings(columns), *heads, r"\midrule", *rows]
        + [r"\bottomrule", r"\end{tabular}"]
    )


def _headings(columns: Sequence[TexColumn]) -> list[str]:
    groups = _groups(columns)
    if not any(group[0].group for group in groups):
        return []
    cells, rules, first = [""], [], 2
    for group in groups:
        last = first + len(group) - 1
        cells.append(rf"\multicolumn{{{len(group)}}}{{c}}{{{escape(group[0].group)}}}")
        rules += [rf"\cmidrule(lr){{{first}-{last}}}"] if group[0].group else []
        first = last + 1
    return [_line(cells), " ".join(rules)]


def _kind(column: TexColumn) -> str:
    if not column.left:
        return "r"
    return f"p{{{_WIDEST_LABEL_PT:.0f}pt}}" if _label_pt(column) > _WIDEST_LABEL_PT else "l"


def _rows(columns: Sequence[TexColumn], row: int, stacked: bool) -> Iterator[str]:
    uppers, lowers = [], []
    for column in columns:
        text = column.cells[row]
        upper, lower = _parts(text) if stacked and not column.left else (text, "")
        uppers.append(_label(column, text) if column.left else _cell(upper, column.rank(row)))
        lowers.append(rf"\scriptsize {escape(lower)}" if lower else "")
    yield _line(uppers)
    if any(lowers):
        yield _line(lowers)
        yield r"\addlinespace[2pt]"


def _label(column: TexColumn, text: str) -> str:
    # \raggedright gives \\ another meaning, which must not last to the end of the row.
    return rf"\raggedright\let\\\tabularnewline {_breakable(text)}" if _kind(column) != "l" else escape(text)


def _cell(text: str, rank: int) -> str:
    return "--" if text == "-" else _STYLES[rank].format(escape(text))


def _minus(number: str) -> str:
    """The text with a minus sign for a number, and a dash for a range."""
    return re.sub(r"(?<=\d)-(?=\d)", "–", re.sub(r"(?<![\w.])-(?=\.?\d)", "−", number))


def _line(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"


def _breakable(text: str) -> str:
    """A label that may be broken after each character that is not a letter, and within very long words."""
    pieces = re.findall(rf"[^\W_]{{1,{_LONGEST_WORD}}}\s*|[\W_]", text)
    return r"\allowbreak{}".join(escape(piece) for piece in pieces)


def escape(text: str) -> str:
    """Text that LaTeX prints as it is; behind a line's end or a rule, `[` and `*` would be taken for options of it."""
    protected = "{}" if text.startswith(("[", "*")) else ""
    return protected + "".join(_ESCAPED.get(c, c) for c in text)
