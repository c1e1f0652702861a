"""Chamfer distance against complete rate: a small mesh cannot hide."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fsbench.core.mesh import Floats
from fsbench.report.model import Table
from fsbench.report.plots.legend import sheet
from fsbench.report.plots.placing import axis_heading, line_style, spread, upper_end
from fsbench.report.plots.styles import Style, method_styles

_PER_ROW = 2


def draw(table: Table, style: Style) -> Figure:
    """Draw a point a method, with whiskers where the table has intervals; good is at the lower right.

    One bin alone has the names beside, at the height of the points; several bins are panels over a legend. The part
    where the overlap is small is grey.

    Parameters
    ----------
    table : Table
        Its metrics are an error, then the coverage that belongs to it.
    style : Style
    """
    labels = [row.label for row in table.rows]
    errors, highs = (_column(table, 0, name) for name in ("mean", "high"))
    end = upper_end(errors)
    top = 1.04 * max(end, highs[np.isfinite(highs) & (np.nan_to_num(errors) <= end)].max(initial=0.0))
    single = len(table.bins) == 1
    names = [_name(label, value, top) for label, value in zip(labels, errors[:, 0], strict=True)] if single else labels
    page = sheet(table.layout, labels, names, style, _PER_ROW)
    for b, axes in enumerate(page.panels):
        _panel(axes, table, b, top, style, say_values=not single)
    if single:
        over = np.nan_to_num(errors[:, 0]) / top
        page.name_beside([min(value, 1.0) + 1e-3 * value for value in over], names)
    page.head(table.metrics[1].heading, axis_heading(table.metrics[0]))
    return page.figure


def _column(table: Table, m: int, name: str) -> Floats:
    return np.array([[getattr(cells[m], name) for cells in row.cells] for row in table.rows]) * table.metrics[m].factor


def _name(label: str, value: float, top: float) -> str:
    if value != value:
        return f"{label} (no score)"
    return f"{label} ↑{value:.1f}" if value > top else label


def _panel(axes: Axes, table: Table, b: int, top: float, style: Style, *, say_values: bool) -> None:
    y, y_low, y_high = (_column(table, 0, name)[:, b] for name in ("mean", "low", "high"))
    x, x_low, x_high = (_column(table, 1, name)[:, b] for name in ("mean", "low", "high"))
    whole = table.metrics[1].factor
    small = whole * (table.metrics[1].enough or 0.0)
    leftmost = np.nanmin([*_column(table, 1, "mean").ravel(), *_column(table, 1, "low").ravel(), small - 0.05 * whole])
    axes.set_xlim(0.1 * whole * np.floor((leftmost - 0.01 * whole) / (0.1 * whole)), whole)
    axes.set_ylim(0, top)
    _keep_numbers_inside(axes)
    axes.axvspan(axes.get_xlim()[0], small, color="0.95", linewidth=0)
    axes.text(small - 0.005 * whole, 0, "small overlap", fontsize=style.small_pt, color="0.4", ha="right", va="bottom")
    for i, look in enumerate(method_styles([row.label for row in table.rows])):
        if not y[i] <= top:
            continue
        whisker: dict[str, Any] = {"color": look.colour, "linewidth": 0.8 * style.line_pt}
        axes.plot([x_low[i], x_high[i]], [y[i], y[i]], **whisker)
        axes.plot([x[i], x[i]], [y_low[i], y_high[i]], **whisker)
        # A rate of 100 % is on the edge of the axes, and its marker is whole.
        axes.plot([x[i]], [y[i]], **line_style(look, style), clip_on=False)
    _arrows(axes, table, x, y, top, style, say_values)


def _keep_numbers_inside(axes: Axes) -> None:
    """The numbers at both ends stay below their own axes: panels stand side by side."""
    low, high = axes.get_xlim()
    ticks = [tick for tick in axes.get_xticks() if low <= tick <= high]
    axes.set_xticks(ticks)
    for tick, label in zip(ticks, axes.get_xticklabels(), strict=True):
        label.set_horizontalalignment("left" if tick == low else "right" if tick == high else "center")


def _arrows(axes: Axes, table: Table, x: Floats, y: Floats, top: float, style: Style, say_values: bool) -> None:
    """Arrows for values above the axis, as near to their complete rates as there is room."""
    methods = method_styles([row.label for row in table.rows])
    off = np.flatnonzero(np.nan_to_num(y) > top)
    low, high = axes.get_xlim()
    em = style.small_pt / 72 * axes.figure.dpi / axes.get_window_extent().width * (high - low)
    apart = spread([float(x[i]) for i in off], (2.4 if say_values else 1.0) * em, low + em, high - em)
    for i, place in zip(off, apart, strict=True):
        marker = {**line_style(methods[i], style), "linestyle": "none"}
        drop = 1.0 * style.small_pt
        axes.annotate(
            "", (place, top), (0, -2.0 * drop), textcoords="offset points",
            arrowprops={"arrowstyle": "-|>", "color": methods[i].colour, "linewidth": style.line_pt, "shrinkB": 0},
        )  # fmt: skip
        height = axes.get_window_extent().height * 72 / axes.figure.dpi
        axes.plot([place], [top * (1 - 2.0 * drop / height)], **marker)
        if say_values:
            axes.annotate(
                f"{y[i]:.1f}", (place, top), (0, -2.7 * drop), textcoords="offset points", ha="center", va="top",
                fontsize=style.small_pt,
            )  # fmt: skip
