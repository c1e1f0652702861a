"""A mesh of a zip with its landmarks: as the file has them, and as the official program counts them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fsbench.core.errors import FormatError
from fsbench.core.mesh import Floats, Mask
from fsbench.io.mesh_file import MeshFile
from fsbench.io.npy import parse_array
from fsbench.io.ply import parse_ply
from fsbench.io.zip_members import ZipMembers
from fsbench.submissions.svfr.images import N_FLAME_VERTICES, Entry

# trimesh merges vertices whose coordinates agree when rounded to this step.
_MERGED = 1e-8


@dataclass(frozen=True, slots=True, eq=False)
class ReadMesh:
    """A mesh that is in the zip.

    Attributes
    ----------
    entry : Entry
    file : MeshFile or None
        None if it cannot be read.
    landmarks : array or None
        None if there are none, or they cannot be read.
    has_landmarks : bool
        Whether the zip has a file of them.
    unreadable : tuple of (str, str)
        Files that cannot be read, and why.
    """

    entry: Entry
    file: MeshFile | None
    landmarks: npt.NDArray[np.generic] | None
    has_landmarks: bool
    unreadable: tuple[tuple[str, str], ...]

    @property
    def is_like_flame(self) -> bool:
        """Whether the official program counts as many vertices as FLAME has, and asks for no landmarks."""
        return self.file is not None and _n_read_back(self.file) == N_FLAME_VERTICES

    @property
    def is_empty(self) -> bool:
        """Whether the official program finds no vertex or no triangle."""
        return self.file is not None and not (len(self.file.vertices) and len(_finite_faces(self.file)))


def read_mesh_of(members: ZipMembers, entry: Entry, there: frozenset[str]) -> ReadMesh:
    """Read a mesh that is in the zip, and its landmarks if they are there."""
    unreadable = []

    def read(name: str, parse: Any) -> Any:
        try:
            return parse(name, members.read(name))
        except FormatError as error:
            unreadable.append((name, _reason(error, members, name)))
            return None

    file = read(entry.mesh, _parse_mesh)
    has_landmarks = entry.landmarks in there
    landmarks = read(entry.landmarks, parse_array) if has_landmarks else None
    return ReadMesh(entry, file, landmarks, has_landmarks, tuple(unreadable))


def _reason(error: FormatError, members: ZipMembers, name: str) -> str:
    """The error without the file's name, so that many files with one fault make one line."""
    return str(error).removeprefix(f"{members.path}: ").removeprefix(f"member '{name}' ").removeprefix(f"{name}: ")


def _parse_mesh(name: str, data: bytes) -> MeshFile:
    file = parse_ply(name, data)
    n = len(file.vertices)
    if len(file.faces) and not 0 <= file.faces.min() <= file.faces.max() < n:
        raise FormatError(f"{name}: a face names a vertex that does not exist; there are {n}")
    return file


def _finite_faces(file: MeshFile) -> npt.NDArray[np.integer[Any]]:
    """The official reader drops triangles with a corner that is NaN or infinite."""
    if not len(file.faces):
        return file.faces
    finite: Mask = np.asarray(np.isfinite(file.vertices).all(1))
    return file.faces if finite.all() else file.faces[finite[file.faces].all(1)]


def _n_read_back(file: MeshFile) -> int:
    """Number of vertices that the official reader (trimesh) keeps.

    It drops those that no triangle uses and those that are NaN or infinite, and merges those in one place.
    """
    faces, vertices = _finite_faces(file), file.vertices
    if len(faces):
        used = np.zeros(len(vertices), np.bool_)
        used[faces] = True
        vertices = vertices[used]
    else:
        vertices = vertices[np.isfinite(vertices).all(1)]
    # Merging adds no vertex, and only the number of FLAME's vertices matters.
    return len(vertices) if len(vertices) < N_FLAME_VERTICES else _n_places(vertices)


def _n_places(vertices: Floats) -> int:
    cells = np.round(vertices / _MERGED)
    ordered = cells[np.lexsort(cells.T)]
    return 1 + int((ordered[1:] != ordered[:-1]).any(1).sum())
