"""The correction against the formulas as they are written down."""

import numpy as np

from fsbench.protocols.elr.correction import corrected

RNG = np.random.default_rng(2)


def _plain(targets: np.ndarray, nearest: np.ndarray, bent: np.ndarray, weights: np.ndarray) -> np.ndarray:
    n, moved = len(bent), targets.copy()
    for axis in range(3):
        order = sorted(range(n), key=lambda i: bent[i, axis])
        r, g = [bent[i, axis] for i in order], [targets[nearest[i], axis] for i in order]
        c = np.zeros(n)
        for k in range(1, n - 1):
            c[k] = -(2 * g[k] - g[k - 1] - g[k + 1] - 2 * r[k] + r[k - 1] + r[k + 1])
        c[0] = -((g[0] - g[1]) - (r[0] - r[1]))
        c[-1] = -((g[-1] - g[-2]) - (r[-1] - r[-2]))
        system = 2 * np.eye(n) - np.eye(n, k=1) - np.eye(n, k=-1) + 2 * np.diag([weights[i] for i in order])
        x = np.linalg.solve(0.5 * system, c)
        for i in range(n):
            moved[nearest[i], axis] = targets[nearest[i], axis] - x[order.index(i)]
    return moved


def test_it_is_the_tridiagonal_system_and_the_last_vertex_wins() -> None:
    targets, bent = RNG.normal(size=(20, 3)), RNG.normal(size=(30, 3))
    nearest, weights = RNG.integers(0, 20, 30), RNG.uniform(1, 7, 30)
    before = targets.copy()
    found = corrected(targets, nearest, bent, weights)
    assert np.abs(found - _plain(targets, nearest, bent, weights)).max() < 1e-12
    assert (targets == before).all()
    unused = np.setdiff1d(np.arange(20), nearest)
    assert (found[unused] == targets[unused]).all()


def test_what_fits_is_left_alone() -> None:
    bent = RNG.normal(size=(10, 3))
    assert np.abs(corrected(bent, np.arange(10), bent, np.ones(10)) - bent).max() == 0
