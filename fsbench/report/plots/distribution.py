"""Distribution over the samples: a box a method, a panel a bin; a row of panels for each metric."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from fsbench.core.mesh import Floats
from fsbench.report.plots.panels import Margins, grid
from fsbench.report.plots.placing import axis_heading, line_style, text_width_in, upper_end
from fsbench.report.plots.samples import Samples
from fsbench.report.plots.styles import MethodStyle, Style, method_styles

PER_ROW = 4
FEWEST = 5
"""A box of fewer samples would pretend to know quartiles: they are drawn one by one."""
_MOST_TICKS, _BETWEEN_EM = 6, 0.4
"""A panel has at most so many ticks beside that at 0, their labels at least so far apart."""


def draw(metrics: Sequence[Samples], style: Style) -> Figure:
    """Draw quartiles as a box, the median as a line with the method's marker, the 5th to 95th percentile as whiskers.

    If the 95th percentile is beyond the axis, a grey strip at its end gives the value, see `notes`.
    """
    first = metrics[0]
    n_bins = len(first.layout.bins)
    per_row = min(PER_ROW, n_bins)
    em = style.font_pt / 72
    height = max(len(first.labels) * 1.45 * style.small_pt / 72, 0.3 * style.panel_in)
    left = text_width_in(first.labels, style.small_pt) + 1.2 * em
    margins = Margins(left, 0.8 * em, 4.2 * em, 1.8 * em)
    rows_each = -(-n_bins // per_row)
    figure, panels = grid(style, rows_each * per_row * len(metrics), per_row, height, margins, between_in=5.4 * em)
    for m, samples in enumerate(metrics):
        block = panels[m * rows_each * per_row : (m + 1) * rows_each * per_row]
        for unused in block[n_bins:]:
            unused.remove()
        end = axis_end(samples)
        for b, axes in enumerate(block[:n_bins]):
            _panel(axes, samples, b, end, style)
        _heading(figure, block[: min(per_row, n_bins)], block[n_bins - 1], axis_heading(samples.metric), em)
    return figure


def notes(metrics: Sequence[Samples]) -> tuple[str, ...]:
    """Notes for the caption: what a box is, and what a number in the grey strip at the end of an axis."""
    boxes = "Boxes are quartiles, with the median at the marker; lines are the 5th to 95th percentile."
    single = f"Fewer than {FEWEST} samples are drawn one by one."
    counts = {len(values) >= FEWEST for of in metrics[0].values for values in of if len(values)}
    said = [text for text, has_enough in ((boxes, True), (single, False)) if has_enough in counts]
    if any(_beyond(values, end) for one in metrics for end in [axis_end(one)] for of in one.values for values in of):
        of_few = {True: "a 95th percentile", False: "the largest sample"}
        what = " or ".join(of_few[has_enough] for has_enough in sorted(counts, reverse=True))
        said.append(f"A number with \u25b8 is {what}, beyond the axis.")
    return tuple(said)


def axis_end(samples: Samples) -> float:
    """Where the axis ends, in figures and on the page."""
    if _is_share(samples):
        return float((samples.metric.high or 1.0) * samples.metric.factor)
    reaches = [reach(values) for bins in samples.values for values in bins if len(values)]
    return upper_end(np.array(reaches)) * 1.02


def _panel(axes: Axes, samples: Samples, b: int, end: float, style: Style) -> None:
    methods = method_styles(samples.labels)
    columns = [bins[b] for bins in samples.values]
    low = min([0.0, *(float(np.percentile(values, 5)) for bins in samples.values for values in bins if len(values))])
    beyond = any(_beyond(values, end) for bins in samples.values for values in bins)
    strip = 0.3 * (end - low) if beyond else 0.0
    axes.set_xlim(low, max(end + strip, 1.03 * end))
    axes.set_ylim(len(columns) - 0.4, -0.6)
    axes.set_yticks(range(len(columns)), samples.labels, fontsize=style.small_pt)
    axes.tick_params(axis="y", length=0)
    shown = _ticks(axes, samples, low, end, style)
    axes.set_xticks(shown, [f"{tick:g}" for tick in shown])
    if _is_share(samples):
        # The numbers at both ends stay below their own axes: panels stand side by side.
        labels = axes.get_xticklabels()
        labels[0].set_horizontalalignment("left")
        labels[-1].set_horizontalalignment("right")
    axes.set_title(samples.layout.bins[b].title, pad=0.4 * style.font_pt)
    axes.grid(axis="x", color="0.9", linewidth=0.5)
    axes.set_axisbelow(True)
    if beyond:
        axes.axvspan(end, end + strip, color="0.93", linewidth=0)
    for y, (values, look) in enumerate(zip(columns, methods, strict=True)):
        if not len(values):
            axes.text(low, y, " no score", fontsize=style.small_pt, color="0.45", va="center_baseline")
        elif len(values) < FEWEST:
            seen = values[values <= end]
            axes.plot(seen, np.full(len(seen), y), **{**line_style(look, style), "linestyle": "none"})
        else:
            _box(axes, values, y, end, look, style)
        if _beyond(values, end):
            text = f"{reach(values):.0f}\u25b8"
            axes.text(end + 0.97 * strip, y, text, fontsize=0.9 * style.small_pt, ha="right", va="center_baseline")


def _ticks(axes: Axes, samples: Samples, low: float, end: float, style: Style) -> list[float]:
    """As many ticks as have room for their labels."""
    first, last = axes.get_xlim()
    in_per_unit = axes.get_position().width * style.width_in / (last - first)
    if _is_share(samples):
        room = text_width_in([f"{end:g}"], style.font_pt) + _BETWEEN_EM * style.font_pt / 72
        return [share * end for share in ((0, 0.25, 0.5, 0.75, 1) if 0.25 * end * in_per_unit >= room else (0, 0.5, 1))]
    shown: list[float] = []
    for most in range(_MOST_TICKS, 0, -1):
        ticks = MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]).tick_values(low, end)
        shown = [float(tick) for tick in ticks if low <= tick <= end]
        room = text_width_in([f"{tick:g}" for tick in shown], style.font_pt) + _BETWEEN_EM * style.font_pt / 72
        if (ticks[1] - ticks[0]) * in_per_unit >= room:
            break
    return shown


def _is_share(samples: Samples) -> bool:
    """Whether the axis is one of percent of a whole."""
    return samples.metric.unit == "%" and samples.metric.high is not None


def reach(values: Floats) -> float:
    """The largest value that is drawn: the 95th percentile, or of few samples the largest."""
    return float(values.max() if len(values) < FEWEST else np.percentile(values, 95))


def _beyond(values: Floats, end: float) -> bool:
    return len(values) > 0 and reach(values) > end


def _box(axes: Axes, values: Floats, y: float, end: float, look: MethodStyle, style: Style) -> None:
    p5, p25, p50, p75, p95 = np.minimum(np.percentile(values, [5, 25, 50, 75, 95]), end)
    if p5 < end:
        axes.plot([p5, p95], [y, y], color=look.colour, linewidth=style.line_pt, solid_capstyle="butt")
    if p25 < end:
        fill = to_rgba(look.colour, 0.35) if look.filled else "white"
        axes.barh(y, p75 - p25, 0.62, p25, facecolor=fill, edgecolor=look.colour, linewidth=0.8 * style.line_pt)
    if p50 < end:
        middle: dict[str, Any] = {"color": look.colour, "linewidth": 1.8 * style.line_pt, "solid_capstyle": "butt"}
        axes.plot([p50, p50], [y - 0.31, y + 0.31], **middle)
        axes.plot([p50], [y], **{**line_style(look, style), "linestyle": "none"})


def _heading(figure: Figure, row: Sequence[Axes], last: Axes, text: str, em: float) -> None:
    """The metric below its panels, in the middle."""
    boxes = [axes.get_position() for axes in row]
    y = last.get_position().y0 - 2.1 * em / figure.get_figheight()
    figure.text((boxes[0].x0 + boxes[-1].x1) / 2, y, text, ha="center", va="top")
