import numpy as np
import pytest

from fsbench.core.errors import UsageError
from fsbench.report.tables import build
from fsbench.stats import compare, gather, policy_in_words
from fsbench.stats.policies import apply_policy

NAN = float("nan")
POSES = {"pose_deg": ["0", "0", "0", "60", "60", "60"]}


@pytest.fixture
def scores(make_run):
    one = make_run("A", {"cd_mm": [1, NAN, NAN, 4, NAN, 6], "cr": [0.9, NAN, NAN, 0.6, NAN, 0.4]}, POSES)
    two = make_run("B", {"cd_mm": [2, 3, NAN, NAN, NAN, 5], "cr": [0.8, 0.7, NAN, NAN, NAN, 0.5]}, POSES)
    return gather([one, two])


def test_legacy_takes_what_was_scored(scores):
    assert np.array_equal(apply_policy(scores, "legacy"), scores.values, equal_nan=True)


def test_common_takes_what_all_scored(scores):
    values = apply_policy(scores, "common")
    assert np.isfinite(values[:, :, 0]).tolist() == [[True, False, False, False, False, True]] * 2


def test_penalised_takes_the_sample_s_worst_then_the_pose_bin_s(scores):
    values = apply_policy(scores, "penalised")
    # sample 1: B's 3; sample 2: all failed, the worst of pose 0 is 3; sample 4: the worst of pose 60 is 6
    assert values[0, :, 0].tolist() == [1, 3, 3, 4, 6, 6]
    assert values[1, :, 0].tolist() == [2, 3, 3, 4, 6, 5]


def test_a_metric_without_a_value_by_its_definition_is_no_failure(make_run):
    """A neutral face has no motion: sample 0 is scored by both and has none; sample 1 fails for both, 2 for one."""
    ok = [1, NAN, NAN, 4, 5, 6]
    one = make_run("A", {"shape_mm": [1, NAN, 3, 4, 5, 6], "motion_mm": [NAN, NAN, 2, 4, 5, 6]}, POSES)
    two = make_run("B", {"shape_mm": ok, "motion_mm": [NAN, NAN, NAN, 1, 1, 1]}, POSES)
    values = apply_policy(gather([one, two]), "penalised")[:, :, 1]
    assert np.isnan(values[:, 0]).all()
    assert values[:, 1:].tolist() == [[2, 2, 4, 5, 6], [2, 2, 1, 1, 1]]


def test_worst_is_lowest_where_higher_is_better(scores):
    values = apply_policy(scores, "penalised")
    assert values[0, :, 1].tolist() == [0.9, 0.7, 0.7, 0.6, 0.4, 0.4]


def test_a_bin_where_nothing_was_scored_takes_the_worst_of_all(make_run):
    run = make_run("A", {"cd_mm": [1, 2, 3, NAN, NAN, NAN]}, POSES)
    assert apply_policy(gather([run]), "penalised")[0, :, 0].tolist() == [1, 2, 3, 3, 3, 3]


def test_without_any_score_there_is_no_worst(make_run):
    run = make_run("A", {"cd_mm": [NAN, NAN]})
    assert np.isnan(apply_policy(gather([run]), "penalised")).all()


def test_metrics_without_a_better_side_have_no_worst(make_run):
    run = make_run("A", {"depth_shift_mm": [1.0, NAN]})
    assert np.isnan(apply_policy(gather([run]), "penalised")[0, 1, 0])


@pytest.mark.parametrize(
    ("bins", "said"),
    [
        ({}, "the worst score of all"),
        ({"subject": ["s", "s"]}, "the worst score of all"),
        ({"subject": ["s", "s"], "challenge": ["selfie", "selfie"]}, "the worst score of its challenge"),
        ({"focal_px": ["1", "1"], "pose_deg": ["0", "0"]}, "the worst score in its pose bin"),
    ],
)
def test_what_a_policy_does_is_said_of_the_bins_there_are(make_run, bins, said):
    run = make_run("A", {"cd_mm": [1, NAN]}, bins)
    assert policy_in_words("penalised", run.bins).endswith(said)
    other = make_run("B", {"cd_mm": [1, 2]}, bins)
    assert compare([run, other], policy="penalised", n_resamples=100).notes[0].endswith(said)
    assert any(f"{said}." in note for note in build([run], "overall", policy="penalised").notes)


def test_unknown_policy(scores):
    with pytest.raises(UsageError, match=r"no failure policy 'mean'; there are legacy, common, penalised"):
        apply_policy(scores, "mean")
