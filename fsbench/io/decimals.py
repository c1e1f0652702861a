"""Numbers written as text, thousands at a time.

Parsing is most of the time of reading a mesh, and reading is the largest part of scoring one, so numbers are not
parsed one by one: eight digits at a time are loaded as one 64-bit word, for all numbers at once. What does
not fit the usual forms (17 digits before the dot, a three-digit exponent) goes through `float`.

In all functions `buffer` is a uint8 array with at least 8 bytes before the first number (`lines.padded`); `starts`
and `ends` are positions in it.
"""

import re

import numpy as np
import numpy.typing as npt

from fsbench.io.lines import Bytes, Positions
from fsbench.mesh import Floats, Ints, Mask

Words = npt.NDArray[np.uint64]

_ONES = 0x0101010101010101
_KEEP = np.array([0, *((2**64 - 1) >> (8 * k) << (8 * k) for k in range(7, -1, -1))], np.uint64)
_BLOCK = 1 << 14
"""Numbers parsed at a time: temporary arrays stay small."""

_SIGN = np.array([1.0, -1.0])
_POWER = 10.0 ** np.arange(23)
_NUMBER = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(nan|inf|infinity)", re.IGNORECASE)

_MINUS, _PLUS, _DOT = b"-+."


class BadNumberError(ValueError):
    """A piece of text is not a number; `position` is where it starts in the buffer."""

    def __init__(self, position: int, text: bytes, expected: str) -> None:
        shown = text[:40].decode("ascii", "backslashreplace") + ("..." if len(text) > 40 else "")
        super().__init__(f"found '{shown}', expected {expected}")
        self.position = position


def parse_unsigned(buffer: Bytes, ends: Ints, lengths: Ints) -> tuple[Ints, Mask]:
    """Parse whole numbers of at most 8 digits.

    Parameters
    ----------
    buffer : array of uint8
        The text.
    ends : array of int, (n,)
        Position after each number's last digit.
    lengths : array of int, (n,)
        Number of digits, 0 to 8; none counts as 0.

    Returns
    -------
    values : array of int64, (n,)
    good : array of bool, (n,)
        False where a character is not a digit; the value means nothing there.
    """
    # A 64-bit word at every byte position, aligned or not: number i ends at the word that starts 8 before its end.
    words = np.ndarray((len(buffer) - 7,), "<u8", buffer, strides=(1,))[ends - 8].astype(np.uint64, copy=False)
    keep = _KEEP.take(lengths)
    words &= keep
    # The digits are 0x30 to 0x39: the upper half byte is 3, and still is when 6 is added.
    check = words + np.uint64(0x06 * _ONES)
    check &= words
    check &= np.uint64(0xF0 * _ONES)
    keep &= np.uint64(0x30 * _ONES)
    good = check == keep
    # Neighbouring digits are joined into pairs, pairs into fours, fours into eights.
    words &= np.uint64(0x0F * _ONES)
    words *= np.uint64(10 * 2**8 + 1)
    words >>= np.uint64(8)
    words &= np.uint64(0x00FF00FF00FF00FF)
    words *= np.uint64(100 * 2**16 + 1)
    words >>= np.uint64(16)
    words &= np.uint64(0x0000FFFF0000FFFF)
    words *= np.uint64(10000 * 2**32 + 1)
    words >>= np.uint64(32)
    return words.view(np.int64), good


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
        values[some] = _integers(buffer, _wide(starts[some]), _wide(ends[some]))
    return values


def _wide(positions: Ints | Positions) -> Ints:
    return positions.astype(np.int64, copy=False)


def _integers(buffer: Bytes, starts: Ints, ends: Ints) -> Ints:
    lengths = ends - starts
    # First as if none had a sign, which is nearly always so.
    values, good = parse_unsigned(buffer, ends, np.minimum(lengths, 8))
    good &= (lengths > 0) & (lengths <= 8)
    rest = np.flatnonzero(~good)
    if len(rest):
        signed, signed_good = parse_unsigned(buffer, ends[rest], np.clip(lengths[rest] - 1, 0, 8))
        signed_good &= (buffer[starts[rest]] == _MINUS) & (lengths[rest] > 1) & (lengths[rest] <= 9)
        values[rest] = -signed
        for i in rest[~signed_good]:
            values[i] = _one_integer(buffer, int(starts[i]), int(ends[i]))
    return values


