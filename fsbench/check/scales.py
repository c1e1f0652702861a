"""Scales: one that is unlike the others of a method is a mistake more often than a large face."""

from collections.abc import Mapping

import numpy as np

from fsbench.protocols.aligned import SCALE_OFF

_MOST = 1 / 3


def standing_apart(mm_per_unit: Mapping[str, float]) -> dict[str, float]:
    """Samples whose scale is more than 20 % off the median, and how many times that it is.

    None where every mesh has a scale of its own.

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
