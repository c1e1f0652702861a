"""Positions of the words and lines of a text, found for the whole text at once.

A text is a uint8 array as `padded` makes it, with a line break in front, so that each line follows one. Every part of
it that a function takes ends with a line break.
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
"""Texts are parsed in pieces of this size, so that temporary arrays stay in the processor's cache and need no new
memory."""

NEWLINE, _BLANK = b"\n "

_COMMENT = re.compile(rb"(?<![^\x00-\x20])#[^\n]*")
"""A comment begins at a `#` that begins a word; `-1.#IND00`, a NaN of old C runtimes, has none."""


class LineError(ValueError):
    """A line that cannot be read; `position` in the buffer lies in it."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(reason)
        self.position = position


def padded(data: bytes) -> Bytes:
    """Return the text as an array, with `PAD` line break in front and one behind; it starts at `PAD`."""
    return np.frombuffer(b"".join((b"\n" * PAD, data, b"\n")), np.uint8)


def read_padded(path: str | os.PathLike[str], max_bytes: int) -> bytearray:
    """Read a file as `padded` makes it, writable and without a second copy; errors as `files.open_regular`."""
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

    In a file without LF, CR ends a line, as on old Macs. All other bytes keep their positions.

    Raises
    ------
    FormatError
        As `files.open_regular` and `files.refuse_foreign`, and for text in UTF-16.
    """
    raw = read_padded(path, max_bytes)
    refuse_utf16(path, raw[PAD : PAD + 2])
    if raw.startswith(_MARK, PAD):
        raw[PAD : PAD + len(_MARK)] = b" " * len(_MARK)
    return with_line_feeds(raw)


def with_line_feeds(raw: bytearray) -> bytearray:
    """The text with CR replaced by LF, if it has no LF."""
    return raw.replace(b"\r", b"\n") if raw.find(b"\n", PAD, -1) < 0 and raw.find(b"\r", PAD) >= 0 else raw


def refuse_utf16(path: str | os.PathLike[str], head: bytes | bytearray) -> None:
    """Raise FormatError if the text begins like UTF-16."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FormatError(f"{path}: is text in UTF-16, expected ASCII or UTF-8: save it as UTF-8")


def blank_comments(raw: bytearray) -> None:
    """Replace comments, which begin at a `#` that begins a word, by blanks."""
    for match in _COMMENT.finditer(raw) if b"#" in raw else ():
        raw[match.start() : match.end()] = b" " * (match.end() - match.start())


def pieces_of(text: Bytes, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Yield the start and end of pieces of text[start:stop]: whole lines, of `PIECE_BYTES` or a little more."""
    while start < stop:
        end = min(start + PIECE_BYTES, stop)
        while not (breaks := np.flatnonzero(text[end - 1 : end + 4095] == NEWLINE)).size:
            end += 4096
        end += int(breaks[0])
        yield start, end
        start = end


def all_words_of(text: Bytes, start: int, stop: int) -> tuple[Positions, Positions]:
    """As `words_of`, for a text of many pieces and in half the memory."""
    starts, ends = [np.empty(0, np.uint32)], [np.empty(0, np.uint32)]
    for piece in pieces_of(text, start, stop):
        first, last = words_of(text, *piece)
        starts.append(first.astype(np.uint32))
        ends.append(last.astype(np.uint32))
    return np.concatenate(starts), np.concatenate(ends)


def words_of(text: Bytes, start: int, stop: int) -> tuple[Ints, Ints]:
    """Return the starts and ends of the words in text[start:stop], whole lines; control characters count as blanks."""
    # A blank separates two words.
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
    """Return the number of words per line if all lines have the same and single blanks separate them; else 0.

    `starts` and `ends` belong to the words of whole lines. Most programs write such lines, and they are the fastest to
    split.
    """
    if len(starts) == 0:
        return 0
    block = text[starts[0] : ends[-1] + 1]
    n_lines = int(np.count_nonzero(block == NEWLINE))
    n = len(starts) // max(n_lines, 1)
    is_even = n * n_lines == len(starts) == np.count_nonzero(block <= _BLANK)
    return n if is_even and (text.take(ends[n - 1 :: n]) == NEWLINE).all() else 0


def line_heads(text: Bytes, start: int, stop: int, starts: Ints) -> Ints:
    """Return the indices of the words that are the first of their line."""
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
    """Return the indices of the `counts[i]` words after each head i, as one array."""
    if len(counts) and (counts == counts[0]).all():
        return (heads[:, None] + np.arange(1, 1 + counts[0])).ravel()
    skipped = np.cumsum(counts) - counts
    found: Ints = np.arange(counts.sum()) + np.repeat(heads + 1 - skipped, counts)
    return found


def line_number(text: Bytes, position: int) -> int:
    """Return the number, from 1, of the line of a padded text that holds `position`."""
    return 1 + int(np.count_nonzero(text[PAD:position] == NEWLINE))
