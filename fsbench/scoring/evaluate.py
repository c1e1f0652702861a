"""Evaluate: a benchmark and an adapter in, a run out, on any `concurrent.futures` executor."""

import os
import platform
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

import fsbench
from fsbench.benchmarks import Benchmark, Sample
from fsbench.benchmarks.cache import PreparedCache
from fsbench.benchmarks.scans import Choice, ScanBenchmark
from fsbench.core.errors import FsbenchError, LostError
from fsbench.geometry.rays import open3d_version
from fsbench.metrics.pools import Pool
from fsbench.runs import Record
from fsbench.runs.origin import origin_of
from fsbench.runs.pools import remove_pool, write_doubts, write_pool
from fsbench.submissions import AdapterLike


@dataclass(frozen=True, slots=True)
class Task:
    """Which prediction to score against what; small, so that it travels to workers cheaply.

    Parameters
    ----------
    benchmark : str
        Name, or path of a .toml.
    root : str
        The benchmark's folder.
    adapter : AdapterLike
    folder : str
        The method's files.
    source : str
        What to call the folder in the run, where it is only an archive's temporary one; the folder itself if empty.
    cache : str
        Folder of prepared references; none are kept if empty.
    is_unpacked : bool
        Whether the folder is what an archive was unpacked into.
    """

    benchmark: str
    root: str
    adapter: AdapterLike
    folder: str
    source: str = ""
    cache: str = ""
    is_unpacked: bool = False

    def __call__(self, name: str) -> Record:
        """Score one sample. Trouble with its files is in the record; a bug of ours raises.

        Raises
        ------
        LostError
            If the folders are gone, not the sample's files alone.
        """
        start, origin = time.perf_counter(), self.origin(name)
        benchmark = _opened(self.benchmark, self.root)
        sample = benchmark.sample(name)
        try:
            mesh = self.adapter.load(self.folder, name, benchmark.focal_px(sample))
            cache = PreparedCache(Path(self.cache)) if self.cache else None
            scores = benchmark.prepare(sample, cache=cache).measure(mesh).scores.as_dict()
        except (FsbenchError, OSError) as error:
            return _without_score(self, name, error, start)
        return Record(name, "ok", "", scores, time.perf_counter() - start, origin)

    def origin(self, name: str) -> str:
        """Of the sample's files as they are now; what an own adapter reads is not known, nor when an archive changed.

        See `fsbench.runs.origin`.
        """
        benchmark = _opened(self.benchmark, self.root)
        paths = [benchmark.root / file for file in benchmark.files.of_sample(benchmark.sample(name))]
        if not self.is_unpacked:
            paths += [Path(self.folder) / known for file in self.adapter.files(name) for known in file.names]
        return origin_of(paths)


@dataclass(frozen=True, slots=True)
class ScanTask:
    """Like `Task`, for benchmarks of scans.

    Parameters
    ----------
    benchmark, root, folder, source : str
    is_unpacked : bool
        As of `Task`.
    adapter : Choice
        What the user said of files and recipe; how a mesh is placed is found, so there is no adapter.
    pools : str
        Folder for every sample's distances as a `Pool`; nothing is kept if empty.
    """

    benchmark: str
    root: str
    adapter: Choice
    folder: str
    source: str = ""
    pools: str = ""
    is_unpacked: bool = False

    def __call__(self, name: str) -> Record:
        """Score one sample, as `Task` does; what is suspicious about its alignment is kept beside its pool."""
        start, origin = time.perf_counter(), self.origin(name)
        benchmark = _opened_scans(self.benchmark, self.root, self.adapter)
        try:
            measured = benchmark.measure(name, self.folder)
        except (FsbenchError, OSError) as error:
            self._keep(remove_pool, name)
            return _without_score(self, name, error, start)
        self._keep(write_pool, name, Pool.of(measured.ref_to_pred_mm))
        self._keep(write_doubts, name, measured.scores.doubts)
        return Record(name, "ok", "", measured.scores.as_dict(), time.perf_counter() - start, origin)

    def origin(self, name: str) -> str:
        """As of `Task`."""
        benchmark = _opened_scans(self.benchmark, self.root, self.adapter)
        paths = benchmark.reference_paths(name)
        return origin_of(paths if self.is_unpacked else paths + benchmark.prediction_paths(name, self.folder))

    def _keep(self, write: Callable[..., None], *what: Any) -> None:
        if not self.pools:
            return
        try:
            write(Path(self.pools), *what)
        except OSError as error:
            raise LostError(f"{self.pools}: cannot write here: {error.strerror}") from None


def _without_score(task: Task | ScanTask, name: str, error: FsbenchError | OSError, start: float) -> Record:
    """The row of a sample whose files are to blame.

    Raises
    ------
    LostError
        If it is the folders: a row a sample would be a run that looks finished.
    """
    for folder in (task.folder, task.root):
        try:
            os.scandir(folder).close()
        except OSError as why:
            shown = (task.source or folder) if folder == task.folder else folder
            raise LostError(f"{shown}: cannot be read any more: {why.strerror}") from None
    status = error.status if isinstance(error, FsbenchError) else "failed"
    text = str(error) if isinstance(error, FsbenchError) else f"{error.filename or name}: {error.strerror or error}"
    reason = text.replace(task.folder, task.source) if task.source else text
    return Record(name, status, reason, seconds=time.perf_counter() - start)


