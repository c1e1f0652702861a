"""A board: the scores of every method on one benchmark, kept as a CSV of one row a (method, table, bin, metric)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fsbench.benchmarks import Spec, load_spec, spec_names
from fsbench.boards.labels import skeleton
from fsbench.boards.official import official_signature
from fsbench.boards.rows import COLUMNS, NUMBERS, read_rows
from fsbench.core.errors import FormatError, UsageError
from fsbench.core.quantities import Quantity, quantity, with_companions
from fsbench.core.spec import ALL_SAMPLES
from fsbench.protocols.known_quantities import known_quantities
from fsbench.report import notes
from fsbench.report.model import Cell, Row, Table
from fsbench.report.tables import build
from fsbench.runs import Run
from fsbench.stats.layout import OVERALL, BinLayout, published_layouts

_DECIMALS = 6
_LARGEST_BYTES = 64 << 20

_Lines = dict[tuple[Any, ...], dict[Any, Any]]
"""Rows by (method, table, bin, metric)."""


@dataclass(frozen=True, slots=True, eq=False)
class Board:
    """One benchmark's rows.

    Attributes
    ----------
    spec : Spec
    rows : pandas.DataFrame
        Columns `COLUMNS`; units as in a run; `low` and `high` are the 95 % interval of the mean; counts of a bin are
        of that bin; `published_rows` is empty (0) except for runs made from published files.
    """

    spec: Spec
    rows: pd.DataFrame

    @property
    def quantities(self) -> dict[str, Quantity]:
        """The metrics of the board: the main ones of its benchmark."""
        return {name: quantity(name, known_quantities()) for name in self.spec.main_metrics}

    @property
    def figure_metrics(self) -> list[str]:
        """Metrics of the figures: the first main metric and its companion."""
        return with_companions(self.spec.main_metrics[:1], self.spec.main_metrics, self.quantities)

    @property
    def methods(self) -> list[str]:
        """Labels, by the mean of the first main metric over all samples."""
        overall = self.rows[(self.rows["table"] == OVERALL) & (self.rows["metric"] == self.spec.main_metrics[0])]
        return list(overall.sort_values(["mean", "method"], na_position="last")["method"])

    @property
    def layouts(self) -> dict[str, BinLayout]:
        """The tables of the board: all samples first, then those of the specification."""
        known = published_layouts(self.spec)
        return {OVERALL: known.pop(OVERALL), **known}

    def table(self, name: str, metrics: Sequence[str] | None = None, *, ci: bool = False) -> Table:
        """One of the board's tables, of the main metrics or of some of them.

        Raises
        ------
        UsageError
            If the board has no table of that name.
        """
        if name not in self.layouts:
            raise UsageError(f"the board {self.spec.name} has no table {name!r}; it has {', '.join(self.layouts)}")
        layout = self.layouts[name]
        lines = _by_key(self.rows[self.rows["table"].isin([name, OVERALL])])
        quantities = tuple(self.quantities[metric] for metric in metrics or self.quantities)
        rows = tuple(self._row(lines, method, layout, quantities, ci) for method in self.methods)
        signatures = list(dict.fromkeys(self.rows["signature"]))
        unit = "subjects" if "subject" in self.spec.bins else "samples"
        said = (*notes.of_board(unit if ci else "", layout, quantities, rows), *self._measured_by_us())
        return Table(self.spec.name, " and ".join(signatures), layout, quantities, rows, said)

    def _measured_by_us(self) -> list[str]:
        ours = self.rows[self.rows["signature"] != official_signature(self.spec.name)]
        methods = [method for method in self.methods if method in set(ours["method"])]
        if not methods:
            return []
        return [f"Scored by fsbench: {', '.join(methods)}. {self.spec.board_note}".strip()]

    def _row(self, lines: _Lines, method: str, layout: BinLayout, metrics: Sequence[Quantity], ci: bool) -> Row:
        over_all = (method, OVERALL, ALL_SAMPLES)
        coverages = [(what.name, what.enough) for what in self.quantities.values() if what.enough is not None]
        cells = []
        for place in (*((method, layout.name, bin_.label) for bin_ in layout.bins), over_all):
            small = any(lines[*place, name]["mean"] < enough for name, enough in coverages)
            cells.append(tuple(_cell(lines, place, metric.name, ci, small) for metric in metrics))
        *of_bins, of_all = cells
        whole = lines[*over_all, self.spec.main_metrics[0]]
        published = int(whole["published_rows"]) or None
        counts = int(whole["n_scored"]), int(whole["n_total"])
        return Row(method, tuple(of_bins), *counts, published, overall=of_all if layout.overall else ())

    def without(self, method: str) -> "Board":
        """The board without a method."""
        return Board(self.spec, self.rows[self.rows["method"] != method])

    def joined(self, run: Run) -> "Board":
        """The board with a run's method added at the end."""
        rows = [
            row for name in self.layouts for row in _rows_of(run, build([run], name, self.spec.main_metrics, ci=True))
        ]
        added = pd.DataFrame(rows, columns=list(COLUMNS))
        return Board(self.spec, pd.concat([self.rows, added], ignore_index=True) if len(self.rows) else added)

    def csv(self) -> bytes:
        """The file's content."""
        shown = self.rows.copy()
        for name in NUMBERS:
            shown[name] = [f"{value:.{_DECIMALS}f}" if np.isfinite(value) else "" for value in shown[name]]
        shown["published_rows"] = [str(n) if n else "" for n in shown["published_rows"]]
        return shown.to_csv(index=False, lineterminator="\n").encode()


