"""Head rotation and landmark NME against turns and shifts that are known."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from fsbench.core.errors import AlignmentError, MetricError
from fsbench.metrics.head_pose import head_rotation, landmark_nme

POINTS = np.random.default_rng(0).normal(scale=[40, 50, 25], size=(68, 3)) + [5, -3, -900]
PIXELS = np.random.default_rng(1).uniform(40, 200, size=(68, 2))


@pytest.mark.parametrize("degrees", [0.0, 1e-4, 10.0, 90.0, 179.0])
@pytest.mark.parametrize("axis", [(0, 1, 0), (1, 0, 0), (1, -2, 3)])
def test_a_known_turn_is_the_angle_wherever_and_however_large_the_head_is(degrees: float, axis) -> None:
    turn = Rotation.from_rotvec(np.radians(degrees) * np.array(axis) / np.linalg.norm(axis))
    found = head_rotation(POINTS, 0.01 * turn.apply(POINTS) + [300, 20, 7]).ref_from_pred.angle_deg()
    # An eigenvector of a 3 x 3 matrix of doubles, in degrees.
    assert found == pytest.approx(degrees, abs=1e-9)


def test_a_mirrored_head_has_no_rotation() -> None:
    with pytest.raises(AlignmentError, match="mirrored"):
        head_rotation(POINTS, POINTS * [-1, 1, 1])


def test_landmarks_that_do_not_correspond_are_refused() -> None:
    with pytest.raises(AlignmentError, match="68 landmarks on the reference, 67 on the prediction"):
        head_rotation(POINTS, POINTS[:67])
    with pytest.raises(AlignmentError, match="in the same order"):
        head_rotation(POINTS, np.random.default_rng(2).permutation(POINTS))


@pytest.mark.parametrize(("shift", "px"), [((3, 4), 5.0), ((-7, 0), 7.0), ((0, 0), 0.0)])
def test_a_shift_is_its_length_over_the_size_of_the_box(shift: tuple[int, int], px: float) -> None:
    width, height = np.ptp(PIXELS, axis=0)
    assert landmark_nme(PIXELS, PIXELS + shift) == pytest.approx(px / np.sqrt(width * height), rel=1e-12)


def test_the_size_of_the_image_does_not_matter() -> None:
    moved = PIXELS + np.random.default_rng(3).normal(size=PIXELS.shape)
    assert landmark_nme(4 * PIXELS, 4 * moved) == pytest.approx(landmark_nme(PIXELS, moved), rel=1e-12)


@pytest.mark.parametrize(
    ("reference", "prediction", "said"),
    [
        (PIXELS, PIXELS[:5], "expected"),
        (POINTS, POINTS, "expected"),
        (PIXELS, np.where(PIXELS.max() == PIXELS, np.nan, PIXELS), "NaN or infinite"),
        (PIXELS * [1, 0], PIXELS, "no area"),
        (np.zeros((0, 2)), np.zeros((0, 2)), "expected"),
    ],
)
def test_what_is_no_landmarks_in_an_image_is_refused(reference, prediction, said: str) -> None:
    with pytest.raises(MetricError, match=said):
        landmark_nme(reference, prediction)
