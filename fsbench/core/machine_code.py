"""Machine code of a loop, and how Python calls it.

LLVM links it: loading that library alone takes a tenth of the time, and less than half of the memory, of the compiler.
"""

import ctypes
import functools
import itertools
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

KINDS: dict[str, Any] = {
    "f8": ctypes.c_double,
    "i8": ctypes.c_int64,
    "u8": ctypes.c_uint64,
    "u2": ctypes.c_uint16,
    "u1": ctypes.c_uint8,
    "b1": ctypes.c_bool,
}
"""Types of numbers, as numpy writes them, and as C does."""

REFUSED = -100
"""What machine code returns, instead of numba's own numbers, where an array is another one than it takes."""

_COUNTER = itertools.count()


class LinkError(RuntimeError):
    """Machine code needs a function that this process does not have, or this system cannot link it."""


@dataclass(frozen=True, slots=True)
class Argument:
    """What a loop takes in one place.

    Parameters
    ----------
    kind : str
        Type of a number, or of an array's numbers, as numpy writes it: `"f8"`.
    ndim : int
        Dimensions of an array, which is contiguous; 0 for a number.
    is_written : bool
        Whether the loop may write into the array.
    """

    kind: str
    ndim: int
    is_written: bool


@dataclass(frozen=True, slots=True)
class MachineCode:
    """A loop that the compiler has made.

    Parameters
    ----------
    symbol : str
        Of the function that is called, see `calling.calling_code`.
    takes : sequence of Argument
    gives : sequence of str
        Types of the numbers that it returns: none, one, or several of one type.
    objects : sequence of bytes
        The loop's and that function's object code, in the system's format.
    """

    symbol: str
    takes: Sequence[Argument]
    gives: Sequence[str]
    objects: Sequence[bytes]


class Linked:
    """A loop that can be called; the global interpreter lock is released while it runs.

    Parameters
    ----------
    name : str
        For messages.
    code : MachineCode

    Raises
    ------
    LinkError
    """

    def __init__(self, name: str, code: MachineCode) -> None:
        from llvmlite.binding import JITLibraryBuilder

        builder = JITLibraryBuilder().add_current_process().export_symbol(code.symbol)
        for one in code.objects:
            builder.add_object_img(one)
        try:
            # The code stays as long as this object.
            self._library = builder.link(_linker(), f"{name}-{next(_COUNTER)}")
        except RuntimeError as error:
            raise LinkError(f"{name} cannot be linked without the compiler") from error
        types = [ctypes.py_object if one.ndim else KINDS[one.kind] for one in code.takes]
        # It releases the lock by itself, once it has looked at the arrays.
        prototype = ctypes.PYFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, *types)
        self._native: Callable[..., int] = prototype(self._library[code.symbol])
        self._name, self._takes, self._n_given = name, code.takes, len(code.gives)
        self._room: Any = (KINDS[code.gives[0]] if code.gives else ctypes.c_void_p) * max(self._n_given, 1)
        self._whole = [
            (i, np.iinfo(one.kind)) for i, one in enumerate(code.takes) if not one.ndim and one.kind[0] in "iu"
        ]

    def __call__(self, *arguments: Any) -> Any:
        if len(arguments) != len(self._takes):
            raise TypeError(f"{self._name}: found {len(arguments)} arguments, expected {len(self._takes)}")
        for place, limits in self._whole:
            # C would drop what is beyond the range.
            if not limits.min <= operator.index(arguments[place]) <= limits.max:
                raise OverflowError(f"{self._name}: {arguments[place]} is no {limits.dtype}")
        room = self._room()
        try:
            status = self._native(room, *arguments)
            if status == REFUSED:
                status = self._native(room, *self._checked(arguments))
        except (ctypes.ArgumentError, BufferError, ValueError, TypeError) as error:
            self._checked(arguments)
            raise TypeError(f"{self._name}: {error}") from error
        if status:
            raise RuntimeError(f"{self._name} raised an error; NUMBA_DISABLE_JIT=1 shows which")
        if self._n_given > 1:
            return tuple(room)
        return room[0] if self._n_given else None

    def _checked(self, arguments: Sequence[Any]) -> list[Any]:
        """The arguments, arrays under the plain names of their types; TypeError for the first that does not fit."""
        found = list(arguments)
        for i, (argument, one) in enumerate(zip(arguments, self._takes, strict=True)):
            if not one.ndim:
                if not isinstance(argument, int | float | np.generic | np.ndarray):
                    raise TypeError(f"{self._name}: found {type(argument).__name__}, expected a number")
                continue
            if (
                not isinstance(argument, np.ndarray)
                or argument.dtype != np.dtype(one.kind)
                or argument.ndim != one.ndim
                or not argument.flags.c_contiguous
                or not argument.flags.aligned
                or (one.is_written and not argument.flags.writeable)
            ):
                raise TypeError(f"{self._name}: {_described(argument)}; {_expected(one)}")
            found[i] = argument.view(one.kind)
        return found


@functools.cache
def _linker() -> Any:
    from llvmlite import binding

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    return binding.create_lljit_compiler()


def _described(argument: Any) -> str:
    if not isinstance(argument, np.ndarray):
        return f"found {type(argument).__name__}"
    flags = argument.flags
    order = "" if flags.c_contiguous else ", not contiguous"
    fixed = "" if flags.writeable else ", read-only"
    return (
        f"found an array of {argument.dtype}, {argument.shape}{order}{fixed}{'' if flags.aligned else ', not aligned'}"
    )


def _expected(one: Argument) -> str:
    writable = ", writable" if one.is_written else ""
    return f"expected a contiguous{writable} array of {np.dtype(one.kind)} with {one.ndim} dimensions"
