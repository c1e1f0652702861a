"""Crops, warps and cameras: right ones, and each way to be wrong that the official loader hides."""

import json
from pathlib import Path

import numpy as np
import pytest

from fsbench.core.errors import FormatError
from fsbench.submissions import sidefiles

LAP = [np.eye(3).tolist(), np.eye(3, 4).tolist(), [145, 130, 0.66]]
CAMERA = "224 224\nintrinsic\n4700,0,112,0,4700,112,0,0,1\nexternal\n0.1,0.2,0.3,4,5,6\n"


@pytest.fixture
def table(tmp_path: Path):
    def write(content: object) -> Path:
        path = tmp_path / "table.json"
        path.write_text(json.dumps(content))
        return path

    return write


def test_entries_come_flat(table) -> None:
    assert sidefiles.deep3d_crop(table({"a": [256, 250, 1.5, [130.5], 120]}), "a") == (256, 250, 1.5, 130.5, 120)
    assert sidefiles.df2net_coordinates(table({"a": [[243, 215, 3], 13, 14]}), "a") == (243, 215, 13, 14)
    assert sidefiles.df2net_coordinates(table({"a": [[243, 215], 13, 14]}), "a") == (243, 215, 13, 14)
    assert sidefiles.extreme3d_box(table({"a": [6, -9, 213, 204.5]}), "a") == (6, -9, 213, 204.5)
    _, pose, crop = sidefiles.lap_camera(table(LAP), "a")
    assert pose.shape == (3, 4) and crop == (145, 130, 0.66)


@pytest.mark.parametrize(
    ("reader", "content", "message"),
    [
        ("extreme3d_box", {"b": [1, 2, 3, 4]}, "has no entry 'a'"),
        ("extreme3d_box", [1, 2, 3, 4], "holds list, expected an object"),
        ("extreme3d_box", {"a": [1, 2, 3]}, "a list of 3, expected a list of 4"),
        ("extreme3d_box", {"a": [1, 2, 3, None]}, "found values of type NoneType"),
        ("extreme3d_box", {"a": [1, 2, 3, "4"]}, "expected|should be 4 numbers"),
        ("extreme3d_box", {"a": [1, 2, 3, [4]]}, "unequal length"),
        ("extreme3d_box", {"a": [True, True, True, True]}, "found values of type bool"),
        ("deep3d_crop", {"a": [256, 256, [1.2], 3, 4]}, "unequal length"),
        ("deep3d_crop", {"a": [256, 256, 0, 3, 4]}, "positive"),
        ("deep3d_crop", {"a": {"s": 1}}, "is dict, expected a list of 5"),
        ("df2net_coordinates", {"a": [243, 13, 14]}, "begins with 243"),
        ("lap_camera", [1, 2], "a list of 2, expected a list of 3"),
        ("lap_camera", [LAP[0], LAP[0], LAP[2]], r"Rt should be 12 numbers, found shape \(3, 3\)"),
    ],
)
def test_a_wrong_entry_is_named(reader: str, content: object, message: str, table) -> None:
    with pytest.raises(FormatError, match=message) as caught:
        getattr(sidefiles, reader)(table(content), "a")
    assert "table.json" in str(caught.value)


def test_mgcnet_camera_text(tmp_path: Path) -> None:
    (tmp_path / "cam.txt").write_text(CAMERA, newline="\r\n")
    focal_px, angles, offsets = sidefiles.mgcnet_camera(tmp_path / "cam.txt", "a")
    assert (focal_px, angles.tolist(), offsets.tolist()) == (4700, [0.1, 0.2, 0.3], [4, 5, 6])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("224 224\n", "has 1 lines, expected 5"),
        (CAMERA.replace("4700,0", "f,0"), "expected numbers between commas"),
        (CAMERA.replace("4700,0", "0,0"), "focal length is 0"),
        (CAMERA.replace(",6", ""), "line 5 should be 6 numbers"),
        (CAMERA.replace(",6", ",inf"), "line 5 holds NaN or infinity"),
    ],
)
def test_a_wrong_camera_text_is_named(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "cam.txt").write_text(text)
    with pytest.raises(FormatError, match=message):
        sidefiles.mgcnet_camera(tmp_path / "cam.txt", "a")


def test_matrices_have_the_shape_that_was_asked_for(tmp_path: Path) -> None:
    np.savetxt(tmp_path / "m.txt", np.eye(4))
    assert sidefiles.matrix_text(tmp_path / "m.txt", "a", shapes=((3, 4), (4, 4))).shape == (4, 4)
    with pytest.raises(FormatError, match=r"shape \(4, 4\), expected a matrix 3x4"):
        sidefiles.matrix_text(tmp_path / "m.txt", "a", shapes=((3, 4),))


def test_precision_is_the_files_where_it_matters(tmp_path: Path) -> None:
    path = tmp_path / "pose.npy"
    for dtype in (np.float32, np.float64):
        np.save(path, np.full((1, 6), 0.1, dtype))
        assert sidefiles.vector_in_file_precision(path, "a", n=6).dtype == dtype
        assert sidefiles.vector(path, "a", n=6).dtype == np.float64


def test_a_parameter_is_found_by_its_key(tmp_path: Path) -> None:
    path = tmp_path / "000.npy"
    np.save(path, np.array({"cam": np.array([7.5, 0.01, 0.02], np.float32), "shape": np.zeros(3)}), allow_pickle=True)
    assert sidefiles.parameter(path, "000", key="cam", n=3).tolist() == pytest.approx([7.5, 0.01, 0.02])
    with pytest.raises(FormatError, match="holds a dict of cam, shape, expected a dict with 'pose'"):
        sidefiles.parameter(path, "000", key="pose", n=3)
    np.save(path, np.zeros(3))
    with pytest.raises(FormatError, match="holds no dict"):
        sidefiles.parameter(path, "000", key="cam", n=3)
