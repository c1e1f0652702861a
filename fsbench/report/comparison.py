"""Comparisons written down: ranks, paired differences and verdicts, as text, markdown, latex, csv or json."""

import csv
import io
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import pandas as pd
from rich.cells import cell_len

from fsbench.core import choices
from fsbench.core.quantities import Quantity
from fsbench.core.visible import visible
from fsbench.report.formats import markdown, structured
from fsbench.report.formats.typeset import TexColumn, environment
from fsbench.report.notes import evaluators_differ, interval_takes, of_metrics, of_runs
from fsbench.runs import Run
from fsbench.runs.cells import to_cell
from fsbench.stats import ALL_SAMPLES, PAIRS, Comparison
from fsbench.stats.layout import spec_of
from fsbench.stats.overlap import small_overlap_reason

WIDTH = 100
_GAP = "  "
_SMALL = "†"
_HELD_BACK = "*"
_MOST_LINES = 5
_TIED = "="
_RANKS = "rank: in the data, and the range it has in the resamples. first: share of resamples in which it leads."


@dataclass(frozen=True, slots=True)
class Grid:
    """One table of printed cells.

    Parameters
    ----------
    title : str
    heads : tuple of str
        Column headings.
    left : tuple of bool
        By column: set flush left.
    rows : tuple of tuple of str
    """

    title: str
    heads: tuple[str, ...]
    left: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]


def write_text(found: Comparison) -> str:
    """Aligned columns; notes are wrapped at 100 columns, tables fit them with labels of up to 15 letters."""
    parts = [textwrap.fill(_headline(found), WIDTH)]
    parts.append("\n".join(textwrap.fill(line, WIDTH, subsequent_indent=_GAP) for line in in_words(found)))
    for grid in grids(found):
        widths = [max(map(cell_len, column)) for column in zip(grid.heads, *grid.rows, strict=True)]
        lines = [aligned(cells, widths, grid.left) for cells in (grid.heads, *grid.rows)]
        parts.append("\n".join([grid.title, "", *lines]))
    parts.append("\n".join(textwrap.fill(note, WIDTH, subsequent_indent=_GAP) for note in notes(found)))
    return "\n\n".join(part for part in parts if part) + "\n"


def write_markdown(found: Comparison) -> str:
    """Pipe tables, the notes as a list."""
    parts = [markdown.escape(_headline(found)), "\n".join(f"- {markdown.escape(line)}" for line in in_words(found))]
    for grid in grids(found):
        rule = [":--" if left else "--:" for left in grid.left]
        rows = [[markdown.escape(cell) for cell in row] for row in (grid.heads, *grid.rows)]
        lines = ["| " + " | ".join(row) + " |" for row in [rows[0], rule, *rows[1:]]]
        parts.append("\n".join([f"**{markdown.escape(grid.title)}**", "", *lines]))
    parts.append("\n".join(f"- {markdown.escape(note)}" for note in notes(found)))
    return "\n\n".join(part for part in parts if part) + "\n"


def write_latex(found: Comparison) -> str:
    """Table environments with booktabs; the notes are comments, for the author to choose from."""
    said = [_headline(found), *in_words(found), *notes(found)]
    parts = [r"% needs \usepackage{booktabs}", *(f"% {' '.join(line.split())}" for line in said)]
    parts += [_float(found, grid) for grid in grids(found)]
    return "\n".join(parts) + "\n"


def _float(found: Comparison, grid: Grid) -> str:
    """The table as a float; the unit and the level of an interval go below the name of their column."""
    heads = [_two_lines(head.strip()) for head in grid.heads]
    cells = [tuple(cell.strip() for cell in column) for column in zip(*grid.rows, strict=True)]
    columns = [TexColumn(head, column, left=left) for head, column, left in zip(heads, cells, grid.left, strict=True)]
    return environment(grid.title, f"{found.benchmark}-{grid.title}", columns[0], columns[1:])


def _two_lines(head: str) -> tuple[str, str]:
    name, _, rest = head.partition(" ")
    if not rest.startswith(("(", "[")):
        name, _, rest = head.partition(" (")
        rest = f"({rest}" if rest else ""
    return name, rest


