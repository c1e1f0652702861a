"""SVFR by the command line: clouds of one's own against two methods, and the zip."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import fsbench
from fsbench.core.errors import UsageError
from fsbench.core.mesh import Mesh
from fsbench.io import write_ply
from fsbench.submissions.svfr.images import images
from tests.cli.commands import Answer, ctrl_c_after
from tests.cli.commands import fsbench as command
from tests.conftest import ROOT
from tests.heads import face_of, head
from tests.svfr_zips import FIRST, SEVEN, complete, unpad_timestep, write

Run = Callable[..., Answer]
HEAD = head(30, 40)
FACE = face_of(HEAD)
# Vertices of the cloud, which is coarse.
ROWS = [int(np.linalg.norm(HEAD.vertices - one, axis=1).argmin()) for one in SEVEN]
MARKS = HEAD.vertices[ROWS]
PEOPLE = ("017", "060", "071", "102", "112")
IMAGES = tuple(image for person in PEOPLE for image in [one for one in images() if one.startswith(person)][:2])
SAMPLES = [f"{image}/{subtask}" for image in IMAGES for subtask in ("posed", "neutral")]
LOCAL = "local, not the leaderboard"
FILES = ("--root", "root", "--pred", "near")
# Scorer gets the vertices that the files keep in double precision.
ROUNDING = 1e-9


def _put(folder: Path, mesh: str, shape: Mesh, marks: str, landmarks: np.ndarray) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_ply(folder / f"{mesh}.ply", shape)
    np.save(folder / f"{marks}.npy", landmarks)


def _bent(size: float, mm: float) -> np.ndarray:
    """The head with waves, which no alignment by landmarks takes away."""
    bent: np.ndarray = HEAD.vertices * size + (mm * np.sin(HEAD.vertices[:, 0] / 9))[:, None] * [0, 0, 1]
    return bent


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The neutral cloud stands once for all images of a person; one method has unpadded folders."""
    folder = tmp_path_factory.mktemp("svfr")
    for k, image in enumerate(IMAGES):
        size = 1 + 0.01 * k
        _put(folder / "root" / image, "cloud_posed", Mesh(FACE.vertices * size), "landmarks_posed", MARKS * size)
        _put(folder / "root" / image, "cloud_neutral", Mesh(FACE.vertices), "landmarks_neutral", MARKS)
        for name, mm in (("near", 1.0), ("far", 2.0)):
            spelt = unpad_timestep(f"{image}/x").removesuffix("/x") if name == "near" else image
            for subtask, grown in (("posed", size), ("neutral", 1.0)):
                shape = Mesh(_bent(grown, mm * (1 + 0.05 * k)), HEAD.faces)
                _put(folder / name / spelt, f"mesh_{subtask}", shape, f"landmarks_{subtask}", MARKS * grown)
    return folder


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, made: Path, tmp_path: Path) -> Run:
    shutil.copytree(made, tmp_path / "data")
    monkeypatch.chdir(tmp_path / "data")
    return lambda *arguments: command(capsys, *arguments)


def _rows(folder: str) -> pd.DataFrame:
    # Seconds are the clock's.
    return fsbench.load_run(folder).samples.drop(columns="seconds")


def _plain(text: str) -> str:
    """Without the breaks of lines."""
    return " ".join(text.split())


