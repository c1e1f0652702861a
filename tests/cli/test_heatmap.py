"""`fsbench heatmap` as a user types it."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from fsbench.io import read_mesh
from fsbench.runs import load_run
from fsbench.submissions.frame import Frame
from tests.cli.commands import Answer, fsbench

METHOD = "pred/wild_pred/mean-face"


@pytest.fixture(scope="module")
def run(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two samples, without the command line's fixtures, which live for one test."""
    from fsbench import submissions as adapters
    from fsbench.benchmarks import Benchmark
    from fsbench.scoring.score import score
    from fsbench.submissions.submission import Submission

    folder = tmp_path_factory.mktemp("heat") / "run"
    opened = Benchmark.open("fswild", sample)
    submission = Submission(sample / METHOD, adapters.get("3DDFA_V2"))
    score(opened, submission, folder, samples="000,001,300", overwrite=True)
    return folder


def heatmap(capsys, sample: Path, run: Path, *arguments: object, pred: Path | None = None) -> Answer:
    return fsbench(capsys, "heatmap", run, *arguments, "--root", sample, "--pred", pred or sample / METHOD)


def test_ply_has_the_distances(capsys, sample, run, tmp_path):
    answer = heatmap(capsys, sample, run, "000", "-o", tmp_path / "h.ply")
    assert (answer.code, answer.out) == (0, "")
    row = load_run(run).samples.set_index("sample").loc["000"]
    assert f"mean-face, fswild 000: CD {row['cd_mm']:.2f} mm, CR {100 * row['cr']:.1f} %" in answer.err
    content = (tmp_path / "h.ply").read_bytes()
    for line in (b"property uchar red", b"property float quality"):
        assert line in content[:500]
    mesh = read_mesh(tmp_path / "h.ply")
    kinds = [(name, "<f8") for name in "xyz"] + [(name, "u1") for name in "rgb"] + [("quality", "<f4")]
    start = content.index(b"end_header\n") + len(b"end_header\n")
    quality = np.frombuffer(content, np.dtype(kinds), mesh.n_vertices, start)["quality"]
    # rel: quality is kept in single precision.
    assert quality.mean() == pytest.approx(row["cd_pred_to_ref_mm"], rel=1e-5)


def test_png_and_sheet(capsys, sample, run, tmp_path):
    assert heatmap(capsys, sample, run, "300", "-o", tmp_path / "h.png").code == 0
    answer = heatmap(capsys, sample, run, "--all", "--sheet", "-o", tmp_path / "s.png")
    assert answer.code == 0
    assert answer.err.splitlines()[-1] == "±90°: median 300"
    for name in ("h.png", "s.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("adapter", [{"adapter": "3DDFA_V2"}, Frame("pixels", unit=1.0).settings()])
def test_what_the_run_knows_need_not_be_said_again(capsys, sample, run, tmp_path, adapter):
    recorded = tmp_path / "run"
    load_run(run).save(recorded)
    manifest = json.loads((recorded / "run.json").read_text())
    manifest["settings"]["adapter"] = adapter
    (recorded / "run.json").write_text(json.dumps(manifest))
    answer = fsbench(capsys, "heatmap", recorded, "000", "-o", tmp_path / "h.png")
    assert (answer.code, answer.out) == (0, ""), answer.err


def test_files_that_have_moved_are_asked_for(capsys, sample, run, tmp_path):
    moved = tmp_path / "run"
    load_run(run).save(moved)
    manifest = json.loads((moved / "run.json").read_text())
    manifest["settings"]["pred"] = str(tmp_path / "gone")
    (moved / "run.json").write_text(json.dumps(manifest))
    answer = fsbench(capsys, "heatmap", moved, "000", "-o", tmp_path / "h.png")
    assert answer.code == 2 and f"was scored with --pred {tmp_path / 'gone'}, which is not here" in answer.err
    assert fsbench(capsys, "heatmap", moved, "000", "--pred", sample / METHOD, "-o", tmp_path / "h.png").code == 0


def test_a_frame_that_a_run_cannot_have_had_is_refused(capsys, sample, run, tmp_path):
    odd = tmp_path / "run"
    load_run(run).save(odd)
    manifest = json.loads((odd / "run.json").read_text())
    manifest["settings"]["adapter"] = Frame("pixels").settings() | {"pattern": "../{sample}", "unit": "x"}
    (odd / "run.json").write_text(json.dumps(manifest))
    answer = fsbench(capsys, "heatmap", odd, "000", "-o", tmp_path / "h.png")
    assert answer.code == 2 and "fsbench:" in answer.err


def test_other_files_than_the_runs_are_noticed(capsys, sample, run, tmp_path):
    pred = tmp_path / "pred"
    shutil.copytree(sample / METHOD, pred)
    shutil.copy(pred / "100.obj", pred / "000.obj")
    answer = heatmap(capsys, sample, run, "000", "-o", tmp_path / "h.ply", pred=pred)
    assert answer.code == 2
    assert "are --pred, --root and the adapter those of the run?" in answer.err
    assert not (tmp_path / "h.ply").exists()


def test_a_run_cannot_choose_code_to_execute(capsys, sample, run, tmp_path):
    sent = tmp_path / "sent"
    load_run(run).save(sent)
    manifest = json.loads((sent / "run.json").read_text())
    manifest["settings"]["adapter"] = {"adapter": "evil.py:load"}
    (sent / "run.json").write_text(json.dumps(manifest))
    answer = heatmap(capsys, sample, sent, "000", "-o", tmp_path / "h.ply")
    assert answer.code == 2
    assert "say with -a" in answer.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("000", "-o", "h.gif"), "should end in .png or .ply"),
        (("-o", "h.png"), "name one SAMPLE, or ask for --all --sheet"),
        (("000", "--all", "--sheet", "-o", "h.png"), "name one SAMPLE"),
        (("--all", "--sheet", "-o", "h.ply"), "should end in .png"),
        (("002", "-o", "h.png"), "the run has no sample '002'; its samples run from 000 to 300"),
    ],
)
def test_wrong_use(capsys, sample, run, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    answer = heatmap(capsys, sample, run, *arguments)
    assert answer.code == 2
    assert message in answer.err
