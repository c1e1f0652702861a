"""Reading and writing: a path in, a Mesh or an array out.

Everything that is read is taken for hostile: sizes are checked before memory is taken, nothing in a file is run, no
file leads to another one. What goes wrong is a `FsbenchError` whose message begins with the path.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from fsbench.core.choices import MESH_SUFFIXES
from fsbench.core.errors import FormatError, MeshError
from fsbench.core.mesh import Floats, Mesh
from fsbench.io.files import suffix_of
from fsbench.io.mesh_file import MeshFile, NumberingError
from fsbench.io.obj import obj_file, read_obj
from fsbench.io.off import off_file, read_off
from fsbench.io.ply import ply_file, read_ply
from fsbench.io.stl import read_stl, stl_file
from fsbench.io.unread import why_not_read
from fsbench.io.write import write_obj, write_ply

__all__ = [
    "MESH_SUFFIXES",
    "count_unused",
    "read_mesh",
    "read_obj",
    "read_off",
    "read_ply",
    "read_stl",
    "read_vertices",
    "write_obj",
    "write_ply",
]

_OF_SUFFIX: dict[str, Callable[[str | os.PathLike[str]], MeshFile]] = {
    ".obj": obj_file,
    ".off": off_file,
    ".ply": ply_file,
    ".stl": stl_file,
}
_READERS = {suffix: _OF_SUFFIX[suffix] for suffix in MESH_SUFFIXES}


def read_mesh(path: str | os.PathLike[str], *, every_vertex: bool = False) -> Mesh:
    """Read a mesh; the file name's ending, in small or capital letters, says the format.

    Vertices that no triangle uses are dropped in every format, as the official FaceScape loader does with OBJ; what
    an OBJ with texture coordinates keeps is said at `read_obj`.

    Parameters
    ----------
    path : path
        An .obj, .off, .ply or .stl file.
    every_vertex : bool
        Keep all vertices, whatever uses them, so that they count as in the file.

    Returns
    -------
    Mesh
        `vertices` (V, 3) float64 and `faces` (F, 3); a file without faces gives a point cloud, F = 0.

    Raises
    ------
    MissingError
        If there is no such file.
    FormatError
        If the format is unknown or the file is not in it.
    MeshError
        If what the file holds is no mesh: no vertices, NaN, an index out of range.
    """
    return _of_file(path, MeshFile.every_vertex if every_vertex else MeshFile.mesh)


def read_vertices(path: str | os.PathLike[str], numbers: tuple[int, ...]) -> Floats:
    """Read where the vertices with these numbers are, (n, 3).

    Numbers count from 0, as vertices stand in the file, whether a triangle uses them or not.

    Raises
    ------
    MissingError, FormatError, MeshError
        As `read_mesh`; FormatError, too, if the format has no vertex numbers (STL), or the file no such vertex.
    """
    return _of_file(path, lambda found: found.points(numbers))


def vertex_places(path: str | os.PathLike[str], numbers: tuple[int, ...], n_vertices: int) -> tuple[int, ...]:
    """Rows of vertices, by their numbers in the file, in a mesh of `n_vertices` that was made of it in its order.

    Raises
    ------
    MissingError, FormatError, MeshError
        As `read_vertices`; FormatError, too, if the mesh has neither all vertices of the file nor those that
        `read_mesh` keeps, or is without one of these.
    """
    return _of_file(path, lambda found: found.places(numbers, n_vertices))


def count_unused(path: str | os.PathLike[str]) -> int:
    """How many vertices `read_mesh` drops; errors as there."""
    return _of_file(path, lambda found: len(found.unused))


_T = TypeVar("_T")


def _of_file(path: str | os.PathLike[str], take: Callable[[MeshFile], _T]) -> _T:
    """What is asked of a file's content; a MeshError gets its path."""
    reader = _READERS.get(suffix_of(path))
    if reader is None:
        raise FormatError(f"{path}: {_of_no_format(path)}")
    try:
        return take(reader(path))
    except (MeshError, NumberingError) as error:
        kind = MeshError if isinstance(error, MeshError) else FormatError
        raise kind(f"{path}: {error}") from error


def _of_no_format(path: str | os.PathLike[str]) -> str:
    why = why_not_read(Path(path).name)
    expected = f"expected one of {', '.join(MESH_SUFFIXES)}"
    return f"'{suffix_of(path)}' is no mesh format that is read; {expected}{'; ' if why else ''}{why}"
