"""Tables: runs side by side, divided into bins. What a table says is settled here, how it is written in `formats`."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import fields
from typing import Any

import pandas as pd

from fsbench.report import notes
from fsbench.report.layout import Layout, default_layouts, layout, spec_of
from fsbench.report.model import Cell, Row, Table
from fsbench.report.selection import choose_metrics, require_comparable
from fsbench.runs import Run
from fsbench.runs.quantities import quantity
from fsbench.stats import OVERALL, summaries


def build(
    runs: Sequence[Run],
    by: str | None = None,
    metrics: Sequence[str] | None = None,
    labels: Sequence[str] | None = None,
    *,
    policy: str = "legacy",
    ci: bool = False,
) -> Table:
    """Put runs of one benchmark and one signature into a table.

    Parameters
    ----------
    runs : sequence of Run
        In the order of the rows.
    by : str, optional
        A layout of the benchmark ("pose", "focal", "pose-all"), "overall", or a bin column. Default: the first layout.
    metrics : sequence of str, optional
        Metric columns. A chamfer distance brings the complete rate with it.
    labels : sequence of str, optional
        Instead of the runs' own.
    policy : str
        What a failed sample counts as, see `fsbench.stats.POLICIES`; "legacy" is the published rule.
    ci : bool
        With the 95 % interval of every mean.

    Raises
    ------
    UsageError
        If the runs do not belong into one table, have no such bins or metrics, or share a label.
    """
    shown = require_comparable(runs, labels)
    chosen = choose_metrics(runs[0], metrics)
    divided = layout(runs, by or default_layouts(runs[0])[0])
    rows = tuple(_rows(runs, shown, divided, _summary(runs, divided, chosen, policy, ci)))
    quantities = tuple(quantity(name) for name in chosen)
    said = notes.of_table(runs, spec_of(runs[0]), divided, quantities, rows, policy, ci)
    return Table(runs[0].benchmark, runs[0].signature, divided, quantities, rows, said)


def _summary(runs: Sequence[Run], divided: Layout, metrics: Sequence[str], policy: str, ci: bool) -> pd.DataFrame:
    by = divided.column or None
    found = summaries(runs, by=by, policy=policy, metrics=metrics, where=divided.where, ci=ci)
    return found[found["by"] == (divided.column or OVERALL)]


def _rows(runs: Sequence[Run], labels: Sequence[str], divided: Layout, summary: pd.DataFrame) -> Iterator[Row]:
    """One row a run; the summary's own labels tell runs apart by their position."""
    n_metrics = summary["metric"].nunique()
    lines = {label: part.to_dict("records") for label, part in summary.groupby("bin")}
    nothing = Cell(float("nan"), float("nan"), 0, 0)
    for r, (run, label) in enumerate(zip(runs, labels, strict=True)):
        own = slice(r * n_metrics, (r + 1) * n_metrics)
        # A run of some samples only may leave a bin of the layout empty.
        cells = tuple(
            tuple(map(_cell, lines[bin_.label][own])) if bin_.label in lines else (nothing,) * n_metrics
            for bin_ in divided.bins
        )
        published = run.manifest.get("published_rows")
        n_published = published if isinstance(published, int) and published > 0 else None
        yield Row(label, cells, int((run.samples["status"] == "ok").sum()), len(run.samples), n_published)


def _cell(line: dict[Hashable, Any]) -> Cell:
    return Cell(**{field.name: line[field.name] for field in fields(Cell)})
