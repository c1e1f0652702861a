"""Wavefront OBJ: every dialect that face reconstruction programs write, at the speed of the disk cache."""

import os
import re
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

import numpy as np

from fsbench.core.errors import FormatError, MeshError
from fsbench.core.mesh import Floats, Ints, Mesh
from fsbench.io.decimals import parse_floats, parse_integers, parse_triples
from fsbench.io.files import MAX_MESH_BYTES
from fsbench.io.lines import (
    NEWLINE,
    PAD,
    Bytes,
    LineError,
    blank_comments,
    even_lines,
    line_heads,
    line_number,
    pieces_of,
    read_text_padded,
    words_after,
    words_of,
)
from fsbench.io.mesh_file import MeshFile, mesh_of
from fsbench.io.polygons import triangulate

_LARGEST_KEPT_BYTES = 16 << 20
"""A block of faces up to this size is remembered."""

_GOES_ON = re.compile(rb"\\[ \t\r]*\n")
_VERTEX = re.compile(rb"(?<=\n)[\x00-\x09\x0b-\x20]*+v[\x00-\x09\x0b-\x20]")
_V_OR_F = re.compile(rb"[ \t]*[vf][ \t]")
_NONE = np.empty(0, np.int64)
_N_HOMOGENEOUS = 5
"""Words of a line `v x y z w`."""
_SLASH, _NINE, _F, _N, _V = b"/9fnv"


def read_obj(path: str | os.PathLike[str], *, every_vertex: bool = False) -> Mesh:
    """Read an OBJ file.

    Understood are `v` (colours after the third number are not geometry; a fourth number alone, w, has to be 1) and
    `f` with corners `a`, `a/b`, `a//c`, `a/b/c`, of polygons of any size, with indices from the start or (negative)
    from the end, in any order; blanks or tabs; LF, CRLF or CR; comments, from a # that begins a word; `v` and `f`
    lines continued by a backslash. All else (`vt`, `g`, `o`, `s`, `usemtl`, `mtllib`, ...) is passed over and no other
    file is opened. Several objects or materials are read as one mesh in file order; the official FaceScape reader
    fails on those.

    Which vertices exist moves a mesh's mean depth and extent, and with them its scores, so the rules are the
    official reader's:

    - every corner has a texture index, or every corner has a normal's and there is a `vn`: the vertices up to the
      largest used index are kept, also the unused ones among them;
    - otherwise, and whenever all faces are quads (or all are polygons of one larger size) of one form: unused vertices
      are dropped, the others keep their order;
    - no faces: a point cloud, all vertices.

    Parameters
    ----------
    path : path
        The file.
    every_vertex : bool
        Keep all vertices, whatever uses them, so that they count as in the file.

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
    return mesh_of(obj_file, path, every_vertex=every_vertex)


def obj_file(path: str | os.PathLike[str]) -> MeshFile:
    """Read an OBJ as `read_obj` does, in the file's own numbering.

    Raises
    ------
    MissingError, FormatError
        As `read_obj`.
    MeshError
        As `read_obj`, without the path.
    """
    found = _official_mesh(_content_of(path))
    return replace(found, counted_from=1, line_of=partial(_line_of_vertex, path))


def _line_of_vertex(path: str | os.PathLike[str], vertex: int) -> int:
    raw = _load(path)
    found = next(islice(_VERTEX.finditer(raw), vertex, None), None)
    return line_number(np.frombuffer(raw, np.uint8), found.end() - 1) if found else 0


def read_polygons(path: str | os.PathLike[str]) -> tuple[Floats, Ints, Ints]:
    """Read an OBJ file as it stands: for protocols that count its vertices and polygons.

    Returns
    -------
    vertices : (V, 3)
        All of the file; one may be NaN.
    corners : (sum of sizes,)
        Vertex indices of one polygon after the other; one may name a vertex that does not exist.
    sizes : (n,)
        Corners of each polygon, 3 or more.

    Raises
    ------
    MissingError, FormatError, MeshError
        As `read_obj`.
    """
    try:
        content = _content_of(path)
    except MeshError as error:
        raise MeshError(f"{path}: {error}") from error
    return content.vertices, content.faces.corners, content.faces.sizes


def _content_of(path: str | os.PathLike[str]) -> "_Content":
    raw = _load(path)
    try:
        content = _parse(raw)
    except LineError as error:
        number = line_number(np.frombuffer(raw, np.uint8), error.position)
        # The last byte ends the last line where the file does not.
        hint = ". Is the file cut off?" if raw.find(b"\n", error.position) == len(raw) - 1 else ""
        raise FormatError(f"{path}: line {number}: {error}{hint}") from error
    if len(content.vertices) == 0:
        raise MeshError("the mesh is empty: no line starts with 'v'. Is it an OBJ file?")
    return content


def _load(path: str | os.PathLike[str]) -> bytearray:
    """The file's text between line breaks, without comments and continued lines; every byte stays in its place."""
    raw = read_text_padded(path, MAX_MESH_BYTES)
    blank_comments(raw)
    _join_lines(raw)
    # The last line ends, even if it says that it goes on.
    raw[-1] = NEWLINE
    return raw


