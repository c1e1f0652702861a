"""The bending against a plain solver that knows nothing of this programme."""

import numpy as np
import pytest
from scipy.optimize import minimize

from fsbench.core.errors import AlignmentError
from fsbench.protocols.elr.bending import Bending, bumps, widths

RNG = np.random.default_rng(11)
# Landmarks near each other, so that what meets them swings out elsewhere.
POINTS = np.concatenate([0.3 * RNG.normal(size=(9, 3)), 2 * RNG.normal(size=(111, 3))])
MARKS = POINTS[:9]
WIDEST = widths(POINTS, MARKS)
HEIGHTS = bumps(POINTS, MARKS, WIDEST)


def test_bumps_are_one_at_their_landmark_and_zero_at_the_farthest_point() -> None:
    assert HEIGHTS[np.arange(9), np.arange(9)].tolist() == [1] * 9
    assert HEIGHTS.min(0) == pytest.approx(np.zeros(9), abs=1e-15)


@pytest.mark.parametrize("size", [1.0, 1e-6, 1e6])
def test_landmarks_are_met_where_the_limit_allows_it(size: float) -> None:
    wanted = size * (HEIGHTS[:9] @ np.full(9, 0.1))
    assert Bending(HEIGHTS[:9], HEIGHTS[:9]).weights(wanted) == pytest.approx(np.full(9, 0.1 * size))


@pytest.mark.parametrize("seed", [10, 22, 35, 36, 44])
def test_the_limit_is_kept_at_the_least_cost(seed: int) -> None:
    wanted = np.random.default_rng(seed).normal(size=9)
    most = np.abs(wanted).max()
    found = Bending(HEIGHTS[:9], HEIGHTS).weights(wanted)

    def cost(weights: np.ndarray) -> float:
        return float(((HEIGHTS[:9] @ weights - wanted) ** 2).sum())

    limits = {"type": "ineq", "fun": lambda w: most - np.concatenate([HEIGHTS @ w, -HEIGHTS @ w])}
    plain = minimize(cost, np.zeros(9), constraints=[limits], method="SLSQP", options={"maxiter": 500, "ftol": 1e-14})
    assert np.abs(HEIGHTS @ np.linalg.solve(HEIGHTS[:9], wanted)).max() > most
    assert np.abs(HEIGHTS @ found).max() <= most * (1 + 1e-8)
    # SLSQP's own accuracy.
    assert cost(found) == pytest.approx(plain.fun, rel=1e-6)


def test_nothing_wanted_is_nothing_bent() -> None:
    assert Bending(HEIGHTS[:9], HEIGHTS).weights(np.zeros(9)).tolist() == [0] * 9


def test_landmarks_in_one_place_are_refused() -> None:
    twice = HEIGHTS[:, [0, 0, *range(2, 9)]]
    with pytest.raises(AlignmentError, match="in one place"):
        Bending(twice[[0, 0, *range(2, 9)]], twice)
