"""OFF, the text form, with or without colours and normals.

Not through trimesh, which takes fewer faces than the file announces without a word.
"""

import os
import re
from dataclasses import dataclass

import numpy as np

from fsbench.core.errors import FormatError, MeshError
from fsbench.core.mesh import Floats, Ints, Mesh
from fsbench.io.decimals import BadNumberError, parse_floats, parse_integers
from fsbench.io.files import MAX_MESH_BYTES
from fsbench.io.lines import Bytes, line_heads, line_number, pieces_of, read_padded, words_after, words_of
from fsbench.io.polygons import triangulate

_KINDS = (b"OFF", b"COFF", b"NOFF", b"CNOFF")
_HEADER = re.compile(rb"[\x00-\x20]*([^\x00-\x20]+)[\x00-\x20]*([^\n]*\n)")


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
    raw = read_padded(path, MAX_MESH_BYTES)
    for comment in re.finditer(rb"#[^\n]*", raw) if b"#" in raw else ():
        raw[comment.start() : comment.end()] = b" " * (comment.end() - comment.start())
    text = np.frombuffer(raw, np.uint8)
    try:
        return _parse(raw, text)
    except BadNumberError as error:
        raise FormatError(f"{path}: line {line_number(text, error.position)}: {error}") from error
    except (FormatError, MeshError) as error:
        raise type(error)(f"{path}: {error}") from error


def _parse(raw: bytearray, text: Bytes) -> Mesh:
    n_vertices, n_faces, start = _counts(raw, text)
    n_lines = sum(len(_Lines.of(text, *piece).heads) for piece in pieces_of(text, start, len(text)))
    if min(n_vertices, n_faces) < 0 or n_vertices + n_faces != n_lines:
        found = f"announces {n_vertices:,} vertices and {n_faces:,} faces"
        raise FormatError(f"{found}, one a line, but has {n_lines:,} further lines. Is it cut off?")
    vertices, corners, sizes = [np.empty((0, 3))], [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    left = n_vertices
    for piece in pieces_of(text, start, len(text)):
        lines = _Lines.of(text, *piece)
        vertices.append(lines.vertices(slice(0, left)))
        some, their_sizes = lines.faces(slice(left, None))
        corners.append(some)
        sizes.append(their_sizes)
        left -= min(left, len(lines.heads))
    return Mesh(np.concatenate(vertices), triangulate(np.concatenate(corners), np.concatenate(sizes)))


def _counts(raw: bytearray, text: Bytes) -> tuple[int, int, int]:
    """Numbers of vertices and faces, and where what they count begins."""
    header = _HEADER.match(raw)
    kind = header[1][:20] if header else b""
    if header is None or kind not in _KINDS:
        raise FormatError(f"starts with {bytes(kind)!r}, expected one of {', '.join(k.decode() for k in _KINDS)}")
    # The counts follow, on the same line or the next.
    starts, ends = words_of(text, header.start(2), header.end())
    if len(starts) not in (2, 3):
        raise FormatError("has no line with the numbers of vertices, faces and edges")
    n_vertices, n_faces = (int(n) for n in parse_integers(text, starts[:2], ends[:2]))
    return n_vertices, n_faces, header.end()


@dataclass(frozen=True, slots=True)
class _Lines:
    """Some lines: where their words start and end, which words are the first of their line, words of each line."""

    text: Bytes
    starts: Ints
    ends: Ints
    heads: Ints
    n_words: Ints

    @classmethod
    def of(cls, text: Bytes, start: int, stop: int) -> "_Lines":
        starts, ends = words_of(text, start, stop)
        heads = line_heads(text, start, stop, starts)
        return cls(text, starts, ends, heads, np.diff(heads, append=len(starts)))

    def vertices(self, lines: slice) -> Floats:
        if self.n_words[lines].min(initial=3) < 3:
            raise FormatError("a vertex has fewer than 3 numbers")
        heads = self.heads[lines]
        words = words_after(heads - 1, np.full(len(heads), 3))
        return parse_floats(self.text, self.starts[words], self.ends[words]).reshape(-1, 3)

    def faces(self, lines: slice) -> tuple[Ints, Ints]:
        """Corners of all polygons, and how many each has."""
        heads = self.heads[lines]
        sizes = parse_integers(self.text, self.starts[heads], self.ends[heads])
        if ((sizes < 3) | (sizes >= self.n_words[lines])).any():
            raise FormatError("a face has fewer than 3 corners, or fewer than it announces")
        words = words_after(heads, sizes)
        return parse_integers(self.text, self.starts[words], self.ends[words]), sizes