def write_csv(found: Comparison) -> str:
    """The paired differences, one row a (bin, metric, pair), in the run's units with all digits."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(found.differences.columns)
    for row in found.differences.itertuples(index=False):
        writer.writerow([_inert(cell) for cell in row])
    return out.getvalue()


def write_json(found: Comparison) -> str:
    """The whole comparison in the run's units with all digits; missing values are null."""
    plain = {
        name: getattr(found, name)
        for name in (
            *("benchmark", "signature", "policy", "pairs", "unit", "level", "n_resamples", "seed"),
            *("n_samples", "n_clusters", "methods", "metrics", "bins"),
        )
    }
    tables = {name: _records(getattr(found, name)) for name in ("differences", "ranks", "stability")}
    beside = {} if found.published is None else {"published": found.published.methods}
    full = {**plain, **beside, "notes": notes(found), **tables}
    return structured.as_json(full)


_WRITERS: dict[str, Callable[[Comparison], str]] = {
    "text": write_text,
    "markdown": write_markdown,
    "latex": write_latex,
    "csv": write_csv,
    "json": write_json,
}
COMPARISON_FORMATS = MappingProxyType({name: _WRITERS[name] for name in choices.COMPARISON_FORMATS})
"""Name on the command line to writer; all end with a newline."""


def grids(found: Comparison) -> Iterator[Grid]:
    """For each metric asked for, the ranks and the paired differences."""
    for name in found.asked:
        what = found.quantities[name]
        yield _means_beside(found, what) if found.published else _ranks(found, what)
        if len(found.methods) > 1:
            yield _differences(found, what)
        if found.published:
            yield _differences_of_means(found, what)


def in_words(found: Comparison) -> list[str]:
    """The overall verdicts, one line a pair and metric; none if there are too many to read as sentences."""
    rows = found.differences[(found.differences["by"] == ALL_SAMPLES) & found.differences["metric"].isin(found.asked)]
    if len(rows) > _MOST_LINES:
        return [_counted(found, found.quantities[name]) for name in found.asked if found.published]
    return [
        f"{found.quantities[row['metric']].label}, {row['method']} - {row['other']}: {row['verdict']}"
        for row in rows.to_dict("records")
    ]


def _counted(found: Comparison, what: Quantity) -> str:
    """The number of published methods that the first run is better than, worse than, or level with."""
    rows = found.differences[(found.differences["by"] == ALL_SAMPLES) & (found.differences["metric"] == what.name)]
    rows = rows[~rows["paired"] & (rows["method"] == found.methods[0])]
    better, worse = (int((rows["winner"] == rows[name]).sum()) for name in ("method", "other"))
    level = len(rows) - better - worse
    told = f"better than {better} of {len(rows)} published methods, worse than {worse}"
    return f"{what.label}: {found.methods[0]} is {told}; {level} cannot be told apart from it"


def with_caveats(found: Comparison, runs: Sequence[Run]) -> Comparison:
    """The comparison with the notes that a table of its runs has."""
    said = of_runs(runs, found.methods, spec_of(runs[0]), list(found.quantities.values()))
    return replace(found, notes=(*said, *found.notes))


def notes(found: Comparison) -> list[str]:
    """Notes below the tables, most general first."""
    asked = [found.quantities[name] for name in found.asked]
    mine = found.differences[found.differences["metric"].isin(found.asked)]
    texts = [
        *found.notes,
        _of_intervals(found),
        *_conditions(found),
        *(_of_published(found, asked) if found.published else [_RANKS]),
        *(_tied_note() if not found.published and _tied(found, asked).any() else []),
        *(_paired_note(found) if len(found.methods) > 1 else []),
        *(f"p: by Holm's method for the {n} comparisons shown of a metric." for n in [_family(found)] if n > 1),
        *(_held_back_note() if _held_back(mine).any() else []),
        *(_stability(found, what) for what in asked if what.sign),
        *(f"{_SMALL} {small_overlap_reason(coverage)}." for coverage in _coverages(found, asked) if _any_small(found)),
        *of_metrics(list(found.quantities.values())),
        f"measured as {visible(' '.join(found.signature.split()))}",
    ]
    return [text for text in texts if text]


