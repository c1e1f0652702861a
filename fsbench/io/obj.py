"""Wavefront OBJ: every dialect that face reconstruction programs write, at the speed of the disk cache."""

import os
import re
from dataclasses import dataclass

import numpy as np

from fsbench.errors import FormatError, MeshError
from fsbench.io.decimals import BadNumberError, parse_floats, parse_integers
from fsbench.io.files import MAX_MESH_BYTES, open_regular
from fsbench.io.lines import NEWLINE, PAD, Bytes, line_heads, line_number, words_after, words_of
from fsbench.io.polygons import triangulate
from fsbench.mesh import Floats, Ints, Mesh

_PIECE_BYTES = 1 << 19
"""The text is parsed in pieces of this size: temporary arrays then stay within the processor's cache."""

_SLASH, _F, _N, _V = b"/fnv"


def read_obj(path: str | os.PathLike[str]) -> Mesh:
    """Read an OBJ file.

    Understood are `v` (numbers after the third, colours mostly, are not geometry) and `f` with corners `a`, `a/b`,
    `a//c`, `a/b/c`, of polygons of any size, with indices from the start or (negative) from the end, in
    any order; blanks or tabs; LF or CRLF; comments; lines continued by a backslash. All else (`vt`, `g`, `o`,
    `s`, `usemtl`, `mtllib`, ...) is passed over and no other file is opened. Several objects or materials are read as
    one mesh in file order; the official FaceScape reader fails on those.

    Which vertices exist moves a mesh's mean depth and extent, and with them its scores, so the rules are the
    official reader's:

    - every corner has a texture index, or every corner is `a//c` and there is a `vn`: the vertices up to the largest
      used index are kept, also the unused ones among them;
    - otherwise, or if all faces are quads: unused vertices are dropped, the others keep their order;
    - no faces: a point cloud, all vertices.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    Mesh
        Triangles as `polygons.triangulate` orders them.

    Raises
    ------
    MissingError
        If there is no such file.
    FormatError
        If the text is not an OBJ: the message names the line.
    MeshError
        If what it holds is no mesh: no vertices, NaN, an index out of range.
    """
    text = _load(path)
    try:
        content = _parse(text)
    except (_LineError, BadNumberError) as error:
        raise FormatError(f"{path}: line {line_number(text, error.position)}: {error}") from error
    if len(content.vertices) == 0:
        raise MeshError(f"{path}: the mesh is empty: no line starts with 'v'. Is it an OBJ file?")
    try:
        return _official_mesh(content)
    except MeshError as error:
        raise MeshError(f"{path}: {error}") from error


class _LineError(ValueError):
    """A line that cannot be read; `position` in the text is in it."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(reason)
        self.position = position


def _load(path: str | os.PathLike[str]) -> Bytes:
    """The file's text between line breaks, without comments and continued lines; every byte stays in its place."""
    file, n_bytes = open_regular(path, MAX_MESH_BYTES)
    with file:
        raw = bytearray(PAD + n_bytes + 1)
        raw[:PAD] = b"\n" * PAD
        filled = PAD
        while n := file.readinto(memoryview(raw)[filled:-1]):
            filled += n
    raw[filled] = NEWLINE
    if raw.startswith(b"\xef\xbb\xbf", PAD):
        raw[PAD : PAD + 3] = b"   "
    for mark, pattern in ((b"#", rb"#[^\n]*"), (b"\\", rb"\\[ \t\r]*\n")):
        if mark in raw:
            for match in re.finditer(pattern, raw):
                raw[match.start() : match.end()] = b" " * (match.end() - match.start())
    return np.frombuffer(raw, np.uint8, filled + 1)


@dataclass(frozen=True, slots=True)
class _Content:
    """What some lines say.

    `vertices` (V, 3); `corners`, 0-based vertex indices, polygon after polygon, and `sizes`, the corners of each
    polygon; how many corners are `a/b` or `a/b/c` (`n_textured`) and `a//c` (`n_with_normal`); whether there is a `vn`.
    """

    vertices: Floats
    corners: Ints
    sizes: Ints
    n_textured: int
    n_with_normal: int
    has_normals: bool


def _parse(text: Bytes) -> _Content:
    """Parse all lines, piece by piece."""
    pieces: list[_Content] = []
    n_vertices, start = 0, PAD
    while start < len(text):
        stop = _line_end(text, min(start + _PIECE_BYTES, len(text)))
        pieces.append(_parse_lines(text, start, stop, n_vertices))
        n_vertices += len(pieces[-1].vertices)
        start = stop
    return _Content(
        vertices=np.concatenate([p.vertices for p in pieces]),
        corners=np.concatenate([p.corners for p in pieces]),
        sizes=np.concatenate([p.sizes for p in pieces]),
        n_textured=sum(p.n_textured for p in pieces),
        n_with_normal=sum(p.n_with_normal for p in pieces),
        has_normals=any(p.has_normals for p in pieces),
    )


