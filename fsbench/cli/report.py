"""`fsbench report`: runs as one page for a browser."""

import click

from fsbench.cli.messages import say
from fsbench.cli.project import project_option
from fsbench.cli.run_arguments import run_folders


@click.command("report")
@click.argument("runs", nargs=-1, metavar="[RUN...]")
@click.option("-o", "--out", required=True, metavar="FILE", help="Ends in .html.")
@click.option("--samples", help="Show these in 3D, e.g. 000-009,123 [best, median and worst of each bin].")
@click.option("--all", "all_", is_flag=True, help="Show all samples in 3D.")
@click.option("--root", help="The benchmark's folder, as for `fsbench score` [where the runs say].")
@click.option(
    "--pred", "preds", multiple=True, help="A method's files [where its run says]; once for each RUN, in order."
)
@click.option("--private", is_flag=True, help="Show persons whose pictures may not be published, for your own eyes.")
@project_option
def command(
    runs: tuple[str, ...],
    out: str,
    samples: str | None,
    all_: bool,
    root: str | None,
    preds: tuple[str, ...],
    private: bool,
    project: str | None,
) -> None:
    """Write runs as one self-contained page: table, figures, verdicts, samples, and the error on the face.

    Each RUN is a folder that `fsbench score --out` wrote, or a run of the project file (without any: all that are
    done); runs of several benchmarks become chapters. Error maps are taken from runs that were scored with --keep-
    maps; what is lacking is measured again if the files are still where the run says. The page opens from disk,
    asks the network for nothing, and can be mailed.
    """
    from pathlib import Path

    from fsbench.core.errors import UsageError
    from fsbench.report.page.faces import Wish
    from fsbench.report.page.report import report
    from fsbench.runs import load_run
    from fsbench.runs.files import write_atomically

    path = Path(out)
    if path.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"-o {out}: the file's name should end in .html")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"-o {out}: there is no folder {path.parent}")
    folders = run_folders(runs, project)
    if preds and len(preds) != len(folders):
        raise UsageError(f"--pred is given {len(preds)} times for {len(folders)} runs: give it once for each, in order")
    if samples is not None and all_:
        raise UsageError("--all shows what --samples leaves out: give one of them")
    wish = Wish(root=root, preds=dict(zip(map(str, folders), preds, strict=True)) if preds else {}, private=private)
    page, notes = report([load_run(run) for run in folders], folders, samples=samples, everything=all_, wish=wish)
    content = page.encode()
    write_atomically(path, content)
    for note in notes:
        say(f"note: {note}")
    say(f"wrote {path}, {len(content) / 1e6:.1f} MB")
