"""`fsbench leaderboard`: the published boards; adding to them; checking that all derived files are current."""

from typing import TYPE_CHECKING

import click

from fsbench.cli.messages import put, say
from fsbench.cli.signature_option import signature_option, signed
from fsbench.cli.table_options import format_option, with_intervals
from fsbench.core.choices import TABLE_FORMATS

if TYPE_CHECKING:
    from pathlib import Path

_FOLDER = click.option(
    "--folder",
    metavar="DIR",
    help="Where the boards are. Default: those of this checkout or installation.",
)


@click.group("leaderboard")
def command() -> None:
    """Show, build and check the leaderboards, and add a run.

    The boards hold the published numbers of 14 methods on FaceScape; `show` needs no data.
    """


@command.command()
@click.argument("benchmark", required=False)
@click.option("--by", help="pose, focal, pose-all or overall. Default: overall.")
@format_option(TABLE_FORMATS)
@with_intervals
@signature_option
@_FOLDER
def show(
    benchmark: str | None, by: str | None, format_: str, ci: bool, whole_signature: bool, folder: str | None
) -> None:
    """Print the boards, of BENCHMARK or of all, and below them who made each method and when its run was added."""
    from dataclasses import replace

    from fsbench.boards.board import read_boards
    from fsbench.boards.entries import read_entries
    from fsbench.boards.methods import read_methods
    from fsbench.boards.origins import origin, require_known
    from fsbench.core.errors import UsageError
    from fsbench.report.formats import FORMATS

    boards = read_boards(_folder(folder))
    if benchmark is not None and benchmark not in boards:
        raise UsageError(f"there is no board of {benchmark!r}; there are {', '.join(boards)}")
    methods, entries = read_methods(_folder(folder)), read_entries(_folder(folder))
    require_known(boards, methods)
    tables = []
    for name, board in boards.items():
        if benchmark in (None, name):
            table = board.table(by or "overall", ci=ci)
            origins = [origin(method, methods[method], entries.get((name, method))) for method in board.methods]
            table = signed(table, format_, whole_signature)
            tables.append(replace(table, notes=(*table.notes, *origins)))
    put(FORMATS[format_](tables), nl=False)


@command.command()
@_FOLDER
def build(folder: str | None) -> None:
    """Rebuild README.md, the figures and leaderboard.json from the CSVs."""
    from fsbench.boards import derived

    place = _writable(folder)
    written = derived.build(place)
    say(f"{place}: wrote {', '.join(written)}" if written else f"{place}: nothing to do")


@command.command()
@_FOLDER
@click.pass_context
def check(context: click.Context, folder: str | None) -> None:
    """Exit with 1 if a derived file differs from the one that the CSVs give."""
    from fsbench.boards import derived

    place = _folder(folder)
    stale = derived.stale(place)
    if stale:
        say(f"{place}: not what the CSVs give: {', '.join(stale)}; run `fsbench leaderboard build`")
        if why := derived.other_drawer(stale):
            say(f"note: {why}")
        context.exit(1)
    say(f"{place}: current")


@command.command("import-official")
@click.argument("source", metavar="DIR")
@click.option("-o", "--out", required=True, metavar="DIR", help="Gets one run folder a method and benchmark.")
def import_official(source: str, out: str) -> None:
    """Turn the authors' per-sample files into runs.

    DIR is the benchmark's folder eval_result: <benchmark>_<METHOD>/{CD,MNE,CR}_full.txt.
    """
    from pathlib import Path

    from fsbench.boards import official
    from fsbench.core.errors import UsageError
    from fsbench.runs import load_run

    runs = official.import_official(Path(source))
    folders = [Path(out) / f"{run.benchmark}_{run.method}" for run in runs]
    for run, folder in zip(runs, folders, strict=True):
        if (folder / "run.json").exists() and load_run(folder).signature != run.signature:
            raise UsageError(f"{folder}: holds another run already; choose another --out")
    for run, folder in zip(runs, folders, strict=True):
        run.save(folder)
        put(folder)


@command.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@click.option("--paper", help="Title, for a method that is new.")
@click.option("--venue", help="Where it appeared.")
@click.option("--year", type=int)
@click.option("--source", help="An https address.")
@click.option("--link", default="", help="An https address of the runs, their code or the pull request.")
@click.option("--replace", is_flag=True, help="Give a method that is on the board the new numbers.")
@click.option("--frame-is-right", is_flag=True, help="Take a run too whose frame seemed wrong to fsbench.")
@_FOLDER
def add(
    runs: tuple[str, ...],
    paper: str | None,
    venue: str | None,
    year: int | None,
    source: str | None,
    link: str,
    replace: bool,
    frame_is_right: bool,
    folder: str | None,
) -> None:
    """Add runs to the boards and rebuild the derived files.

    A run must be complete and measured with this version's default settings. A method that is new needs --paper,
    --venue, --year and --source.
    """
    from datetime import UTC, datetime

    from fsbench.boards import changes
    from fsbench.boards.methods import Method
    from fsbench.core.errors import UsageError
    from fsbench.core.visible import visible
    from fsbench.runs import load_run

    place = _writable(folder)
    loaded = [load_run(run) for run in runs]
    method = None
    if paper or venue or year or source:
        if not (paper and venue and year and source):
            raise UsageError("a new method needs all of --paper, --venue, --year and --source")
        if len(names := dict.fromkeys(visible(run.method) for run in loaded)) > 1:
            raise UsageError(
                f"--paper describes one method, and the runs are called {', '.join(names)}: "
                "add those of one method at a time, or score them with one --method"
            )
        method = Method(loaded[0].method, paper, venue, year, source)
    today = datetime.now(UTC).date().isoformat()
    written = changes.add(loaded, place, method, replace=replace, frame_is_right=frame_is_right, day=today, link=link)
    say(f"{place}: wrote {', '.join(written)}" if written else f"{place}: nothing to do")


@command.command()
@click.argument("method")
@click.argument("benchmarks", nargs=-1, metavar="[BENCHMARK...]")
@_FOLDER
def remove(method: str, benchmarks: tuple[str, ...], folder: str | None) -> None:
    """Take METHOD off the boards of BENCHMARK, or off all, and rebuild the derived files."""
    from fsbench.boards import changes

    place = _writable(folder)
    written = changes.remove(method, place, benchmarks)
    say(f"{place}: wrote {', '.join(written)}")


def _folder(given: str | None) -> "Path":
    from pathlib import Path

    from fsbench.core import resources
    from fsbench.core.errors import UsageError

    if given is None:
        return resources.folder("leaderboards")
    if not Path(given).is_dir():
        raise UsageError(f"--folder {given}: no such folder")
    return Path(given)


def _writable(given: str | None) -> "Path":
    """The folder to write to: never the installed copy unless it is named."""
    from pathlib import Path

    import fsbench
    from fsbench.core.errors import UsageError

    place = _folder(given)
    if given is None and place.parent == Path(fsbench.__file__).parent:
        raise UsageError(f"{place} is the installed copy; work in a checkout of fsbench, or name a --folder")
    return place
