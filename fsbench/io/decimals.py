"""Numbers written as text, thousands at a time.

Reading a mesh spends most of its time on parsing, so a compiled loop parses the usual forms; `float` parses all others
(19 digits, an exponent beyond 22, "nan").

In all functions `buffer` is a uint8 array; `starts` and `ends` are positions in it.
"""

import re

import numpy as np

from fsbench.core.compiled import BYTES, compiled
from fsbench.core.mesh import Floats, Ints
from fsbench.io.lines import Bytes, LineError, Positions

_BLOCK = 1 << 14
"""Numbers parsed at a time: temporary arrays stay small."""

_POWER = 10.0 ** np.arange(23)
"""Powers of ten that are exact in double precision."""

_FULL = 10**17
"""From here on, another digit may overflow an integer."""

_NUMBER = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(nan|inf|infinity)", re.IGNORECASE)

_WITH_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")

_SHORTEST_TRIPLE = len("v 1 2 3\n")
_PLAIN_DIGITS = 17

_LONGEST = 400
"""Most characters of a number."""

_MINUS, _PLUS, _DOT, _ZERO, _E, _LOWER = *b"-+.0e", 0x20
_BLANK, _NEWLINE = b" \n"


class BadNumberError(LineError):
    """A piece of text is not a number; `position` is where it starts in the buffer."""

    def __init__(self, position: int, text: bytes, expected: str) -> None:
        shown = text[:40].decode("ascii", "backslashreplace") + ("..." if len(text) > 40 else "")
        super().__init__(position, f"found '{shown}', expected {expected}{comma_hint(shown)}")


def comma_hint(text: str) -> str:
    """A hint for messages if the text is a number with a decimal comma; empty if it is not.

    Examples
    --------
    >>> comma_hint("-1,5"), comma_hint("x")
    ('; is the comma in -1,5 a decimal comma? write -1.5', '')
    """
    is_one = _WITH_COMMA.fullmatch(text)
    return f"; is the comma in {text} a decimal comma? write {text.replace(',', '.')}" if is_one else ""


def number_of(text: str) -> float | None:
    """The number in a piece of text, also "nan" and "inf"; None if it is not a number."""
    data = text.encode("utf-8", "replace")
    return float(text) if len(data) <= _LONGEST and _NUMBER.fullmatch(data) else None


def parse_integers(buffer: Bytes, starts: Ints | Positions, ends: Ints | Positions) -> Ints:
    """Parse signed whole numbers, (n,) int64.

    Raises
    ------
    BadNumberError
        If one is not a whole number of at most 18 digits.
    """
    values = np.empty(len(starts), np.int64)
    for i in range(0, len(starts), _BLOCK):
        some = slice(i, i + _BLOCK)
        wrong = _integers(buffer, _wide(starts[some]), _wide(ends[some]), values[some])
        if wrong >= 0:
            start, end = int(starts[i + wrong]), int(ends[i + wrong])
            raise BadNumberError(start, buffer[start : min(end, start + 41)].tobytes(), "a whole number")
    return values


def parse_floats(buffer: Bytes, starts: Ints | Positions, ends: Ints | Positions) -> Floats:
    """Parse decimal numbers, (n,) float64.

    Up to 15 digits the value is the one that `float` gives; beyond, it may differ in the last bits (relative
    difference below 1e-15). "nan" and "inf" are numbers here.

    Raises
    ------
    BadNumberError
        If one is not a number.
    """
    values = np.empty(len(starts))
    odd = np.empty(min(len(starts), _BLOCK), np.int64)
    for i in range(0, len(starts), _BLOCK):
        some = slice(i, i + _BLOCK)
        n_odd = _floats(buffer, _wide(starts[some]), _wide(ends[some]), values[some], odd)
        for which in odd[:n_odd] + i:
            values[which] = _one_float(buffer, int(starts[which]), int(ends[which]))
    return values


