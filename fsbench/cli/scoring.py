"""Scoring with a journal, progress on stderr, and a summary: what `score` and `demo` share."""

import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from fsbench.benchmarks import Benchmark, Sample
from fsbench.benchmarks.scans import ScanBenchmark
from fsbench.cli.messages import say
from fsbench.cli.running_options import Running
from fsbench.core.errors import FsbenchError, LostError, UsageError
from fsbench.runs import Record, load_run
from fsbench.runs.journal import Journal, is_unfinished, open_journal, remove_journal
from fsbench.runs.origin import origin_of
from fsbench.runs.pools import remove_tables
from fsbench.runs.run import load_manifest
from fsbench.runs.saving import Saved, save
from fsbench.scoring.evaluate import ScanTask, Task, anywhere, evaluate, manifest

_LINES_IN_A_LOG = 10


class Beside:
    """What a run holds beside its rows, here nothing; all is done while no other process can write the run."""

    def begin(self, task: Task | ScanTask, is_new: bool) -> Task | ScanTask:
        """Before the first sample; of a new run nothing is there yet that counts. The task, told where to keep it."""
        return task

    def lacks(self, sample: str) -> bool:
        """Whether what belongs to a sample that has its row is not there, so that it has to be scored again."""
        return False

    def finish(self, journal: Journal) -> dict[str, Any]:
        """Write it, when all rows are there; what the manifest says of it."""
        return {}

    def amended(self, record: Record) -> Record:
        """The row as it is written, once `finish` has seen all of them."""
        return record

    def end(self) -> None:
        """Tidy up, when the run is written."""


def score(
    benchmark: Benchmark | ScanBenchmark,
    task: Task | ScanTask,
    method: str,
    samples: Sequence[Sample],
    out: Path,
    running: Running,
    overwrite: bool = False,
    resume: bool = False,
    beside: Beside | None = None,
) -> Saved:
    """Score `samples` into the run folder `out`, going on where an earlier call was stopped.

    A finished run of the same thing is scored again, unless with `resume`.
    """
    start, beside = time.perf_counter(), beside or Beside()
    about = manifest(task, benchmark, method, samples)
    if running.shard:
        about["shard"] = {"number": running.shard[0], "of": running.shard[1]}
        samples = running.part(samples)
    _refuse_foreign(out, overwrite)
    if not overwrite:
        _refuse_other_run(out, about)
    if resume and is_finished(out):
        say(f"{out}: is finished already; without --resume it would be scored again")
        return Saved.of(load_run(out))
    absent = set(benchmark.missing_references()) & {sample.name for sample in samples}
    _warn_incomplete(benchmark, absent, len(samples))
    settings = {**about, "versions": None, **_inputs(benchmark, task)}
    with open_journal(out, settings, restart=overwrite) as journal, _kept(journal, len(samples), out):
        if not overwrite and journal.is_new:
            _refuse_what_came_between(out, about)
        task = anywhere(beside.begin(task, is_new=not journal.n_done))
        _work(journal, task, samples, running, beside, f"{about['benchmark']} {method}")
        bins = {sample.name: sample.bins for sample in samples}
        seconds = round(time.perf_counter() - start, 2)
        ending = {**about, "references_missing": len(absent), "jobs": running.jobs, "wall_seconds": seconds}
        # From here to the end there is no run but the journal: rows never stand beside another run's manifest.
        (out / "run.json").unlink(missing_ok=True)
        remove_tables(out)
        ending |= beside.finish(journal)
        saved = save(out, map(beside.amended, journal.records(bins)), bins, benchmark.metrics, ending)
        remove_journal(out)
        beside.end()
    return saved


def is_finished(out: Path) -> bool:
    """Whether there is a run in `out` and none under way."""
    return (out / "run.json").is_file() and not is_unfinished(out)


def was_looked_at(out: Path, overwrite: bool, resume: bool) -> bool:
    """Whether the look before a run can be spared: one that goes on was looked at when it began."""
    return not overwrite and (is_unfinished(out) or (resume and is_finished(out)))


def _work(
    journal: Journal, task: Task | ScanTask, samples: Sequence[Sample], running: Running, beside: Beside, title: str
) -> None:
    """Score what has no record yet."""
    todo = _to_do(journal, task, samples, beside)
    if journal.n_done:
        say(f"going on: {journal.n_done} of {len(samples)} samples are scored already")
        if isinstance(task, Task) and not task.adapter.files(samples[0].name):
            say(f"if what {task.adapter.name} reads has changed since, pass --overwrite: fsbench cannot see that")
    with (
        _progress(title, len(samples), journal.n_done) as step,
        running.executor(len(todo)) as (executor, at_once),
    ):
        for record in evaluate(task, todo, executor, at_once):
            journal.append(record)
            step(record)


