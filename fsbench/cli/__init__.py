"""The command line: one command a file, loaded when it is called. The only place that prints and exits."""

import atexit
import difflib
import gc
import importlib
import io
import os
import select
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

import click

from fsbench import __version__
from fsbench.cli.messages import open_closed_streams, plain_warnings, say, silence
from fsbench.core import compiled
from fsbench.core.errors import FsbenchError

_COMPLETION = "_FSBENCH_COMPLETE"
_BUG = 70
"""EX_SOFTWARE of sysexits.h."""

_STOPPING = {
    number: usual
    for name, usual in (
        ("SIGINT", signal.default_int_handler),
        ("SIGTERM", signal.SIG_DFL),
        ("SIGHUP", signal.SIG_DFL),
    )
    if (number := getattr(signal, name, None))  # not every system has SIGHUP
}
"""Signals that stop a command, and who handles them if nobody has said otherwise."""

# The texts are here so that --help imports no command.
COMMANDS = {
    "demo": "The main job on the sample benchmark: sample, score, tables, plots, page.",
    "datasets": "Benchmarks known, and which are complete under --root.",
    "adapters": "Methods known, what files each needs, how to add one's own.",
    "check": "Look before an hour is spent: files, frames, scale, coverage.",
    "score": "Score a folder of predicted meshes; writes a run.",
    "table": "Put runs into a table: text, csv, markdown, latex, json, html.",
    "plot": "Plot runs by pose or focal length: svg, png, pdf.",
    "report": "Runs as one page for a browser, with the error on the face.",
    "compare": "Compare runs in pairs, with intervals and a verdict.",
    "worst": "The worst samples of a run, or those that got worse from one to another.",
    "heatmap": "Error on the predicted surface: ply or png.",
    "landmarks": "Which vertices are the landmarks: list, show, transfer, convert, picture.",
    "leaderboard": "Show, build and check the leaderboards; add a run, remove a method.",
    "merge": "Put the runs of a job array (--shard) together.",
    "doctor": "What is installed, and whether caches, loops and disks serve.",
    "warm": "Compile the inner loops now, which the first command does otherwise.",
    "cache": "Prepared references kept on disk: how many, where, remove them.",
    "svfr": "Pack and check the zip of NeRSemble's SVFR benchmark.",
    "build": "A benchmark from one's own textured 3D faces: images, cameras, meshes.",
    "sample": "Write the sample benchmark and its baselines' meshes.",
}


class _Lazy(click.Group):
    """A group that knows its commands by name and imports one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            close = difflib.get_close_matches(cmd_name, COMMANDS, 1)
            if close and not ctx.resilient_parsing:
                ctx.fail(f"No such command {cmd_name!r}. Did you mean {close[0]!r}?")
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
    """Run the command line and exit; errors for people go to stderr.

    Exit codes: 0 done; 1 done, but some samples have no score (`score`) or something is wrong (`check`, `doctor`,
    `warm`); 2 wrong usage, unusable data, or a file that cannot be read or written; 70 a bug of ours, with its
    traceback; 130 stopped by Ctrl-C, 143 by SIGTERM, 129 by SIGHUP.
    """
    open_closed_streams()
    plain_warnings()
    # A process that ends need not search its libraries for reference cycles, which takes longer than ending.
    atexit.register(gc.freeze)
    compiled.tell = say
    with _remembered_interrupts() as interrupts:
        try:
            code = _run(arguments, options)
        except (click.Abort, KeyboardInterrupt):
            code = _stopped(interrupts)
        except Exception as error:  # noqa: BLE001 - the last resort: all that comes by ends as a message and a code
            # Compiled modules turn an interrupt while they are imported into an ImportError.
            code = _stopped(interrupts) if interrupts else _told(error)
    sys.exit(code)


def _run(arguments: Sequence[str] | None, options: dict[str, Any]) -> int:
    if _COMPLETION in os.environ:
        group.main(prog_name="fsbench")
    # Not group.main: it takes every broken pipe for a closed stdout, and exits with 1.
    given = list(sys.argv[1:] if arguments is None else arguments)
    with group.make_context("fsbench", given, **options) as context:
        code = group.invoke(context)
    return code if isinstance(code, int) else 0


@contextmanager
def _remembered_interrupts() -> Iterator[list[int]]:
    """Yield a list that grows with every Ctrl-C, SIGTERM and SIGHUP, whatever becomes of the KeyboardInterrupt.

    All three let a command tidy up: remove what an archive was unpacked into, end its workers, say what is kept.
    """
    came: list[int] = []

    def remember(number: int, frame: FrameType | None) -> None:
        came.append(number)
        signal.default_int_handler(number, frame)

    ours: list[int] = []
    if threading.current_thread() is threading.main_thread():
        # A background process of a script ignores Ctrl-C, and one under nohup SIGHUP; that must stay so.
        ours = [number for number, usual in _STOPPING.items() if signal.getsignal(number) is usual]
    for number in ours:
        signal.signal(number, remember)
    try:
        yield came
    finally:
        for number in ours:
            signal.signal(number, _STOPPING[number])


def _stopped(signals: list[int]) -> int:
    say("fsbench: stopped")
    # A second one is ignored: only Python's own tidying up is left to stop.
    atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)
    return 128 + (signals or [signal.SIGINT])[0]


def _told(error: Exception) -> int:
    """Report an error, in words if it has a message for people; return the exit code."""
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.ClickException):
        text = io.StringIO()
        error.show(text)
        say(text.getvalue().rstrip("\n"))
        return 2
    if isinstance(error, FsbenchError):
        say(f"fsbench: {error}")
        return 2
    if isinstance(error, BrokenPipeError) and _reader_has_left():
        # The reader, such as `head`, has all that it wanted.
        silence(1)
        return 0
    if isinstance(error, OSError) and error.strerror:
        files = " -> ".join(os.fsdecode(name) for name in (error.filename, error.filename2) if isinstance(name, str))
        say(f"fsbench: {files + ': ' if files else ''}{error.strerror}")
        return 2
    say("".join(traceback.format_exception(error)).rstrip("\n"))
    say("fsbench: this is a bug of fsbench; please report it with the lines above")
    return _BUG


def _reader_has_left() -> bool:
    """Whether the broken pipe is that of stdout."""
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(1, 0)
        return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))
    try:
        sys.stdout.flush()
    except OSError:
        return True
    return False
