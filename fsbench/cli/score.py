"""`fsbench score`: score a folder of predicted meshes on a benchmark and write a run."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from fsbench.cli.adapter_options import adapter_options
from fsbench.cli.messages import say
from fsbench.cli.project import NAME, Project, find_project, is_benchmark, project_option
from fsbench.cli.running_options import running_of, running_options
from fsbench.cli.scan_options import ROOT, scan_options
from fsbench.core.errors import FsbenchError, UsageError

if TYPE_CHECKING:
    from fsbench.benchmarks import Benchmark
    from fsbench.scoring.evaluate import Task


@click.command("score")
@click.argument("benchmark", required=False, metavar="[BENCHMARK|NAME]")
@click.option("--root", type=click.Path(), help=ROOT)
@click.option("--pred", type=click.Path(), help="The method's files: a folder, .zip, .tar or .tar.gz.")
@adapter_options
@scan_options
@click.option("--method", help="Label of the method [name of the --pred folder].")
@click.option("--out", type=click.Path(), help="Folder to write the run to.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Samples scored at once.")
@running_options
@click.option("--samples", help="Score only these samples, e.g. 000-009,123 or '03_*'.")
@click.option("--keep-maps/--no-keep-maps", help="Keep where each sample is off, for `fsbench report`: 60 kB a sample.")
@click.option("--resume", is_flag=True, help="Leave a finished run as it is; an unfinished one goes on in any case.")
@click.option("--overwrite", is_flag=True, help="Throw away an unfinished or different run in --out.")
@project_option
@click.pass_context
def command(context: click.Context, /, benchmark: str | None, project: str | None, **options: Any) -> None:
    """Score the meshes under --pred on BENCHMARK (see `fsbench datasets`) and write a run to --out.

    Every sample of the benchmark gets its row: ok, missing, invalid or failed, with the reason. The
    same command continues a run that was stopped.

    Without BENCHMARK it scores all runs of the project file fsbench.toml that are not done, with NAME that one; options
    count before the file's. See docs/project.md.

    Exit code: 0 every sample scored; 1 some have no score; 2 wrong usage, nothing could be scored, or a
    folder or disk was lost in the middle.
    """
    if options["resume"] and options["overwrite"]:
        raise click.UsageError("--resume keeps what --overwrite throws away: give one of them")
    if project is None and benchmark is not None and is_benchmark(benchmark):
        for name in ("root", "pred", "out"):
            if options[name] is None:
                raise click.MissingParameter(param=next(one for one in context.command.params if one.name == name))
        context.exit(_score(benchmark, **options))
    found = find_project(project)
    if found is None and benchmark is not None:
        # There is no such benchmark; the error suggests one.
        context.exit(_score(benchmark, **options))
    if found is None:
        raise UsageError(
            f"which BENCHMARK? `fsbench datasets` lists them; without arguments it scores the runs of a {NAME} here, "
            "see docs/project.md"
        )
    given = {
        name: options[name] for name in options if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    }
    context.exit(_score_project(found, _names(found, benchmark, given), options, given))


def _names(project: Project, name: str | None, given: Mapping[str, Any]) -> list[str]:
    """The runs to score; UsageError if there is no such run, or an option is for one run alone."""
    if name is None:
        alone = [option for option in ("out", "pred", "method", "shard") if option in given]
        if alone and len(project.runs) > 1:
            raise UsageError(f"--{alone[0]} is for one run: name it, one of {', '.join(project.runs)}")
        return list(project.runs)
    project.require(name)
    if "shard" in given and "out" not in given:
        raise UsageError(f"--shard needs an --out of its own for each part; the one in {project.path} is of the whole")
    return [name]


def _score_project(project: Project, names: list[str], options: Mapping[str, Any], given: Mapping[str, Any]) -> int:
    """Score runs of a project file one after the other, even if one fails; return the worst exit code."""
    codes = {}
    for name in names:
        run = {**options, **project.runs[name], **given, "resume": not options["overwrite"]}
        say(f"{name}: {run['benchmark']} into {run['out']}")
        try:
            codes[name] = _score(**run)
        except FsbenchError as error:
            say(f"fsbench: {project.place(name)}: {error}")
            codes[name] = 2
    if len(names) > 1:
        texts = ("every sample scored", "some samples without a score", "not scored")
        told = (
            f"{texts[code]}: {', '.join(n for n in names if codes[n] == code)}" for code in sorted({*codes.values()})
        )
        say(f"{project.path}: {'; '.join(told)}")
    return max(codes.values())


def _score(
    benchmark: str,
    root: str,
    pred: str,
    method: str | None,
    out: str,
    jobs: int,
    samples: str | None,
    keep_maps: bool,
    resume: bool,
    overwrite: bool,
    **options: Any,
) -> int:
    """Score one run; return its exit code."""
    running = running_of(jobs, options)
    running.warm_up()
    # The imports below run while the fork server loads its libraries.
    from contextlib import nullcontext
    from functools import partial
    from pathlib import Path

    from fsbench.benchmarks import Benchmark
    from fsbench.cli.cache import usable_cache
    from fsbench.cli.progress import Progress, say_doubts, say_pooled, summarise
    from fsbench.cli.submission_options import opened_submission, split_options
    from fsbench.runs import load_run
    from fsbench.runs.frame_finding import finding_of, keep_finding
    from fsbench.runs.run import load_manifest
    from fsbench.scoring.evaluate import Task
    from fsbench.scoring.labels import method_label, refuse_inside_predictions
    from fsbench.scoring.score import score_into, skips_quick_check

    choice, adapter = split_options(benchmark, options)
    label, target = method_label(method, pred), Path(out)
    opened = Benchmark.open(benchmark, root, choice)
    refuse_inside_predictions(out, pred)
    chosen = opened.select(samples) if samples is not None else opened.samples
    cache = usable_cache() if running.cache else ""

    of_frame: list[str] = []
    of_faces: list[str] = []

    def warn(findings: list[tuple[str, str]]) -> None:
        for topic, text in findings:
            say(f"warning: {topic}: {text}")
        of_frame.extend(text for topic, text in findings if topic == "frame")
        of_faces.extend(text for topic, text in findings if topic == "faces")

    with opened_submission(opened, pred, adapter) as submission:
        _say_settings(opened)
        look = partial(_look, Task.of(opened, submission, cache), [one.name for one in running.part(chosen)])
        with nullcontext() if skips_quick_check(target, overwrite, resume) else running.quick_check(look, warn):
            saved = score_into(
                target, opened, submission, label, chosen, running, overwrite, resume, Progress(), cache, keep_maps
            )
    if opened.protocol.pooled:
        say_pooled(target, sum(saved.counts.values()))
    if "suspicious" in opened.metrics:
        run = load_run(target)
        say_doubts(run, run.manifest.get("suspicious", {}), target)
    if of_frame or of_faces:
        keep_finding(target, next(iter(of_frame), ""), of_faces)
    code = summarise(saved, target)
    if text := finding_of(load_manifest(target)):
        say(f"warning: this run is in a frame that seems wrong: {text}; it is kept as frame_finding in run.json")
    return code


def _say_settings(benchmark: "Benchmark") -> None:
    """Print the settings, and the cautions to read before believing the numbers."""
    if not benchmark.protocol.in_camera:
        say(f"settings: {benchmark.signature}")
    for caution in benchmark.cautions:
        say(caution)
    if benchmark.references.absent:
        say(f"warning: {benchmark.references.absent}; the run covers only these")


def _look(task: "Task", names: list[str]) -> list[tuple[str, str]]:
    """Topic and text of the faults that the quick part of the check finds."""
    from pathlib import Path

    from fsbench.benchmarks.cache import PreparedCache
    from fsbench.check import quick
    from fsbench.core.visible import visible

    benchmark = task.opened()
    # Only read the cache here; the processes that score fill it.
    cache = PreparedCache(Path(task.cache), limit_bytes=0) if task.cache else None
    try:
        found = quick(benchmark, task.submission, [benchmark.sample(name) for name in names], cache)
    except OSError:
        # A file that cannot be read is reported in the row of its sample.
        return []
    return [(one.topic, visible(one.text)) for one in found]
