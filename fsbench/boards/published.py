"""The published rows that come with fsbench, as plain data for tables, figures and comparisons of runs."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from fsbench.benchmarks import load_spec
from fsbench.boards.admission import require_alike
from fsbench.boards.board import Board, read_boards
from fsbench.boards.official import official_signature
from fsbench.core.errors import UsageError
from fsbench.core.visible import visible
from fsbench.report.model import PUBLISHED, Published, Table
from fsbench.runs import Run
from fsbench.stats import PublishedMeans

EVALUATOR = "the official evaluator"


@dataclass(frozen=True, slots=True, eq=False)
class PublishedRows:
    """Published rows of one benchmark.

    Attributes
    ----------
    tables : tuple of Table
        One a layout of the board, of the chosen methods in their order, with intervals.
    may_differ_by : mapping of str to float
        Metric to the most by which evaluators differ, see `Published`.
    """

    tables: tuple[Table, ...]
    may_differ_by: Mapping[str, float]

    @property
    def for_tables(self) -> Published:
        """For `fsbench.report`."""
        return Published(self.tables, self.may_differ_by)

    @property
    def for_comparison(self) -> PublishedMeans:
        """For `fsbench.stats.compare`."""
        rows = [
            {"method": row.label, "by": table.layout.key, "bin": bin_.label, "metric": metric.name}
            | {name: getattr(cell, name) for name in ("mean", "median", "low", "high", "n_scored", "n_total")}
            | {"small_overlap": cell.small_overlap}
            for table in self.tables
            for row in table.rows
            for bin_, cells in zip(table.bins, row.cells, strict=True)
            for metric, cell in zip(table.metrics, cells, strict=True)
        ]
        return PublishedMeans(tuple(row.label for row in self.tables[0].rows), pd.DataFrame(rows), self.may_differ_by)


def published_for(runs: Sequence[Run], names: str, folder: Path) -> PublishedRows:
    """The published rows that can stand beside runs.

    Parameters
    ----------
    runs : sequence of Run
        Of one benchmark and one signature; `report` and `stats` refuse others.
    names : str
        Methods, with commas between; empty: all.
    folder : Path
        Holds the boards.

    Raises
    ------
    UsageError
        If the benchmark has no published rows, or none of that name, or a run covers only a part of the benchmark or
        was measured with other settings than the defaults.
    """
    benchmark, boards = runs[0].benchmark, read_boards(folder)
    if benchmark not in boards:
        raise UsageError(
            f"no published rows of {visible(benchmark)} come with fsbench; there are of {', '.join(boards)}"
        )
    spec = load_spec(benchmark)
    for run in runs:
        if len(run.samples) < len(spec.samples):
            raise UsageError(
                f"{run.method}: covers {len(run.samples)} of {len(spec.samples)} samples of {benchmark}; published "
                "rows are means over all of them, so score the whole benchmark, without --samples"
            )
        require_alike(run, spec)
    board = boards[benchmark]
    official = board.rows[board.rows["signature"] == official_signature(benchmark)]
    chosen = _chosen(list(Board(spec, official).methods), names)
    board = Board(spec, official[official["method"].isin(chosen)])
    known = spec.evaluator_difference
    if runs[0].signature == official_signature(benchmark):
        known = dict.fromkeys(spec.main_metrics, 0.0)  # measured by the same evaluator
    return PublishedRows(tuple(_marked(board.table(name, ci=True), chosen) for name in board.layouts), known)


def _chosen(known: Sequence[str], names: str) -> list[str]:
    asked = list(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))
    for name in asked:
        if name not in known:
            close = difflib.get_close_matches(name, known, 1, 0.5)
            hint = f"did you mean {close[0]}? There are" if close else "there are"
            where = ". A run is named before the option" if Path(name).is_dir() else ""
            raise UsageError(
                f"--with-published: no published method is called {visible(name)!r}; {hint} {', '.join(known)}{where}"
            )
    return asked or list(known)


def _marked(table: Table, order: Sequence[str]) -> Table:
    """The rows in the order asked for, with labels that mark them as published."""
    rows = sorted(table.rows, key=lambda row: order.index(row.label))
    return replace(table, rows=tuple(replace(row, label=row.label + PUBLISHED, measured_by=EVALUATOR) for row in rows))