def test_every_command(run: Run) -> None:
    checked = run("check", "svfr-local", *FILES)
    assert checked.code == 0 and "7 for each scan and prediction" in checked.out, checked.out + checked.err
    for name in ("near", "far"):
        scored = run("score", "svfr-local", "--root", "root", "--pred", name, "--out", f"runs/{name}", "--keep-maps")
        assert scored.code == 0, scored.err
        assert LOCAL in scored.err and "it differs from the server's program, which is not public" in scored.err
    near, far = _rows("runs/near"), _rows("runs/far")
    assert list(near["sample"]) == SAMPLES and set(near["status"]) == {"ok"}
    assert set(near["subject"]) == set(PEOPLE) and set(near["sequence"]) <= {"EMO", "EXP", "SEN", "FREE"}
    assert (far["l1_mm"] > near["l1_mm"]).all() and (far["recall_1mm"] < near["recall_1mm"]).all()
    assert ((near["l1_mm"] >= near["l2_mm"]) & (near["l1_mm"] <= 3**0.5 * near["l2_mm"])).all()
    both = ("runs/near", "runs/far")
    for form in ("text", "markdown", "latex", "html"):
        table = run("table", *both, "--format", form)
        assert table.code == 0 and f"SVFR ({LOCAL}), by subtask" in _plain(table.out), table.err
        assert "changes with that frame" in _plain(table.out)
        assert "10 of 391 posed and 10 of 391 neutral samples; done is over these" in _plain(table.out)
    compared = run("compare", *both)
    assert compared.code == 0 and "Local, not the leaderboard" in _plain(compared.out), compared.err
    for kind in ("error", "distribution", "cumulative"):
        plotted = run("plot", *both, "--kind", kind, "-o", f"{kind}.svg")
        assert plotted.code == 0 and LOCAL in plotted.out + plotted.err and Path(f"{kind}.svg").stat().st_size
    for out in ("h.png", "h.ply"):
        heat = run("heatmap", "runs/near", SAMPLES[0], "-o", out)
        assert heat.code == 0 and "L1 0." in heat.err and ", L2 0." in heat.err, heat.err
    assert run("heatmap", "runs/near", "--all", "--sheet", "-o", "sheet.png").code == 0
    assert run("report", *both, "-o", "page.html").code == 0
    assert LOCAL in Path("page.html").read_text("utf-8")
    shutil.copy(ROOT / "leaderboards/methods.csv", ".")
    refused = run("leaderboard", "add", "runs/near", "--folder", ".", *_PAPER)
    assert refused.code == 2 and "svfr-local has no board" in refused.err


_PAPER = ("--paper", "P", "--venue", "V", "--year", "2026", "--source", "https://example.org")


def test_processes_shards_archives_and_the_scorer_give_the_same_rows(
    run: Run, monkeypatch: pytest.MonkeyPatch, ctrl_c: None
) -> None:
    assert run("score", "svfr-local", *FILES, "--out", "one").code == 0
    whole = _rows("one")
    assert run("score", "svfr-local", *FILES, "--out", "two", "--jobs", "2").code == 0
    for shard in ("1/2", "2/2"):
        assert run("score", "svfr-local", *FILES, "--out", f"part{shard[0]}", "--shard", shard).code == 0
    assert run("merge", "part1", "part2", "--out", "merged").code == 0
    with ctrl_c_after(monkeypatch, 3):
        assert run("score", "svfr-local", *FILES, "--out", "stopped").code == 130
    went_on = run("score", "svfr-local", *FILES, "--out", "stopped")
    assert went_on.code == 0 and "going on: 3 of 20 samples" in went_on.err
    assert run("score", "svfr-local", *FILES, "--out", "stopped", "--resume").code == 0
    shutil.make_archive("far-zip", "zip", "far")
    for pred in ("far", "far-zip.zip"):
        out = f"of-{Path(pred).suffix[1:]}"
        assert run("score", "svfr-local", *FILES[:3], pred, "--method", "x", "--out", out).code == 0
    for name in ("two", "merged", "stopped"):
        pd.testing.assert_frame_equal(_rows(name), whole)
    pd.testing.assert_frame_equal(_rows("of-zip"), _rows("of-"))
    scorer = fsbench.Scorer("svfr-local", "root")
    assert list(scorer.samples) == SAMPLES
    again = scorer.score(SAMPLES[0], _bent(1.0, 1.0), HEAD.faces, MARKS)
    assert again.l1_mm == pytest.approx(whole.loc[0, "l1_mm"], abs=ROUNDING)


def test_a_missing_prediction_is_a_row_and_one_subtask_can_be_asked_for(run: Run) -> None:
    for path in Path("near").rglob("*_neutral.*"):
        path.unlink()
    checked = run("check", "svfr-local", *FILES)
    assert checked.code == 1 and "no prediction for 10 of 20" in checked.out
    assert run("score", "svfr-local", *FILES, "--out", "a").code == 1
    assert _rows("a")["status"].value_counts().to_dict() == {"ok": 10, "missing": 10}
    assert run("score", "svfr-local", *FILES, "--out", "b", "--samples", "*/posed").code == 0
    assert set(_rows("b")["subtask"]) == {"posed"}


