"""`fsbench cache`: prepared references kept on disk."""

from pathlib import Path

import click

from fsbench.cli.messages import put, say
from fsbench.core.own_folders import NotOursError, cache_home, require_own


def cache_folder() -> Path | None:
    """Folder of prepared references: in XDG_CACHE_HOME, or ~/.cache; None for a user without a home."""
    home = cache_home()
    return None if home is None else home / "fsbench" / "prepared"


def usable_cache() -> str:
    """The folder, if only this user can write to it; otherwise print the reason once and return an empty text."""
    folder = cache_folder()
    if folder is None:
        return ""
    try:
        if folder.exists():
            require_own(folder)
    except NotOursError as error:
        say(f"note: the cache of prepared references is not used: {error}")
        return ""
    return str(folder)


@click.command("cache")
@click.option("--clear", is_flag=True, help="Remove all prepared references.")
def command(clear: bool) -> None:
    """Show the folder and the size of the cache of prepared references.

    `fsbench score` stores each prepared reference by its content, and reuses it for other methods and later runs on the
    same data. The cache never changes a number. `fsbench score --no-cache` does not use it.
    """
    from fsbench.benchmarks.cache import DEFAULT_LIMIT_BYTES, PreparedCache
    from fsbench.core.errors import UsageError

    folder = cache_folder()
    if folder is None:
        raise UsageError("this user has no home folder, so there is no cache; name a folder in XDG_CACHE_HOME")
    cache = PreparedCache(folder)
    found = cache.clear() if clear else cache.contents()
    size = f"{found.n_bytes / 2**20:,.1f} MiB"
    if clear:
        put(f"removed {found.n_entries} prepared references, {size}, from {cache.folder}")
    else:
        put(f"{cache.folder}: {found.n_entries} prepared references, {size} of {DEFAULT_LIMIT_BYTES >> 20:,} MiB")
