"""STL, binary and ascii.

Not through trimesh, which stops quietly at the first word of an ascii file that is not a number: half a mesh would be
scored as if it were whole.
"""

import os

import numpy as np
import pandas as pd

from fsbench.errors import FormatError, MeshError
from fsbench.io.decimals import BadNumberError, parse_floats
from fsbench.io.files import MAX_MESH_BYTES, read_bytes
from fsbench.io.lines import PAD, Bytes, line_heads, line_number, padded, words_after, words_of
from fsbench.mesh import Floats, Ints, Mesh

_TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
_HEADER_BYTES = 84

# Odd numbers without a pattern, one a coordinate: a hash that tells corners apart in one pass.
_MULTIPLIERS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)


def read_stl(path: str | os.PathLike[str]) -> Mesh:
    """Read an STL file.

    An STL has no vertices that triangles share. Corners at exactly the same position become one vertex, in the order in
    which they first occur, so that a vertex counts once here as in any other format. Normals and colours are not read.

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
        If it is not an STL, or is cut off.
    MeshError
        If what it holds is no mesh: no triangles, NaN.
    """
    data = read_bytes(path, MAX_MESH_BYTES)
    n_triangles = int.from_bytes(data[_HEADER_BYTES - 4 : _HEADER_BYTES], "little")
    if len(data) >= _HEADER_BYTES and len(data) == _HEADER_BYTES + n_triangles * _TRIANGLE.itemsize:
        # A NaN may be of the signalling kind, of which numpy warns; Mesh refuses it.
        with np.errstate(invalid="ignore"):
            corners = np.frombuffer(data, _TRIANGLE, offset=_HEADER_BYTES)["corners"].reshape(-1, 3).astype(np.float64)
    elif data.lstrip()[:5].lower() == b"solid":
        corners = _ascii_corners(path, padded(data))
    else:
        found = f"has {len(data):,} bytes and announces {n_triangles:,} triangles, which need "
        expected = f"{_HEADER_BYTES + n_triangles * _TRIANGLE.itemsize:,}"
        raise FormatError(f"{path}: {found}{expected}; nor does it begin with 'solid'. Is it a whole STL file?")
    try:
        return Mesh(*_shared(corners))
    except MeshError as error:
        raise MeshError(f"{path}: {error}") from error


def _ascii_corners(path: str | os.PathLike[str], text: Bytes) -> Floats:
    starts, ends = words_of(text, PAD, len(text))
    heads = line_heads(text, PAD, len(text), starts)
    n_words = np.diff(heads, append=len(starts)) - 1
    is_vertex = _is(b"vertex", text, starts[heads], ends[heads])
    n_ends = np.count_nonzero(_is(b"endfacet", text, starts[heads], ends[heads]))
    n_corners = np.count_nonzero(is_vertex)
    if n_corners != 3 * n_ends or not _is(b"endsolid", text, starts[heads[-1:]], ends[heads[-1:]]).all():
        found = f"{n_corners} vertices, {n_ends} times 'endfacet'"
        raise FormatError(f"{path}: {found}; expected three vertices a facet and 'endsolid' in the end. Is it cut off?")
    odd = np.flatnonzero(is_vertex & (n_words != 3))
    if len(odd):
        line = line_number(text, int(starts[heads[odd[0]]]))
        raise FormatError(f"{path}: line {line}: a vertex has {n_words[odd[0]]} numbers, expected 3")
    words = words_after(heads[is_vertex], n_words[is_vertex])
    try:
        return parse_floats(text, starts[words], ends[words]).reshape(-1, 3)
    except BadNumberError as error:
        raise FormatError(f"{path}: line {line_number(text, error.position)}: {error}") from error


def _is(word: bytes, text: Bytes, starts: Ints, ends: Ints) -> np.ndarray:
    """Which words are this one, in small or capital letters."""
    same = ends - starts == len(word)
    for i, letter in enumerate(word):
        same[same] = (text[starts[same] + i] | 0x20) == letter
    return same


def _shared(corners: Floats) -> tuple[Floats, Ints]:
    if len(corners) == 0:
        raise MeshError("the mesh is empty: it has no triangles")
    # Adding zero makes -0 and 0 the same bytes.
    bits = np.ascontiguousarray(corners + 0.0).view(np.uint64)
    codes, _ = pd.factorize((bits * _MULTIPLIERS).sum(1, dtype=np.uint64))
    first = np.empty(codes.max() + 1, np.int64)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    if not np.array_equal(bits[first][codes], bits):  # two corners of one hash: a file made for it
        _, first, codes = np.unique(bits, axis=0, return_index=True, return_inverse=True)
        order = np.argsort(first)
        first, codes = first[order], np.argsort(order)[codes.reshape(-1)]
    return corners[first], codes.reshape(-1, 3)