def _of_intervals(found: Comparison) -> str:
    """What the intervals in the tables are, and why some or all lack one."""
    tables = [rows[rows["metric"].isin(found.asked)] for rows in (found.ranks, found.differences)]
    numbers = zip(tables, ("mean", "difference"), strict=True)
    lacks = pd.concat([rows.loc[rows[value].notna(), "low"].isna() for rows, value in numbers])
    drawn = f"{found.n_resamples:,} resamples of {found.unit}s, seed {found.seed}."
    takes = f"{interval_takes(found.unit + 's')}, or at a high level"
    if lacks.all():
        return f"No intervals at {_percent(found.level)}: {takes}. {drawn[0].upper() + drawn[1:]}"
    said = f"[ ]: {_percent(found.level)} bootstrap intervals; {drawn}"
    return f"{said} No interval in places: {takes}." if lacks.any() else said


def _tied(found: Comparison, asked: Sequence[Quantity]) -> "pd.Series[bool]":
    """Rows of the ranks of these metrics that share their rank with another method."""
    rows = found.ranks[found.ranks["metric"].isin([what.name for what in asked]) & found.ranks["rank"].notna()]
    return rows.duplicated(["by", "bin", "metric", "rank"], keep=False)


def _tied_note() -> list[str]:
    return [f"{_TIED} tied. A resample in which methods lead together counts as first for each of them."]


def _conditions(found: Comparison) -> list[str]:
    """Say which samples the bins take, where these are not all."""
    said = [f"by {visible(one.name)}: all {one.condition}" for one in found.layouts if one.condition]
    return [f"{'; '.join(said)}. {ALL_SAMPLES}: all samples."] if said else []


def _paired_note(found: Comparison) -> list[str]:
    return [
        f"pairs: {PAIRS[found.pairs]}, on the samples that count for both. better on: share of these samples on which "
        "the first-named is better, ties count half."
    ]


def _of_published(found: Comparison, asked: Sequence[Quantity]) -> list[str]:
    assert found.published is not None
    return [
        "(published): a mean with its 95 % interval, measured by the official evaluator. Scores by sample are not "
        "there, so nothing is paired: a difference is one of means, as if they were independent. Its interval adds "
        "both half-widths in quadrature, and how far the evaluators differ.",
        *evaluators_differ(asked, found.published.may_differ_by),
    ]


def _headline(found: Comparison) -> str:
    crowd = f"{found.n_samples} samples"
    if found.unit != "sample":
        crowd += f" of {found.n_clusters} {found.unit}{'s' if found.n_clusters != 1 else ''}"
    runs = f"{len(found.methods)} run{'s' if len(found.methods) != 1 else ''}"
    if found.published:
        n = len(found.published.methods)
        runs += f" beside {n} published method{'s' if n != 1 else ''}"
    return f"{visible(found.benchmark)}: {runs}, {crowd}"


def _ranks(found: Comparison, what: Quantity) -> Grid:
    rows = found.ranks[found.ranks["metric"] == what.name]
    beside = found.quantities.get(what.beside)
    shares = {} if beside is None else _means(found, beside.name)
    heads = [*_bin_head(found), "method", f"{what.heading}{_level(found, rows)}"]
    heads += [beside.heading] if beside else []
    heads += ["done (%)", "rank", "range", "first (%)"]
    tied = _tied(found, [what])
    lines = []
    for row in _ordered(found, rows.assign(tied=tied.reindex(rows.index, fill_value=False)), ["rank"]):
        cells = [*_bin_cell(found, row), row["method"], _estimate(row["mean"], row, what)]
        if beside:
            mark = _SMALL if row["small_overlap"] else " "
            cells.append(beside.show(shares[row["by"], row["bin"], row["method"]]) + mark)
        first = "-" if row["first"] != row["first"] else f"{100 * row['first']:.0f}"
        rank = _whole(row["rank"]) + (_TIED if row["tied"] else " " * bool(tied.any()))
        cells += [f"{100 * row['done']:.1f}", rank, _range(row["rank_low"], row["rank_high"]), first]
        lines.append(tuple(cells))
    better = f", {what.better} is better" if what.better else ""
    n_left = len(_bin_head(found)) + 1
    return Grid(f"{what.label}{better}", tuple(heads), _flush(n_left, len(heads)), tuple(lines))


