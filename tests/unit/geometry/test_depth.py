import numpy as np
import pytest

from fsbench.core.errors import AlignmentError
from fsbench.protocols.facescape.depth import along_axis, along_rays

REF = np.array([0.0, 100, 110, 120, 0])


def test_along_the_axis_the_median_difference_is_undone() -> None:
    shift = along_axis(REF, np.array([50.0, 90, 103, 90, 0]))
    assert shift.shift_mm == 10 and shift.overlap_px == 3 and shift.scale == 1
    np.testing.assert_allclose(shift.apply(np.array([[1.0, 2, -90]])), [[1, 2, -100]])


def test_along_the_rays_the_projection_stays() -> None:
    shift = along_rays(REF, np.array([0.0, 50, 60, 70, 0]))
    assert shift.shift_mm == 50
    assert shift.scale == pytest.approx(110 / 60)
    moved = shift.apply(np.array([[3.0, 6, 60]]))
    np.testing.assert_allclose(moved[0, :2] / moved[0, 2], [0.05, 0.1])


def test_the_median_minimises_the_sum_of_absolute_differences() -> None:
    rng = np.random.default_rng(0)
    ref, pred = rng.normal(1000, 5, 501), rng.normal(700, 9, 501)
    shift = along_axis(ref, pred).shift_mm
    sums = [np.abs(ref - pred - (shift + step)).sum() for step in (-0.01, 0, 0.01)]
    assert sums[1] <= min(sums)


def test_no_common_pixel_is_refused() -> None:
    with pytest.raises(AlignmentError, match="covers no pixel"):
        along_axis(REF, np.array([5.0, 0, 0, 0, 5]))
    with pytest.raises(AlignmentError, match="no front-facing triangle"):
        along_rays(REF, np.zeros(5))


def test_through_the_camera_is_refused() -> None:
    with pytest.raises(AlignmentError, match="behind the camera"):
        along_rays(REF, np.array([0.0, -20, -20, -20, 0]))
