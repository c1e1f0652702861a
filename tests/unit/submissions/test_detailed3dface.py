"""The riggable predictor's files as released, and what they lack."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from fsbench.core.errors import FormatError, MissingError
from fsbench.core.mesh import Mesh
from fsbench.io.write import write_obj
from fsbench.submissions import get, load
from fsbench.submissions.published import OTHERS
from tests.heads import face_of, head

FACE = face_of(head(40, 50))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "000").mkdir()
    write_obj(tmp_path / "000/000.obj", FACE)
    return tmp_path


def test_without_its_camera_it_says_how_to_save_it(folder: Path) -> None:
    with pytest.raises(
        FormatError, match=r"000_camera\.json: is not there.*write its rot_vector \(3, radians\), scale"
    ):
        load("Detailed3DFace", folder, "000")
    with pytest.raises(MissingError, match="no prediction"):
        load("Detailed3DFace", folder, "001")


def test_with_its_camera_it_stands_in_the_image(folder: Path) -> None:
    camera = {"rot_vector": [0.1, -0.3, 0.2], "scale": 0.8, "trans": [120.0, 131.0]}
    (folder / "000/000_camera.json").write_text(json.dumps(camera))
    found = load("Detailed3DFace", folder, "000")
    pixels = 0.8 * FACE.vertices @ Rotation.from_rotvec([0.1, -0.3, 0.2]).as_matrix().T + [120, 131, 0]
    # The image is [-1, 1]^2 and 256 px wide; the file has six decimals.
    assert found.vertices[:, :2] == pytest.approx((pixels[:, :2] - 128) / 128, abs=1e-6)
    depth = (pixels[:, 2] - pixels[:, 2].mean()) / 128 - 2
    assert found.vertices[:, 2] == pytest.approx(depth, abs=1e-6)
    assert isinstance(found, Mesh) and np.array_equal(found.faces, FACE.faces)


@pytest.mark.parametrize(
    ("camera", "text"),
    [
        ({"rot_vector": [0, 0], "scale": 1, "trans": [0, 0]}, "rot_vector should be 3 numbers"),
        ({"rot_vector": [0, 0, 0], "scale": -1, "trans": [0, 0]}, "scale is -1, expected a positive"),
        ({"scale": 1}, "expected an object with rot_vector, scale, trans"),
        ([1, 2], "expected an object with"),
    ],
)
def test_a_camera_that_is_none_is_said(folder: Path, camera: object, text: str) -> None:
    (folder / "000/000_camera.json").write_text(json.dumps(camera))
    with pytest.raises(FormatError, match=text):
        load("Detailed3DFace", folder, "000")


def test_it_describes_itself() -> None:
    for adapter in OTHERS:
        assert get(adapter.name) is adapter
        assert adapter.frame and adapter.formula and "https://" in adapter.source
        assert [name for file in adapter.files("7") for name in file.names] == ["7/7.obj", "7/7_camera.json"]
