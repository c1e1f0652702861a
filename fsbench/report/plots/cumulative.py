"""Cumulative error: which share of all samples has at most this error. A failed sample never arrives."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter, LogLocator, NullLocator

from fsbench.core.mesh import Floats
from fsbench.report.plots.legend import sheet
from fsbench.report.plots.placing import axis_heading, line_style, upper_end
from fsbench.report.plots.samples import Samples
from fsbench.report.plots.styles import Style, method_styles

_PER_ROW = 2
# Of millions of points some are always far off: their axis is linear, as published, and ends here.
_POINTS_SHOWN = 0.99


def draw(samples: Samples, names: Sequence[str], style: Style) -> Figure:
    """Draw one panel a bin; one bin alone has the names beside the curves, several have a legend.

    The axis holds all values: where a few are far off it is logarithmic. Of points it holds 99 % at most, and says so.

    Parameters
    ----------
    samples : Samples
        Of an error: lower is better.
    names : sequence of str
        Name of each method; for a chamfer distance, with its complete rate.
    style : Style
    """
    page = sheet(samples.layout, samples.labels, names, style, _PER_ROW)
    for b, axes in enumerate(page.panels):
        _axis(axes, samples)
        _curves(axes, samples, b, style)
    if len(page.panels) == 1:
        page.name_beside(_ends(samples), names)
    heading = _points_heading(samples) if _is_of_points(samples) else axis_heading(samples.metric)
    page.head(heading, f"Share of all {samples.what} (%)")
    return page.figure


def _points_heading(samples: Samples) -> str:
    everything = _everything(samples)
    is_shown = everything <= _points_end(samples)
    return "Distance (mm)" if is_shown.all() else f"Distance (mm), to {100 * is_shown.mean():.0f} % of measured points"


def notes(samples: Samples) -> tuple[str, ...]:
    """Notes for the caption on values that the axis does not show."""
    if not _is_of_points(samples):
        return ()
    same = "A pooled mean, median or percentile has the same curve: it is read off it."
    beyond = [
        f"{label} {100 * share:.1f} %"
        for label, share in zip(samples.labels, _shares_beyond(samples), strict=True)
        if share
    ]
    if not beyond:
        return (same,)
    return (same, f"The axis ends at {_points_end(samples):.2f} mm; measured points farther away: {', '.join(beyond)}.")


def _is_of_points(samples: Samples) -> bool:
    return samples.what != "samples"


def _everything(samples: Samples) -> Floats:
    """All known values of all methods and bins."""
    values: Floats = np.concatenate([values for bins in samples.values for values in bins] or [np.empty(0)])
    return values


def _points_end(samples: Samples) -> float:
    """Where an axis of points ends: at 99 % of them, or where the kept curves end before that."""
    everything = _everything(samples)
    if not len(everything):
        return 1.0
    # "lower": between the last kept distance and inf there is nothing to interpolate.
    end = float(np.quantile(everything, _POINTS_SHOWN, method="lower"))
    return end if np.isfinite(end) else float(everything[np.isfinite(everything)].max(initial=0.0)) or 1.0


def _shares_beyond(samples: Samples) -> list[float]:
    """For every method, the share of its points beyond the axis."""
    end = _points_end(samples)
    of_methods = [np.concatenate(bins) for bins in samples.values]
    return [float((values > end).mean()) if len(values) else 0.0 for values in of_methods]


def _ends(samples: Samples) -> list[float]:
    """Where the curves end; of two that end alike, the better one by its median is placed higher."""
    end = _points_end(samples) if _is_of_points(samples) else np.inf
    shares = [(bins[0] <= end).sum() / max(samples.n_total[0], 1) for bins in samples.values]
    medians = [float(np.median(bins[0])) if len(bins[0]) else 0.0 for bins in samples.values]
    return [share - 1e-9 * median for share, median in zip(shares, medians, strict=True)]


def _axis(axes: Axes, samples: Samples) -> None:
    axes.set_ylim(0, 101)
    axes.set_yticks(range(0, 101, 20))
    if _is_of_points(samples):
        axes.set_xlim(0, _points_end(samples))
        return
    everything = _everything(samples)
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
    for i, (bins, look) in enumerate(zip(samples.values, method_styles(samples.labels), strict=True)):
        values = np.maximum(bins[b], low)
        values = values[values <= high]
        x = np.concatenate([[low], values, [high]])
        y = 100 * np.concatenate([[0], np.arange(1, len(values) + 1), [len(values)]]) / n_total
        marks = (0.15 + 0.03 * (i % 8), 0.24)
        line = line_style(look, style)
        axes.plot(x, y, drawstyle="steps-post", **{**line, "marker": "none"})
        # Markers by themselves, so that one at the edge of the axis is whole.
        axes.plot(x, y, markevery=marks, clip_on=False, **{**line, "linestyle": "none"})
