"""Reading and writing: a path in, a Mesh or an array out.

Everything that is read is taken for hostile: sizes are checked before memory is taken, nothing in a file is run, no
file leads to another one. What goes wrong is a `FsbenchError` whose message begins with the path.
"""

import os
from collections.abc import Callable

from fsbench.core.choices import MESH_SUFFIXES
from fsbench.core.errors import FormatError
from fsbench.core.mesh import Mesh
from fsbench.io.files import suffix_of
from fsbench.io.obj import read_obj
from fsbench.io.off import read_off
from fsbench.io.ply import read_ply
from fsbench.io.stl import read_stl
from fsbench.io.write import write_obj, write_ply

__all__ = ["MESH_SUFFIXES", "read_mesh", "read_obj", "read_off", "read_ply", "read_stl", "write_obj", "write_ply"]

_OF_SUFFIX: dict[str, Callable[[str | os.PathLike[str]], Mesh]] = {
    ".obj": read_obj,
    ".off": read_off,
    ".ply": read_ply,
    ".stl": read_stl,
}
_READERS = {suffix: _OF_SUFFIX[suffix] for suffix in MESH_SUFFIXES}


def read_mesh(path: str | os.PathLike[str]) -> Mesh:
    """Read a mesh; the file name's ending, in small or capital letters, says the format.

    Parameters
    ----------
    path : path
        An .obj, .off, .ply or .stl file. Which vertices are kept is said at `read_obj`, `read_ply`, ...

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
    reader = _READERS.get(suffix_of(path))
    if reader is None:
        found = f"'{suffix_of(path)}' is no mesh format that is read"
        raise FormatError(f"{path}: {found}; expected one of {', '.join(MESH_SUFFIXES)}")
    return reader(path)
