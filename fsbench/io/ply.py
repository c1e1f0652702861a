"""Stanford PLY: ascii and both byte orders, any scalar types, any further properties and elements."""

import os
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from fsbench.errors import FormatError, MeshError
from fsbench.io.decimals import BadNumberError, parse_floats
from fsbench.io.files import MAX_MESH_BYTES, read_bytes
from fsbench.io.lines import Bytes, words_of
from fsbench.io.polygons import triangulate
from fsbench.mesh import Floats, Ints, Mesh

_MAX_HEADER_BYTES = 1 << 16
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
_ORDERS: dict[str, _Order] = {"binary_little_endian": "<", "binary_big_endian": ">", "ascii": "="}
_INDEX_NAMES = ("vertex_indices", "vertex_index")
_WANTED = {"vertex": ("x", "y", "z"), "face": _INDEX_NAMES}


class _PlyError(ValueError):
    """What is wrong with the file; `read_ply` puts its name in front."""


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
    """One property of all items: `values` of all, and for a list how many belong to each."""

    values: npt.NDArray[np.generic]
    sizes: Ints | None = None


_Table = dict[str, _Column]
_Places = dict[str, tuple[Ints, Ints | None]]
"""By property: where in the body each item's value is (of a list: its first entry), and the sizes of lists."""


def read_ply(path: str | os.PathLike[str]) -> Mesh:
    """Read a PLY file.

    All vertices are kept, whether a face uses them or not. Numbers in an ascii file are rounded to the type that the
    header declares, as the official FaceScape reader does: `property float` gives float32 values. Faces are the
    list `vertex_indices` (or `vertex_index`) of the element `face`; polygons are cut as `polygons.triangulate` says.
    Without faces it is a point cloud.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    Mesh

    Raises
    ------
    MissingError
        If there is no such file.
    FormatError
        If it is not a PLY, announces more than it holds, or holds more than it announces.
    MeshError
        If what it holds is no mesh: no vertices, NaN, an index out of range.
    """
    data = read_bytes(path, MAX_MESH_BYTES)
    try:
        header = _read_header(data)
        body = np.frombuffer(data, np.uint8)
        source = _Words(body, header.n_bytes) if header.order == "=" else _Bytes(body, header.n_bytes, header.order)
        tables = _read_elements(source, header.elements)
        return Mesh(_vertices(tables), _faces(tables))
    except (_PlyError, BadNumberError) as error:
        raise FormatError(f"{path}: {error}") from error
    except MeshError as error:
        raise MeshError(f"{path}: {error}") from error


def _vertices(tables: dict[str, _Table]) -> Floats:
    table = tables.get("vertex")
    if table is None or any(axis not in table or table[axis].sizes is not None for axis in "xyz"):
        raise _PlyError("there is no element 'vertex' with the properties x, y, z")
    vertices = np.empty((len(table["x"].values), 3))
    for i, axis in enumerate("xyz"):
        vertices[:, i] = table[axis].values
    return vertices


def _faces(tables: dict[str, _Table]) -> Ints:
    if "tristrips" in tables:
        raise _PlyError("triangle strips are not read; export the mesh with a list of faces")
    if "face" not in tables:
        return np.empty((0, 3), np.int64)
    column = next((tables["face"][name] for name in _INDEX_NAMES if name in tables["face"]), None)
    if column is None or column.sizes is None:
        raise _PlyError(f"the element 'face' has no list {' or '.join(_INDEX_NAMES)}")
    if column.values.dtype.kind not in "iu":
        raise _PlyError(f"vertex indices are of type {column.values.dtype}, expected whole numbers")
    if column.sizes.min(initial=3) < 3:
        raise _PlyError(f"a face has {column.sizes.min()} corners, expected at least 3")
    # uint64 beyond int64 wraps to a negative index, which Mesh refuses.
    return triangulate(column.values.astype(np.int64), column.sizes)


def _read_header(data: bytes) -> _Header:
    if not data.startswith((b"ply\n", b"ply\r")):
        raise _PlyError(f"starts with {data[:8]!r}, expected the word 'ply' on a line of its own")
    end = data.find(b"\nend_header", 0, _MAX_HEADER_BYTES)
    if end < 0:
        raise _PlyError(f"the header does not end (no 'end_header' in the first {_MAX_HEADER_BYTES:,} bytes)")
    n_bytes = end + len(b"\nend_header")
    for line_end in (b"\r\n", b"\n"):
        if data.startswith(line_end, n_bytes):
            n_bytes += len(line_end)
            break
    else:
        raise _PlyError("there is no line break after 'end_header'")
    order = None
    elements: list[_Element] = []
    for line in data[:end].decode("latin1").splitlines()[1:]:
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
                elements[-1] = _with_property(elements[-1], words)
            case _:
                raise _PlyError(f"cannot read the header line '{line[:80]}'")
    if order is None:
        raise _PlyError("the header has no 'format' line")
    return _Header(order, tuple(elements), n_bytes)


def _with_property(element: _Element, words: list[str]) -> _Element:
    match words:
        case ["list", count, item, name] if count in _TYPES and item in _TYPES and _TYPES[count].kind in "iu":
            new = _Property(name, _TYPES[item], _TYPES[count])
        case [item, name] if item in _TYPES:
            new = _Property(name, _TYPES[item], None)
        case _:
            raise _PlyError(f"cannot read the header line 'property {' '.join(words)[:80]}'")
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

    def values(self, positions: Ints, dtype: np.dtype) -> npt.NDArray[np.generic]:
        dtype = dtype.newbyteorder(self.order)
        if len(positions) == 0:
            return np.empty(0, dtype)
        # A value at every byte position, aligned or not.
        return np.ndarray((self.stop - dtype.itemsize + 1,), dtype, self.data, strides=(1,))[positions]

    def is_more(self, position: int) -> bool:
        # A line break after the last item does no harm.
        return bool(self.data[position:].tobytes().strip())


