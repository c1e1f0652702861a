import numpy as np
import pytest

from fsbench.core.errors import UsageError
from fsbench.protocols.known_quantities import known_quantities
from fsbench.stats import compare, policy_orders
from fsbench.stats.verdicts import Evidence, verdict

NAN = float("nan")
SUBJECTS = {"subject": [f"{s:02d}" for s in range(20) for _ in range(5)], "pose_deg": ["0", "0", "0", "60", "60"] * 20}


def clustered(rng, mean):
    return (mean + np.repeat(rng.normal(size=20), 5) + 0.1 * rng.normal(size=100)).tolist()


def test_pairing_shows_what_unpaired_intervals_cannot(make_run):
    rng = np.random.default_rng(0)
    hard = np.array(clustered(rng, 5))
    one = make_run("A", {"cd_mm": hard}, SUBJECTS)
    two = make_run("B", {"cd_mm": hard + 0.1 + 0.05 * rng.normal(size=100)}, SUBJECTS)
    found = compare([one, two], n_resamples=1000)
    row = found.differences.iloc[0]
    assert row["winner"] == "A"
    assert row["verdict"].startswith("A is better: -0.1")
    assert row["verdict"].endswith("20 subjects")
    first, second = found.ranks.to_dict("records")
    assert first["high"] > second["low"]


def test_only_common_samples_are_paired(make_run):
    one, two = make_run("A", {"cd_mm": [1, 2, 3, NAN]}), make_run("B", {"cd_mm": [NAN, 3, 3, 100]})
    row = compare([one, two]).differences.iloc[0]
    assert (row["difference"], row["n_common"]) == (-0.5, 2)
    assert row["improvement"] == 0.75
    assert row["verdict"].startswith("cannot tell: -0.50 mm, 2 samples")


def test_higher_is_better_for_the_complete_rate(make_run):
    rng = np.random.default_rng(1)
    one = make_run("A", {"cr": 0.9 + 0.01 * rng.random(100)}, SUBJECTS)
    two = make_run("B", {"cr": 0.8 + 0.01 * rng.random(100)}, SUBJECTS)
    found = compare([two, one])
    row = found.differences.iloc[0]
    assert row["winner"] == "A"
    assert row["improvement"] == 0
    assert found.ranks.set_index("method")["rank"].to_dict() == {"A": 1, "B": 2}


def test_chamfer_brings_the_complete_rate_along(make_run):
    run = make_run("A", {"cd_mm": [1.0] * 6, "mne_rad": [1.0] * 6, "cr": [1.0] * 6})
    found = compare([run, run], metrics=["cd_mm"])
    assert found.asked == ("cd_mm",)
    assert found.metrics == ("cd_mm", "cr")


def test_scores_that_a_policy_filled_in_are_not_called_identical(make_run):
    first = make_run("A", {"cd_mm": [1.0, 2, 3, np.nan, np.nan, np.nan]})
    second = make_run("B", {"cd_mm": [np.nan, np.nan, np.nan, 4.0, 5, 6]})
    found = compare([first, second], policy="penalised", n_resamples=300)
    assert (found.differences["difference"] == 0).all()
    assert not found.differences["verdict"].str.contains("identical").any()


@pytest.mark.parametrize("pairs", ["first", "neighbours", "all"])
@pytest.mark.parametrize("policy", ["legacy", "common", "penalised"])
def test_a_run_and_itself(make_run, pairs, policy):
    run = make_run("A", {"cd_mm": clustered(np.random.default_rng(0), 5)}, SUBJECTS)
    found = compare([run, run], by=["subject", "pose"], pairs=pairs, policy=policy, n_resamples=300)
    assert (found.differences["difference"] == 0).all()
    assert found.differences["verdict"].str.startswith("identical scores").all()
    assert (found.differences["winner"] == "").all()
    assert (found.ranks["rank"] == 1).all()
    whole = found.ranks[found.ranks["by"] == "all"]
    assert whole[["rank_low", "rank_high", "first"]].to_numpy().tolist() == [[1, 1, 1], [1, 1, 1]]
    assert found.stability["tau"].isna().all()