def _means_beside(found: Comparison, what: Quantity) -> Grid:
    """Means of runs and published methods, without ranks, as the evaluators differ."""
    rows = found.ranks[found.ranks["metric"] == what.name]
    rows = rows.assign(_order=-(what.sign or -1) * rows["mean"])
    beside = found.quantities.get(what.beside)
    shares = {} if beside is None else _means(found, beside.name)
    heads = [*_bin_head(found), "method", f"{what.heading}{_level(found, rows)}"]
    heads += [beside.heading] if beside else []
    heads += ["done (%)"]
    lines = []
    for row in _ordered(found, rows, ["_order"]):
        cells = [*_bin_cell(found, row), row["method"], _estimate(row["mean"], row, what)]
        if beside:
            mark = _SMALL if row["small_overlap"] else " "
            cells.append(beside.show(shares[row["by"], row["bin"], row["method"]]) + mark)
        lines.append((*cells, f"{100 * row['done']:.1f}"))
    better = f", {what.better} is better" if what.better else ""
    return Grid(f"{what.label}{better}", tuple(heads), _flush(len(_bin_head(found)) + 1, len(heads)), tuple(lines))


def _differences_of_means(found: Comparison, what: Quantity) -> Grid:
    """Unpaired: each run asked about against each published method."""
    rows = found.differences[(found.differences["metric"] == what.name) & ~found.differences["paired"]]
    against_first = found.pairs == "first"
    heads = [
        *_bin_head(found),
        "other" if against_first else "pair",
        _size_head(found, what, rows),
        "p",
        f"{found.unit}s",
    ]
    lines = []
    for row, held_back in zip(_ordered(found, rows, []), _held_back(rows), strict=True):
        pair = row["other"] if against_first else f"{row['method']} - {row['other']}"
        verdict = f"no difference shown{_HELD_BACK}" if held_back else row["verdict"].partition(":")[0]
        cells = (pair, _estimate(row["difference"], row, what), _p(row["p_holm"]), str(row["n_clusters"]), verdict)
        lines.append((*_bin_cell(found, row), *cells))
    title = f"{what.label}, differences of means: {found.methods[0] if against_first else 'run'} - published"
    flush = (*_flush(len(_bin_head(found)) + 1, len(heads)), True)
    return Grid(title, (*heads, "verdict"), flush, tuple(lines))


def _size_head(found: Comparison, what: Quantity, rows: pd.DataFrame) -> str:
    unit = "% points" if what.unit == "%" else what.unit
    return f"difference{f' ({unit})' if unit else ''}{_level(found, rows)}"


def _level(found: Comparison, rows: pd.DataFrame) -> str:
    """End of the heading of a column of estimates; empty where none has an interval."""
    return f" [{_percent(found.level)}]" if rows["low"].notna().any() else ""


def _differences(found: Comparison, what: Quantity) -> Grid:
    rows = found.differences[found.differences["metric"] == what.name]
    rows = rows[rows["paired"]] if found.published else rows
    against_first = found.pairs == "first"
    heads = [
        *_bin_head(found),
        "other" if against_first else "pair",
        _size_head(found, what, rows),
        "better on (%)",
        "p",
        f"{found.unit}s",
    ]
    lines = []
    for row, held_back in zip(_ordered(found, rows, []), _held_back(rows), strict=True):
        pair = row["other"] if against_first else f"{row['method']} - {row['other']}"
        share = "-" if row["improvement"] != row["improvement"] else f"{100 * row['improvement']:.0f}"
        verdict = row["verdict"].partition(":")[0]
        lines.append(
            (
                *_bin_cell(found, row), pair, _estimate(row["difference"], row, what), share, _p(row["p_holm"]),
                str(row["n_clusters"]), f"no difference shown{_HELD_BACK}" if held_back else verdict,
            )
        )  # fmt: skip
    n_left = len(_bin_head(found)) + 1
    title = f"{what.label}, paired differences: {found.methods[0]} - other" if against_first else ""
    flush = (*_flush(n_left, len(heads)), True)
    return Grid(title or f"{what.label}, paired differences", (*heads, "verdict"), flush, tuple(lines))


