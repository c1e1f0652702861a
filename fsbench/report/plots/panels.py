"""Axes placed in inches, so that a figure looks alike at every size."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fsbench.report.plots.canvas import new_figure
from fsbench.report.plots.styles import Style

_EDGE = 0.005
"""Share of the page's width that stays empty at its edge."""


@dataclass(frozen=True, slots=True)
class Margins:
    """Room around the axes, in inches."""

    left: float
    right: float
    bottom: float
    top: float


def stacked(style: Style, heights_in: Sequence[float], margins: Margins) -> tuple[Figure, list[Axes]]:
    """Panels below each other over one x axis, the first at the top."""
    gap = 1.4 * style.font_pt / 72
    total = sum(heights_in) + gap * (len(heights_in) - 1) + margins.bottom + margins.top
    figure = new_figure(style.width_in, total)
    width = (style.width_in - margins.left - margins.right) / style.width_in
    axes: list[Axes] = []
    y = total - margins.top
    for height in heights_in:
        y -= height
        place = (margins.left / style.width_in, y / total, width, height / total)
        axes.append(figure.add_axes(place, sharex=axes[0] if axes else None))
        axes[-1].tick_params(labelbottom=len(axes) == len(heights_in))
        y -= gap
    return figure, axes


def make_room_left(axes: Sequence[Axes]) -> None:
    """Move the left edge of stacked panels until their labels are on the page; the limits of the axes are final."""
    boxes = [one.yaxis.get_tightbbox(None) for one in axes]
    page = axes[0].figure.bbox.width
    over = _EDGE - min(box.x0 for box in boxes if box is not None) / page
    for one in axes if over > 0 else ():
        place = one.get_position()
        one.set_position((place.x0 + over, place.y0, place.width - over, place.height))


def grid(
    style: Style, n: int, per_row: int, height_in: float, margins: Margins, between_in: float
) -> tuple[Figure, list[Axes]]:
    """Panels in rows of `per_row` over common axes, `between_in` from row to row."""
    gap = 0.9 * style.font_pt / 72
    n_rows = -(-n // per_row)
    total = n_rows * height_in + (n_rows - 1) * between_in + margins.bottom + margins.top
    figure = new_figure(style.width_in, total)
    columns = min(n, per_row)
    width = (style.width_in - margins.left - margins.right - gap * (columns - 1)) / columns
    axes: list[Axes] = []
    for i in range(n):
        row, column = divmod(i, per_row)
        x = margins.left + column * (width + gap)
        y = total - margins.top - (row + 1) * height_in - row * between_in
        place = (x / style.width_in, y / total, width / style.width_in, height_in / total)
        axes.append(figure.add_axes(place))
        axes[-1].tick_params(labelleft=column == 0)
    return figure, axes
