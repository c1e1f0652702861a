"""The fast bootstrap against a plain loop over the same resamples."""

import numpy as np
import pytest

from fsbench.stats.bootstrap import sum_clusters
from fsbench.stats.resampling import Resamples, draw_resamples

# both sides add at most a few hundred numbers near 1
ROUNDING = 1e-12


def plain_means(values, clusters, counts):
    """One mean a resample: write every drawn cluster's samples down, as often as it was drawn, and average."""
    means = []
    for row in counts:
        drawn = [
            values[s]
            for cluster, times in enumerate(row)
            for _ in range(int(times))
            for s in range(len(values))
            if clusters[s] == cluster and not np.isnan(values[s])
        ]
        means.append(sum(drawn) / len(drawn) if drawn else float("nan"))
    return np.array(means)


@pytest.mark.parametrize("strata", [[0] * 6, [0, 0, 1, 1, 1, 1]])
def test_equals_the_plain_loop(strata):
    rng = np.random.default_rng(3)
    clusters = rng.integers(0, 6, 30)
    values = rng.normal(size=(30, 2))
    values[rng.random((30, 2)) < 0.2] = np.nan
    sums = sum_clusters(values, clusters, np.array(strata))
    resamples = draw_resamples(np.array(strata), 200, seed=5)
    # few strata of few clusters have no interval; the means are wanted here all the same
    counts = np.concatenate(list(resamples.blocks()))
    fast = (counts @ sums.totals) / (counts @ sums.counts)
    for k in range(2):
        assert np.allclose(plain_means(values[:, k], clusters, counts), fast[:, k], rtol=0, atol=ROUNDING)
    if np.isfinite(sums.freedom).all():
        assert np.allclose(sums.resampled_means(resamples).T, fast, rtol=0, atol=ROUNDING)


def test_resamples_draw_each_stratum_whole():
    strata = np.array([0, 0, 0, 1, 1, 2])
    counts = np.concatenate(list(draw_resamples(strata, 500, seed=1).blocks()))
    assert (counts[:, :3].sum(axis=1) == 3).all()
    assert (counts[:, 3:5].sum(axis=1) == 2).all()
    assert (counts[:, 5] == 1).all()


def test_every_cluster_is_drawn_equally_often():
    counts = np.concatenate(list(draw_resamples(np.zeros(10, int), 20_000, seed=2).blocks()))
    # the mean of 20,000 draws of binomial(10, 1/10) has standard error 0.0067; six of them
    assert np.abs(counts.mean(axis=0) - 1).max() < 0.04
    # and the counts are multinomial: variance n p (1 - p) = 0.9
    assert np.abs(counts.var(axis=0) - 0.9).max() < 0.06


def test_same_seed_same_resamples():
    one, two = (next(draw_resamples(np.zeros(7, int), 100, seed=9).blocks()) for _ in range(2))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, next(draw_resamples(np.zeros(7, int), 100, seed=10).blocks()))


def test_many_clusters_come_in_blocks_that_make_up_the_whole():
    strata = np.zeros(100_000, int)
    blocks = [len(block) for block in draw_resamples(strata, 130, seed=1).blocks()]
    assert sum(blocks) == 130
    assert len(blocks) > 1


def test_a_resample_without_a_value_is_nan_and_silent():
    values = np.full((6, 1), np.nan)
    values[:5] = 1.0
    sums = sum_clusters(values, np.arange(6), np.zeros(6, int))
    only_the_last = Resamples(np.zeros(6, int), 2, 0, np.array([[0, 0, 0, 0, 0, 6.0], [1, 1, 1, 1, 1, 1]]))
    means = sums.resampled_means(only_the_last)
    assert np.isnan(means[0, 0])
    assert means[0, 1] == 1.0


def test_leaving_one_cluster_out():
    values = np.array([[1.0], [3.0], [8.0], [np.nan]])
    sums = sum_clusters(values, np.array([0, 0, 1, 2]), np.zeros(3, int))
    left_out = sums.left_out_means()[:, 0]
    assert left_out[:2].tolist() == [8.0, 2.0]
    assert np.isnan(left_out[2])


@pytest.mark.parametrize("at_once", [1, 100, 10**9])
def test_the_draws_are_the_same_in_pieces_of_any_size(at_once, monkeypatch):
    for strata in (np.zeros(30, int), np.arange(30) % 4, np.sort(np.arange(30) % 4)):
        expected = next(draw_resamples(strata, 70, seed=3).blocks())
        with monkeypatch.context() as patch:
            patch.setattr("fsbench.stats.resampling._DRAWN_AT_ONCE", at_once)
            assert np.array_equal(next(draw_resamples(strata, 70, seed=3).blocks()), expected)
