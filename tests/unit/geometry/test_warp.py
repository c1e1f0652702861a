"""The thin-plate warp: exact at landmarks, affine where they are, refused where it is not defined."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from fsbench.core.errors import AlignmentError
from fsbench.geometry.warp import warp_by_landmarks

RNG = np.random.default_rng(0)
MARKS = RNG.normal(scale=40, size=(12, 3))


def test_landmarks_meet_and_smoothing_lets_them_miss() -> None:
    target = MARKS + RNG.normal(scale=3, size=MARKS.shape)
    np.testing.assert_allclose(warp_by_landmarks(MARKS, MARKS, target), target, atol=1e-9)
    missed = np.abs(warp_by_landmarks(MARKS, MARKS, target, smoothing=1000) - target).max()
    assert 0.01 < missed < 10


def test_an_affine_map_is_reproduced_everywhere() -> None:
    matrix = np.eye(3) + RNG.normal(scale=0.1, size=(3, 3))
    points = RNG.normal(scale=200, size=(50, 3))
    np.testing.assert_allclose(warp_by_landmarks(points, MARKS, MARKS @ matrix + 5), points @ matrix + 5, atol=1e-7)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (MARKS[:4], "5 or more"),
        (MARKS * [1, 1, 0], "one plane"),
        (MARKS * [1, 1, 0] @ Rotation.from_rotvec([0.3, 1, 2]).as_matrix(), "one plane"),
        (MARKS * [1, 1, 0.03], "almost in one plane"),
        (np.ones((12, 3)), "one plane"),
        (MARKS[[0, 0, *range(2, 12)]], "two landmarks are in one place"),
        (np.full((12, 3), np.nan), "NaN"),
    ],
)
def test_what_defines_no_spline_is_refused(source: np.ndarray, said: str) -> None:
    with pytest.raises(AlignmentError, match=said):
        warp_by_landmarks(MARKS, source, source)
