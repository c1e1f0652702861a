"""Photographs without distortion, cropped with their cameras; heads of captures in the frame of their TU models."""

import json
from pathlib import Path

import numpy as np
import pytest

from fsbench.build.facescape.captured import CapturedHead, captured_head
from fsbench.build.facescape.captures import Captures
from fsbench.build.facescape.multiview import Camera, read_alignments, read_params
from fsbench.build.facescape.tu import TuSource, open_tu
from fsbench.build.facescape.undistorting import Crop, load_opencv, resampled, undistorted
from fsbench.build.head import HeadName
from fsbench.core.errors import AlignmentError, FormatError, FsbenchError, MeshError, MissingError, UsageError
from fsbench.geometry.bilinear import sample_bilinear
from tests import captures as fake
from tests import facescape_data as data

pytest.importorskip("cv2", reason="the extra [build]")

NEUTRAL = HeadName("7", "1_neutral")
REPROJECTED_PX = 0.01
"""Of the issue; OpenCV's maps are in single precision, 1e-4 px."""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mview")
    fake.write_capture(folder, "7", 1)
    data.write_head(folder / "tu/7", "7", 1)
    fake.write_alignments(folder / "predef/Rt_scale_dict.json", [("7", 1)])
    return folder


def found(root: Path) -> tuple[Captures, TuSource]:
    models = open_tu(root / "tu", topology=data.TOPOLOGY)
    assert models is not None
    return Captures.find(root / "images", root / "meshes"), models


def placed(root: Path) -> CapturedHead:
    captures, models = found(root)
    return captured_head(captures, NEUTRAL, models, read_alignments(root / "predef/Rt_scale_dict.json"))


