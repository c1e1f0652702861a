"""Memory that freed arrays leave behind."""

from contextlib import suppress
from functools import cache

import numpy as np

_LARGEST_BYTES = (32 << 20) - (1 << 16)
"""Just below the largest piece that the GNU C library learns from."""


@cache
def keep_freed_memory() -> None:
    """Let this process keep what arrays free, for the next ones; to be called before samples are scored.

    The GNU C library hands freed memory back to the system once twice the largest piece freed so far lies idle, and
    gets it anew for the next sample, page by page: 1 to 3 ms for a sample of 90,000 triangles. After one large piece,
    which is never written to and so takes no memory, it keeps up to 64 MB for each thread. Other libraries do not mind.
    """
    with suppress(MemoryError):  # where a limit leaves less, a sample may still fit
        np.empty(_LARGEST_BYTES, np.uint8)