def test_one_sample_one_subject_and_nothing_are_quiet(make_run):
    bins = {"subject": ["a", "a"]}
    one, two = make_run("A", {"cd_mm": [1.0, NAN]}, bins), make_run("B", {"cd_mm": [2.0, NAN]}, bins)
    nothing = make_run("C", {"cd_mm": [NAN, NAN]}, bins)
    found = compare([one, two, nothing], by="subject", pairs="all")
    verdicts = found.differences[found.differences["by"] == "all"]["verdict"].tolist()
    assert verdicts[0] == "cannot tell: -1.00 mm, 1 subject; an interval takes 5 or more"
    assert verdicts[1] == verdicts[2] == "cannot tell: no sample counts for both"
    ranks = found.ranks[found.ranks["by"] == "all"].set_index("method")["rank"]
    assert ranks[["A", "B"]].tolist() == [1, 2]
    assert np.isnan(ranks["C"])
    assert found.ranks["rank_low"].isna().all()


def test_a_rival_that_is_too_small_to_be_drawn_leaves_nobody_its_place(make_run):
    """B is better on the four samples that it has; A was called first in all resamples."""
    one = make_run("A", {"cd_mm": [3.0, 3.1, 3.2, 3.3, 3.4, 3.5, 3.6, 3.7]})
    two = make_run("B", {"cd_mm": [2.0, 2.1, 2.2, 2.3, NAN, NAN, NAN, NAN]})
    ranks = compare([one, two]).ranks.set_index("method")
    assert ranks["rank"].to_dict() == {"A": 2, "B": 1}
    assert ranks[["first"]].isna().all(axis=None)


def test_fifteen_methods(make_run):
    rng = np.random.default_rng(3)
    runs = [
        make_run(f"M{i:02d}", {"cd_mm": clustered(rng, 5 + i), "depth_shift_mm": clustered(rng, 0)}, SUBJECTS)
        for i in range(15)
    ]
    found = compare(runs, by="pose", pairs="all", n_resamples=300)
    cd = found.differences[(found.differences["metric"] == "cd_mm") & (found.differences["by"] == "all")]
    assert len(cd) == 105
    assert (cd["p_holm"] >= cd["p"]).all()
    shift = found.ranks[found.ranks["metric"] == "depth_shift_mm"]
    assert shift[["rank", "rank_low", "first"]].isna().to_numpy().all()
    stability = found.stability[(found.stability["metric"] == "cd_mm") & (found.stability["by"] == "all")]
    assert stability["tau"].item() > 0.8


def test_holm_is_over_all_rows_of_a_metric(make_run):
    rng = np.random.default_rng(4)
    runs = [make_run(name, {"cd_mm": clustered(rng, 5)}, SUBJECTS) for name in "ABC"]
    rows = compare(runs, by="pose", n_resamples=1000).differences
    assert len(rows) == 6
    smallest = rows.loc[rows["p"].idxmin()]
    assert smallest["p_holm"] == pytest.approx(min(1, 6 * smallest["p"]))


def test_order_of_the_runs_changes_no_resample(make_run):
    rng = np.random.default_rng(5)
    runs = [make_run(name, {"cd_mm": clustered(rng, 5)}, SUBJECTS) for name in "AB"]
    there, back = compare(runs, n_resamples=1000), compare(runs[::-1], n_resamples=1000)
    assert there.seed == back.seed
    one, two = there.differences.iloc[0], back.differences.iloc[0]
    assert one["low"] == pytest.approx(-two["high"], abs=1e-12)


def test_one_run_or_unknown_pairs_are_refused(make_run):
    run = make_run("A", {"cd_mm": [1.0]})
    with pytest.raises(UsageError, match="two runs or more, found 1"):
        compare([run])
    with pytest.raises(UsageError, match="first, neighbours, all"):
        compare([run, run], pairs="some")


def test_verdicts_in_words():
    def said(**changes):
        plain = {"method": "A", "other": "B", "difference": -0.04, "low": -0.14, "high": 0.06, "p_holm": 0.4}
        plain |= {"n_common": 660, "n_clusters": 20, "unit": "subject", "family": 1, "alpha": 0.05, "identical": False}
        return verdict(Evidence(**plain | changes), known_quantities()["cd_mm"])

    assert said() == "no difference shown: -0.04 mm [-0.14, 0.06], 20 subjects"
    assert said(high=-0.01, p_holm=0.01) == "A is better: -0.04 mm [-0.14, -0.01], 20 subjects"
    assert said(high=-0.01, p_holm=0.2, family=14).startswith("no difference shown among 14 comparisons: ")
    assert said(difference=0.0, identical=True) == "identical scores: 660 samples, 20 subjects"
    assert said(low=NAN, high=NAN, n_clusters=1) == "cannot tell: -0.04 mm, 1 subject; an interval takes 5 or more"
    assert said(low=NAN, high=NAN, n_clusters=6).endswith("6 subjects; too few for an interval")
    why = "too few for a 99 % interval"
    assert said(low=NAN, high=NAN, no_interval=why) == f"cannot tell: -0.04 mm, 20 subjects; {why}"
    assert said(n_common=0) == "cannot tell: no sample counts for both"


