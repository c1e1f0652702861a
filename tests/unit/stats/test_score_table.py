import hashlib
import struct

import numpy as np
import pytest

from fsbench.core.errors import UsageError
from fsbench.stats import gather

NAN = float("nan")


def test_subjects_are_the_clusters_where_the_runs_know_them(make_run):
    bins = {"subject": ["b", "a", "b", "a"], "pose_deg": ["0", "0", "30", "30"]}
    scores = gather([make_run("A", {"cd_mm": [1, 2, 3, 4]}, bins)])
    assert scores.unit == "subject"
    assert scores.clusters.tolist() == [1, 0, 1, 0]
    assert scores.strata.tolist() == [0, 0]


def test_samples_are_resampled_within_their_pose_bin_elsewhere(make_run):
    scores = gather([make_run("A", {"cd_mm": [1, 2, 3, 4]}, {"pose_deg": ["0", "0", "30", "30"]})])
    assert scores.unit == "sample"
    assert sorted(scores.clusters.tolist()) == [0, 1, 2, 3]
    assert scores.strata[scores.clusters].tolist() == [0, 0, 1, 1]


def test_without_any_bin_all_samples_are_one_stratum(make_run):
    scores = gather([make_run("A", {"cd_mm": [1, 2, 3]})])
    assert scores.strata.tolist() == [0, 0, 0]


def test_what_is_no_number_or_not_ok_has_no_score(make_run):
    run = make_run("A", {"cd_mm": [1, float("inf"), NAN, 4]})
    assert np.isfinite(gather([run]).values[0, :, 0]).tolist() == [True, False, False, True]


def test_a_run_with_fewer_rows_keeps_the_denominator_and_says_so(make_run):
    long, short = make_run("A", {"cd_mm": [1, 2, 3]}), make_run("B", {"cd_mm": [1, 2]})
    scores = gather([short, long])
    assert scores.values.shape == (2, 3, 1)
    assert np.isnan(scores.values[0, 2, 0])
    assert scores.notes == ("B has no row for 1 of the 3 samples of the others; they count as failed",)


def test_equal_labels_are_numbered(make_run):
    run = make_run("A", {"cd_mm": [1, 2]})
    assert gather([run, run, run]).methods == ("A", "A (2)", "A (3)")


def test_the_seed_is_the_content_s_not_the_label_s_or_the_order_s(make_run):
    names = ["x", "y", "z"]
    run = make_run("A", {"cd_mm": [1, 2, 3], "cr": [1, 1, NAN]}, names=names)
    renamed = make_run("B", {"cd_mm": [1, 2, 3], "cr": [1, 1, NAN]}, names=names)
    shuffled = make_run("A", {"cd_mm": [3, 1, 2], "cr": [NAN, 1, 1]}, names=["z", "x", "y"])
    other = make_run("A", {"cd_mm": [1, 2, 3.001], "cr": [1, 1, NAN]}, names=names)
    seed = gather([run]).seeds[0]
    assert gather([renamed]).seeds[0] == seed
    assert gather([shuffled]).seeds[0] == seed
    assert gather([other]).seeds[0] != seed
    assert gather([run, other]).seed == gather([other, run]).seed


def test_the_seed_forgets_what_lies_below_nine_decimals(make_run):
    one, two = make_run("A", {"cd_mm": [0.1 + 0.2]}), make_run("A", {"cd_mm": [0.3]})
    assert 0.1 + 0.2 != 0.3
    assert gather([one]).seeds == gather([two]).seeds


def test_the_seed_is_the_same_on_every_machine(make_run):
    # packed by hand: names, then nine decimals as little-endian integers, NaN as -9e18
    content = b"bench\n000\n001\n002\ncd_mm\n" + struct.pack("<3q", 1_500_000_000, -9 * 10**18, 2_250_000_000)
    seed = int.from_bytes(hashlib.blake2b(content, digest_size=4).digest(), "little")
    assert gather([make_run("A", {"cd_mm": [1.5, NAN, 2.25]})]).seeds == (seed,)


def test_bins_are_found_by_name_with_or_without_unit(make_run):
    scores = gather([make_run("A", {"cd_mm": [1, 2]}, {"pose_deg": ["0", "30"], "focal_px": ["1200", "300"]})])
    assert scores.bin_columns(["pose", "focal_px"]) == ["pose_deg", "focal_px"]
    assert [(by, label) for by, label, _ in scores.cells("pose")] == [
        ("pose_deg", "0"),
        ("pose_deg", "30"),
        ("all", "all"),
    ]
    with pytest.raises(UsageError, match=r"no bin 'view'.*pose_deg, focal, focal_px"):
        scores.bin_columns("view")


def test_where_keeps_the_chosen_samples(make_run):
    bins = {"subject": ["a", "a", "b"], "focal_px": ["1200", "300", "300"]}
    chosen = gather([make_run("A", {"cd_mm": [1, 2, 3]}, bins)]).where({"focal": "1200"})
    assert chosen.values[0, :, 0].tolist() == [1]
    assert len(chosen.strata) == 1
    with pytest.raises(UsageError, match="no sample with focal_px '600'"):
        chosen.where({"focal_px": "600"})


def test_runs_measured_differently_are_refused_with_what_differs(make_run):
    one, two = make_run("A", {"cd_mm": [1]}), make_run("B", {"cd_mm": [1]}, signature="bench|v2")
    with pytest.raises(UsageError, match=r"(?s)A and B .*They differ in\n  version: v1 / v2\n"):
        gather([one, two])


def test_runs_of_two_benchmarks_are_refused(make_run):
    one, two = make_run("A", {"cd_mm": [1]}), make_run("B", {"cd_mm": [1]}, benchmark="other")
    with pytest.raises(UsageError, match="A is a run of bench and B one of other"):
        gather([one, two])


def test_runs_that_disagree_about_bins_are_refused(make_run):
    one = make_run("A", {"cd_mm": [1, 2]}, {"pose_deg": ["0", "30"]})
    two = make_run("B", {"cd_mm": [1, 2]}, {"pose_deg": ["0", "60"]})
    with pytest.raises(UsageError, match="sample 001 into different bins"):
        gather([one, two])


def test_no_run_and_no_sample_are_refused(make_run):
    with pytest.raises(UsageError, match="no run"):
        gather([])
    with pytest.raises(UsageError, match="without a single sample"):
        gather([make_run("A", {"cd_mm": []})])


def test_where_knows_no_bin_called_overall(make_run):
    with pytest.raises(UsageError, match="no bin 'overall'"):
        gather([make_run("A", {"cd_mm": [1, 2]}, {"focal_px": ["1", "2"]})]).where({"overall": "all"})
