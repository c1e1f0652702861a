"""The challenge's folders: sound ones, capitals as they come, and what is refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from fsbench.benchmarks import Benchmark, load_spec
from fsbench.core.errors import FormatError, ReferenceDataError, UsageError
from fsbench.protocols.stirling.layout import list_samples

SPEC = load_spec("stirling")
MADE = (
    "Subset_2D_FG2018/HQ/F1001_001.jpg",
    "Subset_2D_FG2018/HQ/m1013_007.JPG",
    "Subset_2D_FG2018/LQ/F1001_002.png",
    "Subset_2D_FG2018/LQ/F1033_001.jpg",
    "Subset_2D_FG2018/LQ/._F1001_002.png",
    "F_3D_N/f1001_N.obj",
    "F_3D_N/f1001b_N.obj",
    "F_3D_N/F1033_N.obj",
    "M_3D_N/M1013_N.obj",
    "M_3D_N/M1013_NH.obj",
    "annotations/F_3D_N/F1001_N.lnd",
    "annotations/M_3D_N/m1013_N.lnd",
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in MADE:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def test_images_are_samples_with_the_neutral_scan_of_their_subject(root: Path) -> None:
    found = {one.sample.name: one for one in list_samples(SPEC, root, None)}
    assert list(found) == ["HQ/F1001_001", "HQ/m1013_007", "LQ/F1001_002"]
    for name, mesh, marks in (
        ("HQ/F1001_001", "F_3D_N/f1001_N.obj", "annotations/F_3D_N/F1001_N.lnd"),
        ("HQ/m1013_007", "M_3D_N/M1013_N.obj", "annotations/M_3D_N/m1013_N.lnd"),
    ):
        (scan,) = found[name].scans
        assert (scan.meshes, scan.landmarks) == ((root / mesh,), (root / marks,))
    assert found["HQ/m1013_007"].sample.bins == {"subject": "M1013", "quality": "HQ"}
    assert found["LQ/F1001_002"].scans == found["HQ/F1001_001"].scans


def test_a_subject_without_a_scan_stays_a_sample(root: Path) -> None:
    (root / "M_3D_N/M1013_N.obj").unlink()
    benchmark = Benchmark.open("stirling", root)
    assert benchmark.missing_references() == ["HQ/m1013_007"]


def test_two_scans_of_one_name_are_not_guessed_between(root: Path) -> None:
    (root / "M_3D_N/other").mkdir()
    (root / "M_3D_N/other/m1013_n.ply").touch()
    with pytest.raises(ReferenceDataError, match="could both be the scan"):
        Benchmark.open("stirling", root).prepare("HQ/m1013_007")


@pytest.mark.parametrize("gone", ["Subset_2D_FG2018", "F_3D_N", "annotations"])
def test_a_folder_that_is_not_there_is_named_with_all(root: Path, gone: str) -> None:
    (root / gone).rename(root / "elsewhere")
    with pytest.raises(UsageError, match=rf"{gone} is not there: --root holds Subset_2D_FG2018/, F_3D_N/, M_3D_N/ and"):
        list_samples(SPEC, root, None)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("HQ/portrait.jpg", "expected an image of a subject"),
        ("HQ/X1001_001.jpg", "expected an image of a subject"),
        ("HQ/F1001_001.png", "two images HQ/F1001_001"),
    ],
)
def test_odd_images_are_refused(root: Path, name: str, said: str) -> None:
    (root / "Subset_2D_FG2018" / name).touch()
    with pytest.raises(FormatError, match=said):
        list_samples(SPEC, root, None)


@pytest.mark.parametrize("skipped", [5, "F1033", [1033]])
def test_skipped_subjects_are_names(root: Path, skipped: object) -> None:
    own = replace(SPEC, raw={"samples": {"listed": "Subset_2D_FG2018", "skipped": skipped}})
    with pytest.raises(FormatError, match="skipped should be names of subjects"):
        list_samples(own, root, None)


def test_no_image_is_refused(root: Path) -> None:
    for path in root.glob("Subset_2D_FG2018/*/*"):
        path.unlink()
    with pytest.raises(UsageError, match="0 images in HQ and LQ"):
        list_samples(SPEC, root, None)
