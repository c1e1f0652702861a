"""`fsbench compare`: which method is better, and how sure that is."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, cast

import click

from fsbench.cli.messages import put, say
from fsbench.cli.project import project_option
from fsbench.cli.published_option import published_rows, with_published
from fsbench.cli.run_arguments import run_folders
from fsbench.cli.signature_option import signature_option, signed
from fsbench.cli.table_options import format_option, with_policy
from fsbench.core.choices import COMPARISON_FORMATS, PAIRS

if TYPE_CHECKING:
    from pathlib import Path

    from fsbench.runs import Run


@click.command("compare")
@click.argument("runs", nargs=-1, metavar="[RUN...]")
@click.option(
    "--by",
    multiple=True,
    help="pose, focal, pose-all or a bin column, as of table; more than once for more. Overall is always shown.",
)
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    help="Metric column; more than once for more.  [default: the benchmark's main one]",
)
@click.option(
    "--pairs",
    type=click.Choice(list(PAIRS)),
    default="first",
    show_default=True,
    help="The first RUN against each other one; each against the next in rank; or every pair.",
)
@with_policy
@format_option(COMPARISON_FORMATS, "csv holds the differences, json everything.")
@click.option("--level", type=float, default=0.95, show_default=True, help="Of the intervals and verdicts.")
@click.option("--resamples", type=int, default=10_000, show_default=True, help="Of subjects, or of samples.")
@signature_option
@project_option
@with_published
def command(
    runs: tuple[str, ...],
    by: tuple[str, ...],
    metrics: tuple[str, ...],
    pairs: str,
    policy: str,
    format_: str,
    level: float,
    resamples: int,
    whole_signature: bool,
    project: str | None,
    published: str | None,
) -> None:
    """Compare runs of one benchmark, paired sample by sample.

    Each RUN is a folder that `fsbench score --out` wrote, or a run of the project file (without any: all that are
    done). A difference is the first-named method minus the other, on the samples that count for both. Every
    difference comes with an interval and a verdict, every method with its rank and the range of ranks that chance
    allows.

    Published methods come without scores by sample: --with-published compares the means, unpaired.
    """
    from fsbench.report import comparison
    from fsbench.report.selection import main_of_samples
    from fsbench.runs import load_run
    from fsbench.stats import compare

    folders = run_folders(runs, project)
    labelled = _labelled([load_run(folder) for folder in folders], folders)
    beside = published_rows(labelled, published)
    found = compare(
        labelled,
        by=by or None,
        policy=policy,
        metrics=metrics or [main_of_samples(labelled[0])],
        pairs=cast(Literal["first", "neighbours", "all"], pairs),
        level=level,
        n_resamples=resamples,
        published=beside.for_comparison if beside else None,
    )
    found = comparison.with_caveats(found, labelled)
    put(comparison.COMPARISON_FORMATS[format_](signed(found, format_, whole_signature)), nl=False)
    _warn_of_orders(labelled, found.asked)


def _labelled(runs: "Sequence[Run]", folders: "Sequence[Path]") -> "list[Run]":
    """Labels of the runs; refuses the runs that `fsbench table` refuses to put side by side."""
    from fsbench.report.selection import distinct_labels, relabelled, require_comparable

    return relabelled(runs, require_comparable(runs, distinct_labels(runs, folders)))


def _warn_of_orders(runs: "Sequence[Run]", metrics: Sequence[str]) -> None:
    from fsbench.stats import policy_orders

    for metric in metrics:
        sentence = policy_orders(runs, metric).sentence()
        if sentence:
            say(f"note: {sentence}; see --policy")
