"""Landmark order: finds landmarks that must change places so that two sets fit."""

from itertools import permutations

import numpy as np

from fsbench.core.mesh import Floats, Ints

# More points are a mesh's vertices, not landmarks: no person numbered them, and their pairs are too many to try.
MOST_POINTS = 120
# Exchanges continue while one removes this share of the sum of squares. Neighbours on the lips are a few millimetres
# apart: the best exchange between correct landmarks of published methods removes 0.6 %.
_LEAST_GAIN = 0.02
# Up to this many points, all orders are tried (5040 for seven).
_FEW = 7
# With more points, the search continues from this many first exchanges.
_WAYS = 8
# Residual, as a share of the spread, below which the fit is good: published methods leave 0.03 to 0.09.
_HEALTHY = 0.1
_NAMED = 12


def best_order(reference: Floats, prediction: Floats, scale: float | None = None) -> tuple[Ints, float]:
    """Find an order of the prediction's rows that fits the reference far better, if there is one.

    Rows change places two at a time, the best exchange first. If that ends in a bad fit, a few points are tried in all
    orders, and for many points the search starts from several first exchanges: if both eyes are swapped, swapping the
    mouth too comes close to a mirrored face, which is a dead end.

    Parameters
    ----------
    reference, prediction : ndarray, (n, 3)
        3 <= n <= `MOST_POINTS`, all of one weight.
    scale : float, optional
        Of the fit; fitted when not given.

    Returns
    -------
    order : ndarray of int, (n,)
        `prediction[order]` fits; 0 to n - 1 if no exchange helps enough.
    rms : float
        Residual of the best similarity in that order, never mirrored, in units of the reference.
    """
    a, b = reference - reference.mean(0), prediction - prediction.mean(0)
    n = len(a)
    healthy = _HEALTHY**2 * float((a**2).sum())
    order, left = _exchange(a, b, np.arange(n), scale)
    if left > healthy and n <= _FEW:
        orders = np.array(list(permutations(range(n))))
        squares = _squares(a, b, np.einsum("ni,knj->kij", a, b[orders]), scale)
        best = int(squares.argmin())
        order, left = (orders[best], float(squares[best])) if squares[best] < left else (order, left)
    elif left > healthy:
        pairs, squares = _exchanges(a, b, np.arange(n), scale)
        for which in np.argsort(squares)[1 : 1 + _WAYS]:
            found, there = _exchange(a, b, _exchanged(np.arange(n), pairs[which]), scale)
            order, left = (found, there) if there < left else (order, left)
    return order, float(np.sqrt(left / n))


def _exchange(a: Floats, b: Floats, order: Ints, scale: float | None) -> tuple[Ints, float]:
    """Exchange two rows at a time, the best first, while it helps; (the order, the sum of squares left)."""
    left = float(_squares(a, b, (a.T @ b[order])[None], scale)[0])
    for _ in range(len(a)):
        pairs, squares = _exchanges(a, b, order, scale)
        best = int(squares.argmin())
        if squares[best] > (1 - _LEAST_GAIN) * left:
            break
        order, left = _exchanged(order, pairs[best]), float(squares[best])
    return order, left


def _exchanges(a: Floats, b: Floats, order: Ints, scale: float | None) -> tuple[Ints, Floats]:
    """All pairs of rows, (k, 2), and the sum of squares if they changed places, (k,)."""
    first, second = np.triu_indices(len(a), 1)
    now = b[order]
    # Exchanging two rows changes the covariance by a product of two differences.
    change = np.einsum("ki,kj->kij", a[first] - a[second], now[first] - now[second])
    return np.column_stack([first, second]), _squares(a, b, (a.T @ now)[None] - change, scale)


def _exchanged(order: Ints, pair: Ints) -> Ints:
    moved = order.copy()
    moved[pair] = order[pair[::-1]]
    return moved


def in_words(order: Ints) -> str:
    """The rows that change places, counted from 1: "1 and 4, 2 and 3"; their number if they are many; empty if none.

    Examples
    --------
    >>> in_words(np.array([3, 1, 2, 0]))
    '1 and 4'
    >>> in_words(np.array([1, 2, 0, 3]))
    '1, 2 and 3'
    """
    cycles, seen = [], set()
    for start in range(len(order)):
        cycle, row = [], start
        while row not in seen:
            seen.add(row)
            cycle.append(str(row + 1))
            row = int(order[row])
        if len(cycle) > 1:
            cycles.append(f"{', '.join(cycle[:-1])} and {cycle[-1]}")
    moved = int((order != np.arange(len(order))).sum())
    return ", ".join(cycles) if moved <= _NAMED else f"{moved} of {len(order)} rows"


def _squares(a: Floats, b: Floats, covariances: Floats, scale: float | None) -> Floats:
    """Sum of the squared residuals for every covariance, (k,), >= 0; the points are centred."""
    size_a, size_b = float((a**2).sum()), float((b**2).sum())
    sizes = np.linalg.svd(covariances, compute_uv=False)
    mirrored = np.linalg.det(covariances) < 0
    trace = sizes[:, 0] + sizes[:, 1] + np.where(mirrored, -1, 1) * sizes[:, 2]
    left = size_a - trace**2 / size_b if scale is None else size_a - 2 * scale * trace + scale**2 * size_b
    found: Floats = np.maximum(left, 0.0)
    return found
