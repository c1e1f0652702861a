"""Frames: one mesh, written down in every frame there is, must come back as one mesh."""

import json
import math
import pickle
from pathlib import Path

import numpy as np
import pytest

from fsbench.core.errors import FormatError, MeshError, MissingError, UsageError
from fsbench.submissions import Frame, steps
from tests.tensors import Tensor

# A dozen float64 operations on numbers below 1e3, written and read as text without loss.
ATOL = 1e-11

BOX = (20.0, 10.0, 244.0, 234.0)
CROP_FROM_IMAGE = np.array([[0.8, -0.3, 40.0], [0.3, 0.8, -25.0], [0.0, 0.0, 1.0]])
SIMILARITY_SCALE = float(np.hypot(0.8, 0.3))


def image_px(ortho: np.ndarray) -> np.ndarray:
    """Image pixels, y down from the top; z in pixels."""
    return np.column_stack([128 * (ortho[:, 0] + 1), 128 * (1 - ortho[:, 1]), 128 * ortho[:, 2]])


def boxed_px(ortho: np.ndarray, size_px: float) -> np.ndarray:
    """The same in the pixels of BOX, resized."""
    x0, y0, x1, _ = BOX
    return (image_px(ortho) - [x0, y0, 0]) * (size_px / (x1 - x0))


def warped_px(ortho: np.ndarray) -> np.ndarray:
    """The same in the pixels of a crop by CROP_FROM_IMAGE."""
    px = image_px(ortho)
    xy = px[:, :2] @ CROP_FROM_IMAGE[:2, :2].T + CROP_FROM_IMAGE[:2, 2]
    return np.column_stack([xy, px[:, 2] * SIMILARITY_SCALE])


def upright(px_down: np.ndarray, size_px: float) -> np.ndarray:
    """From y down to y up from the bottom edge."""
    return np.column_stack([px_down[:, 0], size_px - px_down[:, 1], px_down[:, 2]])


def halves(px_down: np.ndarray, size_px: float) -> np.ndarray:
    """From pixels, y down, to the ortho frame of the same image."""
    return upright(px_down, size_px) / (size_px / 2) - [1, 1, 0]


def pinhole(px_down: np.ndarray, size_px: float, focal_px: float) -> np.ndarray:
    """A cv camera that sees these pixels at the mean depth 40, with the relief to scale."""
    metre_a_pixel = 40.0 / focal_px
    xyz = (px_down - [size_px / 2, size_px / 2, px_down[:, 2].mean()]) * metre_a_pixel
    return xyz * [1, 1, -1] + [0, 0, 40.0]


CASES = {
    "pixels": (Frame("pixels"), lambda o: upright(image_px(o), 256)),
    "ortho": (Frame("ortho"), lambda o: o),
    "pixels, y down": (Frame("pixels", flip=("y", "faces")), image_px),
    "pixels, seen from behind": (
        Frame("pixels", flip=("z", "faces")),
        lambda o: upright(image_px(o), 256) * [1, 1, -1],
    ),
    "pixels, mirrored": (
        Frame("pixels", flip=("x", "faces")),
        lambda o: [256, 0, 0] + upright(image_px(o), 256) * [-1, 1, 1],
    ),
    "unit square": (Frame("pixels", unit=256), lambda o: upright(image_px(o), 256) / 256),
    "thousands": (Frame("ortho", unit=0.001), lambda o: o * 1000),
    "resized image": (Frame("pixels", size_px=512), lambda o: 2 * upright(image_px(o), 256)),
    "pixels of a box": (Frame("pixels", crop=BOX, size_px=120), lambda o: upright(boxed_px(o, 120), 120)),
    "ortho in a box": (Frame("ortho", crop=BOX), lambda o: halves(boxed_px(o, 2), 2)),
    "pixels of a warp": (
        Frame("pixels", tform="{sample}_tform.npy", size_px=192),
        lambda o: upright(warped_px(o), 192),
    ),
    "ortho of a warp": (Frame("ortho", tform="{sample}_tform.txt", size_px=192), lambda o: halves(warped_px(o), 192)),
    "cv": (Frame("cv", own_focal_px=500), lambda o: pinhole(image_px(o), 256, 500)),
    "gl": (Frame("gl", own_focal_px=500), lambda o: pinhole(image_px(o), 256, 500) * [1, -1, -1]),
    "cv in metres": (Frame("cv", own_focal_px=500, unit=0.001), lambda o: pinhole(image_px(o), 256, 500)),
    "cv, y up": (
        Frame("cv", own_focal_px=500, flip=("y", "faces")),
        lambda o: pinhole(image_px(o), 256, 500) * [1, -1, 1],
    ),
    "cv in a box": (
        Frame("cv", own_focal_px=900, crop=BOX, size_px=120),
        lambda o: pinhole(boxed_px(o, 120), 120, 900),
    ),
    "gl in a warp": (
        Frame("gl", own_focal_px=900, tform="{sample}_tform.npy", size_px=192),
        lambda o: pinhole(warped_px(o), 192, 900) * [1, -1, -1],
    ),
}


