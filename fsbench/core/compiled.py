"""Loops compiled to machine code, and kept on disk so that the next process only loads them.

Without the freedoms that a compiler may take with sums (no fast math, no fused products), so every machine gets the
same number. A kept function is known by its own file: what it calls stands in the same file, or a change there would
go unnoticed.

The compiler is loaded with the first call, as that takes longer than what most commands do in all.
"""

import functools
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from pickle import UnpicklingError
from types import ModuleType
from typing import Any, TypeVar, cast

spares_scipy = False
"""Whether numba is kept from importing scipy.linalg, as processes that are fsbench's own do; see `_without_blas`."""

_ONE_AT_A_TIME = threading.RLock()

_DAMAGE = (UnpicklingError, EOFError, ValueError, LookupError, TypeError, AttributeError, ImportError)
"""What reading a kept function raises that was cut off or overwritten."""

_Function = Callable[..., Any]
F = TypeVar("F", bound=_Function)

POINTS = "Array(f8, 2, 'C', readonly=True)"
"""Type of a mesh's vertices in a signature: a mesh is read-only."""
BYTES = "Array(u1, 1, 'C', readonly=True)"
"""Type of a text in a signature."""
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
        return cast(F, _Later(function, signature))

    return decorate


def inlined(function: F) -> F:
    """A part of a compiled function that stands in the same file."""
    return cast(F, _Later(function, forceinline=True))


def merged(function: F) -> F:
    """Like `inlined`, but merged with its callers before any of them is improved.

    For loops over a few numbers at once: improved on their own first they are no longer recognised as such.
    """
    return cast(F, _Later(function, inline="always"))


def load(*modules: ModuleType) -> None:
    """Compile all compiled functions of these modules, or load what is kept of them, now."""
    for module in modules:
        for value in list(vars(module).values()):
            if isinstance(value, _Later):
                value.load()


class _Later:
    """A function that is compiled when it is called."""

    def __init__(self, function: _Function, *signature: str, **options: Any) -> None:
        functools.update_wrapper(self, function)
        self._function, self._signature, self._options = function, signature, options
        self._made: _Function | None = None

    def __call__(self, *arguments: Any) -> Any:
        return (self._made or self.load())(*arguments)

    def load(self) -> _Function:
        with _ONE_AT_A_TIME:
            if self._made is None:
                parts = self._function.__globals__
                for name in self._function.__code__.co_names:
                    if isinstance(part := parts.get(name), _Later):
                        # The compiler knows its own functions only.
                        parts[name] = part.load()
                self._made = self._compile()
            return self._made

    def _compile(self) -> _Function:
        with _without_blas():
            import numpy as np
            from numba import config, njit

            if getattr(config, "DISABLE_JIT"):  # noqa: B009 - by NUMBA_DISABLE_JIT; numba's types do not know it
                # Division by zero is as the compiler has it, without a warning.
                return np.errstate(all="ignore")(self._function) if self._signature else self._function
            compiler: Any = functools.partial(njit, nogil=True, error_model="numpy", **self._options)
            kept = self._kept(compiler) if self._signature else None
            return kept or cast(_Function, compiler(*self._signature)(self._function))

    def _kept(self, compiler: Any) -> _Function | None:
        """As it is on disk, or compiled and put there; None where that cannot be."""
        try:
            made = compiler(cache=True)(self._function)
            with _locked(made.stats.cache_path):
                made.compile(*self._signature)
            made.disable_compile()
            return cast(_Function, made)
        except (OSError, RuntimeError):
            # No place to keep it, or no room there: every process compiles for itself.
            return None
        except _DAMAGE:
            # The next process keeps it again.
            self._remove_kept(compiler(cache=True)(self._function).stats.cache_path)
            return None

    def _remove_kept(self, folder: str) -> None:
        with suppress(OSError):
            for path in Path(folder).glob(f"*.{self._function.__qualname__}-*.nb?"):
                path.unlink()


@contextmanager
def _locked(folder: str) -> Iterator[None]:
    """Keep other processes from writing there, where the system lets us.

    Two that compile for different processors could else mix up whose code is in which file, and the next one would
    run instructions that its processor does not have.
    """
    try:
        import fcntl

        handle = os.open(Path(folder) / ".fsbench.lock", os.O_RDWR | os.O_CREAT, 0o666)
    except (ImportError, OSError):
        yield
        return
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


_BLAS = "scipy.linalg.cython_blas"


@contextmanager
def _without_blas() -> Iterator[None]:
    """Spare numba its import of scipy.linalg, which takes longer than all else that a kept function needs.

    numba looks once whether there is a BLAS, for `np.inner`; functions that multiply matrices import it all the same.
    For a moment nobody can import it, so this is for processes of our own (`spares_scipy`) only.
    """
    if not spares_scipy or "numba.np.arraymath" in sys.modules or _BLAS in sys.modules:
        yield
        return
    sys.modules[_BLAS] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[_BLAS]
