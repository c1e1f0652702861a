import numpy as np
import pytest
from scipy import stats

from fsbench.stats.ranks import first_share, kendall_taus, rank, rank_interval

NAN = float("nan")


def test_ranks_equal_scipy():
    losses = np.random.default_rng(0).integers(0, 5, size=(8, 20)).astype(float)
    assert np.array_equal(rank(losses), stats.rankdata(losses, method="min", axis=0))


def test_means_that_differ_by_rounding_tie():
    assert rank(np.array([0.1 + 0.2, 0.3])).tolist() == [1, 1]


def test_taus_equal_scipy_ties_included():
    rng = np.random.default_rng(1)
    ranks = rank(rng.integers(0, 6, 9).astype(float))
    resampled = rank(rng.integers(0, 6, (9, 50)).astype(float))
    taus = kendall_taus(ranks, resampled)
    there = [stats.kendalltau(ranks, column).statistic for column in resampled.T]
    assert taus == pytest.approx(there, abs=1e-12)


def test_taus_leave_methods_without_rank_out():
    rng = np.random.default_rng(2)
    ranks = np.array([1.0, 2, 3, 4, NAN])
    resampled = rng.permuted(np.tile(np.arange(1.0, 6)[:, None], 30), axis=0)
    resampled[1, 3:9] = NAN
    for tau, column in zip(kendall_taus(ranks, resampled), resampled.T, strict=True):
        both = np.isfinite(ranks) & np.isfinite(column)
        assert tau == pytest.approx(stats.kendalltau(ranks[both], column[both]).statistic, abs=1e-12)


@pytest.mark.parametrize("ranks", [[1.0], [1.0, 1.0], [NAN, 1.0]])
def test_tau_of_nothing_to_order_is_nan(ranks):
    assert np.isnan(kendall_taus(np.array(ranks), np.ones((len(ranks), 3)))).all()


def test_rank_interval_cuts_both_ends_alike():
    ranks = np.array([[*[1.0] * 2, *[2.0] * 96, *[3.0] * 2], [NAN] * 100])
    low, high = rank_interval(ranks, 0.95)
    assert (low[0], high[0]) == (2, 2)
    low, high = rank_interval(ranks, 0.97)
    assert (low[0], high[0]) == (1, 3)
    assert np.isnan([low[1], high[1]]).all()


def test_first_share_is_of_the_resamples_that_rank_the_method():
    assert first_share(np.array([[1.0, 2, NAN, 1], [NAN] * 4]))[0] == pytest.approx(2 / 3)
    assert np.isnan(first_share(np.array([[NAN] * 4]))[0])
