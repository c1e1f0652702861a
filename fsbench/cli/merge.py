"""`fsbench merge`: join the runs of a job array."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fsbench.cli.messages import say

if TYPE_CHECKING:
    from fsbench.runs import Run


@click.command("merge")
@click.argument("runs", nargs=-1, required=True, type=click.Path(), metavar="RUN...")
@click.option("--out", required=True, type=click.Path(), help="Folder to write the run to.")
def command(runs: tuple[str, ...], out: str) -> None:
    """Join runs made with `fsbench score --shard 1/N` ... `--shard N/N`.

    The result equals one uninterrupted run. Runs with different settings are refused, and so are repeated or missing
    samples.
    """
    from fsbench.cli.progress import summarise
    from fsbench.core.errors import UsageError
    from fsbench.runs import load_run
    from fsbench.runs.journal import is_unfinished
    from fsbench.runs.maps import copy_maps
    from fsbench.runs.merge import merge
    from fsbench.runs.pool_files import POOLED
    from fsbench.runs.saving import Saved

    target = Path(out)
    if any((target / name).exists() for name in ("run.json", "samples.csv")) or is_unfinished(target):
        raise UsageError(f"{out} holds a run already; choose another --out")
    merged = merge([load_run(run) for run in runs])
    # Write the run itself last, so that an interrupted merge leaves no run.
    target.mkdir(parents=True, exist_ok=True)
    if any((Path(run) / POOLED).is_file() for run in runs):
        _merge_pooled(merged, target, [Path(run) for run in runs])
    copy_maps(target, [Path(run) for run in runs], merged.samples["sample"])
    merged.save(target)
    click.get_current_context().exit(summarise(Saved.of(merged), target))


def _merge_pooled(merged: "Run", target: Path, parts: list[Path]) -> None:
    """Add up the pooled numbers of the parts; if they cannot be added, warn and merge without them."""
    from fsbench.core.errors import UsageError
    from fsbench.runs.pool_files import merge_tables

    scored = merged.samples[merged.samples["status"] == "ok"]
    order = [
        (str(column), str(label)) for row in scored[merged.bins].to_dict("records") for column, label in row.items()
    ]
    try:
        merge_tables(target, parts, order)
    except UsageError as error:
        say(f"warning: the merged run has no pooled numbers: {error}")