def _ordered(found: Comparison, rows: pd.DataFrame, keys: list[str]) -> list[dict[str, Any]]:
    """Rows by bin in the benchmark's order, then by the keys; missing values last."""
    places = {place: i for i, place in enumerate(dict.fromkeys(zip(rows["by"], rows["bin"], strict=True)))}
    order = [places[place] for place in zip(rows["by"], rows["bin"], strict=True)]
    records = rows.assign(_place=order).sort_values(["_place", *keys], kind="stable").to_dict("records")
    return [{str(key): value for key, value in record.items()} for record in records]


def _bin_head(found: Comparison) -> list[str]:
    return [visible("/".join(one.name for one in found.layouts))] if found.layouts else []


def _bin_cell(found: Comparison, row: dict[str, Any]) -> list[str]:
    """The bin as a table has it; with the name of its layout, where there are several and it does not tell its own."""
    if not found.layouts:
        return []
    titles = [bin_.title for one in found.layouts for bin_ in one.bins]
    for one in found.layouts:
        for bin_ in one.bins:
            if (one.key, bin_.label) == (row["by"], row["bin"]):
                is_clear = len(found.layouts) == 1 or (bin_.unit and titles.count(bin_.title) == 1)
                return [bin_.title if is_clear else f"{visible(one.name)} {bin_.title}"]
    return [row["bin"]]


def _means(found: Comparison, metric: str) -> dict[tuple[str, str, str], float]:
    rows = found.ranks[found.ranks["metric"] == metric]
    return dict(zip(zip(rows["by"], rows["bin"], rows["method"], strict=True), rows["mean"], strict=True))


def _held_back(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Rows whose interval excludes 0 but whose corrected p-value shows no difference."""
    return ((rows["low"] > 0) | (rows["high"] < 0)) & rows["verdict"].str.startswith("no difference shown")


def _held_back_note() -> list[str]:
    return [
        f"{_HELD_BACK} this interval by itself leaves out 0, but among several comparisons some do by chance; "
        "p allows for that."
    ]


def _stability(found: Comparison, what: Quantity) -> str:
    rows = found.stability[(found.stability["metric"] == what.name) & (found.stability["by"] == ALL_SAMPLES)]
    tau = float(rows["tau"].iloc[0])
    if tau != tau or len(found.methods) < 3:
        return ""
    return f"order by {what.label}: mean Kendall tau between data and resamples {tau:.2f} (1: always the same order)."


def _family(found: Comparison) -> int:
    rows = found.differences[found.differences["metric"] == found.asked[0]]
    return int(rows["p"].notna().sum())


def _coverages(found: Comparison, asked: Sequence[Quantity]) -> list[Quantity]:
    """The companions of the metrics, which measure how much is covered."""
    companions = dict.fromkeys(found.quantities[what.beside] for what in asked if what.beside in found.quantities)
    return [what for what in companions if what.covers]


def _any_small(found: Comparison) -> bool:
    return bool(found.ranks["small_overlap"].any())


def _estimate(value: float, row: dict[str, Any], what: Quantity) -> str:
    if row["low"] != row["low"]:
        return what.show(value)
    return f"{what.show(value)} [{what.show(row['low'])}, {what.show(row['high'])}]"


def _whole(value: float) -> str:
    return "-" if value != value else f"{value:.0f}"


def _range(low: float, high: float) -> str:
    return "-" if low != low else f"{low:.0f}" if low == high else f"{low:.0f}-{high:.0f}"


def _p(value: float) -> str:
    return "-" if value != value else "<0.001" if value < 0.001 else f"{value:.3f}"


def _percent(share: float) -> str:
    return f"{100 * share:.6g} %"


def _flush(n_left: int, n: int) -> tuple[bool, ...]:
    return tuple(i < n_left for i in range(n))


def aligned(cells: Sequence[str], widths: Sequence[int], left: Sequence[bool]) -> str:
    """A line of cells in columns of these widths, flush left or right."""
    padded = [
        cell + " " * (width - cell_len(cell)) if flush else " " * (width - cell_len(cell)) + cell
        for cell, width, flush in zip(cells, widths, left, strict=True)
    ]
    return _GAP.join(padded).rstrip()


def _inert(cell: Any) -> str:
    """A number with all digits, nothing for NaN; a label that a spreadsheet would take for a formula, as text."""
    if isinstance(cell, float):
        return "" if cell != cell else repr(cell)
    return to_cell(visible(cell))


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(key): None if value != value else value for key, value in row.items()} for row in table.to_dict("records")
    ]
