"""`fsbench build` on FaceScape's own layouts."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from fsbench.benchmarks import open_benchmark
from fsbench.build import sources
from fsbench.build.facescape.tu import open_tu
from fsbench.report.page.faces import Faces, Wish, gather, kept
from fsbench.runs import load_run
from tests import captures, rigs
from tests import facescape_data as data
from tests.cli.commands import fsbench
from tests.textured import write_coloured

FEW = ("--views", "-30,0/0", "--focal", "1200", "--cut", "95", "--size", "64")


@pytest.fixture
def small_topology(monkeypatch: pytest.MonkeyPatch) -> None:
    """TU models of the small head in place of FaceScape's."""

    def opener(root, mask, landmarks):
        return open_tu(root, mask, landmarks, topology=data.TOPOLOGY)

    monkeypatch.setitem(sources.OPENERS, "facescape-tu", opener)


@pytest.mark.usefixtures("small_topology")
def test_tu_models_become_a_benchmark_and_others_go_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = data.write_tree(tmp_path / "facescape_trainset", ("1", "2"), (1, 2))
    broken = root / "2/models_reg/2_smile.obj"
    broken.write_text(broken.read_text().replace("vt ", "# vt "))
    (root / "publishable_list.txt").write_text("1")
    out = tmp_path / "out"
    answer = fsbench(capsys, "build", "heads", root, *FEW, "-o", out)
    assert answer.code == 1
    assert "03 2 2_smile: left out" in answer.err and "has 0 texture coordinates" in answer.err
    assert "2 1_neutral: pictures of this person may not be published: it is grey (--private shows it)" in answer.err
    adapter = ("-a", f"{out / 'truth.py'}:load")
    where = ("--root", out, "--pred", out / "tuples", "--out", tmp_path / "run")
    assert fsbench(capsys, "score", out / "benchmark.toml", *where, *adapter).code == 0
    rows = pd.read_csv(tmp_path / "run" / "samples.csv")
    assert len(rows) == 6
    assert rows.cd_mm.max() < 1e-6 and (rows.cr == 1).all()
    shown, grey = (np.asarray(Image.open(out / f"data/lab_img/{n:02d}_0_01.png")).astype(int) for n in (0, 2))
    assert np.ptp(shown, axis=2).max() > 50
    assert np.ptp(grey[10:54, 10:54], axis=2).max() < 20


@pytest.mark.usefixtures("small_topology")
def test_detail_is_rendered_and_part_of_the_reference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = data.write_tree(tmp_path / "facescape_trainset", ("1",), (1,))
    for name, options in (("plain", ()), ("fine", ("--detail",))):
        answer = fsbench(capsys, "build", "heads", root, *FEW, *options, "-o", tmp_path / name)
        assert answer.code == 0, answer.err
    plain, fine = (json_facts(tmp_path / name) for name in ("plain", "fine"))
    assert fine["n_faces"] == 64 * plain["n_faces"]
    assert fine["mm_per_unit"] == plain["mm_per_unit"]


def json_facts(out: Path) -> dict:
    import json

    return json.loads((out / "build/00.json").read_text())["facts"]


def test_detail_of_other_heads_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "heads").mkdir()
    (tmp_path / "heads/a.obj").write_text("v 0 0 0\n")
    answer = fsbench(capsys, "build", "heads", tmp_path / "heads", "--detail", "-o", tmp_path / "out")
    assert answer.code == 2
    assert "holds no TU models of FaceScape" in answer.err


def test_inspect_says_what_is_there_in_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_coloured(tmp_path, 2, scale=0.1)
    answer = fsbench(capsys, "build", "inspect", tmp_path)
    assert answer.code == 0
    lines = answer.out.splitlines()
    assert lines[1].split() == ["subject", "expression", "triangles", "colours", "pupils", "factor", "remarks"]
    assert lines[2].endswith("the unit is no millimetre") and lines[2].split()[0] == "p0"
    assert lines[-1] == "no fault was found"
    (tmp_path / "p1.ply").write_bytes(b"ply\nformat \x1b[2J")
    answer = fsbench(capsys, "build", "inspect", tmp_path)
    assert answer.code == 1
    assert "\x1b" not in answer.out
    assert len(answer.out.splitlines()) == len(lines)
    assert answer.out.splitlines()[-1] == "faults: 1"


