"""`fsbench merge`: the runs of a job array into one."""

import click


@click.command("merge")
@click.argument("runs", nargs=-1, required=True, type=click.Path(), metavar="RUN...")
@click.option("--out", required=True, type=click.Path(), help="Folder of the run that is written.")
def command(runs: tuple[str, ...], out: str) -> None:
    """Put runs made with `fsbench score --shard 1/N` ... `--shard N/N` together.

    The result is what one undisturbed run would have given. Runs of different settings, with samples twice or with
    samples missing are refused.
    """
    from pathlib import Path

    from fsbench.cli.scoring import summarise
    from fsbench.errors import UsageError
    from fsbench.runs import load_run
    from fsbench.runs.merge import merge
    from fsbench.runs.saving import Saved

    target = Path(out)
    if (target / "run.json").exists():
        raise UsageError(f"{out}: there is a run already; choose another --out")
    merged = merge([load_run(run) for run in runs])
    merged.save(target)
    click.get_current_context().exit(summarise(Saved.of(merged), target))
