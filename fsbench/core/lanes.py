"""Eight numbers at once in compiled loops: one instruction of the processor, or a few, instead of eight.

A compiled function takes eight neighbouring numbers of an array with `eight`, reckons with them as with one number, and
puts them back with `put`. The compiler makes of it what the processor has: one, two or four vectors. Every number is
rounded as it is alone, so the result is the same to the last bit.

A comparison gives eight answers; join them with `&` and `|`, and use them in `where`, `any_of` and `count_of`.

Without the compiler the same functions work on arrays of eight.
"""

from typing import Any

import numpy as np

from fsbench.core.mesh import Floats, Mask

LANES = 8


def eight(array: Floats, row: int, column: int) -> Floats:
    """The eight numbers of a row, `array` (n, m), from a column on; whether they are there is not checked."""
    found: Floats = array[row, column : column + LANES].copy()
    return found


def put(numbers: Floats, array: Floats, row: int, column: int) -> None:
    """Write eight numbers to a row, `array` (n, m), from a column on; whether they fit is not checked."""
    array[row, column : column + LANES] = numbers


def alike(number: float) -> Floats:
    """The same number eight times."""
    return np.full(LANES, number)


def where(answers: Mask, yes: Any, no: Any) -> Floats:
    """Of each two numbers one, as the answers say."""
    found: Floats = np.where(answers, yes, no)
    return found


def least(first: Floats, second: Any) -> Floats:
    """Of each two numbers the smaller one; the first if they do not compare."""
    return where(second < first, second, first)


def greatest(first: Floats, second: Any) -> Floats:
    """Of each two numbers the greater one; the first if they do not compare."""
    return where(second > first, second, first)


def roots(numbers: Floats) -> Floats:
    """Square roots."""
    found: Floats = np.sqrt(numbers)
    return found


def any_of(answers: Mask) -> bool:
    """Whether one of eight answers is yes."""
    return bool(answers.any())


def count_of(answers: Mask) -> int:
    """How many of eight answers are yes."""
    return int(np.count_nonzero(answers))


def greatest_of(numbers: Floats) -> float:
    """The greatest of eight numbers, none of which is NaN."""
    return float(numbers.max())
