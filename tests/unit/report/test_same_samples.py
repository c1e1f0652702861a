"""A name like "pose" takes the same samples in `table`, `compare` and `summaries`."""

import pytest

from fsbench.report import comparison
from fsbench.report.tables import build
from fsbench.runs import Record, assemble
from fsbench.stats import compare, summaries


@pytest.fixture(scope="module")
def lab(make_run):
    return [make_run(name, benchmark="fslab", level=level) for name, level in [("PRNet", 2.0), ("DECA", 3.0)]]


@pytest.mark.parametrize("policy", ["legacy", "penalised"])
@pytest.mark.parametrize("by", ["pose", "pose-all", "focal"])
def test_means_and_intervals_are_those_of_the_table(lab, by, policy):
    table = build(lab, by, ["cd_mm"], policy=policy, ci=True)
    found = summaries(lab, by=by, metrics=["cd_mm"], policy=policy).set_index(["bin", "method"])
    ranks = compare(lab, by=by, metrics=["cd_mm"], policy=policy).ranks
    ranks = ranks[ranks["metric"] == "cd_mm"].set_index(["bin", "method"])
    for row in table.rows:
        for bin_, (cell, _) in zip(table.bins, row.cells, strict=True):
            expected = [cell.mean, cell.low, cell.high]
            assert found.loc[(bin_.label, row.label), ["mean", "low", "high"]].tolist() == expected
            assert ranks.loc[(bin_.label, row.label), ["mean", "low", "high"]].tolist() == expected


def test_a_comparison_has_the_table_s_bins_and_says_which_samples_they_take(lab):
    part = comparison.write_text(compare(lab, by="pose", n_resamples=100))
    assert [line.split()[0] for line in part.split("\n\n")[3].splitlines()[1::2]] == ["±5°", "±30°", "±60°", "all"]
    assert "\nby pose: all at a focal length of 1200 px. all: all samples.\n" in part
    assert "focal length" not in comparison.write_text(compare(lab, by="pose-all", n_resamples=100))


def test_two_names_for_one_angle_stay_apart(lab):
    found = compare(lab, by=["pose", "pose-all", "focal"], n_resamples=100)
    assert found.bins == ("pose", "pose_deg", "focal_px")
    printed = comparison.write_text(found)
    for title in ("pose ±30°", "pose-all ±30°", "1200 px"):
        assert f"\n{title} " in printed


def test_done_counts_scored_samples_where_the_metric_has_no_value():
    bins = {"0": {"expression": "neutral"}, "1": {"expression": "smile"}, "2": {"expression": "smile"}}
    records = [
        Record("0", "ok", scores={"rig_mm": 1.0}),
        Record("1", "ok", scores={"rig_mm": 1.0, "motion_mm": 2.0}),
        Record("2", "missing", "no prediction"),
    ]
    manifest = {"benchmark": "rig", "signature": "rig|v1"}
    runs = [assemble(records, bins, ["rig_mm", "motion_mm"], manifest | {"method": name}) for name in "AB"]
    done = compare(runs, metrics=["motion_mm"], n_resamples=100).ranks["done"]
    assert done.tolist() == [build(runs, "overall", ["motion_mm"]).rows[0].done] * 2 == [2 / 3] * 2
