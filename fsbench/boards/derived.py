"""The files derived from the boards' CSVs: a README, figures, and JSON for programs; the same bytes each time."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import matplotlib

from fsbench.boards.board import Board, read_boards
from fsbench.boards.entries import FILE as ENTRIES_FILE
from fsbench.boards.entries import Entries, read_entries
from fsbench.boards.methods import FILE, Method, read_methods
from fsbench.boards.origins import require_known
from fsbench.core.errors import FormatError
from fsbench.core.signatures import shortened
from fsbench.report import notes
from fsbench.report.formats import markdown, structured
from fsbench.report.model import Table
from fsbench.report.plots.figure import plot_table
from fsbench.runs.files import write_all
from fsbench.stats.layout import OVERALL

_DRAWN_BY = "3.11"
"""The series of matplotlib, see requirements.lock: another one sets text some hundredths of a point otherwise."""

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


_NO_ENTRIES: Entries = MappingProxyType({})


def derive(
    boards: Mapping[str, Board], methods: Mapping[str, Method], entries: Entries = _NO_ENTRIES
) -> dict[str, bytes]:
    """Content of the derived files by their names, from boards, methods and entries.

    Raises
    ------
    FormatError
        If a method of a board is not in methods.csv, or an entry is on no board.
    """
    for benchmark, method in entries:
        if benchmark not in boards or method not in boards[benchmark].methods:
            raise FormatError(f"{ENTRIES_FILE}: {method} is not on the board of {benchmark}")
    require_known(boards, methods)
    figures = {
        f"{name}-{layout}.svg": _figure(board.table(layout, board.figure_metrics, ci=True))
        for name, board in boards.items()
        for layout in _drawn(board)
    }
    return {
        "README.md": _readme(boards, methods, entries).encode(),
        "leaderboard.json": _json(boards, methods, entries).encode(),
        **figures,
    }


def derived_of(folder: Path) -> dict[str, bytes]:
    """The derived files of the CSVs in `folder`, see `derive`; FormatError if one is damaged."""
    return derive(read_boards(folder), read_methods(folder), read_entries(folder))


def differing(folder: Path, content: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files that `folder` lacks or has with other bytes."""
    paths = {name: folder / name for name in content}
    return {name: content[name] for name, path in paths.items() if not (path.is_file() and _holds(path, content[name]))}


def build(folder: Path) -> list[str]:
    """Write the derived files that differ, all or none; return their names."""
    content = differing(folder, derived_of(folder))
    write_all(folder, content)
    return list(content)


def stale(folder: Path) -> list[str]:
    """Names of derived files that are missing or differ from those that the CSVs give, and of figures of no board."""
    content = derived_of(folder)
    strange = [path.name for path in sorted(folder.glob("*.svg")) if path.name not in content]
    return [*differing(folder, content), *strange]


def other_drawer(names: Iterable[str]) -> str:
    """Why figures among these files may differ without a fault; empty if there is no such reason."""
    here = matplotlib.__version__
    if here.startswith(f"{_DRAWN_BY}.") or not any(name.endswith(".svg") for name in names):
        return ""
    return f"figures are drawn by matplotlib {_DRAWN_BY}, here is {here}, whose letters have other outlines"


def _holds(path: Path, content: bytes) -> bool:
    return path.stat().st_size == len(content) and path.read_bytes() == content


def _drawn(board: Board) -> list[str]:
    """The tables that get a figure: the first of each bin column."""
    firsts: dict[str, str] = {}
    for table in board.spec.tables:
        firsts.setdefault(table.by, table.name)
    return list(firsts.values())


def _figure(table: Table) -> bytes:
    numbers = json.dumps(structured.as_dict(table), sort_keys=True)
    identifier = f"sha256:{hashlib.sha256(numbers.encode()).hexdigest()}"
    return plot_table(table, form="svg", identifier=identifier).content


def _in_markdown(table: Table) -> str:
    return markdown.write([replace(table, signature=shortened(table.signature))])


def _readme(boards: Mapping[str, Board], methods: Mapping[str, Method], entries: Entries) -> str:
    parts = [_INTRODUCTION]
    for name, board in boards.items():
        spec = board.spec
        parts.append(f"## {spec.title}\n\n{spec.citation}. {len(spec.samples)} samples; {spec.unit}.\n")
        parts.append(_in_markdown(board.table(OVERALL, ci=True)))
        for layout in _drawn(board):
            table = board.table(layout)
            shown = " and ".join(board.quantities[metric].label for metric in board.figure_metrics)
            parts.append(f"![{table.title}: mean {shown} of every method, with intervals]({name}-{layout}.svg)\n")
            parts += [f"{note}\n" for note in notes.of_figure(table.layout)]
            parts.append(_in_markdown(table))
    listed = {method for board in boards.values() for method in board.methods}
    parts.append("## Methods\n\n| Method | Paper | Appeared in |\n| :-- | :-- | :-- |")
    parts += [_method_line(methods[label]) for label in methods if label in listed]
    if entries:
        parts.append("\n## Runs\n\n| Method | Benchmark | Run |\n| :-- | :-- | :-- |")
        parts += [f"| {markdown.escape(one.method)} | {one.benchmark} | {one} |" for one in entries.values()]
    return "\n".join(parts) + "\n"


def _method_line(method: Method) -> str:
    paper = f"[{markdown.escape(method.paper)}]({method.source})"
    return f"| {markdown.escape(method.method)} | {paper} | {markdown.escape(method.venue)} {method.year} |"


def _json(boards: Mapping[str, Board], methods: Mapping[str, Method], entries: Entries) -> str:
    content: dict[str, Any] = {
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
    if entries:
        content["entries"] = [asdict(entry) for entry in entries.values()]
    return structured.as_json(content, indent=1)
