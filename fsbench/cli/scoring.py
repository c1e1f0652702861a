"""Scoring with a journal, progress on stderr, and a summary: what `score` and `demo` share."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from fsbench.benchmarks import Benchmark, Sample
from fsbench.benchmarks.scans import ScanBenchmark
from fsbench.cli.messages import say
from fsbench.cli.running_options import Running
from fsbench.errors import UsageError
from fsbench.evaluate import ScanTask, Task, evaluate, manifest
from fsbench.runs import Record
from fsbench.runs.journal import Journal, is_unfinished, open_journal, remove_journal
from fsbench.runs.run import load_manifest
from fsbench.runs.saving import Saved, save

_LINES_IN_A_LOG = 10


def score(
    benchmark: Benchmark | ScanBenchmark,
    task: Task | ScanTask,
    method: str,
    samples: Sequence[Sample],
    out: Path,
    running: Running,
    overwrite: bool = False,
    finish: Callable[[], dict[str, Any]] = dict,
) -> Saved:
    """Score `samples` into the run folder `out`, going on where an earlier call was stopped.

    `finish` writes what belongs to the run beside its rows, when all are there, and returns what the manifest says
    of it.
    """
    start = time.perf_counter()
    if (out / "samples.csv").is_dir() or (out / "run.json").is_dir():
        raise UsageError(f"{out}: samples.csv or run.json is a folder there; choose another --out")
    # A kill may have come between the two.
    is_foreign = (out / "samples.csv").exists() and not (out / "run.json").exists() and not is_unfinished(out)
    if is_foreign and not overwrite:
        raise UsageError(f"{out} holds a samples.csv that is no run of ours: choose another --out")
    about = manifest(task, benchmark, method, samples)
    if running.shard:
        about["shard"] = {"number": running.shard[0], "of": running.shard[1]}
        samples = running.part(samples)
    if not overwrite:
        _refuse_other_run(out, about)
    absent = set(benchmark.missing_references()) & {sample.name for sample in samples}
    _warn_incomplete(benchmark, absent, len(samples))
    with open_journal(out, {**about, "versions": None}, restart=overwrite) as journal:
        todo = _to_do(journal, task, samples)
        if journal.n_done:
            say(f"going on: {journal.n_done} of {len(samples)} samples are scored already")
        try:
            with (
                _progress(f"{about['benchmark']} {method}", len(samples), journal.n_done) as step,
                running.executor(len(todo)) as (executor, at_once),
            ):
                for record in evaluate(task, todo, executor, at_once):
                    journal.append(record)
                    step(record)
        except KeyboardInterrupt:
            say(f"stopped: {journal.n_done} of {len(samples)} samples are kept in {out}; the same command goes on")
            raise
        bins = {sample.name: sample.bins for sample in samples}
        seconds = round(time.perf_counter() - start, 2)
        settings = {**about, "references_missing": len(absent), "jobs": running.jobs, "wall_seconds": seconds}
        saved = save(out, journal.records(bins), bins, benchmark.metrics, {**settings, **finish()})
        remove_journal(out)
    return saved


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


def _to_do(journal: Journal, task: Task | ScanTask, samples: Sequence[Sample]) -> list[Sample]:
    """The samples without a record, or with one that does not hold any more, which is taken back."""
    if not journal.n_done:
        return list(samples)
    names = {sample.name for sample in samples}
    journal.forget([record.sample for record in journal.records() if record.sample not in names])
    journal.forget(_stale(journal, task))
    done = journal.places()
    return [sample for sample in samples if sample.name not in done]


def _stale(journal: Journal, task: Task | ScanTask) -> list[str]:
    """What a run that goes on scores again: all without a score, and what has changed since it was stopped."""
    # Scans are found by another rule, and files out of an archive are unpacked just now.
    is_datable = isinstance(task, Task) and task.source in ("", task.folder)
    return [
        record.sample
        for record in journal.records()
        if record.status != "ok" or (is_datable and _has_changed(task, record.sample, journal.written_ns))
    ]


def _has_changed(task: Task | ScanTask, sample: str, since_ns: int) -> bool:
    assert isinstance(task, Task)
    paths = (Path(task.folder) / known for file in task.adapter.files(sample) for known in file.names)
    return any(path.is_file() and path.stat().st_mtime_ns >= since_ns for path in paths)


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
