"""Counts the vertices and faces of a mesh file without parsing its numbers."""

import os
import re

from fsbench.core.compiled import BYTES, compiled
from fsbench.io.files import MAX_MESH_BYTES, open_regular, suffix_of
from fsbench.io.lines import Bytes, padded

_HEAD_BYTES = _TAIL_BYTES = 1 << 12
_OFF = re.compile(rb"^[^#\n]*?OFF(?:\s|#[^\n]*\n)*(\d+)\s+(\d+)")
_PLY = re.compile(rb"element[ \t]+(vertex|face)[ \t]+(\d{1,18})\s")
_NEWLINE, _RETURN, _BLANK, _TAB, _V, _F = b"\n\r \tvf"


def count_elements(path: str | os.PathLike[str]) -> tuple[int, int] | None:
    """Number of vertices and faces: the lines of an OBJ, the header of a PLY or OFF.

    Returns
    -------
    tuple of int, or None
        None for an STL, whose triangles share no vertices, and for a file that is not a mesh.

    Raises
    ------
    MissingError, FormatError
        As `files.open_regular`.
    """
    suffix = suffix_of(path)
    file, n_bytes = open_regular(path, MAX_MESH_BYTES)
    with file:
        data = file.read(n_bytes if suffix == ".obj" else _HEAD_BYTES) or b""
    if suffix == ".obj":
        n_vertices, n_faces = _count_lines(padded(data))
        return (int(n_vertices), int(n_faces)) if n_vertices else None
    if suffix == ".ply":
        found = dict(_PLY.findall(data.partition(b"end_header")[0]))
        return (int(found[b"vertex"]), int(found[b"face"])) if len(found) == 2 else None
    counts = _OFF.match(data) if suffix == ".off" else None
    return (int(counts[1]), int(counts[2])) if counts else None


def last_line(path: str | os.PathLike[str]) -> bytes:
    """The last line of a text that is not blank; errors as `count_elements`."""
    file, n_bytes = open_regular(path, MAX_MESH_BYTES)
    with file:
        file.seek(max(0, n_bytes - _TAIL_BYTES))
        return (file.read(_TAIL_BYTES) or b"").strip().rpartition(b"\n")[2]


@compiled(f"UniTuple(i8, 2)({BYTES})")
def _count_lines(text: Bytes) -> tuple[int, int]:
    n_vertices = n_faces = 0
    is_first = False
    for i in range(len(text) - 1):
        if is_first and (text[i + 1] == _BLANK or text[i + 1] == _TAB):
            n_vertices += text[i] == _V
            n_faces += text[i] == _F
        is_first = text[i] == _NEWLINE or text[i] == _RETURN or (is_first and text[i] <= _BLANK)
    return n_vertices, n_faces
