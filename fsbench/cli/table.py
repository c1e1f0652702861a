"""`fsbench table`: runs side by side, as text or ready for a paper."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from fsbench.cli.messages import put, say
from fsbench.cli.published_option import published_rows, with_published
from fsbench.core.choices import POLICIES, TABLE_FORMATS

if TYPE_CHECKING:
    from fsbench.runs import Run


@click.command("table")
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@click.option(
    "--by", multiple=True, help="pose, focal, pose-all, overall, or a bin column; more than once for more tables."
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(TABLE_FORMATS),
    default="text",
    show_default=True,
)
@click.option("--metrics", help="Metric columns, e.g. cd_mm,mne_rad,cr. CD brings CR with it.")
@click.option("--tidy", is_flag=True, help="One row a (method, bin, metric), unrounded; csv.")
@click.option(
    "--policy",
    type=click.Choice(list(POLICIES)),
    default="legacy",
    show_default=True,
    help="What a failed sample counts as; legacy leaves it out, as published.",
)
@click.option("--ci", is_flag=True, help="With 95 % intervals of the means.")
@with_published
def command(
    runs: tuple[str, ...],
    by: tuple[str, ...],
    format_: str,
    metrics: str | None,
    tidy: bool,
    policy: str,
    ci: bool,
    published: str | None,
) -> None:
    """Put runs of one benchmark into a table.

    Each RUN is a folder that `fsbench score --out` wrote. Without --by: by pose in the wild, by view angle and by
    focal length in the lab. Only the best and second best of a column are emphasised, judged by what is printed.
    """
    from pathlib import Path

    from fsbench.core.errors import UsageError
    from fsbench.report.formats import FORMATS, write_tidy
    from fsbench.report.layout import default_layouts
    from fsbench.report.selection import distinct_labels, relabelled
    from fsbench.report.tables import build
    from fsbench.runs import load_run

    if tidy and format_ not in ("text", "csv"):
        raise UsageError(f"--tidy is a csv; leave out --format {format_}")
    folders = [Path(run) for run in runs]
    loaded = [load_run(folder) for folder in folders]
    labels = distinct_labels(loaded, folders)
    names = None if metrics is None else [name.strip() for name in metrics.split(",") if name.strip()]
    beside = published_rows(loaded, published)
    tables = [
        build(loaded, name, names, labels, policy=policy, ci=ci, published=beside.for_tables if beside else None)
        for name in by or default_layouts(loaded[0])
    ]
    if len(loaded) > 1:
        by_sample = [metric.name for metric in tables[0].metrics if metric.name in loaded[0].metrics]
        _warn_of_orders(relabelled(loaded, labels), (by_sample or loaded[0].metrics)[0])
    put((write_tidy if tidy else FORMATS[format_])(tables), nl=False)


def _warn_of_orders(runs: "Sequence[Run]", metric: str) -> None:
    from fsbench.stats import policy_orders

    sentence = policy_orders(runs, metric).sentence()
    if sentence:
        say(f"note: {sentence}; see --policy")
