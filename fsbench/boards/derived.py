"""All that is derived from the boards' CSVs: a README, figures, and JSON for programs; the same bytes each time."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

from fsbench.benchmarks import load_spec, spec_names
from fsbench.boards.board import Board, read_board
from fsbench.boards.methods import FILE, Method, read_methods
from fsbench.report import notes
from fsbench.report.formats import markdown, structured
from fsbench.report.layout import OVERALL
from fsbench.report.model import Table
from fsbench.report.plots.figure import plot_table
from fsbench.runs.files import write_atomically

_DRAWN_AS = 2
"""Raise it when the drawing of figures changes, so that older figures count as stale."""

_INTRODUCTION = f"""\
# Leaderboards

Made by `fsbench leaderboard build` from the CSV files beside this one: change those, not this. Add a method with
`fsbench leaderboard add RUN`. Programs read `leaderboard.json`.

The published rows are computed by fsbench from the per-sample results that the benchmark's authors published; they
print as the authors' tables do. Methods stand by their mean CD over all samples. That order is no verdict: CD looks
only at what is covered, so read it with CR; a mean leaves out the samples that a method failed on, so read it with
"done"; and where intervals overlap, `fsbench compare` says what the data show.

Who made what is in [{FILE}]({FILE}) and at the end of this page.
"""


def read_boards(folder: Path) -> dict[str, Board]:
    """The boards that `folder` holds, by benchmark."""
    return {name: read_board(folder, load_spec(name)) for name in spec_names() if (folder / f"{name}.csv").is_file()}


def derive(folder: Path) -> dict[str, bytes]:
    """Make all files that follow from the CSVs in `folder`; return content by file name.

    Raises
    ------
    FormatError
        If a CSV is damaged, or a method of a board is not in methods.csv.
    """
    boards, methods = read_boards(folder), read_methods(folder)
    figures = {
        f"{name}-{layout}.svg": _figure(board.table(layout, board.figure_metrics, ci=True))
        for name, board in boards.items()
        for layout in _drawn(board)
    }
    return {
        "README.md": _readme(boards, methods).encode(),
        "leaderboard.json": _json(boards, methods).encode(),
        **figures,
    }


def build(folder: Path) -> list[str]:
    """Write the derived files that differ; return their names."""
    written = []
    for name, content in derive(folder).items():
        if not _agrees(folder / name, content):
            write_atomically(folder / name, content)
            written.append(name)
    return written


def stale(folder: Path) -> list[str]:
    """Names of derived files that are missing or do not match the CSVs."""
    return [name for name, content in derive(folder).items() if not _agrees(folder / name, content)]


def _agrees(path: Path, content: bytes) -> bool:
    """Whether the file is as it should be.

    A figure that another version of matplotlib or fsbench drew from the same numbers is left alone: the last digits
    of its coordinates would differ and nothing else.
    """
    if not path.is_file():
        return False
    found = path.read_bytes()
    if found == content or path.suffix != ".svg":
        return found == content
    return _maker(found) != _maker(content) and _identifier(found) == _identifier(content)


def _maker(svg: bytes) -> bytes:
    match = re.search(rb"<dc:creator>.*?</dc:creator>", svg, re.DOTALL)
    return match[0] if match else b""


def _identifier(svg: bytes) -> bytes:
    match = re.search(rb"<dc:identifier>.*?</dc:identifier>", svg, re.DOTALL)
    return match[0] if match else b""


def _drawn(board: Board) -> list[str]:
    """The tables that get a figure: the first of each bin column."""
    firsts: dict[str, str] = {}
    for table in board.spec.tables:
        firsts.setdefault(table.by, table.name)
    return list(firsts.values())


def _figure(table: Table) -> bytes:
    numbers = json.dumps([_DRAWN_AS, structured.as_dict(table)], sort_keys=True)
    identifier = f"sha256:{hashlib.sha256(numbers.encode()).hexdigest()}"
    return plot_table(table, form="svg", identifier=identifier).content


def _readme(boards: Mapping[str, Board], methods: Mapping[str, Method]) -> str:
    parts = [_INTRODUCTION]
    for name, board in boards.items():
        spec = board.spec
        parts.append(f"## {spec.title}\n\n{spec.citation}. {len(spec.samples)} samples; {spec.unit}.\n")
        parts.append(markdown.write([board.table(OVERALL, ci=True)]))
        for layout in _drawn(board):
            table = board.table(layout)
            shown = " and ".join(board.quantities[metric].label for metric in board.figure_metrics)
            parts.append(f"![{table.title}: mean {shown} of every method, with intervals]({name}-{layout}.svg)\n")
            parts += [f"{note}\n" for note in notes.of_figure(table.layout)]
            parts.append(markdown.write([table]))
    listed = {method for board in boards.values() for method in board.methods}
    parts.append("## Methods\n\n| Method | Paper | Appeared in |\n| :-- | :-- | :-- |")
    parts += [_method_line(methods[label]) for label in methods if label in listed]
    return "\n".join(parts) + "\n"


def _method_line(method: Method) -> str:
    paper = f"[{markdown.escape(method.paper)}]({method.source})"
    return f"| {markdown.escape(method.method)} | {paper} | {markdown.escape(method.venue)} {method.year} |"


def _json(boards: Mapping[str, Board], methods: Mapping[str, Method]) -> str:
    content = {
        "format": 1,
        "benchmarks": [
            {
                "name": name,
                "title": board.spec.title,
                "citation": board.spec.citation,
                "unit": board.spec.unit,
                "tables": [structured.as_dict(board.table(layout, ci=True)) for layout in board.layouts],
            }
            for name, board in boards.items()
        ],
        "methods": [
            {"method": m.method, "paper": m.paper, "venue": m.venue, "year": m.year, "source": m.source}
            for m in methods.values()
        ],
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
