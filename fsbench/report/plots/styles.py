"""How each method looks, in every figure alike, and how large things are."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

from fsbench.core.choices import PLOT_STYLES
from fsbench.report.model import PUBLISHED

_COLOURS = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C510A")
# Okabe & Ito 2008, "Color Universal Design"; brown stands for their yellow, which vanishes on white.
_FILLED = ("o", "s", "^", "D", "v", "P", "X", "*")
_OPEN = ("o", "s", "^", "D", "v", "<", ">", "p")


@dataclass(frozen=True, slots=True)
class MethodStyle:
    """Colour, marker and line of a method: no two of the known methods share colour and fill, or marker and fill.

    Attributes
    ----------
    colour : str
        Safe for the usual kinds of colour blindness; differs in lightness too.
    marker : str
        A matplotlib marker.
    filled : bool
    line : str
        Solid with filled, dashed with open markers.
    """

    colour: str
    marker: str
    filled: bool

    @property
    def line(self) -> str | tuple[int, tuple[float, ...]]:
        """Line style, so that grey print keeps the two families apart."""
        return "-" if self.filled else (0, (3.0, 1.2))


_METHOD_STYLES = tuple(
    MethodStyle(colour, marker, filled)
    for filled, markers in ((True, _FILLED), (False, _OPEN))
    for colour, marker in zip(_COLOURS, markers, strict=True)
)
_PUBLISHED = (
    *("DECA", "3DDFA_V2", "PRNet", "MGCNet", "RingNet", "facescape_opti", "Deep3DFaceRec", "LAP"),
    *("DFDN", "UDL", "extreme3dface", "SADRNet", "facescape_deep", "DF2Net", "RAFaRe"),
)
_KNOWN = MappingProxyType(dict(zip(_PUBLISHED, _METHOD_STYLES, strict=False)))
# The sample's baselines stand in the docs and in everybody's first figure.
_WANTED = MappingProxyType(
    {"mean-face": _METHOD_STYLES[7], "linear-weak": _METHOD_STYLES[6], "linear-persp": _METHOD_STYLES[5]}
)


def method_styles(labels: Sequence[str]) -> list[MethodStyle]:
    """A style for each label: a known method has a fixed one, others get a free one, in a new colour if any is left.

    A label has the same style in every figure of the same methods, in any order, and in most other figures: the style
    that an unknown label asks for depends on the label alone, and it takes another only if that one is taken. With more
    than 16 labels styles repeat; the labels beside the lines still tell them apart.

    Examples
    --------
    >>> method_styles(["DECA"]) == method_styles(["PRNet", "DECA"])[1:]
    True
    >>> method_styles(["mine", "mean-face"]) == method_styles(["mean-face", "mine"])[::-1]
    True
    """
    # A published row looks as on the board, unless a run of that name stands beside it.
    names = {label: label.removesuffix(PUBLISHED) for label in labels}
    names |= {label: label for label in labels if names[label] in labels}
    found = {label: _KNOWN[names[label]] for label in labels if names[label] in _KNOWN}
    for label in sorted(set(labels) - set(found), key=lambda label: (label not in _WANTED, _number(label), label)):
        found[label] = _free(label, set(found.values()))
    return [found[label] for label in labels]


def _free(label: str, taken: set[MethodStyle]) -> MethodStyle:
    """The style nearest to the one that the label asks for, among those that are free."""
    first = _METHOD_STYLES.index(_WANTED[label]) if label in _WANTED else _number(label) % len(_METHOD_STYLES)
    wanted = [*_METHOD_STYLES[first:], *_METHOD_STYLES[:first]]
    free = [look for look in wanted if look not in taken] or wanted
    colours = {look.colour for look in taken}
    return next((look for look in free if look.colour not in colours), free[0])


def _number(label: str) -> int:
    return zlib.crc32(label.encode())


@dataclass(frozen=True, slots=True)
class Style:
    """Sizes of a figure: inches and points.

    Attributes
    ----------
    width_in : float
        Of the whole figure.
    panel_in : float
        Height of a panel.
    font_pt, small_pt : float
        Of headings and axes; of the labels of methods.
    marker_pt, line_pt : float
    """

    width_in: float
    panel_in: float
    font_pt: float
    small_pt: float
    marker_pt: float
    line_pt: float


_SIZES = {
    "paper": Style(width_in=3.5, panel_in=2.1, font_pt=7.0, small_pt=6.0, marker_pt=3.2, line_pt=0.8),
    "talk": Style(width_in=10.0, panel_in=5.0, font_pt=17.0, small_pt=14.0, marker_pt=8.0, line_pt=2.0),
}
STYLES = MappingProxyType({name: _SIZES[name] for name in PLOT_STYLES})
"""`paper`: one column of 3.5 inch, for print. `talk`: for a screen."""
