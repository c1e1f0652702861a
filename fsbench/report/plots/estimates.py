"""Estimates as dots with intervals, a row a method: means, or paired differences against zero with their verdicts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from fsbench.core.mesh import Floats
from fsbench.core.quantities import Quantity
from fsbench.report.model import Table
from fsbench.report.plots.panels import Margins, grid
from fsbench.report.plots.placing import axis_heading, line_style, mean_heading, text_width_in, upper_end
from fsbench.report.plots.styles import MethodStyle, Style, method_styles
from fsbench.stats import Comparison

_ROW_EM = 1.6
_FEW = 5
"""Fewer differences than this are all on the axis: which of so few lies far from the others is not known."""


@dataclass(frozen=True, slots=True, eq=False)
class _Panel:
    """One metric in one bin, in shown units: each array (methods,), NaN where there is nothing."""

    title: str
    heading: str
    metric: Quantity
    values: Floats
    lows: Floats
    highs: Floats
    verdicts: tuple[str, ...] = ()

    @property
    def ends(self) -> tuple[float, float]:
        """Where the axis begins and ends: no value far from all others presses these flat, of differences if many."""
        is_few = bool(self.verdicts) and len(self.values) < _FEW
        end = np.inf if is_few else upper_end(np.abs(self.values))
        near = np.isfinite(self.values) & (np.abs(self.values) <= end)
        shown = np.concatenate([self.values[near], self.lows[near], self.highs[near]])
        shown = shown[np.isfinite(shown)]
        if self.verdicts:
            far = 1.05 * float(np.abs(shown).max(initial=0.0)) or 1.0
            return -far, far
        low, high = (float(shown.min()), float(shown.max())) if len(shown) else (0.0, 1.0)
        pad = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
        limit = np.inf if self.metric.high is None else self.metric.high * self.metric.factor
        return low - pad, min(high + pad, limit)


def draw_means(table: Table, style: Style) -> Figure:
    """Draw the mean of each method with its interval; metrics side by side, bins below each other."""
    panels = [
        _Panel(bin_.title if table.layout.column else "", mean_heading(metric), metric, means, lows, highs)
        for b, bin_ in enumerate(table.bins)
        for m, metric in enumerate(table.metrics)
        for means, lows, highs in [_numbers(table, b, m)]
    ]
    return _draw(panels, [row.label for row in table.rows], len(table.metrics), style)


def draw_differences(found: Comparison, table: Table, style: Style) -> Figure:
    """Draw the first method's paired differences from each other one, the verdict on the first at the side.

    Parameters
    ----------
    found : Comparison
        Of the runs in the order of the table's rows, with the pairs "first", by the table's bin column.
    table : Table
        Its labels, bins and metrics are the ones shown.
    style : Style
    """
    labels = [row.label for row in table.rows]
    panels = []
    for bin_ in table.bins:
        for metric in table.metrics:
            rows = found.differences[found.differences["by"] == table.layout.key]
            rows = rows[(rows["metric"] == metric.name) & (rows["bin"] == bin_.label)]
            values, lows, highs = (rows[name].to_numpy(float) * metric.factor for name in ("difference", "low", "high"))
            told = tuple(
                _told(verdict, winner, found.methods[0])
                for verdict, winner in zip(rows["verdict"], rows["winner"], strict=True)
            )
            unit = "percentage points" if metric.unit == "%" else ""
            of = f"{metric.label} ({unit})" if unit else axis_heading(metric)
            heading = f"{labels[0]} less the other: {of}"
            panels.append(_Panel(bin_.title if table.layout.column else "", heading, metric, values, lows, highs, told))
    return _draw([panel for panel in panels if len(panel.values)], labels[1:], 1, style)


def _told(verdict: str, winner: str, first: str) -> str:
    """The verdict on the first method, short enough for the side of a figure."""
    if winner:
        return "better" if winner == first else "worse"
    words = verdict.partition(":")[0]
    return "no difference shown" if words.startswith("no difference shown") else words


def _numbers(table: Table, b: int, m: int) -> tuple[Floats, Floats, Floats]:
    """Means and ends of their intervals, by method."""
    cells = [row.cells[b][m] for row in table.rows]
    factor = table.metrics[m].factor
    means, lows, highs = (np.array([getattr(cell, name) for cell in cells]) for name in ("mean", "low", "high"))
    return means * factor, lows * factor, highs * factor


def _draw(panels: Sequence[_Panel], labels: Sequence[str], per_row: int, style: Style) -> Figure:
    em, small = style.font_pt / 72, style.small_pt / 72
    told = [text for panel in panels for text in panel.verdicts]
    left = text_width_in(labels, style.small_pt) + 1.2 * em
    right = text_width_in(told, style.small_pt) + 1.2 * em if told else 1.8 * em
    titled = any(panel.title for panel in panels)
    lines = 1 + max(panel.heading.count("\n") for panel in panels)
    below = (3.0 + 1.3 * lines) * em
    height = (len(labels) + 0.4) * _ROW_EM * small
    margins = Margins(left, right, below, (1.8 if titled else 0.8) * em)
    figure, axes = grid(style, len(panels), per_row, height, margins, between_in=below + (1.2 * em if titled else 0.0))
    methods = method_styles(labels)
    for one, panel in zip(axes, panels, strict=True):
        one.set_yticks(range(len(labels)), labels, fontsize=style.small_pt)
        one.tick_params(axis="y", length=0)
        one.set_ylim(len(labels) - 0.3, -0.7)
        _rows(one, panel, methods, style)
    return figure


def _rows(axes: Axes, panel: _Panel, methods: Sequence[MethodStyle], style: Style) -> None:
    low, high = panel.ends
    axes.set_xlim(low, high)
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    axes.set_xlabel(panel.heading)
    axes.set_title(panel.title, pad=0.4 * style.font_pt)
    axes.grid(axis="x", color="0.9", linewidth=0.5)
    axes.set_axisbelow(True)
    if panel.verdicts:
        axes.axvline(0.0, color="0.4", linewidth=0.8 * style.line_pt)
    for y, (value, start, end, look) in enumerate(zip(panel.values, panel.lows, panel.highs, methods, strict=True)):
        if value != value:
            axes.text(low, y, " no score", fontsize=style.small_pt, color="0.45", va="center_baseline")
        elif not low <= value <= high:
            _beyond(axes, y, value, panel, look, style)
        else:
            axes.plot([max(start, low), min(end, high)], [y, y], color=look.colour, linewidth=style.line_pt)
            axes.plot([value], [y], **{**line_style(look, style), "linestyle": "none"}, clip_on=False, zorder=3)
    side: dict[str, Any] = {
        "transform": axes.get_yaxis_transform(),
        "fontsize": style.small_pt,
        "va": "center_baseline",
    }
    for y, text in enumerate(panel.verdicts):
        axes.text(1.0, y, f" {text}", weight="bold" if text in ("better", "worse") else "normal", **side)


def _beyond(axes: Axes, y: float, value: float, panel: _Panel, look: MethodStyle, style: Style) -> None:
    """A value off the axis is written out at the edge that it lies behind."""
    low, high = panel.ends
    text = f"{value:.{panel.metric.decimals}f}"
    place, shown, align = (high, f"{text}\u25b8", "right") if value > high else (low, f"\u25c2{text}", "left")
    axes.text(place, y, shown, fontsize=style.small_pt, color=look.colour, ha=align, va="center_baseline")