def _join_lines(raw: bytearray) -> None:
    """Blank the breaks of `v` and `f` lines that go on; others, as `mtllib C:\\models\\`, may end in one, too."""
    is_joined, searched = False, 0
    for match in _GOES_ON.finditer(raw) if b"\\" in raw else ():
        start = raw.rfind(b"\n", searched, match.start()) + 1
        if start or not is_joined:
            is_joined = bool(_V_OR_F.match(raw, start))
        if is_joined:
            raw[match.start() : match.end()] = b" " * (match.end() - match.start())
        searched = match.end() if is_joined else match.end() - 1


@dataclass(frozen=True, slots=True)
class _Faces:
    """Polygons: `corners`, 0-based vertex indices, one polygon after the other, and how many each has, `sizes`.

    `n_textured` corners have a texture index (`a/b`, `a/b/c`), `n_with_normal` that of a normal (`a//c`, `a/b/c`).
    """

    corners: Ints
    sizes: Ints
    n_textured: int = 0
    n_with_normal: int = 0


@dataclass(frozen=True, slots=True)
class _Content:
    """What some lines say: `vertices` (V, 3), faces, and whether there is a `vn`."""

    vertices: Floats
    faces: _Faces
    has_normals: bool = False


def _parse(raw: bytearray) -> _Content:
    """Parse all lines; a block of faces that was read before, as all files of one method have it, not again."""
    text = np.frombuffer(raw, np.uint8)
    first, faces = _known_faces(raw) or _new_faces(raw)
    if faces is not None:
        before = _parse_pieces(text[:first])
        # A face may come earlier: behind a tab, or indented.
        if not len(before.faces.sizes):
            return _Content(before.vertices, faces, before.has_normals)
    return _parse_pieces(text)


_known: list[tuple[bytes, _Faces | None]] = []
"""Blocks of faces that were read last, None if they say more; changed only by putting another list in its place."""
_N_KNOWN = 2


def _known_faces(raw: bytearray) -> tuple[int, _Faces | None] | None:
    """Where the text's last lines start, and their faces, if they are a known block; comparing is quicker than finding.

    Blocks are compared whole, so that no file can pass for another.
    """
    for block, faces in _known:
        first = len(raw) - len(block)
        if first > 0 and raw[first - 1] == NEWLINE and raw.endswith(block):
            return first, faces
    return None


def _new_faces(raw: bytearray) -> tuple[int, _Faces | None]:
    """Where the first face is, and the faces from there on, which become known; None if they say more."""
    global _known
    first = raw.find(b"\nf ") + 1
    if not first or len(raw) - first > _LARGEST_KEPT_BYTES:
        return first, None
    block = bytes(memoryview(raw)[first:])
    faces = _faces_alone(block)
    _known = [(block, faces), *_known][:_N_KNOWN]
    return first, faces


def _faces_alone(text: bytes) -> _Faces | None:
    """Faces of the last lines of a file, if nothing else counts there and they do not refer to what came before."""
    try:
        content = _parse_pieces(np.frombuffer(b"\n" * PAD + text, np.uint8))
    except LineError:
        return None
    return content.faces if len(content.vertices) == 0 and not content.has_normals else None


def _parse_pieces(text: Bytes) -> _Content:
    """Parse all lines, piece by piece."""
    pieces: list[_Content] = []
    n_vertices = 0
    for start, stop in pieces_of(text, PAD, len(text)):
        pieces.append(_parse_lines(text, start, stop, n_vertices))
        n_vertices += len(pieces[-1].vertices)
    faces = _Faces(
        corners=np.concatenate([p.faces.corners for p in pieces] or [_NONE]),
        sizes=np.concatenate([p.faces.sizes for p in pieces] or [_NONE]),
        n_textured=sum(p.faces.n_textured for p in pieces),
        n_with_normal=sum(p.faces.n_with_normal for p in pieces),
    )
    vertices = np.concatenate([p.vertices for p in pieces] or [np.empty((0, 3))])
    return _Content(vertices, faces, any(p.has_normals for p in pieces))


