"""`fsbench check`: find mistakes in a submission before spending an hour on scoring it."""

from typing import Any

import click
from click.core import ParameterSource

from fsbench.cli.adapter_options import adapter_options
from fsbench.cli.messages import put, say
from fsbench.cli.project import find_project, is_benchmark, project_option
from fsbench.cli.scan_options import ROOT, scan_options


@click.command("check")
@click.argument("benchmark", metavar="BENCHMARK|NAME")
@click.option("--root", type=click.Path(), help=ROOT)
@click.option("--pred", type=click.Path(), help="The method's files: a folder, .zip, .tar or .tar.gz.")
@adapter_options
@scan_options
@click.option("--samples", help="Check only these samples, e.g. 000-009,123 or '03_*'.")
@click.option("--all", "every", is_flag=True, help="Read every file, and name each one that cannot be used.")
@click.option("--picture", metavar="FILE.png", help="Write a contact sheet: reference outlines over predictions.")
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True, help="Samples checked at once.")
@project_option
@click.pass_context
def command(context: click.Context, /, benchmark: str, project: str | None, **options: Any) -> None:
    """Check the meshes under --pred: files, frame, scale, coverage; name the likely mistake.

    It looks for all files and reads a few meshes of every bin, with --all every file. Each finding is
    one line: ok, note or wrong. docs/check.md explains the lines.

    NAME is a run of the project file fsbench.toml, which says the rest; options count before the file's.

    Exit code: 0 nothing is wrong; 1 something is wrong; 2 wrong usage.
    """
    found = None if project is None and is_benchmark(benchmark) else find_project(project)
    if found is not None:
        found.require(benchmark)
        mine = {name: value for name, value in found.runs[benchmark].items() if name in {*options, "benchmark"}}
        given = {
            name: options[name] for name in options if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        }
        context.exit(_check(**{**options, **mine, **given}))
    for name in ("root", "pred"):
        if options[name] is None and is_benchmark(benchmark):
            raise click.MissingParameter(param=next(one for one in context.command.params if one.name == name))
    context.exit(_check(benchmark, **options))


def _check(
    benchmark: str,
    root: str,
    pred: str,
    samples: str | None,
    every: bool,
    picture: str | None,
    jobs: int,
    **options: Any,
) -> int:
    """Check one submission; return the exit code."""
    from functools import partial
    from pathlib import Path

    from fsbench.benchmarks import Benchmark
    from fsbench.check import check
    from fsbench.cli.progress import steps
    from fsbench.cli.submission_options import opened_submission, split_options
    from fsbench.core.errors import UsageError

    if picture is not None and Path(picture).suffix.lower() != ".png":
        raise UsageError(f"--picture {picture}: the file's name should end in .png")
    choice, adapter = split_options(benchmark, options)
    if picture is not None and adapter is None:
        raise UsageError(f"--picture: {benchmark} has no images; `fsbench heatmap` shows a scored sample")
    opened = Benchmark.open(benchmark, root, choice)
    chosen = opened.select(samples) if samples is not None else None
    with opened_submission(opened, pred, adapter) as submission:
        report = check(opened, submission, chosen, jobs, every=every, progress=partial(steps, "reading"))
    for finding in report.findings:
        put(str(finding))
    if picture is not None and adapter is not None and report.evidence:
        from fsbench.report.render import contact_sheet
        from fsbench.runs.files import write_atomically

        title = f"{opened.spec.title}: {Path(pred).resolve().name} read as {adapter.name}"
        write_atomically(Path(picture), contact_sheet(opened.spec, report.evidence, title, str(report.findings[-1])))
        say(f"the picture is in {picture}")
    return 1 if report.verdict == "wrong" else 0
