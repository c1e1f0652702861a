"""`fsbench build tuples`: tuples made elsewhere become a benchmark, and odd ones a sentence."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.spatial.transform import Rotation

from fsbench.benchmarks import open_benchmark
from fsbench.core.mesh import Mesh
from fsbench.io.write import write_obj
from tests.cli.commands import fsbench
from tests.textured import person

LAB = np.diag([1.0, -1.0, -1.0])
TURN = Rotation.from_euler("YX", [25.0, -10.0], degrees=True).as_matrix()
ADAPTER = """
import csv, json
from pathlib import Path
import fsbench, numpy as np

def load(folder, sample, focal_px):
    rows = csv.DictReader(Path(__file__).with_name("names.csv").read_text().splitlines())
    found = Path(folder) / {row["sample"]: row["tuple"] for row in rows}[sample]
    mesh, marks = fsbench.read_mesh(found / "mesh.obj"), np.array(json.loads((found / "landmarks.json").read_text()))
    unit = np.linalg.norm(marks[36:42].mean(0) - marks[42:48].mean(0)) if focal_px else 1
    return mesh.vertices / unit, mesh.faces
"""


def _write(folder: Path, camera: dict[str, Any], vertices: np.ndarray, faces: np.ndarray, marks: np.ndarray) -> None:
    folder.mkdir(parents=True)
    write_obj(folder / "mesh.obj", Mesh(vertices, faces), 9)
    (folder / "landmarks.json").write_text(json.dumps(marks.tolist()))
    (folder / "camera.json").write_text(json.dumps(camera))
    Image.new("RGB", (camera["width"], camera["height"]), (90, 80, 70)).save(folder / "image.png")


def _pinhole(folder: Path, frame: str = "world", centre: float = 0.5, **changes: Any) -> dict[str, Any]:
    """A head in decimetres, in the frame asked for, 1.2 m away; in OpenCV's image where `centre` is 0."""
    model, vertices = person()
    Rt = np.column_stack([LAB @ TURN, [0.1, 0.2, 12.0]])
    place = lambda p: p if frame == "world" else p @ Rt[:, :3].T + Rt[:, 3]  # noqa: E731
    K = [[1800.0, 0, 200 - 0.5 + centre], [0, 1800.0, 160 - 0.5 + centre], [0, 0, 1]]
    camera = {"model": "pinhole", "K": K, "width": 400, "height": 320, "mesh_frame": frame, "pixel_centre": centre}
    if frame == "world":
        camera["Rt"] = Rt.tolist()
    _write(folder, camera | changes, place(vertices / 100), model.triangles, place(vertices[model.landmarks] / 100))
    return camera


def _orthographic(folder: Path, near: float = -10.0) -> None:
    model, vertices = person(1)
    place = lambda p: p @ TURN.T / 130 + [0.0, 0.05, near]  # noqa: E731
    camera = {"model": "orthographic", "width": 128, "height": 128}
    _write(folder, camera, place(vertices), model.triangles, place(vertices[model.landmarks]))


def _scores(capsys: pytest.CaptureFixture[str], out: Path, pred: Path) -> pd.DataFrame:
    (out / "truth.py").write_text(ADAPTER)
    where = ("--root", out, "--pred", pred, "-a", f"{out / 'truth.py'}:load", "--out", out / "run")
    answer = fsbench(capsys, "score", out / "benchmark.toml", *where)
    assert answer.code == 0, answer.err
    return pd.read_csv(out / "run/samples.csv", dtype={"sample": str})


