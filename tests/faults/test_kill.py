"""A run that is killed at any moment goes on, and ends as if nothing had been."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.faults.conftest import Disturbable


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
