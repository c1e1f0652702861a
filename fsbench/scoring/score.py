"""Score: a benchmark and a submission in, a run folder out; the one engine of commands and notebooks."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fsbench.benchmarks import Benchmark, Sample
from fsbench.benchmarks.carried import carried
from fsbench.core.counts import require_count
from fsbench.core.errors import FsbenchError, LostError, UsageError
from fsbench.core.visible import visible
from fsbench.runs import Record, Run, load_run
from fsbench.runs.file_states import origin_of
from fsbench.runs.journal import Journal, brief, different, is_unfinished, open_journal, remove_journal
from fsbench.runs.pool_files import remove_tables
from fsbench.runs.run import load_manifest
from fsbench.runs.saving import Saved, save
from fsbench.scoring.evaluate import Task, evaluate, manifest
from fsbench.scoring.events import Began, Ended, OnEvent, Said, Scored, ignore
from fsbench.scoring.labels import method_label, refuse_inside_predictions
from fsbench.scoring.run_hooks import RunHooks
from fsbench.scoring.running import Running
from fsbench.submissions.submission import Submission, open_submission


def score(
    benchmark: Benchmark,
    submission: "Submission | str | os.PathLike[str]",
    out: "str | os.PathLike[str] | None" = None,
    jobs: int = 1,
    *,
    method: str | None = None,
    samples: "str | Sequence[str | Sample] | None" = None,
    overwrite: bool = False,
    resume: bool = False,
    on_event: "OnEvent | None" = None,
    keep_maps: bool = False,
) -> Run:
    """Score a submission on a benchmark, as `fsbench score` does.

    Parameters
    ----------
    benchmark : Benchmark
        See `fsbench.open_benchmark`.
    submission : Submission or path
        One method's files; the path of a folder or an archive where the benchmark needs no adapter.
    out : path, optional
        Folder of the run that is written. A run that was stopped there goes on; without a folder nothing is kept.
    jobs : int
        Samples scored at once, each in a process of its own if there are several.
    method : str, optional
        Label of the method; the name of the submission's folder if not given.
    samples : str, or sequence of str or Sample, optional
        Only these: a text as `Benchmark.select` takes it, or names one by one.
    overwrite, resume : bool
        Throw away an unfinished or different run in `out`; leave a finished one as it is.
    on_event : callable, optional
        Called with every `fsbench.scoring.events.Event`.
    keep_maps : bool
        Keep every sample's error map in `out`, for `fsbench report`: at most 60 kB a sample.

    Returns
    -------
    Run
        A row for every sample; pooled numbers where the protocol has them.

    Raises
    ------
    UsageError
        If the submission does not go with the benchmark, or `out` holds something else or lies in the submission.
    FsbenchError
        If a folder or disk is lost in the middle; what is scored is kept in `out`.
    """
    if not isinstance(benchmark, Benchmark):
        raise UsageError(f"benchmark is {benchmark!r}, expected an open one: fsbench.open_benchmark(name, root)")
    jobs = require_count("jobs", jobs)
    opening = nullcontext(submission) if isinstance(submission, Submission) else open_submission(submission)
    with opening as given, nullcontext(out) if out is not None else TemporaryDirectory() as folder:
        given.check_benchmark(benchmark)
        if out is not None:
            refuse_inside_predictions(out, given.folder)
        label, chosen, running = method_label(method, given.shown), _chosen(benchmark, samples), Running(jobs)
        score_into(
            Path(folder),
            benchmark,
            given,
            label,
            chosen,
            running,
            overwrite,
            resume,
            on_event or ignore,
            keep_maps=keep_maps,
        )
        return load_run(Path(folder))


def _chosen(benchmark: Benchmark, samples: str | Sequence[str | Sample] | None) -> Sequence[Sample]:
    """The samples asked for, each once, and in the benchmark's order unless they are given one by one."""
    if samples is None:
        return benchmark.samples
    if isinstance(samples, str):
        return benchmark.select(samples)
    names = dict.fromkeys(one if isinstance(one, str) else one.name for one in samples)
    if not names:
        raise UsageError("samples is an empty list: there is nothing to score")
    return [benchmark.sample(name) for name in names]