@pytest.mark.parametrize("focal_px", [None, 600.0])
@pytest.mark.parametrize("case", CASES)
def test_one_mesh_in_every_frame_is_one_mesh(case: str, focal_px: float | None, ortho: np.ndarray, write) -> None:
    frame, written = CASES[case]
    folder = write(written(ortho))
    np.save(folder / "000_tform.npy", CROP_FROM_IMAGE)
    np.savetxt(folder / "000_tform.txt", CROP_FROM_IMAGE)
    mesh = frame.load(folder, "000", focal_px)
    np.testing.assert_allclose(mesh.vertices, steps.camera_from_ortho(ortho, focal_px), rtol=0, atol=ATOL)
    np.testing.assert_array_equal(mesh.faces, Frame("ortho").load(write(ortho), "000", focal_px).faces)
    # The same arithmetic on the same vertices, but for the decimals of the file.
    tform = CROP_FROM_IMAGE if frame.tform else None
    placed = frame.apply(written(ortho), sample="000", tform=tform, focal_px=focal_px)
    np.testing.assert_allclose(placed, mesh.vertices, rtol=0, atol=ATOL)


def test_in_the_lab_cv_without_a_focal_length_is_the_benchmarks_own_camera(ortho: np.ndarray, write) -> None:
    seen = ortho * [1, -1, -1] + [0, 0, 7]
    mesh = Frame("cv").load(write(seen), "000", 600.0)
    np.testing.assert_allclose(mesh.vertices, seen * (3 / 0.9), rtol=1e-14)


@pytest.mark.parametrize(
    ("flip", "turned"), [(("x",), True), (("x", "y"), False), (("faces",), True), (("x", "faces"), False)]
)
def test_a_mirror_turns_the_faces_over(flip: tuple[str, ...], turned: bool, ortho: np.ndarray, write) -> None:
    folder = write(ortho)
    plain, mirrored = Frame("ortho").load(folder, "000"), Frame("ortho", flip=flip).load(folder, "000")
    np.testing.assert_array_equal(mirrored.faces, steps.swap_winding(plain.faces) if turned else plain.faces)


def test_any_mesh_format_but_one_a_sample(ortho: np.ndarray, write) -> None:
    folder = write(ortho)
    assert [name for file in Frame("ortho").files("000") for name in file.names] == [
        "000.obj",
        "000.off",
        "000.ply",
        "000.stl",
    ]
    (folder / "000.ply").write_text("ply")
    with pytest.raises(FormatError, match=r"000\.obj and 000\.ply are both there"):
        Frame("ortho").load(folder, "000")
    assert Frame("ortho", pattern="{sample}.obj").load(folder, "000").n_vertices == 5


def test_what_is_not_there_is_missing(tmp_path: Path, ortho: np.ndarray, write) -> None:
    with pytest.raises(MissingError, match=r"no prediction: .*000 is not there"):
        Frame("ortho").load(tmp_path, "000")
    with pytest.raises(MissingError, match=r"no prediction: .*000_mesh\.obj is not there"):
        Frame("ortho", pattern="{sample}_mesh.obj").load(tmp_path, "000")
    with pytest.raises(FormatError, match=r"000_t\.npy: is not there"):
        Frame("ortho", tform="{sample}_t.npy", size_px=224).load(write(ortho), "000")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"frame": "pixel"}, "frames are pixels, ortho, cv, gl"),
        ({"frame": "ortho", "unit": 0}, "unit 0"),
        ({"frame": "ortho", "unit": float("nan")}, "unit nan"),
        ({"frame": "pixels", "size_px": -1}, "size -1"),
        ({"frame": "ortho", "flip": ("y", "y")}, "flip"),
        ({"frame": "ortho", "flip": ("w",)}, "some of x, y, z, faces"),
        ({"frame": "ortho", "flip": "xy"}, "flip 'xy'"),
        ({"frame": "pixels", "crop": (0, 0, 10, 10)}, "--size 224"),
        ({"frame": "ortho", "tform": "{sample}.npy"}, "--size 224"),
        ({"frame": "ortho", "crop": (9, 0, 1, 5)}, "x0 < x1"),
        ({"frame": "ortho", "crop": (0, 0, 1)}, "four numbers"),
        ({"frame": "ortho", "crop": (0, 0, 1, 1), "tform": "{sample}.npy", "size_px": 2}, "exclude each other"),
        ({"frame": "ortho", "tform": "tform.npy", "size_px": 2}, "with {sample} in it"),
        ({"frame": "ortho", "tform": "../{sample}.npy", "size_px": 2}, "without a folder"),
        ({"frame": "ortho", "tform": "{sample}.mat", "size_px": 2}, r"ends in \.npy or \.txt"),
        ({"frame": "ortho", "pattern": "{sample}.blend"}, r"meshes end in \.obj"),
        ({"frame": "ortho", "own_focal_px": 500}, "no perspective"),
        ({"frame": "cv", "crop": (0, 0, 1, 1), "size_px": 2}, "--focal"),
    ],
)
def test_wrong_options_are_refused_in_words(options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Frame(**options)


def test_cv_in_the_wild_needs_a_camera(ortho: np.ndarray, write) -> None:
    with pytest.raises(UsageError, match="--focal"):
        Frame("cv").load(write(ortho), "000")
    with pytest.raises(UsageError, match="--focal"):
        Frame("gl").check_benchmark(in_the_lab=False)
    Frame("gl").check_benchmark(in_the_lab=True)


@pytest.mark.parametrize(("frame", "other"), [("cv", "gl"), ("gl", "cv")])
def test_a_mesh_behind_the_camera_names_the_other_frame(frame: str, other: str, ortho: np.ndarray, write) -> None:
    behind = ortho + np.array([0, 0, -7 if frame == "cv" else 7])
    with pytest.raises(MeshError, match=f"5 of 5 vertices are not before the camera.*Is it {other}"):
        Frame(frame).load(write(behind), "000", 600.0)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.eye(2), r"9 numbers, found shape \(2, 2\)"),
        (np.full((3, 3), np.nan), "NaN"),
        (np.diag([1.0, 0.0, 1.0]), "cannot be inverted"),
        (np.array([[1.0, 0, 0], [0, 1, 0], [0.1, 0, 1]]), "last row"),
    ],
)
def test_an_unusable_warp_is_refused(matrix: np.ndarray, message: str, ortho: np.ndarray, write) -> None:
    folder = write(ortho)
    np.save(folder / "000_t.npy", matrix)
    with pytest.raises(FormatError, match=message):
        Frame("ortho", tform="{sample}_t.npy", size_px=224).load(folder, "000")


