"""A run that starts where something is missing that programs take for granted."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.faults.conftest import Disturbable

NOISY = """
    import os
    from fsbench import submissions as adapters

    def load(folder, sample, focal_px):
        os.write(2, b"as a library in C does\\n")
        os.write(1, b"as open3d does\\n")
        print("as a user does")
        return adapters.load("3DDFA_V2", folder, sample, focal_px)
"""


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("closed", ["2>&-", ">&-", "<&- >&- 2>&-"])
def test_closed_streams_keep_no_run_from_its_end(
    disturbable: Disturbable, tmp_path: Path, closed: str, jobs: str
) -> None:
    (tmp_path / "own.py").write_text(textwrap.dedent(NOISY))
    own = ("-a", f"{tmp_path / 'own.py'}:load", "--jobs", jobs)
    command = disturbable.command(tmp_path / "run", *own)
    done = subprocess.run(["sh", "-c", f'"$@" {closed}', "sh", *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (
        disturbable.rows(tmp_path / "run").drop(columns="method").equals(disturbable.undisturbed.drop(columns="method"))
    )


def test_a_temporary_folder_with_a_long_path_is_no_obstacle(disturbable: Disturbable, tmp_path: Path) -> None:
    long = tmp_path / ("x" * 100)
    long.mkdir()
    command = disturbable.command(tmp_path / "run", "--jobs", "2")
    subprocess.run(command, env={**os.environ, "TMPDIR": str(long)}, check=True, capture_output=True)
    assert disturbable.rows(tmp_path / "run").equals(disturbable.undisturbed)
    assert list(long.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="terminals are of another kind there")
def test_a_terminal_that_goes_away_stops_no_run(disturbable: Disturbable, tmp_path: Path) -> None:
    import pty

    out, journal = tmp_path / "run", tmp_path / "run" / "journal.jsonl"
    ours, theirs = pty.openpty()
    running = subprocess.Popen(disturbable.command(out), stderr=theirs, start_new_session=True)
    os.close(theirs)
    while running.poll() is None and not (journal.exists() and journal.read_bytes().count(b"\n") > 1):
        pass
    os.close(ours)
    assert running.wait() == 0
    assert disturbable.rows(out).equals(disturbable.undisturbed)