def score_into(
    out: Path,
    benchmark: Benchmark,
    submission: Submission,
    method: str,
    samples: Sequence[Sample],
    running: Running,
    overwrite: bool = False,
    resume: bool = False,
    on_event: OnEvent = ignore,
    cache: str = "",
    keep_maps: bool = False,
) -> Saved:
    """Score `samples` into the run folder `out`, going on where an earlier call was stopped.

    A finished run with the same settings is scored again, unless `resume` is set. Memory does not grow with the number
    of samples.
    """
    start, task = time.perf_counter(), Task.of(benchmark, submission, cache)
    about = manifest(task, benchmark, method, samples)
    if running.shard:
        about["shard"] = {"number": running.shard[0], "of": running.shard[1]}
        samples = running.part(samples)
    bins = {sample.name: sample.bins for sample in samples}
    _refuse_foreign(out, overwrite)
    hooks = RunHooks(benchmark, out, bins, keep_maps)
    if not overwrite:
        _refuse_other_run(out, about, resume=resume)
    if resume and is_finished(out):
        on_event(Said(f"{out}: is finished already and stays as it is; to score it again pass --overwrite"))
        return Saved.of(load_run(out))
    absent = set(benchmark.missing_references()) & {sample.name for sample in samples}
    if absent:
        on_event(Said(_incomplete(benchmark, absent, len(samples))))
    settings = {**about, "versions": None, **_inputs(benchmark, submission)}
    # Follows from the signature, and runs of earlier versions go on without it.
    del settings["quantities"]
    known = {one.name: one for one in benchmark.protocol.quantities}
    with (
        open_journal(out, settings, restart=overwrite, known=known) as journal,
        _kept(journal, len(samples), out, on_event),
    ):
        if not overwrite and journal.is_new:
            _refuse_what_came_between(out, about)
        folder, maps = hooks.begin(is_new=not journal.n_done)
        task = replace(task, sample_folder=folder, maps=maps).with_absolute_paths()
        _work(journal, task, samples, running, hooks, f"{about['benchmark']} {method}", on_event)
        seconds = round(time.perf_counter() - start, 2)
        ending = {**about, "cautions": list(benchmark.cautions), "references_missing": len(absent)}
        ending |= {"jobs": running.jobs, "wall_seconds": seconds}
        ending |= carried(benchmark.spec, benchmark.name)
        # From here to the end only the journal holds the run, so rows never stand beside another run's manifest.
        (out / "run.json").unlink(missing_ok=True)
        remove_tables(out)
        ending |= hooks.finish(journal)
        records = (_with_reference(hooks.amended(record), absent) for record in journal.records(bins))
        saved = save(out, records, bins, benchmark.metrics, ending)
        remove_journal(out)
        hooks.end()
    return saved


def is_finished(out: Path) -> bool:
    """Whether there is a run in `out` and none under way."""
    return (out / "run.json").is_file() and not is_unfinished(out)


def skips_quick_check(out: Path, overwrite: bool, resume: bool) -> bool:
    """Whether to leave the quick check out, as a finished run stays as it is; a continued run records the finding."""
    return not overwrite and resume and is_finished(out)


def _work(
    journal: Journal,
    task: Task,
    samples: Sequence[Sample],
    running: Running,
    hooks: RunHooks,
    title: str,
    on_event: OnEvent,
) -> None:
    """Score the samples that have no record yet."""
    todo = _to_do(journal, task, samples, hooks)
    if journal.n_done:
        on_event(Said(f"going on: {journal.n_done} of {len(samples)} samples are scored already"))
        adapter = task.submission.adapter
        if adapter is not None and not adapter.files(samples[0].name):
            on_event(Said(f"if what {adapter.name} reads has changed since, pass --overwrite: fsbench cannot see that"))
    on_event(Began(title, len(samples), journal.n_done))
    try:
        with running.executor(len(todo)) as (executor, at_once):
            for record in evaluate(task, todo, executor, at_once):
                journal.append(record)
                on_event(Scored(record))
    finally:
        on_event(Ended())


