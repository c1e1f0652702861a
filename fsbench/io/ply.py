"""Stanford PLY: ascii and both byte orders, any scalar types, any further properties and elements."""

import os
import re
import struct
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt

from fsbench.core.errors import FormatError
from fsbench.core.mesh import Floats, Ints, Mesh
from fsbench.io.decimals import parse_floats, parse_integers
from fsbench.io.files import MAX_MESH_BYTES, read_bytes, refuse_foreign
from fsbench.io.lines import NEWLINE, Bytes, LineError, all_words_of, refuse_utf16
from fsbench.io.mesh_file import MeshFile, mesh_of
from fsbench.io.polygons import triangulate

_MAX_HEADER_BYTES = 1 << 16
_BREAK = re.compile(r"\r\n|\n|\r")
_FIRST_LINE = re.compile(rb"ply[ \t]*(\r\n|\n|\r)")
_LAST_LINE = re.compile(rb"\nend_header[ \t]*\r?\n")
_LAST_LINE_CR = re.compile(rb"\rend_header[ \t]*\r")
_LARGEST_WHOLE = 2.0**53
_AT_ONCE = 1 << 16
_FEWEST_CORNERS = 3
_TYPES = {
    name: np.dtype(code)
    for names, code in (
        ("char int8", "i1"),
        ("uchar uint8", "u1"),
        ("short int16", "i2"),
        ("ushort uint16", "u2"),
        ("int int32", "i4"),
        ("uint uint32", "u4"),
        ("long int64", "i8"),
        ("ulong uint64", "u8"),
        ("float float32", "f4"),
        ("double float64", "f8"),
    )
    for name in names.split()
}
_Order = Literal["<", ">", "="]
_STRUCT_CODES = dict(zip(("i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"), "bBhHiIqQ", strict=True))
_ORDERS: dict[str, _Order] = {"binary_little_endian": "<", "binary_big_endian": ">", "ascii": "="}
_INDEX_NAMES = ("vertex_indices", "vertex_index")
_COLOURS = ("red", "green", "blue")
_WANTED: dict[str, tuple[str, ...]] = {"vertex": ("x", "y", "z"), "face": _INDEX_NAMES}


class _PlyError(LineError):
    """Says what is wrong in the line of the byte `position`; -1 if in no single line."""

    def __init__(self, reason: str, position: int = -1) -> None:
        super().__init__(position, reason)


class _TruncatedError(_PlyError):
    def __init__(self, source: "_Bytes | _Words", element: "_Element") -> None:
        found = f"it ends before the {element.count:,} items of '{element.name}' that its header announces"
        super().__init__(f"{found}: there are only {source.stop - source.start:,} {source.unit}. Is it truncated?")


@dataclass(frozen=True, slots=True)
class _Property:
    name: str
    dtype: np.dtype
    count_dtype: np.dtype | None  # of a list: the type of its length


@dataclass(frozen=True, slots=True)
class _Element:
    name: str
    count: int
    properties: tuple[_Property, ...]


@dataclass(frozen=True, slots=True)
class _Header:
    order: _Order  # "<", ">" or "=" (ascii)
    elements: tuple[_Element, ...]
    n_bytes: int


@dataclass(frozen=True, slots=True)
class _Column:
    """One property of all items: all `values`, and for a list the number of each item."""

    values: npt.NDArray[np.generic]
    sizes: Ints | None = None


_Table = dict[str, _Column]
_EMPTY = _Column(np.empty(0))
_EMPTY_LIST = _Column(np.empty(0, np.int64), np.empty(0, np.int64))


def read_ply(path: str | os.PathLike[str], *, every_vertex: bool = False) -> Mesh:
    """Read a PLY file.

    Vertices that no face uses are dropped, see `mesh_file.MeshFile`. Numbers in an ascii file are rounded to the type
    that the header declares, as by the official FaceScape reader: `property float` gives float32 values. Faces are the
    list `vertex_indices` (or `vertex_index`) of the element `face`; `polygons.triangulate` splits polygons. A file
    without faces gives a point cloud.

    Parameters
    ----------
    path : path
        The file.
    every_vertex : bool
        Keep all vertices, used or not, so that their numbers are those in the file.

    Returns
    -------
    Mesh

    Raises
    ------
    MissingError
        If there is no such file.
    FormatError
        If it is not a PLY, or its size differs from what it announces.
    MeshError
        If the content is not a mesh: no vertices, NaN, an index out of range.
    """
    return mesh_of(ply_file, path, every_vertex=every_vertex)