def _one_integer(buffer: Bytes, start: int, end: int) -> int:
    text = buffer[start : min(end, start + 40)].tobytes()
    if end - start > 19 or not re.fullmatch(rb"[+-]?\d{1,18}", text):
        raise BadNumberError(start, text, "a whole number")
    return int(text)


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
    for i in range(0, len(starts), _BLOCK):
        some = slice(i, i + _BLOCK)
        values[some] = _floats(buffer, _wide(starts[some]), _wide(ends[some]))
    return values


def _floats(buffer: Bytes, starts: Ints, ends: Ints) -> Floats:
    values, good = _plain_floats(buffer, starts, ends)
    rest = np.flatnonzero(~good)
    if len(rest):
        values[rest] = _odd_floats(buffer, starts[rest], ends[rest])
    return values


def _plain_floats(buffer: Bytes, starts: Ints, ends: Ints) -> tuple[Floats, Mask]:
    """Parse [sign] up to 8 digits [dot, up to 16 digits]; the mask says which were of this form."""
    lead = buffer.take(starts)
    negative = lead == _MINUS
    begins = starts + (negative | (lead == _PLUS))
    dots = _dots(buffer, begins, ends)
    whole = dots - begins
    decimals = np.maximum(ends - dots - 1, 0)
    good = (whole <= 8) & (decimals <= 16) & (whole + decimals > 0)
    np.clip(whole, 0, 8, out=whole)
    np.clip(decimals, 0, 16, out=decimals)
    integer, digits = parse_unsigned(buffer, dots, whole)
    good &= digits
    fraction, digits = parse_unsigned(buffer, ends, np.minimum(decimals, 8))
    good &= digits
    if (decimals > 8).any():
        upper, digits = parse_unsigned(buffer, ends - 8, np.maximum(decimals - 8, 0))
        good &= digits
        fraction += 100_000_000 * upper
    # (whole * 10^d + fraction) / 10^d: while the bracket is below 2^53 only the division rounds, as it should.
    scale = _POWER.take(decimals)
    values = integer * scale
    values += fraction
    values /= scale
    values *= _SIGN.take(negative)
    return values, good


def _dots(buffer: Bytes, starts: Ints, ends: Ints) -> Ints:
    """Position of each number's dot, or its end where it has none."""
    if len(starts) == 0:
        return ends
    # Programs write all numbers with the same number of decimals, or nearly all.
    sample = buffer[starts[0] : ends[0]].tobytes()
    dots = ends - (len(sample) - max(sample.rfind(b"."), 0))
    unlike = np.flatnonzero((buffer.take(dots) != _DOT) | (dots < starts))
    if len(unlike):
        low, high = starts[unlike].min(), ends[unlike].max()
        all_dots = np.append(np.flatnonzero(buffer[low:high] == _DOT) + low, len(buffer))
        following = all_dots[np.searchsorted(all_dots, starts[unlike])]
        dots[unlike] = np.minimum(following, ends[unlike])
    return dots


def _odd_floats(buffer: Bytes, starts: Ints, ends: Ints) -> Floats:
    """Numbers with an exponent of two digits at once, all others one by one."""
    values = np.zeros(len(starts))
    mark = ends - 4
    has_exponent = ((buffer[mark] | 0x20) == ord("e")) & (mark > starts)
    sign = buffer[ends - 3]
    has_exponent &= (sign == _MINUS) | (sign == _PLUS)
    with_exponent = np.flatnonzero(has_exponent)
    mantissa, good = _plain_floats(buffer, starts[with_exponent], mark[with_exponent])
    power, digits = parse_unsigned(buffer, ends[with_exponent], np.full(len(with_exponent), 2))
    good &= digits & (power < len(_POWER))
    scale = _POWER[np.where(good, power, 0)]
    values[with_exponent] = np.where(sign[with_exponent] == _MINUS, mantissa / scale, mantissa * scale)
    has_exponent[with_exponent] = good
    for i in np.flatnonzero(~has_exponent):
        values[i] = _one_float(buffer, int(starts[i]), int(ends[i]))
    return values


def _one_float(buffer: Bytes, start: int, end: int) -> float:
    text = buffer[start : min(end, start + 400)].tobytes()
    if end - start > 400 or not _NUMBER.fullmatch(text):
        raise BadNumberError(start, text, "a number")
    return float(text)
