"""What numba makes of `core.lanes`: values of LLVM's vector types. Imported with the compiler, see `core.compiled`."""
# mypy: disable-error-code="no-untyped-call, untyped-decorator, misc"

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.extending import lower_builtin, models, register_model
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature

from fsbench.core import lanes
from fsbench.core.lanes import LANES

_Made = Callable[[Any, Any], Any]
"""Instructions for a call: given the builder and the arguments, its result."""


class _Eight(types.Type):
    """Eight doubles."""


class _Answers(types.Type):
    """Eight times yes or no."""


_EIGHT, _ANSWERS, _NUMBER = _Eight("eight"), _Answers("answers"), types.float64
_NUMBERS = ir.VectorType(ir.DoubleType(), LANES)
_YES_OR_NO = ir.VectorType(ir.IntType(1), LANES)
_PAIRS = ((_EIGHT, _EIGHT), (_EIGHT, _NUMBER), (_NUMBER, _EIGHT))


@register_model(_Eight)
class _EightNumbers(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _NUMBERS)


@register_model(_Answers)
class _EightAnswers(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _YES_OR_NO)


def _takes(function: Any, result: Any, *cases: tuple[Any, ...]) -> Callable[[_Made], None]:
    """Tell the compiler what types of arguments a function takes, and with what instructions it is made."""
    templates = {"cases": [signature(result, *case) for case in cases]}
    infer_global(function)(type("_Cases", (ConcreteTemplate,), templates))

    def made(instructions: _Made) -> None:
        for case in cases:
            lower_builtin(function, *case)(lambda context, builder, sig, args: instructions(builder, args))

    return made


def _both(builder: Any, args: Any) -> list[Any]:
    """Each argument in eight lanes."""
    return [one if isinstance(one.type, ir.VectorType) else _spread(builder, one) for one in args]


def _spread(builder: Any, number: Any) -> Any:
    first = builder.insert_element(ir.Constant(_NUMBERS, ir.Undefined), number, ir.Constant(ir.IntType(32), 0))
    return _shuffled(builder, first, [0] * LANES)


def _shuffled(builder: Any, numbers: Any, order: list[int]) -> Any:
    return builder.shuffle_vector(numbers, numbers, ir.Constant(ir.VectorType(ir.IntType(32), LANES), order))


def _own(builder: Any, name: str, *args: Any) -> Any:
    """Call one of LLVM's own functions, whose result has the type of its argument."""
    kind = ir.FunctionType(args[0].type, [one.type for one in args])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), args)


def _chosen(builder: Any, sign: str, first: Any, second: Any) -> Any:
    """Of each two numbers the second one if it compares so with the first."""
    return builder.select(builder.fcmp_ordered(sign, second, first), second, first)


for _function, _name in (
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):
    _takes(_function, _EIGHT, *_PAIRS)(lambda builder, args, name=_name: getattr(builder, name)(*_both(builder, args)))
for _function, _sign in ((operator.lt, "<"), (operator.le, "<="), (operator.gt, ">"), (operator.ge, ">=")):
    _takes(_function, _ANSWERS, *_PAIRS)(
        lambda builder, args, sign=_sign: builder.fcmp_ordered(sign, *_both(builder, args))
    )
for _function, _sign in ((lanes.least, "<"), (lanes.greatest, ">")):
    _takes(_function, _EIGHT, *_PAIRS)(lambda builder, args, sign=_sign: _chosen(builder, sign, *_both(builder, args)))
_takes(operator.neg, _EIGHT, (_EIGHT,))(lambda builder, args: builder.fneg(args[0]))
_takes(operator.and_, _ANSWERS, (_ANSWERS, _ANSWERS))(lambda builder, args: builder.and_(*args))
_takes(operator.or_, _ANSWERS, (_ANSWERS, _ANSWERS))(lambda builder, args: builder.or_(*args))
_takes(lanes.where, _EIGHT, *((_ANSWERS, *pair) for pair in (*_PAIRS, (_NUMBER, _NUMBER))))(
    lambda builder, args: builder.select(args[0], *_both(builder, args[1:]))
)
_takes(lanes.alike, _EIGHT, (_NUMBER,))(lambda builder, args: _spread(builder, args[0]))
_takes(lanes.roots, _EIGHT, (_EIGHT,))(lambda builder, args: _own(builder, f"llvm.sqrt.v{LANES}f64", args[0]))


def _bits(builder: Any, answers: Any) -> Any:
    """Eight answers as the bits of an integer."""
    return builder.bitcast(answers, ir.IntType(LANES))


@_takes(lanes.any_of, types.boolean, (_ANSWERS,))
def _any_of(builder: Any, args: Any) -> Any:
    bits = _bits(builder, args[0])
    return builder.icmp_unsigned("!=", bits, bits.type(0))


@_takes(lanes.count_of, types.int64, (_ANSWERS,))
def _count_of(builder: Any, args: Any) -> Any:
    return builder.zext(_own(builder, f"llvm.ctpop.i{LANES}", _bits(builder, args[0])), ir.IntType(64))


@_takes(lanes.greatest_of, _NUMBER, (_EIGHT,))
def _greatest_of(builder: Any, args: Any) -> Any:
    found, step = args[0], LANES // 2
    while step:
        turned = _shuffled(builder, found, [(lane + step) % LANES for lane in range(LANES)])
        found, step = _chosen(builder, ">", found, turned), step // 2
    return builder.extract_element(found, ir.Constant(ir.IntType(32), 0))


_TABLE, _FIXED = (types.Array(_NUMBER, 2, "C", readonly=fixed) for fixed in (False, True))
_PLACE = (types.int64, types.int64)


def _from(context: Any, builder: Any, kind: Any, array: Any, place: Any) -> Any:
    """Where a row goes on from a column."""
    numbers = context.make_array(kind)(context, builder, array)
    at = cgutils.get_item_pointer(context, builder, kind, numbers, place, wraparound=False)
    return builder.bitcast(at, _NUMBERS.as_pointer())


_takes(lanes.eight, _EIGHT, (_TABLE, *_PLACE), (_FIXED, *_PLACE))
_takes(lanes.put, types.none, (_EIGHT, _TABLE, *_PLACE))


@lower_builtin(lanes.eight, _TABLE, *_PLACE)
@lower_builtin(lanes.eight, _FIXED, *_PLACE)
def _eight(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return builder.load(_from(context, builder, sig.args[0], args[0], args[1:]), align=8)


@lower_builtin(lanes.put, _EIGHT, _TABLE, *_PLACE)
def _put(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    builder.store(args[0], _from(context, builder, sig.args[1], args[1], args[2:]), align=8)
    return context.get_dummy_value()
