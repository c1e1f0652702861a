"""Printing: data to stdout, messages for people to stderr. Work goes on when a stream is closed."""

import os
import re
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from fsbench.core.visible import visible

_OWN_STYLES = re.compile(r"(\x1b\[[014]m)")
"""Bold, underlined and plain, as tables of text use them."""


def put(text: object, *, nl: bool = True) -> None:
    """Print data on stdout; only our own bold and underline act on a terminal."""
    parts = _OWN_STYLES.split(str(text))
    parts[::2] = [visible(part, keep="\n\t") for part in parts[::2]]
    click.echo("".join(parts), nl=nl)


def say(text: str) -> None:
    """Print `text` on stderr; if that is closed (`2>&1 | head`) or full, print nothing, now and later."""
    try:
        click.echo(visible(text, keep="\n\t"), err=True)
    except (OSError, ValueError):
        silence(2)


class Messages:
    """stderr as a file for a library that draws on it; like `say`, it lives on when the terminal is gone."""

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stderr, name)

    def write(self, text: str) -> int:
        """See `io.TextIOBase.write`."""
        try:
            sys.stderr.write(text)
        except (OSError, ValueError):
            silence(2)
        return len(text)

    def flush(self) -> None:
        """See `io.IOBase.flush`."""
        try:
            sys.stderr.flush()
        except (OSError, ValueError):
            silence(2)


def plain_warnings() -> None:
    """Print warnings as messages for people, without lines of source; only for a process that runs nothing else."""
    warnings.formatwarning = lambda message, *_, **__: f"warning: {message}\n"


def open_closed_streams() -> None:
    """Open the null device for each of stdin, stdout and stderr that is closed (`2>&-`).

    The next file that is opened would get the free number, and libraries would write their messages into it.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:  # the lowest that is free
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            nowhere = Path(os.devnull).open("w", encoding="utf-8", errors="backslashreplace")  # noqa: SIM115 - to the end
            setattr(sys, name, nowhere)


def silence(descriptor: int) -> None:
    """Discard all further output to 1 (stdout) or 2 (stderr).

    Python writes its buffer at exit, which would fail there again, with a traceback.
    """
    with suppress(OSError), Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), descriptor)
    with suppress(OSError, ValueError, AttributeError):
        (sys.stdout if descriptor == 1 else sys.stderr).flush()
