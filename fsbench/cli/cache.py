"""`fsbench cache`: prepared references kept on disk."""

from pathlib import Path

import click

from fsbench.cli.messages import put, say
from fsbench.core.own_folders import NotOursError, cache_home, require_own


def cache_folder() -> Path | None:
    """Where the command line keeps prepared references: XDG_CACHE_HOME, or ~/.cache; None for a user without home."""
    home = cache_home()
    return None if home is None else home / "fsbench" / "prepared"


def usable_cache() -> str:
    """The folder, if there is one that only this user writes to; else say once why not, and nothing."""
    folder = cache_folder()
    if folder is None:
        return ""
    try:
        if folder.exists():
            require_own(folder)
    except NotOursError as error:
        say(f"note: prepared references are neither looked up nor kept: {error}")
        return ""
    return str(folder)


@click.command("cache")
@click.option("--clear", is_flag=True, help="Remove everything in it.")
def command(clear: bool) -> None:
    """Say where prepared references are kept and how much room they take.

    What `fsbench score` computes of a reference alone is kept and found again by the reference's content, so other
    methods and later runs on the same data start with it. It never changes a number. `fsbench score --no-cache`
    leaves it alone.
    """
    from fsbench.benchmarks.cache import DEFAULT_LIMIT_BYTES, PreparedCache
    from fsbench.core.errors import UsageError

    folder = cache_folder()
    if folder is None:
        raise UsageError("this user has no home folder, so nothing is kept; name a folder in XDG_CACHE_HOME")
    cache = PreparedCache(folder)
    found = cache.clear() if clear else cache.contents()
    size = f"{found.n_bytes / 2**20:,.1f} MiB"
    if clear:
        put(f"removed {found.n_entries} prepared references, {size}, from {cache.folder}")
    else:
        put(f"{cache.folder}: {found.n_entries} prepared references, {size} of {DEFAULT_LIMIT_BYTES >> 20:,} MiB")
