"""What `write` leaves: FaceScape's folders, the same bytes for the same arguments, faces inside their images."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from fsbench.core.errors import UsageError
from fsbench.io import read_mesh
from fsbench.sample import METHODS, Written, write

ONE = ("mean-face",)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return write(tmp_path_factory.mktemp("sample"), seed=5, n_wild=4, n_subjects=1, methods=ONE)


def _digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_layout(sample: Written) -> None:
    predef = {"wild_rotations", "wild_head_centers", "wild_pupil_scales", "lab_rotations", "lab_head_centers"}
    lab = {f"00_{f}_{view:02d}" for f in range(3) for view in range(11)}
    wild = {"000", "100", "200", "300"}
    expected = {f"code/predef/{name}.npy" for name in predef} | {"methods.json", "data/lab_gt_mesh/00.obj"}
    expected |= {f"data/wild_gt_mesh/{name}.obj" for name in wild} | {f"data/lab_cam/{name}.json" for name in lab}
    expected |= {f"pred/wild_pred/mean-face/{name}.obj" for name in wild}
    expected |= {f"pred/lab_pred/mean-face/{name}.obj" for name in lab}
    assert set(_digests(sample.folder)) == expected
    assert set(sample.wild) == wild and set(sample.lab) == lab
    assert sample.samples("fswild") == "000-000,100-100,200-200,300-300"
    assert sample.samples("fslab") == "00_0_00-00_2_10"
    assert sample.predictions("fslab", "mean-face") == sample.folder / "pred/lab_pred/mean-face"


def test_the_same_arguments_give_the_same_bytes(sample: Written, tmp_path: Path) -> None:
    again = write(tmp_path / "a", seed=5, n_wild=4, n_subjects=0, methods=ONE)
    first, second = _digests(sample.folder), _digests(again.folder)
    assert second and all(first[name] == digest for name, digest in second.items())


def test_another_seed_gives_other_people_and_poses(sample: Written, tmp_path: Path) -> None:
    other = write(tmp_path / "b", seed=6, n_wild=4, n_subjects=0, methods=())
    first, second = _digests(sample.folder), _digests(other.folder)
    for name in ("data/wild_gt_mesh/000.obj", "code/predef/wild_rotations.npy"):
        assert first[name] != second[name]


def test_wild_faces_fill_their_image_and_stay_inside(sample: Written) -> None:
    for name in sample.wild:
        face = read_mesh(sample.folder / f"data/wild_gt_mesh/{name}.obj")
        assert np.abs(face.vertices[:, :2]).max() < 1
        assert np.ptp(face.vertices[:, 1]) > 0.9
        assert 15_000 < face.n_vertices < 30_000


def test_cameras_see_the_lab_face(sample: Written) -> None:
    face = read_mesh(sample.folder / "data/lab_gt_mesh/00.obj").vertices
    rotations = np.load(sample.folder / "code/predef/lab_rotations.npy")
    for name in sample.lab:
        K, Rt = (np.array(a) for a in json.loads((sample.folder / f"data/lab_cam/{name}.json").read_text()))
        np.testing.assert_array_equal(Rt[:, :3], rotations[int(name[-2:])])
        pixels = (face @ Rt[:, :3].T + Rt[:, 3]) @ K.T
        pixels = pixels[:, :2] / pixels[:, 2:]
        assert pixels.min() > 0 and pixels.max() < 256
        assert np.ptp(pixels[:, 1]) > 100


def test_methods_json_names_every_adapter(tmp_path: Path) -> None:
    written = write(tmp_path / "c", n_wild=0, n_subjects=0)
    adapters = json.loads((written.folder / "methods.json").read_text())
    assert list(adapters) == list(METHODS)
    assert adapters["linear-persp"] == {"fswild": "3DDFA_V2", "fslab": "cv"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_wild": 6}, "multiple of 4"),
        ({"n_wild": 404}, "from 0 to 400"),
        ({"n_subjects": 21}, "0 to 20"),
        ({"seed": -1}, "0 or more"),
        ({"methods": ("mean-fase",)}, "mean-fase.*mean-face"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_written(tmp_path: Path, arguments, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        write(tmp_path / "d", **arguments)
    assert not (tmp_path / "d").exists()


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="not empty"):
        write(tmp_path)
    with pytest.raises(UsageError, match="a file stands"):
        write(tmp_path / "mine.txt")
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]
