"""STL, binary and ascii.

trimesh is not used: it stops silently at the first word of an ascii file that is not a number, so half a mesh would be
scored as a whole one.
"""

import os
import re

import numpy as np
import numpy.typing as npt

from fsbench.core.errors import FormatError, MeshError
from fsbench.core.mesh import Floats, Ints, Mask, Mesh
from fsbench.io.decimals import BadNumberError, parse_floats
from fsbench.io.files import MAX_MESH_BYTES
from fsbench.io.lines import (
    PAD,
    Bytes,
    line_heads,
    line_number,
    pieces_of,
    read_padded,
    refuse_utf16,
    with_line_feeds,
    words_after,
    words_of,
)
from fsbench.io.mesh_file import MeshFile, mesh_of

_TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
_HEADER_BYTES = 84
_SOLID = re.compile(rb"(\xef\xbb\xbf)?\s*solid", re.IGNORECASE)
_NO_NUMBERS = (
    "an STL has no vertex numbers, as each triangle has corners of its own: give the landmarks as points in a file, "
    "or the mesh as .obj, .ply or .off"
)
_NONE = np.empty(0, np.uint32)
_AT_ONCE = 1 << 16

Corners = npt.NDArray[np.floating]

# Odd numbers without a pattern, one a coordinate, for a hash of corners.
_MULTIPLIERS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)


def read_stl(path: str | os.PathLike[str], *, every_vertex: bool = False) -> Mesh:
    """Read an STL file.

    In an STL, triangles share no vertices. Corners at exactly the same position become one vertex, in the order of
    their first occurrence, as in other formats. Normals and colours are not read.

    Parameters
    ----------
    path : path
        The file.
    every_vertex : bool
        As for other formats; without effect, as an STL has no unused vertex.

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
        If the content is not a mesh: no triangles, NaN.
    """
    return mesh_of(stl_file, path, every_vertex=every_vertex)


def stl_file(path: str | os.PathLike[str]) -> MeshFile:
    """Read an STL as `read_stl` does; errors the same, MeshError without the path."""
    raw = read_padded(path, MAX_MESH_BYTES)
    n_bytes, start = len(raw) - PAD - 1, PAD + _HEADER_BYTES
    n_triangles = int.from_bytes(raw[start - 4 : min(start, PAD + n_bytes)], "little")
    needed = _HEADER_BYTES + n_triangles * _TRIANGLE.itemsize
    # A binary header may begin with "solid", too; the count after it then has a zero byte.
    is_text = bool(_SOLID.match(raw, PAD)) and b"\0" not in raw[PAD:start]
    corners: Corners
    # Some programs write more after the last triangle of a binary file, e.g. colours. A text may match by chance.
    if n_bytes >= _HEADER_BYTES and (n_bytes == needed or (n_bytes > needed and n_triangles and not is_text)):
        corners = np.frombuffer(raw, _TRIANGLE, n_triangles, start)["corners"].reshape(-1, 3)
    elif is_text:
        corners = _ascii_corners(path, np.frombuffer(with_line_feeds(raw), np.uint8))
    else:
        refuse_utf16(path, raw[PAD : PAD + 2])
        found = f"has {n_bytes:,} bytes and announces {n_triangles:,} triangles, which need {needed:,}"
        raise FormatError(f"{path}: {found}; nor does it begin with 'solid'. Is it a whole STL file?")
    del raw
    return MeshFile(*_shared(corners), numbering=_NO_NUMBERS)


def _ascii_corners(path: str | os.PathLike[str], text: Bytes) -> Floats:
    starts, ends = [_NONE], [_NONE]
    n_corners = n_ends = 0
    odd, is_whole = "", False
    for start, stop in pieces_of(text, PAD, len(text)):
        first, after = words_of(text, start, stop)
        heads = line_heads(text, start, stop, first)
        n_words = np.diff(heads, append=len(first)) - 1
        is_vertex = _is(b"vertex", text, first[heads], after[heads])
        n_corners += int(np.count_nonzero(is_vertex))
        n_ends += int(np.count_nonzero(_is(b"endfacet", text, first[heads], after[heads])))
        if len(heads):
            is_whole = bool(_is(b"endsolid", text, first[heads[-1:]], after[heads[-1:]])[0])
        for i in np.flatnonzero(is_vertex & (n_words != 3))[: 0 if odd else 1]:
            odd = f"line {line_number(text, int(first[heads[i]]))}: a vertex has {n_words[i]} numbers, expected 3"
        words = words_after(heads[is_vertex], n_words[is_vertex])
        starts.append(first[words].astype(np.uint32))
        ends.append(after[words].astype(np.uint32))
    if n_corners != 3 * n_ends or not is_whole:
        found = f"{n_corners} vertices, {n_ends} times 'endfacet'"
        raise FormatError(f"{path}: {found}; expected three vertices a facet and 'endsolid' in the end. Is it cut off?")
    if odd:
        raise FormatError(f"{path}: {odd}")
    try:
        return parse_floats(text, np.concatenate(starts), np.concatenate(ends)).reshape(-1, 3)
    except BadNumberError as error:
        raise FormatError(f"{path}: line {line_number(text, error.position)}: {error}") from error


def _is(word: bytes, text: Bytes, starts: Ints, ends: Ints) -> Mask:
    """Whether each word is this one, in lower or upper case."""
    same: Mask = ends - starts == len(word)
    for i, letter in enumerate(word):
        same[same] = (text[starts[same] + i] | 0x20) == letter
    return same


def _shared(corners: Corners) -> tuple[Floats, Ints]:
    if len(corners) == 0:
        raise MeshError("the mesh is empty: it has no triangles")
    hashes = np.empty(len(corners), np.uint64)
    blocks = [slice(i, i + _AT_ONCE) for i in range(0, len(corners), _AT_ONCE)]
    for some in blocks:
        bits = _bits(corners[some])
        # Single precision leaves the lower bits zero, which no product would fill.
        bits ^= bits >> np.uint64(32)
        hashes[some] = (bits * _MULTIPLIERS).sum(1, dtype=np.uint64)
    # Late: loading it takes longer than reading several meshes.
    import pandas as pd

    codes, _ = pd.factorize(hashes)
    first = np.empty(codes.max() + 1, np.int64)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    if not all(np.array_equal(_bits(corners[first[codes[some]]]), _bits(corners[some])) for some in blocks):
        # Two corners share a hash, as in a file made for that.
        _, first, codes = np.unique(_bits(corners), axis=0, return_index=True, return_inverse=True)
        order = np.argsort(first)
        first, codes = first[order], np.argsort(order)[codes.reshape(-1)]
    return _bits(corners[first]).view(np.float64), codes.reshape(-1, 3)


def _bits(corners: Corners) -> npt.NDArray[np.uint64]:
    """The bits of the coordinates as float64."""
    # Adding zero gives -0 and 0 the same bits. numpy warns of signalling NaNs; Mesh refuses them.
    with np.errstate(invalid="ignore"):
        return (corners.astype(np.float64) + 0.0).view(np.uint64)
