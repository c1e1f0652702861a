"""Worker processes: results, and what one that dies, hangs or takes too much costs the others."""

import multiprocessing
import subprocess
import sys
import threading
from concurrent.futures import CancelledError, wait
from pathlib import Path

import pytest

from fsbench.workers import Limits, WorkerError, worker_processes
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
        "from fsbench.workers import worker_processes\n"
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
