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
# Lengths are passed as addresses are, which takes ctypes half as long as passing a number.
_WORD = ctypes.c_void_p
_start_of: Callable[[Any], Any] = (ctypes.c_char * 0).from_buffer
_COUNTER = itertools.count()
# Where a loop that raises puts its error; none of ours raises.
_ERROR = (ctypes.c_void_p * 1)()


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
        Its name in the object code.
    takes : sequence of Argument
    gives : sequence of str
        Types of the numbers that it returns: none, one, or several of one type.
    object_code : bytes
        As a linker takes it, in the system's format.
    """

    symbol: str
    takes: Sequence[Argument]
    gives: Sequence[str]
    object_code: bytes


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

        builder = JITLibraryBuilder().add_current_process()
        builder = builder.add_object_img(code.object_code).export_symbol(code.symbol)
        try:
            # The code stays as long as this object.
            self._library = builder.link(_linker(), f"{name}-{next(_COUNTER)}")
        except RuntimeError as error:
            raise LinkError(f"{name} cannot be linked without the compiler") from error
        types = [one for argument in code.takes for one in _passed_as(argument)]
        prototype = ctypes.CFUNCTYPE(ctypes.c_int32, _WORD, _WORD, *types)
        self._native: Callable[..., int] = prototype(self._library[code.symbol])
        self._name, self._n_given = name, len(code.gives)
        self._room: Any = (KINDS[code.gives[0]] if code.gives else _WORD) * max(self._n_given, 1)
        self._takes = [(np.dtype(one.kind), one.ndim, one.is_written) for one in code.takes]

    def __call__(self, *arguments: Any) -> Any:
        if len(arguments) != len(self._takes):
            raise TypeError(f"{self._name}: found {len(arguments)} arguments, expected {len(self._takes)}")
        room = self._room()
        passed: list[Any] = [room, _ERROR]
        for argument, (kind, ndim, is_written) in zip(arguments, self._takes, strict=False):
            if not ndim:
                passed.append(self._whole(argument, kind) if kind.kind in "iu" else argument)
                continue
            if (
                not isinstance(argument, np.ndarray)
                or argument.dtype != kind
                or argument.ndim != ndim
                or not (flags := argument.flags).c_contiguous
                or not flags.aligned
                or (is_written and not flags.writeable)
            ):
                raise TypeError(f"{self._name}: {_described(argument)}; {_expected(kind, ndim, is_written)}")
            # numpy takes several times as long to say where an array is.
            start = _start_of(argument) if flags.writeable else argument.ctypes.data
            passed += (None, None, argument.size, kind.itemsize, start, *argument.shape, *argument.strides)
        try:
            status = self._native(*passed)
        except ctypes.ArgumentError as error:
            strange = [one for one in arguments if not isinstance(one, np.ndarray | np.generic | int | float)]
            raise TypeError(f"{self._name}: found {type(strange[0]).__name__}, expected a number") from error
        if status:
            raise RuntimeError(f"{self._name} raised an error; NUMBA_DISABLE_JIT=1 shows which")
        if self._n_given > 1:
            return tuple(room)
        return room[0] if self._n_given else None

    def _whole(self, number: Any, kind: "np.dtype[Any]") -> int:
        """C would drop what is beyond the range."""
        found, limits = operator.index(number), np.iinfo(kind)
        if not limits.min <= found <= limits.max:
            raise OverflowError(f"{self._name}: {found} is no {kind}")
        return found


@functools.cache
def _linker() -> Any:
    from llvmlite import binding

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    return binding.create_lljit_compiler()


def _passed_as(argument: Argument) -> list[Any]:
    """An array is passed as two owners, number and size of its elements, their address, lengths and steps."""
    if not argument.ndim:
        return [KINDS[argument.kind]]
    return [_WORD] * (5 + 2 * argument.ndim)


def _described(argument: Any) -> str:
    if not isinstance(argument, np.ndarray):
        return f"found {type(argument).__name__}"
    flags = argument.flags
    order = "" if flags.c_contiguous else ", not contiguous"
    fixed = "" if flags.writeable else ", read-only"
    return (
        f"found an array of {argument.dtype}, {argument.shape}{order}{fixed}{'' if flags.aligned else ', not aligned'}"
    )


def _expected(kind: "np.dtype[Any]", ndim: int, is_written: bool) -> str:
    return f"expected a contiguous{', writable' if is_written else ''} array of {kind} with {ndim} dimensions"