class _Words:
    """An ascii body: positions count words."""

    unit = "numbers"

    def __init__(self, data: Bytes, start: int) -> None:
        self.data = np.append(data, np.uint8(ord("\n")))
        self.starts, self.ends = words_of(self.data, start, len(self.data))
        self.start, self.stop = 0, len(self.starts)

    def width(self, dtype: np.dtype) -> int:
        return 1

    def values(self, positions: Ints, dtype: np.dtype) -> npt.NDArray[np.generic]:
        exact = parse_floats(self.data, self.starts[positions], self.ends[positions])
        if dtype.kind == "f":
            with np.errstate(over="ignore"):
                return exact.astype(dtype)
        limits = np.iinfo(dtype)
        if not ((exact >= limits.min) & (exact <= min(limits.max, 2**53)) & (exact == np.trunc(exact))).all():
            raise _PlyError(f"a number is no {dtype}, which its property is declared to be")
        return exact.astype(dtype)

    def is_more(self, position: int) -> bool:
        return position < self.stop


def _read_elements(source: _Bytes | _Words, elements: tuple[_Element, ...]) -> dict[str, _Table]:
    """Read what a mesh needs of all elements, which must fill the source."""
    tables: dict[str, _Table] = {}
    position = source.start
    for element in elements:
        places, position = _places(source, element, position, _WANTED.get(element.name, ()))
        tables[element.name] = {
            p.name: _column(source, p, *places[p.name]) for p in element.properties if p.name in places
        }
    if source.is_more(position):
        raise _PlyError("the file goes on after the last item that its header announces")
    return tables


def _column(source: _Bytes | _Words, of: _Property, starts: Ints, sizes: Ints | None) -> _Column:
    if sizes is None:
        return _Column(source.values(starts, of.dtype))
    step = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return _Column(source.values(np.repeat(starts, sizes) + step * source.width(of.dtype), of.dtype), sizes)


def _places(source: _Bytes | _Words, element: _Element, position: int, wanted: tuple[str, ...]) -> tuple[_Places, int]:
    """Where the wanted properties are, and where the element ends."""
    least = sum(source.width(p.count_dtype or p.dtype) for p in element.properties)
    if position + least * element.count > source.stop:
        raise _TruncatedError(source, element)
    if element.count == 0 or least == 0:
        empty = np.empty(0, np.int64)
        return {
            p.name: (empty, empty if p.count_dtype else None) for p in element.properties if p.name in wanted
        }, position
    return _even_places(source, element, position, wanted) or _uneven_places(source, element, position, wanted)


def _even_places(
    source: _Bytes | _Words, element: _Element, start: int, wanted: tuple[str, ...]
) -> tuple[_Places, int] | None:
    """The places if every list is as long in all items as in the first; else None."""
    lists: list[tuple[_Property, int, int]] = []
    offsets: dict[str, int] = {}
    width = 0
    for p in element.properties:
        size = 1
        if p.count_dtype is not None:
            if start + width + source.width(p.count_dtype) > source.stop:
                return None
            size = int(_sizes(source, np.array([start + width]), p)[0])
            lists.append((p, width, size))
            width += source.width(p.count_dtype)
        offsets[p.name] = width
        width += source.width(p.dtype) * size
    stop = start + width * element.count
    if stop > source.stop:
        return None
    items = start + width * np.arange(element.count)
    if any((_sizes(source, items + offset, p) != size).any() for p, offset, size in lists):
        return None
    sizes = {p.name: np.full(element.count, size) for p, _, size in lists if p.name in wanted}
    return {name: (items + offsets[name], sizes.get(name)) for name in offsets if name in wanted}, stop


def _uneven_places(
    source: _Bytes | _Words, element: _Element, position: int, wanted: tuple[str, ...]
) -> tuple[_Places, int]:
    """The places found by walking from item to item."""
    starts: dict[str, list[int]] = {p.name: [] for p in element.properties}
    sizes: dict[str, list[int]] = {p.name: [] for p in element.properties}
    for _ in range(element.count):
        for p in element.properties:
            size = 1
            if p.count_dtype is not None:
                if position + source.width(p.count_dtype) > source.stop:
                    raise _TruncatedError(source, element)
                size = int(_sizes(source, np.array([position]), p)[0])
                position += source.width(p.count_dtype)
                sizes[p.name].append(size)
            starts[p.name].append(position)
            position += source.width(p.dtype) * size
        if position > source.stop:
            raise _TruncatedError(source, element)
    places: _Places = {}
    for p in element.properties:
        if p.name in wanted:
            of_list = np.array(sizes[p.name], np.int64) if p.count_dtype else None
            places[p.name] = np.array(starts[p.name], np.int64), of_list
    return places, position


def _sizes(source: _Bytes | _Words, positions: Ints, of: _Property) -> Ints:
    assert of.count_dtype is not None
    sizes = source.values(positions, of.count_dtype)
    if sizes.min() < 0 or sizes.max() > source.stop:
        raise _PlyError(f"a list '{of.name}' has {sizes.min() if sizes.min() < 0 else sizes.max()} entries")
    return sizes.astype(np.int64)