def test_landmarks_lie_beside_the_mesh_or_are_vertices(run: Run) -> None:
    person, image = Path("near", unpad_timestep(f"{FIRST}/x")).parent, FIRST
    (person / "landmarks_posed.npy").unlink()
    scored = run("score", "svfr-local", *FILES, "--out", "a", "--samples", f"{image}/posed")
    assert scored.code == 2 and "landmarks_posed with one of" in scored.err and ".npy" in scored.err, scored.err
    marks = ("--pred-landmarks", ",".join(map(str, ROWS)))
    assert run("score", "svfr-local", *FILES, *marks, "--out", "b", "--samples", f"{image}/posed").code == 0


def test_places_on_triangles_are_landmarks_of_all_predictions(run: Run) -> None:
    """As a corner has the weight 1, they are the vertices."""
    corners = [next((i, int(row)) for i, row in zip(*np.where(HEAD.faces == vertex), strict=True)) for vertex in ROWS]
    places = [[int(triangle), float(row == 0), float(row == 1)] for triangle, row in corners]
    Path("places.json").write_text(json.dumps(places))
    for path in Path("near").rglob("landmarks_*.npy"):
        path.unlink()
    for out, marks in (("places", "places.json"), ("vertices", ",".join(map(str, ROWS)))):
        assert run("score", "svfr-local", *FILES, "--pred-landmarks", marks, "--out", out).code == 0
    pd.testing.assert_frame_equal(_rows("places"), _rows("vertices"))
    assert run("check", "svfr-local", *FILES, "--pred-landmarks", "places.json").code == 0
    named = fsbench.Scorer("svfr-local", "root", choice=fsbench.Choice(pred_landmarks="places.json"))
    again = named.score(SAMPLES[0], _bent(1.0, 1.0), HEAD.faces)
    assert again.l1_mm == pytest.approx(_rows("places").loc[0, "l1_mm"], abs=ROUNDING)
    batch = named.score_batch([SAMPLES[0]], _bent(1.0, 1.0)[None], HEAD.faces)
    assert batch["status"].tolist() == ["ok"] and batch.loc[0, "l1_mm"] == pytest.approx(again.l1_mm, abs=ROUNDING)
    with pytest.raises(UsageError, match="another topology"):
        named.score(SAMPLES[0], FACE.vertices, FACE.faces[:3])
    # Beside a mesh, too.
    for path in Path("near").rglob("mesh_*.ply"):
        shutil.copy("places.json", path.with_name(path.stem.replace("mesh", "landmarks") + ".json"))
    assert run("score", "svfr-local", *FILES, "--out", "beside").code == 0
    pd.testing.assert_frame_equal(_rows("beside"), _rows("vertices"))


def test_a_neutral_cloud_may_stand_once_a_person(run: Run) -> None:
    assert run("score", "svfr-local", *FILES, "--out", "each").code == 0
    for image in IMAGES:
        person = Path("root", image).parent
        for name in ("cloud_neutral.ply", "landmarks_neutral.npy"):
            Path("root", image, name).replace(person / name)
    assert run("score", "svfr-local", *FILES, "--out", "once", "--samples", ",".join(SAMPLES)).code == 0
    pd.testing.assert_frame_equal(_rows("once"), _rows("each"))
    asked = fsbench.open_benchmark("svfr-local", "root").samples
    n_people = sum(image.startswith(PEOPLE) for image in images())
    assert [one.bins["subtask"] for one in asked].count("neutral") == n_people


def test_another_cloud_is_another_signature(run: Run) -> None:
    before = fsbench.open_benchmark("svfr-local", "root").signature
    cloud = Path("root", FIRST, "cloud_posed.ply")
    write_ply(cloud, Mesh(FACE.vertices[:-1]))
    after = fsbench.open_benchmark("svfr-local", "root").signature
    assert before != after and before.partition("|references:")[0] == after.partition("|references:")[0]


