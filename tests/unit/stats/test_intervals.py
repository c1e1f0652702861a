"""Intervals against scipy, against what they promise, and at the edges."""

from inspect import signature
from itertools import product

import numpy as np
import pytest
from scipy import stats

from fsbench.core.errors import UsageError
from fsbench.stats.bootstrap import sum_clusters
from fsbench.stats.intervals import holm, intervals, p_values, quantiles, shortages
from fsbench.stats.resampling import draw_resamples

NAN = float("nan")
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


def test_bca_stays_within_the_resamples_or_there_is_none():
    values = np.r_[np.zeros(19), 100.0]
    _, drawn, low, high = of(values, method="bca", level=0.5)
    assert drawn.min() <= low[0] <= high[0] <= drawn.max()
    _, _, low, high = of(values, method="bca", level=0.999999)
    assert np.isnan([low, high]).all()


TWO_IN_EACH_OF_FOUR = np.repeat(np.arange(4), 2)


def exact_share_of_the_worst(values, strata):
    """The share, over all resamples that are possible, of those that hold only the lowest value of each stratum."""
    draws = [list(product(values[strata == label], repeat=(strata == label).sum())) for label in np.unique(strata)]
    lowest = [min(value for value in values[strata == label] if value == value) for label in np.unique(strata)]
    found = valid = 0
    for resample in product(*draws):
        scored = [[value for value in drawn if value == value] for drawn in resample]
        valid += any(scored)
        found += any(scored) and all(value == low for drawn, low in zip(scored, lowest, strict=True) for value in drawn)
    return found / valid


@pytest.mark.parametrize(
    ("values", "strata"),
    [
        (np.arange(5.0), np.zeros(5, int)),
        (np.arange(8.0), TWO_IN_EACH_OF_FOUR),
        (np.array([1.0, 2, NAN, 4, 3]), np.array([0, 0, 0, 1, 1])),
        (np.array([1.0, NAN, 2, NAN]), np.array([0, 0, 1, 1])),
    ],
)
def test_the_rarest_resample_is_as_rare_as_listing_all_says(values, strata):
    sums = sum_clusters(values[:, None], np.arange(len(values)), strata)
    assert sums.rarest[0] == pytest.approx(exact_share_of_the_worst(values, strata))


def test_an_interval_moves_with_its_level_or_is_none():
    """Of eight samples, two in each of four bins, every level from 0.9 to 0.999 gave the extremes of the resamples."""
    values = np.random.default_rng(3).normal(size=8) + 2
    levels = (0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999)
    ends = [of(values, strata=TWO_IN_EACH_OF_FOUR, level=level)[2:] for level in levels]
    widths = [(high - low)[0] for low, high in ends]
    assert np.all(np.diff(widths[:3]) > 0)
    assert np.isnan(widths[3:]).all()


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_an_end_that_no_resample_reaches_is_none(method):
    """The outermost of 10,000 resamples was the end of every interval of 20 samples from 99.9 % on."""
    values = np.random.default_rng(3).normal(size=20)
    found = [of(values, level=0.999, method=method, n_resamples=n)[2][0] for n in (10_000, 400_000)]
    assert np.isnan(found[0]) and np.isfinite(found[1])


def test_what_an_interval_lacks_is_said_and_enough():
    values = np.random.default_rng(3).normal(size=20)
    sums, *_ = of(values)
    (said,) = shortages(sums, 0.999, 10_000)
    needed = int(said.removeprefix("a 99.9 % interval takes ").removesuffix(" resamples or more").replace(",", ""))
    for n, is_there in ((needed - 1, False), (needed, True)):
        assert np.isfinite(of(values, level=0.999, n_resamples=n)[2][0]) == is_there
        assert shortages(sums, 0.999, n) == ["" if is_there else said]
    assert shortages(sums, 0.99999, 10_000) == ["too few for a 99.999 % interval"]
    sums, *_ = of(values[:8], strata=TWO_IN_EACH_OF_FOUR)
    assert shortages(sums, 0.95, 10_000) == ["too few for a 95 % interval"]


def test_intervals_of_few_cover_what_they_promise_or_are_none():
    """Two in each of four bins covered 83 % at every level from 90 to 99.9 %; three cover 94 % at 95 %."""
    rng = np.random.default_rng(6)
    for size, level, promised in ((2, 0.8, 0.75), (3, 0.95, 0.92)):
        strata = np.repeat(np.arange(4), size)
        # 1,000 simulations: standard error 1.3 % at 80 %, 0.7 % at 95 %
        _, _, low, high = of(rng.normal(size=(4 * size, 1000)), np.arange(4 * size), strata, level=level)
        assert promised < np.mean((low <= 0) & (high >= 0)) < level + 0.02


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


@pytest.mark.parametrize("strata", [np.zeros(5, int), np.zeros(6, int), TWO_IN_EACH_OF_FOUR])
def test_p_is_never_below_one_less_the_highest_level_that_has_an_interval(strata):
    values = np.arange(len(strata)) + 1000.0
    sums, drawn, _, _ = of(values, strata=strata)
    p = p_values(sums, drawn)[0]
    # 200,000 resamples are enough for all: the clusters are the limit
    levels = (1 - 1.001 * p, 1 - 0.999 * p)
    assert [shortages(sums, level, 200_000)[0][:7] for level in levels] == ["", "too few"]


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
