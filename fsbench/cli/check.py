"""`fsbench check`: look at a submission before an hour is spent on scoring it."""

from typing import Any

import click

from fsbench.cli.adapter_options import adapter_options


@click.command("check")
@click.argument("benchmark")
@click.option("--root", required=True, type=click.Path(), help="The benchmark's folder, with code/ and data/.")
@click.option("--pred", required=True, type=click.Path(), help="The method's files: a folder, .zip, .tar or .tar.gz.")
@adapter_options
@click.option("--samples", help="Only these, e.g. 000-009,123 or '03_*'.")
@click.option("--picture", metavar="FILE.png", help="Write a contact sheet: reference outlines over predictions.")
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True, help="Samples looked at side by side.")
def command(
    benchmark: str, root: str, pred: str, samples: str | None, picture: str | None, jobs: int, **adapter: Any
) -> None:
    """Check the meshes under --pred: files, frame, scale, coverage; name the likely mistake.

    All files are looked for, a few meshes of every bin are looked at. One line a finding: ok, note or
    wrong. See docs/check.md for what the lines mean.

    Exit code: 0 nothing is wrong; 1 something is; 2 wrong usage.
    """
    from pathlib import Path

    from fsbench.benchmarks import Benchmark
    from fsbench.check import check
    from fsbench.cli.adapter_options import build_adapter
    from fsbench.errors import UsageError
    from fsbench.io.archive import open_folder

    if picture is not None and Path(picture).suffix.lower() != ".png":
        raise UsageError(f"--picture {picture}: the file's name should end in .png")
    opened = Benchmark.open(benchmark, root)
    chosen = opened.select(samples) if samples else None
    reader = build_adapter(**adapter)
    with open_folder(pred) as folder:
        report = check(opened, reader, folder, chosen, jobs)
    for finding in report.findings:
        click.echo(str(finding))
    if picture is not None and report.evidence:
        from fsbench.report.render import contact_sheet
        from fsbench.runs.files import write_atomically

        verdict = report.findings[-1]
        title = f"{opened.spec.title}: {Path(pred).resolve().name} read as {reader.name}"
        write_atomically(Path(picture), contact_sheet(opened.spec, report.evidence, title, str(verdict)))
        click.echo(f"the picture is in {picture}", err=True)
    click.get_current_context().exit(1 if report.verdict == "wrong" else 0)
