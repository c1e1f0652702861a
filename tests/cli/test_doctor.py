"""What is installed and does not serve is named, with what to do."""

import os
import re
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from fsbench.cli.doctor import _OPTIONAL, _disks
from fsbench.cli.score import command as score
from fsbench.core import compiled
from tests.cli.commands import Answer, fsbench

ROOT = Path(__file__).resolve().parents[2]


def _double(value):
    return 2 * value


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


def test_a_cache_that_cannot_be_written_to_needs_attention(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code, lines = _doctor(XDG_CACHE_HOME=str(tmp_path / "file"))
    marked = [line for line in lines if line.startswith("! ")]
    assert (code, len(marked)) == (1, 1)
    assert "prepared cache" in marked[0] and "name a folder of your own in XDG_CACHE_HOME" in marked[0]


@pytest.mark.parametrize("command", ["warm", "doctor"])
def test_loops_that_are_not_kept_need_attention(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file" / "loops"))
    monkeypatch.setattr("fsbench.core.kept_code._said", set())
    # One new loop in place of all: those of this process may be loaded already.
    monkeypatch.setattr(compiled, "load", lambda *modules: compiled.Loop(_double, "i8(i8)").load())
    answer = fsbench(capsys, command)
    assert answer.code == 1
    (line,) = [line for line in (answer.out + answer.err).splitlines() if "are not kept" in line]
    assert line.startswith({"warm": "warning: compiled loops are not kept", "doctor": "! compiled loops"}[command])
    assert "name another folder of your own in NUMBA_CACHE_DIR" in line
    assert "loops are compiled\n" not in answer.err


def test_loops_that_are_kept_are_said_to_be_compiled(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "load", lambda *modules: None)
    assert fsbench(capsys, "warm") == Answer(0, "", "the inner loops are compiled\n")


@pytest.mark.parametrize(("topic", "advice"), [("temporary files", "in TMPDIR"), ("working folder", "change to")])
def test_a_folder_that_is_full_or_read_only_is_named_with_its_own_advice(
    monkeypatch: pytest.MonkeyPatch, topic: str, advice: str
) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)
    (fact,) = [fact for name, fact, is_fine in _disks() if name == topic and not is_fine]
    assert "cannot be written to; " in fact and advice in fact


def test_hints_name_extras_and_options_that_exist() -> None:
    extras = ConfigParser()
    extras.read(ROOT / "setup.cfg", "utf-8")
    options = {name for option in score.params for name in option.opts}
    for package, hint in _OPTIONAL.items():
        (extra,) = re.findall(r"pip install 'fsbench\[(\w+)\]'", hint)
        assert package in extras["options.extras_require"][extra]
        assert set(re.findall(r"--\w+", hint)) <= options


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