def test_world_and_camera_frames_and_both_pixel_conventions_are_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _pinhole(tmp_path / "in/a")
    _pinhole(tmp_path / "in/b", "camera")
    _pinhole(tmp_path / "in/c", "camera", centre=0)
    answer = fsbench(capsys, "build", "tuples", tmp_path / "in", "-o", tmp_path / "out")
    assert answer.code == 0, answer.err
    assert answer.err.count("its pose is that of seven landmarks") == 2
    benchmark = open_benchmark(str(tmp_path / "out/benchmark.toml"), tmp_path / "out")
    first, second, third = (benchmark.prepare(sample) for sample in benchmark.samples)
    np.testing.assert_allclose(first.depths_mm, second.depths_mm, atol=1e-6)
    np.testing.assert_allclose(first.depths_mm, third.depths_mm, atol=1e-6)
    K = json.loads((tmp_path / "out/data/lab_cam/0002.json").read_text())[0]
    np.testing.assert_allclose(K, [[1152, 0, 128], [0, 1152, 102.4], [0, 0, 1]], atol=1e-9)
    # A person's landmarks are not quite the average's.
    turn = first.view.head_rotation.T @ second.view.head_rotation
    assert np.degrees(np.arccos((np.trace(turn) - 1) / 2)) < 8
    assert {sample.bins["pose_deg"] for sample in benchmark.samples} == {"5-30"}
    assert first.view.mm_per_unit == 62.85
    assert first.depths_mm.max() == pytest.approx(1200, abs=120), "pupils 62.85 mm apart are 1.2 m away"


def test_a_translation_that_is_not_the_heads_is_said_and_not_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rotation = LAB @ TURN
    _pinhole(tmp_path / "in/a", "camera", Rt=np.column_stack([rotation, [0, 0, 0.0]]).tolist())
    _pinhole(tmp_path / "in/b", "camera", Rt=np.column_stack([rotation, [0.1, 0.2, 12.0]]).tolist())
    answer = fsbench(capsys, "build", "tuples", tmp_path / "in", "-o", tmp_path / "out")
    assert answer.code == 0, answer.err
    assert answer.err.count("off the mesh: its centre is the mesh's") == 1
    _, vertices = person()
    benchmark = open_benchmark(str(tmp_path / "out/benchmark.toml"), tmp_path / "out")
    wrong, right = (benchmark.prepare(sample).view.head_center_mm for sample in benchmark.samples)
    assert np.linalg.norm(wrong - right) == pytest.approx(np.linalg.norm(vertices.mean(0)), rel=0.2)


