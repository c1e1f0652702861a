"""What is printed: data on stdout, messages to people on stderr. Work goes on where nobody listens any more."""

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
    """Print data on stdout; nothing in it but our own bold and underline acts on a terminal."""
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
    """Let this process print warnings as messages to people, not as lines of source; for what runs nothing else."""
    warnings.formatwarning = lambda message, *_, **__: f"warning: {message}\n"


def open_closed_streams() -> None:
    """Lead stdin, stdout and stderr nowhere where they are closed (`2>&-`).

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
    """Send what is still written to 1 (stdout) or 2 (stderr) nowhere.

    What Python holds back for the stream is written at exit; it would fail there once more, with a traceback.
    """
    with suppress(OSError), Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), descriptor)
    with suppress(OSError, ValueError, AttributeError):
        (sys.stdout if descriptor == 1 else sys.stderr).flush()
