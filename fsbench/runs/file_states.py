"""Origin: a fingerprint of a record's files, so that a continued run notices changed files."""

import hashlib
from collections.abc import Iterable
from pathlib import Path


def origin_of(paths: Iterable[Path]) -> str:
    """A short fingerprint that changes when a file changes, appears or disappears.

    It uses size and both of the system's times, not content, as a continued run looks at every file. The time of
    the last change of state (ctime) moves even where a copy keeps the time of its original. Links are followed.
    """
    states = []
    for path in paths:
        try:
            state = path.stat()
        except OSError:
            states.append("none")
        else:
            states.append(f"{state.st_size} {state.st_mtime_ns} {state.st_ctime_ns}")
    return hashlib.sha256("\n".join(states).encode()).hexdigest()[:16]
