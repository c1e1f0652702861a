"""Cameras of multi-view captures, sound and hostile."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from fsbench.build.facescape.multiview import photo_of, read_alignments, read_params
from fsbench.core.errors import FormatError, FsbenchError, MissingError


def view(k: int, **other: Any) -> dict[str, Any]:
    R = Rotation.from_euler("y", 10 * k, degrees=True).as_matrix()
    K = np.eye(4)
    K[0, 0], K[1, 1], K[0, 2], K[1, 2] = 900, 901, 319.5, 240
    entry = {
        "K": K.tolist(),
        "Rt": np.column_stack([R, [0, 0.1, 4]]).tolist(),
        "distortion": [-0.1, 0.01, 0, 0, 0],
        "width": 640,
        "height": 480,
        "valid": True,
        "matches": 17,
        "sn": "A",
        "ori": 0,
    }
    return {f"{k}_{key}": value for key, value in (entry | other).items() if value is not None}


def written(path: Path, *views: dict[str, Any]) -> Path:
    path.write_text(json.dumps({key: value for one in views for key, value in one.items()}))
    return path


def test_views_are_read_by_number(tmp_path: Path):
    views = [view(k) for k in (10, 9, 0)] + [view(2, valid=False)]
    found = read_params(written(tmp_path / "params.json", *views))
    assert [camera.view for camera in found.cameras] == [0, 9, 10]
    assert found.unreliable == (2,)
    assert not found.damaged and not found.notes
    camera = found.cameras[1]
    assert camera.K.tolist() == [[900, 0, 319.5], [0, 901, 240], [0, 0, 1]]
    assert camera.rotation == pytest.approx(Rotation.from_euler("y", 90, degrees=True).as_matrix(), abs=1e-12)
    assert camera.distortion.tolist() == [-0.1, 0.01, 0, 0, 0]
    # 4 before the camera, 1 to the right: 900 / 4 px.
    x, y, z = np.linalg.solve(camera.rotation, [1.0, 0.0, 0.0])
    assert camera.project(np.array([[x, y, z]]))[0] == pytest.approx([319.5 + 900 / 4, 240 + 901 * 0.1 / 4])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"K": None}, "1_K is missing"),
        ({"K": [[900, 2, 320], [0, 900, 240], [0, 0, 1]]}, "skew of 2 px"),
        ({"K": [[-900, 0, 320], [0, 900, 240], [0, 0, 1]]}, "expected focal lengths"),
        ({"K": [[1, 2], [3, 4]]}, r"K has shape \(2, 2\)"),
        ({"K": [["x"] * 3] * 3}, "expected numbers"),
        ({"K": [[900, 0, 320], [0, 900], [0, 0, 1]]}, "expected numbers"),
        ({"K": {"fx": 1}}, "expected numbers"),
        ({"K": [[9e99, 0, 320], [0, 900, 240], [0, 0, 1]]}, "expected focal lengths"),
        ({"Rt": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, -1, 0]]}, "no rotation"),
        ({"Rt": [[2, 0, 0, 0], [0, 2, 0, 0], [0, 0, 2, 0]]}, "no rotation"),
        ({"Rt": "../../../etc/passwd"}, "expected numbers"),
        ({"Rt": list(range(5000))}, r"Rt has shape \(5000,\)"),
        ({"width": -1}, "its size is -1 x 480"),
        ({"width": 1e300}, "its size is"),
        ({"width": "640"}, "its size is"),
        ({"height": True}, "its size is"),
        ({"distortion": [1, 2]}, "expected k1 k2 p1 p2 k3"),
        ({"distortion": [1e9, 0, 0, 0, 0]}, "expected k1 k2 p1 p2 k3"),
    ],
)
def test_a_damaged_view_is_a_sentence_and_the_others_go_on(tmp_path: Path, change: dict[str, Any], reason: str):
    found = read_params(written(tmp_path / "params.json", view(0), view(1, **change), view(2)))
    assert [camera.view for camera in found.cameras] == [0, 2]
    assert list(found.damaged) == [1]
    assert re.search(reason, found.damaged[1]), found.damaged[1]


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{}",
        "3",
        '{"0_K": NaN}',
        '{"0_K": 1e999}',
        "[" * 100_000,
        '{"a":' * 50 + "1" + "}" * 50,
        '{"0_K": 1, "0_K": 2}',
        "{" + ",".join(f'"{k}_K": 1' for k in range(2000)) + "}",
        '{"../../0_K": [1]}',
        "\x00\xff",
        "",
    ],
)
def test_hostile_json_is_refused(tmp_path: Path, text: str):
    path = tmp_path / "params.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(FormatError, match=r"params\.json: "):
        read_params(path)


def test_keys_that_look_like_paths_are_said_and_no_more(tmp_path: Path):
    path = written(tmp_path / "params.json", view(0), {"../../1_K": 1, "1_../x": 2, "0001_K": 3, "\x1b[2J": 4})
    found = read_params(path)
    assert [camera.view for camera in found.cameras] == [0]
    assert found.notes == ("params.json: 4 keys are not understood, e.g. ../../1_K",)


def test_photographs_are_found_by_number(tmp_path: Path):
    (tmp_path / "3.JPG").touch()
    assert photo_of(tmp_path, 3).name == "3.JPG"
    with pytest.raises(MissingError, match=r"no photograph 4\.jpg"):
        photo_of(tmp_path, 4)
    (tmp_path / "3.png").touch()
    with pytest.raises(FormatError, match="could both be view 3"):
        photo_of(tmp_path, 3)


def test_alignments(tmp_path: Path):
    R = Rotation.from_euler("xyz", (3, 40, 5), degrees=True).as_matrix()
    good = [2.5, np.column_stack([R, [1, 2, 3]]).tolist()]
    path = tmp_path / "Rt_scale_dict.json"
    bad = {"2": [0, good[1]], "3": [2.5, [[1]]], "4": 7, "5": [2.5, (2 * np.eye(4)).tolist()]}
    path.write_text(json.dumps({"212": {"1": good, **bad}, "3": []}))
    found = read_alignments(path)
    points = np.random.default_rng(0).normal(size=(5, 3))
    assert found.tu_from_capture("212", 1).apply(points) == pytest.approx(2.5 * points @ R.T + [1, 2, 3])
    for subject, k, reason in (
        ("212", 2, "not positive"),
        ("212", 3, "Rt has shape"),
        ("212", 4, "no pair"),
        ("212", 5, "no rotation"),
        ("212", 6, "no alignment of subject 212, expression 6"),
        ("3", 1, "no alignment"),
        ("4", 1, "no alignment"),
    ):
        with pytest.raises(FsbenchError, match=reason):
            found.tu_from_capture(subject, k)
    path.write_text("[]")
    with pytest.raises(FormatError, match="holds no object with subjects"):
        read_alignments(path)
