"""Cumulative error: which share of all samples has at most this error. A failed sample never arrives."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter, LogLocator, NullLocator

from fsbench.mesh import Floats
from fsbench.report.plots.legend import sheet
from fsbench.report.plots.looks import Style, looks
from fsbench.report.plots.placing import axis_heading, line_style, upper_end
from fsbench.report.plots.samples import Samples

_PER_ROW = 2
# Of millions of points some are always far off: their axis is linear, as published, and ends here.
_POINTS_SHOWN = 0.99


def draw(samples: Samples, names: Sequence[str], style: Style) -> Figure:
    """Draw one panel a bin; one bin alone has the names beside the curves, several have a legend.

    The axis holds all values: where a few are far off it is logarithmic. Of points it holds 99 %.

    Parameters
    ----------
    samples : Samples
        Of an error: lower is better.
    names : sequence of str
        What to call each method; for a chamfer distance, with its complete rate.
    style : Style
    """
    everything = np.concatenate([values for bins in samples.values for values in bins] or [np.empty(0)])
    page = sheet(samples.layout, samples.labels, names, style, _PER_ROW)
    points = samples.what != "samples"
    for b, axes in enumerate(page.panels):
        _axis(axes, everything, _POINTS_SHOWN if points else 1.0)
        _curves(axes, samples, b, style)
    if len(page.panels) == 1:
        page.name_beside(_ends(samples), names)
    page.head("Distance (mm)" if points else axis_heading(samples.metric), f"Share of all {samples.what} (%)")
    return page.figure


def _ends(samples: Samples) -> list[float]:
    """Where the curves end; of those that end alike the better one, by its median, stands higher."""
    shares = [len(bins[0]) / max(samples.n_total[0], 1) for bins in samples.values]
    medians = [float(np.median(bins[0])) if len(bins[0]) else 0.0 for bins in samples.values]
    return [share - 1e-9 * median for share, median in zip(shares, medians, strict=True)]


def _axis(axes: Axes, everything: Floats, shown: float) -> None:
    axes.set_ylim(0, 101)
    axes.set_yticks(range(0, 101, 20))
    if shown < 1:
        axes.set_xlim(0, float(np.quantile(everything, shown)) if len(everything) else 1.0)
        return
    largest = everything.max(initial=0.0) or 1.0
    positive = everything[everything > 0]
    if upper_end(everything) >= largest or not len(positive):
        axes.set_xlim(0, 1.03 * largest)
        return
    axes.set_xscale("log")
    axes.set_xlim(max(0.97 * positive.min(), 1e-3 * largest), 1.03 * largest)
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(FormatStrFormatter("%g"))
    axes.xaxis.set_minor_locator(NullLocator())


def _curves(axes: Axes, samples: Samples, b: int, style: Style) -> None:
    low, high = axes.get_xlim()
    n_total = max(samples.n_total[b], 1)
    for i, (bins, look) in enumerate(zip(samples.values, looks(samples.labels), strict=True)):
        values = np.clip(bins[b], low, high)
        x = np.concatenate([[low], values, [high]])
        y = 100 * np.concatenate([[0], np.arange(1, len(values) + 1), [len(values)]]) / n_total
        marks = (0.15 + 0.03 * (i % 8), 0.24)
        axes.plot(x, y, drawstyle="steps-post", markevery=marks, **line_style(look, style))
