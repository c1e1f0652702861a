"""The topology correction: neighbours along a coordinate keep the prediction's spacing."""

import numpy as np

from fsbench.core.mesh import Floats, Ints


def corrected(targets: Floats, nearest: Ints, bent: Floats, weights: Floats) -> Floats:
    """Move the reference's vertices that correspond to the prediction's.

    Coordinate by coordinate the vertices are put in order, and second differences of the targets pulled to those of the
    bent prediction, against `weights`. If several vertices share a target, the last one moves it, for all of them.

    Parameters
    ----------
    targets : ndarray, (M, 3)
        The reference's vertices.
    nearest : ndarray of int, (N,)
        Which of them each vertex of the prediction goes to.
    bent : ndarray, (N, 3)
        The prediction's vertices, bent.
    weights : ndarray, (N,)

    Returns
    -------
    ndarray, (M, 3)
        The moved reference.

    References
    ----------
    Sariyanidi et al. 2025, "3D Face Reconstruction Error Decomposed", arXiv:2505.18025, and its public code.
    """
    moved = targets.copy()
    for axis in range(3):
        order = np.argsort(bent[:, axis], kind="stable")
        change = np.empty(len(order))
        change[order] = _changes(bent[order, axis], targets[nearest[order], axis], weights[order])
        moved[nearest, axis] = targets[nearest, axis] - change
    return moved


def _changes(bent: Floats, targets: Floats, weights: Floats) -> Floats:
    """Solve 0.5 (T + 2 diag(weights)) x = c along one coordinate; T is 2 on the diagonal and -1 beside it."""
    from scipy.linalg import solveh_banded

    steps = np.diff(targets - bent)
    # c_k = -(2 e_k - e_(k-1) - e_(k+1)) of the differences e, with one neighbour at the ends.
    right = np.append(steps, 0.0) - np.insert(steps, 0, 0.0)
    bands = np.full((2, len(bent)), -0.5)
    bands[1] = 1.0 + weights
    changes: Floats = solveh_banded(bands, right)
    return changes
