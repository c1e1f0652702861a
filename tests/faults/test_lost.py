"""What a whole run stands on is gone in its middle: it stops, blames no sample, and goes on when it is back."""

import errno
import os
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

import fsbench
from fsbench.benchmarks import Choice
from fsbench.core.mesh import Mesh
from fsbench.io import write_ply
from fsbench.metrics.pool import Pool
from fsbench.runs.pool_files import write_pool
from fsbench.scoring.evaluate import Task
from fsbench.submissions.adapter import Adapter
from fsbench.submissions.submission import Submission
from tests.cli.commands import fsbench as run
from tests.heads import face_of, head

SAMPLES = ("000", "100", "200", "300")
METHOD = "pred/wild_pred/mean-face"

ADAPTER = """
    import time
    from pathlib import Path
    from fsbench import submissions as adapters

    def load(folder, sample, focal_px):
        trouble, busy = (Path(__file__).with_name(name) for name in ("trouble", "busy"))
        if sample == "200" and trouble.exists():
            lost = Path(trouble.read_text())
            # What the other worker has begun is written down before, and it begins nothing until the loss is complete.
            busy.touch()
            time.sleep(0.5)
            trouble.unlink()
            lost.rename(lost.with_name("gone"))
            busy.unlink()
            raise ValueError("whatever the loss leads to")
        while busy.exists():
            time.sleep(0.01)
        return adapters.load("3DDFA_V2", folder, sample, focal_px)
"""


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("which", ["pred", "root"])
def test_a_lost_folder_stops_the_run_and_costs_no_row(
    capsys, sample: Path, tmp_path: Path, jobs: int, which: str
) -> None:
    (tmp_path / "pred").symlink_to(sample / METHOD)
    (tmp_path / "root").symlink_to(sample)
    (tmp_path / "own.py").write_text(textwrap.dedent(ADAPTER))

    def score(name: str):
        return run(capsys, "score", "fswild", "--root", tmp_path / "root", "--pred", tmp_path / "pred", "--jobs", jobs,
                   "-a", f"{tmp_path / 'own.py'}:load", "--samples", ",".join(SAMPLES), "--out", tmp_path / name,
                   "--no-cache")  # fmt: skip

    assert score("whole").code == 0
    (tmp_path / "trouble").write_text(str(tmp_path / which))
    answer = score("run")
    assert answer.code == 2
    # A worker that starts when the folder is gone already has never read it.
    said = ("cannot be read any more", "no such folder") if jobs > 1 else ("cannot be read any more",)
    assert any(f"{tmp_path / which}: {words}" in answer.err for words in said)
    assert "the same command goes on" in answer.err
    assert not (tmp_path / "run" / "samples.csv").exists()
    (tmp_path / "gone").rename(tmp_path / which)
    assert score("run").code == 0
    whole, again = (fsbench.load_run(tmp_path / name).samples.drop(columns="seconds") for name in ("whole", "run"))
    assert whole.equals(again)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux knows where an open file is now")
@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("is_deleted", [False, True])
def test_a_run_whose_folder_is_gone_says_where_its_samples_are(
    capsys, sample: Path, tmp_path: Path, jobs: int, is_deleted: bool
) -> None:
    out, gone = tmp_path / "run", tmp_path / "gone"
    (tmp_path / "own.py").write_text(
        textwrap.dedent(ADAPTER).replace(
            """busy.unlink()
        raise ValueError("whatever the loss leads to")""",
            f"""{"import shutil; shutil.rmtree(lost.with_name('gone'))" if is_deleted else "pass"}
        busy.unlink()""",
        )
    )

    def score():
        return run(capsys, "score", "fswild", "--root", sample, "--pred", sample / METHOD, "--jobs", jobs, "--no-cache",
                   "-a", f"{tmp_path / 'own.py'}:load", "--samples", ",".join(SAMPLES), "--out", out)  # fmt: skip

    (tmp_path / "trouble").write_text(str(out))
    answer = score()
    assert answer.code == 2 and "Traceback" not in answer.err
    assert not out.exists()
    assert "samples are kept in" not in answer.err
    if is_deleted:
        assert f"are lost, as {out} was deleted" in answer.err
    else:
        assert f"are kept in {gone}, as {out} was renamed: rename it back, and the same command goes on" in answer.err
        gone.rename(out)
    # Two workers may have had their first sample under way when the folder went.
    is_kept = not is_deleted and '"reason"' in (out / "journal.jsonl").read_text("utf-8")
    again = score()
    assert again.code == 0 and ("going on: " in again.err) is is_kept
    assert is_kept or is_deleted or jobs > 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux knows where an open file is now")