def _line_end(text: Bytes, position: int) -> int:
    """Where the line ends that holds the byte before `position`."""
    while not (breaks := np.flatnonzero(text[position - 1 : position + 4095] == NEWLINE)).size:
        position += 4096
    return position + int(breaks[0])


def _parse_lines(text: Bytes, start: int, stop: int, n_before: int) -> _Content:
    """Parse the lines of text[start:stop], which come after `n_before` vertices."""
    starts, ends = words_of(text, start, stop)
    heads = line_heads(text, start, stop, starts)
    n_words = np.diff(heads, append=len(starts)) - 1
    head_starts = starts[heads]
    letter, is_single = text[head_starts], ends[heads] - head_starts == 1
    is_v = is_single & (letter == _V)
    is_f = is_single & (letter == _F)
    second = text[head_starts[~is_single & (letter == _V)] + 1]

    _expect_words("vertex", "numbers", head_starts[is_v], n_words[is_v])
    words = (heads[is_v, None] + np.arange(1, 4)).ravel()
    vertices = parse_floats(text, starts[words], ends[words]).reshape(-1, 3)

    sizes = n_words[is_f]
    _expect_words("face", "corners", head_starts[is_f], sizes)
    words = words_after(heads[is_f], sizes)
    starts = starts[words]
    ends, n_textured, n_with_normal = _index_ends(text, starts, ends[words])
    corners = parse_integers(text, starts, ends)
    if corners.min(initial=1) < 1:
        so_far = np.repeat((n_before + np.cumsum(is_v))[is_f], sizes)
        corners = _from_the_end(corners, so_far, starts)
    corners -= 1
    return _Content(vertices, corners, sizes, n_textured, n_with_normal, bool((second == _N).any()))


def _expect_words(what: str, words: str, positions: Ints, counts: Ints) -> None:
    short = np.flatnonzero(counts < 3)
    if len(short):
        raise _LineError(int(positions[short[0]]), f"a {what} has {counts[short[0]]} {words}, expected at least 3")


def _index_ends(text: Bytes, starts: Ints, ends: Ints) -> tuple[Ints, int, int]:
    """Where the vertex index of each corner ends; how many corners are a/b or a/b/c; how many a//c."""
    n = len(starts)
    low, high = (int(starts[0]), int(ends[-1])) if n else (0, 0)
    slashes = np.flatnonzero(text[low:high] == _SLASH) + low
    if len(slashes) == 0:
        return ends, 0, 0
    # All corners alike: every first or every second slash is the one that ends an index.
    step = len(slashes) // n
    first = slashes[::step] if step * n == len(slashes) else slashes[:0]
    if not (len(first) == n and (first > starts).all() and (first < ends).all()):
        slashes = np.append(slashes, len(text) - 1)
        first = np.minimum(slashes[np.searchsorted(slashes, starts)], ends)
    # Every text ends with a line break, so there is a byte after a slash; after a corner's last one it is blank.
    after = text[np.minimum(first + 1, ends)]
    has_more = first + 1 < ends
    n_with_normal = int(np.count_nonzero(has_more & (after == _SLASH) & (first + 2 < ends)))
    return first, int(np.count_nonzero(has_more & (after != _SLASH))), n_with_normal


def _from_the_end(corners: Ints, so_far: Ints, positions: Ints) -> Ints:
    """Count negative indices from the last of the vertices that stand before the face: 1-based and positive."""
    counted = np.where(corners < 0, so_far + corners + 1, corners)
    wrong = np.flatnonzero((counted < 1) | (corners == 0))
    if len(wrong):
        i = wrong[0]
        found = f"a face names vertex {corners[i]}, {so_far[i]} vertices stand before it"
        raise _LineError(int(positions[i]), f"{found}; OBJ counts from 1, or from the end with -1")
    return counted


def _official_mesh(content: _Content) -> Mesh:
    vertices, n_corners = content.vertices, len(content.corners)
    if n_corners == 0:
        return Mesh(vertices)
    highest = int(content.corners.max())
    if highest >= len(vertices):
        wrong = np.count_nonzero(content.corners >= len(vertices))
        raise MeshError(f"{wrong} face corners name vertices up to {highest + 1}, there are {len(vertices)}")
    faces = triangulate(content.corners, content.sizes)
    if not _keeps_unused(content):
        return Mesh(*_without_unused(vertices, faces))
    return Mesh(vertices[: highest + 1], faces)


def _keeps_unused(content: _Content) -> bool:
    n_corners = len(content.corners)
    if bool((content.sizes == 4).all()):
        return False
    with_normal = content.n_with_normal == n_corners and content.has_normals
    return content.n_textured == n_corners or with_normal


def _without_unused(vertices: Floats, faces: Ints) -> tuple[Floats, Ints]:
    used = np.zeros(len(vertices), np.bool_)
    used[faces] = True
    if used.all():
        return vertices, faces
    return vertices[used], (np.cumsum(used) - 1)[faces]
