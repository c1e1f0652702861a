"""The command line: one command a file, loaded when it is called. The only place that prints and exits."""

import importlib
import sys
from collections.abc import Sequence
from typing import Any

import click

from fsbench import __version__
from fsbench.errors import FsbenchError

# Texts stand here so that --help need not import what a command needs.
COMMANDS = {
    "demo": "The main job on the sample benchmark: sample, score, tables, plots.",
    "datasets": "Benchmarks known, and which are complete under --root.",
    "adapters": "Methods known, what files each needs, how to add one's own.",
    "check": "Look before an hour is spent: files, frames, scale, coverage.",
    "score": "Score a folder of predicted meshes; writes a run.",
    "table": "Put runs into a table: text, csv, markdown, latex, json, html.",
    "plot": "Plot runs by pose or focal length: svg, png, pdf.",
    "compare": "Compare runs in pairs, with intervals and a verdict.",
    "heatmap": "Error on the predicted surface: ply or png.",
    "leaderboard": "Show, build and check the leaderboards; add a run.",
    "merge": "Put the runs of a job array (--shard) together.",
    "cache": "Prepared references kept on disk: how many, where, remove them.",
    "sample": "Write the sample benchmark and its baselines' meshes.",
}


class _Lazy(click.Group):
    """A group that knows its commands by name and imports one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"fsbench.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="fsbench")
def group() -> None:
    """Score single-view 3D face reconstructions, the same on every machine.

    Start with `fsbench demo`. A run (`fsbench score --out RUN`) is a folder with one row a sample;
    tables, plots and comparisons read runs.
    """


def main(arguments: Sequence[str] | None = None, **options: Any) -> None:
    """Run the command line; errors for people go to stderr, with exit code 2."""
    try:
        sys.exit(group.main(arguments, prog_name="fsbench", standalone_mode=False, **options) or 0)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except FsbenchError as error:
        click.echo(f"fsbench: {error}", err=True)
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("fsbench: stopped", err=True)
        sys.exit(130)
    except BrokenPipeError:
        # The reader, `head` for one, has what it wanted.
        sys.stderr.close()
        sys.exit(0)
