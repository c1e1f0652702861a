"""FG2018's challenge by the command line, on two subjects and four images in the official layout."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fsbench import Scorer
from fsbench.core.mesh import Mesh
from tests.cli.commands import Run, ctrl_c_after, rows_of
from tests.heads import face_of, head
from tests.shapes import write_obj

FILES = ("--root", "root", "--pred", "pred")
SUBJECTS = {"F1001": 1.0, "M1013": 1.05}
SAMPLES = ["HQ/F1001_001", "HQ/M1013_001", "LQ/F1001_002", "LQ/M1013_002"]
MARKS = np.array(
    [[-45.0, 25, 75], [-16, 25, 90], [16, 25, 90], [45, 25, 75], [0, -25, 105], [-25, -50, 80], [25, -50, 80]]
)


def _scan(subject: str) -> Mesh:
    face = face_of(head(40, 60))
    return Mesh(face.vertices * SUBJECTS[subject], face.faces)


def _prediction(name: str) -> tuple[Mesh, np.ndarray]:
    """In metres; with bumps that are higher from one sample to the next."""
    scan = _scan(name[3:8])
    x, y, _ = scan.vertices.T
    bump = (0.5 + SAMPLES.index(name)) * np.sin(x / 9) * np.cos(y / 11)
    return Mesh((scan.vertices + bump[:, None] * [0, 0, 1]) / 1000, scan.faces), MARKS * SUBJECTS[name[3:8]] / 1000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stirling")
    for subject, size in SUBJECTS.items():
        below = f"{subject[0]}_3D_N"
        write_obj(folder / f"root/{below}/{subject.lower()}_N.obj", _scan(subject))
        marks = folder / f"root/annotations/{below}/{subject}_N.lnd"
        marks.parent.mkdir(parents=True)
        marks.write_text("".join(f"{i} {x} {y} {z}\n" for i, (x, y, z) in enumerate(MARKS * size, 1)))
    for name in SAMPLES:
        image = folder / f"root/Subset_2D_FG2018/{name}.jpg"
        image.parent.mkdir(parents=True, exist_ok=True)
        image.touch()
        mesh, marks = _prediction(name)
        write_obj(folder / f"pred/{name}.obj", mesh)
        np.savetxt(folder / f"pred/{name}.txt", marks)
    return folder


def test_every_command(run: Run) -> None:
    checked = run("check", "stirling", *FILES)
    assert checked.code == 0, checked.out
    scored = run("score", "stirling", *FILES, "--out", "a")
    assert scored.code == 0, scored.err
    assert "goes straight into the score" in scored.err
    assert "differs from the public FG2018 program" in scored.err
    rows = rows_of("a")
    assert rows.index.tolist() == SAMPLES
    assert rows["quality"].tolist() == ["HQ", "HQ", "LQ", "LQ"]
    assert rows["rmse_mm"].is_monotonic_increasing and rows["rmse_mm"].iloc[0] > 0.1
    np.testing.assert_allclose(rows["mm_per_unit"], 1000, rtol=1e-6)
    shutil.copytree("pred", "other")
    shutil.copy("pred/HQ/F1001_001.obj", "other/LQ/F1001_002.obj")
    assert run("score", "stirling", *FILES, "--pred", "other", "--out", "b").code == 0
    for command in (("table", "a"), ("table", "a", "--format", "latex"), ("compare", "a", "b")):
        answer = run(*command)
        assert answer.code == 0, answer.err
        assert "HQ" in answer.out or command[0] == "compare"
    table = run("table", "a").out
    assert f"{rows['rmse_mm'].iloc[:2].mean():.2f}" in table
    for fact in ("Nothing is fitted after the seven landmarks", "compare it with Mean"):
        assert fact in " ".join(table.split())
    assert run("plot", "a", "--kind", "distribution", "-o", "a.png").code == 0
    assert run("heatmap", "a", "HQ/F1001_001", "-o", "h.png").code == 0, "the run knows its files"
    assert run("heatmap", "a", "HQ/F1001_001", *FILES, "-o", "h.ply").code == 0
    assert run("report", "a", "b", "-o", "page.html").code == 0


def test_processes_shards_a_resumed_run_and_the_scorer_give_the_same_rows(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("score", "stirling", *FILES, "--out", "one").code == 0
    assert run("score", "stirling", *FILES, "--out", "two", "--jobs", "2").code == 0
    for shard in ("1/2", "2/2"):
        assert run("score", "stirling", *FILES, "--out", f"part{shard[0]}", "--shard", shard).code == 0
    assert run("merge", "part1", "part2", "--out", "whole").code == 0
    with ctrl_c_after(monkeypatch, 2):
        assert run("score", "stirling", *FILES, "--out", "resumed").code == 130
    assert run("score", "stirling", *FILES, "--out", "resumed").code == 0
    rows = rows_of("one")
    for other in ("two", "whole", "resumed"):
        pd.testing.assert_frame_equal(rows_of(other).loc[SAMPLES], rows)
    scorer = Scorer("stirling", "root")
    mesh, marks = _prediction("LQ/F1001_002")
    found = scorer.score("LQ/F1001_002", mesh.vertices, mesh.faces, landmarks=marks)
    # Nine digits of the file.
    assert found.rmse_mm == pytest.approx(rows.loc["LQ/F1001_002", "rmse_mm"], rel=1e-6)


def test_landmarks_may_be_vertices_of_any_topology(run: Run) -> None:
    numbers = ",".join(str(np.abs(_scan("F1001").vertices - mark).sum(1).argmin()) for mark in MARKS)
    for path in Path("pred").rglob("*.txt"):
        path.unlink()
    for path in Path("root/annotations").rglob("*.lnd"):
        path.unlink()
    options = ("--pred-landmarks", numbers, "--landmarks", numbers)
    assert run("score", "stirling", *FILES, *options, "--out", "a").code == 0
    assert "|landmarks:7/" in json.loads(Path("a/run.json").read_text())["signature"]
    assert rows_of("a")["status"].tolist() == ["ok"] * 4


def test_what_has_no_score_is_a_row(run: Run) -> None:
    Path("pred/HQ/F1001_001.obj").unlink()
    Path("pred/LQ/F1001_002.txt").unlink()
    Path("root/annotations/M_3D_N/M1013_N.lnd").write_text("1 2 3\n")
    assert run("score", "stirling", *FILES, "--out", "a").code == 2
    shutil.copy("root/annotations/F_3D_N/F1001_N.lnd", "root/annotations/M_3D_N/M1013_N.lnd")
    mesh, marks = _prediction("HQ/M1013_001")
    flip = np.array([-1, 1, 1])
    write_obj(Path("pred/HQ/M1013_001.obj"), Mesh(mesh.vertices * flip, mesh.faces))
    np.savetxt("pred/HQ/M1013_001.txt", marks * flip)
    assert run("check", "stirling", *FILES).code == 1
    assert run("score", "stirling", *FILES, "--out", "b").code == 1
    rows = rows_of("b")
    assert rows["status"].to_dict() == dict(zip(SAMPLES, ["missing", "invalid", "invalid", "ok"], strict=True))
    assert "swapped" in rows.loc["HQ/M1013_001", "reason"]
    assert "landmarks" in rows.loc["LQ/F1001_002", "reason"]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (("--pred-unit", "mm"), "its unit cannot matter"),
        (("--reference-unit", "mm"), "the scans of stirling are in mm"),
        (("--set", "crop_radius=1.5"), "crop_radius"),
        (("--pred-landmarks", "1,2,3"), "names 3 vertices"),
        (("--root", "pred"), "is not there: --root holds"),
    ],
)
def test_what_is_refused(run: Run, options: tuple[str, ...], text: str) -> None:
    answer = run("score", "stirling", *FILES, *options, "--out", "a")
    assert answer.code == 2 and text in answer.err


def test_a_process_that_goes_on_notices_files_that_came_and_went(run: Run) -> None:
    """Of a folder that was listed with all below it, only the top one's time tells of a change."""
    missing, marks = Path("root/Subset_2D_FG2018/HQ/F1001_001.jpg"), Path("root/annotations/F_3D_N/F1001_N.lnd")
    content = marks.read_text()
    missing.unlink()
    marks.unlink()
    assert run("score", "stirling", *FILES, "--out", "a").code == 1
    missing.touch()
    marks.write_text(content)
    assert run("score", "stirling", *FILES, "--out", "b").code == 0
    assert rows_of("b").index.tolist() == SAMPLES