@contextmanager
def _kept(journal: Journal, n_samples: int, out: Path, on_event: OnEvent) -> Iterator[None]:
    """If something other than a sample stops the run, say what is kept."""

    def text() -> str:
        return f"{journal.n_done} of {n_samples} samples {journal.whereabouts()}"

    try:
        yield
    except KeyboardInterrupt:
        on_event(Said(f"stopped: {text()}"))
        raise
    except (LostError, OSError) as error:
        what = f"{error.filename or out}: {error.strerror or error}" if isinstance(error, OSError) else str(error)
        raise FsbenchError(f"{what}; {text()} when that is mended") from None


def _inputs(benchmark: Benchmark, submission: Submission) -> dict[str, str]:
    """Fingerprints of the inputs that all samples share; a continued run must find them unchanged."""
    inputs = {"archive": origin_of([Path(submission.source)])} if submission.is_unpacked else {}
    return {**inputs, "predef": benchmark.references.digest} if benchmark.references.digest else inputs


def _to_do(journal: Journal, task: Task, samples: Sequence[Sample], hooks: RunHooks) -> list[Sample]:
    """The samples without a record, and those with an outdated one, which is withdrawn."""
    if not journal.n_done:
        return list(samples)
    names, metrics = {sample.name for sample in samples}, set(task.opened().metrics)
    stale = [
        one.sample
        for one in journal.records()
        if one.sample not in names or set(one.scores) != metrics or _is_stale(one, task, hooks)
    ]
    journal.forget(stale)
    done = journal.places()
    return [sample for sample in samples if sample.name not in done]


def _is_stale(record: Record, task: Task, hooks: RunHooks) -> bool:
    """Whether a continued run scores a sample again: no score, changed files, or a lost file of its own."""
    return record.status != "ok" or record.origin != task.origin(record.sample) or hooks.lacks(record.sample)


def _refuse_what_came_between(out: Path, about: dict[str, Any]) -> None:
    """Refuse a run that another process has finished here since the first check."""
    try:
        _refuse_other_run(out, about)
    except UsageError:
        remove_journal(out)
        raise


def _refuse_foreign(out: Path, overwrite: bool) -> None:
    """Refuse a folder that holds files of another kind than a run's."""
    if (out / "samples.csv").is_dir() or (out / "run.json").is_dir():
        raise UsageError(f"{out}: samples.csv or run.json is a folder there; choose another --out")
    # A kill may have come between the two.
    is_foreign = (out / "samples.csv").exists() and not (out / "run.json").exists() and not is_unfinished(out)
    if is_foreign and not overwrite:
        raise UsageError(f"{out} holds a samples.csv that is no run of ours: choose another --out")


def _refuse_other_run(out: Path, about: dict[str, Any], *, resume: bool = False) -> None:
    """Refuse a finished run with other settings; one with the same settings is replaced when the new one is done.

    So is one in which no sample has a score: nothing is lost with it.
    """
    if not (out / "run.json").is_file():
        return
    old = load_manifest(out)
    keys = ("benchmark", "method", "signature", "shard", "settings")
    different_keys = [key for key in keys if old.get(key) != about.get(key)]
    # A run to be resumed stays as it is, so it has to be this one.
    if different_keys and (resume or (load_run(out).samples["status"] == "ok").any()):
        there, now = (f"{source['benchmark']} {source['method']}" for source in (old, about))
        what = (
            f"this is {now}" if there != now else f"this one has other settings, {_named(old, about, different_keys)}"
        )
        raise UsageError(f"{out} holds a run of {there}, {what}: choose another --out, or pass --overwrite")


def _named(old: dict[str, Any], about: dict[str, Any], keys: Sequence[str]) -> str:
    """The settings that differ, with both values."""
    found = [one for key in keys for one in different(key, old.get(key), about.get(key))]
    return " and ".join(f"{name} ({brief(there)} there, {brief(now)} now)" for name, there, now in found)


def _with_reference(record: Record, absent: set[str]) -> Record:
    """The record; where prediction and reference are both missing, its reason names both."""
    if record.status != "missing" or record.sample not in absent:
        return record
    return replace(record, reason=f"{record.reason}; the reference is missing too")


def _incomplete(benchmark: Benchmark, absent: set[str], n_samples: int) -> str:
    return (
        f"warning: {benchmark.root} lacks the references of {len(absent)} of {n_samples} samples "
        f"(the first is {visible(min(absent))}); they will have no score"
    )
