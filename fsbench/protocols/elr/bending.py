"""The bending: a sum of one bump a landmark, as near to the landmarks as its size allows."""

import numpy as np

from fsbench.core.errors import AlignmentError
from fsbench.core.mesh import Floats

# Share of the limit by which a bending may exceed it; the authors' solver allows a thousand times more.
_EXCESS = 1e-9
# Limits added in one step; the answer does not depend on their number.
_AT_ONCE = 50
_SINGULAR = 1e-12


def bumps(points: Floats, landmarks: Floats, widest: Floats) -> Floats:
    """One column a landmark, (n, k): 1 there, falling with distance to 0 at `widest` (k,)."""
    away = np.stack([np.linalg.norm(points - mark, axis=1) for mark in landmarks], axis=1)
    heights: Floats = 1.0 - away / widest
    return heights


def widths(points: Floats, landmarks: Floats) -> Floats:
    """Distance of each landmark from the farthest point, (k,)."""
    return np.array([np.linalg.norm(points - mark, axis=1).max() for mark in landmarks])


class Bending:
    """The weights of the bumps that move landmarks to their targets, one coordinate after the other.

    Least squares |at_landmarks w - wanted|^2 where no entry of `elsewhere` w exceeds the largest of `wanted`: without
    that limit, bumps of opposite signs would move far places wildly.

    Parameters
    ----------
    at_landmarks : ndarray, (k, k)
    elsewhere : ndarray, (m, k)

    Raises
    ------
    AlignmentError
        If two landmarks are in one place.
    """

    def __init__(self, at_landmarks: Floats, elsewhere: Floats) -> None:
        from scipy.linalg import solve_triangular

        self._turn, self._triangle = np.linalg.qr(at_landmarks)
        pivots = np.abs(np.diag(self._triangle))
        if not pivots.min() > _SINGULAR * pivots.max():
            raise AlignmentError("two landmarks are in one place: no bending is determined by them")
        self._limited = solve_triangular(self._triangle, elsewhere.T, trans="T").T

    def weights(self, wanted: Floats) -> Floats:
        """Weights (k,) of the bumps for the landmarks' displacements (k,) along one coordinate.

        References
        ----------
        Lawson, Hanson 1974, Solving Least Squares Problems, chapter 23 (least distance programming).
        """
        from scipy.linalg import solve_triangular

        largest = np.abs(wanted).max()
        if largest == 0:
            return np.zeros_like(wanted)
        start: Floats = self._turn.T @ (wanted / largest)
        found: Floats = solve_triangular(self._triangle, start + self._least_change(start)) * largest
        return found

    def _least_change(self, start: Floats) -> Floats:
        """The shortest z with |limited (start + z)| <= 1 everywhere; limits join once they are exceeded."""
        from scipy.optimize import nnls

        rows, z = np.concatenate([-self._limited, self._limited]), np.zeros_like(start)
        least = -1.0 - rows @ start
        joined = np.zeros(len(rows), np.bool_)
        while True:
            short = np.where(joined, 0.0, least - rows @ z)
            worst = np.argsort(-short, kind="stable")[:_AT_ONCE]
            worst = worst[short[worst] > _EXCESS]
            if not len(worst):
                return z
            joined[worst] = True
            system = np.concatenate([rows[joined].T, least[None, joined]])
            goal = np.zeros(len(start) + 1)
            goal[-1] = 1.0
            residual = system @ nnls(system, goal)[0] - goal
            z = -residual[:-1] / residual[-1]
