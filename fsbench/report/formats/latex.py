"""LaTeX with booktabs: best bold, second best underlined, ready to be \\input."""

from collections.abc import Sequence

from fsbench.report.formats.columns import DASH, Group, groups
from fsbench.report.model import Table

_STYLES = {0: "{}", 1: r"\textbf{{{}}}", 2: r"\underline{{{}}}"}
_ESCAPED = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "°": r"$^\circ$",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "…": r"\dots{}",
    **{c: f"\\{c}" for c in "&%$#_{}"},
}


def write(tables: Sequence[Table]) -> str:
    """Write table environments below each other; they need \\usepackage{booktabs}."""
    return "\n".join(_one(table) for table in tables)


def _one(table: Table) -> str:
    found = groups(table)
    columns = [column for group in found for column in group.columns]
    rows = [
        [escape(row.label), *(_cell(column.cells[r], column.marks[r]) for column in columns)]
        for r, row in enumerate(table.rows)
    ]
    lines = [
        r"% needs \usepackage{booktabs}",
        f"% measured as {' '.join(table.signature.split())}",
        r"\begin{table*}",
        r"\centering\footnotesize\setlength{\tabcolsep}{4pt}",
        rf"\caption{{{escape(table.title)}. {' '.join(map(escape, table.notes))}}}",
        rf"\begin{{tabular}}{{l{'r' * len(columns)}}}",
        r"\toprule",
        *([_line(["", *map(_heading, found)]), _rules(found)] if any(group.title for group in found) else []),
        _line(["Method", *(escape(column.label) for column in columns)]),
        _line(["", *(escape(column.unit) for column in columns)]),
        r"\midrule",
        *map(_line, rows),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table*}",
    ]
    return "\n".join(lines) + "\n"


def _heading(group: Group) -> str:
    return rf"\multicolumn{{{len(group.columns)}}}{{c}}{{{escape(group.title)}}}"


def _rules(found: Sequence[Group]) -> str:
    rules, first = [], 2
    for group in found:
        last = first + len(group.columns) - 1
        if group.title:
            rules.append(rf"\cmidrule(lr){{{first}-{last}}}")
        first = last + 1
    return " ".join(rules)


def _cell(text: str, mark: int) -> str:
    return "--" if text == DASH else _STYLES[mark].format(text)


def _line(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"


def escape(text: str) -> str:
    """Text that LaTeX prints as it is; behind a line's end or a rule, `[` and `*` would be taken for options of it."""
    protected = "{}" if text.startswith(("[", "*")) else ""
    return protected + "".join(_ESCAPED.get(c, c) for c in text)
