"""Which method is which: names beside a single panel, a legend below several."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from fsbench.report.plots.panels import Margins, grid
from fsbench.report.plots.placing import label_beside, label_room_in, line_style, text_width_in
from fsbench.report.plots.styles import Style, method_styles
from fsbench.stats.layout import BinLayout

_HANDLE_EM, _ROW_EM = 4.2, 1.34


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """A figure with a panel a bin, empty as yet."""

    figure: Figure
    panels: list[Axes]
    labels: tuple[str, ...]
    style: Style

    def name_beside(self, heights: Sequence[float], names: Sequence[str]) -> None:
        """Name the methods beside the only panel, near `heights` (fractions of it)."""
        (axes,) = self.panels
        label_beside(
            axes, [(float("nan"), height) for height in heights], names, method_styles(self.labels), self.style
        )

    def head(self, x: str, y: str) -> None:
        """Write the labels of the axes, once for all panels."""
        em = self.style.font_pt / 72
        boxes = [axes.get_position() for axes in self.panels]
        left, right = min(box.x0 for box in boxes), max(box.x1 for box in boxes)
        low, high = min(box.y0 for box in boxes), max(box.y1 for box in boxes)
        below = low - 2.3 * em / self.figure.get_figheight()
        beside = 0.6 * em / self.figure.get_figwidth()
        self.figure.text((left + right) / 2, below, x, ha="center", va="top")
        self.figure.text(beside, (low + high) / 2, y, rotation=90, va="center")


def sheet(layout: BinLayout, labels: Sequence[str], names: Sequence[str], style: Style, per_row: int) -> Sheet:
    """Make the panels of `layout`, with the legend already in place where there are several.

    Parameters
    ----------
    layout : BinLayout
        One panel a bin.
    labels : sequence of str
        They decide the style of each method.
    names : sequence of str
        Name of each method in the figure.
    style : Style
    per_row : int
        Panels side by side.
    """
    em = style.font_pt / 72
    n = len(layout.bins)
    if n == 1:
        width, height = label_room_in(names, style)
        margins = Margins(5.2 * em, width, 4.4 * em, 0.9 * em)
        figure, panels = grid(style, 1, 1, max(style.panel_in, height), margins, 0.0)
    else:
        margins = Margins(5.2 * em, 0.9 * em, 4.0 * em + _height_in(names, style), 1.8 * em)
        figure, panels = grid(style, n, per_row, 0.75 * style.panel_in, margins, 3.4 * em)
        for axes, bin_ in zip(panels, layout.bins, strict=True):
            axes.set_title(bin_.title, pad=0.4 * style.font_pt)
        _legend_below(figure, labels, names, style)
    for axes in panels:
        axes.grid(color="0.9", linewidth=0.5)
        axes.set_axisbelow(True)
    return Sheet(figure, panels, tuple(labels), style)


def _height_in(names: Sequence[str], style: Style) -> float:
    rows = -(-len(names) // _columns(names, style))
    return (rows * _ROW_EM + 0.5) * style.small_pt / 72


def _legend_below(figure: Figure, labels: Sequence[str], names: Sequence[str], style: Style) -> None:
    handles = [Line2D([], [], **line_style(look, style)) for look in method_styles(labels)]
    figure.legend(
        handles, names, loc="lower center", ncols=_columns(names, style), frameon=False, borderaxespad=0.2,
        borderpad=0.2, handlelength=2.4, handletextpad=0.6, columnspacing=1.2, labelspacing=0.3,
    )  # fmt: skip


def _columns(names: Sequence[str], style: Style) -> int:
    width = text_width_in(names, style.small_pt) + _HANDLE_EM * style.small_pt / 72
    return max(1, min(len(names), int((style.width_in - 0.1) / width)))