@contextmanager
def _kept(journal: Journal, n_samples: int, out: Path) -> Iterator[None]:
    """Say what is kept where something stops the run that is no sample's fault."""

    def text() -> str:
        return f"{journal.n_done} of {n_samples} samples are kept in {out}"

    try:
        yield
    except KeyboardInterrupt:
        say(f"stopped: {text()}; the same command goes on")
        raise
    except (LostError, OSError) as error:
        what = f"{error.filename or out}: {error.strerror or error}" if isinstance(error, OSError) else str(error)
        raise FsbenchError(f"{what}; {text()}: when it is mended, the same command goes on") from None


def summarise(run: Saved, out: Path) -> int:
    """Say on stderr what has no score and why; return the exit code."""
    counts, total = run.counts, sum(run.counts.values())
    n_lost = total - counts["ok"]
    say(
        f"{run.benchmark} {run.method}: {counts['ok']} of {total} samples scored"
        + "".join(f", {counts[status]} {status}" for status in counts if status != "ok" and counts[status])
        + f"; the run is in {out}",
    )
    for record in run.lost:
        say(f"  {record.sample} {record.status}: {record.reason}")
    if n_lost > len(run.lost):
        say(f"  ... and {n_lost - len(run.lost)} more, see {out / 'samples.csv'}")
    if counts["ok"] == 0:
        say("fsbench: nothing could be scored")
        return 2
    return 1 if n_lost else 0


def _inputs(benchmark: Benchmark | ScanBenchmark, task: Task | ScanTask) -> dict[str, str]:
    """What all samples rest on: a run that goes on must find it as it was."""
    inputs = {"archive": origin_of([Path(task.source)])} if task.is_unpacked else {}
    return {**inputs, "predef": benchmark.predef_digest} if isinstance(benchmark, Benchmark) else inputs


def _to_do(journal: Journal, task: Task | ScanTask, samples: Sequence[Sample], beside: Beside) -> list[Sample]:
    """The samples without a record, or with one that does not hold any more, which is taken back."""
    if not journal.n_done:
        return list(samples)
    names = {sample.name for sample in samples}
    stale = [one.sample for one in journal.records() if one.sample not in names or _is_stale(one, task, beside)]
    journal.forget(stale)
    done = journal.places()
    return [sample for sample in samples if sample.name not in done]


def _is_stale(record: Record, task: Task | ScanTask, beside: Beside) -> bool:
    """Whether a run that goes on scores it again: without a score, its files changed, or what belongs to it lost."""
    return record.status != "ok" or record.origin != task.origin(record.sample) or beside.lacks(record.sample)


def _refuse_what_came_between(out: Path, about: dict[str, Any]) -> None:
    """Another process may have ended its run here since the first look."""
    try:
        _refuse_other_run(out, about)
    except UsageError:
        remove_journal(out)
        raise


def _refuse_foreign(out: Path, overwrite: bool) -> None:
    """What is in the folder, if it is no run of ours, is left alone."""
    if (out / "samples.csv").is_dir() or (out / "run.json").is_dir():
        raise UsageError(f"{out}: samples.csv or run.json is a folder there; choose another --out")
    # A kill may have come between the two.
    is_foreign = (out / "samples.csv").exists() and not (out / "run.json").exists() and not is_unfinished(out)
    if is_foreign and not overwrite:
        raise UsageError(f"{out} holds a samples.csv that is no run of ours: choose another --out")


def _refuse_other_run(out: Path, about: dict[str, Any]) -> None:
    """A finished run of the same thing is replaced when the new one is done; another one is not touched."""
    if not (out / "run.json").is_file():
        return
    old = load_manifest(out)
    keys = ("benchmark", "method", "signature", "shard", "settings")
    different = [key for key in keys if old.get(key) != about.get(key)]
    if different:
        there, now = (f"{source['benchmark']} {source['method']}" for source in (old, about))
        what = f"this is {now}" if there != now else f"this one has other {' and '.join(different)}"
        raise UsageError(f"{out} holds a run of {there}, {what}: choose another --out, or pass --overwrite")


def _warn_incomplete(benchmark: Benchmark | ScanBenchmark, absent: set[str], n_samples: int) -> None:
    if absent:
        say(
            f"warning: {benchmark.root} lacks the references of {len(absent)} of {n_samples} samples "
            f"(the first is {min(absent)}); they will have no score",
        )


class _Step(Protocol):
    def __call__(self, record: Record) -> None: ...


@contextmanager
def _progress(title: str, total: int, done: int) -> Iterator[_Step]:
    """A bar on a terminal, a few plain lines in a log."""
    statuses: Counter[str] = Counter()
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn(title),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[lost]}"),
        )
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(title, total=total, completed=done, lost="")

            def advance(record: Record) -> None:
                statuses[record.status] += record.status != "ok"
                lost = ", ".join(f"{count} {status}" for status, count in statuses.items() if count)
                bar.update(task, advance=1, lost=lost)

            yield advance
        return

    def log(record: Record) -> None:
        nonlocal done
        before, done = done, done + 1
        if before * _LINES_IN_A_LOG // total != done * _LINES_IN_A_LOG // total:
            say(f"{title}: {done} of {total}")

    yield log
