"""Loops compiled to machine code, and kept on disk so that the next process only loads them.

Without the freedoms that a compiler may take with sums (no fast math, no fused products), so every machine gets the
same number. A kept function is known by its own file: what it calls stands in the same file, or a change there would
go unnoticed.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])

POINTS = "Array(f8, 2, 'C', readonly=True)"
"""Type of a mesh's vertices in a signature: a mesh is read-only."""
FACES = "Array(i8, 2, 'C', readonly=True)"
"""Type of a mesh's faces in a signature."""


def compiled(signature: str) -> Callable[[F], F]:
    """Compile for arguments of these types and no others; the global interpreter lock is released while it runs.

    Parameters
    ----------
    signature : str
        In numba's notation: `"f8(f8[::1], i8)"` takes a contiguous array of doubles and an integer.
    """

    def decorate(function: F) -> F:
        try:
            return _compile(function, signature, cache=True)
        except (OSError, RuntimeError):
            # No place to keep it, or no room there: every process compiles for itself.
            return _compile(function, signature)

    return decorate


def inlined(function: F) -> F:
    """A part of a compiled function that stands in the same file."""
    return _compile(function)


def _compile(function: F, *signature: str, cache: bool = False) -> F:
    numba: Any = njit
    with _without_blas():
        made: F = numba(*signature, cache=cache, nogil=True, error_model="numpy", forceinline=not signature)(function)
    return made


_BLAS = "scipy.linalg.cython_blas"


@contextmanager
def _without_blas() -> Iterator[None]:
    """Spare numba its import of scipy.linalg, which takes longer than all else that a kept function needs.

    numba looks once whether there is a BLAS, for `np.inner`; functions that multiply matrices import it all the same.
    """
    if "numba.np.arraymath" in sys.modules or _BLAS in sys.modules:
        yield
        return
    sys.modules[_BLAS] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[_BLAS]