def test_settings_hold_every_option_and_survive_a_process() -> None:
    frame = Frame("pixels", unit=2, flip=("y",), crop=(0, 0, 128, 128), size_px=224)
    assert pickle.loads(pickle.dumps(frame)) == frame  # noqa: S301 (our own bytes)
    assert json.loads(json.dumps(frame.settings())) == frame.settings()
    assert frame.settings() == {
        "adapter": "pixels",
        "unit": 2,
        "flip": ["y"],
        "crop": [0.0, 0.0, 128.0, 128.0],
        "tform": None,
        "size_px": 224,
        "own_focal_px": None,
        "pattern": "{sample}",
    }


@pytest.mark.parametrize(("pattern", "file"), [("{sample:d}.obj", "7.obj"), ("img_{sample:d}.ply", "img_7.ply")])
def test_a_number_without_its_zeros(pattern, file):
    frame = Frame("ortho", pattern=pattern)
    assert frame.files("007")[0].names == (file,)
    assert frame.files("000")[0].names == (file.replace("7", "0"),)
    with pytest.raises(UsageError, match="00_1_03 is no number"):
        frame.files("00_1_03")


@pytest.mark.parametrize(
    ("frame", "call", "error", "message"),
    [
        (Frame("ortho"), {"tform": np.eye(3)}, UsageError, "without a tform"),
        (Frame("ortho", tform="{sample}.npy", size_px=2), {}, UsageError, "needs tform"),
        (Frame("ortho", tform="{sample}.npy", size_px=2), {"tform": np.zeros((3, 3))}, FormatError, "007: tform"),
        (Frame("ortho", tform="{sample}.npy", size_px=2), {"tform": np.eye(2)}, FormatError, r"shape \(2, 2\)"),
        (Frame("cv"), {}, UsageError, "--focal"),
        (Frame("ortho"), {"vertices": [[0, 0, np.nan]]}, MeshError, "finite"),
        (Frame("ortho"), {"vertices": [0, 0, 1]}, MeshError, r"shape \(3,\)"),
        (Frame("ortho"), {"vertices": [["a", 0, 1]]}, MeshError, "007: vertices are no numbers"),
        (Frame("ortho"), {"vertices": [[0, 0], [1]]}, MeshError, "007: vertices are no array"),
        (
            Frame("ortho"),
            {"vertices": [[1e308, 1, 0], [0, 0, 0]], "focal_px": 1e-300},
            MeshError,
            "007: .* out of any range",
        ),
        (Frame("cv", own_focal_px=500), {"vertices": [[0, 0, -1.0]]}, MeshError, "007: 1 of 1 vertices"),
        *(
            (Frame("ortho"), {"focal_px": focal}, UsageError, "expected a positive number")
            for focal in (-600.0, 0, math.nan)
        ),
    ],
)
def test_arrays_that_cannot_be_placed_are_refused_in_words(frame, call, error, message):
    with pytest.raises(error, match=message):
        frame.apply(**{"vertices": [[0, 0, 1.0]], "sample": "007", **call})


def test_tensors_are_placed_and_left_as_they_are(ortho: np.ndarray) -> None:
    frame, before = Frame("ortho", tform="{sample}.npy", size_px=192), ortho.copy()
    placed = frame.apply(Tensor(ortho, "cuda", needs_gradient=True), tform=Tensor(CROP_FROM_IMAGE, "cuda"))
    np.testing.assert_array_equal(placed, frame.apply(ortho, tform=CROP_FROM_IMAGE))
    np.testing.assert_array_equal(ortho, before)
