"""Predictions of scans that are named otherwise than their scans."""

from pathlib import Path

import pytest

from fsbench.benchmarks import Benchmark
from fsbench.check.names import Names, compare_names


def _names(folder: Path, scans: list[str], predictions: list[str], samples: str = "*") -> Names:
    for below, names in (("scans", scans), ("pred", predictions)):
        for name in names:
            path = folder / below / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    benchmark = Benchmark.open("scan", folder / "scans")
    return compare_names(benchmark, folder / "pred", benchmark.select(samples))


def test_names_that_fit_need_no_word(tmp_path: Path) -> None:
    found = _names(tmp_path, ["a.ply", "x/b.obj"], ["a.PLy", "x/b.stl", ".hidden/c.ply", "._a.ply", "notes.txt"])
    assert (found.lost, found.strays, str(found)) == ((), (), "")


@pytest.mark.parametrize(
    ("predictions", "said"),
    [
        (["ID01.ply", "id-02.ply", "id0003.ply"], "is ID01.ply meant to be id01?; is id-02.ply meant to be id02?"),
        (["id01_pred.obj", "id02_pred.obj"], "2 of them are named {sample}_pred.obj: rename them to {sample}.obj"),
        (["mine/id01.ply", "mine/id02.ply"], "2 of them are in mine/, should --pred be that folder?"),
        (["id-01.Ply"], "is id-01.Ply meant to be id01?"),
    ],
)
def test_what_was_meant_is_asked(tmp_path: Path, predictions: list[str], said: str) -> None:
    text = str(_names(tmp_path, ["id01.ply", "id02.ply", "id03.ply"], predictions))
    assert text.startswith("no prediction for 3 of 3 samples, and ") and said in text


def test_what_belongs_to_no_scan_is_counted(tmp_path: Path) -> None:
    found = _names(tmp_path, ["a.ply", "b.ply"], ["a.ply", "b.ply", "zzz.ply"])
    assert str(found) == "1 mesh below --pred belongs to no scan: zzz.ply"


def test_samples_that_are_not_asked_for_are_no_strays(tmp_path: Path) -> None:
    found = _names(tmp_path, ["a.ply", "b.ply"], ["b.ply"], samples="a")
    assert (found.lost, found.strays) == (("a",), ())


def test_frames_of_a_video_are_known(tmp_path: Path) -> None:
    (tmp_path / "root" / "subject_01").mkdir(parents=True)
    for name in ("indoor/0.ply", "PTZ-Outdoor/7.ply", "cooperative.ply", "indor/0.ply"):
        path = tmp_path / "pred" / "subject_01" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    benchmark = Benchmark.open("micc-deng2019", tmp_path / "root")
    assert compare_names(benchmark, tmp_path / "pred", benchmark.samples).strays == ("subject_01/indor/0.ply",)