def parse_triples(buffer: Bytes, letter: int, start: int, stop: int) -> Floats | None:
    """Parse lines `v x y z`, (n, 3), the values as of `parse_floats`; None unless all are plain.

    Plain are single blanks and up to 17 digits without an exponent, as most programs write. One loop over the text
    takes a third of the time of finding words first.

    Parameters
    ----------
    letter : int
        The `v`.
    start, stop : int
        Whole lines of the buffer.
    """
    # One row more, as a line may turn out not to be plain after its first number.
    values = np.empty(((stop - start) // _SHORTEST_TRIPLE + 1, 3))
    n = _triples(buffer, letter, start, stop, values)
    return None if n < 0 else values[:n].copy()


def _wide(positions: Ints | Positions) -> Ints:
    return np.ascontiguousarray(positions, np.int64)


def _one_float(buffer: Bytes, start: int, end: int) -> float:
    text = buffer[start : min(end, start + _LONGEST)].tobytes()
    if end - start > _LONGEST or not _NUMBER.fullmatch(text):
        raise BadNumberError(start, text, "a number")
    return float(text)


@compiled(f"i8({BYTES}, i8[::1], i8[::1], i8[::1])")
def _integers(buffer: Bytes, starts: Ints, ends: Ints, values: Ints) -> int:
    """Fill `values`; return the index of the first that is not a whole number, or -1."""
    for i in range(len(starts)):
        at, end = starts[i], ends[i]
        negative = at < end and buffer[at] == _MINUS
        if negative or (at < end and buffer[at] == _PLUS):
            at += 1
        if not 0 < end - at <= 18:
            return i
        value = 0
        while at < end:
            digit = int(buffer[at]) - _ZERO
            if not 0 <= digit <= 9:
                return i
            value = 10 * value + digit
            at += 1
        values[i] = -value if negative else value
    return -1


@compiled(f"i8({BYTES}, i8[::1], i8[::1], f8[::1], i8[::1])")
def _floats(buffer: Bytes, starts: Ints, ends: Ints, values: Floats, odd: Ints) -> int:
    """Fill `values` of the form [sign] digits [. digits] [e [sign] digits]; list others in `odd`, return how many."""
    n_odd = 0
    for i in range(len(starts)):
        at, end = starts[i], ends[i]
        negative = at < end and buffer[at] == _MINUS
        if negative or (at < end and buffer[at] == _PLUS):
            at += 1
        # All digits as one whole number, and the power of ten that it counts in.
        digits, power, n_digits, after_dot = 0, 0, 0, False
        while at < end:
            byte = int(buffer[at])
            digit = byte - _ZERO
            if 0 <= digit <= 9 and digits < _FULL:
                digits = 10 * digits + digit
                power -= after_dot
                n_digits += 1
            elif byte == _DOT and not after_dot:
                after_dot = True
            else:
                break
            at += 1
        good = n_digits > 0
        if good and at < end and buffer[at] | _LOWER == _E:
            at += 1
            falls = at < end and buffer[at] == _MINUS
            if falls or (at < end and buffer[at] == _PLUS):
                at += 1
            exponent = 0
            good = 0 < end - at <= 3
            while at < end:
                digit = int(buffer[at]) - _ZERO
                if not 0 <= digit <= 9:
                    break
                exponent = 10 * exponent + digit
                at += 1
            power += -exponent if falls else exponent
        if not (good and at == end and -22 <= power <= 22):
            odd[n_odd] = i
            n_odd += 1
            continue
        # While the digits are below 2^53 only the multiplication or division rounds, as it should.
        value = digits / _POWER[-power] if power < 0 else digits * _POWER[power]
        values[i] = -value if negative else value
    return n_odd


@compiled(f"i8({BYTES}, i8, i8, i8, f8[:,::1])")
def _triples(buffer: Bytes, letter: int, start: int, stop: int, values: Floats) -> int:
    """Fill `values` and return how many; -1 if a line is not plain."""
    n, at, one = 0, np.uint64(start), np.uint64(1)
    while at < np.uint64(stop):
        if buffer[at] != letter or buffer[at + one] != _BLANK:
            return -1
        at += one
        for axis in range(3):
            if buffer[at] != _BLANK:
                return -1
            at += one
            negative = buffer[at] == _MINUS
            at += np.uint64(negative)
            digits, first = 0, at
            digit = int(buffer[at]) - _ZERO
            while 0 <= digit <= 9:
                digits = 10 * digits + digit
                at += one
                digit = int(buffer[at]) - _ZERO
            n_digits, decimals = np.int64(at - first), np.int64(0)
            if buffer[at] == _DOT:
                at += one
                first = at
                digit = int(buffer[at]) - _ZERO
                while 0 <= digit <= 9:
                    digits = 10 * digits + digit
                    at += one
                    digit = int(buffer[at]) - _ZERO
                decimals = np.int64(at - first)
                n_digits += decimals
            # With more the whole number may have overflowed.
            if not 0 < n_digits <= _PLAIN_DIGITS:
                return -1
            value = digits / _POWER[decimals]
            values[n, axis] = -value if negative else value
        if buffer[at] != _NEWLINE:
            return -1
        n, at = n + 1, at + one
    return n
