"""What published numbers rest on and no fixture happens to show: the odd steps, written out one number at a time."""

import math

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from fsbench.submissions import perspective, steps, weak_perspective

# A dozen float64 operations on numbers below 1e4.
RTOL = 1e-12

POINTS = np.array([[0.1, 0.2, 0.5], [-0.3, 0.4, 0.1], [0.4, -0.5, 0.2]])


@pytest.mark.parametrize(
    "crop",
    [
        (256, 256, 0.75, 100.5, 160.25),  # both offsets negative, 224 / s between two whole numbers
        (256, 250, 448 / 453, 131.0, 120.0),  # 224 / s = 226.5: to the even 226
        (256, 250, 448 / 455, 131.0, 120.0),  # 224 / s = 227.5: to the even 228
    ],
)
def test_deep3dfacerec_cuts_offsets_towards_zero_and_rounds_halves_to_even(crop: tuple[float, ...]) -> None:
    w0, h0, s, t0, t1 = crop
    left = int(int(w0 * s) / 2 - 112 + (t0 - w0 / 2) * s)
    up = int(int(h0 * s) / 2 - 112 + (h0 / 2 - t1) * s)
    magnification = 1015 / 112 / abs(POINTS[:, 2].mean() - 10)
    expected = []
    for x, y, z in POINTS * magnification:
        x_px, y_px = ((x + 1) * 112 + left) / s, ((y + 1) * 112 - up) / s
        y_px = 255 - (round(224 / s) - 1 - y_px)
        expected.append([x_px / 128 - 1, y_px / 128 - 1, z * 112 / s / 128])
    placed = weak_perspective.deep3dfacerec(POINTS, None, crop=crop)
    np.testing.assert_allclose(placed, steps.at_mean_z(np.array(expected), -2), rtol=RTOL)


def test_mgcnet_takes_its_scale_from_a_column_and_114_for_the_centre() -> None:
    warp = np.array([[1.2, 0.1, 7.0], [-0.3, 0.9, -4.0], [0, 0, 1]])
    offsets = np.array([3.0, -2.0, 5000.0])
    posed = POINTS * 100 + offsets
    m = posed[:, 2].mean()
    o = 114 * m / 4700
    q = math.sqrt(1.2**2 + 0.3**2)
    expected = []
    for x, y, z in posed:
        u = (1.2 * (x + o) + 0.1 * (y + o) + 7 * m / 4700 - o) / q
        v = (-0.3 * (x + o) + 0.9 * (y + o) - 4 * m / 4700 - o) / q
        expected.append([u - 16 * m / q / 4700, v - 16 * m / q / 4700, z - m * (1 - 1 / q)])
    placed = perspective.mgcnet(POINTS * 100, 600.0, warp=warp, cam=(4700.0, np.zeros(3), offsets))
    np.testing.assert_allclose(placed, steps.camera_from_cv(np.array(expected), 600.0, 4700.0), rtol=RTOL)


def test_mgcnet_turns_about_z_first() -> None:
    angles = np.array([0.3, -0.2, 3.0])
    turned = Rotation.from_euler("zyx", angles).apply(POINTS * 100)
    camera = (4700.0, angles, np.array([0, 0, 5000.0]))
    straight = (4700.0, np.zeros(3), np.array([0, 0, 5000.0]))
    placed = perspective.mgcnet(POINTS * 100, None, warp=np.eye(3), cam=camera)
    expected = perspective.mgcnet(turned, None, warp=np.eye(3), cam=straight)
    np.testing.assert_allclose(placed, expected, rtol=RTOL)


def test_udl_poses_by_pitch_yaw_and_roll() -> None:
    pose = np.array([0.3, -0.2, 0.1, 4.0, -3.0, -0.5])
    crop = np.array([20.0, 230.0, 10.0, 200.0, 5.0, 6.0])
    rotation = Rotation.from_euler("XYZ", -pose[:3]).as_matrix() * 1.5 * math.exp(-0.5)
    ortho = (POINTS * 60 @ rotation.T + [4, -3, 0]) * 210 / 300 + [125 - 128, 128 - 105, 0]
    double = weak_perspective.udl(POINTS * 60, None, pose=pose, crop=crop)
    np.testing.assert_allclose(double, steps.camera_from_ortho(ortho / 128, None), rtol=RTOL)


@pytest.mark.parametrize("index", [0, 1, 2, 5])
def test_udl_takes_each_angle_and_the_scale_in_the_precision_of_the_file(index: int) -> None:
    """The same numbers, once as float32 and once as float64: only sine, cosine and exp can differ."""
    pose = np.zeros(6, np.float32)
    pose[index] = 0.3
    crop = np.array([20.0, 230.0, 10.0, 200.0, 5.0, 6.0])
    single, double = (weak_perspective.udl(POINTS * 60, None, pose=p, crop=crop) for p in (pose, pose.astype(float)))
    assert 1e-10 < abs(single - double).max() < 1e-6


def test_df2net_does_not_use_yr_and_ringnet_stands_the_head_at_the_image_ratio() -> None:
    one, other = (weak_perspective.df2net(POINTS, None, coords=(243.0, 215.0, 13.0, yr)) for yr in (13.0, 99.0))
    np.testing.assert_array_equal(one, other)
    placed = perspective.ringnet(POINTS, 600.0, cam=np.array([7.0, 0.1, 0.2]))
    expected = steps.camera_from_cv(POINTS + np.array([0.1, 0.2, 8 / 7]), 600.0, 896.0)
    np.testing.assert_allclose(placed, expected, rtol=RTOL)


def test_extreme3dface_is_never_turned_over() -> None:
    """|mean z|: a head on the wrong side of the camera stays upright in the wild."""
    box = (10.0, 20.0, 200.0, 210.0)
    before, behind = POINTS * 300 - [0, 0, 1100], POINTS * 300 + [0, 0, 1100]
    for head in (before, behind):
        placed = perspective.extreme3dface(head, None, box=box)
        assert (np.argsort(placed[:, 1]) == np.argsort(head[:, 1])).all()
