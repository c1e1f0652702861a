"""Words and lines of a text as positions, found for the whole text at once.

A text is a uint8 array; a line break stands before `start`, and the last byte is one. Numbers are parsed by 64-bit
words that may begin 8 bytes before a number, so `padded` puts as many line breaks in front.
"""

import numpy as np
import numpy.typing as npt

from fsbench.mesh import Ints

Bytes = npt.NDArray[np.uint8]

PAD = 8
NEWLINE, _BLANK, _HASH = b"\n #"


def padded(data: bytes) -> Bytes:
    """Return the text as an array, with `PAD` line breaks in front and one behind; it starts at `PAD`."""
    return np.frombuffer(b"\n" * PAD + data + b"\n", np.uint8)


def words_of(text: Bytes, start: int, stop: int) -> tuple[Ints, Ints]:
    """Return where the words of text[start:stop] start and end; control characters are blanks."""
    blank = text[start - 1 : stop] <= _BLANK
    edges = np.flatnonzero(blank[1:] != blank[:-1]) + start
    return edges[::2], edges[1::2]


def line_heads(text: Bytes, start: int, stop: int, starts: Ints) -> Ints:
    """Return which words are the first of their line."""
    heads = np.flatnonzero(text[starts - 1] == NEWLINE)
    if len(heads) == np.count_nonzero(text[start:stop] == NEWLINE):
        return heads
    # There are empty or indented lines.
    breaks = np.flatnonzero(text[start - 1 : stop] == NEWLINE) + start
    heads = np.unique(np.searchsorted(starts, breaks))
    return heads[heads < len(starts)]


def words_after(heads: Ints, counts: Ints) -> Ints:
    """Return the `counts[i]` words after each head i, all in one row."""
    if len(counts) and (counts == counts[0]).all():
        return (heads[:, None] + np.arange(1, 1 + counts[0])).ravel()
    skipped = np.cumsum(counts) - counts
    return np.arange(counts.sum()) + np.repeat(heads + 1 - skipped, counts)


def line_number(text: Bytes, position: int) -> int:
    """Return which line of a padded text, counted from 1, holds `position`."""
    return 1 + int(np.count_nonzero(text[PAD:position] == NEWLINE))
