"""A run that is killed at any moment goes on, and ends as if nothing had been."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.faults.conftest import METHOD, Disturbable


@pytest.mark.parametrize("n_done", [0, 1, 6])
def test_a_killed_run_goes_on_and_ends_the_same(disturbable: Disturbable, tmp_path: Path, n_done: int) -> None:
    out = tmp_path / "run"
    journal = out / "journal.jsonl"
    running = subprocess.Popen(disturbable.command(out, "--jobs", "2"), stderr=subprocess.PIPE, start_new_session=True)
    # Killed as soon as so many samples are in the journal, its first line being the settings.
    while running.poll() is None and not (journal.exists() and journal.read_bytes().count(b"\n") > n_done):
        pass
    os.killpg(running.pid, signal.SIGKILL)
    running.communicate()
    assert running.returncode == -signal.SIGKILL, "it was done before it could be killed"
    assert not (out / "samples.csv").exists()
    again = subprocess.run(disturbable.command(out, "--jobs", "2"), check=True, capture_output=True, text=True)
    if n_done:
        assert "samples are scored already" in again.stderr
    assert disturbable.rows(out).equals(disturbable.undisturbed)
    assert not journal.exists()


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_run_that_is_asked_to_end_removes_what_it_unpacked(
    disturbable: Disturbable, tmp_path: Path, name: str, jobs: int
) -> None:
    number = getattr(signal, name)
    if signal.getsignal(number) is signal.SIG_IGN:
        pytest.skip(f"{name} is ignored here, and shall be (nohup)")
    archive = shutil.make_archive(str(tmp_path / "mine"), "zip", disturbable.root / METHOD)
    temporary, out = tmp_path / "temporary", tmp_path / "run"
    temporary.mkdir()
    command = [*disturbable.command(out, "--jobs", str(jobs)), "--pred", archive]
    environment = {**os.environ, "TMPDIR": str(temporary)}
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True)
    while running.poll() is None and not (out / "journal.jsonl").exists():
        pass
    assert list(temporary.glob("fsbench-*")), "nothing is unpacked there"
    # As schedulers do it: all processes of the job at once.
    os.killpg(running.pid, number)
    said = running.communicate()[1]
    assert running.returncode == 128 + number
    assert said.endswith("fsbench: stopped\n") and "Traceback" not in said
    assert list(temporary.iterdir()) == []
    assert not (out / "samples.csv").exists()