def distorted(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """OpenCV's documented model, on the plane at depth 1."""
    k1, k2, p1, p2, k3 = fake.DISTORTION
    r = x * x + y * y
    radial = 1 + k1 * r + k2 * r**2 + k3 * r**3
    return radial * x + 2 * p1 * x * y + p2 * (r + 2 * x * x), radial * y + p1 * (r + 2 * y * y) + 2 * p2 * x * y


def where_ideal(camera: Camera) -> np.ndarray:
    """A photograph whose pixels hold the place, (x, y), that they would have without distortion."""
    rows, columns = np.indices((camera.height, camera.width)).astype(np.float64)
    (fx, fy), (cx, cy) = np.diag(camera.K)[:2], camera.K[:2, 2]
    x, y = (columns - cx) / fx, (rows - cy) / fy
    ideal_x, ideal_y = x.copy(), y.copy()
    for _ in range(60):
        now = distorted(ideal_x, ideal_y)
        ideal_x, ideal_y = ideal_x + x - now[0], ideal_y + y - now[1]
    return np.dstack([ideal_x * fx + cx, ideal_y * fy + cy, np.zeros_like(x)]).astype(np.float32)


@pytest.mark.parametrize("view", [0, 1, fake.TALL, 4])
def test_landmarks_reproject_after_undistortion(root: Path, view: int):
    captures, _ = found(root)
    camera = next(c for c in read_params(captures.folders[NEUTRAL] / "params.json").cameras if c.view == view)
    marks = fake.capture_from_tu("7", 1).apply(data.person("7")[data.MODEL.landmarks])
    flat = resampled(where_ideal(camera), camera)
    # Where the photograph, undistorted, shows what the lens saw of a landmark.
    expected = camera.project(marks)
    shown = np.column_stack([sample_bilinear(flat[..., k].copy(), *expected.T) for k in range(2)])
    assert np.abs(shown - expected).max() < REPROJECTED_PX
    # The lens bends by more than that.
    bent = where_ideal(camera)
    raw = np.column_stack([sample_bilinear(bent[..., k].astype(np.float64), *expected.T) for k in range(2)])
    assert np.abs(raw - expected).max() > 10 * REPROJECTED_PX


@pytest.mark.parametrize("size", [64, 500])
def test_a_crop_keeps_landmarks_where_its_camera_says(root: Path, size: int):
    captures, _ = found(root)
    camera = read_params(captures.folders[NEUTRAL] / "params.json").cameras[0]
    head = placed(root)
    rotation, translation = head.pose(camera)
    marks = head.landmarks @ rotation.T + translation
    crop = Crop.around(camera.project(fake.mesh_of("7", 1).vertices), size, 0.1)
    look = crop.view(camera.K, rotation, translation)
    # A photograph whose pixels hold their own places, in OpenCV's convention.
    rows, columns = np.indices((camera.height, camera.width))
    image = crop.image(np.dstack([columns, rows, rows]).astype(np.float64))  # type: ignore[arg-type]
    seen = look.project(marks) - 0.5
    shown = np.column_stack([sample_bilinear(image[..., k].copy(), *seen.T) for k in range(2)])
    expected = camera.project(head.head_from_capture.inverse().apply(head.landmarks))
    assert np.abs(shown - expected).max() * crop.scale < REPROJECTED_PX


def test_crops_are_cut_where_they_say():
    photo = np.zeros((100, 120, 3), np.uint8)
    photo[40:60, 50:70] = 255
    crop = Crop.around(np.array([[50.0, 40], [69, 59]]), 20, 0.0)
    assert (crop.left, crop.top, crop.side) == (50, 40, 19)
    assert (crop.image(photo) == 255).all()
    beyond = Crop(-10, 90, 40, 40).image(photo)
    assert (beyond[:, :10] == 128).all() and (beyond[10:] == 128).all() and (beyond[:10, 10:] == 0).all()


def test_the_head_is_in_the_frame_of_its_tu_model(root: Path):
    head = placed(root)
    model = data.person("7")
    marks = model[data.MODEL.landmarks]
    factor = 62.85 / np.linalg.norm(marks[36:42].mean(0) - marks[42:48].mean(0))
    centre = model[np.unique(data.TRIANGLES)].mean(0)
    assert head.landmarks == pytest.approx((marks - centre) * factor, abs=1e-6)
    assert head.aligned_by == "Rt_scale_dict.json"
    # A camera before the face sees it upright and frontal, 600 before a point 40 before the model's origin.
    captures, _ = found(root)
    cameras = {c.view: c for c in read_params(captures.folders[NEUTRAL] / "params.json").cameras}
    rotation, translation = head.pose(cameras[0])
    assert rotation == pytest.approx(np.diag([1.0, -1, -1]), abs=1e-9)
    assert translation[2] == pytest.approx(factor * (640 - centre[2]), rel=1e-9)
    for view, camera in cameras.items():
        rotation, translation = head.pose(camera)
        p = head.landmarks @ rotation.T + translation
        pixels = p[:, :2] / p[:, 2:] * np.diag(camera.K)[:2] + camera.K[:2, 2]
        expected = camera.project(fake.capture_from_tu("7", 1).apply(marks))
        assert np.abs(pixels - expected).max() < 1e-6, view


def test_hair_is_cut_off_and_the_face_is_kept(root: Path):
    head = placed(root)
    model = data.person("7")
    assert head.reference.n_faces == len(data.TRIANGLES)
    marks = model[data.MODEL.landmarks]
    factor = 62.85 / np.linalg.norm(marks[36:42].mean(0) - marks[42:48].mean(0))
    assert np.ptp(head.reference.vertices, axis=0) == pytest.approx(np.ptp(model, axis=0) * factor, rel=1e-6)


def test_landmarks_beside_the_mesh_come_before_the_alignments(root: Path, tmp_path: Path):
    fake.write_capture(tmp_path, "7", 1)
    picked = fake.capture_from_tu("7", 1).apply(data.person("7")[data.MODEL.landmarks])
    (tmp_path / "meshes/7/1_neutral.json").write_text(json.dumps(picked.tolist()))
    captures = Captures.find(tmp_path / "images", tmp_path / "meshes")
    head = captured_head(captures, NEUTRAL, found(root)[1], None)
    assert head.aligned_by == "landmarks of the capture's mesh"
    assert head.head_from_capture.scale == pytest.approx(placed(root).head_from_capture.scale, rel=1e-9)
    assert head.landmarks == pytest.approx(placed(root).landmarks, abs=1e-6)
    mirrored = picked[::-1]
    (tmp_path / "meshes/7/1_neutral.json").write_text(json.dumps(mirrored.tolist()))
    with pytest.raises(AlignmentError, match=r"they do not correspond|mirrored"):
        captured_head(captures, NEUTRAL, found(root)[1], None)
    (tmp_path / "meshes/7/1_neutral.json").write_text(json.dumps(picked[:51].tolist()))
    with pytest.raises(FormatError, match="holds 51 points"):
        captured_head(captures, NEUTRAL, found(root)[1], None)


def test_what_says_nothing_of_the_face_is_a_sentence(root: Path, tmp_path: Path):
    captures, models = found(root)
    with pytest.raises(MissingError, match="neither 68 landmarks"):
        captured_head(captures, NEUTRAL, models, None)
    fake.write_alignments(tmp_path / "a.json", [("7", 2)])
    with pytest.raises(MissingError, match="no alignment of subject 7, expression 1"):
        captured_head(captures, NEUTRAL, models, read_alignments(tmp_path / "a.json"))
    content = json.loads((root / "predef/Rt_scale_dict.json").read_text())
    content["7"]["1"][0] *= 40
    (tmp_path / "a.json").write_text(json.dumps(content))
    with pytest.raises(MeshError, match="nothing of it is within 5 mm of the TU face"):
        captured_head(captures, NEUTRAL, models, read_alignments(tmp_path / "a.json"))
    with pytest.raises(FsbenchError, match="there is no mesh of 8 1_neutral"):
        captured_head(captures, HeadName("8", "1_neutral"), models, None)


def test_a_photograph_of_another_size_is_a_sentence(root: Path):
    camera = read_params(found(root)[0].folders[NEUTRAL] / "params.json").cameras[0]
    with pytest.raises(FormatError, match=r"has 240 x 360 pixels, its camera 360 x 240: was it turned\?"):
        undistorted(np.zeros((360, 240, 3), np.uint8), camera)
    with pytest.raises(FormatError, match=r"was it resized\?"):
        undistorted(np.zeros((120, 180, 3), np.uint8), camera)


def test_a_photograph_is_resampled_as_its_pixels_are(root: Path):
    camera = read_params(found(root)[0].folders[NEUTRAL] / "params.json").cameras[0]
    photo = np.clip(where_ideal(camera)[..., :1] * [0.6, 0.3, 0.1], 0, 255).astype(np.uint8)
    expected = np.round(resampled(photo.astype(np.float64), camera))
    assert np.array_equal(undistorted(photo, camera), expected)


def test_without_opencv_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    def absent(name: str, *_: object) -> None:
        raise ImportError(f"No module named {name!r}")

    monkeypatch.setattr("fsbench.build.facescape.undistorting.import_module", absent)
    with pytest.raises(UsageError, match=r"pip install 'fsbench\[build\]'"):
        load_opencv()
