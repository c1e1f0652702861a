"""`fsbench cache`: prepared references kept on disk."""

import os
from pathlib import Path

import click

from fsbench.cli.messages import put, say
from fsbench.core.errors import UsageError
from fsbench.core.own_folders import NotOursError, cache_home, make_own

_ADVICE = "name a folder of your own in XDG_CACHE_HOME"


def cache_folder() -> Path | None:
    """Folder of prepared references: in XDG_CACHE_HOME, or ~/.cache; None for a user without a home."""
    home = cache_home()
    return None if home is None else home / "fsbench" / "prepared"


def usable_folder() -> Path:
    """The folder of prepared references, made if it is absent.

    Raises
    ------
    UsageError
        If there is none, it cannot be written to, or others may write to it.
    """
    folder = cache_folder()
    if folder is None:
        raise UsageError(f"this user has no home folder; {_ADVICE}")
    try:
        make_own(folder)
    except NotOursError as error:
        raise UsageError(f"{error}; {_ADVICE}") from None
    except OSError as error:
        raise UsageError(f"{error.filename or folder}: {error.strerror}; {_ADVICE}") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(f"{folder} cannot be written to; {_ADVICE}")
    return folder


def usable_cache() -> str:
    """`usable_folder` as text; if there is none, print the reason once and return an empty text."""
    try:
        return str(usable_folder())
    except UsageError as error:
        say(f"note: the cache of prepared references is not used: {error}, or pass --no-cache")
        return ""


@click.command("cache")
@click.option("--clear", is_flag=True, help="Remove all prepared references.")
def command(clear: bool) -> None:
    """Show the folder and the size of the cache of prepared references.

    `fsbench score` stores each prepared reference by its content, and reuses it for other methods and later runs on the
    same data. The cache never changes a number. `fsbench score --no-cache` does not use it.
    """
    from fsbench.benchmarks.cache import DEFAULT_LIMIT_BYTES, PreparedCache

    folder = cache_folder()
    if folder is None:
        raise UsageError(f"this user has no home folder, so there is no cache; {_ADVICE}")
    cache = PreparedCache(folder)
    found = cache.clear() if clear else cache.contents()
    size = f"{found.n_bytes / 2**20:,.1f} MiB"
    if clear:
        put(f"removed {found.n_entries} prepared references, {size}, from {cache.folder}")
    else:
        put(f"{cache.folder}: {found.n_entries} prepared references, {size} of {DEFAULT_LIMIT_BYTES >> 20:,} MiB")
