"""Tables: runs side by side, divided into bins. What a table says is settled here, how it is written in `formats`."""

from collections.abc import Sequence

import numpy as np

from fsbench.report import notes
from fsbench.report.layout import Layout, default_layouts, layout, spec_of
from fsbench.report.model import Cell, Row, Table
from fsbench.report.selection import choose_metrics, require_comparable
from fsbench.runs import Run
from fsbench.runs.quantities import quantity


def build(
    runs: Sequence[Run],
    by: str | None = None,
    metrics: Sequence[str] | None = None,
    labels: Sequence[str] | None = None,
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

    Raises
    ------
    UsageError
        If the runs do not belong into one table, have no such bins or metrics, or share a label.
    """
    shown = require_comparable(runs, labels)
    chosen = choose_metrics(runs[0], metrics)
    divided = layout(runs, by or default_layouts(runs[0])[0])
    rows = tuple(_row(run, label, divided, chosen) for run, label in zip(runs, shown, strict=True))
    quantities = tuple(quantity(name) for name in chosen)
    said = notes.of_table(runs[0], spec_of(runs[0]), divided, quantities, rows)
    return Table(runs[0].benchmark, runs[0].signature, divided, quantities, rows, said)


def _row(run: Run, label: str, divided: Layout, metrics: Sequence[str]) -> Row:
    scored = run.samples["status"] == "ok"
    inside = [divided.members(run.samples, bin_) for bin_ in divided.bins]
    cells = tuple(
        tuple(_cell(run.samples.loc[members & scored, name].to_numpy(float), int(members.sum())) for name in metrics)
        for members in inside
    )
    published = run.manifest.get("published_rows")
    rows = published if isinstance(published, int) and published > 0 else None
    return Row(label, cells, int(scored.sum()), len(scored), rows)


def _cell(values: np.ndarray, n_total: int) -> Cell:
    values = values[np.isfinite(values)]
    if not len(values):
        return Cell(float("nan"), float("nan"), 0, n_total)
    return Cell(float(values.mean()), float(np.median(values)), len(values), n_total)