def ply_file(path: str | os.PathLike[str]) -> MeshFile:
    """Read a PLY as `read_ply` does, in the file's own numbering; errors the same, MeshError without the path."""
    return parse_ply(path, read_bytes(path, MAX_MESH_BYTES), partial(read_bytes, path, MAX_MESH_BYTES))


def parse_ply(path: str | os.PathLike[str], data: bytes, again: Callable[[], bytes] | None = None) -> MeshFile:
    """Parse the content of a PLY, see `ply_file`; `path` is for messages, `again` reads it anew to count lines.

    Without `again` messages on vertices have no line.
    """
    refuse_foreign(path, data[:512])
    refuse_utf16(path, data[:2])
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        header = _read_header(data)
        body = np.frombuffer(data, np.uint8)
        source = _Words(body, header.n_bytes) if header.order == "=" else _Bytes(body, header.n_bytes, header.order)
        tables = _read_elements(source, header.elements)
        return MeshFile(_vertices(tables), _faces(tables), line_of=partial(_line_of_vertex, again))
    except LineError as error:
        where = "" if error.position < 0 else f"{_line_of(data, error.position)}: "
        raise FormatError(f"{path}: {where}{error}") from error


def read_vertex_colours(path: str | os.PathLike[str]) -> npt.NDArray[np.uint8] | None:
    """Red, green and blue of every vertex, (V, 3) sRGB; None if the file has none. Errors as `read_ply`.

    Bytes are taken as they are, other whole numbers by their type's range, and real numbers from 0 to 1.
    """
    data = read_bytes(path, MAX_MESH_BYTES).removeprefix(b"\xef\xbb\xbf")
    try:
        header = _read_header(data)
        names = {p.name: p.dtype for one in header.elements if one.name == "vertex" for p in one.properties}
        if not {*_COLOURS} <= set(names):
            return None
        body = np.frombuffer(data, np.uint8)
        source = _Words(body, header.n_bytes) if header.order == "=" else _Bytes(body, header.n_bytes, header.order)
        table = _read_elements(source, header.elements, {**_WANTED, "vertex": _COLOURS})["vertex"]
        columns = np.stack([table[name].values.astype(np.float64) for name in _COLOURS], 1)
    except LineError as error:
        raise FormatError(f"{path}: {error}") from error
    kind = names["red"]
    columns *= 255.0 if kind.kind == "f" else 255.0 / np.iinfo(kind).max
    if not np.isfinite(columns).all():
        raise FormatError(f"{path}: the colour of a vertex is not finite")
    return np.round(np.clip(columns, 0, 255)).astype(np.uint8)


def _line_of_vertex(again: Callable[[], bytes] | None, vertex: int) -> int:
    """The line of a vertex in an ascii file that begins with them, as nearly all do; 0 in any other."""
    if again is None:
        return 0
    data = again().removeprefix(b"\xef\xbb\xbf")
    header = _read_header(data)
    first = header.elements[0]
    if header.order != "=" or first.name != "vertex" or any(one.count_dtype for one in first.properties):
        return 0
    words = _Words(np.frombuffer(data, np.uint8), header.n_bytes)
    return int(_line_of(data, words.byte_of(vertex * len(first.properties))).removeprefix("line "))


def _line_of(data: bytes, position: int) -> str:
    """Number, from 1, of the line of a text that holds a byte."""
    number = 1 + (data.count(b"\n", 0, position) or data.count(b"\r", 0, position))
    return f"line {number}"


