"""Machine code that takes Python's arrays apart and calls a loop with what is in them.

Python would take some microseconds for each array; this takes a tenth of one. Imported only where a loop is compiled.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from llvmlite import binding, ir

from fsbench.core.machine_code import REFUSED, Argument

_POINTER, _WORD, _INT, _BYTE = ir.IntType(8).as_pointer(), ir.IntType(64), ir.IntType(32), ir.IntType(8)
_WORDS = _WORD.as_pointer()
_BUFFER = ir.LiteralStructType(
    [_POINTER, _POINTER, _WORD, _WORD, _INT, _INT, _POINTER, _WORDS, _WORDS, _POINTER, _POINTER]
)
"""Python's `Py_buffer`."""

_START, _OWNER, _N_BYTES, _NDIM, _FORMAT, _SHAPE, _STEPS = 0, 1, 2, 5, 6, 7, 8
_CONTIGUOUS, _WRITABLE, _WITH_FORMAT = 0x0038, 0x0001, 0x0004


def calling_code(loop: str, takes: Sequence[Argument], name: str) -> bytes:
    """Object code of a function that is called while the global interpreter lock is held, and releases it for the loop.

    Parameters
    ----------
    loop : str
        Symbol of the loop, with numba's convention: where its result goes, where an error goes, then the arguments. An
        array is passed as two owners, number and size of its elements, their address, lengths and steps.
    takes : sequence of Argument
    name : str
        Symbol of the function. It takes the result's address, then Python's arrays, and numbers. It returns what the
        loop returns, or `REFUSED` where an array is another one than the loop takes; Python's error may be set.
    """
    module = ir.Module(name)
    module.triple = binding.get_process_triple()
    passed = [kind for one in takes for kind in _passed_as(one)]
    native = _declared(module, loop, _INT, _POINTER, _POINTER, *passed)
    get = _declared(module, "PyObject_GetBuffer", _INT, _POINTER, _BUFFER.as_pointer(), _INT)
    release = _declared(module, "PyBuffer_Release", ir.VoidType(), _BUFFER.as_pointer())
    save = _declared(module, "PyEval_SaveThread", _POINTER)
    restore = _declared(module, "PyEval_RestoreThread", ir.VoidType(), _POINTER)
    own = [_POINTER if one.ndim else _number(one.kind) for one in takes]
    function = _declared(module, name, _INT, _POINTER, *own)
    builder = ir.IRBuilder(function.append_basic_block())
    leave = function.append_basic_block("leave")
    status, error = builder.alloca(_INT), builder.alloca(_POINTER)
    builder.store(_INT(REFUSED), status)
    buffers = [builder.alloca(_BUFFER) if one.ndim else None for one in takes]
    for buffer in filter(None, buffers):
        # One without an owner is not released.
        builder.store(_POINTER(None), _field(builder, buffer, _OWNER))
    room, *arguments = function.args
    flat: list[Any] = []
    for one, argument, buffer in zip(takes, arguments, buffers, strict=True):
        if buffer is None:
            flat.append(argument)
            continue
        flags = _CONTIGUOUS | _WITH_FORMAT | (_WRITABLE if one.is_written else 0)
        is_got = builder.icmp_signed("==", builder.call(get, [argument, buffer, _INT(flags)]), _INT(0))
        _go_on_if(builder, is_got, leave)
        _go_on_if(builder, _fits(builder, buffer, one), leave)
        flat += _taken_apart(builder, buffer, one)
    state = builder.call(save, [])
    builder.store(builder.call(native, [room, builder.bitcast(error, _POINTER), *flat]), status)
    builder.call(restore, [state])
    builder.branch(leave)
    builder.position_at_end(leave)
    for buffer in filter(None, buffers):
        builder.call(release, [buffer])
    builder.ret(builder.load(status))
    parsed = binding.parse_assembly(str(module))
    parsed.verify()
    machine = binding.Target.from_default_triple().create_target_machine(opt=2, reloc="pic")
    return bytes(machine.emit_object(parsed))


def _number(kind: str) -> Any:
    return ir.DoubleType() if kind == "f8" else ir.IntType(8 * np.dtype(kind).itemsize)


def _passed_as(argument: Argument) -> list[Any]:
    if not argument.ndim:
        return [_number(argument.kind)]
    return [_POINTER, _POINTER, _WORD, _WORD, _POINTER] + [_WORD] * 2 * argument.ndim


def _declared(module: Any, name: str, gives: Any, *takes: Any) -> Any:
    return ir.Function(module, ir.FunctionType(gives, takes), name)


def _field(builder: Any, buffer: Any, number: int) -> Any:
    return builder.gep(buffer, [_INT(0), _INT(number)], inbounds=True)


def _load(builder: Any, buffer: Any, number: int) -> Any:
    return builder.load(_field(builder, buffer, number))


def _go_on_if(builder: Any, condition: Any, otherwise: Any) -> None:
    go_on = builder.function.append_basic_block()
    builder.cbranch(condition, go_on, otherwise)
    builder.position_at_end(go_on)


def _fits(builder: Any, buffer: Any, argument: Argument) -> Any:
    """Whether an array has the dimensions and the numbers that the loop takes, each at a multiple of its size."""
    kind = np.dtype(argument.kind)
    letter, start = ord(np.empty(0, kind).data.format), builder.ptrtoint(_load(builder, buffer, _START), _WORD)
    format_ = _load(builder, buffer, _FORMAT)
    first, second = (builder.load(builder.gep(format_, [_INT(place)])) for place in range(2))
    answers = [
        builder.icmp_signed("==", _load(builder, buffer, _NDIM), _INT(argument.ndim)),
        builder.icmp_signed("==", first, _BYTE(letter)),
        builder.icmp_signed("==", second, _BYTE(0)),
        builder.icmp_signed("==", builder.and_(start, _WORD(kind.itemsize - 1)), _WORD(0)),
    ]
    found = answers[0]
    for answer in answers[1:]:
        found = builder.and_(found, answer)
    return found


def _taken_apart(builder: Any, buffer: Any, argument: Argument) -> list[Any]:
    size = np.dtype(argument.kind).itemsize
    n_elements = builder.sdiv(_load(builder, buffer, _N_BYTES), _WORD(size))
    lengths = [
        builder.load(builder.gep(_load(builder, buffer, what), [_INT(axis)]))
        for what in (_SHAPE, _STEPS)
        for axis in range(argument.ndim)
    ]
    nobody = _POINTER(None)
    return [nobody, nobody, n_elements, _WORD(size), _load(builder, buffer, _START), *lengths]
