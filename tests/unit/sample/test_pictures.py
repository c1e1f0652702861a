"""Images of the sample: they fit its cameras and meshes, and move none of its other files."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fsbench.benchmarks import open_benchmark
from fsbench.sample import write


@pytest.fixture(scope="module")
def pictured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four images in the wild and 33 in the lab. Not to be written to."""
    folder = tmp_path_factory.mktemp("pictured") / "root"
    write(folder, n_wild=4, n_subjects=1, methods=["mean-face"], images=True)
    return folder


def _image(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path)).astype(int)


def test_images_move_no_other_file(pictured: Path, sample: Path) -> None:
    plain = {path.relative_to(sample): path for path in sample.rglob("*") if path.is_file()}
    with_images = {path.relative_to(pictured): path for path in pictured.rglob("*") if path.is_file()}
    added = set(with_images) - set(plain)
    assert len(added) == 4 + 33 and all(path.suffix == ".png" for path in added)
    assert all(path.read_bytes() == with_images[name].read_bytes() for name, path in plain.items())


def test_the_face_is_where_the_benchmarks_camera_sees_it(pictured: Path) -> None:
    benchmark = open_benchmark("fslab", pictured)
    for sample in list(benchmark.samples)[:33:4]:
        seen = benchmark.prepare(sample).depths_mm.reshape(256, 256) > 0
        image = _image(pictured / f"data/lab_img/{sample.name}.png")
        background = (image == image[0, 0]).all(2)
        assert image.shape == (256, 256, 3)
        assert not (background & seen).any(), "every pixel of the face shows the head"
        assert background[:, 0].all() and background.mean() > 0.4


def test_eyes_are_where_their_landmarks_are_and_lips_are_redder_than_cheeks(pictured: Path) -> None:
    """From the front: the pupil between the corners of an eye is the darkest place between cheek and brow."""
    from fsbench.sample.ground_truth import TrueFaces
    from fsbench.sample.head_model import load_head_model

    K, Rt = (np.array(part) for part in json.loads((pictured / "data/lab_cam/00_0_00.json").read_text()))
    truth = TrueFaces(load_head_model()).draw(np.random.default_rng([1, 3, 0]))
    placed = truth.landmarks / 62.85 @ Rt[:, :3].T + Rt[:, 3]
    pixels = (placed @ K.T)[:, :2] / placed[:, 2:]
    image = _image(pictured / "data/lab_img/00_0_00.png")
    for eye in (slice(36, 42), slice(42, 48)):
        column, row = np.floor(pixels[eye].mean(0)).astype(int)
        around = image[row - 5 : row + 6, column - 7 : column + 8].sum(2)
        below = image[row + 14 : row + 20, column - 5 : column + 6].sum(2)
        assert around.max() > 1.3 * around.min(), "white beside a pupil"
        assert around.min() < below.min()
    lip_column, lip_row = np.floor(pixels[[48, 54, 57]].mean(0)).astype(int)
    lips = image[lip_row - 1 : lip_row + 3, lip_column - 3 : lip_column + 4].mean((0, 1))
    chin_column, chin_row = np.floor(pixels[8]).astype(int)
    chin = image[chin_row - 10 : chin_row - 6, chin_column - 3 : chin_column + 4].mean((0, 1))
    assert lips[0] / lips[1] > chin[0] / chin[1]


def test_in_the_wild_the_face_is_where_its_camera_sees_it_too(pictured: Path) -> None:
    benchmark = open_benchmark("fswild", pictured)
    corners = set()
    for name in ("000", "100"):
        seen = benchmark.prepare(name).depths_mm.reshape(256, 256) > 0
        image = _image(pictured / f"data/wild_img/{name}.png")
        # The background changes from row to row only, and the left border shows none of these heads.
        background = (image == image[:, :1]).all(2)
        assert background[:, 0].all() and background[seen].mean() < 0.001
        corners.add(tuple(image[0, 0]))
    assert len(corners) == 2, "backgrounds differ"
