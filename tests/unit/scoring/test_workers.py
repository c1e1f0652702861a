"""Worker processes: results, and what one that dies, hangs or takes too much costs the others."""

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import BrokenExecutor, CancelledError, wait
from contextlib import suppress
from pathlib import Path

import pytest

from fsbench.scoring.workers import Limits, WorkerError, worker_processes
from tests import troubles

MEBIBYTE = 1 << 20


def test_every_call_gets_its_own_result() -> None:
    before = set(multiprocessing.active_children())
    with worker_processes(2) as workers:
        futures = [workers.submit(troubles.double, i) for i in range(200)]
        assert [future.result() for future in futures] == [2 * i for i in range(200)]
        assert list(workers.map(troubles.double, [1, 2, 3])) == [2, 4, 6]
    assert set(multiprocessing.active_children()) <= before


@pytest.mark.parametrize(
    ("trouble", "arguments", "reason"),
    [(troubles.crash, (), "SIGSEGV"), (troubles.leave, (3,), "exit code 3"), (troubles.leave, (0,), "exit code 0")],
)
def test_a_process_that_dies_costs_its_call_only(trouble, arguments, reason) -> None:
    with worker_processes(2) as workers:
        before = [workers.submit(troubles.double, i) for i in range(5)]
        bad = [workers.submit(trouble, *arguments) for _ in range(2)]
        after = [workers.submit(troubles.double, i) for i in range(5)]
        assert [future.result() for future in before + after] == 2 * [0, 2, 4, 6, 8]
        for future in bad:
            with pytest.raises(WorkerError, match=reason):
                future.result()


def test_a_call_that_hangs_is_given_up() -> None:
    with worker_processes(1, Limits(timeout_s=0.5)) as workers:
        bad, good = workers.submit(troubles.hang), workers.submit(troubles.double, 4)
        with pytest.raises(WorkerError, match=r"took longer than 0\.5 s"):
            bad.result()
        assert good.result() == 8


def test_a_call_that_takes_too_much_memory_is_told_so() -> None:
    with worker_processes(1, Limits(memory_bytes=300 * MEBIBYTE)) as workers:
        first = workers.submit(troubles.process_id).result()
        assert workers.submit(troubles.hog, 100 * MEBIBYTE).result() == 100 * MEBIBYTE
        with pytest.raises(WorkerError, match="out of memory: a sample may take 300 MiB, see --memory"):
            workers.submit(troubles.hog, 800 * MEBIBYTE).result()
        assert workers.submit(troubles.process_id).result() == first  # the process lives on


def test_errors_come_back_as_what_they_are() -> None:
    with worker_processes(1) as workers:
        with pytest.raises(ValueError, match="a bug") as caught:
            workers.submit(troubles.raise_value_error).result()
        assert "raise_value_error" in caught.value.__notes__[0]
        with pytest.raises(WorkerError, match="cannot be sent"):
            workers.submit(troubles.give_what_cannot_be_pickled).result()
        with pytest.raises((TypeError, AttributeError)):
            workers.submit(lambda lock: lock, threading.Lock()).result()
        assert workers.submit(troubles.double, 1).result() == 2


def test_an_error_in_the_block_stops_what_runs() -> None:
    before = set(multiprocessing.active_children())
    with pytest.raises(KeyboardInterrupt), worker_processes(1) as workers:
        running, queued = workers.submit(troubles.hang), workers.submit(troubles.double, 1)
        wait([running], timeout=0.5)  # until it runs; it never ends
        raise KeyboardInterrupt
    wait([running, queued])
    assert isinstance(running.exception(), WorkerError)
    with pytest.raises(CancelledError):
        queued.result()
    assert set(multiprocessing.active_children()) <= before
    with pytest.raises(RuntimeError):
        workers.submit(troubles.double, 1)


