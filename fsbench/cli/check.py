"""`fsbench check`: find mistakes in a submission before spending an hour on scoring it."""

from typing import Any

import click

from fsbench.cli.adapter_options import adapter_options
from fsbench.cli.messages import put, say
from fsbench.cli.scan_options import ROOT, scan_options


@click.command("check")
@click.argument("benchmark")
@click.option("--root", required=True, type=click.Path(), help=ROOT)
@click.option("--pred", required=True, type=click.Path(), help="The method's files: a folder, .zip, .tar or .tar.gz.")
@adapter_options
@scan_options
@click.option("--samples", help="Check only these samples, e.g. 000-009,123 or '03_*'.")
@click.option("--all", "every", is_flag=True, help="Read every file, and name each one that cannot be used.")
@click.option("--picture", metavar="FILE.png", help="Write a contact sheet: reference outlines over predictions.")
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True, help="Samples checked at once.")
def command(
    benchmark: str,
    root: str,
    pred: str,
    samples: str | None,
    every: bool,
    picture: str | None,
    jobs: int,
    **options: Any,
) -> None:
    """Check the meshes under --pred: files, frame, scale, coverage; name the likely mistake.

    It looks for all files and reads a few meshes of every bin, with --all every file. Each finding is
    one line: ok, note or wrong. docs/check.md explains the lines.

    Exit code: 0 nothing is wrong; 1 something is wrong; 2 wrong usage.
    """
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
    click.get_current_context().exit(1 if report.verdict == "wrong" else 0)
