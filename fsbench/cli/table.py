"""`fsbench table`: runs side by side, as text or ready for a paper."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from fsbench.cli.messages import put, say
from fsbench.cli.project import project_option
from fsbench.cli.published_option import published_rows, with_published
from fsbench.cli.run_arguments import run_folders
from fsbench.cli.signature_option import signature_option, signed
from fsbench.cli.table_options import format_option, with_intervals, with_policy
from fsbench.core.choices import TABLE_FORMATS

if TYPE_CHECKING:
    from pathlib import Path

    from fsbench.report.model import Table
    from fsbench.runs import Run


@click.command("table")
@click.argument("runs", nargs=-1, metavar="[RUN...]")
@click.option(
    "--by", multiple=True, help="pose, focal, pose-all, overall, or a bin column; more than once for more tables."
)
@format_option(TABLE_FORMATS)
@click.option("--metrics", help="Metric columns, e.g. cd_mm,mne_rad,cr. CD brings CR with it.")
@click.option("--tidy", is_flag=True, help="One row a (method, bin, metric), unrounded; csv.")
@with_policy
@click.option("--across", is_flag=True, help="One table over several benchmarks: a row a method, all samples of each.")
@with_intervals
@signature_option
@project_option
@with_published
def command(
    runs: tuple[str, ...],
    by: tuple[str, ...],
    format_: str,
    metrics: str | None,
    tidy: bool,
    policy: str,
    across: bool,
    ci: bool,
    whole_signature: bool,
    project: str | None,
    published: str | None,
) -> None:
    """Put runs of one benchmark into a table, or with --across a method's runs of several side by side.

    Each RUN is a folder that `fsbench score --out` wrote, or a run of the project file; without any, all runs of the
    file that are done, one table a benchmark. Without --by: by pose in the wild, by view angle and by
    focal length in the lab. Only the best and second best of a column are emphasised, judged by what is printed.
    """
    from fsbench.core.errors import UsageError
    from fsbench.report.formats import FORMATS, write_tidy
    from fsbench.report.selection import comparable_groups
    from fsbench.runs import load_run

    if tidy and format_ not in ("text", "csv"):
        raise UsageError(f"--tidy is a csv; leave out --format {format_}")
    folders = run_folders(runs, project)
    loaded = [load_run(folder) for folder in folders]
    names = None if metrics is None else [name.strip() for name in metrics.split(",") if name.strip()]
    if across:
        if published is not None:
            raise UsageError("--across is for runs of your own; leave out --with-published")
        _put_across(loaded, folders, names, format_, by=by, tidy=tidy, policy=policy, ci=ci, whole=whole_signature)
        return
    # Named runs belong into one table; those of a project may be of several benchmarks.
    groups = [range(len(loaded))] if runs else comparable_groups(loaded)
    tables = [
        table
        for group in groups
        for table in _tables([loaded[i] for i in group], [folders[i] for i in group], by, names, policy, ci, published)
    ]
    if tidy:
        put(write_tidy(tables), nl=False)
        return
    put(FORMATS[format_]([signed(table, format_, whole_signature) for table in tables]), nl=False)


def _put_across(
    runs: "Sequence[Run]",
    folders: "Sequence[Path]",
    metrics: Sequence[str] | None,
    format_: str,
    *,
    by: Sequence[str],
    tidy: bool,
    policy: str,
    ci: bool,
    whole: bool,
) -> None:
    from dataclasses import replace

    from fsbench.core.errors import UsageError
    from fsbench.report.across import build_across, by_benchmark
    from fsbench.report.formats import across, write_tidy

    if by:
        raise UsageError(f"--across is over all samples of each benchmark; leave out --by {by[0]}")
    found = build_across(runs, folders, metrics, policy=policy, ci=ci)
    for of, table in zip(by_benchmark(runs), found.tables, strict=True):
        if len(of) > 1:
            by_sample = [metric.name for metric in table.metrics if metric.name in of[0].metrics]
            _warn_of_orders(of, (by_sample or of[0].metrics)[0], f"{table.benchmark}: ")
    if tidy:
        put(write_tidy(found.tables), nl=False)
        return
    tables = tuple(signed(table, format_, whole) for table in found.tables)
    put(across.write(replace(found, tables=tables), format_), nl=False)


def _tables(
    runs: "Sequence[Run]",
    folders: "Sequence[Path]",
    by: Sequence[str],
    metrics: Sequence[str] | None,
    policy: str,
    ci: bool,
    published: str | None,
) -> "list[Table]":
    """The tables of comparable runs; prints where the failure policy changes their order."""
    from fsbench.report.selection import distinct_labels, relabelled
    from fsbench.report.tables import build
    from fsbench.stats.layout import default_layouts

    labels = distinct_labels(runs, folders)
    beside = published_rows(runs, published)
    rows = beside.for_tables if beside else None
    tables = [
        build(runs, name, metrics, labels, policy=policy, ci=ci, published=rows)
        for name in by or default_layouts(runs[0])
    ]
    if len(runs) > 1:
        by_sample = [metric.name for metric in tables[0].metrics if metric.name in runs[0].metrics]
        _warn_of_orders(relabelled(runs, labels), (by_sample or runs[0].metrics)[0])
    return tables


def _warn_of_orders(runs: "Sequence[Run]", metric: str, of: str = "") -> None:
    from fsbench.stats import policy_orders

    sentence = policy_orders(runs, metric).sentence()
    if sentence:
        say(f"note: {of}{sentence}; see --policy")
