import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from fsbench.benchmarks import Benchmark, Choice
from fsbench.core.errors import FormatError, ReferenceDataError, UsageError
from fsbench.core.resources import folder


@pytest.fixture(scope="module")
def wild(sample: Path) -> Benchmark:
    return Benchmark.open("fswild", sample)


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("000", ["000"]),
        ("123,007", ["007", "123"]),
        ("000-003,399", ["000", "001", "002", "003", "399"]),
        ("39?", [f"39{i}" for i in range(10)]),
    ],
)
def test_samples_are_chosen_in_the_benchmarks_order(wild: Benchmark, pattern: str, names: list[str]) -> None:
    assert [sample.name for sample in wild.select(pattern)] == names


def test_missing_references_are_counted(wild: Benchmark) -> None:
    missing = wild.missing_references()
    assert len(missing) == 396 and "000" not in missing and "001" in missing


def test_only_the_lab_has_a_focal_length(wild: Benchmark, sample: Path) -> None:
    lab = Benchmark.open("fslab", sample)
    assert wild.focal_px(wild.samples[0]) is None
    assert [lab.focal_px(lab.sample(f"00_{i}_00")) for i in range(3)] == [1200, 600, 300]


def test_a_missing_reference_is_nobodys_prediction(wild: Benchmark) -> None:
    with pytest.raises(ReferenceDataError, match=r"001\.obj is not there"):
        wild.prepare("001")


@pytest.fixture
def copy(sample: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sample, tmp_path / "root", ignore=shutil.ignore_patterns("pred")))


def test_capitals_in_the_endings_of_references_do_not_count(copy: Path) -> None:
    opened = Benchmark.open("fswild", copy)
    before = opened.missing_references()
    path = opened.references.files("000")[0]
    path.rename(path.with_suffix(".Obj"))
    assert opened.missing_references() == before
    assert opened.references.files("000")[0] == path.with_suffix(".Obj")


def test_an_empty_root_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"wild_rotations\.npy is not there"):
        Benchmark.open("fswild", tmp_path)


def test_a_root_without_references_is_refused(copy: Path) -> None:
    shutil.rmtree(copy / "data" / "wild_gt_mesh")
    with pytest.raises(UsageError, match="none of the 400 references"):
        Benchmark.open("fswild", copy)


@pytest.mark.parametrize("array", [np.zeros((400, 3)), np.full((400, 3, 3), np.nan), np.zeros((400, 3, 3), int)])
def test_a_predef_array_of_another_kind_is_refused(copy: Path, array: np.ndarray) -> None:
    np.save(copy / "code/predef/wild_rotations.npy", array)
    with pytest.raises(ReferenceDataError, match=r"expected finite numbers of shape \(400, 3, 3\)"):
        Benchmark.open("fswild", copy)


@pytest.mark.parametrize("text", ["{}", "[[1]]", "[[[1,0,0],[0,1,0],[0,0,1]], [[1,0,0]]]", "[1, 2]", "nonsense"])
def test_a_damaged_camera_is_the_references_fault(copy: Path, text: str) -> None:
    (copy / "data/lab_cam/00_0_00.json").write_text(text)
    with pytest.raises(ReferenceDataError, match="00_0_00"):
        Benchmark.open("fslab", copy).prepare("00_0_00")


@pytest.mark.parametrize("change", [np.diag([-1, 1, 1]), 1.1 * np.eye(3), np.diag([1, 1, 1.02])])
def test_a_camera_that_stretches_or_mirrors_is_refused(copy: Path, change: np.ndarray) -> None:
    path = copy / "data/lab_cam/00_0_00.json"
    K, Rt = json.loads(path.read_text())
    path.write_text(json.dumps([K, np.column_stack([change @ np.array(Rt)[:, :3], np.array(Rt)[:, 3]]).tolist()]))
    with pytest.raises(ReferenceDataError, match="no rotation: they stretch, or mirror"):
        Benchmark.open("fslab", copy).prepare("00_0_00")


