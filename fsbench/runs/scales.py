"""Scales: if one differs from the others of a method, it is more often a mistake than a large face."""

from collections.abc import Mapping

import numpy as np

from fsbench.protocols.doubts import SCALE_OFF

_MOST = 1 / 3
_MARK = " times the median of the others' scales"


def standing_apart(mm_per_unit: Mapping[str, float]) -> dict[str, float]:
    """Samples whose scale is more than 20 % off the median, with their multiple of it.

    Empty if every mesh has a scale of its own.

    Examples
    --------
    >>> standing_apart({"anna": 1.0, "berta": 1.0, "clara": 25.4, "doris": 0.95})
    {'clara': 25.4}
    >>> standing_apart({"anna": 1.0, "berta": 2.0})
    {}
    """
    scales = np.array(list(mm_per_unit.values()))
    times = scales / np.median(scales) if len(scales) else scales
    apart = np.abs(np.log(times)) > np.log1p(SCALE_OFF)
    if apart.sum() > _MOST * len(scales):
        return {}
    return {name: float(times[i]) for i, name in enumerate(mm_per_unit) if apart[i]}


def with_scales(doubts: Mapping[str, str], mm_per_unit: Mapping[str, float]) -> dict[str, str]:
    """The doubts about each sample, with those about its scale, in the order of the scales.

    Earlier doubts about scales are replaced, as a part of a run has another median than the whole.

    Examples
    --------
    >>> scales = {"anna": 1.0, "berta": 1.0, "clara": 25.4, "doris": 0.95}
    >>> with_scales({"anna": "far apart"}, scales)
    {'anna': 'far apart', 'clara': "mm_per_unit is 25.40 times the median of the others' scales: in another unit?"}
    >>> with_scales(with_scales({}, scales), {"clara": 25.4})
    {}
    """
    said = {
        name: [text for text in doubts.get(name, "").split("; ") if text and _MARK not in text] for name in mm_per_unit
    }
    for name, times in standing_apart(mm_per_unit).items():
        said[name].append(f"mm_per_unit is {times:.2f}{_MARK}: in another unit?")
    return {name: "; ".join(texts) for name, texts in said.items() if texts}
