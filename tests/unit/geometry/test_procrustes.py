"""Landmark similarity: recovered, never mirrored, refused where it is not defined."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from fsbench.core.errors import AlignmentError
from fsbench.geometry.procrustes import fit_landmarks
from tests.heads import random_similarity

# Corners of the eyes from the image's left, nose, corners of the mouth: roughly a face in mm.
FACE = np.array([[-45.0, 35, -10], [-16, 34, 0], [16, 34, 0], [45, 35, -10], [0, -8, 18], [-25, -38, 2], [25, -38, 2]])
SWAPPED = [3, 2, 1, 0, 4, 6, 5]
ROUNDING = 1e-9


def test_a_known_similarity_is_recovered() -> None:
    true = random_similarity(np.random.default_rng(0))
    fit = fit_landmarks(true.apply(FACE), FACE)
    np.testing.assert_allclose(fit.ref_from_pred.matrix(), true.matrix(), rtol=ROUNDING, atol=ROUNDING)
    assert fit.residual_rms < ROUNDING
    assert not fit.likely_mirrored
    assert fit.message == ""


def test_it_is_the_least_squares_one() -> None:
    rng = np.random.default_rng(4)
    noisy = FACE + rng.normal(scale=3, size=FACE.shape)
    best = fit_landmarks(noisy, FACE)
    for _ in range(50):
        a = best.ref_from_pred
        turn = Rotation.from_rotvec(rng.normal(scale=0.01, size=3)).as_matrix()
        other = a.scale * np.exp(rng.normal(scale=0.01)) * FACE @ (turn @ a.rotation).T + a.translation
        assert np.sqrt(((other - noisy) ** 2).sum(1).mean()) > best.residual_rms


def test_a_given_scale_is_kept() -> None:
    fit = fit_landmarks(3 * FACE, FACE, scale=2.5)
    assert fit.ref_from_pred.scale == 2.5
    # All that is left is half a unit of scale about the mean.
    assert fit.residual_rms == pytest.approx(0.5 * np.sqrt(FACE.var(0).sum()))


def test_weights_leave_out() -> None:
    spoilt = FACE.copy()
    spoilt[4] += 50
    weights = [1, 1, 1, 1, 0, 1, 1]
    assert fit_landmarks(spoilt, FACE, weights=weights).residual_rms < ROUNDING
    assert fit_landmarks(spoilt, FACE).residual_rms > 10


@pytest.mark.parametrize("wrong", [FACE[SWAPPED], FACE * [-1, 1, 1]], ids=["left and right swapped", "mirrored"])
def test_mirrored_landmarks_are_not_fitted_but_said(wrong: np.ndarray) -> None:
    fit = fit_landmarks(FACE, wrong)
    assert np.linalg.det(fit.ref_from_pred.rotation) > 0
    assert fit.likely_mirrored
    assert "swapped" in fit.message
    assert fit.mirrored_rms < 1e-6


def test_flat_landmarks_are_not_called_mirrored() -> None:
    """What is flat fits its mirror image as well as itself."""
    flat = FACE * [1, 1, 0]
    assert not fit_landmarks(flat + [0, 0, 5], flat).likely_mirrored


def test_a_noisy_prediction_is_not_called_mirrored() -> None:
    """Landmarks of bad predictions are off by 5 mm; that is no reason to suspect anything."""
    rng = np.random.default_rng(5)
    for _ in range(100):
        assert not fit_landmarks(FACE, FACE + rng.normal(scale=5, size=FACE.shape)).likely_mirrored


@pytest.mark.parametrize(
    ("reference", "prediction", "said"),
    [
        (FACE[:2], FACE[:2], "at least 3"),
        (FACE, FACE[:5], "correspond"),
        (FACE[:, :2], FACE, "expected"),
        (np.outer([1.0, 2, 5], [1, 1, 0]), FACE[:3], "one line"),
        (FACE[:3], np.outer([1.0, 2, 5], [1, 1, 0]) + 1e6, "one line"),
        (np.ones((7, 3)), FACE, "one place"),
        (np.where(FACE == 18, np.nan, FACE), FACE, "landmark 4 is NaN"),
    ],
)
def test_what_cannot_be_fitted_is_refused(reference: np.ndarray, prediction: np.ndarray, said: str) -> None:
    with pytest.raises(AlignmentError, match=said):
        fit_landmarks(reference, prediction)


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ([3, 2, 1, 0, 4, 5, 6], "1 and 4, 2 and 3"),
        ([3, 1, 2, 0, 4, 5, 6], "1 and 4"),
        ([0, 2, 1, 3, 4, 5, 6], "2 and 3"),
        ([0, 1, 2, 3, 4, 6, 5], "6 and 7"),
        ([4, 0, 1, 2, 3, 5, 6], "5"),
    ],
    ids=["eyes", "outer corners", "inner corners", "mouth", "nose first"],
)
def test_landmarks_in_another_order_are_named(order: list[int], said: str) -> None:
    """Half of a face exchanged is no mirrored face: only trying the exchange shows it."""
    rng = np.random.default_rng(3)
    motion = random_similarity(rng)
    prediction = motion.apply(FACE + rng.normal(scale=1.5, size=FACE.shape))
    fit = fit_landmarks(FACE, prediction[order])
    assert said in fit.exchanged and said in fit.message
    assert fit.exchanged_rms == pytest.approx(fit_landmarks(FACE, prediction).residual_rms)
    with pytest.raises(AlignmentError, match="same order"):
        fit.trusted()


def test_one_exchanged_pair_of_many_is_a_doubt() -> None:
    """Two neighbours among 51: the fit hardly suffers, so it is used, and said."""
    rng = np.random.default_rng(6)
    many = np.vstack([FACE, rng.uniform([-50, -50, -10], [50, 50, 20], (44, 3))])
    many[7], many[8] = [-30, 50, 5], [-21, 50, 5]
    noisy = many + rng.normal(scale=1, size=many.shape)
    noisy[[7, 8]] = noisy[[8, 7]]
    fit = fit_landmarks(many, noisy)
    assert fit.trusted() is fit
    assert len(fit.doubts) == 1 and "8 and 9" in fit.doubts[0]


@pytest.mark.parametrize("n", [7, 51])
@pytest.mark.parametrize("off", [25.0, 60.0])
def test_one_landmark_in_the_wrong_place_is_named(n: int, off: float) -> None:
    """An exchange of rows brings the fit down too, by half of it: a false cause."""
    rng = np.random.default_rng(11)
    many = np.vstack([FACE, rng.uniform([-50, -50, -10], [50, 50, 20], (44, 3))])[:n]
    wrong = many + rng.normal(scale=1, size=many.shape)
    wrong[4] += [0, off, 0]
    fit = fit_landmarks(many, wrong)
    assert fit.trusted() is fit
    assert len(fit.doubts) == 1 and "landmark row 5 is" in fit.doubts[0]
    assert fit.strays is not None and fit.strays.off == pytest.approx([off], abs=6)
    assert fit.strays.rms == pytest.approx(np.sqrt(3), rel=0.5)


def test_two_landmarks_in_wrong_places_are_named_and_three_are_not() -> None:
    rng = np.random.default_rng(12)
    many = np.vstack([FACE, rng.uniform([-50, -50, -10], [50, 50, 20], (44, 3))])
    wrong = many + rng.normal(scale=1, size=many.shape)
    wrong[[4, 30]] += [[0, 60, 0], [30, 0, 30]]
    assert "row 5 is" in fit_landmarks(many, wrong).doubts[0]
    assert "and row 31 is" in fit_landmarks(many, wrong).doubts[0]
    wrong[[1, 2]] += [[0, -60, 0], [0, 50, 0]]
    assert fit_landmarks(many, wrong).strays is None


def test_a_landmark_so_far_off_that_nothing_fits_is_refused_by_name() -> None:
    wrong = FACE.copy()
    wrong[4] += [0, 300, 0]
    with pytest.raises(AlignmentError, match="row 5 is 300 off"):
        fit_landmarks(FACE, wrong).trusted()


def test_points_without_a_common_order_are_refused() -> None:
    rng = np.random.default_rng(7)
    many = rng.normal(scale=30, size=(60, 3))
    with pytest.raises(AlignmentError, match="same order"):
        fit_landmarks(many, rng.permutation(many)).trusted()


def test_a_bad_fit_is_a_doubt() -> None:
    rng = np.random.default_rng(8)
    fit = fit_landmarks(FACE, FACE + rng.normal(scale=8, size=FACE.shape))
    assert fit.message == "" and "of their spread" in fit.doubts[0]


def test_noise_is_no_exchange() -> None:
    rng = np.random.default_rng(9)
    for _ in range(100):
        fit = fit_landmarks(FACE, FACE + rng.normal(scale=3, size=FACE.shape))
        assert fit.trusted().exchanged == ""
        assert fit.strays is None
        assert fit.exchanged_rms == pytest.approx(fit.residual_rms)


def test_the_vertices_of_a_mesh_are_not_all_exchanged() -> None:
    """The mean mesh of a video fits thousands of vertices: their pairs are not tried."""
    many = np.random.default_rng(10).normal(size=(5000, 3))
    fit = fit_landmarks(many, many[::-1])
    assert fit.exchanged == "" and fit.residual_rms > 0.5
