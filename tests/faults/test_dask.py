"""A Dask cluster of processes that share nothing but files, one of which is killed: the same rows as here."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.conftest import Disturbable

pytest.importorskip("distributed", reason="Dask is an extra: pip install 'fsbench[dask]'")


class Cluster:
    """A scheduler and three workers, started in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._address = folder, folder / "address.json"
        self._started: list[subprocess.Popen[bytes]] = []
        self._start("dask_scheduler", "--host", "127.0.0.1", "--port", "0")
        self.workers = [self._start("dask_worker", "--nthreads", "1", "--no-nanny") for _ in range(3)]

    def _start(self, what: str, *more: str) -> subprocess.Popen[bytes]:
        where = (f"--scheduler-file={self._address}", "--no-dashboard")
        started = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{what}", *where, *more],
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._started.append(started)
        return started

    def address(self) -> str:
        """The scheduler's, once all workers are there."""
        from distributed import Client

        with Client(scheduler_file=str(self._address), timeout=60, set_as_default=False) as client:
            client.wait_for_workers(3, timeout=60)
            return str(client.scheduler.address)

    def stop(self) -> None:
        for process in self._started:
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    (tmp_path / "elsewhere").mkdir()
    cluster = Cluster(tmp_path / "elsewhere")
    yield cluster
    cluster.stop()


def test_a_worker_that_is_killed_changes_nothing(disturbable: Disturbable, cluster: Cluster, tmp_path: Path) -> None:
    out = tmp_path / "run"
    options = ("--engine", "dask", "--scheduler", cluster.address())
    # Where the workers are, these paths lead nowhere.
    command = [word.replace(f"{disturbable.root}", ".") for word in disturbable.command(out, *options)]
    running = subprocess.Popen(command, cwd=disturbable.root, stderr=subprocess.PIPE, text=True)
    journal = out / "journal.jsonl"
    while running.poll() is None and not (journal.exists() and journal.read_bytes().count(b"\n") > 3):
        pass
    cluster.workers[1].kill()
    _, told = running.communicate()
    assert running.returncode == 0, told
    assert disturbable.rows(out).equals(disturbable.undisturbed)