def _vertices(tables: dict[str, _Table]) -> Floats:
    table = tables.get("vertex")
    if table is None or any(axis not in table or table[axis].sizes is not None for axis in "xyz"):
        raise _PlyError("there is no element 'vertex' with the properties x, y, z")
    vertices = np.empty((len(table["x"].values), 3))
    # numpy warns of signalling NaNs; Mesh refuses them.
    with np.errstate(invalid="ignore"):
        for i, axis in enumerate("xyz"):
            vertices[:, i] = table[axis].values
    return vertices


def _faces(tables: dict[str, _Table]) -> npt.NDArray[np.integer[Any]]:
    if "tristrips" in tables:
        raise _PlyError("triangle strips are not read; export the mesh with a list of faces")
    if "face" not in tables:
        return np.empty((0, 3), np.int64)
    column = next((tables["face"][name] for name in _INDEX_NAMES if name in tables["face"]), None)
    if column is None or column.sizes is None:
        raise _PlyError(f"the element 'face' has no list {' or '.join(_INDEX_NAMES)}")
    indices = column.values
    if indices.dtype.kind == "f":
        indices = _whole(indices)
    return triangulate(cast(npt.NDArray[np.integer[Any]], indices), column.sizes)


def _whole(values: npt.NDArray[np.generic]) -> Ints:
    """Indices written as float or double, which must be whole numbers."""
    # numpy warns of signalling NaNs; comparisons with them are false.
    with np.errstate(invalid="ignore"):
        floats = values.astype(np.float64)
    if not (np.abs(floats) <= _LARGEST_WHOLE).all() or (floats != np.floor(floats)).any():
        raise _PlyError(f"vertex indices are of type {values.dtype}, and not all of them are whole numbers")
    return floats.astype(np.int64)


def _read_header(data: bytes) -> _Header:
    first = _FIRST_LINE.match(data)
    if first is None:
        raise _PlyError(f"starts with {data[:8]!r}, expected the word 'ply' on a line of its own")
    # In a header with CR only, an LF after it is the first byte of the body.
    last = (_LAST_LINE_CR if first[1] == b"\r" else _LAST_LINE).search(data, 0, _MAX_HEADER_BYTES)
    if last is None:
        if b"end_header" in data[:_MAX_HEADER_BYTES]:
            raise _PlyError("there is no line break after 'end_header'")
        raise _PlyError(f"the header does not end (no 'end_header' in the first {_MAX_HEADER_BYTES:,} bytes)")
    end, n_bytes = last.start(), last.end()
    order = None
    elements: list[_Element] = []
    for number, line in enumerate(_BREAK.split(data[:end].decode("latin1"))[1:], 2):
        match line.split():
            case [] | ["comment" | "obj_info", *_]:
                pass
            case ["format", ("ascii" | "binary_little_endian" | "binary_big_endian") as name, "1.0"] if order is None:
                order = _ORDERS[name]
            case ["element", name, count] if count.isascii() and count.isdigit() and len(count) < 19:
                if any(element.name == name for element in elements):
                    raise _PlyError(f"the header has two elements '{name}'")
                elements.append(_Element(name, int(count), ()))
            case ["property", *words] if elements:
                elements[-1] = _with_property(elements[-1], words, number)
            case _:
                raise _PlyError(f"line {number}: cannot read the header line '{line[:80]}'")
    if order is None:
        raise _PlyError("the header has no 'format' line")
    return _Header(order, tuple(elements), n_bytes)


def _with_property(element: _Element, words: list[str], number: int) -> _Element:
    match words:
        case ["list", count, item, name] if count in _TYPES and item in _TYPES and _TYPES[count].kind in "iu":
            new = _Property(name, _TYPES[item], _TYPES[count])
        case [item, name] if item in _TYPES:
            new = _Property(name, _TYPES[item], None)
        case _:
            raise _PlyError(f"line {number}: cannot read the header line 'property {' '.join(words)[:80]}'")
    if any(p.name == name for p in element.properties):
        raise _PlyError(f"the element '{element.name}' has two properties '{name}'")
    return _Element(element.name, element.count, (*element.properties, new))


