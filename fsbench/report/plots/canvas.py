"""From a drawing function to the bytes of a file: the same bytes each time."""

import io
from collections.abc import Mapping
from typing import Any

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from fsbench import __version__
from fsbench.core.choices import FIGURE_FORMATS
from fsbench.core.errors import UsageError
from fsbench.report.plots.styles import Style

_DPI = 300


def settings(style: Style) -> Any:
    """The matplotlib settings for drawing and writing a figure, independent of the user's own."""
    return {
        **dict(matplotlib.rcParamsDefault.items()),
        "font.family": "DejaVu Sans",
        "font.size": style.font_pt,
        "axes.linewidth": style.line_pt * 0.75,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlesize": style.font_pt,
        "axes.labelsize": style.font_pt,
        "xtick.labelsize": style.font_pt,
        "ytick.labelsize": style.font_pt,
        "legend.fontsize": style.small_pt,
        "xtick.major.width": style.line_pt * 0.75,
        "ytick.major.width": style.line_pt * 0.75,
        "xtick.major.size": style.font_pt * 0.4,
        "ytick.major.size": style.font_pt * 0.4,
        "svg.hashsalt": "fsbench",
        # A label with $ in it is text.
        "text.parse_math": False,
        "svg.fonttype": "path",
        "pdf.fonttype": 42,
        "savefig.dpi": _DPI,
    }


def new_figure(width_in: float, height_in: float) -> Figure:
    """A white figure that belongs to no window and to no list of figures.

    It is laid out at the resolution that it is written in: letters are set on whole pixels, so that the same text is up
    to 4 % narrower at matplotlib's 100 dpi, and labels that fit there ran over the page's edge.
    """
    figure = Figure(figsize=(width_in, height_in), dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def encode(figure: Figure, form: str, title: str, description: str, identifier: str = "") -> bytes:
    """The figure as a file. It records its description and the versions it was made with, but no date.

    The `identifier` is written into svg only, and stands there instead of the versions: such a figure is compared byte
    for byte with what another installation draws.

    Raises
    ------
    UsageError
        If `form` is none of png, svg, pdf.
    """
    if form not in FIGURE_FORMATS:
        raise UsageError(f"a figure cannot be written as {form!r}; choose a file name that ends in .png, .svg or .pdf")
    out = io.BytesIO()
    figure.savefig(out, format=form, metadata=_metadata(form, title, description, identifier))
    return out.getvalue()


def _metadata(form: str, title: str, description: str, identifier: str) -> Mapping[str, str | None]:
    maker = f"fsbench {__version__}, matplotlib {matplotlib.__version__}"
    if form == "svg":
        named = {"Identifier": identifier, "Creator": "fsbench"} if identifier else {}
        return {"Title": title, "Description": description, "Creator": maker, "Date": None, **named}
    if form == "pdf":
        return {"Title": title, "Subject": description, "Creator": maker, "Producer": maker, "CreationDate": None}
    return {"Title": title, "Description": description, "Software": maker}
