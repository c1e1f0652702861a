"""How the command line ends: what a bug, a full disk, a closed pipe and Ctrl-C are told and which code they give."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest

import fsbench.cli
from tests.cli.commands import fsbench as run

START = [sys.executable, "-c", "from fsbench.cli import main; main()"]


def _failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Let `fsbench table` raise the error."""

    @click.command("table")
    def command() -> None:
        raise error

    monkeypatch.setattr(fsbench.cli.group, "get_command", lambda context, name: command)


def test_a_bug_shows_its_traceback_and_is_code_70(capsys, monkeypatch) -> None:
    _failing(monkeypatch, IndexError("list index out of range"))
    answer = run(capsys, "table")
    assert answer.code == 70
    assert "Traceback" in answer.err and "IndexError" in answer.err and "please report" in answer.err


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device", "runs/samples.csv"),
        PermissionError(errno.EACCES, "Permission denied", "runs/samples.csv"),
        OSError(errno.ENAMETOOLONG, "File name too long", "runs/samples.csv"),
        IsADirectoryError(errno.EISDIR, "Is a directory", "runs/samples.csv"),
    ],
)
def test_the_system_saying_no_is_one_line_with_the_file(capsys, monkeypatch, error: OSError) -> None:
    _failing(monkeypatch, error)
    answer = run(capsys, "table")
    assert (answer.code, answer.err) == (2, f"fsbench: runs/samples.csv: {error.strerror}\n")


def test_a_broken_pipe_other_than_stdout_is_not_taken_for_it(capsys, monkeypatch) -> None:
    _failing(monkeypatch, BrokenPipeError(errno.EPIPE, "Broken pipe"))
    answer = run(capsys, "table")
    assert (answer.code, answer.err) == (2, "fsbench: Broken pipe\n")


def test_an_end_of_file_is_not_taken_for_ctrl_c(capsys, monkeypatch) -> None:
    _failing(monkeypatch, EOFError())
    assert run(capsys, "table").code == 70


@pytest.mark.usefixtures("ctrl_c")
def test_an_interrupt_that_came_out_as_another_error_is_one(capsys, monkeypatch) -> None:
    @click.command("table")
    def command() -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise ImportError("initialization failed") from None

    monkeypatch.setattr(fsbench.cli.group, "get_command", lambda context, name: command)
    answer = run(capsys, "table")
    assert (answer.code, answer.err) == (130, "fsbench: stopped\n")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def _closed_pipe() -> int:
    """The writing end of a pipe that nobody reads."""
    read, write = os.pipe()
    os.close(read)
    return write


@pytest.mark.parametrize("buffered", ["", "1"], ids=["buffered", "unbuffered"])
def test_a_reader_of_stdout_who_leaves_is_no_error(buffered: str) -> None:
    pipe = _closed_pipe()
    environment = {**os.environ, "PYTHONUNBUFFERED": buffered}
    done = subprocess.run([*START, "adapters"], stdout=pipe, stderr=subprocess.PIPE, env=environment, check=False)
    os.close(pipe)
    assert (done.returncode, done.stderr) == (0, b"")


def test_nobody_listening_to_messages_stops_no_work(tmp_path: Path) -> None:
    pipe = _closed_pipe()
    made = tmp_path / "sample"
    done = subprocess.run(
        [*START, "sample", str(made), "--wild", "4", "--subjects", "0", "--methods", "mean-face"],
        stdout=subprocess.PIPE,
        stderr=pipe,
        check=False,
    )
    os.close(pipe)
    assert done.returncode == 0
    assert done.stdout.startswith(b"fswild\tmean-face\t")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_told_with_the_file_that_was_meant(tmp_path: Path, monkeypatch) -> None:
    from fsbench.runs import files

    opened = Path.open

    def full(path: Path, mode: str) -> object:
        path.symlink_to("/dev/full")
        return opened(path, mode.replace("x", "w"))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", full)
        with pytest.raises(OSError, match="No space left") as stop:
            files.write_atomically(tmp_path / "samples.csv", b"sample\n")
    assert stop.value.filename == str(tmp_path / "samples.csv")
    assert list(tmp_path.iterdir()) == []
