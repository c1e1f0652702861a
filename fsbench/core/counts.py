"""Counts that users give."""

import operator
from typing import Any

from fsbench.core.errors import UsageError


def require_count(name: str, value: Any, least: int = 1) -> int:
    """The value as an int.

    Raises
    ------
    UsageError
        If it is no whole number, or smaller than `least`.

    Examples
    --------
    >>> require_count("threads", 2)
    2
    >>> require_count("threads", "2")
    Traceback (most recent call last):
    fsbench.core.errors.UsageError: threads '2': expected a whole number, 1 or more
    """
    try:
        found = operator.index(value)
    except TypeError:
        found = least - 1
    if found < least:
        raise UsageError(f"{name} {value!r}: expected a whole number, {least} or more")
    return found
