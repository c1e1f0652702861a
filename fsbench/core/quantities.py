"""Quantities: name, unit and direction of a metric's column, and how it pools over samples.

Every protocol declares its own beside its code; a run carries them in `run.json`. No code guesses from a column's name.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

from fsbench.core.visible import visible

Better = Literal["lower", "higher"] | None
Pooled = Literal["mean", "points", "std"]

_SPREAD = "std_of_"
_LONGEST_NAME, _LONGEST_TEXT = 100, 500
_MOST_DECIMALS = 12
_LARGEST = 1e300
_LARGEST_VALUE = 1e12
"""Larger than any value of a face in any unit, and small enough that sums of squares stay finite."""
_ROUNDING = 1e-9
"""Rounding of a sum may put a share this much above 1."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """Name, unit, direction and range of one metric.

    Parameters
    ----------
    name : str
        Column in a run, e.g. "cd_mm".
    label : str
        Text in tables and on axes, e.g. "CD".
    unit : str
        Shown after the number: "mm", "rad", "%"; empty for a bare number.
    decimals : int
        Shown after the point.
    better : "lower", "higher" or None
        None if neither direction is better.
    factor : float
        Shown value over the run's value: 100 for shares that are shown in percent.
    beside : str
        Metric without which this one misleads; empty if it stands alone.
    note : str
        One line that must stand wherever the number is shown; empty if none.
    low, high : float or None
        Smallest and largest value that a sample can have, in the run's unit, inclusive; None for no limit.
    pooled : "mean", "points" or "std"
        The number of a bin: the mean over its samples; a statistic over all points of its samples; the standard
        deviation over its samples (of the population).
    source : str
        Column, or statistic of the pooled points, that gives the number; empty: the column of its own name.
    statistic : bool
        Whether a sample's value is a statistic over its points, e.g. a median: a figure must then say that it shows
        a mean of them.
    words : str
        Name in a sentence, e.g. "chamfer distance"; empty: `label`.
    axis_unit : str
        Unit for an axis, which has no footnote, e.g. "pupil-normalised mm"; empty: `unit`.
    enough : float or None
        Only for a metric of how much of the reference is covered: if a method's mean is below it, the overlap is small,
        and a distance over the covered part says little. In the run's unit.
    covers : str
        Only for such a metric: name of the numbers that measure the covered part alone, e.g. "CD".
    label_of : str
        Bin column whose labels the values number, from 0 in the benchmark's order of samples: an answer among the
        labels, of which a mean says nothing; empty for all other metrics.
    """

    name: str
    label: str
    unit: str = ""
    decimals: int = 3
    better: Better = None
    factor: float = 1.0
    beside: str = ""
    note: str = ""
    low: float | None = None
    high: float | None = None
    pooled: Pooled = "mean"
    source: str = ""
    statistic: bool = False
    words: str = ""
    axis_unit: str = ""
    enough: float | None = None
    covers: str = ""
    label_of: str = ""

    def __post_init__(self) -> None:
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"quantity {self.name!r}: low {self.low:g} is above high {self.high:g}")
        if (self.enough is None) != (not self.covers):
            raise ValueError(f"quantity {self.name!r}: enough and covers go together")
        if self.source and self.pooled == "mean":
            raise ValueError(
                f"quantity {self.name!r}: a mean over samples is of its own column, not of {self.source!r}"
            )

    @property
    def heading(self) -> str:
        """Label with unit, e.g. "CD (mm)"."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    @property
    def sign(self) -> int:
        """-1 where lower is better, 1 where higher is, 0 where neither is."""
        return {"lower": -1, "higher": 1, None: 0}[self.better]

    @property
    def column(self) -> str:
        """The run's column, or the statistic of its pooled points, that gives the number."""
        return self.source or self.name

    def agrees_with(self, other: "Quantity") -> bool:
        """Whether both may share a column: unit, direction and factor are the same."""
        return (self.unit, self.better, self.factor) == (other.unit, other.better, other.factor)

    def impossible(self, value: float) -> str:
        """Why a value cannot be one of this quantity; empty if it can. NaN, no value, can.

        Examples
        --------
        >>> share = Quantity("cr", "CR", low=0.0, high=1.0)
        >>> share.impossible(1.5), share.impossible(0.9)
        ('cr is 1.5, expected 0 to 1', '')
        """
        low, high = -math.inf if self.low is None else self.low, math.inf if self.high is None else self.high
        if value != value or (abs(value) <= _LARGEST_VALUE and low - _ROUNDING <= value <= high + _ROUNDING):
            return ""
        if math.isfinite(high):
            expected = f"{low:.6g} to {high:.6g}"
        else:
            expected = "a finite number" + (f", at least {low:g}" if math.isfinite(low) else "")
        return f"{visible(self.name)} is {value:g}, expected {expected}"

    def show(self, value: float, *, plus: bool = False) -> str:
        """The value as people read it, without unit; "-" for NaN, never "-0.00".

        Examples
        --------
        >>> Quantity("cr", "CR", "%", 1, "higher", factor=100.0).show(0.8956)
        '89.6'
        >>> cd = Quantity("cd_mm", "CD", "mm", 2, "lower")
        >>> cd.show(-0.001), cd.show(0.25, plus=True)
        ('0.00', '+0.25')
        """
        if value != value:
            return "-"
        text = f"{value * self.factor:{'+' if plus else ''}.{self.decimals}f}"
        return text.lstrip("+-") if float(text) == 0 else text

    def as_dict(self) -> dict[str, Any]:
        """Name, label and every field that is not at its default, for JSON.

        Examples
        --------
        >>> Quantity("cd_mm", "CD", "mm", 2, "lower").as_dict()
        {'name': 'cd_mm', 'label': 'CD', 'unit': 'mm', 'decimals': 2, 'better': 'lower'}
        """
        chosen = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            field.name: chosen[field.name]
            for field in fields(self)
            if field.name in ("name", "label") or chosen[field.name] != field.default
        }

    @classmethod
    def from_dict(cls, content: Any) -> "Quantity":
        """Rebuild a quantity from what `json.loads` gave, trusting nothing.

        Raises
        ------
        ValueError
            If a key is missing or unknown, or a field cannot have its value.
        """
        if not isinstance(content, dict) or not {"name", "label"} <= set(content):
            raise ValueError(f"a quantity is an object with name and label, found {_short(content)}")
        for key, value in content.items():
            if key not in _CHECKS:
                raise ValueError(f"quantity {_short(content['name'])} has the unknown key {_short(key)}")
            if not _CHECKS[key](value):
                raise ValueError(f"quantity {_short(content['name'])}: {key} cannot be {_short(value)}")
        return cls(**content)


