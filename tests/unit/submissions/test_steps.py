"""The small transforms, on points whose places are known."""

import numpy as np
import pytest

from fsbench.core.errors import MeshError
from fsbench.submissions import steps

POINTS = np.array([[0.0, 1.0, -5.0], [2.0, 4.0, -7.0], [1.0, 3.0, -6.0]])


def test_pixels_of_the_middle_and_of_a_corner() -> None:
    pixels = np.array([[128.0, 128.0, 0.0], [256.0, 0.0, 64.0]])
    np.testing.assert_array_equal(steps.ortho_from_pixels(pixels), [[0, 0, 0], [1, -1, 0.5]])


def test_in_the_wild_the_ortho_frame_ends_at_mean_depth_minus_2() -> None:
    placed = steps.camera_from_ortho(POINTS, None)
    np.testing.assert_array_equal(placed, [[0, 1, -1], [2, 4, -3], [1, 3, -2]])


def test_in_the_lab_the_ortho_frame_ends_in_cv_with_y_extent_3() -> None:
    # The y extent is 3 already, so only the turn and the depth 256 / 128 remain.
    placed = steps.camera_from_ortho(POINTS, 256.0)
    np.testing.assert_allclose(placed, [[0, -1, 1], [2, -4, 3], [1, -3, 2]], rtol=0, atol=1e-15)


@pytest.mark.parametrize("focal_px", [None, 256.0])
def test_a_cv_mesh_stays_where_its_own_camera_saw_it(focal_px: float | None) -> None:
    """All at the mean depth, so projection is exact: pixels before are pixels after."""
    cv = np.array([[0.5, -0.25, 10.0], [-1.0, 2.0, 10.0]])
    seen_px = 700.0 * cv[:, :2] / 10.0
    placed = steps.camera_from_cv(cv, focal_px, 700.0)
    ortho_px, cv_px = 128.0 * placed[:, :2] * [1, -1], 256.0 * placed[:, :2] / placed[:, 2:]
    found_px = ortho_px if focal_px is None else cv_px
    np.testing.assert_allclose(found_px, seen_px, rtol=1e-12)


def test_a_cv_mesh_keeps_its_shape_when_the_camera_changes() -> None:
    cv = np.array([[0.5, -0.25, 9.0], [-1.0, 2.0, 11.0], [0.0, 1.0, 10.5]])
    placed = steps.camera_from_cv(cv, 300.0, 700.0)
    edges, placed_edges = cv - cv[[1, 2, 0]], placed - placed[[1, 2, 0]]
    ratio = np.linalg.norm(placed_edges, axis=1) / np.linalg.norm(edges, axis=1)
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-12)


def test_a_warp_is_undone_pixel_by_pixel() -> None:
    """A crop of half the size, turned by a quarter, around image pixel (100, 60)."""
    image_from_crop = np.array([[0.0, -2.0, 100 + 112 * 2], [2.0, 0.0, 60 - 112 * 2], [0, 0, 1]])
    middle_and_right = np.array([[0.0, 0.0, 0.5], [1.0, 0.0, 0.0]])
    image = steps.unwarp_ortho(middle_and_right, image_from_crop, 112.0, 2.0)
    # Right in the crop is down in the image; 0.5 is 56 crop pixels, 112 image pixels, 0.875 of half the image.
    expected = [[100 / 128 - 1, 1 - 60 / 128, 0.875], [100 / 128 - 1, 1 - (60 + 224) / 128, 0.0]]
    np.testing.assert_allclose(image, expected, rtol=0, atol=1e-15)


def test_a_pinhole_crop_shows_what_the_image_shows() -> None:
    angle, scale = 0.4, 0.7
    linear = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    image_from_crop = np.block([[linear, np.array([[30.0], [-12.0]])], [np.zeros((1, 2)), np.ones((1, 1))]])
    cv = np.array([[0.5, -0.25, 10.0], [-1.0, 2.0, 10.0]])
    crop_px = 900.0 * cv[:, :2] / 10.0 + 112.0
    image_px = crop_px @ linear.T + [30.0, -12.0]
    centred, focal_px = steps.unwarp_pinhole(cv, image_from_crop, 112.0, 900.0)
    np.testing.assert_allclose(focal_px * centred[:, :2] / centred[:, 2:] + 128.0, image_px, rtol=1e-12)
    edge, placed_edge = np.linalg.norm(cv[0] - cv[1]), np.linalg.norm(centred[0] - centred[1])
    assert placed_edge == pytest.approx(edge, rel=1e-12)


@pytest.mark.parametrize(
    ("rotation", "turned"),
    [(steps.rotation_x, [0, -1, 1]), (steps.rotation_y, [1, 1, 0]), (steps.rotation_z, [-1, 0, 1])],
)
def test_rotations_are_right_handed(rotation: object, turned: list[int]) -> None:
    quarter = np.float64(np.pi / 2)
    np.testing.assert_allclose(rotation(quarter) @ [0, 1, 1], turned, rtol=0, atol=1e-15)


def test_trigonometry_keeps_the_precision_of_the_angle() -> None:
    single, double = np.float32(0.3), np.float64(np.float32(0.3))
    assert steps.rotation_x(single)[1, 1] == np.float64(np.cos(single)) != steps.rotation_x(double)[1, 1]


def test_nothing_is_divided_by_an_extent_or_a_depth_of_0() -> None:
    flat = POINTS * [1, 0, 1]
    with pytest.raises(MeshError, match="same y"):
        steps.camera_from_ortho(flat, 300.0)
    around = POINTS + np.array([0, 0, 6])
    with pytest.raises(MeshError, match="mean depth"):
        steps.camera_from_cv(around, None, 300.0)
