"""`fsbench plot`: runs as a figure that can go into a paper as it is."""

import click

from fsbench.cli.messages import say
from fsbench.cli.project import project_option
from fsbench.cli.published_option import published_rows, with_published
from fsbench.cli.run_arguments import run_folders
from fsbench.cli.signature_option import signature_option
from fsbench.core.choices import FIGURE_FORMATS, PLOT_KINDS, PLOT_STYLES


@click.command("plot")
@click.argument("runs", nargs=-1, metavar="[RUN...]")
@click.option("-o", "--out", required=True, metavar="FILE", help="Ends in .png, .svg or .pdf.")
@click.option(
    "--kind",
    type=click.Choice(list(PLOT_KINDS)),
    default="error",
    show_default=True,
)
@click.option("--by", help="pose, focal, pose-all, overall, or a bin column.")
@click.option("--metric", help="What to draw [the benchmark's main one]. CD brings CR with it.")
@click.option("--style", type=click.Choice(PLOT_STYLES), default="paper", show_default=True)
@signature_option
@project_option
@with_published
def command(
    runs: tuple[str, ...],
    out: str,
    kind: str,
    by: str | None,
    metric: str | None,
    style: str,
    whole_signature: bool,
    project: str | None,
    published: str | None,
) -> None:
    """Draw runs of one benchmark.

    Each RUN is a folder that `fsbench score --out` wrote, or a run of the project file (without any: all that are
    done). Kinds: the mean error over the bins (error), boxes of the samples' errors (distribution; of an answer among
    labels a matrix of their shares), the share of all samples with at most an error (cumulative; with a pooled metric
    the share of all points of the scans), the chamfer distance against the complete rate (cd-cr), each method's mean
    as a dot with its interval (means), and what the first RUN differs by from each other one, paired, with verdicts
    (differences). The caption with all notes goes to stderr.
    """
    from pathlib import Path

    from fsbench.core.errors import UsageError
    from fsbench.core.signatures import shortened
    from fsbench.report.plots.figure import plot
    from fsbench.report.selection import distinct_labels
    from fsbench.runs import load_run
    from fsbench.runs.files import write_atomically

    path = Path(out)
    form = path.suffix.lower().removeprefix(".")
    if form not in FIGURE_FORMATS:
        raise UsageError(f"-o {out}: the file's name should end in .png, .svg or .pdf")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"-o {out}: there is no folder {path.parent}")
    folders = run_folders(runs, project)
    loaded = [load_run(folder) for folder in folders]
    labels, beside = distinct_labels(loaded, folders), published_rows(loaded, published)
    given = beside.for_tables if beside else None
    drawn = plot(loaded, kind, by, metric, labels, style=style, form=form, published=given)
    write_atomically(path, drawn.content)
    signature = loaded[0].signature
    say(f"{drawn.caption} Measured as {signature if whole_signature else shortened(signature)}.")
