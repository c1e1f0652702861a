"""What a benchmark of rendered heads is made with; the same plan and heads give the same bytes."""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

from fsbench.build.backdrop import Backdrop
from fsbench.build.head import HeadName
from fsbench.build.render import LARGEST_PX
from fsbench.build.views import Rig
from fsbench.core.errors import UsageError

_FEWEST_PX, _SHORTEST, _LONGEST = 16, 20.0, 100_000.0
_MOST_FOCALS = 32


@dataclass(frozen=True, slots=True)
class Plan:
    """All that moves a byte, besides the heads.

    Attributes
    ----------
    rig : Rig
    focals_px : tuple of float
        Of a 256 px image, whatever the size of the images is.
    size_px : int
        Side of the images.
    light : str
        One of `light.LIGHTS`.
    backdrop : Backdrop
    seed : int
        Of random light and the choice of backgrounds.
    within_mm : float or None
        See `cut.face_of`.
    private : bool
        Show persons whose pictures may not be published; they are grey otherwise.
    tuples : bool
        Write a folder a sample besides the benchmark.
    detail : bool
        Displace the heads by their maps, which the source does.
    """

    rig: Rig
    focals_px: tuple[float, ...]
    size_px: int
    light: str
    backdrop: Backdrop
    seed: int
    within_mm: float | None
    private: bool
    tuples: bool
    detail: bool = False

    def __post_init__(self) -> None:
        if not _FEWEST_PX <= self.size_px <= LARGEST_PX:
            raise UsageError(f"--size {self.size_px}: expected {_FEWEST_PX} to {LARGEST_PX} pixels")
        focals = self.focals_px
        # Bins are named by six digits.
        if not 0 < len({f"{focal:g}" for focal in focals}) == len(focals) <= _MOST_FOCALS or not all(
            _SHORTEST <= f <= _LONGEST for f in focals
        ):
            raise UsageError(
                f"--focal: expected up to {_MOST_FOCALS} different lengths from 20 to 100000 px, as 1200,600,300"
            )
        if self.within_mm is not None and not self.within_mm > 0:
            raise UsageError(f"--cut {self.within_mm:g}: expected millimetres > 0")

    def settings(self) -> dict[str, object]:
        """The plan as a file keeps it."""
        return {
            "views": self.rig.name,
            "focal_px": list(self.focals_px),
            "size_px": self.size_px,
            "light": self.light,
            "background": self.backdrop.kind,
            "background_images": self.backdrop.digest(),
            "seed": self.seed,
            "cut_mm": self.within_mm,
            "private": self.private,
            "tuples": self.tuples,
            "detail": self.detail,
        }


def parse_focals(text: str) -> tuple[float, ...]:
    """Read "1200,600,300"; UsageError if it is not so."""
    try:
        return tuple(float(word) for word in text.split(","))
    except ValueError:
        raise UsageError(
            f"--focal {text[:80]!r}: expected lengths in pixels of a 256 px image, as 1200,600,300"
        ) from None


def chosen(names: list[HeadName], subjects: str, expressions: str) -> list[HeadName]:
    """Heads of these subjects and expressions, each "*" or a list with wildcards; numbers may be ranges, as 1-20.

    An expression "4_anger" goes by this name, by "anger" and by "4".

    Raises
    ------
    UsageError
        If a part of either fits no head.
    """
    kept = names
    for option, text, keys in (
        ("--subjects", subjects, lambda name: (name.subject,)),
        ("--expressions", expressions, lambda name: _spellings(name.expression)),
    ):
        parts = [part.strip() for part in text.split(",") if part.strip()]
        for part in parts:
            if not any(_fits(part, key) for name in names for key in keys(name)):
                known = sorted({keys(name)[0] for name in names})
                raise UsageError(f"{option} {part[:60]!r} fits no head; there are {', '.join(known[:12])}")
        kept = [name for name in kept if any(_fits(part, key) for part in parts for key in keys(name))]
    if not kept:
        raise UsageError(f"--subjects {subjects[:60]} and --expressions {expressions[:60]} together fit no head")
    return kept


def _spellings(expression: str) -> tuple[str, ...]:
    number, mark, rest = expression.partition("_")
    return (expression, number, rest) if mark and number.isdigit() else (expression,)


def _fits(part: str, key: str) -> bool:
    bounds = re.fullmatch(r"(\d{1,9})-(\d{1,9})", part)
    if bounds and key.isdecimal():
        return int(bounds[1]) <= int(key) <= int(bounds[2])
    return fnmatchcase(key.casefold(), part.casefold())
