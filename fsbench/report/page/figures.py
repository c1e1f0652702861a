"""Numbers of the page's figures: the same as those of `fsbench plot`."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from fsbench.core.quantities import Quantity
from fsbench.report import notes
from fsbench.report.model import Table
from fsbench.report.page.packing import packed
from fsbench.report.plots.cumulative import notes as cumulative_notes
from fsbench.report.plots.distribution import FEWEST, axis_end, reach
from fsbench.report.plots.error import limits
from fsbench.report.plots.placing import mean_heading, upper_end
from fsbench.report.plots.samples import Samples, gather_points, gather_samples
from fsbench.report.selection import main_metrics, main_of_samples
from fsbench.runs import Run
from fsbench.runs.pooled_statistics import METRICS as POOLED_METRICS
from fsbench.stats.layout import OVERALL, BinLayout, layout

_QUANTILES = (5, 25, 50, 75, 95)


def of_metric(what: Quantity) -> dict[str, Any]:
    """How the page's script shows a metric."""
    return {
        "name": what.name,
        "label": what.label,
        "unit": what.unit,
        "heading": mean_heading(what).replace("\n", ", "),
        "decimals": what.decimals,
        "factor": what.factor,
        "sign": what.sign,
    }


def error(table: Table, main: str) -> dict[str, Any]:
    """Means with intervals over a table's bins, (methods, bins, metrics, 3), and their counts; `main` is drawn.

    `limits` are the ends of each metric's axis, as shown.
    """
    cells, panels = [row.cells for row in table.rows], _panels(table, main)
    numbers = np.array([[[(c.mean, c.low, c.high) for c in group] for group in row] for row in cells])
    shown = [numbers[:, :, m] * metric.factor for m, metric in enumerate(table.metrics)]
    return {
        "by": table.layout.name,
        "title": table.title,
        "axis": table.layout.axis,
        "bins": [bin_.title for bin_ in table.bins],
        "metrics": [of_metric(metric) for metric in table.metrics],
        "panels": panels,
        "limits": [
            limits(metric, *np.moveaxis(values, -1, 0)) for metric, values in zip(table.metrics, shown, strict=True)
        ],
        "numbers": packed(numbers),
        "counts": packed([[[(c.n_scored, c.n_total) for c in group] for group in row] for row in cells]),
        "notes": list(notes.below_figure(table, panels)),
    }


def _panels(table: Table, main: str) -> list[int]:
    """The metrics that the figure draws: the main one, and below it its companion."""
    names = [metric.name for metric in table.metrics]
    first = names.index(main) if main in names else 0
    beside = table.metrics[first].beside
    return [first, names.index(beside)] if beside in names else [first]


def distribution(runs: Sequence[Run], labels: Sequence[str], by: str) -> dict[str, Any]:
    """Quantiles of the samples' main metric, (methods, bins, 5); the values themselves where they are few.

    `reach` is the largest value that is drawn, (methods, bins).
    """
    samples = gather_samples(runs, labels, layout(runs, by), main_of_samples(runs[0]))
    boxes = [[_quantiles(values) for values in bins] for bins in samples.values]
    few = [[values.tolist() if len(values) < FEWEST else [] for values in bins] for bins in samples.values]
    return {
        **_head(samples),
        "quantiles": packed(boxes),
        "counts": packed([[len(values) for values in bins] for bins in samples.values]),
        "few": few,
        "reach": packed([[reach(values) if len(values) else np.nan for values in bins] for bins in samples.values]),
        "end": axis_end(samples),
    }


def cumulative(runs: Sequence[Run], labels: Sequence[str]) -> dict[str, Any] | None:
    """Ascending values of every method, over all samples or all points; None where the main metric is no error."""
    name = main_metrics(runs[0])[0]
    whole = layout(runs, OVERALL)
    if runs[0].quantity(name).better != "lower":
        return None
    samples = _points_or_samples(runs, labels, whole, name)
    finite = np.concatenate([values[0][np.isfinite(values[0])] for values in samples.values])
    return {
        **_head(samples),
        "values": [packed(values[0]) for values in samples.values],
        "n_total": samples.n_total[0],
        "what": samples.what,
        "end": upper_end(finite),
        "notes": list(cumulative_notes(samples)),
    }


def _points_or_samples(runs: Sequence[Run], labels: Sequence[str], whole: BinLayout, name: str) -> Samples:
    if name in POOLED_METRICS and all(run.pooled is not None for run in runs):
        return gather_points(runs, labels, whole, name)
    return gather_samples(runs, labels, whole, name if name in runs[0].metrics else main_of_samples(runs[0]))


def _head(samples: Samples) -> dict[str, Any]:
    return {
        "title": samples.layout.title,
        "bins": [bin_.title for bin_ in samples.layout.bins],
        "metric": of_metric(samples.metric),
    }


def _quantiles(values: np.ndarray) -> list[float]:
    if len(values) < FEWEST:
        return [float("nan")] * len(_QUANTILES)
    return [float(value) for value in np.percentile(values, _QUANTILES)]
