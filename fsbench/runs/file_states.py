"""Origin: a fingerprint of a record's files, so that a continued run notices changed files."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from fsbench.io.files import state_of


def origin_of(paths: Iterable[Path]) -> str:
    """A short fingerprint that changes when a file changes, appears or disappears.

    It uses the file's state, not its content, as a continued run looks at every file. Links are followed.
    """
    states = []
    for path in paths:
        try:
            states.append(" ".join(map(str, state_of(path))))
        except OSError:
            states.append("none")
    return hashlib.sha256("\n".join(states).encode()).hexdigest()[:16]
