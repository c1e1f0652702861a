"""Reading and writing: a path in, a Mesh or an array out.

Every file may be hostile: sizes are checked before memory is allocated, nothing in a file is run, and no file is
followed to another one. Each failure is a `FsbenchError` whose message begins with the path.
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
    """Read a mesh; the file name's ending, in lower or upper case, says the format.

    Vertices that no triangle uses are dropped in every format, as by the official FaceScape loader for OBJ. An OBJ with
    texture coordinates keeps more, see `read_obj`.

    Parameters
    ----------
    path : path
        An .obj, .off, .ply or .stl file.
    every_vertex : bool
        Keep all vertices, used or not, so that their numbers are those in the file.

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
        If the content is not a mesh: no vertices, NaN, an index out of range.
    """
    return _of_file(path, MeshFile.every_vertex if every_vertex else MeshFile.mesh)


def read_vertices(path: str | os.PathLike[str], numbers: tuple[int, ...]) -> Floats:
    """Read the positions (n, 3) of the vertices with these numbers.

    Numbers count from 0 in the order of the file, and include vertices that no triangle uses.

    Raises
    ------
    MissingError, FormatError, MeshError
        As `read_mesh`; also FormatError if the format has no vertex numbers (STL), or the file has no such vertex.
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
    """Read a file and apply `take` to its content; put the path in front of a MeshError."""
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
