"""`fsbench score`: a benchmark and a folder of predicted meshes in, a run out."""

from typing import TYPE_CHECKING, Any

import click

from fsbench.cli.adapter_options import adapter_options
from fsbench.cli.messages import plain_warnings, say
from fsbench.cli.running_options import Running, running_options
from fsbench.cli.scan_options import NAMES, ROOT, scan_options

if TYPE_CHECKING:
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
    running = Running.of(jobs, options)
    running.warm_up()
    # All that follows is loaded while what workers are forked from loads its own.
    from contextlib import nullcontext
    from functools import partial
    from pathlib import Path

    from fsbench.benchmarks import Benchmark, load_spec
    from fsbench.benchmarks.scans import PROTOCOLS
    from fsbench.cli.adapter_options import build_adapter
    from fsbench.cli.cache import cache_folder
    from fsbench.cli.labels import method_label, refuse_inside_predictions
    from fsbench.cli.scoring import score, summarise, was_looked_at
    from fsbench.core.errors import UsageError
    from fsbench.io.archive import open_folder
    from fsbench.scoring.evaluate import Task

    scans = {name: options.pop(name) for name in NAMES}
    adapter = options
    label = method_label(method, pred)
    if load_spec(benchmark).protocol in PROTOCOLS:
        from fsbench.cli.scanning import score_scans

        given = [f"--{name}" for name, value in adapter.items() if value is not None]
        if given:
            raise UsageError(f"{benchmark} finds how a prediction stands; leave out {', '.join(given)}")
        refuse_inside_predictions(out, pred)
        run = score_scans(benchmark, root, pred, scans, label, samples, Path(out), running, overwrite, resume)
        click.get_current_context().exit(summarise(run, Path(out)))
    given = [f"--{name.replace('_', '-')}" for name, value in scans.items() if value is not None]
    if given:
        raise UsageError(f"{', '.join(given)}: only benchmarks of scans have these, {benchmark} keeps the camera")
    opened = Benchmark.open(benchmark, root)
    if not Path(pred).exists():
        raise UsageError(
            f"{pred}: no such folder or archive; --pred has one method's files, "
            f"e.g. ROOT/{opened.files.predictions}/NAME"
        )
    refuse_inside_predictions(out, pred)
    chosen = opened.select(samples) if samples is not None else opened.samples
    chosen_adapter = build_adapter(**adapter)
    chosen_adapter.check_benchmark(in_the_lab=opened.in_the_lab)
    with open_folder(pred) as folder:
        cache = str(cache_folder() or "") if running.cache else ""
        task = Task(benchmark, root, chosen_adapter, str(folder), pred, cache, is_unpacked=not Path(pred).is_dir())
        look = partial(_look, task, [one.name for one in chosen])

        def warn(warnings: list[str]) -> None:
            for warning in warnings:
                say(f"warning: {warning}")

        with nullcontext() if was_looked_at(Path(out), overwrite, resume) else running.beside(look, warn):
            run = score(opened, task, label, chosen, Path(out), running, overwrite, resume)
    click.get_current_context().exit(summarise(run, Path(out)))


def _look(task: "Task", names: list[str]) -> list[str]:
    """What the cheap part of the check finds wrong."""
    from pathlib import Path

    from fsbench.benchmarks import Benchmark
    from fsbench.benchmarks.cache import PreparedCache
    from fsbench.check import quick

    opened = Benchmark.open(task.benchmark, task.root)
    samples = [opened.sample(name) for name in names]
    # Looked up there and not kept: that is for those that score.
    cache = PreparedCache(Path(task.cache), limit_bytes=0) if task.cache else None
    try:
        found = quick(opened, task.adapter, task.folder, samples, cache)
    except OSError:
        # What the system cannot read is told in its sample's row.
        return []
    return [f"{one.topic}: {one.text}" for one in found]
