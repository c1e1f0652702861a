"""Reading and writing: a path in, a Mesh or an array out. Everything that is read is taken for hostile."""

import os
from collections.abc import Callable

from fsbench.errors import FormatError
from fsbench.io.files import suffix_of
from fsbench.io.obj import read_obj
from fsbench.io.ply import read_ply
from fsbench.mesh import Mesh

__all__ = ["read_mesh", "read_obj", "read_ply"]

_READERS: dict[str, Callable[[str | os.PathLike[str]], Mesh]] = {".obj": read_obj, ".ply": read_ply}


def read_mesh(path: str | os.PathLike[str]) -> Mesh:
    """Read a mesh; the suffix says the format."""
    suffix = suffix_of(path)
    if suffix not in _READERS:
        raise FormatError(f"{path}: cannot read '{suffix}' files, expected one of {', '.join(sorted(_READERS))}")
    return _READERS[suffix](path)
