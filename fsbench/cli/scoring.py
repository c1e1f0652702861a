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
from fsbench.errors import UsageError
from fsbench.evaluate import ScanTask, Task, evaluate, manifest
from fsbench.runs import Record, Run, assemble, load_run
from fsbench.runs.journal import Journal, open_journal, remove_journal

_SHOWN_REASONS = 5
_LINES_IN_A_LOG = 10


def score(
    benchmark: Benchmark | ScanBenchmark,
    task: Task | ScanTask,
    method: str,
    samples: Sequence[Sample],
    out: Path,
    running: Running,
    overwrite: bool = False,
) -> Run:
    """Score `samples` into the run folder `out`, going on where an earlier call was stopped."""
    start = time.perf_counter()
    if (out / "samples.csv").is_dir() or (out / "run.json").is_dir():
        raise UsageError(f"{out}: samples.csv or run.json is a folder there; choose another --out")
    if (out / "samples.csv").exists() and not (out / "run.json").exists() and not overwrite:
        raise UsageError(f"{out} holds a samples.csv that is no run of ours: choose another --out")
    about = manifest(task, benchmark, method, samples)
    if running.shard:
        about["shard"] = {"number": running.shard[0], "of": running.shard[1]}
        samples = running.part(samples)
    if not overwrite:
        _refuse_other_run(out, about)
    _warn_incomplete(benchmark, samples)
    with open_journal(out, {**about, "versions": None}, restart=overwrite) as journal:
        journal.forget([name for name in journal.done if name not in {sample.name for sample in samples}])
        journal.forget(_stale(journal, task))
        todo = [sample for sample in samples if sample.name not in journal.done]
        if journal.done:
            say(f"going on: {len(journal.done)} of {len(samples)} samples are scored already")
        try:
            with (
                _progress(f"{about['benchmark']} {method}", len(samples), len(journal.done)) as step,
                running.executor(len(todo)) as (executor, at_once),
            ):
                for record in evaluate(task, todo, executor, at_once):
                    journal.append(record)
                    step(record)
        except KeyboardInterrupt:
            say(f"stopped: {len(journal.done)} of {len(samples)} samples are kept in {out}; the same command goes on")
            raise
        bins = {sample.name: sample.bins for sample in samples}
        seconds = round(time.perf_counter() - start, 2)
        absent = len(_without_reference(benchmark, samples))
        settings = {**about, "references_missing": absent, "jobs": running.jobs, "wall_seconds": seconds}
        run = assemble(journal.done.values(), bins, benchmark.metrics, settings)
        run.save(out)
        remove_journal(out)
    return run


def summarise(run: Run, out: Path) -> int:
    """Say on stderr what has no score and why; return the exit code."""
    counts = run.counts
    lost = run.samples[run.samples["status"] != "ok"]
    say(
        f"{run.benchmark} {run.method}: {counts['ok']} of {len(run.samples)} samples scored"
        + "".join(f", {counts[status]} {status}" for status in counts if status != "ok" and counts[status])
        + f"; the run is in {out}",
    )
    for row in lost.head(_SHOWN_REASONS).itertuples():
        say(f"  {row.sample} {row.status}: {row.reason}")
    if len(lost) > _SHOWN_REASONS:
        say(f"  ... and {len(lost) - _SHOWN_REASONS} more, see {out / 'samples.csv'}")
    if counts["ok"] == 0:
        say("fsbench: nothing could be scored")
        return 2
    return 0 if lost.empty else 1


def _stale(journal: Journal, task: Task | ScanTask) -> list[str]:
    """What a run that goes on scores again: all without a score, and what has changed since it was stopped."""
    unscored = [name for name, record in journal.done.items() if record.status != "ok"]
    if isinstance(task, ScanTask) or task.source not in (
        "",
        task.folder,
    ):  # files found by another rule, or unpacked just now
        return unscored
    changed = [
        name
        for name, record in journal.done.items()
        if record.status == "ok"
        and any(
            path.is_file() and path.stat().st_mtime_ns >= journal.written_ns
            for file in task.adapter.files(name)
            for path in (Path(task.folder) / known for known in file.names)
        )
    ]
    return unscored + changed


def _refuse_other_run(out: Path, about: dict[str, Any]) -> None:
    """A finished run of the same thing is replaced when the new one is done; another one is not touched."""
    if not (out / "run.json").is_file():
        return
    old = load_run(out).manifest
    keys = ("benchmark", "method", "signature", "shard", "settings")
    different = [key for key in keys if old.get(key) != about.get(key)]
    if different:
        there, now = (f"{source['benchmark']} {source['method']}" for source in (old, about))
        what = f"this is {now}" if there != now else f"this one has other {' and '.join(different)}"
        raise UsageError(f"{out} holds a run of {there}, {what}: choose another --out, or pass --overwrite")


def _without_reference(benchmark: Benchmark | ScanBenchmark, samples: Sequence[Sample]) -> set[str]:
    return set(benchmark.missing_references()) & {sample.name for sample in samples}


def _warn_incomplete(benchmark: Benchmark | ScanBenchmark, samples: Sequence[Sample]) -> None:
    missing = _without_reference(benchmark, samples)
    if missing:
        say(
            f"warning: {benchmark.root} lacks the references of {len(missing)} of {len(samples)} samples "
            f"(the first is {min(missing)}); they will have no score",
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