def test_the_truth_of_pinhole_tuples_scores_as_perfect(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _pinhole(tmp_path / "in/a", "camera")
    _pinhole(tmp_path / "in/b", "camera", centre=0)
    assert fsbench(capsys, "build", "tuples", tmp_path / "in", "-o", tmp_path / "out").code == 0
    rows = _scores(capsys, tmp_path / "out", tmp_path / "in")
    assert (rows.cr == 1).all() and rows.cd_mm.max() < 1e-6 and rows.mne_rad.max() < 1e-6


def test_the_truth_of_orthographic_tuples_scores_as_perfect(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _orthographic(tmp_path / "in/a")
    _orthographic(tmp_path / "in/b", near=0.0)
    answer = fsbench(capsys, "build", "tuples", tmp_path / "in", "-o", tmp_path / "out")
    assert answer.code == 0 and "0001 b: its mesh reached behind the camera's plane, and was moved back" in answer.err
    rows = _scores(capsys, tmp_path / "out", tmp_path / "in").set_index("sample")
    assert rows.cd_mm["0000"] < 1e-6 and rows.mne_rad["0000"] < 1e-6 and rows.cr["0000"] == 1
    scale = np.load(tmp_path / "out/code/predef/wild_pupil_scales.npy")
    model, vertices = person(1)
    marks = vertices[model.landmarks]
    distance = np.linalg.norm(marks[36:42].mean(0) - marks[42:48].mean(0)) / 130
    np.testing.assert_allclose(scale, 62.85 / distance, rtol=1e-9)


def _resized(folder: Path, camera: dict[str, Any]) -> None:
    Image.new("RGB", (320, 400)).save(folder / "image.png")


def _with(**changes: Any) -> Callable[[Path, dict[str, Any]], None]:
    return lambda folder, camera: (folder / "camera.json").write_text(json.dumps(camera | changes)) and None


def _skewed(folder: Path, camera: dict[str, Any]) -> None:
    K = [list(row) for row in camera["K"]]
    K[0][1] = 3.0
    (folder / "camera.json").write_text(json.dumps(camera | {"K": K}))


def _mirrored_marks(folder: Path, camera: dict[str, Any]) -> None:
    marks = np.array(json.loads((folder / "landmarks.json").read_text()))
    (folder / "landmarks.json").write_text(json.dumps((marks * [-1, 1, 1]).tolist()))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_resized, "the image has 320 x 400 pixels, its camera 400 x 320: is one of them resized or turned?"),
        (_skewed, "K has skew 3"),
        (_with(K=[[1, 2], [3, 4]]), "camera.json has no finite K of shape (3, 3)"),
        (_with(K=[[10**400, 0, 1], [0, 1, 1], [0, 0, 1]]), "camera.json has no finite K of shape (3, 3)"),
        (_with(K="long"), "camera.json has no finite K of shape (3, 3)"),
        (_with(Rt=(np.eye(3, 4) * 2).tolist()), "Rt is no rotation: it stretches by 3"),
        (_with(Rt=[[1, 0, 0, 0], [0, -1, 0, 0], [0, 0, -1, -12.0]]), "the head reaches behind the camera"),
        (_with(mesh_frame="elsewhere"), "mesh_frame is 'elsewhere', expected"),
        (_with(Rt=None), "but there is no Rt"),
        (_with(model="fisheye"), "model is 'fisheye', expected pinhole or orthographic"),
        (_with(model="orthographic"), "400 x 320 pixels; before an orthographic camera it is square"),
        (_with(pixel_centre=1), "pixel_centre is 1, expected 0.5, or 0"),
        (lambda folder, _: (folder / "landmarks.json").unlink(), "its size is unknown"),
        (lambda folder, _: (folder / "landmarks.json").write_text("[[1,2,3]]"), "holds 1 points, expected iBUG's 68"),
        (_mirrored_marks, "its landmarks are not iBUG's 68"),
        (lambda folder, _: (folder / "mesh.obj").unlink(), "has 0 files mesh with one of .obj, .ply"),
        (lambda folder, _: (folder / "mesh.obj").write_text("v 0 0 0\n"), "a point cloud has no surface"),
        (lambda folder, _: (folder / "image.png").write_bytes(b"\x89PNG\r\n"), "is no PNG, JPEG, BMP or TIFF"),
        (lambda folder, _: (folder / "camera.json").write_text("[]"), "holds no object with model"),
        (lambda folder, _: (folder / "camera.json").write_bytes(b"\xff{" * 99), "camera.json: "),
    ],
)
def test_an_odd_tuple_is_a_sentence_and_the_others_go_on(
    spoil: Callable[[Path, dict[str, Any]], Any], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    camera = _pinhole(tmp_path / "in/a")
    shutil.copytree(tmp_path / "in/a", tmp_path / "in/b")
    spoil(tmp_path / "in/a", camera)
    answer = fsbench(capsys, "build", "tuples", tmp_path / "in", "-o", tmp_path / "out")
    assert answer.code == 1
    assert answer.err.startswith("0000 a: left out: ") and words in answer.err
    benchmark = open_benchmark(str(tmp_path / "out/benchmark.toml"), tmp_path / "out")
    assert [sample.name for sample in benchmark.samples] == ["0001"]
    assert benchmark.prepare("0001").depths_mm.any()


def test_two_kinds_of_cameras_are_two_benchmarks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _pinhole(tmp_path / "in/a")
    _orthographic(tmp_path / "in/b")
    answer = fsbench(capsys, "build", "tuples", tmp_path / "in", "-o", tmp_path / "out")
    assert answer.code == 1 and "its camera is orthographic, those before are pinhole: build it apart" in answer.err


def test_a_folder_without_tuples_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = fsbench(capsys, "build", "tuples", tmp_path / "nowhere", "-o", tmp_path / "out")
    assert answer.code == 2 and "there is no folder with a camera.json below it" in answer.err
