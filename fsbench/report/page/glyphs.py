"""A method's style on the page: the same colour and marker as in every figure."""

from types import MappingProxyType
from typing import Any

from markupsafe import Markup

from fsbench.report.plots.styles import MethodStyle

DARK = MappingProxyType(
    {
        "#000000": "#F2F2F2",
        "#0072B2": "#4DA6E0",
        "#D55E00": "#F0782A",
        "#009E73": "#2DBF95",
        "#8C510A": "#C58A45",
    }
)
"""Lighter tones of the colours that would vanish on a dark page; the others stay."""

# A marker's name for plotly, and its outline in a square from -5 to 5.
_MARKERS = MappingProxyType(
    {
        "o": ("circle", "M4 0A4 4 0 1 1-4 0 4 4 0 1 1 4 0Z"),
        "s": ("square", "M-3.6-3.6H3.6V3.6H-3.6Z"),
        "^": ("triangle-up", "M0-4.4 4.4 3.4H-4.4Z"),
        "v": ("triangle-down", "M0 4.4 4.4-3.4H-4.4Z"),
        "<": ("triangle-left", "M-4.4 0 3.4-4.4V4.4Z"),
        ">": ("triangle-right", "M4.4 0-3.4-4.4V4.4Z"),
        "D": ("diamond", "M0-4.6 4.6 0 0 4.6-4.6 0Z"),
        "P": ("cross", "M-1.5-4.4H1.5V-1.5H4.4V1.5H1.5V4.4H-1.5V1.5H-4.4V-1.5H-1.5Z"),
        "X": ("x", "M-4.2-2.1-2.1-4.2 0-2.1 2.1-4.2 4.2-2.1 2.1 0 4.2 2.1 2.1 4.2 0 2.1-2.1 4.2-4.2 2.1-2.1 0Z"),
        "*": ("star", "M0-4.8 1.2-1.6 4.6-1.5 1.9.6 2.8 3.9 0 2-2.8 3.9-1.9.6-4.6-1.5-1.2-1.6Z"),
        "p": ("pentagon", "M0-4.4 4.2-1.4 2.6 3.6H-2.6L-4.2-1.4Z"),
    }
)


def for_plotly(look: MethodStyle) -> dict[str, Any]:
    """Colours on a light and a dark page, symbol and dash, as the page's script takes them."""
    symbol = _MARKERS[look.marker][0]
    return {
        "light": look.colour,
        "dark": DARK.get(look.colour, look.colour),
        "symbol": symbol if look.filled else f"{symbol}-open",
        "dash": "solid" if look.filled else "dash",
    }


def svg(look: MethodStyle) -> Markup:
    """The marker as a picture beside a method's name; it follows the page into the dark."""
    style = f"--light:{look.colour};--dark:{DARK.get(look.colour, look.colour)}"
    paint = "full" if look.filled else "open"
    return Markup(
        '<svg class="glyph {}" style="{}" viewBox="-6 -6 12 12" aria-hidden="true"><path d="{}"/></svg>'
    ).format(paint, style, _MARKERS[look.marker][1])
