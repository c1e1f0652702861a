"""OFF, the text form, with or without colours and normals.

Not through trimesh, which takes fewer faces than the file announces without a word.
"""

import os
import re

import numpy as np

from fsbench.errors import FormatError, MeshError
from fsbench.io.decimals import BadNumberError, parse_floats, parse_integers
from fsbench.io.files import MAX_MESH_BYTES, read_bytes
from fsbench.io.lines import PAD, Bytes, line_heads, line_number, padded, words_after, words_of
from fsbench.io.polygons import triangulate
from fsbench.mesh import Mesh

_KINDS = (b"OFF", b"COFF", b"NOFF", b"CNOFF")


def read_off(path: str | os.PathLike[str]) -> Mesh:
    """Read an OFF file.

    All vertices are kept; polygons are cut as `polygons.triangulate` says. Colours and normals are not read.

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
        If it is not an OFF in text form, or holds more or less than it announces.
    MeshError
        If what it holds is no mesh: no vertices, NaN, an index out of range.
    """
    data = re.sub(rb"#[^\n]*", b"", read_bytes(path, MAX_MESH_BYTES))
    text = padded(data)
    try:
        return _parse(text)
    except BadNumberError as error:
        raise FormatError(f"{path}: line {line_number(text, error.position)}: {error}") from error
    except (FormatError, MeshError) as error:
        raise type(error)(f"{path}: {error}") from error


def _parse(text: Bytes) -> Mesh:
    starts, ends = words_of(text, PAD, len(text))
    kind = text[starts[0] : min(ends[0], starts[0] + 20)].tobytes() if len(starts) else b""
    if kind not in _KINDS:
        raise FormatError(f"starts with {kind!r}, expected one of {', '.join(k.decode() for k in _KINDS)}")
    # The counts follow, on the same line or the next.
    starts, ends = starts[1:], ends[1:]
    heads = np.union1d(line_heads(text, PAD, len(text), starts), [0]) if len(starts) else starts
    n_words = np.diff(heads, append=len(starts))
    if len(heads) == 0 or n_words[0] not in (2, 3):
        raise FormatError("has no line with the numbers of vertices, faces and edges")
    n_vertices, n_faces = (int(n) for n in parse_integers(text, starts[:2], ends[:2]))
    if min(n_vertices, n_faces) < 0 or n_vertices + n_faces != len(heads) - 1:
        found = f"announces {n_vertices:,} vertices and {n_faces:,} faces"
        raise FormatError(f"{found}, one a line, but has {len(heads) - 1:,} further lines. Is it cut off?")
    v_lines, f_lines = slice(1, 1 + n_vertices), slice(1 + n_vertices, None)
    if n_words[v_lines].min(initial=3) < 3:
        raise FormatError("a vertex has fewer than 3 numbers")
    words = words_after(heads[v_lines] - 1, np.full(n_vertices, 3))
    vertices = parse_floats(text, starts[words], ends[words]).reshape(-1, 3)
    sizes = parse_integers(text, starts[heads[f_lines]], ends[heads[f_lines]])
    if ((sizes < 3) | (sizes >= n_words[f_lines])).any():
        raise FormatError("a face has fewer than 3 corners, or fewer than it announces")
    words = words_after(heads[f_lines], sizes)
    return Mesh(vertices, triangulate(parse_integers(text, starts[words], ends[words]), sizes))
