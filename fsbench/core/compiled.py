"""Loops compiled to machine code, and kept on disk so that the next process only loads them (`core.kept_code`).

The compiler may not reorder or fuse sums (no fast math, no fused products), so every machine gets the same number.

A compiled function calls compiled functions of its own file and of `core.lanes` only. It makes no array, its caller
does: otherwise references of arrays are counted, with locked instructions, wherever an inlined part takes one, and that
takes up to half of a loop's time.

The compiler checks every index of a signed type, as a negative one counts from the end. That check takes up to a third
of a loop's time, so the hottest loops use `np.uint64`. Add only two of these: a sum with a signed number is signed.
"""

import functools
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from fsbench.core.machine_code import MachineCode


def _on_stderr(text: str) -> None:
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(f"fsbench: {text}\n")


tell: Callable[[str], object] | None = _on_stderr
"""Called with a sentence for the user before a process first compiles a loop. fsbench's own processes set another."""

_ONE_AT_A_TIME = threading.RLock()

_Function = Callable[..., Any]
F = TypeVar("F", bound=_Function)

POINTS = "Array(f8, 2, 'C', readonly=True)"
"""Type of a mesh's vertices in a signature: a mesh is read-only."""
BYTES = "Array(u1, 1, 'C', readonly=True)"
"""Type of a text in a signature."""
FACES = "Array(i8, 2, 'C', readonly=True)"
"""Type of a mesh's faces in a signature."""
MASK = "Array(b1, 2, 'C', readonly=True)"
"""Type of an image's mask in a signature."""


def compiled(signature: str) -> Callable[[F], F]:
    """Compile for arguments of these types and no others; the global interpreter lock is released while it runs.

    A call takes a microsecond or two more than what the function does. The function may not raise. One that needs a
    library of numba's, such as `np.dot`, is not kept.

    Parameters
    ----------
    signature : str
        In numba's notation: `"f8(f8[::1], i8)"` takes a contiguous array of doubles and an integer. It returns nothing,
        a number, or `UniTuple`: several of one type.
    """

    def decorate(function: F) -> F:
        return cast(F, Loop(function, signature))

    return decorate


def inlined(function: F) -> F:
    """Mark a function that compiled functions of the same file include; it neither makes nor returns an array."""
    return cast(F, Loop(function, forceinline=True))


def merged(function: F) -> F:
    """Like `inlined`, but merged with its callers before any of them is improved.

    For loops over a few numbers at once: if optimised alone first, the compiler no longer recognises them as such.
    """
    return cast(F, Loop(function, inline="always"))


def load(*modules: ModuleType) -> None:
    """Compile all compiled functions of these modules now, or load them."""
    for module in modules:
        for value in list(vars(module).values()):
            if isinstance(value, Loop):
                value.load()


class Loop:
    """A function that is compiled, or loaded, at its first call; without a signature, a part of such functions."""

    def __init__(self, function: _Function, signature: str = "", **options: Any) -> None:
        from fsbench.core.kept_code import source_digest

        functools.update_wrapper(self, function)
        self.function, self.signature, self.options = cast(FunctionType, function), signature, options
        if self.function.__closure__:
            raise TypeError(f"{self.function.__qualname__} uses variables of the function around it, expected none")
        # Of its file as it is now: it may be another one when the function is compiled.
        self._source = source_digest(self.function)
        self._made: _Function | None = None

    def __call__(self, *arguments: Any) -> Any:
        return (self._made or self.load())(*arguments)

    def load(self) -> _Function:
        """The compiled function; the plain one of a part, or where numba's compiler is switched off."""
        with _ONE_AT_A_TIME:
            if self._made is None:
                if self.signature and not _is_switched_off():
                    self._made = self._linked()
                else:
                    self._made = self._plain()
            return self._made

    def _linked(self) -> _Function:
        from fsbench.core.kept_code import kept, name_of, say_once
        from fsbench.core.machine_code import Linked, LinkError

        try:
            code = kept(self.function, self._source, self.signature, self._compiled, _tell_once)
            return Linked(name_of(self.function), code)
        except LinkError as error:
            from fsbench.core.compiling import called_by_numba

            say_once(str(error))
            return called_by_numba(self)

    def _compiled(self) -> "MachineCode":
        from fsbench.core.compiling import compile_loop

        return compile_loop(self)

    def _plain(self) -> _Function:
        import numpy as np

        # Compiled code divides by zero without a warning, so Python must too.
        return np.errstate(all="ignore")(self.function) if self.signature else self.function


def _is_switched_off() -> bool:
    """Whether numba is told not to compile: in Python, or by a number other than 0 in the environment."""
    if "numba" in sys.modules:
        import numba

        return bool(numba.config.DISABLE_JIT)  # type: ignore[attr-defined]  # numba makes its settings at import
    try:
        return int(os.environ.get("NUMBA_DISABLE_JIT", "0")) != 0
    except ValueError:
        return False


def _tell_once() -> None:
    """Tell the user, before the first loop that is not kept, that loops will be compiled."""
    global tell
    if tell is not None:
        tell("compiling the inner loops, once after an installation: 10 to 30 s; `fsbench warm` does nothing else")
        tell = None
