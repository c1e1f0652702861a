import numpy as np
import pytest

from fsbench.core.errors import ReferenceDataError
from fsbench.geometry.cameras import OrthographicCamera, PinholeCamera


def test_orthographic_rays_start_at_pixel_centres_from_the_top_left() -> None:
    origins, directions = OrthographicCamera(2.0).rays(4)
    np.testing.assert_allclose(origins[[0, 3, -1]], [[-1.5, 1.5, 0], [1.5, 1.5, 0], [1.5, -1.5, 0]])
    np.testing.assert_array_equal(directions, [[0, 0, -1]])


def test_pinhole_rays_pass_pixel_centres() -> None:
    camera = PinholeCamera(100.0, 200.0, 2.0, 3.0)
    origins, directions = camera.rays(4)
    np.testing.assert_array_equal(origins, [[0, 0, 0]])
    np.testing.assert_allclose(directions[0], [(0.5 - 2) / 100, (0.5 - 3) / 200, 1])
    np.testing.assert_allclose(directions[-1], [(3.5 - 2) / 100, (3.5 - 3) / 200, 1])


def test_a_hit_point_projects_back_onto_its_pixel() -> None:
    camera = PinholeCamera(1200.0, 1200.0, 128.0, 128.0)
    point = camera.rays(256)[1][256 * 10 + 200] * 700
    assert point[0] / point[2] * 1200 + 128 == pytest.approx(200.5)
    assert point[1] / point[2] * 1200 + 128 == pytest.approx(10.5)


def test_depth_is_positive_before_the_camera() -> None:
    points = np.array([[0.0, 0, -3], [0, 0, 4]])
    np.testing.assert_array_equal(OrthographicCamera(1.0).depth(points), [3, -4])
    np.testing.assert_array_equal(PinholeCamera(1, 1, 0, 0).depth(points), [-3, 4])


@pytest.mark.parametrize("K", [np.eye(4), np.diag([-1.0, 1, 1]), np.array([[1.0, 0.1, 0], [0, 1, 0], [0, 0, 1]])])
def test_what_is_no_pinhole_is_refused(K: np.ndarray) -> None:
    with pytest.raises(ReferenceDataError, match="camera matrix"):
        PinholeCamera.from_matrix(K)
