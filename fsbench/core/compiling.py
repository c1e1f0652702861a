"""Compile a loop with numba. Imported only where a loop has to be compiled."""

import functools
from types import FunctionType
from typing import Any

from numba import njit, types
from numba.np.numpy_support import as_dtype

import fsbench.core.lanes_compiled  # noqa: F401 - tells the compiler what lanes are
from fsbench.core.compiled import Loop
from fsbench.core.machine_code import Argument, MachineCode

# numba may not count references of arrays (`_nrt`), so it refuses a function that makes one.
_compiler: Any = functools.partial(njit, error_model="numpy", _nrt=False)


def compile_loop(loop: Loop) -> MachineCode:
    """Machine code for arguments of the loop's types.

    Raises
    ------
    numba.core.errors.NumbaError
        If the compiler does not know what the function uses, or it makes an array.
    """
    # Python calls the function itself, not one of numba's that take Python's objects.
    compiler = _compiler(loop.signature, no_cpython_wrapper=True, no_cfunc_wrapper=True)
    (made,) = compiler(_with_parts(loop)).overloads.values()
    _, _, (object_code, *_) = made.library.serialize_using_object_code()
    given = made.signature.return_type
    return MachineCode(
        made.fndesc.llvm_func_name,
        [_argument(one) for one in made.signature.args],
        [] if given == types.none else [_kind(one) for one in getattr(given, "types", [given])],
        object_code,
    )


def _with_parts(loop: Loop) -> Any:
    """The function with the compiler's form of those that it calls, as the compiler accepts no other."""
    function = loop.function
    parts = {
        name: _part(part)
        for name in function.__code__.co_names
        if isinstance(part := function.__globals__.get(name), Loop)
    }
    if not parts:
        return function
    found = FunctionType(function.__code__, function.__globals__ | parts, function.__name__, function.__defaults__)
    found.__module__, found.__qualname__ = function.__module__, function.__qualname__
    return found


@functools.cache
def _part(loop: Loop) -> Any:
    return _compiler(**loop.options)(_with_parts(loop))


def _argument(kind: Any) -> Argument:
    if isinstance(kind, types.Array):
        return Argument(_kind(kind.dtype), kind.ndim, kind.mutable)
    return Argument(_kind(kind), 0, False)


def _kind(kind: Any) -> str:
    return str(as_dtype(kind).str[1:])
