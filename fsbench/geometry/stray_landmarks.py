"""Stray landmarks: one or two that are off, while all others fit."""

from dataclasses import dataclass

import numpy as np

from fsbench.core.mesh import Floats, Ints
from fsbench.geometry.umeyama import best_similarity

# So many rows at most, and at most one of six: of fewer, leaving one out makes any noise fit.
_MOST, _ROWS_EACH = 2, 6


@dataclass(frozen=True, slots=True, eq=False)
class Strays:
    """Rows without which the others fit best.

    Attributes
    ----------
    rows : ndarray of int, (k,)
        Counted from 0, in the order of their weight; k is 0 where there are too few rows to tell.
    off : ndarray, (k,)
        How far each is from its counterpart in the others' fit, in units of the reference.
    rms : float
        Residual of the others, in units of the reference.
    """

    rows: Ints
    off: Floats
    rms: float

    def in_words(self) -> str:
        """What is off by how much, rows counted from 1.

        Examples
        --------
        >>> Strays(np.array([13, 4]), np.array([58.2, 31.0]), 1.25).in_words()
        'landmark row 14 is 58.2 off and row 5 is 31 off, the others fit at 1.25 (rows, from 1)'
        """
        each = [f"row {row + 1} is {off:.3g} off" for row, off in zip(self.rows, self.off, strict=True)]
        return f"landmark {' and '.join(each)}, the others fit at {self.rms:.3g} (rows, from 1)"


def find_strays(reference: Floats, prediction: Floats, enough: float, scale: float | None = None) -> Strays:
    """Leave one row out, then another, until the others fit.

    Parameters
    ----------
    reference, prediction : ndarray, (n, 3)
        Rows that should correspond, all of one weight.
    enough : float
        Residual at which to stop, in units of the reference.
    scale : float, optional
        Of the fit; fitted when not given.
    """
    kept, rms = np.arange(len(reference)), np.inf
    left_out: list[int] = []
    while rms > enough and len(left_out) < min(_MOST, len(reference) // _ROWS_EACH):
        without = np.array([np.delete(kept, one) for one in range(len(kept))])
        residuals = [_fit(reference[rows], prediction[rows], scale)[1] for rows in without]
        best = int(np.argmin(residuals))
        left_out.append(int(kept[best]))
        kept, rms = without[best], residuals[best]
    rows = np.array(left_out, np.int64)
    (rotation, factor, shift), _ = _fit(reference[kept], prediction[kept], scale)
    there = factor * prediction[rows] @ rotation.T + shift
    return Strays(rows, np.linalg.norm(reference[rows] - there, axis=1), rms)


def _fit(reference: Floats, prediction: Floats, scale: float | None) -> tuple[tuple[Floats, float, Floats], float]:
    return best_similarity(reference, prediction, np.full(len(reference), 1 / len(reference)), scale)
