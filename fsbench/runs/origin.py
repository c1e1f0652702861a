"""Origin: what the files were like that a record was computed from, to see on going on whether they still are."""

import hashlib
from collections.abc import Iterable
from pathlib import Path


def origin_of(paths: Iterable[Path]) -> str:
    """Short, and another one when a file has changed, come or gone.

    Told by size and both of the system's times, not by content: a run that goes on looks at every file. The time of
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
