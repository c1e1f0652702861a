"""Compile a loop with numba. Imported only where a loop has to be compiled."""

import functools
from collections.abc import Callable
from types import FunctionType
from typing import Any

from numba import njit, types

import fsbench.core.lanes_compiled  # noqa: F401 - tells the compiler what lanes are
from fsbench.core.calling import calling_code
from fsbench.core.compiled import Loop
from fsbench.core.kept_code import name_of
from fsbench.core.machine_code import KINDS, Argument, Linked, MachineCode

# numba may not count references of arrays (`_nrt`), so it refuses a function that makes one.
_compiler: Any = functools.partial(njit, error_model="numpy", _nrt=False)


def compile_loop(loop: Loop) -> MachineCode:
    """Machine code for arguments of the loop's types.

    Raises
    ------
    numba.core.errors.NumbaError
        If the compiler does not know what the function uses, or it makes an array.
    LinkError
    TypeError
        If the function takes or returns what machine code is not called with here.
    """
    # Python calls the function itself, not one of numba's that take Python's objects.
    compiler = _compiler(loop.signature, no_cpython_wrapper=True, no_cfunc_wrapper=True)
    (made,) = compiler(_with_parts(loop)).overloads.values()
    _, _, (object_code, *_) = made.library.serialize_using_object_code()
    given = made.signature.return_type
    several = isinstance(given, types.UniTuple) and given.count > 1
    gives = [] if given == types.none else list(given.types) if several else [given]
    loop_symbol, takes = made.fndesc.llvm_func_name, [_argument(one) for one in made.signature.args]
    symbol = f"fsbench.{name_of(loop.function)}"
    objects = [object_code, calling_code(loop_symbol, takes, symbol)]
    code = MachineCode(symbol, takes, [_kind(one) for one in gives], objects)
    # Only what can be linked is worth keeping.
    Linked(name_of(loop.function), code)
    return code


def called_by_numba(loop: Loop) -> Callable[..., Any]:
    """The compiled loop as numba calls it, where it cannot be linked alone; errors as `compile_loop`."""
    made: Callable[..., Any] = _compiler(loop.signature, nogil=True)(_with_parts(loop))
    return made


def _with_parts(loop: Loop) -> Any:
    """The function with the compiler's form of those that it calls, as the compiler accepts no other."""
    function = loop.function
    named = {name: function.__globals__.get(name) for name in function.__code__.co_names}
    loops = {name: part for name, part in named.items() if isinstance(part, Loop)}
    if not loops:
        return function
    for part in loops.values():
        if part.function.__code__.co_filename != function.__code__.co_filename:
            raise TypeError(f"{function.__qualname__} calls {part.function.__qualname__} of another file")
    parts = {name: _part(part) for name, part in loops.items()}
    found = FunctionType(function.__code__, function.__globals__ | parts, function.__name__, function.__defaults__)
    found.__module__, found.__qualname__ = function.__module__, function.__qualname__
    return found


@functools.cache
def _part(loop: Loop) -> Any:
    return _compiler(**loop.options)(_with_parts(loop))


def _argument(kind: Any) -> Argument:
    if isinstance(kind, types.Array):
        if kind.layout != "C" or not kind.aligned or not kind.ndim:
            raise TypeError(f"{kind}: expected contiguous arrays, the last index fastest")
        return Argument(_kind(kind.dtype), kind.ndim, kind.mutable)
    return Argument(_kind(kind), 0, False)


def _kind(kind: Any) -> str:
    known = {getattr(types, name): name for name in KINDS}
    if kind not in known:
        raise TypeError(f"{kind}: expected one of {', '.join(KINDS)}, or arrays of it")
    return known[kind]
