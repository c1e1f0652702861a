"""Intervals against scipy, against what they promise, and at the edges."""

from inspect import signature

import numpy as np
import pytest
from scipy import stats

from fsbench.core.errors import UsageError
from fsbench.stats.bootstrap import sum_clusters
from fsbench.stats.intervals import holm, intervals, p_values, quantiles
from fsbench.stats.resampling import draw_resamples

# Its name before SciPy 1.15.
SEED = "rng" if "rng" in signature(stats.bootstrap).parameters else "random_state"


def of(values, clusters=None, strata=None, n_resamples=10_000, seed=1, **options):
    values = np.asarray(values, float)
    values = values[:, None] if values.ndim == 1 else values
    clusters = np.arange(len(values)) if clusters is None else clusters
    strata = np.zeros(clusters.max() + 1, int) if strata is None else strata
    sums = sum_clusters(values, clusters, strata)
    drawn = sums.resampled_means(draw_resamples(strata, n_resamples, seed))
    return sums, drawn, *intervals(sums, drawn, **options)


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_equals_scipy_where_clusters_are_single_samples(method):
    values = np.random.default_rng(4).gamma(2.0, size=50)
    *_, low, high = of(values, method=method, widen=False, n_resamples=50_000)
    there = stats.bootstrap(
        (values,), np.mean, method=method, n_resamples=50_000, **{SEED: np.random.default_rng(8)}
    ).confidence_interval
    # a 2.5 % quantile of 50,000 has a standard error of 0.012 standard deviations of the resampled mean; five of
    # them for the difference of two
    monte_carlo = 5 * 2**0.5 * 0.012 * values.std() / 50**0.5
    assert abs(low[0] - there.low) < monte_carlo
    assert abs(high[0] - there.high) < monte_carlo


def test_bca_equals_scipy_to_rounding_on_the_same_resamples():
    values = np.random.default_rng(4).gamma(1.0, size=25)
    strata = np.zeros(25, int)
    counts = np.concatenate(list(draw_resamples(strata, 2000, 1).blocks())).astype(int)
    drawn = iter([np.stack([np.repeat(np.arange(25), row) for row in counts])])

    class SameResamples(np.random.Generator):
        def integers(self, *_args, **_options):
            return next(drawn)

    *_, low, high = of(values, method="bca", widen=False, n_resamples=2000)
    there = stats.bootstrap(
        (values,), np.mean, method="bca", n_resamples=2000, **{SEED: SameResamples(np.random.PCG64(0))}
    ).confidence_interval
    # ours are rounded to nine decimals
    assert low[0] == pytest.approx(there.low, abs=1e-9)
    assert high[0] == pytest.approx(there.high, abs=1e-9)


def simulated(n_simulations, n_clusters, size, draw, seed=6):
    """Clustered data with mean 0, a simulation a column, some samples missing."""
    rng = np.random.default_rng(seed)
    effects = draw(rng, (n_clusters, 1, n_simulations))
    values = effects + rng.normal(size=(n_clusters, size, n_simulations))
    values[rng.random(values.shape) < 0.1] = np.nan
    return values.reshape(-1, n_simulations), np.repeat(np.arange(n_clusters), size)


def coverage(method, draw, *, n_simulations=1000, n_clusters=20, widen=True):
    values, clusters = simulated(n_simulations, n_clusters, 10, draw)
    *_, low, high = of(values, clusters, n_resamples=1000, method=method, widen=widen)
    return np.mean((low <= 0) & (high >= 0))


@pytest.mark.parametrize("method", ["percentile", "bca"])
@pytest.mark.parametrize(
    "draw",
    [
        lambda rng, shape: rng.normal(size=shape),
        lambda rng, shape: 0.2 * rng.normal(size=shape),
        lambda rng, shape: rng.gamma(4.0, size=shape) - 4.0,
    ],
    ids=["normal", "weak", "skewed"],
)
def test_intervals_cover_what_they_promise_with_20_clusters(method, draw):
    assert 0.92 <= coverage(method, draw) <= 0.97


def test_the_textbook_interval_does_not_hold_its_promise_with_20_clusters():
    plain = coverage("percentile", lambda rng, shape: rng.normal(size=shape), widen=False)
    wide = coverage("percentile", lambda rng, shape: rng.normal(size=shape))
    assert plain < 0.94 < wide


def test_intervals_that_ignore_clusters_cover_far_too_little():
    values, clusters = simulated(400, 20, 10, lambda rng, shape: rng.normal(size=shape))
    *_, low, high = of(values, np.arange(len(clusters)), n_resamples=500)
    assert np.mean((low <= 0) & (high >= 0)) < 0.7


