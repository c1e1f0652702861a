"""Cameras around a head: those of the published arrays, and grids."""

from pathlib import Path

import numpy as np
import pytest

from fsbench.build.views import head_centers_mm, look_from, pose_label, rig_called
from fsbench.core.errors import UsageError


def test_the_published_views_are_those_of_the_public_arrays(shared: Path) -> None:
    predef = shared / "data" / "facescape" / "predef"
    np.testing.assert_allclose(rig_called("published").rotations, np.load(predef / "lab_rotations.npy"), atol=1e-6)
    found = head_centers_mm((1200.0, 600.0, 300.0))
    np.testing.assert_allclose(found, np.load(predef / "lab_head_centers.npy"), atol=1e-6)


def test_eleven_views_are_in_three_bins() -> None:
    assert rig_called("published").pose_labels == ("0", *["30"] * 8, "60", "60")


def test_a_camera_at_the_subjects_left_sees_the_left_cheek_in_the_middle() -> None:
    rotation = look_from(90.0, 0.0)
    np.testing.assert_allclose(rotation @ [1.0, 0, 0], [0, 0, -1], atol=1e-12)
    np.testing.assert_allclose(rotation @ [0, 1.0, 0], [0, -1, 0], atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1)


def test_a_pose_is_the_angle_between_the_face_and_the_axis_not_the_azimuth() -> None:
    rig = rig_called("-50,0/-40,0")
    for rotation, label in zip(rig.rotations, rig.pose_labels, strict=True):
        angle = np.degrees(np.arccos(-rotation[2, 2]))
        assert pose_label(angle) == label
    assert rig.pose_labels == ("60-90", "30-60", "30-60", "0-5")


@pytest.mark.parametrize("text", ["", "publish", "1,2", "0/95", "0,0/1", "x/1", "nan/0", "0/0/0"])
def test_a_wrong_grid_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--views"):
        rig_called(text)