def quantity(name: str, known: Mapping[str, Quantity]) -> Quantity:
    """The quantity `name` among those declared, or the standard deviation over samples of one ("std_of_cd_mm").

    An undeclared name is a plain number without unit and direction.

    Examples
    --------
    >>> known = {"cd_mm": Quantity("cd_mm", "CD", "mm", 2, "lower")}
    >>> quantity("std_of_cd_mm", known).heading, quantity("std_of_cd_mm", known).better
    ('CD std (mm)', None)
    >>> quantity("nose_error_mm", known).heading, quantity("nose_error_mm", known).better
    ('Nose error mm', None)
    """
    if name in known or not name.startswith(_SPREAD):
        return known.get(name) or _plain(name)
    of = known.get(name.removeprefix(_SPREAD)) or _plain(name.removeprefix(_SPREAD))
    width = None if of.low is None or of.high is None else of.high - of.low
    spread = replace(_plain(name), low=0.0, high=width, pooled="std", source=of.name)
    return replace(spread, label=f"{of.label} std", unit=of.unit, decimals=of.decimals, factor=of.factor)


def _plain(name: str) -> Quantity:
    text = visible(name.replace("_", " ").strip())
    return Quantity(name, text[:1].upper() + text[1:])


def with_companions(names: Iterable[str], present: Iterable[str], known: Mapping[str, Quantity]) -> list[str]:
    """The metrics asked for, each followed by its companion `beside`, if the run has it.

    Examples
    --------
    >>> known = {"cd_mm": Quantity("cd_mm", "CD", "mm", beside="cr")}
    >>> with_companions(["cd_mm", "mne_rad"], present=["cd_mm", "mne_rad", "cr"], known=known)
    ['cd_mm', 'cr', 'mne_rad']
    """
    names, present = list(names), set(present)
    full: list[str] = []
    for name in names:
        beside = quantity(name, known).beside
        wanted = [name] if not beside or beside in names or beside not in present else [name, beside]
        full += [entry for entry in wanted if entry not in full]
    return full


def _short(value: Any) -> str:
    return repr(value)[:80] if isinstance(value, str | int | float | None) else f"a {type(value).__name__}"


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and visible(value) == value and 0 < len(value) <= _LONGEST_NAME


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and visible(value) == value and len(value) <= _LONGEST_TEXT


def _is_number(value: Any) -> bool:
    # Not isfinite, which cannot take an integer of many digits.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST


def _is_limit(value: Any) -> bool:
    return value is None or _is_number(value)


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "name": _is_name,
    "label": _is_name,
    "unit": _is_text,
    "decimals": lambda value: type(value) is int and 0 <= value <= _MOST_DECIMALS,
    "better": lambda value: value in ("lower", "higher", None),
    "factor": lambda value: _is_number(value) and value > 0,
    "beside": _is_text,
    "note": _is_text,
    "low": _is_limit,
    "high": _is_limit,
    "pooled": lambda value: value in get_args(Pooled),
    "source": _is_text,
    "statistic": lambda value: isinstance(value, bool),
    "words": _is_text,
    "axis_unit": _is_text,
    "enough": _is_limit,
    "covers": _is_text,
    "label_of": _is_text,
}