def _parse_lines(text: Bytes, start: int, stop: int, n_before: int) -> _Content:
    """Parse the lines of text[start:stop], which come after `n_before` vertices."""
    plain = parse_triples(text, _V, start, stop)
    if plain is not None:
        return _Content(plain, _Faces(_NONE, _NONE))
    starts, ends = words_of(text, start, stop)
    n_even = even_lines(text, starts, ends)
    if n_even > 3:
        content = _parse_alike(text, starts.reshape(-1, n_even), ends.reshape(-1, n_even), n_before)
        if content:
            return content
    heads = line_heads(text, start, stop, starts)
    n_words = np.diff(heads, append=len(starts)) - 1
    head_starts = starts.take(heads)
    letter, is_single = text.take(head_starts), ends.take(heads) - head_starts == 1
    is_v = is_single & (letter == _V)
    is_f = is_single & (letter == _F)
    second = text[head_starts[~is_single & (letter == _V)] + 1]

    _expect_words("vertex", "numbers", head_starts[is_v], n_words[is_v])
    fourth = heads[is_v & (n_words == _N_HOMOGENEOUS - 1)] + 4
    _expect_w_of_1(text, starts.take(fourth), ends.take(fourth))
    words = (heads[is_v, None] + np.arange(1, 4)).ravel()
    vertices = parse_floats(text, starts.take(words), ends.take(words)).reshape(-1, 3)

    _expect_words("face", "corners", head_starts[is_f], n_words[is_f])
    words = words_after(heads[is_f], n_words[is_f])
    so_far = n_before + np.cumsum(is_v)[is_f]
    faces = _parse_faces(text, starts.take(words), ends.take(words), n_words[is_f], so_far)
    return _Content(vertices, faces, has_normals=bool((second == _N).any()))


def _parse_alike(text: Bytes, starts: Ints, ends: Ints, n_before: int) -> _Content | None:
    """Parse lines (lines, words a line) that are all `v`, or all `f`; None if they are not."""
    n_lines, n_words = starts.shape
    letter = text.take(starts[:, 0])
    if (letter != letter[0]).any() or (ends[:, 0] - starts[:, 0] != 1).any():
        return None
    if letter[0] == _V:
        if n_words == _N_HOMOGENEOUS:
            _expect_w_of_1(text, starts[:, 4], ends[:, 4])
        vertices = parse_floats(text, starts[:, 1:4].ravel(), ends[:, 1:4].ravel()).reshape(-1, 3)
        return _Content(vertices, _Faces(_NONE, _NONE))
    if letter[0] == _F:
        sizes, so_far = np.full(n_lines, n_words - 1), np.full(n_lines, n_before)
        faces = _parse_faces(text, starts[:, 1:].ravel(), ends[:, 1:].ravel(), sizes, so_far)
        return _Content(np.empty((0, 3)), faces)
    return None


def _expect_words(what: str, words: str, positions: Ints, counts: Ints) -> None:
    short = np.flatnonzero(counts < 3)
    if len(short):
        raise LineError(int(positions[short[0]]), f"a {what} has {counts[short[0]]} {words}, expected at least 3")


def _expect_w_of_1(text: Bytes, starts: Ints, ends: Ints) -> None:
    """Refuse `v x y z w` of another point than x, y, z; with more numbers they are colours."""
    w = parse_floats(text, starts, ends)
    if (w != 1).any():
        i = int(np.flatnonzero(w != 1)[0])
        found = f"a vertex has a fourth number, {w[i]:g}, which in OBJ is w: the point is x/w, y/w, z/w"
        raise LineError(int(starts[i]), f"{found}; expected 1 or none. Divide by it, or leave it away")


def _parse_faces(text: Bytes, starts: Ints, ends: Ints, sizes: Ints, so_far: Ints) -> _Faces:
    """Parse corners; `sizes` how many each face has, `so_far` how many vertices stand before it."""
    ends, n_textured, n_with_normal = _index_ends(text, starts, ends, len(sizes))
    corners = parse_integers(text, starts, ends)
    if corners.min(initial=1) < 1:
        corners = _from_the_end(corners, np.repeat(so_far, sizes), starts)
    corners -= 1
    return _Faces(corners, sizes, n_textured, n_with_normal)


