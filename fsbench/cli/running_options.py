"""How a run is worked off: the options that never move a score."""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from fsbench.core.choices import ENGINES
from fsbench.core.errors import UsageError

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

_Command = TypeVar("_Command", bound=Callable[..., Any])
_Sample = TypeVar("_Sample")
_Answer = TypeVar("_Answer")

_SAMPLES_LOOKED_AT = 2
_UNITS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}


@dataclass(frozen=True, slots=True)
class Running:
    """Where and within which limits samples are scored.

    Parameters
    ----------
    jobs : int
        Processes on this machine.
    timeout_s : float, optional
        Seconds for one sample.
    memory_bytes : int, optional
        Memory for one sample.
    shard : (int, int), optional
        Number of this part, from 1, and the number of parts.
    cache : bool
        Whether prepared references are looked up and kept.
    scheduler : str
        Address of a Dask scheduler; this machine if empty.
    """

    jobs: int = 1
    timeout_s: float | None = None
    memory_bytes: int | None = None
    shard: tuple[int, int] | None = None
    cache: bool = True
    scheduler: str = ""

    @classmethod
    def of(cls, jobs: int, options: dict[str, Any]) -> "Running":
        """Take the options of `running_options` out of a command's.

        Raises
        ------
        UsageError
            If they do not make sense.
        """
        engine, scheduler = options.pop("engine"), options.pop("scheduler")
        if (engine == "dask") != bool(scheduler):
            raise UsageError("--engine dask needs the cluster's --scheduler ADDRESS, and the other way round")
        timeout = options.pop("timeout")
        if timeout is not None and not math.isfinite(timeout):
            raise UsageError(f"--timeout {timeout}: expected a number of seconds; leave it out for no limit")
        memory, shard = options.pop("memory"), options.pop("shard")
        running = cls(
            jobs,
            timeout,
            _bytes(memory) if memory else None,
            _shard(shard) if shard else None,
            not options.pop("no_cache"),
            scheduler or "",
        )
        if scheduler and (running.timeout_s or running.memory_bytes):
            raise UsageError(
                "--timeout and --memory are for workers of this machine; a Dask cluster has its own limits"
            )
        return running

    def part(self, samples: Sequence[_Sample]) -> Sequence[_Sample]:
        """The samples of this shard: every N-th, so that all shards have samples of all bins."""
        if self.shard is None:
            return samples
        number, of = self.shard
        if of > len(samples):
            raise UsageError(f"--shard {number}/{of}: there are only {len(samples)} samples")
        return samples[number - 1 :: of]

    @contextmanager
    def executor(self, n_samples: int) -> "Iterator[tuple[Executor | None, int]]":
        """Where to work, None for here, and how many samples at once."""
        from fsbench.scoring.cluster import dask_workers
        from fsbench.scoring.workers import Limits, worker_processes

        if self.scheduler:
            with dask_workers(self.scheduler) as (cluster, threads):
                yield cluster, threads
            return
        jobs = min(self.jobs, n_samples)
        if jobs and (jobs > 1 or self._is_guarded):
            with worker_processes(jobs, Limits(self.timeout_s, self.memory_bytes)) as workers:
                yield workers, jobs
        else:
            yield None, 1

    @contextmanager
    def beside(self, look: Callable[[], _Answer], tell: Callable[[_Answer], object]) -> Iterator[None]:
        """Do something small and tell its answer: first if samples are scored here, else in a worker of its own.

        A mesh that kills the process that looks at it must not end the run.
        """
        from concurrent.futures import BrokenExecutor

        from fsbench.scoring.workers import Limits, WorkerError, worker_processes

        if not self._is_guarded:
            tell(look())
            yield
            return

        def answered(future: "Future[_Answer]") -> None:
            # What it died of is told in the row of the sample that it died of.
            if not future.cancelled() and not isinstance(future.exception(), WorkerError | BrokenExecutor):
                tell(future.result())

        timeout_s = None if self.timeout_s is None else _SAMPLES_LOOKED_AT * self.timeout_s
        with worker_processes(1, Limits(timeout_s, self.memory_bytes)) as workers:
            workers.submit(look).add_done_callback(answered)
            yield

    def warm_up(self) -> None:
        """Let what workers are forked from load its libraries while this process loads its own."""
        if self._is_guarded:
            from fsbench.scoring.workers import warm_up

            warm_up()

    @property
    def _is_guarded(self) -> bool:
        return self.jobs > 1 or self.timeout_s is not None or self.memory_bytes is not None


def running_options(command: _Command) -> _Command:
    """Add the options to a command; see `Running.of`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS = (
    click.option(
        "--timeout", type=click.FloatRange(0, min_open=True), metavar="SECONDS", help="Give up a sample after so long."
    ),
    click.option("--memory", metavar="SIZE", help="Give up a sample that takes more, e.g. 4G."),
    click.option("--no-cache", is_flag=True, help="Neither look up nor keep prepared references; see `fsbench cache`."),
    click.option("--shard", metavar="I/N", help="Only the I-th of N parts; `fsbench merge` puts them together."),
    click.option("--engine", type=click.Choice(ENGINES), default="local", help="Where to work."),
    click.option("--scheduler", metavar="ADDRESS", help="Of the Dask cluster, e.g. tcp://node17:8786."),
)


def _bytes(text: str) -> int:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([KMGT]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    if not found or not float(found[1]):
        raise UsageError(f"--memory {text}: expected a size such as 800M or 4G")
    return int(float(found[1]) * 2 ** _UNITS[found[2].upper()])


def _shard(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d+)/(\d+)", text.strip())
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise UsageError(f"--shard {text}: expected I/N with I from 1 to N, e.g. 3/8")
    return int(found[1]), int(found[2])
