import numpy as np
import pytest

from fsbench.core.errors import MetricError
from fsbench.metrics.normals import mean_normal_angle_deg, mean_normal_error_rad

AXES = np.eye(3)


def test_equal_normals_differ_by_nothing() -> None:
    assert mean_normal_error_rad(AXES, AXES) == pytest.approx(0, abs=1e-7)
    assert mean_normal_angle_deg(AXES, AXES) == pytest.approx(0, abs=1e-5)


def test_opposite_normals_are_180_degrees_and_54_7_in_the_published_measure() -> None:
    assert mean_normal_angle_deg(AXES, -AXES) == pytest.approx(180)
    assert np.degrees(mean_normal_error_rad(AXES, -AXES)) == pytest.approx(54.7356, abs=1e-4)


def test_the_mean_is_over_pairs() -> None:
    assert mean_normal_angle_deg(AXES[:2], np.array([[1.0, 0, 0], [0, 0, 1]])) == pytest.approx(45)


@pytest.mark.parametrize("measure", [mean_normal_error_rad, mean_normal_angle_deg])
def test_no_pair_is_refused(measure) -> None:
    with pytest.raises(MetricError, match="no overlap"):
        measure(np.empty((0, 3)), np.empty((0, 3)))


@pytest.mark.parametrize("measure", [mean_normal_error_rad, mean_normal_angle_deg])
@pytest.mark.parametrize("shape", [(2, 3), (4, 3), (3, 2), (3, 4), (9,)])
def test_pairs_of_other_shapes_are_refused(measure, shape: tuple[int, ...]) -> None:
    """A compiled loop reads three numbers of each, whatever there are."""
    with pytest.raises(MetricError, match="shapes"):
        measure(AXES, np.ones(shape))


def test_single_precision_and_lists_are_taken() -> None:
    assert mean_normal_angle_deg(AXES.astype(np.float32), (-AXES).tolist()) == pytest.approx(180)
