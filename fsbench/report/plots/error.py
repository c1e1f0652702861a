"""Mean error over the bins, one line a method; the complete rate below, since a chamfer distance needs it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation

from fsbench.core.mesh import Floats
from fsbench.core.quantities import Quantity
from fsbench.report.model import Table
from fsbench.report.plots.panels import Margins, make_room_left, stacked
from fsbench.report.plots.placing import (
    label_beside,
    label_room_in,
    line_style,
    mean_heading,
    spread,
    text_width_in,
    upper_end,
)
from fsbench.report.plots.styles import MethodStyle, Style, method_styles

_MOST_ACROSS = 6
"""More titles of bins than this are written upwards where they are too long to stand side by side; between so many
there is no room for the values above the axis."""
_DODGE = 0.36
"""Whiskers of one bin take at most this much of the way to the next."""


@dataclass(frozen=True, slots=True, eq=False)
class _Curves:
    """One metric as shown (CR in percent), each array (methods, bins)."""

    metric: Quantity
    means: Floats
    lows: Floats
    highs: Floats
    bottom: float
    top: float

    @property
    def off_axis(self) -> "np.ndarray":
        """Where a mean lies above the axis."""
        return np.nan_to_num(self.means) > self.top


def draw(table: Table, style: Style) -> Figure:
    """Draw one panel a metric, the first with the methods' names.

    Whiskers are the table's intervals, where it has them. A value above the axis is never cut silently: an arrow
    shows where the line leaves, and the value stands with the method's name, or with its marker above the bin; of many
    bins in `notes`.
    """
    methods = method_styles([row.label for row in table.rows])
    curves = [_curves(table, m) for m in range(len(table.metrics))]
    names = _names(table, curves[0])
    width, height = label_room_in(names, style)
    em = style.font_pt / 72
    titles = [bin_.title for bin_ in table.bins]
    longest = text_width_in(titles, style.font_pt)
    crowded = longest > (style.width_in - 5.0 * em - width) / len(titles)
    upwards = crowded and _are_many(table)
    below = longest + 3.2 * em if upwards else 4.2 * em
    margins = Margins(5.0 * em, width, below, (0.9 + (0.0 if _are_many(table) else 1.2 * _most_above(curves))) * em)
    heights = [max(style.panel_in, height), *[0.5 * style.panel_in] * (len(curves) - 1)]
    figure, panels = stacked(style, heights, margins)
    x = np.arange(len(table.bins)) + _dodges(table, curves)[:, None]
    panels[-1].set_xticks(range(len(titles)), titles, rotation=90 if upwards else 0)
    panels[-1].set_xlim(-0.3, len(table.bins) - 0.7)
    panels[-1].set_xlabel(table.layout.axis)
    for axes, one in zip(panels, curves, strict=True):
        _axis(axes, one)
    make_room_left(panels)
    for axes, one in zip(panels, curves, strict=True):
        _lines(axes, x, one, methods, style)
        _above(axes, x, one, table, style, named=one is curves[0])
    label_beside(panels[0], _ends(panels[0], x, curves[0]), names, methods, style)
    return figure


def notes(table: Table) -> tuple[str, ...]:
    """Notes for the caption: the values above the axis, where the bins are too many to write them there."""
    found = [
        f"{row.label} {one.metric.label} {one.means[r, b]:.{one.metric.decimals}f} at {bin_.title}"
        for m in range(len(table.metrics) if _are_many(table) else 0)
        for one in [_curves(table, m)]
        for r, row in enumerate(table.rows)
        for b, bin_ in enumerate(table.bins)
        if one.off_axis[r, b]
    ]
    return (f"Above the axis, a triangle where a line leaves it: {'; '.join(found)}.",) if found else ()


def _are_many(table: Table) -> bool:
    return len(table.bins) > _MOST_ACROSS


def _curves(table: Table, m: int) -> _Curves:
    metric = table.metrics[m]
    means, lows, highs = (
        np.array([[getattr(cells[m], name) for cells in row.cells] for row in table.rows]) * metric.factor
        for name in ("mean", "low", "high")
    )
    return _Curves(metric, means, lows, highs, *limits(metric, means, lows, highs))


def limits(metric: Quantity, means: Floats, lows: Floats, highs: Floats) -> tuple[float, float]:
    """Where a metric's axis begins and ends, in figures and on the page: it holds every interval whose mean it holds.

    Parameters
    ----------
    metric : Quantity
    means, lows, highs : ndarray
        As shown (CR in percent), of one shape; NaN where there is none.

    Examples
    --------
    >>> cr = Quantity("cr", "CR", "%", 1, "higher", 100.0, high=1.0)
    >>> limits(cr, np.array([99.0, 90.3]), np.array([98.0, 58.3]), np.array([100.0, 100.0]))
    (50.0, 100.0)
    """
    if metric.unit == "%" and metric.high is not None:
        top, lowest = metric.high * metric.factor, float(np.nanmin([*means.ravel(), *lows.ravel(), np.inf]))
        return max(0.0, min(80.0, float(10 * np.floor((min(lowest, top) - 1) / 10)))), top
    end = upper_end(means)
    is_held = np.nan_to_num(means) <= end
    top = max(end, float(np.nanmax([*highs[is_held], 0.0])))
    bottom = float(np.nanmin([*means.ravel(), *lows[is_held], 0.0]))
    return bottom - (0.03 * (top - bottom) if bottom else 0.0), 1.03 * top


def _names(table: Table, first: _Curves) -> list[str]:
    """The label of each method, with what cannot be seen of its last point."""
    names = []
    for row, means in zip(table.rows, first.means, strict=True):
        if np.isnan(means[-1]):
            names.append(f"{row.label} (no score)")
        elif means[-1] > first.top:
            names.append(f"{row.label} ↑{means[-1]:.{first.metric.decimals}f}")
        else:
            names.append(row.label)
    return names


def _dodges(table: Table, curves: Sequence[_Curves]) -> Floats:
    """How far each method is moved aside, so that whiskers do not hide each other."""
    n = len(table.rows)
    if n < 2 or not any(np.isfinite(one.highs).any() for one in curves):
        return np.zeros(n)
    return min(_DODGE, 0.06 * (n - 1)) * (np.arange(n) / (n - 1) - 0.5)


def _axis(axes: Axes, one: _Curves) -> None:
    axes.set_ylim(one.bottom, one.top)
    axes.set_ylabel(mean_heading(one.metric))
    axes.grid(axis="y", color="0.9", linewidth=0.5)
    axes.set_axisbelow(True)


def _lines(axes: Axes, x: Floats, one: _Curves, methods: Sequence[MethodStyle], style: Style) -> None:
    for where, means, lows, highs, look in zip(x, one.means, one.lows, one.highs, methods, strict=True):
        # A rate of 100 % is on the edge of the axes, and its marker is whole; lines that leave the axes are cut.
        axes.plot(where, means, **line_style(look, style), zorder=3, clip_on=bool(one.off_axis.any()))
        seen = means <= one.top
        axes.vlines(where[seen], lows[seen], highs[seen], color=look.colour, linewidth=0.8 * style.line_pt, zorder=2)


def _above(axes: Axes, x: Floats, one: _Curves, table: Table, style: Style, *, named: bool) -> None:
    """Arrows where lines leave the axis, and above each bin the values that no name beside carries."""
    methods = method_styles([row.label for row in table.rows])
    exits = [
        (place, look)
        for where, means, look in zip(x, one.means, methods, strict=True)
        for place in _exits(where, means, one.top)
    ]
    low, high = axes.get_xlim()
    size = (high - low) * style.marker_pt * axes.figure.dpi / 72 / axes.get_window_extent().width
    apart = spread([place for place, _ in exits], 1.1 * size, low, high)
    for place, (_, look) in zip(apart, exits, strict=True):
        arrow: dict[str, Any] = {"marker": (3, 0, 0), "markersize": 1.2 * style.marker_pt, "markeredgewidth": 0}
        axes.plot([place], [one.top], color=look.colour, clip_on=False, **arrow)
    for b in () if _are_many(table) else range(len(table.bins) - (1 if named else 0)):
        for line, r in enumerate(np.flatnonzero(one.off_axis[:, b])):
            _value_above(axes, b, line, methods[r], f"{one.means[r, b]:.1f}", style)


def _value_above(axes: Axes, b: int, line: int, look: MethodStyle, text: str, style: Style) -> None:
    """The method's marker and a value, above bin `b`, in the given line from below."""
    up = (0.9 + 1.2 * line) * style.small_pt
    at: dict[str, Any] = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points"}
    right = (0.1 * style.small_pt, up)
    axes.annotate(f"↑{text}", (b, 1.0), right, fontsize=style.small_pt, va="center_baseline", **at)
    left = ScaledTranslation(-0.6 * style.small_pt / 72, up / 72, axes.figure.dpi_scale_trans)
    place = axes.get_xaxis_transform() + left
    axes.plot([b], [1.0], transform=place, clip_on=False, **{**line_style(look, style), "linestyle": "none"})


