"""Quantities: what a metric's column is called, counted in, and which way is better."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Better = Literal["lower", "higher"] | None

PUPIL_MM = "mm are normalised to a pupil distance of 62.85 mm, they are not metric truth"


@dataclass(frozen=True, slots=True)
class Quantity:
    """How people read one metric.

    Parameters
    ----------
    name : str
        Column in a run, e.g. "cd_mm".
    label : str
        What tables and axes say, e.g. "CD".
    unit : str
        Shown after the number: "mm", "rad", "%"; empty for a bare number.
    decimals : int
        Shown after the point.
    better : "lower", "higher" or None
        None where more is neither better nor worse.
    factor : float
        From the run's value to the shown one: 100 for shares that are shown in percent.
    beside : str
        Metric without which this one misleads; empty if it stands alone.
    note : str
        One line that has to be said wherever the number is shown; empty if none.
    """

    name: str
    label: str
    unit: str = ""
    decimals: int = 3
    better: Better = None
    factor: float = 1.0
    beside: str = ""
    note: str = ""

    @property
    def heading(self) -> str:
        """Label with unit, e.g. "CD (mm)"."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    @property
    def sign(self) -> int:
        """-1 where lower is better, 1 where higher is, 0 where neither is."""
        return {"lower": -1, "higher": 1, None: 0}[self.better]

    def show(self, value: float, *, plus: bool = False) -> str:
        """The value as people read it, without unit; "-" for NaN, never "-0.00".

        Examples
        --------
        >>> quantity("cr").show(0.8956)
        '89.6'
        >>> quantity("cd_mm").show(-0.001), quantity("cd_mm").show(0.25, plus=True)
        ('0.00', '+0.25')
        """
        if value != value:
            return "-"
        text = f"{value * self.factor:{'+' if plus else ''}.{self.decimals}f}"
        return text.lstrip("+-") if float(text) == 0 else text


_POOLED = (
    "Pooled numbers are over every point of every scored sample, so dense scans count more, as published; "
    "medians and percentiles are exact to 0.001 mm; samples without a score are not in them"
)

SPREAD = "std_of_"
"""Before the name of a metric: the standard deviation of its values over the samples, not a mean."""

_KNOWN = (
    Quantity("score_mm", "Score", "mm", 2, "lower"),
    Quantity("pooled_median_mm", "Pooled median", "mm", 2, "lower", note=_POOLED),
    Quantity("pooled_mean_mm", "Pooled mean", "mm", 2, "lower", note=_POOLED),
    Quantity("pooled_std_mm", "Pooled std", "mm", 2, "lower", note=_POOLED),
    Quantity("pooled_rmse_mm", "Pooled rmse", "mm", 2, "lower", note=_POOLED),
    Quantity("pooled_p90_mm", "Pooled p90", "mm", 2, "lower", note=_POOLED),
    Quantity("cd_mm", "CD", "mm", 2, "lower", beside="cr", note=PUPIL_MM),
    Quantity("mne_rad", "MNE", "rad", 3, "lower"),
    Quantity("cr", "CR", "%", 1, "higher", 100.0),
    Quantity("cd_ref_to_pred_mm", "CD ref to pred", "mm", 2, "lower", beside="cr", note=PUPIL_MM),
    Quantity("cd_pred_to_ref_mm", "CD pred to ref", "mm", 2, "lower", beside="cr", note=PUPIL_MM),
    Quantity("normal_deg", "Normal angle", "deg", 2, "lower"),
    Quantity("depth_shift_mm", "Depth shift", "mm", 2, note=PUPIL_MM),
    Quantity("overlap_px", "Overlap", "px", 0),
)
_BY_NAME = {known.name: known for known in _KNOWN}
_DECIMALS = {"mm": 2, "deg": 2, "rad": 3, "px": 0, "s": 2}
_LOWER_WORDS = {"mean", "median", "rmse", "p90", "p95", "max", "error", "angle", "normal", "distance"}


def quantity(name: str) -> Quantity:
    """What is known of a metric; for an unknown one, what its name says.

    A unit is read from the end of the name (`_mm`, `_deg`, `_rad`, `_px`, `_s`); a `share_...` is a percentage and
    higher is better; a distance or angle whose name holds a statistic (`mean`, `median`, `rmse`, `p90`, ...) is an
    error, lower is better. Of anything else nothing is claimed.

    Examples
    --------
    >>> quantity("scan_to_mesh_median_mm").heading, quantity("scan_to_mesh_median_mm").better
    ('Scan to mesh median (mm)', 'lower')
    >>> quantity("scan_to_mesh_share_2_5mm").heading
    'Scan to mesh within 2.5 mm (%)'
    >>> quantity("scale").better is None
    True
    """
    if name in _BY_NAME:
        return _BY_NAME[name]
    if name.startswith(SPREAD):
        of = quantity(name.removeprefix(SPREAD))
        return Quantity(name, f"{of.label} std", of.unit, of.decimals, factor=of.factor)
    share = re.fullmatch(r"(?P<what>.*?)_?share_(?P<whole>\d+)(?:[_.](?P<part>\d+))?_?mm", name)
    if share:
        limit = share["whole"] + (f".{share['part']}" if share["part"] else "")
        return Quantity(name, _sentence(f"{share['what']}_within {limit} mm"), "%", 1, "higher", 100.0)
    if "share" in name.split("_"):
        return Quantity(name, _sentence(name), "%", 1, "higher", 100.0)
    stem, _, unit = name.rpartition("_")
    if not stem or unit not in _DECIMALS:
        return Quantity(name, _sentence(name))
    error = unit in {"mm", "deg", "rad"} and not _LOWER_WORDS.isdisjoint(stem.split("_"))
    return Quantity(name, _sentence(stem), unit, _DECIMALS[unit], "lower" if error else None)


def with_companions(names: Iterable[str], present: Iterable[str]) -> list[str]:
    """The metrics asked for, each followed by the one it must not be read without, if the run has it.

    Examples
    --------
    >>> with_companions(["cd_mm", "mne_rad"], present=["cd_mm", "mne_rad", "cr"])
    ['cd_mm', 'cr', 'mne_rad']
    """
    names, present = list(names), set(present)
    full: list[str] = []
    for name in names:
        beside = quantity(name).beside
        wanted = [name] if not beside or beside in names or beside not in present else [name, beside]
        full += [entry for entry in wanted if entry not in full]
    return full


def _sentence(name: str) -> str:
    text = name.replace("_", " ").strip()
    return text[:1].upper() + text[1:]
