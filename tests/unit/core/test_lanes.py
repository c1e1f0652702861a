"""Eight numbers at once give what they give one by one, to the last bit, compiled or not."""

import numpy as np
import pytest

from fsbench.core.compiled import compiled
from fsbench.core.lanes import LANES, alike, any_of, count_of, eight, greatest, greatest_of, least, put, roots, where

ODD = (0.0, -0.0, 1.0, -1.5, 1e-300, 1e300, np.inf, -np.inf, np.nan)


def _tables() -> list[np.ndarray]:
    rng = np.random.default_rng(5)
    odd = rng.choice(ODD, (40, 2 * LANES + 3))
    return [odd, np.where(rng.random(odd.shape) < 0.5, rng.normal(0, 100, odd.shape), rng.choice(ODD, odd.shape))]


@compiled("void(f8[:,::1], f8[:,::1], f8[:,::1], i8[:,::1])")
def _together(first: np.ndarray, second: np.ndarray, results: np.ndarray, counts: np.ndarray) -> None:
    for k in range(first.shape[0]):
        x, y = eight(first, k, 3), eight(second, k, 2)
        row = 12 * k
        put(x + y, results, row, 1)
        put(x - y, results, row + 1, 1)
        put(x * y, results, row + 2, 1)
        put(x / y, results, row + 3, 1)
        put(-x, results, row + 4, 1)
        put(least(x, y), results, row + 5, 1)
        put(greatest(x, y), results, row + 6, 1)
        put(where((x < y) | (y >= 1.0), x, 2.0), results, row + 7, 1)
        put(where((x > 0.5) & (x <= y), 3.0, y), results, row + 8, 1)
        put(roots(x), results, row + 9, 1)
        put(alike(first[k, 0]), results, row + 10, 1)
        put(2.0 * x - y / 3.0 + 1.0, results, row + 11, 1)
        counts[k, 0], counts[k, 1] = count_of(x < y), any_of(x < y)


@compiled("f8(f8[:,::1], i8)")
def _top(numbers: np.ndarray, k: int) -> float:
    return greatest_of(eight(numbers, k, 1))


def _one_by_one(x: float, y: float, first: float) -> list[float]:
    x, y = np.float64(x), np.float64(y)
    return [
        x + y,
        x - y,
        x * y,
        x / y,
        -x,
        y if y < x else x,
        y if y > x else x,
        x if x < y or y >= 1 else 2.0,
        3.0 if x > 0.5 and x <= y else y,
        np.sqrt(x),
        first,
        2.0 * x - y / 3.0 + 1.0,
    ]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("together", [_together, _together.__wrapped__], ids=["compiled", "plain"])
def test_eight_at_once_are_as_one_by_one(together) -> None:
    for first in _tables():
        second = np.ascontiguousarray(first[::-1])
        results, counts = np.full((12 * len(first), LANES + 2), 7.0), np.zeros((len(first), 2), np.int64)
        together(first, second, results, counts)
        for k in range(len(first)):
            pairs = list(zip(first[k, 3 : 3 + LANES], second[k, 2 : 2 + LANES], strict=True))
            expected = np.transpose([_one_by_one(x, y, first[k, 0]) for x, y in pairs])
            found = results[12 * k : 12 * k + 12, 1:-1]
            np.testing.assert_array_equal(found, expected)
            numbers = ~np.isnan(expected)
            # A zero and its negative are equal.
            assert (np.signbit(found) == np.signbit(expected))[numbers].all()
            n_less = sum(x < y for x, y in pairs)
            assert counts[k].tolist() == [n_less, n_less > 0]
        # Nothing beside the eight is written to.
        assert (results[:, [0, -1]] == 7).all()


@pytest.mark.parametrize("top_of", [_top, _top.__wrapped__], ids=["compiled", "plain"])
def test_the_greatest_of_eight(top_of) -> None:
    numbers = np.random.default_rng(6).normal(0, 1, (50, LANES + 1))
    numbers[0, 1:] = -np.inf
    assert [top_of(numbers, k) for k in range(50)] == numbers[:, 1:].max(1).tolist()
