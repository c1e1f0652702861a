"""Umeyama's fit without checks, and with mirroring on request."""

import numpy as np

from fsbench.core.mesh import Floats


def best_similarity(
    ref: Floats, pred: Floats, share: Floats, scale: float | None, mirror: bool = False
) -> tuple[tuple[Floats, float, Floats], float]:
    """Least squares over pairs of points.

    Parameters
    ----------
    ref, pred : ndarray, (n, 3)
    share : ndarray, (n,)
        Weights, which sum to 1.
    scale : float or None
        Units of `ref` for one unit of `pred`; fitted if None.
    mirror : bool
        Whether determinant -1 is allowed.

    Returns
    -------
    (rotation, scale, translation), rms
        Of `pred` onto `ref`, and the weighted residual in units of `ref`.

    References
    ----------
    Umeyama 1991, "Least-squares estimation of transformation parameters between two point patterns", eq. 39-43.
    """
    ref_mean, pred_mean = share @ ref, share @ pred
    a, b = ref - ref_mean, pred - pred_mean
    u, sizes, vt = np.linalg.svd((a * share[:, None]).T @ b)
    signs = np.ones(3)
    if not mirror and np.linalg.det(u) * np.linalg.det(vt) < 0:
        signs[2] = -1.0
    rotation = (u * signs) @ vt
    spread = float(share @ (b**2).sum(1))
    factor = scale if scale is not None else float(sizes @ signs) / max(spread, 1e-300)
    residual = a - factor * (b @ rotation.T)
    rms = float(np.sqrt(share @ (residual**2).sum(1)))
    return (rotation, factor, ref_mean - factor * (rotation @ pred_mean)), rms