def test_one_comparison_is_not_corrected():
    """p counts one resample more than the interval, so that it may be at the level while 0 is just outside."""
    edge = {"difference": -0.04, "low": -0.08, "high": -1e-6, "p_holm": 0.0501, "n_common": 20, "n_clusters": 20}
    edge |= {"method": "A", "other": "B", "unit": "sample", "alpha": 0.05, "identical": False}
    cd = known_quantities()["cd_mm"]
    assert verdict(Evidence(**edge, family=1), cd).startswith("A is better: ")
    assert verdict(Evidence(**edge, family=2), cd).startswith("no difference shown among 2 comparisons: ")


@pytest.mark.parametrize("in_each", [2, 3, 10])
def test_verdict_p_and_interval_agree_at_every_level(make_run, in_each):
    """Two in each of four bins had one interval at every level, which left out 0 while p was 0.03."""
    rng = np.random.default_rng(7)
    bins = {"pose_deg": [label for label in "abcd" for _ in range(in_each)]}
    base = rng.normal(size=4 * in_each)
    runs = [make_run("A", {"cd_mm": base + 9}, bins), make_run("B", {"cd_mm": 2 * base + 10.0}, bins)]
    widths = []
    for level in (0.5, 0.8, 0.9, 0.95, 0.99, 0.999):
        row = compare(runs, level=level).differences.iloc[0]
        is_none = np.isnan(row["low"])
        assert is_none == row["verdict"].startswith("cannot tell")
        if not is_none:
            assert (row["winner"] == "A") == (row["p"] < 1 - level) == (row["high"] < 0)
            widths.append(row["high"] - row["low"])
    assert len(widths) == {2: 2, 3: 4, 10: 6}[in_each]
    assert (np.diff(widths) > 0).all()


def test_a_range_of_ranks_that_no_resample_reaches_is_none(make_run):
    bins = {"pose_deg": list("aabbccdd")}
    runs = [make_run(name, {"cd_mm": np.arange(8) + i}, bins) for i, name in enumerate("AB")]
    for level, is_there in ((0.99, True), (0.999, False)):  # (1/2)^8 is 0.4 %
        found = compare(runs, level=level)
        assert found.ranks[["rank_low", "rank_high"]].notna().all(axis=None) == is_there
        assert found.ranks["first"].tolist() == [1, 0]
        assert found.stability["tau_low"].notna().all() == is_there


def test_policy_orders_by_hand(make_run):
    one = make_run("A", {"cd_mm": [1.0, NAN, NAN]})
    two = make_run("B", {"cd_mm": [2.0, 2, 2]})
    three = make_run("C", {"cd_mm": [2.5, 9, 9]})
    orders = policy_orders([one, two, three], "cd_mm")
    assert orders.table["rank_legacy"].tolist() == [1, 2, 3]
    assert orders.table["rank_penalised"].tolist() == [2, 1, 3]
    assert orders.table["n_common"].tolist() == [1, 1, 1]
    assert orders.differ
    assert orders.moved == ["A", "B"]
    assert "A is 1st (legacy), 1st (common), 2nd (penalised)" in orders.sentence()
    assert orders.taus["penalised"] == pytest.approx(1 / 3)


def test_policy_orders_agree_where_nothing_failed(make_run):
    orders = policy_orders([make_run("A", {"cd_mm": [1.0]}), make_run("B", {"cd_mm": [2.0]})], "cd_mm")
    assert not orders.differ
    assert orders.sentence() == ""


@pytest.mark.parametrize("by", ["overall", ["overall"], ["overall", "pose"]])
def test_overall_is_the_whole_that_is_always_there(make_run, by):
    runs = [make_run(name, {"cd_mm": clustered(np.random.default_rng(i), 5)}, SUBJECTS) for i, name in enumerate("AB")]
    rest = [name for name in by if name != "overall"] if isinstance(by, list) else None
    found, plain = (compare(runs, by=asked, n_resamples=200) for asked in (by, rest))
    assert found.differences.equals(plain.differences)
    assert found.bins == plain.bins
