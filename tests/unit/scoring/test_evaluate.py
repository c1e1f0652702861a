"""Evaluate on executors of all kinds: the same records, and no sample blamed for another."""

import os
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import pytest

from fsbench.benchmarks import Sample
from fsbench.core.errors import FsbenchError
from fsbench.runs import Record
from fsbench.scoring.evaluate import evaluate
from fsbench.scoring.workers import Workers
from tests import troubles

SAMPLES = [Sample(f"{i:03d}", {}) for i in range(40)]


@dataclass(frozen=True)
class Tiny:
    """Scores a sample by its number, but for those that make trouble."""

    trouble: str = ""

    def __call__(self, name: str) -> Record:
        if name == "007" and self.trouble:
            {"bug": troubles.raise_value_error, "crash": troubles.crash, "memory": _no_memory}[self.trouble]()
        return Record(name, "ok", "", {"cd_mm": int(name) / 7})


def _no_memory() -> None:
    raise MemoryError


def _executors() -> dict[str, Executor]:
    return {
        "threads": ThreadPoolExecutor(3),
        "processes": ProcessPoolExecutor(2, get_context("forkserver")),
        "workers": Workers(2),
    }


@pytest.fixture(params=["threads", "processes", "workers"])
def executor(request: pytest.FixtureRequest):
    with _executors()[request.param] as executor:
        yield executor


def _by_name(records) -> dict[str, Record]:
    records = list(records)
    assert len(records) == len(SAMPLES)
    return {record.sample: record for record in records}


def test_all_executors_give_what_none_gives(executor: Executor) -> None:
    assert _by_name(evaluate(Tiny(), SAMPLES, executor, 2)) == _by_name(evaluate(Tiny(), SAMPLES))


def test_a_bug_is_a_row_on_executors_and_raises_without() -> None:
    with ThreadPoolExecutor(2) as threads:
        records = _by_name(evaluate(Tiny("bug"), SAMPLES, threads, 2))
    assert records["007"].status == "failed"
    assert "ValueError: a bug (in troubles.py:" in records["007"].reason
    assert sum(record.status == "ok" for record in records.values()) == 39
    with pytest.raises(ValueError, match="a bug"):
        list(evaluate(Tiny("bug"), SAMPLES))


def test_want_of_memory_is_a_row_everywhere(executor: Executor) -> None:
    for where in (executor, None):
        record = _by_name(evaluate(Tiny("memory"), SAMPLES, where, 2))["007"]
        assert (record.status, record.reason) == ("failed", "out of memory")


def test_a_crash_costs_one_sample_of_our_workers() -> None:
    with Workers(2) as workers:
        records = _by_name(evaluate(Tiny("crash"), SAMPLES, workers, 2))
    assert (records["007"].status, "SIGSEGV" in records["007"].reason) == ("failed", True)
    assert sum(record.status == "ok" for record in records.values()) == 39


def test_a_pool_that_breaks_as_a_whole_blames_no_sample() -> None:
    records = []
    with (
        ProcessPoolExecutor(1, get_context("forkserver")) as pool,
        pytest.raises(FsbenchError, match="the executor broke"),
    ):
        for record in evaluate(Tiny("crash"), SAMPLES, pool, 1):
            records.append(record)
    assert all(record.status == "ok" for record in records)
    assert os.getpid()
