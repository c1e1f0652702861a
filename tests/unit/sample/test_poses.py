"""Poses lie in the ranges that the bins promise, and keep to the conventions of the predef arrays."""

import numpy as np
import pytest

from fsbench.sample.poses import Poses, draw_poses

BINS_DEG = ((0, 5), (5, 30), (30, 60), (60, 90))
CV_FROM_ORTHO = np.diag([1.0, -1.0, -1.0])


@pytest.fixture(scope="module", params=[1, 77])
def poses(request: pytest.FixtureRequest) -> Poses:
    return draw_poses(np.random.default_rng(request.param))


def _angle_deg(rotations: np.ndarray) -> np.ndarray:
    """Between the face's forward axis and the direction to the viewer, both +z."""
    return np.degrees(np.arccos(np.clip(rotations[:, 2, 2], -1, 1)))


def test_shapes_are_the_official_ones(poses: Poses) -> None:
    assert poses.wild_rotations.shape == (400, 3, 3)
    assert poses.wild_head_centers.shape == (400, 3)
    assert poses.wild_pupil_scales.shape == (400,)
    assert poses.lab_rotations.shape == (11, 3, 3)
    assert poses.lab_head_centers.shape == (3, 3)


def test_rotations_are_rotations(poses: Poses) -> None:
    for rotations in (poses.wild_rotations, poses.lab_rotations):
        np.testing.assert_allclose(
            rotations @ rotations.transpose(0, 2, 1), np.broadcast_to(np.eye(3), rotations.shape), atol=1e-12
        )
        np.testing.assert_allclose(np.linalg.det(rotations), 1, atol=1e-12)


@pytest.mark.parametrize("k", range(4))
def test_wild_poses_lie_in_their_bin(poses: Poses, k: int) -> None:
    angles = _angle_deg(poses.wild_rotations[100 * k : 100 * k + 100])
    low, high = BINS_DEG[k]
    assert low < angles.min() and angles.max() < high
    assert np.ptp(angles) > 0.8 * 0.8 * (high - low), "the bin is not filled"


def test_both_sides_of_the_face_are_seen(poses: Poses) -> None:
    profile = poses.wild_rotations[300:, 0, 2]
    assert 25 < (profile > 0).sum() < 75


def test_the_head_stands_upright_and_before_the_camera(poses: Poses) -> None:
    assert (poses.wild_rotations[:, 1, 1] > 0.5).all()
    assert (poses.wild_head_centers[:, 2] < -5).all()
    assert (poses.lab_head_centers[:, 2] > 0).all()
    np.testing.assert_allclose(poses.lab_head_centers[:, 2] / [1200, 600, 300], 1.25)


def test_lab_views_hold_the_cv_flip(poses: Poses) -> None:
    angles = _angle_deg(CV_FROM_ORTHO @ poses.lab_rotations)
    np.testing.assert_allclose(angles, [0] + [30] * 8 + [60] * 2, atol=1e-9)
    np.testing.assert_allclose(poses.lab_rotations[0], CV_FROM_ORTHO, atol=1e-12)
