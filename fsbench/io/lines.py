"""Words and lines of a text as positions, found for the whole text at once.

A text is a uint8 array as `padded` makes it: behind a line break, so that what stands before a line can be asked. The
parts of it that are looked at end with a line break.
"""

import os
import re
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from fsbench.core.compiled import BYTES, compiled
from fsbench.core.errors import FormatError
from fsbench.core.mesh import Ints
from fsbench.io.files import open_regular, refuse_foreign

Bytes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.uint32]

PAD = 1
_MARK = b"\xef\xbb\xbf"
PIECE_BYTES = 1 << 16
"""Texts are parsed in pieces of this size: temporary arrays then stay in the processor's cache,
and in memory that the process has already, which is worth more."""

NEWLINE, _BLANK = b"\n "

_COMMENT = re.compile(rb"(?<![^\x00-\x20])#[^\n]*")
"""A comment begins at a `#` that begins a word. In `-1.#IND00`, as old C runtimes print NaN, none does."""


def padded(data: bytes) -> Bytes:
    """Return the text as an array, with `PAD` line break in front and one behind; it starts at `PAD`."""
    return np.frombuffer(b"".join((b"\n" * PAD, data, b"\n")), np.uint8)


def read_padded(path: str | os.PathLike[str], max_bytes: int) -> bytearray:
    """Read a file as `padded` makes it, but held once and still to be changed; errors as `files.open_regular`."""
    file, n_bytes = open_regular(path, max_bytes)
    with file:
        raw = bytearray(PAD + n_bytes + 1)
        filled = PAD
        while n := file.readinto(memoryview(raw)[filled:-1]):
            filled += n
    raw[:PAD] = b"\n" * PAD
    raw[filled] = NEWLINE
    del raw[filled + 1 :]
    refuse_foreign(path, raw[PAD : min(filled, 512)])
    return raw


def read_text_padded(path: str | os.PathLike[str], max_bytes: int) -> bytearray:
    """Read a text as `read_padded` does, with LF between its lines and without a byte order mark.

    CR alone ends a line where no LF does, as old Macs wrote. Every byte but these stays in its place.

    Raises
    ------
    FormatError
        As `files.open_regular`, and if it is something else, or text in UTF-16.
    """
    raw = read_padded(path, max_bytes)
    refuse_utf16(path, raw[PAD : PAD + 2])
    if raw.startswith(_MARK, PAD):
        raw[PAD : PAD + len(_MARK)] = b" " * len(_MARK)
    return with_line_feeds(raw)


def with_line_feeds(raw: bytearray) -> bytearray:
    """The text with LF where CR alone ends its lines."""
    return raw.replace(b"\r", b"\n") if raw.find(b"\n", PAD, -1) < 0 and raw.find(b"\r", PAD) >= 0 else raw


def refuse_utf16(path: str | os.PathLike[str], head: bytes | bytearray) -> None:
    """FormatError if the text begins as one in UTF-16 does."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FormatError(f"{path}: is text in UTF-16, expected ASCII or UTF-8. Save it as that")


def blank_comments(raw: bytearray) -> None:
    """Put blanks in the place of comments, which begin at a `#` that begins a word."""
    for match in _COMMENT.finditer(raw) if b"#" in raw else ():
        raw[match.start() : match.end()] = b" " * (match.end() - match.start())


def pieces_of(text: Bytes, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Yield where pieces of text[start:stop] start and end: whole lines, of `PIECE_BYTES` or little more."""
    while start < stop:
        end = min(start + PIECE_BYTES, stop)
        while not (breaks := np.flatnonzero(text[end - 1 : end + 4095] == NEWLINE)).size:
            end += 4096
        end += int(breaks[0])
        yield start, end
        start = end


def all_words_of(text: Bytes, start: int, stop: int) -> tuple[Positions, Positions]:
    """Return the same as `words_of` for a text of many pieces, in half the memory."""
    starts, ends = [np.empty(0, np.uint32)], [np.empty(0, np.uint32)]
    for piece in pieces_of(text, start, stop):
        first, last = words_of(text, *piece)
        starts.append(first.astype(np.uint32))
        ends.append(last.astype(np.uint32))
    return np.concatenate(starts), np.concatenate(ends)


def words_of(text: Bytes, start: int, stop: int) -> tuple[Ints, Ints]:
    """Return where the words of text[start:stop], whole lines, start and end; control characters are blanks."""
    # Between two words is a blank.
    room = (stop - start) // 2 + 1
    starts, ends = np.empty(room, np.int64), np.empty(room, np.int64)
    n = _find_words(text, start, stop, starts, ends)
    return starts[:n], ends[:n]


@compiled(f"i8({BYTES}, i8, i8, i8[::1], i8[::1])")
def _find_words(text: Bytes, start: int, stop: int, starts: Ints, ends: Ints) -> int:
    n, within = 0, False
    for i in range(start, stop):
        if (text[i] > _BLANK) != within:
            within = not within
            if within:
                starts[n] = i
            else:
                ends[n] = i
                n += 1
    return n


def even_lines(text: Bytes, starts: Ints, ends: Ints) -> int:
    """Return how many words each line has, if all have as many and single blanks part them; else 0.

    `starts` and `ends` are of the words of whole lines. Such lines are what most programs write, and the quickest to
    take apart.
    """
    if len(starts) == 0:
        return 0
    block = text[starts[0] : ends[-1] + 1]
    n_lines = int(np.count_nonzero(block == NEWLINE))
    n = len(starts) // max(n_lines, 1)
    is_even = n * n_lines == len(starts) == np.count_nonzero(block <= _BLANK)
    return n if is_even and (text.take(ends[n - 1 :: n]) == NEWLINE).all() else 0


def line_heads(text: Bytes, start: int, stop: int, starts: Ints) -> Ints:
    """Return which words are the first of their line."""
    heads = np.flatnonzero(text.take(starts - 1) == NEWLINE)
    if len(heads) == np.count_nonzero(text[start:stop] == NEWLINE):
        return heads
    breaks = np.flatnonzero(text[start - 1 : stop - 1] == NEWLINE) + start
    follows = text.take(breaks)
    if not ((follows <= _BLANK) & (follows != NEWLINE)).any():
        # Only empty lines.
        return heads
    # There may be indented lines.
    heads = np.unique(np.searchsorted(starts, breaks))
    return heads[heads < len(starts)]


def words_after(heads: Ints, counts: Ints) -> Ints:
    """Return the `counts[i]` words after each head i, all in one row."""
    if len(counts) and (counts == counts[0]).all():
        return (heads[:, None] + np.arange(1, 1 + counts[0])).ravel()
    skipped = np.cumsum(counts) - counts
    found: Ints = np.arange(counts.sum()) + np.repeat(heads + 1 - skipped, counts)
    return found


def line_number(text: Bytes, position: int) -> int:
    """Return which line of a padded text, counted from 1, holds `position`."""
    return 1 + int(np.count_nonzero(text[PAD:position] == NEWLINE))
