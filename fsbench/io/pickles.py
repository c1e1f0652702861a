"""Read parameters from an untrusted pickle.

A pickle is a program. Python's unpickler calls whatever the program names, and even with an allow-list of names it
allocates what the program asks for. So this module only *reads* the program: `pickletools` splits it into instructions,
and `_Machine`, which knows no function, class or attribute, records what they describe. It refuses every name that is
not in the short list below. Arrays are made last, from bytes in the file, within a budget.
"""

import math
import pickletools
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from io import BytesIO
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Parameters: TypeAlias = Any
"""Arrays, numbers, str, bytes, None; lists, tuples and dicts of these."""

_MAX_INSTRUCTIONS = 100_000
_MAX_VALUES = 50_000
_MAX_DEPTH = 20
_MAX_ATTRIBUTES = 16


class PickleError(ValueError):
    """The pickle holds more than plain parameters."""


class _Name(Enum):
    """Names that a pickle may use; markers only, none can be called."""

    RECONSTRUCT = "numpy _reconstruct"
    NDARRAY = "numpy ndarray"
    DTYPE = "numpy dtype"
    SCALAR = "numpy scalar"
    FROM_BUFFER = "numpy _frombuffer"
    ENCODE = "_codecs encode"
    BYTES = "bytes"
    TRANSFORM = "skimage transform"


_CODE = re.compile(r"[biufc]\d{1,2}|[SU]\d{1,4}|O[48]?|\?")
"""Element types: no records, no dates."""

_NAMES = {
    ("numpy", "ndarray"): _Name.NDARRAY,
    ("numpy", "dtype"): _Name.DTYPE,
    ("_codecs", "encode"): _Name.ENCODE,
    # Protocol 2 writes empty bytes as a call without arguments.
    ("__builtin__", "bytes"): _Name.BYTES,
}
for _core in ("numpy.core", "numpy._core"):
    _NAMES[_core + ".multiarray", "_reconstruct"] = _Name.RECONSTRUCT
    _NAMES[_core + ".multiarray", "scalar"] = _Name.SCALAR
    _NAMES[_core + ".numeric", "_frombuffer"] = _Name.FROM_BUFFER
for _kind in ("Similarity", "Euclidean", "Affine", "Projective"):
    _NAMES["skimage.transform._geometric", _kind + "Transform"] = _Name.TRANSFORM


@dataclass(slots=True, eq=False)
class _Dtype:
    code: str
    order: str = "="

    def built(self) -> np.dtype:
        try:
            return np.dtype(self.order + self.code)
        except TypeError as error:
            raise PickleError(f"there is no array type {self.code!r}") from error


@dataclass(slots=True, eq=False)
class _Array:
    """Also a scalar: an array without dimensions."""

    shape: tuple[int, ...] = ()
    dtype: _Dtype | None = None
    content: Any = None
    fortran: bool = False


@dataclass(slots=True, eq=False)
class _Encoded:
    """Bytes, written as text in latin-1. The text is shared, not copied."""

    text: str


@dataclass(slots=True, eq=False)
class _Dict:
    items: list[tuple[Any, Any]] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class _Transform:
    state: _Dict = field(default_factory=_Dict)


class _Mark:
    """The start of a group on the stack."""


def parameters_from_pickle(data: bytes, max_bytes: int) -> Parameters:
    """Return the parameters that a pickle describes.

    Parameters
    ----------
    data : bytes
        The pickle, of protocol 0 to 5.
    max_bytes : int
        Largest sum of all arrays and strings.

    Returns
    -------
    array, number, str, bytes, None, list, tuple or dict

    Raises
    ------
    PickleError
        If it names anything but arrays and skimage's geometric transforms, is broken, nested deeper than 20, or too
        large.

    Examples
    --------
    >>> import pickle
    >>> parameters_from_pickle(pickle.dumps({"scale": 2.0}), 1000)
    {'scale': 2.0}
    >>> parameters_from_pickle(b"cos\\nsystem\\n.", 1000)
    Traceback (most recent call last):
    fsbench.io.pickles.PickleError: the pickle names os.system, which is refused: only arrays and transforms are read
    """
    return _Builder(max_bytes).value(_Machine().run(data), 0)


