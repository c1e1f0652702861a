"""OFF, the text form, with or without colours and normals.

trimesh is not used: it accepts a file with fewer faces than announced.
"""

import os
import re
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from fsbench.core.errors import FormatError
from fsbench.core.mesh import Floats, Ints, Mesh
from fsbench.io.decimals import parse_floats, parse_integers
from fsbench.io.files import MAX_MESH_BYTES
from fsbench.io.lines import (
    Bytes,
    LineError,
    blank_comments,
    line_heads,
    line_number,
    pieces_of,
    read_text_padded,
    words_after,
    words_of,
)
from fsbench.io.mesh_file import MeshFile, mesh_of
from fsbench.io.polygons import triangulate

_KEYWORD = re.compile(rb"(?:(?:ST|C|N){,3}(4|n|4n)?OFF|off)(?=[\x00-\x20]|[0-9]|$)")
_BLANKS = re.compile(rb"[\x00-\x20]*")


def read_off(path: str | os.PathLike[str], *, every_vertex: bool = False) -> Mesh:
    """Read an OFF file.

    The keyword is OFF, COFF, NOFF, STOFF or a combination such as STCNOFF; the counts may follow on the same line.
    `mesh_file.MeshFile` says which vertices are kept, `polygons.triangulate` how polygons are split. Colours, normals
    and texture coordinates are not read.

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
        If it is not an OFF in text form, or its size differs from what it announces.
    MeshError
        If the content is not a mesh: no vertices, NaN, an index out of range.
    """
    return mesh_of(off_file, path, every_vertex=every_vertex)


def off_file(path: str | os.PathLike[str]) -> MeshFile:
    """Read an OFF as `read_off` does, in the file's own numbering; errors the same, MeshError without the path."""
    raw = read_text_padded(path, MAX_MESH_BYTES)
    blank_comments(raw)
    text = np.frombuffer(raw, np.uint8)
    try:
        return replace(_parse(raw, text), line_of=partial(_line_of_vertex, path))
    except LineError as error:
        raise FormatError(f"{path}: line {line_number(text, error.position)}: {error}") from error
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from error


def _line_of_vertex(path: str | os.PathLike[str], vertex: int) -> int:
    raw = read_text_padded(path, MAX_MESH_BYTES)
    blank_comments(raw)
    text = np.frombuffer(raw, np.uint8)
    start = _counts(raw, text)[2]
    lines = _Lines.of(text, start, len(text))
    return line_number(text, int(lines.starts[lines.heads[vertex]]))


def _parse(raw: bytearray, text: Bytes) -> MeshFile:
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
    return MeshFile(np.concatenate(vertices), triangulate(np.concatenate(corners), np.concatenate(sizes)))


def _counts(raw: bytearray, text: Bytes) -> tuple[int, int, int]:
    """Numbers of vertices and faces, and the position of the first vertex."""
    start = _skip_blanks(raw, 0)
    keyword = _KEYWORD.match(raw, start)
    if keyword is None:
        found = bytes(raw[start : start + 20]).split()[:1]
        raise FormatError(f"starts with {b''.join(found)!r}, expected OFF, or a variant such as COFF or STCNOFF")
    if keyword[1]:
        raise FormatError(f"starts with {bytes(keyword[0])!r}, so points have 4 or n numbers; expected OFF, with three")
    # The counts follow on the same line or the next, with nothing else on it.
    start = _skip_blanks(raw, keyword.end())
    end = raw.find(b"\n", start) + 1 or len(raw)
    starts, ends = words_of(text, start, end)
    if len(starts) and bytes(raw[starts[0] : ends[0]]).upper() == b"BINARY":
        raise FormatError("is a binary OFF, which is not read; save it as text")
    if len(starts) not in (2, 3):
        raise FormatError("has no line with the numbers of vertices, faces and edges")
    n_vertices, n_faces = (int(n) for n in parse_integers(text, starts[:2], ends[:2]))
    return n_vertices, n_faces, end


def _skip_blanks(raw: bytearray, start: int) -> int:
    blanks = _BLANKS.match(raw, start)
    return blanks.end() if blanks else start


@dataclass(frozen=True, slots=True)
class _Lines:
    """Some lines: starts and ends of their words, indices of the first words, and the number of words of each line."""

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
        heads, short = self.heads[lines], np.flatnonzero(self.n_words[lines] < 3)
        if len(short):
            position = int(self.starts[heads[short[0]]])
            raise LineError(position, "a vertex has fewer than 3 numbers")
        words = words_after(heads - 1, np.full(len(heads), 3))
        return parse_floats(self.text, self.starts[words], self.ends[words]).reshape(-1, 3)

    def faces(self, lines: slice) -> tuple[Ints, Ints]:
        """Corners of all polygons, and the number of each."""
        heads = self.heads[lines]
        sizes = parse_integers(self.text, self.starts[heads], self.ends[heads])
        wrong = np.flatnonzero((sizes < 3) | (sizes >= self.n_words[lines]))
        if len(wrong):
            position = int(self.starts[heads[wrong[0]]])
            raise LineError(position, "a face has fewer than 3 corners, or fewer than it announces")
        words = words_after(heads, sizes)
        return parse_integers(self.text, self.starts[words], self.ends[words]), sizes
