"""`fsbench worst`: the samples to look at first."""

from typing import TYPE_CHECKING

import click

from fsbench.cli.messages import put, say
from fsbench.cli.project import project_option
from fsbench.cli.run_arguments import run_folders
from fsbench.cli.signature_option import signature_option, signed
from fsbench.cli.table_options import format_option
from fsbench.core.choices import WORST_FORMATS

if TYPE_CHECKING:
    from fsbench.runs import Run


@click.command("worst")
@click.argument("runs", nargs=-1, required=True, metavar="RUN [RUN]")
@click.option("--metric", help="Metric column with a value a sample.  [default: the benchmark's main one]")
@click.option("-n", "n", type=click.IntRange(1, 1_000_000), default=10, show_default=True, help="How many samples.")
@click.option("--report", metavar="FILE", help="A page that `fsbench report` wrote: links that open a sample in it.")
@format_option(WORST_FORMATS, "csv has all digits and whole reasons.")
@signature_option
@project_option
def command(
    runs: tuple[str, ...],
    metric: str | None,
    n: int,
    report: str | None,
    format_: str,
    whole_signature: bool,
    project: str | None,
) -> None:
    """List the worst samples of a run, or those that got worse from the first RUN to the second.

    Each RUN is a folder that `fsbench score --out` wrote, or a run of the project file. Of two runs, samples that
    lost their score come first, with the reason; then those that got worse, by how much.
    """
    from fsbench.core.errors import UsageError
    from fsbench.report.selection import distinct_labels, main_of_samples
    from fsbench.report.worst import WORST_FORMATS as WRITERS
    from fsbench.runs import load_run
    from fsbench.stats.worst import worst

    if len(runs) > 2:
        raise UsageError(f"{len(runs)} runs are given; name one, or two of one benchmark")
    folders = run_folders(runs, project)
    loaded = [load_run(folder) for folder in folders]
    found = worst(loaded, distinct_labels(loaded, folders), metric or main_of_samples(loaded[0]), n)
    links = {} if report is None else _links(report, loaded[-1], found.samples)
    put(WRITERS[format_](signed(found, format_, whole_signature), links), nl=False)


def _links(report: str, run: "Run", samples: tuple[str, ...]) -> dict[str, str]:
    """Links to the listed samples; prints how many of them the page lacks."""
    from fsbench.report.page.links import sample_links

    links = sample_links(report, run)
    lacking = sum(name not in links for name in samples)
    if lacking:
        say(f"note: {report} does not show {lacking} of these {len(samples)} samples; write it from the same runs")
    return links