def test_processes_that_never_start_break_the_executor(tmp_path: Path) -> None:
    """A script without the usual guard starts itself again in every worker."""
    script = tmp_path / "script.py"
    script.write_text(
        "from fsbench.scoring.workers import worker_processes\n"
        "with worker_processes(1) as workers:\n    print(workers.submit(abs, -1).exception())\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False, timeout=120)
    assert "worker processes end before they begin" in done.stdout
    guarded = (
        script.read_text().replace("with", "if __name__ == '__main__':\n  with").replace("    print", "      print")
    )
    script.write_text(guarded)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout == "None\n"


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_a_call_whose_process_was_killed_from_outside_is_tried_once_more(tmp_path: Path, by: signal.Signals) -> None:
    with worker_processes(2) as workers:
        once = workers.submit(troubles.be_killed, str(tmp_path / "once"), 1, by)
        twice = workers.submit(troubles.be_killed, str(tmp_path / "twice"), 2, by)
        assert once.result() == 1
        with pytest.raises(WorkerError, match=by.name):
            twice.result()


@pytest.mark.skipif(sys.platform != "linux", reason="has signals without a name on Linux")
def test_a_signal_without_a_name_costs_its_call_only(tmp_path: Path) -> None:
    by = signal.SIGRTMIN + 6
    with worker_processes(1) as workers:
        bad, good = workers.submit(troubles.be_killed, str(tmp_path / "mark"), 1, by), workers.submit(abs, -1)
        with pytest.raises(WorkerError, match=f"signal {by}"):
            bad.result()
        assert good.result() == 1


def test_more_calls_wait_than_a_pipe_holds() -> None:
    with worker_processes(1) as workers:
        assert [future.result() for future in [workers.submit(abs, -i) for i in range(20_000)]] == [*range(20_000)]


def test_an_error_that_cannot_be_made_again_is_told(tmp_path: Path) -> None:
    with worker_processes(1, Limits(timeout_s=1e9)) as workers:
        bad, good = workers.submit(troubles.raise_what_cannot_be_made_again), workers.submit(troubles.double, 2)
        with pytest.raises(WorkerError, match="the result cannot be read"):
            bad.result()
        assert good.result() == 4


def test_a_crash_whose_child_holds_the_pipe_is_seen() -> None:
    with worker_processes(1) as workers:
        bad, good = workers.submit(troubles.crash_and_leave_a_child), workers.submit(troubles.double, 2)
        with pytest.raises(WorkerError, match="SIGSEGV"):
            bad.result(timeout=15)
        assert good.result(timeout=15) == 4


def test_a_fault_of_the_executor_itself_is_told_to_all_who_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    with worker_processes(1) as workers:
        futures = [workers.submit(troubles.hang) for _ in range(3)]
        monkeypatch.setattr(workers, "_collect", lambda: 1 / 0)
        # A worker that becomes ready just now may have broken it already.
        with suppress(BrokenExecutor):
            futures.append(workers.submit(troubles.double, 1))
        for future in futures:
            with pytest.raises(BrokenExecutor, match="ZeroDivisionError"):
                future.result(timeout=30)
        with pytest.raises(BrokenExecutor):
            workers.submit(troubles.double, 1)


def _script(tmp_path: Path, text: str) -> subprocess.Popen[str]:
    """Run some lines with workers in a process of its own, from the repository, so that `tests` is found."""
    (tmp_path / "script.py").write_text(
        "import os, resource, signal, sys, tempfile\n"
        "import multiprocessing.forkserver\nfrom multiprocessing.forkserver import _forkserver\n"
        "from fsbench.scoring.workers import Limits, worker_processes\nfrom tests import troubles\n"
        "if __name__ == '__main__':\n" + textwrap.indent(textwrap.dedent(text), "    ")
    )
    root = Path(__file__).resolve().parents[3]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    command = [sys.executable, str(tmp_path / "script.py")]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=root)


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked from a server, and end with it, on Linux")
def test_the_end_of_what_workers_are_forked_from_is_survived(tmp_path: Path) -> None:
    script = _script(
        tmp_path,
        """
        with worker_processes(2) as workers:
            futures = [workers.submit(troubles.double, i) for i in range(50)]
            futures[0].result()
            os.kill(_forkserver._forkserver_pid, signal.SIGKILL)
            futures += [workers.submit(troubles.double, i) for i in range(50)]
            print([future.result() for future in futures] == 2 * [2 * i for i in range(50)])
        """,
    )
    out, _ = script.communicate(timeout=120)
    assert (script.returncode, out) == (0, "True\n")