class _Machine:
    """Follows the instructions and records what they describe."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self, data: bytes) -> Any:
        stream = BytesIO(data)
        try:
            for _ in range(_MAX_INSTRUCTIONS):
                code = stream.read(1).decode("latin1")
                opcode = _OPCODES.get(code)
                if opcode is None:
                    raise PickleError(f"the pickle is broken: {code!r} is no instruction")
                if opcode.name == "STOP":
                    return self._pop()
                # Looked up before the argument is decoded, so that a refused instruction costs nothing.
                step = _STEPS.get(opcode.name)
                if step is None:
                    raise PickleError(f"the pickle uses the instruction {opcode.name}, which parameters do not need")
                if opcode.name == "GLOBAL":
                    step(self, (_line(stream), _line(stream)))
                else:
                    step(self, opcode.arg.reader(stream) if opcode.arg else None)
        except (ValueError, OverflowError) as error:
            if isinstance(error, PickleError):
                raise
            raise PickleError(f"the pickle is broken: {error}") from error
        raise PickleError(f"the pickle has more than {_MAX_INSTRUCTIONS:,} instructions")

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def get(self, place: int) -> None:
        if place not in self.memo:
            raise PickleError(f"the pickle is broken: nothing is stored at {place}")
        self.push(self.memo[place])

    def put(self, place: int | None) -> None:
        self.memo[len(self.memo) if place is None else place] = self._top()

    def gather(self, n: int | None, wrap: Callable[[list[Any]], Any]) -> None:
        """Replace the last n values, or all after the last mark, by one value."""
        values = self._after_mark() if n is None else [self._pop() for _ in range(n)][::-1]
        self.push(wrap(values))

    def extend(self, values: list[Any]) -> None:
        target = self._top()
        if not isinstance(target, list):
            raise PickleError(f"the pickle appends to {_shown(target)}, expected a list")
        target.extend(values)

    def set_items(self, values: list[Any]) -> None:
        target = self._top()
        if not isinstance(target, _Dict):
            raise PickleError(f"the pickle sets an item of {_shown(target)}, expected a dict")
        target.items += _pairs(values)

    def name(self, module: Any, name: Any) -> None:
        found = _NAMES.get((module, name)) if isinstance(module, str) and isinstance(name, str) else None
        if found is None:
            named = f"{module}.{name}"[:100]
            raise PickleError(f"the pickle names {named}, which is refused: only arrays and transforms are read")
        self.push(found)

    def call(self) -> None:
        arguments, called = self._pop(), self._pop()
        if not isinstance(arguments, tuple):
            raise PickleError("the pickle is broken: arguments are no tuple")
        match called, arguments:
            case _Name.RECONSTRUCT, (_Name.NDARRAY, *_):
                self.push(_Array())
            case _Name.DTYPE, (str() as code, *_) if _CODE.fullmatch(code):
                self.push(_Dtype(code))
            case _Name.SCALAR, (_Dtype() as dtype, content):
                self.push(_Array((), dtype, content))
            case _Name.FROM_BUFFER, (content, _Dtype() as dtype, tuple() as shape, "C" | "F" as order):
                self.push(_Array(_checked_shape(shape), dtype, content, order == "F"))
            case _Name.ENCODE, (str() as text, "latin1" | "latin-1"):
                self.push(_Encoded(text))
            case _Name.BYTES, ():
                self.push(b"")
            case _Name.TRANSFORM, ():
                self.push(_Transform())
            case _:
                raise PickleError(f"the pickle calls {_shown(called)} with arguments that are refused")

    def build(self) -> None:
        state, target = self._pop(), self._top()
        match target, state:
            case _Array(), (1, tuple() as shape, _Dtype() as dtype, fortran, content):
                target.shape, target.dtype, target.content = _checked_shape(shape), dtype, content
                target.fortran = fortran is True or fortran == 1
            case _Dtype(), (3, "<" | ">" | "|" | "=" as order, None, None, None, int(), int(), int()):
                target.order = order
            case _Transform(), _Dict() if len(state.items) <= _MAX_ATTRIBUTES:
                target.state = state
            case _:
                raise PickleError(f"the pickle gives {_shown(target)} a state that is refused")

    def _top(self) -> Any:
        if not self.stack:
            raise PickleError("the pickle is broken: a value is missing")
        return self.stack[-1]

    def _pop(self) -> Any:
        value = self._top()
        self.stack.pop()
        return value

    def _after_mark(self) -> list[Any]:
        values: list[Any] = []
        while not isinstance(value := self._pop(), _Mark):
            values.append(value)
        return values[::-1]


def _line(stream: BytesIO) -> str:
    line = stream.readline()
    if not line.endswith(b"\n"):
        raise PickleError("the pickle is broken: a name does not end")
    return line[:-1].decode("latin1")


def _shown(value: Any) -> str:
    return value.value if isinstance(value, _Name) else f"a {type(value).__name__.strip('_').lower()}"


def _pairs(values: list[Any]) -> list[tuple[Any, Any]]:
    if len(values) % 2:
        raise PickleError("the pickle is broken: a key has no value")
    return list(zip(values[::2], values[1::2], strict=True))


def _checked_shape(shape: tuple[Any, ...]) -> tuple[int, ...]:
    if len(shape) > 32 or any(type(size) is not int or not 0 <= size < 2**40 for size in shape):
        # The message does not show the sizes, as they may be objects of any depth.
        raise PickleError("the pickle has an array with more than 32 dimensions, or with impossible sizes")
    return shape


_OPCODES = {opcode.code: opcode for opcode in pickletools.opcodes}

_Step: TypeAlias = Callable[[_Machine, Any], None]


def _pushing(make: Callable[[], Any]) -> _Step:
    return lambda machine, _: machine.push(make())


_LITERALS = (
    "INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT BINSTRING SHORT_BINSTRING "
    "SHORT_BINUNICODE BINUNICODE BINUNICODE8 SHORT_BINBYTES BINBYTES BINBYTES8 BYTEARRAY8"
)
_STEPS: dict[str, _Step] = {
    **dict.fromkeys(_LITERALS.split(), _Machine.push),
    **dict.fromkeys(("PROTO", "FRAME"), lambda machine, _: None),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _Machine.get),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"), _Machine.put),
    "NONE": _pushing(lambda: None),
    "NEWTRUE": _pushing(lambda: True),
    "NEWFALSE": _pushing(lambda: False),
    "EMPTY_LIST": _pushing(list),
    "EMPTY_TUPLE": _pushing(tuple),
    "EMPTY_DICT": _pushing(_Dict),
    "MARK": _pushing(_Mark),
    "TUPLE": lambda machine, _: machine.gather(None, tuple),
    "TUPLE1": lambda machine, _: machine.gather(1, tuple),
    "TUPLE2": lambda machine, _: machine.gather(2, tuple),
    "TUPLE3": lambda machine, _: machine.gather(3, tuple),
    "LIST": lambda machine, _: machine.gather(None, list),
    "DICT": lambda machine, _: machine.gather(None, lambda values: _Dict(_pairs(values))),
    "APPEND": lambda machine, _: machine.extend([machine._pop()]),
    "APPENDS": lambda machine, _: machine.extend(machine._after_mark()),
    "SETITEM": lambda machine, _: machine.set_items([machine._pop(), machine._pop()][::-1]),
    "SETITEMS": lambda machine, _: machine.set_items(machine._after_mark()),
    "GLOBAL": lambda machine, names: machine.name(*names),
    "STACK_GLOBAL": lambda machine, _: machine.name(*[machine._pop(), machine._pop()][::-1]),
    "REDUCE": lambda machine, _: machine.call(),
    "NEWOBJ": lambda machine, _: machine.call(),
    "BUILD": lambda machine, _: machine.build(),
}


class _Builder:
    """Makes the described values within a budget; a value named twice is made, and counted, twice."""

    def __init__(self, max_bytes: int) -> None:
        self.bytes_left = max_bytes
        self.values_left = _MAX_VALUES

    def value(self, described: Any, depth: int) -> Parameters:
        self.values_left -= 1
        if depth > _MAX_DEPTH or self.values_left < 0:
            raise PickleError(f"the pickle is nested deeper than {_MAX_DEPTH} or has over {_MAX_VALUES:,} values")
        match described:
            case None | bool() | float():
                return described
            case int() if abs(described) < 2**63:
                return described
            case str():
                self._pay(len(described))
                return described
            case bytes() | bytearray() | _Encoded():
                return self._bytes(described)
            case list():
                return [self.value(item, depth + 1) for item in described]
            case tuple():
                return tuple(self.value(item, depth + 1) for item in described)
            case _Dict():
                return {self._key(key): self.value(item, depth + 1) for key, item in described.items}
            case _Transform():
                return self._matrix(described, depth)
            case _Array():
                return self._array(described, depth)
            case _:
                raise PickleError(f"the pickle holds {_shown(described)} as a value, which is no parameter")

    def _key(self, key: Any) -> str | int:
        if isinstance(key, str) or type(key) is int:
            return key
        raise PickleError(f"a dict in the pickle has {_shown(key)} as a key, expected text")

    def _bytes(self, content: Any) -> bytes:
        match content:
            case _Encoded() | str():
                text = content.text if isinstance(content, _Encoded) else content
                self._pay(len(text))
                try:
                    return text.encode("latin1")
                except UnicodeEncodeError as error:
                    raise PickleError("the pickle is broken: bytes are written as text that is not latin-1") from error
            case bytes() | bytearray():
                self._pay(len(content))
                return bytes(content)
            case _:
                raise PickleError(f"the content of an array is {_shown(content)}, expected bytes")

    def _pay(self, n_bytes: int) -> None:
        self.bytes_left -= n_bytes
        if self.bytes_left < 0:
            raise PickleError("the pickle's arrays and texts are larger than what is read")

    def _matrix(self, described: _Transform, depth: int) -> npt.NDArray[np.float64]:
        found = [value for key, value in described.state.items if isinstance(key, str) and key == "params"]
        matrix = self.value(found[0], depth + 1) if found else None
        if not isinstance(matrix, np.ndarray) or matrix.shape != (3, 3) or matrix.dtype.kind not in "fiu":
            raise PickleError("a transform in the pickle has no 3x3 matrix 'params'")
        with np.errstate(invalid="ignore"):
            matrix = matrix.astype(np.float64)
        if not np.isfinite(matrix).all():
            raise PickleError("a transform in the pickle has a matrix that is not finite")
        return matrix

    def _array(self, described: _Array, depth: int) -> Parameters:
        if described.dtype is None:
            raise PickleError("the pickle has an array without content")
        if described.dtype.code.startswith("O"):
            return self._objects(described, depth)
        dtype = described.dtype.built()
        content = self._bytes(described.content)
        if len(content) != math.prod(described.shape) * dtype.itemsize:
            raise PickleError(f"an array of shape {described.shape} of {dtype} has {len(content):,} bytes of content")
        if not content:
            return np.empty(0, dtype)
        if dtype.kind == "U" and (np.frombuffer(content, f"{dtype.byteorder}u4") > sys.maxunicode).any():
            raise PickleError("an array of text in the pickle holds invalid characters")
        order: Literal["F", "C"] = "F" if described.fortran else "C"
        array = np.frombuffer(content, dtype).reshape(described.shape, order=order)
        return array.copy(order="K") if described.shape else array[()]

    def _objects(self, described: _Array, depth: int) -> Parameters:
        content, shape = described.content, described.shape
        if not isinstance(content, list) or len(content) != math.prod(shape):
            raise PickleError(f"an array of shape {shape} of objects has {_shown(content)} as content")
        values = [self.value(item, depth + 1) for item in content]
        if not shape:
            return values[0]
        if values and all(isinstance(value, int | float | np.number) for value in values):
            return np.array(values).reshape(shape, order="F" if described.fortran else "C")
        if len(shape) == 1:
            return values
        raise PickleError(f"the pickle has an array of shape {shape} of objects that are no numbers")
