"""Score the samples of a benchmark, on any `concurrent.futures` executor."""

import os
import platform
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

import fsbench
from fsbench.benchmarks import Benchmark, Choice, Sample, load_spec
from fsbench.benchmarks.cache import PreparedCache
from fsbench.benchmarks.reopening import Reopening
from fsbench.core.errors import FsbenchError, LostError
from fsbench.core.memory import keep_freed_memory
from fsbench.geometry.rays import open3d_version
from fsbench.protocols import registry
from fsbench.runs import Record
from fsbench.runs.file_states import origin_of
from fsbench.runs.maps import remove_map
from fsbench.scoring.kept_maps import keep_map
from fsbench.scoring.run_hooks import remove_sample_files, write_sample_files
from fsbench.submissions.submission import Submission


@dataclass(frozen=True, slots=True)
class Task:
    """The predictions to score and the benchmark to score them on; small, so that sending it to workers is cheap.

    Parameters
    ----------
    benchmark : str
        Name, or path of a .toml.
    root : str
        The benchmark's folder.
    submission : Submission
    choice : Choice
        The user's options for files and settings.
    cache : str
        Folder of prepared references; if empty, none are kept.
    sample_folder : str
        Folder for the files that are kept of a sample besides its row; if empty, none are.
    maps : str
        Folder for every sample's error map; if empty, none are kept.
    began : tuple of str
        What all samples share as it was when the run began, see `_shared`.
    """

    benchmark: str
    root: str
    submission: Submission
    choice: Choice
    cache: str = ""
    sample_folder: str = ""
    maps: str = ""
    began: tuple[str, str] = ("", "")

    @classmethod
    def of(cls, benchmark: Benchmark, submission: Submission, cache: str = "") -> "Task":
        """The task of scoring a submission on a benchmark that was just opened; nothing older stays open."""
        _benchmarks.forget()
        began = _shared(benchmark, submission)
        return cls(benchmark.name, str(benchmark.root), submission, benchmark.choice, cache, began=began)

    def __call__(self, name: str) -> Record:
        """Score one sample. Trouble with its files becomes the reason of its record; a bug of ours raises.

        Raises
        ------
        LostError
            If the folders are gone, and not only the sample's files; or if something that all samples share has
            changed since the run began.
        """
        keep_freed_memory()
        start, benchmark = time.perf_counter(), self.opened()
        self._refuse_changed(benchmark)
        origin = self._origin(benchmark, name)
        cache = PreparedCache(Path(self.cache)) if self.cache else None
        try:
            measured = benchmark.measure(name, self.submission.load(benchmark, name), cache)
        except (FsbenchError, OSError) as error:
            _keep(self.sample_folder, remove_sample_files, name)
            _keep(self.maps, remove_map, name)
            return _without_score(self, name, error, start)
        notes, scores = "; ".join(measured.scores.notes), measured.scores.as_dict()
        _keep(self.sample_folder, write_sample_files, name, measured, benchmark.protocol.pooled)
        _keep(self.maps, keep_map, name, measured, scores)
        return Record(name, "ok", notes, scores, time.perf_counter() - start, origin)

    def _refuse_changed(self, benchmark: Benchmark) -> None:
        """Rows of one run are measured alike, so nothing that moves all of them may change on the way."""
        now = _shared(benchmark, self.submission)
        if self.began in (now, ("", "")):
            return
        what = "the adapter" if self.began[0] == now[0] else "the specification, or a file that all samples share,"
        raise LostError(f"{self.benchmark}: {what} has changed since the run began, so its rows would not compare")

    def opened(self) -> Benchmark:
        """The benchmark; each process opens it once, not once per sample."""
        return _opened(self.benchmark, self.root, self.choice)

    def origin(self, name: str) -> str:
        """Fingerprint of the sample's files as they are now.

        It covers no file that a user's own adapter reads, and no change of an archive.

        See `fsbench.runs.file_states`.
        """
        return self._origin(self.opened(), name)

    def _origin(self, benchmark: Benchmark, name: str) -> str:
        paths = [*benchmark.references.files(name), *benchmark.setting_files]
        return origin_of(paths if self.submission.is_unpacked else paths + self.submission.files(benchmark, name))

    def with_absolute_paths(self) -> "Task":
        """The same task with absolute paths, for processes that may have another working directory."""
        submission, files = self.submission, registry.chosen(load_spec(self.benchmark), self.choice).file_settings
        here = replace(submission, folder=_absolute(submission.folder), source=submission.shown)
        return Task(
            _absolute(self.benchmark) if self.benchmark.endswith(".toml") else self.benchmark,
            _absolute(self.root),
            here,
            self.choice.with_absolute_paths(files),
            _absolute(self.cache) if self.cache else "",
            _absolute(self.sample_folder) if self.sample_folder else "",
            _absolute(self.maps) if self.maps else "",
            self.began,
        )


