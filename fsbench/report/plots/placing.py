"""Where things go: labels without overlap, and where an axis ends."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from scipy.optimize import isotonic_regression

from fsbench.core.mesh import Floats
from fsbench.core.quantities import Quantity
from fsbench.report.plots.canvas import new_figure
from fsbench.report.plots.styles import MethodStyle, Style

_FARTHEST, _WORTH_A_CUT = 3.0, 1.5
_WIDEST_LABEL = 1 / 3
_LEADING = 1.22
_MARKER_EM, _TEXT_EM = 1.5, 2.3


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> Floats:
    """Positions at least `gap` apart, in the order of `wanted`, as near to them as the least squares allow.

    Where the range [low, high] is too short for all, the gap is made smaller.

    Examples
    --------
    >>> spread([1.0, 1.0, 9.0], gap=2.0, low=0.0, high=10.0)
    array([0., 2., 9.])
    """
    values = np.asarray(wanted, np.float64)
    if not len(values):
        return values
    gap = min(gap, (high - low) / max(len(values) - 1, 1))
    order = np.argsort(values, kind="stable")
    steps = gap * np.arange(len(values))
    placed = isotonic_regression(values[order] - steps).x.clip(low, high - steps[-1])
    out = np.empty_like(values)
    out[order] = placed + steps
    return out


def upper_end(values: Floats) -> float:
    """Where an axis from 0 ends: at the largest value, or below values that would press all others flat.

    A value beyond three times the median size is such, if the axis without it is a good deal shorter; a figure then
    shows it as off the axis. Zeros have no size: a method that never moves, with amplitudes of 0, would put all others
    off the axis.

    Examples
    --------
    >>> upper_end(np.array([2.0, 3.0, 4.0])), upper_end(np.array([2.0, 3.0, 4.0, 30.0]))
    (4.0, 4.0)
    >>> upper_end(np.array([0.0, 0.0, 0.0, -0.7, 1.3]))
    1.3
    """
    finite = values[np.isfinite(values)]
    sizes = np.abs(finite[finite != 0])
    if not len(sizes):
        return 1.0
    near = finite[finite <= _FARTHEST * np.median(sizes)].max(initial=0.0)
    end = finite.max() if finite.max() <= _WORTH_A_CUT * near else near
    return float(end) or 1.0


def text_width_in(texts: Sequence[str], size_pt: float) -> float:
    """Width of the longest of `texts`, in inches."""
    figure = new_figure(1.0, 1.0)
    artists = [figure.text(0, 0, text, fontsize=size_pt) for text in texts]
    return max((artist.get_window_extent().width / figure.dpi for artist in artists), default=0.0)


def fitting(text: str, style: Style) -> str:
    """The text, or its beginning and end where the whole would take more than a third of the figure's width.

    Examples
    --------
    >>> from fsbench.report.plots.styles import STYLES
    >>> fitting("DECA", STYLES["paper"])
    'DECA'
    """
    most = _WIDEST_LABEL * style.width_in
    if text_width_in([text], style.small_pt) <= most:
        return text
    for half in range(len(text) // 2, 0, -1):
        shorter = f"{text[:half]}…{text[-half:]}"
        if text_width_in([shorter], style.small_pt) <= most:
            return shorter
    return "…"


def axis_heading(metric: Quantity) -> str:
    """Label and unit for an axis, which has no footnote: it says itself that mm are not metric."""
    return f"{metric.label} ({metric.axis_unit})" if metric.axis_unit else metric.heading


def mean_heading(metric: Quantity) -> str:
    """As `axis_heading`, of a mean over samples: a second line says so where a sample's value is a statistic itself.

    Else nobody would know a mean of medians from the median of all points.

    Examples
    --------
    >>> mean_heading(Quantity("median_mm", "Median", "mm", statistic=True))
    'Median (mm)\\nmean over samples'
    >>> mean_heading(Quantity("pooled_median_mm", "Pooled median", "mm", pooled="points"))
    'Pooled median (mm)'
    """
    if metric.pooled == "mean" and metric.statistic:
        return f"{axis_heading(metric)}\nmean over samples"
    return axis_heading(metric)


def label_room_in(texts: Sequence[str], style: Style) -> tuple[float, float]:
    """Width and height that `label_beside` needs, in inches."""
    width = text_width_in(texts, style.small_pt) + (_TEXT_EM + 0.5) * style.small_pt / 72
    return width, len(texts) * _LEADING * style.small_pt / 72


def line_style(look: MethodStyle, style: Style) -> dict[str, Any]:
    """Keywords for `Axes.plot`: the method's line with its marker."""
    return {
        "color": look.colour,
        "linestyle": look.line,
        "linewidth": style.line_pt,
        "marker": look.marker,
        "markersize": style.marker_pt * (1.4 if look.marker == "*" else 1.0),
        "markerfacecolor": look.colour if look.filled else "white",
        "markeredgecolor": look.colour,
        "markeredgewidth": style.line_pt * 0.8,
    }


def label_beside(
    axes: Axes, ends: Sequence[tuple[float, float]], texts: Sequence[str], styles: Sequence[MethodStyle], style: Style
) -> None:
    """Name the lines right of the axes, at their ends' heights but apart, with marker and a thin leader.

    Parameters
    ----------
    axes : Axes
        Its limits and its place in the figure are final.
    ends : sequence of (x, y)
        Where each line ends, in fractions of the axes; NaN x: no leader.
    texts : sequence of str
    styles : sequence of MethodStyle
    style : Style
    """
    box = axes.get_window_extent()
    em_x, em_y = (style.small_pt / 72 * axes.figure.dpi / side for side in (box.width, box.height))
    heights = spread([y for _, y in ends], _LEADING * em_y, 0.0, 1.0)
    for (x, y), height, text, look in zip(ends, heights, texts, styles, strict=True):
        place: dict[str, Any] = {"transform": axes.transAxes, "clip_on": False}
        if x == x:
            leader: dict[str, Any] = {"color": look.colour, "linewidth": 0.5 * style.line_pt, "alpha": 0.6}
            axes.plot([x, 1 + 0.3 * em_x, 1 + (_MARKER_EM - 0.5) * em_x], [y, y, height], **leader, **place)
        axes.plot([1 + _MARKER_EM * em_x], [height], **{**line_style(look, style), "linestyle": "none"}, **place)
        axes.text(
            1 + _TEXT_EM * em_x, height, text, fontsize=style.small_pt, va="center_baseline", transform=axes.transAxes
        )
