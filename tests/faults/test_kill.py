"""A run that is killed at any moment goes on, and ends as if nothing had been."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import fsbench

SAMPLES = [f"{i:03d}" for i in (0, 100, 200, 300)]
METHOD = "pred/wild_pred/mean-face"


@pytest.fixture(scope="module")
def large(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixteen samples: every one of the four under four numbers."""
    root = tmp_path_factory.mktemp("large") / "root"
    shutil.copytree(sample / "code", root / "code")
    for folder in ("data/wild_gt_mesh", METHOD):
        (root / folder).mkdir(parents=True)
        for i in range(16):
            name = SAMPLES[i % 4]
            (root / folder / f"{int(name) + i // 4:03d}.obj").symlink_to(sample / folder / f"{name}.obj")
    return root


def _command(root: Path, out: Path) -> list[str]:
    chosen = ",".join(f"{int(name) + i:03d}" for name in SAMPLES for i in range(4))
    call = "from fsbench.cli import main; main()"
    return [
        *(sys.executable, "-c", call, "score", "fswild", "--root", str(root), "--pred", str(root / METHOD)),
        *("-a", "3DDFA_V2", "--samples", chosen, "--jobs", "2", "--no-cache", "--out", str(out)),
    ]


def _rows(out: Path):
    return fsbench.load_run(out).samples.drop(columns="seconds")


@pytest.fixture(scope="module")
def undisturbed(large: Path, tmp_path_factory: pytest.TempPathFactory):
    out = tmp_path_factory.mktemp("undisturbed") / "run"
    subprocess.run(_command(large, out), check=True, capture_output=True)
    return _rows(out)


@pytest.mark.parametrize("n_done", [0, 1, 6])
def test_a_killed_run_goes_on_and_ends_the_same(large: Path, undisturbed, tmp_path: Path, n_done: int) -> None:
    out = tmp_path / "run"
    journal = out / "journal.jsonl"
    running = subprocess.Popen(_command(large, out), stderr=subprocess.PIPE, start_new_session=True)
    # Killed as soon as so many samples are in the journal, its first line being the settings.
    while running.poll() is None and not (journal.exists() and journal.read_bytes().count(b"\n") > n_done):
        pass
    os.killpg(running.pid, signal.SIGKILL)
    running.communicate()
    assert running.returncode == -signal.SIGKILL, "it was done before it could be killed"
    assert not (out / "samples.csv").exists()
    again = subprocess.run(_command(large, out), check=True, capture_output=True, text=True)
    if n_done:
        assert "samples are scored already" in again.stderr
    assert _rows(out).equals(undisturbed)
    assert not journal.exists()