@pytest.mark.usefixtures("small_topology")
def test_photographs_become_a_benchmark_and_others_go_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("cv2", reason="the extra [build]")
    heads = [("7", 1), ("7", 2), ("9", 1), ("9", 3)]
    for subject, k in heads:
        captures.write_capture(tmp_path, subject, k)
        data.write_head(tmp_path / "tu" / subject, subject, k)
    captures.write_alignments(tmp_path / "tu/predef/Rt_scale_dict.json", heads)
    (tmp_path / "tu/publishable_list.txt").write_text("7")
    (tmp_path / "meshes/9/3_mouth_stretch.ply").unlink()
    (tmp_path / "images/9/1_neutral/4.jpg").unlink()
    Image.new("RGB", (30, 20)).save(tmp_path / "images/7/2_smile/1.jpg")
    out = tmp_path / "out"
    where = ("--images", tmp_path / "images", "--meshes", tmp_path / "meshes", "--tu", tmp_path / "tu")
    answer = fsbench(capsys, "build", "mview", *where, "--size", "96", "-o", out)
    assert answer.code == 1
    for said in (
        "7 1_neutral: 1 views are not valid",
        "7 2_smile, view 1: left out: the photograph has 30 x 20 pixels, its camera 360 x 240: was it resized?",
        "7 1_neutral, view 5: left out: the camera sees the head from behind, 180 degrees off the face",
        "9 3_mouth_stretch: left out: there is no mesh of 9 3_mouth_stretch in --meshes",
        "9 1_neutral, view 4: left out: ",
        "3 of 10 images are grey",
        "10 samples; left out: 6.",
    ):
        assert said in answer.err, answer.err
    adapter = ("-a", f"{out / 'truth.py'}:load")
    scored = ("--root", out, "--pred", out / "tuples", "--out", tmp_path / "run")
    assert fsbench(capsys, "score", out / "benchmark.toml", *scored, *adapter).code == 0
    rows = pd.read_csv(tmp_path / "run" / "samples.csv", dtype={"subject": str})
    assert rows.cd_mm.max() < 1e-6 and rows.mne_rad.max() < 1e-6 and (rows.cr == 1).all()
    assert rows.subject.tolist() == ["7"] * 7 + ["9"] * 3
    assert rows["view"].tolist() == [0, 1, 2, 4, 0, 2, 4, 0, 1, 2]
    assert rows.pose_deg.tolist()[:4] == ["0-5", "5-30", "30-60", "30-60"]
    assert set(rows.distance) == {"8-17"}
    assert np.ptp(np.asarray(Image.open(out / "data/lab_img/0000.png"))) > 50
    assert np.ptp(np.asarray(Image.open(out / "data/lab_img/0007.png"))) == 0
    kept = fsbench(capsys, "build", "mview", *where, "--subjects", "9", "--private", "-o", tmp_path / "own")
    assert kept.code == 1 and "grey" not in kept.err
    assert np.ptp(np.asarray(Image.open(tmp_path / "own/data/lab_img/0000.png"))) > 50


@pytest.mark.usefixtures("small_topology")
def test_mview_names_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--meshes", tmp_path, "--tu", tmp_path, "-o", tmp_path / "out")
    assert "no such folder" in fsbench(capsys, "build", "mview", "--images", tmp_path / "no", *options).err
    answer = fsbench(capsys, "build", "mview", "--images", tmp_path, *options)
    assert answer.code == 2 and "there is no ID/<k>_<name>/params.json below it" in answer.err
    captures.write_capture(tmp_path, "7", 1)
    answer = fsbench(capsys, "build", "mview", "--images", tmp_path / "images", *options)
    assert answer.code == 2 and "holds no TU models of FaceScape" in answer.err


@pytest.mark.usefixtures("small_topology")
def test_who_may_not_be_shown_is_on_no_page_and_no_heat_map(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = data.write_tree(tmp_path / "facescape_trainset", ("1", "2"), (1,))
    (root / "publishable_list.txt").write_text("1")
    out, run = tmp_path / "out", tmp_path / "run"
    assert fsbench(capsys, "build", "heads", root, *FEW, "--private", "-o", out).code == 0
    where = ("--root", out, "--pred", out / "tuples")
    adapter = ("-a", f"{out / 'truth.py'}:load")
    assert fsbench(capsys, "score", out / "benchmark.toml", *where, *adapter, "--keep-maps", "--out", run).code == 0
    rows = load_run(run).samples
    assert rows.publishable.tolist() == ["yes", "yes", "no", "no"]

    answer = fsbench(capsys, "report", run, "--all", "-o", tmp_path / "page.html")
    assert "2 samples show persons whose pictures may not be published: --private shows them." in answer.err
    shown = faces_on(run, Wish(samples=tuple(rows["sample"])))
    assert {name for _, name in shown.maps} == {"00_0_00", "00_0_01"}
    everybody = faces_on(run, Wish(samples=tuple(rows["sample"]), private=True))
    assert {name for _, name in everybody.maps} == set(rows["sample"])
    picked = faces_on(run, Wish())
    assert picked.maps and {name for _, name in picked.maps} <= {"00_0_00", "00_0_01"}
    assert (tmp_path / "page.html").stat().st_size > 0
    assert sum(one is not None for one in kept(load_run(run), run, Wish().hidden(load_run(run)))) == 2

    heat = ("heatmap", run, "--root", out, *adapter, "--pred", out / "tuples", "--benchmark", out / "benchmark.toml")
    refused = fsbench(capsys, *heat, "01_0_00", "-o", tmp_path / "heat.ply")
    assert refused.code == 2 and "shows a person whose pictures may not be published" in refused.err
    assert not (tmp_path / "heat.ply").exists()
    assert fsbench(capsys, *heat, "00_0_00", "-o", tmp_path / "heat.ply").code == 0
    assert fsbench(capsys, *heat, "01_0_00", "--private", "-o", tmp_path / "own.ply").code == 0


def faces_on(run: Path, wish: Wish) -> Faces:
    return gather([load_run(run)], ["truth"], [run], wish)


def test_a_rig_s_people_who_may_not_be_shown_are_marked(tmp_path: Path) -> None:
    rigs.write(tmp_path / "007", rigs.moving(rigs.person(7), {}))
    rigs.write(tmp_path / "8", rigs.moving(rigs.person(8), {}))
    before = open_benchmark("rig", tmp_path)
    assert all("publishable" not in sample.bins for sample in before.samples)
    (tmp_path / "publishable_list.txt").write_text("7")
    after = open_benchmark("rig", tmp_path)
    assert [sample.bins["publishable"] for sample in after.samples] == ["yes", "no"]