def test_a_run_of_scans_whose_folder_is_renamed_says_so_too(capsys, monkeypatch, tmp_path: Path) -> None:
    for folder, shape in (("scans", face_of(head(30, 40))), ("pred", head(30, 40))):
        (tmp_path / folder).mkdir()
        for name in ("anna", "berta"):
            write_ply(tmp_path / folder / f"{name}.ply", shape)
    out, gone = tmp_path / "run", tmp_path / "gone"

    def rename(folder: Path, sample: str, pool: Pool) -> None:
        if sample == "berta":
            out.rename(gone)
        write_pool(folder, sample, pool)

    monkeypatch.setattr("fsbench.scoring.run_hooks.write_pool", rename)
    answer = run(capsys, "score", "scan", "--root", tmp_path / "scans", "--pred", tmp_path / "pred", "--out", out)
    assert answer.code == 2 and f"1 of 2 samples are kept in {gone}, as {out} was renamed" in answer.err


def test_no_room_for_distances_stops_the_run(capsys, monkeypatch, tmp_path: Path) -> None:
    for folder, shape in (("scans", face_of(head(30, 40))), ("pred", head(30, 40))):
        (tmp_path / folder).mkdir()
        for name in ("anna", "berta"):
            write_ply(tmp_path / folder / f"{name}.ply", shape)
    command = ("score", "scan", "--root", tmp_path / "scans", "--pred", tmp_path / "pred", "--out", tmp_path / "run")

    def full(folder: Path, sample: str, pool: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "a file of ours")

    with monkeypatch.context() as patched:
        patched.setattr("fsbench.scoring.run_hooks.write_pool", full)
        answer = run(capsys, *command)
    assert answer.code == 2 and "No space left" in answer.err and "the same command goes on" in answer.err
    assert run(capsys, *command).code == 0
    assert np.isfinite(fsbench.load_run(tmp_path / "run").samples["ref_to_pred_mean_mm"]).all()


def test_a_file_that_the_system_cannot_read_is_a_row(capsys, monkeypatch, sample: Path, tmp_path: Path) -> None:
    load = Adapter.load

    def broken(self: Adapter, folder: str, name: str, focal_px: float | None = None) -> Mesh:
        if name == "000":
            raise OSError(errno.EIO, os.strerror(errno.EIO), f"{folder}/000.obj")
        return load(self, folder, name, focal_px)

    monkeypatch.setattr(Adapter, "load", broken)
    answer = run(capsys, "score", "fswild", "--root", sample, "--pred", sample / METHOD, "-a", "3DDFA_V2",
                 "--samples", "000,100", "--out", tmp_path / "run")  # fmt: skip
    assert answer.code == 1
    rows = fsbench.load_run(tmp_path / "run").samples
    assert list(rows["status"]) == ["failed", "ok"]
    assert rows["reason"][0] == f"{sample / METHOD}/000.obj: Input/output error"


def test_a_task_that_travels_names_whole_paths_and_gives_the_same_rows(monkeypatch, sample: Path, tmp_path) -> None:
    monkeypatch.chdir(sample)
    near = Task("fswild", ".", Submission(METHOD, fsbench.adapters.get("3DDFA_V2")), Choice())
    far = near.with_absolute_paths()
    rows = [near("000"), near("001")]
    monkeypatch.chdir(tmp_path)
    for row, there in zip(rows, (far("000"), far("001")), strict=True):
        assert (row.status, row.reason, row.scores) == (there.status, there.reason, there.scores)
    assert rows[1].status == "missing" and f"{METHOD}/001.obj" in rows[1].reason


def test_landmarks_travel_too(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "marks").mkdir()
    choice = Choice(landmarks="marks", pred_landmarks="{sample}_lmk.csv")
    far = Task("scan", "scans", Submission("pred"), choice, sample_folder="pools").with_absolute_paths()
    assert (far.root, far.sample_folder) == (str(tmp_path / "scans"), str(tmp_path / "pools"))
    assert far.choice == Choice(landmarks=str(tmp_path / "marks"), pred_landmarks="{sample}_lmk.csv")