class _Bytes:
    """A binary body: positions count bytes."""

    unit = "bytes"

    def __init__(self, data: Bytes, start: int, order: _Order) -> None:
        self.data, self.order = data, order
        self.start, self.stop = start, len(data)

    def width(self, dtype: np.dtype) -> int:
        return dtype.itemsize

    def grid(self, start: int, step: int, n: int, size: int, dtype: np.dtype) -> npt.NDArray[np.generic]:
        """Return `size` neighbouring values at each of `n` places, (n, size)."""
        dtype = dtype.newbyteorder(self.order)
        return np.ndarray((n, size), dtype, self.data, start, (step, dtype.itemsize))

    def values(self, positions: Ints, dtype: np.dtype) -> npt.NDArray[np.generic]:
        # A value at every byte position, aligned or not.
        anywhere = self.grid(0, 1, self.stop - dtype.itemsize + 1, 1, dtype)
        found: npt.NDArray[np.generic] = anywhere[positions, 0]
        return found

    def count_at(self, position: int, dtype: np.dtype) -> int:
        return int(struct.unpack_from(self.order + _STRUCT_CODES[dtype.str[1:]], self.data.data, position)[0])

    def is_more(self, position: int) -> bool:
        # A line break after the last item does no harm.
        return bool(self.data[position:].tobytes().strip())

    def byte_of(self, position: int) -> int:
        """-1, as a binary body has no lines."""
        return -1


class _Words:
    """An ascii body: positions count words."""

    unit = "numbers"

    def __init__(self, data: Bytes, start: int) -> None:
        self.data = data if data[-1] == NEWLINE else np.append(data, np.uint8(NEWLINE))
        self.starts, self.ends = all_words_of(self.data, start, len(self.data))
        self.start, self.stop = 0, len(self.starts)

    def width(self, dtype: np.dtype) -> int:
        return 1

    def grid(self, start: int, step: int, n: int, size: int, dtype: np.dtype) -> npt.NDArray[np.generic]:
        """Return `size` neighbouring values at each of `n` places, (n, size)."""
        found = np.empty((n, size), dtype)
        for first in range(0, n, _AT_ONCE):
            rows = np.arange(first, min(first + _AT_ONCE, n))
            positions = start + step * rows[:, None] + np.arange(size)
            found[rows[0] : rows[-1] + 1] = self.values(positions.ravel(), dtype).reshape(len(rows), size)
        return found

    def values(self, positions: Ints, dtype: np.dtype) -> npt.NDArray[np.generic]:
        starts, ends = self.starts[positions], self.ends[positions]
        if dtype.kind == "f":
            with np.errstate(over="ignore"):
                return parse_floats(self.data, starts, ends).astype(dtype)
        exact = parse_integers(self.data, starts, ends)
        limits = np.iinfo(dtype)
        wrong = np.flatnonzero((exact < limits.min) | (exact > limits.max)) if exact.size else exact
        if wrong.size:
            position = int(starts[wrong[0]])
            found = f"the number {exact[wrong[0]]} does not fit the declared type {dtype} of its property"
            raise _PlyError(found, position)
        return exact.astype(dtype)

    def count_at(self, position: int, dtype: np.dtype) -> int:
        text = self.data[self.starts[position] : self.ends[position]].tobytes()
        # The usual case; `values` parses all others, and refuses them with a proper message.
        is_plain = len(text) <= 2 and text.isdigit()
        return int(text) if is_plain else int(self.values(np.array([position]), dtype)[0])

    def is_more(self, position: int) -> bool:
        return position < self.stop

    def byte_of(self, position: int) -> int:
        return int(self.starts[position])


def _read_elements(
    source: _Bytes | _Words, elements: tuple[_Element, ...], of: dict[str, tuple[str, ...]] = _WANTED
) -> dict[str, _Table]:
    """Read the properties of the elements that a mesh needs, or those in `of`; the elements must fill the source."""
    tables: dict[str, _Table] = {}
    position = source.start
    for element in elements:
        wanted = of.get(element.name, ())
        least = sum(source.width(p.count_dtype or p.dtype) for p in element.properties)
        if position + least * element.count > source.stop:
            raise _TruncatedError(source, element)
        if element.count == 0 or least == 0:
            tables[element.name] = {p.name: _EMPTY_LIST if p.count_dtype else _EMPTY for p in element.properties}
            continue
        even = _read_even(source, element, position, wanted)
        tables[element.name], position = even or _read_uneven(source, element, position, wanted)
    if source.is_more(position):
        where = source.byte_of(position)
        raise _PlyError("the file goes on after the last item that its header announces", where)
    return tables


