"""Motion: how an expression moves a face from neutral, and how far a predicted motion is from the captured one."""

from collections.abc import Mapping

import numpy as np

from fsbench.core.mesh import Floats, Mask

FEWEST_ACTIVE = 100
"""Ratios of fewer active vertices say nothing."""

NONE = dict.fromkeys(("motion_mm", "motion_r2", "leak_mm", "amplitude", "true_motion_mm"), float("nan"))


def compare_motion(captured: Floats, predicted: Floats, active_mm: float) -> Mapping[str, float]:
    """Compare motions of corresponding places.

    Parameters
    ----------
    captured, predicted : ndarray, (V, 3)
        Offsets from neutral in mm.
    active_mm : float
        Vertices whose captured motion is larger are active.

    Returns
    -------
    mapping
        `motion_mm`, the mean difference over active vertices; `true_motion_mm`, the mean captured motion there;
        `motion_r2`, 1 - sum |d - g|^2 / sum |g|^2 (0: never moves, below 0: worse than not to move); `amplitude`,
        sum d.g / sum g.g (0.5: half as strong); `leak_mm`, the mean predicted motion elsewhere. NaN where there are no
        such vertices, or for the ratios fewer than 100.

    Examples
    --------
    >>> smile = np.ones((200, 3))
    >>> found = compare_motion(smile, 2 * smile, 0.5)
    >>> found["amplitude"], found["motion_r2"], compare_motion(smile, 0 * smile, 0.5)["motion_r2"]
    (2.0, 0.0, 0.0)
    """
    active = np.linalg.norm(captured, axis=1) > active_mm
    g, d = captured[active], predicted[active]
    enough = int(active.sum()) >= FEWEST_ACTIVE
    total = float((g**2).sum()) if enough else float("nan")
    return {
        "motion_mm": _mean_length(d - g),
        "motion_r2": 1.0 - float(((d - g) ** 2).sum()) / total,
        "leak_mm": _mean_length(predicted[~active]),
        "amplitude": float((d * g).sum()) / total,
        "true_motion_mm": _mean_length(g),
    }


def nearest_motion(captured: Floats, predicted: Floats, among: Mask) -> int:
    """Number of the captured expression whose motion is nearest to a predicted one, by the mean distance.

    Parameters
    ----------
    captured : ndarray, (E, V, 3)
        Offsets of all captured expressions, neutral (which does not move) among them.
    predicted : ndarray, (V, 3)
    among : ndarray of bool, (E,)
        Expressions that were captured.
    """
    away = [_mean_length(one - predicted) if there else np.inf for one, there in zip(captured, among, strict=True)]
    return int(np.argmin(away))


def _mean_length(vectors: Floats) -> float:
    return float(np.linalg.norm(vectors, axis=1).mean()) if len(vectors) else float("nan")