def _shared(benchmark: Benchmark, submission: Submission) -> tuple[str, str]:
    """Digest of the files that all samples share; and the adapter's settings, with the digest of a user's own code."""
    adapter = submission.adapter
    try:
        return benchmark.shared_content, "" if adapter is None else repr(adapter.settings())
    except OSError as error:
        raise LostError(f"{error.filename}: cannot be read any more: {error.strerror}") from None


def _keep(folder: str, write: Callable[..., None], *what: Any) -> None:
    """Call `write` for a sample, if there is a folder."""
    if not folder:
        return
    try:
        write(Path(folder), *what)
    except OSError as error:
        raise LostError(f"{folder}: cannot write here: {error.strerror}") from None


def _absolute(path: str | os.PathLike[str]) -> str:
    return str(Path(path).absolute())


def _without_score(task: Task, name: str, error: FsbenchError | OSError, start: float) -> Record:
    """The row of a sample whose files cannot be used.

    Raises
    ------
    LostError
        If the folders are gone: a row for each sample would make the run look finished.
    """
    submission = task.submission
    for folder, shown in ((submission.folder, submission.shown), (task.root, task.root)):
        try:
            os.scandir(folder).close()
        except OSError as why:
            raise LostError(f"{shown}: cannot be read any more: {why.strerror}") from None
    status = error.status if isinstance(error, FsbenchError) else "failed"
    text = str(error) if isinstance(error, FsbenchError) else f"{error.filename or name}: {error.strerror or error}"
    reason = text.replace(str(submission.folder), submission.shown)
    return Record(name, status, reason, seconds=time.perf_counter() - start)


_benchmarks = Reopening(Benchmark.open)


def _opened(name: str, root: str, choice: Choice) -> Benchmark:
    with _was_fine():
        return _benchmarks(name, root, choice)


@contextmanager
def _was_fine() -> Iterator[None]:
    """The main process opened the benchmark already, so a failure here is lost data, not a bad sample."""
    try:
        yield
    except FsbenchError as error:
        raise LostError(str(error)) from None


def evaluate(
    task: Task,
    samples: Sequence[Sample],
    executor: Executor | None = None,
    jobs: int = 1,
) -> Iterator[Record]:
    """Score `samples`, yielding each record as it is done.

    Parameters
    ----------
    task : Task
    samples : sequence of Sample
    executor : concurrent.futures.Executor, optional
        Where samples are scored. Without one they are scored here, one after the other, and a bug of ours raises.
    jobs : int
        Samples that the executor scores at once; twice as many are queued.

    Yields
    ------
    Record
        With an executor in the order in which they finish, else in the given order.

    Raises
    ------
    LostError
        If files that all samples need are gone; records that were yielded stand.
    """
    names = [sample.name for sample in samples]
    if executor is None:
        for name in names:
            try:
                yield task(name)
            except MemoryError:
                yield Record(name, "failed", "out of memory")
        return
    # A bounded queue: 400,000 futures at once would waste memory.
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
    return FsbenchError(f"the executor broke: {error}; finished samples are kept, and the same command goes on")


def _record(name: str, future: Future[Record]) -> Record:
    """The record of a sample. If its worker is gone, this sample has failed, and no other."""
    try:
        error = future.exception()
    except CancelledError:
        # This comes from a cluster whose scheduler is gone.
        raise _broken(FsbenchError("the samples under way were cancelled")) from None
    if error is None:
        return future.result()
    if isinstance(error, BrokenExecutor):
        # The error does not say which sample broke the executor, so no sample gets the blame.
        raise _broken(error)
    if isinstance(error, LostError):
        raise error
    if isinstance(error, FsbenchError):
        return Record(name, error.status, str(error))
    return Record(name, "failed", "out of memory" if isinstance(error, MemoryError) else f"the worker is lost: {error}")


def _guarded(task: Task, name: str) -> Record:
    """The worker boundary: every error becomes the sample's row, with the place that raised it."""
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


def manifest(task: Task, benchmark: Benchmark, method: str, samples: Sequence[Sample]) -> dict[str, Any]:
    """The manifest of a run that has begun; its end adds the rest."""
    everything = len(samples) == len(benchmark.samples)
    return {
        "benchmark": benchmark.spec.name,
        "title": benchmark.spec.title,
        "method": method,
        "signature": benchmark.signature,
        "unit": benchmark.spec.unit,
        "benchmark_samples": len(benchmark.samples),
        "quantities": [one.as_dict() for one in benchmark.protocol.quantities],
        "settings": {
            "root": task.root,
            "pred": task.submission.shown,
            "adapter": task.submission.settings(benchmark),
            "samples": "all" if everything else [sample.name for sample in samples],
        },
        "versions": {
            "fsbench": fsbench.__version__,
            "python": platform.python_version(),
            "numpy": version("numpy"),
            "open3d": open3d_version(),
        },
    }
