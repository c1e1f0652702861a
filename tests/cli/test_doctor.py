"""What is installed and does not serve is named, with what to do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _doctor(**environment: str) -> tuple[int, list[str]]:
    call = [sys.executable, "-m", "fsbench", "doctor"]
    everything = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    done = subprocess.run(call, env=everything, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def test_a_whole_installation_serves(tmp_path: Path) -> None:
    code, lines = _doctor(XDG_CACHE_HOME=str(tmp_path))
    topics = [line[2:20].strip() for line in lines[:-2]]
    assert topics[:3] == ["fsbench", "python", "numpy"]
    assert topics[-5:] == ["open3d", "compiled loops", "prepared cache", "temporary files", "working folder"]
    assert (code, lines[-1]) == (0, "all of these serve")


def test_a_cache_that_others_may_write_to_needs_attention(tmp_path: Path) -> None:
    folder = tmp_path / "fsbench" / "prepared"
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    code, lines = _doctor(XDG_CACHE_HOME=str(tmp_path))
    marked = [line for line in lines if line.startswith("! ")]
    assert (code, len(marked), lines[-1]) == (1, 1, "1 of these need attention")
    assert "chmod go-w prevents it" in marked[0]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_the_commands(shell: str) -> None:
    call = [sys.executable, "-m", "fsbench"]
    words = {"COMP_WORDS": "fsbench sc", "COMP_CWORD": "sc" if shell == "fish" else "1"}
    everything = {**os.environ, "PYTHONPATH": str(ROOT), "_FSBENCH_COMPLETE": f"{shell}_complete", **words}
    answer = subprocess.run(call, env=everything, capture_output=True, text=True, check=True).stdout
    assert "score" in answer
    assert "table" not in answer
    source = {**everything, "_FSBENCH_COMPLETE": f"{shell}_source"}
    assert "_FSBENCH_COMPLETE" in subprocess.run(call, env=source, capture_output=True, text=True, check=True).stdout