def _read_even(
    source: _Bytes | _Words, element: _Element, start: int, wanted: tuple[str, ...]
) -> tuple[_Table, int] | None:
    """Read items that all have the length of the first, and the position after the last; None if lengths differ."""
    lists: list[tuple[np.dtype, int, int]] = []
    spans: list[tuple[_Property, int, int]] = []
    width = 0
    for p in element.properties:
        size = 1
        if p.count_dtype is not None:
            if start + width + source.width(p.count_dtype) > source.stop:
                return None
            size = _size_at(source, p, p.count_dtype, start + width, p.name in wanted)
            lists.append((p.count_dtype, width, size))
            width += source.width(p.count_dtype)
        spans.append((p, width, size))
        width += source.width(p.dtype) * size
    n, stop = element.count, start + width * element.count
    if stop > source.stop:
        return None
    if any((source.grid(start + offset, width, n, 1, dtype) != size).any() for dtype, offset, size in lists):
        return None
    table: _Table = {}
    for p, offset, size in spans:
        if p.name in wanted:
            values = source.grid(start + offset, width, n, size, p.dtype).ravel()
            table[p.name] = _Column(values, np.full(n, size) if p.count_dtype else None)
    return table, stop


def _read_uneven(
    source: _Bytes | _Words, element: _Element, position: int, wanted: tuple[str, ...]
) -> tuple[_Table, int]:
    """Read items of any length one after another, and the position after the last."""
    parts: list[_Table] = []
    for done in range(0, element.count, _AT_ONCE):
        part, position = _walk(source, element, position, min(_AT_ONCE, element.count - done), wanted)
        parts.append(part)
    return {name: _joined([part[name] for part in parts]) for name in parts[0]}, position


def _joined(columns: list[_Column]) -> _Column:
    sizes = [column.sizes for column in columns if column.sizes is not None]
    return _Column(np.concatenate([column.values for column in columns]), np.concatenate(sizes) if sizes else None)


def _walk(
    source: _Bytes | _Words, element: _Element, position: int, n_items: int, wanted: tuple[str, ...]
) -> tuple[_Table, int]:
    starts = {p.name: array("q") for p in element.properties if p.name in wanted}
    sizes = {p.name: array("q") for p in element.properties if p.name in wanted}
    steps = [(p, p.name in wanted, source.width(p.dtype)) for p in element.properties]
    for _ in range(n_items):
        for p, is_wanted, width in steps:
            size = 1
            if p.count_dtype is not None:
                after = position + source.width(p.count_dtype)
                if after > source.stop:
                    raise _TruncatedError(source, element)
                size = _size_at(source, p, p.count_dtype, position, is_wanted)
                position = after
            if is_wanted:
                starts[p.name].append(position)
                sizes[p.name].append(size)
            position += width * size
        if position > source.stop:
            raise _TruncatedError(source, element)
    table: _Table = {}
    for p, is_wanted, width in steps:
        if is_wanted:
            first, n = np.array(starts[p.name], np.int64), np.array(sizes[p.name], np.int64)
            step = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
            table[p.name] = _Column(
                source.values(np.repeat(first, n) + step * width, p.dtype), n if p.count_dtype else None
            )
    return table, position


def _size_at(source: _Bytes | _Words, of: _Property, count_dtype: np.dtype, position: int, is_wanted: bool) -> int:
    """Number of entries of the list at a position."""
    size = source.count_at(position, count_dtype)
    if not 0 <= size <= source.stop:
        raise _PlyError(f"a list '{of.name}' has {size} entries. Is the file truncated?", source.byte_of(position))
    if is_wanted and size < _FEWEST_CORNERS:
        raise _PlyError(f"a face has {size} corners, expected at least 3", source.byte_of(position))
    return size