def _exits(where: Floats, means: Floats, top: float) -> list[float]:
    """Where a line crosses the top of the axis, or stands above it without neighbours below."""
    found = []
    for i, mean in enumerate(means):
        if not mean > top:
            continue
        sides = [j for j in (i - 1, i + 1) if 0 <= j < len(means) and means[j] <= top]
        found += [where[j] + (where[i] - where[j]) * (top - means[j]) / (mean - means[j]) for j in sides]
        if not sides:
            found.append(where[i])
    return found


def _most_above(curves: Sequence[_Curves]) -> int:
    """Lines of text above the first panel."""
    inner = curves[0].off_axis[:, :-1]
    return int(inner.sum(axis=0).max(initial=0))


def _ends(axes: Axes, x: Floats, one: _Curves) -> list[tuple[float, float]]:
    """Where each method's line ends, in fractions of the axes; no leader from where there is no point."""
    ends = []
    for where, means in zip(x, one.means, strict=True):
        last = float(means[-1])
        seen = means[np.isfinite(means)]
        height = last if np.isfinite(last) else float(seen[-1]) if len(seen) else 0.0
        # Off the axis, the larger value still stands above the smaller one.
        over = 1e-3 * height if height > one.top else 0.0
        fraction = axes.transAxes.inverted().transform(axes.transData.transform((where[-1], min(height, one.top))))
        on_axis = np.isfinite(last) and last <= one.top
        ends.append((float(fraction[0]) if on_axis else float("nan"), float(fraction[1]) + over))
    return ends