def test_an_unusable_reference_is_the_references_fault(copy: Path) -> None:
    (copy / "data/wild_gt_mesh/000.obj").write_text("v 0 0 0\n")
    with pytest.raises(ReferenceDataError, match="the reference of 000 is unusable"):
        Benchmark.open("fswild", copy).prepare("000")


def _own_spec(tmp_path: Path, old: str, new: str) -> str:
    text = (folder("data_specs") / "fswild.toml").read_text("utf-8")
    assert old in text
    path = tmp_path / "own.toml"
    path.write_text(text.replace(old, new), "utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('align = "depth-median"', 'align = "depth-medain"', "align is 'depth-medain'"),
        ('align = "depth-median"\n', "", "'align' is missing"),
        ('mesh = "data/wild_gt_mesh/{index:03d}.obj"', "", "'mesh' is missing"),
        ("{index:03d}.obj", "{subject:03d}.obj", "holds {subject}; there are {index}"),
        ('axis = "index", shape = [3, 3]', 'axis = "view", shape = [3, 3]', "by the axis 'view'"),
        ("[bins.pose_deg]", "[bins.cr]", "bins that do not exist|may not be called"),
        ("each = 100", "each = 0", "not a benchmark specification"),
    ],
)
def test_a_specification_that_cannot_be_meant_is_refused(sample, tmp_path, old, new, words) -> None:
    with pytest.raises(FormatError, match=words):
        Benchmark.open(_own_spec(tmp_path, old, new), sample)


def test_a_benchmark_of_ones_own_cannot_pass_for_a_known_one(sample: Path, tmp_path: Path) -> None:
    own = Benchmark.open(_own_spec(tmp_path, "TPAMI 2023", "TPAMI, 2023"), sample)
    assert own.signature.startswith("fswild@") and own.signature != Benchmark.open("fswild", sample).signature


@pytest.mark.parametrize(
    ("file", "change", "words"),
    [
        ("wild_rotations", lambda a: a * 2, "is no rotation"),
        ("wild_rotations", lambda a: a * [1, 1, -1], "is no rotation"),
        ("wild_pupil_scales", lambda a: a * 0, "expected a scale > 0"),
    ],
)
def test_predef_values_that_cannot_be_meant_are_refused(copy: Path, file, change, words) -> None:
    path = copy / f"code/predef/{file}.npy"
    np.save(path, change(np.load(path)))
    with pytest.raises(ReferenceDataError, match=words):
        Benchmark.open("fswild", copy)


def test_a_relative_root_survives_a_change_of_folder(sample: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(sample.parent)
    benchmark = Benchmark.open("fswild", sample.name)
    monkeypatch.chdir(tmp_path)
    assert benchmark.prepare("000").extent_mm > 100


def test_a_range_that_runs_backwards_is_named(wild: Benchmark) -> None:
    with pytest.raises(UsageError, match="000 comes before 001"):
        wild.select("001-000")


@pytest.mark.parametrize("corner", ["{}", "{}/1", "{}//1"])
def test_a_scan_is_the_same_with_and_without_texture(tmp_path: Path, corner: str) -> None:
    """Of an OBJ whose corners have all a texture, unused vertices are kept in FaceScape, as its loader does."""
    face = " ".join(corner.format(i) for i in (1, 3, 4))
    (tmp_path / "a.obj").write_text(f"v 0 0 0\nv 9 9 9\nv 1 0 0\nv 0 1 0\nvt 0 0\nvn 0 0 1\nf {face}\n")
    (found,) = (benchmark := Benchmark.open("scan", tmp_path)).samples
    assert benchmark.references.read(found.name).mesh.n_vertices == 3


def test_many_vertex_numbers_are_no_file_name(sample: Path) -> None:
    """Longer than a disk takes for a name."""
    numbers = ",".join(str(100 + i) for i in range(100))
    opened = Benchmark.open("fswild", sample, Choice(landmarks=numbers, pred_landmarks=numbers))
    assert opened.shared_content
