import numpy as np
import pytest

from fsbench.core.errors import UsageError
from fsbench.stats import small_overlaps, summaries
from fsbench.stats.layout import divisions

NAN = float("nan")
POSES = {"pose_deg": ["0"] * 10 + ["60"] * 10}
OPTIONS = {"n_resamples": 500}


def cell(table, **wanted):
    for column, value in wanted.items():
        table = table[table[column] == value]
    assert len(table) == 1
    return table.iloc[0]


def test_numbers_by_hand(make_run):
    cd = [*range(1, 11), *range(11, 19), NAN, NAN]
    run = make_run("A", {"cd_mm": cd, "cr": [0.9 if c == c else NAN for c in cd]}, POSES)
    table = summaries([run], by="pose", **OPTIONS)
    assert len(table) == 3 * 2
    hard = cell(table, metric="cd_mm", bin="60")
    assert (hard["mean"], hard["median"]) == (14.5, 14.5)
    assert (hard["n_scored"], hard["n_total"], hard["n_used"], hard["n_clusters"]) == (8, 10, 8, 8)
    assert hard["done"] == 0.8
    assert hard["low"] < 14.5 < hard["high"]
    whole = cell(table, metric="cd_mm", by="all")
    assert whole["mean"] == pytest.approx(171 / 18)
    assert (whole["n_scored"], whole["n_total"]) == (18, 20)


def test_an_interval_depends_on_nothing_but_its_run(make_run):
    rng = np.random.default_rng(0)
    runs = [make_run(name, {"cd_mm": rng.gamma(4, size=20), "cr": rng.random(20)}, POSES) for name in "ABC"]
    alone = cell(summaries(runs[1:2], metrics=["cd_mm"], **OPTIONS), by="all")
    beside = cell(summaries(runs, by="pose", **OPTIONS), by="all", method="B", metric="cd_mm")
    assert (alone["low"], alone["high"], alone["seed"]) == (beside["low"], beside["high"], beside["seed"])


def test_policies_change_the_mean_not_the_done_rate(make_run):
    one = make_run("A", {"cd_mm": [1.0, 2, 3, NAN]})
    two = make_run("B", {"cd_mm": [NAN, 4, 4, 9]})
    found = {policy: summaries([one, two], policy=policy, **OPTIONS) for policy in ("legacy", "common", "penalised")}
    means = {policy: table["mean"].tolist() for policy, table in found.items()}
    assert means == {"legacy": [2, pytest.approx(17 / 3)], "common": [2.5, 4], "penalised": [3.75, 4.5]}
    for table in found.values():
        assert table["done"].tolist() == [0.75, 0.75]
    assert found["common"]["n_used"].tolist() == [2, 2]
    assert found["penalised"]["n_used"].tolist() == [4, 4]


@pytest.mark.parametrize("method", ["percentile", "bca"])
@pytest.mark.parametrize("policy", ["legacy", "common", "penalised"])
def test_edges_are_quiet_and_sensible(make_run, method, policy):
    bins = {"subject": ["a", "a", "b", "c"], "pose_deg": ["0", "0", "30", "60"]}
    runs = [
        make_run("one sample", {"cd_mm": [1, NAN, NAN, NAN], "cr": [1, NAN, NAN, NAN]}, bins),
        make_run("nothing", {"cd_mm": [NAN] * 4, "cr": [NAN] * 4}, bins),
    ]
    table = summaries(runs, by=["subject", "pose"], policy=policy, method=method, **OPTIONS)
    assert table["low"].isna().all()
    first = cell(table, method="one sample", metric="cd_mm", by="subject", bin="a")
    if policy != "common":
        assert first["mean"] == 1
    assert (table[table["method"] == "nothing"]["done"] == 0).all()


def test_without_intervals(make_run):
    table = summaries([make_run("A", {"cd_mm": np.arange(10.0)})], ci=False)
    assert table[["low", "high"]].isna().all(axis=None)
    assert table["n_resamples"].tolist() == [0]


def test_too_few_resamples(make_run):
    with pytest.raises(UsageError, match="expected 100 to"):
        summaries([make_run("A", {"cd_mm": [1.0]})], n_resamples=1)


def test_unknown_metric(make_run):
    with pytest.raises(UsageError, match=r"no metric 'cr'.*cd_mm"):
        summaries([make_run("A", {"cd_mm": [1.0]})], metrics=["cr"])


def test_small_overlap_is_marked_where_it_is_small(make_run):
    run = make_run("part", {"cd_mm": [1.0] * 20, "cr": [0.9] * 10 + [0.5] * 10}, POSES)
    table = summaries([run], by="pose", metrics=["cd_mm"], **OPTIONS)
    assert table.set_index("bin")["small_overlap"].to_dict() == {"0": False, "60": True, "all": True}
    assert small_overlaps([run]) == {"part": pytest.approx(0.7)}
    assert small_overlaps([make_run("whole", {"cr": [0.75] * 2})]) == {}
    assert small_overlaps([run], threshold=0.65) == {}
    assert small_overlaps([make_run("other", {"scan_to_mesh_mean_mm": [1.0]})]) == {}


def test_row_order_changes_no_interval(make_run):
    cd = np.random.default_rng(0).gamma(4, size=20)
    names = [f"{i:03d}" for i in range(20)]
    turned = np.random.default_rng(1).permutation(20)
    bins = {"pose_deg": [POSES["pose_deg"][i] for i in turned]}
    one = summaries([make_run("A", {"cd_mm": cd}, POSES, names=names)], **OPTIONS)
    two = summaries([make_run("A", {"cd_mm": cd[turned]}, bins, names=[names[i] for i in turned])], **OPTIONS)
    assert one[["low", "high", "seed"]].equals(two[["low", "high", "seed"]])


def test_overall_is_the_whole_alone(make_run):
    run = make_run("A", {"cd_mm": [*range(1, 21)]}, POSES)
    assert summaries([run], by="overall", **OPTIONS).equals(summaries([run], **OPTIONS))


def test_a_short_name_that_two_columns_have_is_that_of_the_first(make_run):
    run = make_run("A", {"cd_mm": [1, 2, 3]}, {"pose_mm": ["a", "a", "b"], "pose_px": ["x", "y", "y"]})
    found = divisions(run.manifest, run.samples[run.bins])
    assert {name: one.column for name, one in found.items() if name != "overall"} == {
        "pose": "pose_mm", "pose_mm": "pose_mm", "pose_px": "pose_px",
    }  # fmt: skip
