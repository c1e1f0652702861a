"""`fsbench score`: a benchmark and a folder of predicted meshes in, a run out."""

from typing import TYPE_CHECKING, Any

import click

from fsbench.cli.adapter_options import adapter_options
from fsbench.cli.messages import plain_warnings, say
from fsbench.cli.running_options import running_of, running_options
from fsbench.cli.scan_options import ROOT, scan_options

if TYPE_CHECKING:
    from fsbench.benchmarks import Benchmark
    from fsbench.scoring.evaluate import Task


@click.command("score")
@click.argument("benchmark")
@click.option("--root", required=True, type=click.Path(), help=ROOT)
@click.option("--pred", required=True, type=click.Path(), help="The method's files: a folder, .zip, .tar or .tar.gz.")
@adapter_options
@scan_options
@click.option("--method", help="Label of the method; the name of the --pred folder if not given.")
@click.option("--out", required=True, type=click.Path(), help="Folder of the run that is written.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Samples scored at once.")
@running_options
@click.option("--samples", help="Only these, e.g. 000-009,123 or '03_*'.")
@click.option("--resume", is_flag=True, help="Leave a finished run as it is; an unfinished one goes on in any case.")
@click.option("--overwrite", is_flag=True, help="Throw away an unfinished or different run in --out.")
def command(
    benchmark: str,
    root: str,
    pred: str,
    method: str | None,
    out: str,
    jobs: int,
    samples: str | None,
    resume: bool,
    overwrite: bool,
    **options: Any,
) -> None:
    """Score the meshes under --pred on BENCHMARK (see `fsbench datasets`) and write a run.

    Every sample of the benchmark gets its row: ok, missing, invalid or failed, with the reason. A
    run that was stopped goes on when the same command is given again.

    Exit code: 0 every sample scored; 1 some have no score; 2 wrong usage, nothing could be scored, or a
    folder or disk was lost in the middle.
    """
    plain_warnings()
    if resume and overwrite:
        raise click.UsageError("--resume keeps what --overwrite throws away: give one of them")
    running = running_of(jobs, options)
    running.warm_up()
    # All that follows is loaded while what workers are forked from loads its own.
    from contextlib import nullcontext
    from functools import partial
    from pathlib import Path

    from fsbench.benchmarks import Benchmark
    from fsbench.cli.cache import usable_cache
    from fsbench.cli.progress import Progress, say_pooled, say_suspicious, summarise
    from fsbench.cli.submission_options import opened_submission, split_options
    from fsbench.runs import load_run
    from fsbench.scoring.evaluate import Task
    from fsbench.scoring.labels import method_label, refuse_inside_predictions
    from fsbench.scoring.score import score_into, was_looked_at

    choice, adapter = split_options(benchmark, options)
    label, target = method_label(method, pred), Path(out)
    opened = Benchmark.open(benchmark, root, choice)
    refuse_inside_predictions(out, pred)
    chosen = opened.select(samples) if samples is not None else opened.samples
    cache = usable_cache() if running.cache else ""

    def warn(warnings: list[str]) -> None:
        for warning in warnings:
            say(f"warning: {warning}")

    with opened_submission(opened, pred, adapter) as submission:
        _say_settings(opened)
        look = partial(_look, Task.of(opened, submission, cache), [one.name for one in running.part(chosen)])
        with nullcontext() if was_looked_at(target, overwrite, resume) else running.beside(look, warn):
            saved = score_into(target, opened, submission, label, chosen, running, overwrite, resume, Progress(), cache)
    if opened.protocol.pooled:
        say_pooled(target, sum(saved.counts.values()))
    if "suspicious" in opened.metrics:
        run = load_run(target)
        say_suspicious(run, run.manifest["suspicious"], target)
    click.get_current_context().exit(summarise(saved, target))


def _say_settings(benchmark: "Benchmark") -> None:
    """What was chosen or found, and what people should know before they believe the numbers."""
    if not benchmark.protocol.in_camera:
        say(f"settings: {benchmark.signature}")
    for caution in benchmark.cautions:
        say(caution)
    if benchmark.references.absent:
        say(f"warning: {benchmark.references.absent}; the run is of these")


def _look(task: "Task", names: list[str]) -> list[str]:
    """What the cheap part of the check finds wrong."""
    from pathlib import Path

    from fsbench.benchmarks.cache import PreparedCache
    from fsbench.check import quick
    from fsbench.core.visible import visible

    benchmark = task.opened()
    # Looked up there and not kept: that is for those that score.
    cache = PreparedCache(Path(task.cache), limit_bytes=0) if task.cache else None
    try:
        found = quick(benchmark, task.submission, [benchmark.sample(name) for name in names], cache)
    except OSError:
        # What the system cannot read is told in its sample's row.
        return []
    return [f"{one.topic}: {visible(one.text)}" for one in found]