FORK_SERVER_IN_TROUBLE = {
    "killed while a process starts": """
        connect = multiprocessing.forkserver.connect_to_new_process

        def late(fds):
            multiprocessing.forkserver.connect_to_new_process = connect
            _forkserver.ensure_running()
            os.kill(_forkserver._forkserver_pid, signal.SIGSTOP)  # takes the request, and does nothing about it
            pipes = connect(fds)
            os.kill(_forkserver._forkserver_pid, signal.SIGKILL)
            return pipes

        multiprocessing.forkserver.connect_to_new_process = late
    """,
    "socket removed": "os.unlink(_forkserver._forkserver_address)",
    "reaped by somebody else": """
        with _forkserver._lock:  # or our own thread that sees its worker end may be first
            os.kill(_forkserver._forkserver_pid, signal.SIGKILL)
            os.waitpid(_forkserver._forkserver_pid, 0)
    """,
}


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked from a server on Linux")
@pytest.mark.parametrize("trouble", FORK_SERVER_IN_TROUBLE.values(), ids=FORK_SERVER_IN_TROUBLE)
def test_a_fork_server_in_trouble_keeps_no_worker_from_being_replaced(tmp_path: Path, trouble: str) -> None:
    begin = """
        with worker_processes(1) as workers:
            workers.submit(troubles.double, 1).result()
    """
    end = """
            print(workers.submit(troubles.leave, 3).exception(60))
            print(workers.submit(troubles.double, 2).result(60))
    """
    middle = textwrap.indent(textwrap.dedent(trouble), 12 * " ")
    script = _script(tmp_path, f"{begin}\n{middle}\n{end}")
    out, _ = script.communicate(timeout=180)
    # The end of a worker is seen by its server alone, which is gone in one case.
    assert out.splitlines()[0].startswith("ended the worker process with exit code")
    assert (script.returncode, out.splitlines()[1:]) == (0, ["4"])


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked from a server on Linux")
def test_a_temporary_folder_with_a_long_path_has_room_for_a_socket(tmp_path: Path) -> None:
    script = _script(
        tmp_path,
        f"""
        long = {str(tmp_path / ("x" * 100))!r}
        os.mkdir(long)
        tempfile.tempdir = long
        with worker_processes(2) as workers:
            print(workers.submit(troubles.double, 1).result())
        print(_forkserver._forkserver_pid is not None, tempfile.gettempdir() == long, os.listdir(long))
        """,
    )
    assert script.communicate(timeout=120)[0] == "2\nTrue True []\n"


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_worker_does_not_outlive_a_run_that_was_killed(tmp_path: Path) -> None:
    script = _script(
        tmp_path,
        """
        with worker_processes(1) as workers:
            workers.submit(troubles.say_process_id_and_hang).result()
        """,
    )
    assert script.stdout is not None
    worker = Path("/proc", script.stdout.readline().strip(), "stat")
    assert worker.exists()
    script.kill()
    script.wait()
    ends = time.monotonic() + 60
    while worker.exists() and " Z " not in worker.read_text() and time.monotonic() < ends:
        pass
    assert time.monotonic() < ends
    script.communicate()


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux only")
def test_a_limit_above_the_systems_own_is_the_systems_own(tmp_path: Path) -> None:
    script = _script(
        tmp_path,
        """
        resource.setrlimit(resource.RLIMIT_AS, (16 << 30, 16 << 30))
        with worker_processes(1, Limits(memory_bytes=64 << 30)) as workers:
            print(workers.submit(troubles.double, 1).result())
        """,
    )
    assert script.communicate(timeout=120)[0] == "2\n"


@pytest.mark.skipif("forkserver" not in multiprocessing.get_all_start_methods(), reason="there is no fork server here")
def test_ctrl_c_before_the_fork_server_can_ignore_it_does_not_end_it(tmp_path: Path) -> None:
    script = _script(
        tmp_path,
        """
        from multiprocessing import forkserver
        from fsbench.scoring.workers import warm_up

        warm_up()
        server = forkserver._forkserver._forkserver_pid
        os.kill(server, signal.SIGINT)  # its Python has not even started
        with worker_processes(1) as workers:
            print(workers.submit(troubles.double, 1).result(), server == forkserver._forkserver._forkserver_pid)
            masks = signal.pthread_sigmask(signal.SIG_BLOCK, []), workers.submit(troubles.blocked_signals).result()
            print(*masks)
        """,
    )
    assert script.communicate(timeout=120)[0] == "2 True\nset() set()\n"