def _index_ends(text: Bytes, starts: Ints, ends: Ints, n_faces: int) -> tuple[Ints, int, int]:
    """Where the vertex index of each corner ends; how many corners have a texture index; how many a normal's."""
    n = len(starts)
    low, high = (int(starts[0]), int(ends[-1])) if n else (0, 0)
    slashes = np.flatnonzero(text[low:high] == _SLASH) + low
    if len(slashes) == 0:
        return ends, 0, 0
    first, second = _slashes_in_words(text, slashes, starts, ends)
    # Of letters there should be the f of each further face.
    if np.count_nonzero(text[low:high] > _NINE) != n_faces - 1:
        letters = np.flatnonzero(text[low:high] > _NINE) + low
        words = np.searchsorted(starts, letters, side="right") - 1
        _refuse_corners(text, starts, ends, words[(letters > first[words]) & (letters < ends[words])])
    # Every text ends with a line break, so there is a byte after a slash; after a corner's last one it is blank.
    follows = text.take(np.minimum(first + 1, ends))
    n_textured = np.count_nonzero((first + 1 < ends) & (follows != _SLASH))
    return first, int(n_textured), int(np.count_nonzero(second + 1 < ends))


def _slashes_in_words(text: Bytes, slashes: Ints, starts: Ints, ends: Ints) -> tuple[Ints, Ints]:
    """Where the first and the second slash of each word are; the word's end where there is none."""
    per_word, rest = divmod(len(slashes), len(starts))
    if rest == 0 and per_word in (1, 2):
        first, last = slashes[::per_word], slashes[per_word - 1 :: per_word]
        if (first > starts).all() and (last < ends).all():
            return first, last if per_word == 2 else ends
    slashes = np.append(slashes, [ends[-1]] * 3)
    i = np.searchsorted(slashes, starts)
    _refuse_corners(text, starts, ends, np.flatnonzero(slashes[i + 2] < ends))
    return np.minimum(slashes[i], ends), np.minimum(slashes[i + 1], ends)


def _refuse_corners(text: Bytes, starts: Ints, ends: Ints, words: Ints) -> None:
    if len(words):
        start, end = int(starts[words[0]]), int(ends[words[0]])
        found = text[start : min(end, start + 40)].tobytes().decode("ascii", "backslashreplace")
        raise LineError(start, f"found a corner '{found}', expected a, a/b, a//c or a/b/c with whole numbers")


def _from_the_end(corners: Ints, so_far: Ints, positions: Ints) -> Ints:
    """Count negative indices from the last of the vertices that stand before the face: 1-based and positive."""
    counted = np.where(corners < 0, so_far + corners + 1, corners)
    wrong = np.flatnonzero((counted < 1) | (corners == 0))
    if len(wrong):
        i = wrong[0]
        found = f"a face names vertex {corners[i]}, {so_far[i]} vertices stand before it"
        raise LineError(int(positions[i]), f"{found}; OBJ counts from 1, or from the end with -1")
    return counted


def _official_mesh(content: _Content) -> MeshFile:
    vertices, corners = content.vertices, content.faces.corners
    if len(corners) == 0:
        return MeshFile(vertices, np.empty((0, 3), np.int64))
    highest = int(corners.max())
    if highest >= len(vertices):
        wrong = np.count_nonzero(corners >= len(vertices))
        corners_name = "corner names" if wrong == 1 else "corners name"
        raise MeshError(f"{wrong} face {corners_name} vertices up to {highest + 1}, there are {len(vertices)}")
    faces = content.faces
    is_alike = _is_alike(faces)
    triangles = triangulate(corners, faces.sizes, in_halves=is_alike)
    # Of faces that are alike, the official reader takes further indices into account only where they are triangles.
    all_textured = faces.n_textured == len(corners)
    all_with_normal = faces.n_with_normal == len(corners) and content.has_normals
    if (faces.sizes[0] == 3 or not is_alike) and (all_textured or all_with_normal):
        return MeshFile(vertices, triangles, highest + 1)
    return MeshFile(vertices, triangles)


def _is_alike(faces: _Faces) -> bool:
    """Whether all faces have as many corners, and all corners are of one form."""
    n = len(faces.corners)
    return faces.n_textured in (0, n) and faces.n_with_normal in (0, n) and bool((faces.sizes == faces.sizes[0]).all())