def test_two_clouds_of_an_image_are_a_row_with_the_reason(run: Run) -> None:
    image = next(one for one in IMAGES if unpad_timestep(f"{one}/x") != f"{one}/x")
    shutil.copytree(Path("root", image), Path("root", unpad_timestep(f"{image}/x")).parent)
    assert run("score", "svfr-local", *FILES, "--out", "a").code == 1
    row = _rows("a").set_index("sample").loc[f"{image}/posed"]
    assert row["status"] == "failed" and "could both be the scan" in row["reason"]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ((*FILES, "--pred-unit", "mm"), "ask for --scale metric"),
        ((*FILES, "--set", "normal_neighbours=2"), "expected 3 to 1000"),
        ((*FILES, "--set", "align=icp"), "no such setting"),
        ((*FILES[2:], "--root", "near"), "there is no cloud of an image here"),
        ((*FILES, "--landmarks", "1,2,3"), "names 3 vertices"),
    ],
)
def test_what_is_refused(run: Run, options: tuple[str, ...], text: str) -> None:
    answer = run("score", "svfr-local", *options, "--out", "a")
    assert answer.code == 2 and text in answer.err, answer.err


def test_a_metric_scale_keeps_the_size(run: Run) -> None:
    assert run("score", "svfr-local", *FILES, "--out", "fitted").code == 0
    assert run("score", "svfr-local", *FILES, "--scale", "metric", "--pred-unit", "mm", "--out", "metric").code == 0
    assert "|scale:metric|unit:mm|" in fsbench.load_run("metric").signature
    assert set(_rows("metric")["mm_per_unit"]) == {1.0}
    assert run("table", "fitted", "metric").code == 2, "runs of different signatures share no table"


def _lay_out(folder: Path, subtask: str) -> None:
    for name, content in complete(subtask).items():
        path = folder / unpad_timestep(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def test_a_zip_is_packed_and_checked(capsys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _lay_out(tmp_path / "p", "posed")
    _lay_out(tmp_path / "n", "neutral")
    packed = command(capsys, "svfr", "pack", "--posed", "p", "--neutral", "n", "-o", "x.zip")
    assert packed.code == 0 and "782 meshes and 782 files of landmarks of 391 images are in x.zip" in packed.err
    assert packed.out.splitlines() == [
        "ok     posed     391 of 391 meshes",
        "ok     neutral   391 of 391 meshes",
        "ok     official  accepts it",
        "ok     verdict   x.zip is fit to be handed in",
    ]
    checked = command(capsys, "svfr", "check", "x.zip")
    assert (checked.code, checked.out) == (0, packed.out)
    assert "differs from the official client (nersemble_benchmark 0.2.0)" in checked.err


def test_what_is_wrong_with_a_zip_is_said_line_by_line(capsys, tmp_path: Path) -> None:
    files = complete("posed")
    del files[f"{IMAGES[2]}/mesh_posed.ply"]
    marks = f"{FIRST}/landmarks_posed.npy"
    zipped = write(tmp_path / "x.zip", files | {"\x1b[2Jread me.txt": b"x", marks: files[marks][:-8]})
    hostile = command(capsys, "svfr", "check", zipped)
    assert hostile.code == 2 and "control character" in hostile.err and "\x1b" not in hostile.err
    zipped = write(tmp_path / "y.zip", files | {"read me.txt": b"x", marks: files[marks][:-8]})
    checked = command(capsys, "svfr", "check", zipped)
    assert checked.code == 1
    lines = checked.out.splitlines()
    assert lines[:5] == [
        "wrong  posed     390 of 391 meshes",
        "ok     neutral   0 of 391 meshes",
        f"wrong  official  ends with an exception at {marks}",
        f"wrong  official  missing_posed_meshes 1: {IMAGES[2]}/mesh_posed.ply",
        "wrong  official  unexpected_files 1: read me.txt",
    ]
    assert lines[5].startswith("wrong  landmarks  cannot be read: the header announces") and marks in lines[5]
    assert lines[6] == f"wrong  verdict   {zipped} is not fit to be handed in"


def test_flames_topology_can_be_compared(capsys, tmp_path: Path) -> None:
    zipped = write(tmp_path / "x.zip", complete("posed"))
    write_ply(tmp_path / "flame.ply", HEAD)
    assert command(capsys, "svfr", "check", zipped, "--flame", tmp_path / "flame.ply").code == 0
    missing = command(capsys, "svfr", "check", zipped, "--flame", tmp_path / "none.ply")
    assert missing.code == 2 and "there is no such file" in missing.err
