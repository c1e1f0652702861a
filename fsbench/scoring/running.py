"""Where samples are scored, and within which limits; no setting here moves a score."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from fsbench.core.errors import UsageError

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

_Sample = TypeVar("_Sample")
_Answer = TypeVar("_Answer")

_SAMPLES_LOOKED_AT = 2


@dataclass(frozen=True, slots=True)
class Running:
    """Where samples are scored, and within which limits.

    Parameters
    ----------
    jobs : int
        Processes on this machine.
    timeout_s : float, optional
        Time limit for one sample.
    memory_bytes : int, optional
        Memory limit for one sample.
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
        """Yield the executor, or None for this process, and the number of samples scored at once."""
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
    def quick_check(self, look: Callable[[], _Answer], tell: Callable[[_Answer], object]) -> Iterator[None]:
        """Make one short call and report its answer: at once if samples are scored here, else from a worker of its own.

        A mesh that crashes the process that reads it must not end the run.
        """
        from concurrent.futures import BrokenExecutor

        from fsbench.scoring.workers import Limits, WorkerError, worker_processes

        if not self._is_guarded:
            tell(look())
            yield
            return

        def answered(future: "Future[_Answer]") -> None:
            # The row of the sample that killed it tells the reason.
            if not future.cancelled() and not isinstance(future.exception(), WorkerError | BrokenExecutor):
                tell(future.result())

        timeout_s = None if self.timeout_s is None else _SAMPLES_LOOKED_AT * self.timeout_s
        with worker_processes(1, Limits(timeout_s, self.memory_bytes)) as workers:
            workers.submit(look).add_done_callback(answered)
            yield

    def warm_up(self) -> None:
        """Start the fork server now, so that it loads its libraries while this process loads its own."""
        if self._is_guarded:
            from fsbench.scoring.workers import warm_up

            warm_up()

    @property
    def _is_guarded(self) -> bool:
        return self.jobs > 1 or self.timeout_s is not None or self.memory_bytes is not None
