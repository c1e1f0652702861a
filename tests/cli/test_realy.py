"""REALY by the command line, on two subjects of a synthetic face in the official layout."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fsbench import Scorer
from fsbench.benchmarks import Choice
from fsbench.core.mesh import Mesh
from fsbench.protocols.realy.quantities import CAUTIONS
from fsbench.protocols.realy.template import REGIONS
from fsbench.report.heatmaps.recorded import opened
from fsbench.runs import load_run
from tests.cli.commands import Run, rows_of
from tests.keypointed import face, reference, template
from tests.shapes import write_obj


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, own, whole = tmp_path_factory.mktemp("realy"), reference(), face()
    for subject in ("1", "2"):
        write_obj(folder / f"root/REALY_HIFI3D_keypoints/{subject}.obj", Mesh(own.keypoints))
        for name in REGIONS:
            write_obj(folder / f"root/REALY_scan_region/{subject}/{name}.obj", own.regions[name])
    (folder / "root/metrical_scale.txt").write_text("9\n9\n")
    x, y, _ = whole.vertices.T
    for subject, height in (("1", 0.1), ("2", 0.2)):
        bump = (height * np.sin(x) * np.cos(1.3 * y))[:, None] * [0, 0, 1]
        write_obj(folder / f"pred/{subject}.obj", Mesh(whole.vertices + bump, whole.faces))
    write_obj(folder / "T.obj", whole)
    known = template()
    rows = np.column_stack([known.triangles, known.weights[:, :2]]).tolist()
    (folder / "T.txt").write_text(json.dumps([[int(triangle), *weights] for triangle, *weights in rows]))
    (folder / "mask.txt").write_text("1\n" * whole.n_vertices)
    return folder


FILES = ("--root", "root", "--pred", "pred", "--set", "template=T.obj", "--set", "keypoints=T.txt")


def test_every_command(run: Run) -> None:
    assert run("check", "realy", *FILES).code == 0
    assert "all 2 predictions were read, each can be used" in run("check", "realy", *FILES, "--all").out
    scored = run("score", "realy", *FILES, "--out", "a")
    assert scored.code == 0, scored.err
    assert all(caution in scored.err for caution in CAUTIONS)
    assert "differs from the public REALY evaluator" in scored.err
    rows = rows_of("a")
    assert rows["status"].tolist() == ["ok", "ok"]
    errors = rows[[f"{name}_mm" for name in REGIONS]]
    assert rows["all_mm"].to_numpy() == pytest.approx(errors.mean(axis=1).to_numpy(), rel=1e-9)
    assert (rows.loc["2", "all_mm"] > rows.loc["1", "all_mm"]) and rows.loc["1", "all_mm"] > 0
    for command in (("table", "a"), ("table", "a", "--format", "latex"), ("compare", "a", "b")):
        if "b" in command:
            shutil.copytree("pred", "other")
            shutil.copy("pred/2.obj", "other/1.obj")
            assert run("score", "realy", *FILES, "--pred", "other", "--out", "b").code == 0
        answer = run(*command)
        assert answer.code == 0, answer.err
        # Lines are wrapped, and LaTeX escapes the per cent.
        said = " ".join(answer.out.replace("\\", "").split())
        assert "the frame of the reference data" in said and "unstable to about 1e-5" in said
    assert run("plot", "a", "--kind", "distribution", "-o", "a.png").code == 0
    assert run("heatmap", "a", "1", "-o", "h.png").code == 0, "the run knows its files"
    assert run("heatmap", "a", "1", *FILES, "-o", "h.ply").code == 0
    with opened(load_run("a")) as source:
        assert source.heat("1").at == "scan", "the distances are at the scan's regions, and the picture says so"
    assert json.loads(Path("a/run.json").read_text("utf-8"))["cautions"][:2] == list(CAUTIONS)
    assert run("table", "a", "--across").out.count("unstable to about 1e-5") == 1, "the metrics' note says it already"


def test_processes_shards_and_the_scorer_give_the_same_rows(
    run: Run, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("score", "realy", *FILES, "--out", "one").code == 0
    assert run("score", "realy", *FILES, "--out", "two", "--jobs", "2").code == 0
    for shard in ("1/2", "2/2"):
        assert run("score", "realy", *FILES, "--out", f"part{shard[0]}", "--shard", shard).code == 0
    assert run("merge", "part1", "part2", "--out", "whole").code == 0
    rows = rows_of("one")
    for other in ("two", "whole"):
        pd.testing.assert_frame_equal(rows_of(other).sort_index(), rows)
    choice = Choice(changes=("template=T.obj", "keypoints=T.txt"))
    scorer = Scorer("realy", "root", choice=choice)
    moved = face().vertices + (0.1 * np.sin(face().vertices[:, 0]) * np.cos(1.3 * face().vertices[:, 1]))[:, None] * [
        0,
        0,
        1,
    ]
    assert scorer.score("1", moved, face().faces).all_mm == pytest.approx(rows.loc["1", "all_mm"], rel=1e-5)


def test_a_missing_prediction_is_a_row(run: Run, data: Path) -> None:
    (data / "pred/2.obj").unlink()
    checked = run("check", "realy", *FILES)
    assert checked.code == 1 and "no prediction for 1 of 2: 2" in checked.out
    assert run("score", "realy", *FILES, "--out", "a").code == 1
    assert rows_of("a")["status"].to_dict() == {"1": "ok", "2": "missing"}


def test_a_sample_is_scored_again_when_the_template_changes(run: Run, data: Path) -> None:
    (data / "pred/2.obj").rename(data / "2.obj")
    run("score", "realy", *FILES, "--out", "a")
    before = rows_of("a").loc["1", "nose_mm"]
    (data / "2.obj").rename(data / "pred/2.obj")
    keypoints = json.loads((data / "T.txt").read_text())
    # The tip of the nose, which is step 2's.
    keypoints[30] = keypoints[29]
    (data / "T.txt").write_text(json.dumps(keypoints))
    assert run("score", "realy", *FILES, "--out", "b").code == 0
    assert rows_of("b").loc["1", "nose_mm"] != before
    from fsbench.benchmarks import Benchmark
    from fsbench.scoring.evaluate import Task
    from fsbench.submissions.submission import Submission

    choice = Choice(changes=("template=T.obj", "keypoints=T.txt"))
    task = Task.of(Benchmark.open("realy", "root", choice), Submission("pred"))
    origin = task.origin("1")
    (data / "T.txt").write_text(json.dumps(keypoints) + "\n")
    assert task.origin("1") != origin
    far = Task.of(Benchmark.open("realy", "root", choice), Submission("pred")).with_absolute_paths()
    os.chdir("/")
    assert far("1").status == "ok"


def test_views_are_samples(run: Run, data: Path) -> None:
    for subject, view in (("1", "0"), ("1", "3"), ("2", "0")):
        shutil.copy(f"pred/{subject}.obj", f"pred/{subject}_{view}.obj")
    assert run("score", "realy", *FILES, "--set", "views=0,3", "--out", "a").code == 1
    rows = rows_of("a")
    assert rows["status"].to_dict() == {"1_0": "ok", "1_3": "ok", "2_0": "ok", "2_3": "missing"}
    assert rows.loc["1_0", "nose_mm"] == rows.loc["1_3", "nose_mm"]


def test_a_mask_is_said_and_signed(run: Run) -> None:
    scored = run("score", "realy", *FILES, "--set", "mask=mask.txt", "--out", "a")
    assert scored.code == 0 and "masked runs compare with masked runs only" in scored.err
    assert "|mask:template|" in json.loads(Path("a/run.json").read_text())["signature"]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (FILES[:6], "give --set template=T.obj and --set keypoints=T.txt"),
        ((*FILES[:4], "--set", "template=no.obj", *FILES[6:]), "no.obj"),
        ((*FILES, "--set", "tempelate=T.obj"), "did you mean template?"),
        ((*FILES, "--set", "views=0,0"), "each once"),
        ((*FILES, "--pred-unit", "mm"), "its unit cannot matter"),
        ((*FILES, "--landmarks", "1,2,3"), "leave out --landmarks"),
        ((*FILES[2:], "--root", "pred"), "is neither here nor in data/"),
    ],
)
def test_what_is_refused(run: Run, options: tuple[str, ...], text: str) -> None:
    answer = run("score", "realy", *options, "--out", "a")
    assert answer.code == 2 and text in answer.err