def test_strata_take_the_difference_between_bins_out_of_the_spread():
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(size=40), 10 + rng.normal(size=40)])
    strata = np.repeat([0, 1], 40)
    *_, low, high = of(values, np.arange(80), strata)
    error = np.sqrt(sum(values[strata == s].var(ddof=1) / 40 for s in (0, 1))) / 2
    # the t interval of a stratified mean, which the widening is made for; the resamples' own noise is below 4 %
    assert (high - low)[0] == pytest.approx(2 * stats.t.isf(0.025, 78) * error, rel=0.04)


def test_too_few_clusters_give_no_interval():
    _, _, low, high = of([1.0, 2.0, 3.0, 4.0])
    assert np.isnan([low, high]).all()
    _, _, low, high = of([1.0, 2.0, 3.0, 4.0, 5.0])
    assert low[0] < 3.0 < high[0]


def test_one_sample_and_no_sample():
    for values in ([2.0], [np.nan], [np.nan] * 20):
        sums, drawn, low, high = of(values)
        assert np.isnan([low, high]).all()
        assert np.isnan(p_values(sums, drawn)).all()


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_equal_values_give_an_interval_of_no_width(method):
    _, _, low, high = of(np.full(30, 0.7), method=method)
    assert low[0] == pytest.approx(0.7, abs=1e-12)
    assert high[0] == pytest.approx(0.7, abs=1e-12)


@pytest.mark.parametrize("level", [0.5, 0.999999])
def test_bca_at_any_level_stays_within_the_resamples(level):
    values = np.r_[np.zeros(19), 100.0]
    _, drawn, low, high = of(values, method="bca", level=level)
    assert drawn.min() <= low[0] <= high[0] <= drawn.max()


def test_bad_level_and_method():
    with pytest.raises(UsageError, match="between 0 and 1"):
        of(np.arange(9.0), level=95)
    with pytest.raises(UsageError, match="percentile and bca"):
        of(np.arange(9.0), method="normal")


@pytest.mark.parametrize("shift", [0.05, 0.2, 0.4])
def test_p_is_one_less_the_level_whose_interval_touches_zero(shift):
    values = np.random.default_rng(2).normal(size=40) + shift
    sums, drawn, _, _ = of(values)
    p = p_values(sums, drawn)[0]
    low, high = intervals(sums, drawn, level=1 - p)
    near = low if abs(low[0]) < abs(high[0]) else high
    # 10,000 resamples leave steps of about a thousandth of their spread around 0
    assert abs(near[0]) < 0.01 * drawn.std()


def test_p_is_near_that_of_the_t_test():
    values = np.random.default_rng(2).normal(size=200) + 0.15
    sums, drawn, _, _ = of(values)
    assert p_values(sums, drawn)[0] == pytest.approx(stats.ttest_1samp(values, 0).pvalue, rel=0.25)


def test_p_goes_on_below_what_resamples_can_count():
    sums, drawn, _, _ = of(np.random.default_rng(2).normal(size=200) + 2)
    assert 0 < p_values(sums, drawn)[0] < 1e-20


def test_p_is_uniform_where_there_is_no_difference():
    values, clusters = simulated(1000, 20, 10, lambda rng, shape: rng.normal(size=shape))
    sums, drawn, _, _ = of(values, clusters, n_resamples=1000)
    p = p_values(sums, drawn)
    # 1,000 simulations: standard error 0.7 % at 5 %, 1.4 % at 30 %
    assert 0.03 < np.mean(p < 0.05) < 0.08
    assert 0.25 < np.mean(p < 0.3) < 0.36


def test_p_of_no_difference_at_all_is_one():
    sums, drawn, _, _ = of(np.zeros(30))
    assert p_values(sums, drawn)[0] == 1


def test_holm_by_hand():
    # Holm's example by hand: 4, 3, 2, 1 times the sorted p, never falling, never above 1
    assert holm(np.array([0.04, 0.01, 0.5, 0.02])).tolist() == pytest.approx([0.08, 0.04, 0.5, 0.06])
    assert holm(np.array([0.9, 0.8])).tolist() == [1, 1]
    assert holm(np.array([])).tolist() == []


def test_holm_leaves_nan_out_of_the_family():
    corrected = holm(np.array([0.01, np.nan, 0.03]))
    assert corrected[[0, 2]].tolist() == pytest.approx([0.02, 0.03])
    assert np.isnan(corrected[1])


def test_quantiles_equal_numpy_and_skip_nan():
    rows = np.sort(np.random.default_rng(0).normal(size=(3, 50)), axis=1)
    rows[1, 40:] = np.nan
    rows[2] = np.nan
    found = quantiles(rows, np.array([0.1, 0.975, 0.5]))
    assert found[0] == pytest.approx(np.quantile(rows[0], 0.1))
    assert found[1] == pytest.approx(np.quantile(rows[1, :40], 0.975))
    assert np.isnan(found[2])
