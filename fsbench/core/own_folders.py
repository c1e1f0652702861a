"""Folders that only this user can write to; any other folder may hold others' code or numbers."""

import os
import stat
from pathlib import Path

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


class NotOursError(OSError):
    """Somebody else can change this folder or file."""


def cache_home() -> Path | None:
    """XDG_CACHE_HOME if it is an absolute path, else ~/.cache; None for a user without a home."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    try:
        folder = Path(named) if Path(named).is_absolute() else Path.home() / ".cache"
    except RuntimeError:
        return None
    return folder if folder.is_absolute() else None


def make_own(folder: Path) -> None:
    """Make a folder that nobody else may enter, unless it exists; raise if others may write to it.

    Raises
    ------
    NotOursError
        As `require_own`.
    OSError
        If it cannot be made.
    """
    if folder.is_absolute() and not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    require_own(folder)


def require_own(path: Path, source: Path | None = None) -> None:
    """Refuse a path that this user does not own, or that others may write to.

    Parameters
    ----------
    path : Path
    source : Path, optional
        A file whose owner is trusted too, as this process runs it.

    Raises
    ------
    NotOursError
        If the path is relative, belongs to another user, or others may write to it.
    OSError
        If it is not there.
    """
    if not path.is_absolute():
        raise NotOursError(f"{path} is no absolute path, so its meaning depends on the working directory")
    state = path.stat()
    if not hasattr(os, "geteuid"):  # this system separates users by other means
        return
    if state.st_uid != os.geteuid() and (source is None or state.st_uid != source.stat().st_uid):
        raise NotOursError(f"{path} belongs to another user")
    if state.st_mode & _OTHERS_WRITE:
        raise NotOursError(f"others may write to {path} (chmod go-w prevents it)")