def anywhere(task: Task | ScanTask) -> Task | ScanTask:
    """The same task, with the same rows, for processes that may have another working directory."""
    paths = {"root": task.root, "folder": task.folder}
    if isinstance(task, Task) and task.cache:
        paths["cache"] = task.cache
    if task.benchmark.endswith(".toml"):
        paths["benchmark"] = task.benchmark
    here: dict[str, Any] = {name: str(Path(path).absolute()) for name, path in paths.items()}
    here["source"] = task.source or task.folder
    if isinstance(task, Task):
        return replace(task, **here)
    pools = str(Path(task.pools).absolute()) if task.pools else ""
    return replace(task, adapter=task.adapter.anywhere(), pools=pools, **here)


@lru_cache(maxsize=4)
def _opened_scans(name: str, root: str, choice: Choice) -> ScanBenchmark:
    """A worker opens the benchmark once, not once a sample."""
    with _was_fine():
        return ScanBenchmark.open(name, root, choice)


@lru_cache(maxsize=4)
def _opened(name: str, root: str) -> Benchmark:
    """A worker opens the benchmark once, not once a sample."""
    with _was_fine():
        return Benchmark.open(name, root)


@contextmanager
def _was_fine() -> Iterator[None]:
    """Who hands out samples has opened the benchmark before: that it does not open now is no sample's fault."""
    try:
        yield
    except FsbenchError as error:
        raise LostError(str(error)) from None


def evaluate(
    task: Task | ScanTask,
    samples: Sequence[Sample],
    executor: Executor | None = None,
    jobs: int = 1,
) -> Iterator[Record]:
    """Score `samples`, yielding each record as it is done.

    Parameters
    ----------
    task : Task or ScanTask
    samples : sequence of Sample
    executor : concurrent.futures.Executor, optional
        Where to work; without one here, one after the other, and a bug of ours raises.
    jobs : int
        Samples under way at once per the executor's size; twice as many are queued.

    Yields
    ------
    Record
        In the order in which they finish with an executor, in the given order without.

    Raises
    ------
    LostError
        If what all samples need is gone; those that are yielded stand.
    """
    names = [sample.name for sample in samples]
    if executor is None:
        for name in names:
            try:
                yield task(name)
            except MemoryError:
                yield Record(name, "failed", "out of memory")
        return
    # A bounded queue: 400,000 futures at once would be memory for nothing.
    waiting = iter(names)
    running: dict[Future[Record], str] = {}
    while True:
        try:
            running |= {
                executor.submit(_guarded, task, name): name for name in islice(waiting, 2 * jobs - len(running))
            }
        except BrokenExecutor as error:
            raise _broken(error) from error
        if not running:
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            yield _record(running.pop(future), future)


def _broken(error: BaseException) -> FsbenchError:
    return FsbenchError(f"the executor broke: {error}; what is scored is kept, the same command goes on")


def _record(name: str, future: Future[Record]) -> Record:
    """What became of a sample; one whose worker is gone has failed, and only that one."""
    try:
        error = future.exception()
    except CancelledError:
        # A cluster whose scheduler is gone.
        raise _broken(FsbenchError("what was under way was cancelled")) from None
    if error is None:
        return future.result()
    if isinstance(error, BrokenExecutor):
        # It does not say which sample broke it, and none must be blamed for another.
        raise _broken(error)
    if isinstance(error, LostError):
        raise error
    if isinstance(error, FsbenchError):
        return Record(name, error.status, str(error))
    return Record(name, "failed", "out of memory" if isinstance(error, MemoryError) else f"the worker is lost: {error}")


def _guarded(task: Task | ScanTask, name: str) -> Record:
    """The worker boundary: whatever is raised becomes the sample's row, with where it came from."""
    start = time.perf_counter()
    try:
        return task(name)
    except (MemoryError, LostError):
        raise
    except Exception as error:  # noqa: BLE001 - the one place, see STYLE: a bug costs one row, not the run
        where = traceback.extract_tb(error.__traceback__)[-1]
        reason = (
            f"bug: {type(error).__name__}: {error} (in {Path(where.filename).name}:{where.lineno}); "
            "run with --jobs 1 for the traceback"
        )
        return Record(name, "failed", reason, seconds=time.perf_counter() - start)


def manifest(
    task: Task | ScanTask, benchmark: Benchmark | ScanBenchmark, method: str, samples: Sequence[Sample]
) -> dict[str, Any]:
    """What a run says of itself, but for what only its end knows."""
    everything = len(samples) == len(benchmark.samples)
    return {
        "benchmark": benchmark.spec.name,
        "title": benchmark.spec.title,
        "method": method,
        "signature": benchmark.signature,
        "unit": benchmark.spec.unit,
        "benchmark_samples": len(benchmark.samples),
        "settings": {
            "root": task.root,
            "pred": task.source or task.folder,
            "adapter": task.adapter.settings(),
            "samples": "all" if everything else [sample.name for sample in samples],
        },
        "versions": {
            "fsbench": fsbench.__version__,
            "python": platform.python_version(),
            "numpy": version("numpy"),
            "open3d": open3d_version(),
        },
    }