def empty_board(spec: Spec) -> Board:
    """A board without methods."""
    return Board(spec, pd.DataFrame({name: [] for name in COLUMNS}))


def read_board(folder: Path, spec: Spec) -> Board:
    """Read `folder/<benchmark>.csv`.

    Raises
    ------
    FormatError
        If the file is missing or damaged, a method lacks a row, or a number, count or label is impossible.
    """
    path = folder / f"{spec.name}.csv"
    if not path.is_file() or path.stat().st_size > _LARGEST_BYTES:
        raise FormatError(f"{path}: missing or larger than 64 MiB; a folder of leaderboards has it")
    try:
        return parse_board(path, path.read_text("utf-8"), spec)
    except UnicodeDecodeError as error:
        raise FormatError(f"{path}: {error}") from None


def read_boards(folder: Path) -> dict[str, Board]:
    """The boards that `folder` holds, by benchmark."""
    return {name: read_board(folder, load_spec(name)) for name in spec_names() if (folder / f"{name}.csv").is_file()}


def parse_board(path: Path, text: str, spec: Spec) -> Board:
    """The board that a CSV holds; `path` is for messages, errors as `read_board`."""
    metrics = Board(spec, pd.DataFrame()).quantities
    lines: dict[str, int] = {}
    rows = []
    for number, row in read_rows(path, text, metrics):
        lines.setdefault(str(row["method"]), number)
        rows.append(row)
    board = Board(spec, pd.DataFrame(rows, columns=list(COLUMNS)))
    totals = _totals(board)
    for method, own in board.rows.groupby("method", sort=False):
        if fault := _fault(own, totals, board.quantities):
            raise FormatError(f"{path}: {method}, from line {lines[str(method)]}: {fault}")
    looks: dict[str, str] = {}
    for method in lines:
        if (other := looks.setdefault(skeleton(method), method)) != method:
            raise FormatError(f"{path}: line {lines[method]}: {method!r} looks like {other!r}; one has to be renamed")
    return board


def _totals(board: Board) -> dict[tuple[str, str], int]:
    """How many samples the benchmark has in each bin of each table."""
    samples = pd.DataFrame([dict(sample.bins) for sample in board.spec.samples])
    return {
        (name, bin_.label): int(layout.members(samples, bin_).sum())
        for name, layout in board.layouts.items()
        for bin_ in layout.bins
    }


def _fault(rows: pd.DataFrame, totals: dict[tuple[str, str], int], metrics: Collection[str]) -> str:
    """A fault of one method's rows together: each cell of each table needs a row, and counts must add up."""
    found = list(zip(rows["table"], rows["bin"], rows["metric"], strict=True))
    expected = {(*place, metric) for place in totals for metric in metrics}
    if len(found) != len(expected) or set(found) != expected:
        return f"has {len(found)} rows, expected {len(expected)}; look at {sorted(set(found) ^ expected)[:3]}"
    for name in ("signature", "published_rows"):
        if rows[name].nunique() > 1:
            return f"{name} is {' and '.join(str(value) for value in rows[name].unique()[:2])}"
    for table, label, n_total in zip(rows["table"], rows["bin"], rows["n_total"], strict=True):
        if n_total != totals[table, label]:
            return f"{n_total} samples in {table} {label}, the benchmark has {totals[table, label]}"
    whole = totals[OVERALL, ALL_SAMPLES]
    for metric in metrics:
        sums = (
            rows[rows["metric"] == metric].groupby("table", sort=False)[["n_scored", "n_total"]].sum().to_dict("index")
        )
        scored = sums[OVERALL]["n_scored"]
        for table, found_sums in sums.items():
            if found_sums["n_total"] == whole and found_sums["n_scored"] != scored:
                n = found_sums["n_scored"]
                return f"{metric}: the bins of {table} have {n} scores together, all samples {scored}"
    published = int(rows["published_rows"].iloc[0])
    if published and not rows["n_scored"].max() <= published <= whole:
        return f"{published} rows were published, with {rows['n_scored'].max()} scores for {whole} samples"
    return ""


def _rows_of(run: Run, table: Table) -> list[dict[str, object]]:
    (row,) = table.rows
    return [
        {
            "method": run.method,
            "table": table.layout.name,
            "bin": bin_.label,
            "metric": metric.name,
            **{name: getattr(cell, name) for name in (*NUMBERS, "n_scored", "n_total")},
            "published_rows": row.published_rows or 0,
            "signature": run.signature,
        }
        for bin_, cells in zip(table.bins, row.cells, strict=True)
        for metric, cell in zip(table.metrics, cells, strict=True)
    ]


def _by_key(rows: pd.DataFrame) -> _Lines:
    keys = zip(rows["method"], rows["table"], rows["bin"], rows["metric"], strict=True)
    return dict(zip(keys, rows.to_dict("records"), strict=True))


def _cell(lines: _Lines, place: tuple[str, str, str], metric: str, ci: bool, small_overlap: bool) -> Cell:
    line = lines[*place, metric]
    low, high = (float(line["low"]), float(line["high"])) if ci else (float("nan"), float("nan"))
    return Cell(
        mean=float(line["mean"]),
        median=float(line["median"]),
        n_scored=int(line["n_scored"]),
        n_total=int(line["n_total"]),
        low=low,
        high=high,
        small_overlap=small_overlap,
    )
