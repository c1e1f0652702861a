"""Content of a mesh file in the file's own numbering, and the vertices that belong to the mesh."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fsbench.core.mesh import Floats, Ints, Mesh


class NumberingError(ValueError):
    """A vertex number says nothing in a file."""


@dataclass(frozen=True, slots=True, eq=False)
class MeshFile:
    """Vertices and triangles as they stand in a file, before it is decided which vertices count.

    The rule is the one of the official FaceScape loader for OBJ, for all formats: vertices that no triangle uses are
    dropped and the others keep their order. Only an OBJ with texture or normal indices keeps more, see `read_obj`.

    Attributes
    ----------
    vertices : ndarray, (V, 3)
        All, used or not; they may hold NaN, which is refused where such a vertex is used.
    faces : ndarray, (F, 3)
        Indices of `vertices`; F = 0 is a point cloud, of which all vertices count.
    n_kept : int
        Vertices that are kept from the first on, used or not; but for NaN, which is dropped where it is not used.
    numbering : str
        Why vertex numbers mean nothing in this format; empty where the file has them.
    """

    vertices: Floats
    faces: npt.NDArray[np.integer[Any]]
    n_kept: int = 0
    numbering: str = ""

    def mesh(self) -> Mesh:
        """The mesh, without the vertices that do not count.

        Raises
        ------
        MeshError
            If there is no vertex, one that counts is not finite, or an index is out of range.
        """
        unused = self.unused
        if not unused.size:
            return Mesh(self.vertices, self.faces)
        kept = np.ones(len(self.vertices), np.bool_)
        kept[unused] = False
        return Mesh(self.vertices[kept], (np.cumsum(kept) - 1)[self.faces])

    def every_vertex(self) -> Mesh:
        """The mesh with all its vertices, in the file's numbering; errors as `mesh`."""
        return Mesh(self.vertices, self.faces)

    def points(self, numbers: tuple[int, ...]) -> Floats:
        """Positions (n, 3) of vertices by their numbers in the file, counted from 0.

        Raises
        ------
        NumberingError
            If the format has no numbers, there is no such vertex, or it is not finite.
        """
        if self.numbering:
            raise NumberingError(self.numbering)
        if max(numbers) >= len(self.vertices):
            found = f"has {len(self.vertices)} vertices, the landmarks' indices go to {max(numbers)}"
            raise NumberingError(f"{found}: is it of another topology?")
        points: Floats = self.vertices[list(numbers)].astype(np.float64)
        odd = np.flatnonzero(~np.isfinite(points).all(1))
        if len(odd):
            raise NumberingError(f"vertex {numbers[odd[0]]}, counted from 0, is a landmark and is NaN or infinite")
        return points

    def places(self, numbers: tuple[int, ...], n_vertices: int) -> tuple[int, ...]:
        """Rows of vertices in a mesh of `n_vertices` made of this file, which has all of them, or those that count.

        Raises
        ------
        NumberingError
            As `points`; also if the mesh has another number of vertices, or is without one of these.
        """
        self.points(numbers)
        if n_vertices == len(self.vertices):
            return numbers
        unused = self.unused
        if n_vertices != len(self.vertices) - len(unused):
            raise NumberingError(
                f"has {len(self.vertices)} vertices and became a mesh of {n_vertices}, where they have other numbers"
            )
        if lost := sorted(set(numbers) & set(unused.tolist())):
            raise NumberingError(f"vertex {lost[0]}, counted from 0, is a landmark, and no face uses it")
        return tuple(number - int(np.searchsorted(unused, number)) for number in numbers)

    @property
    def unused(self) -> Ints:
        """The vertices that do not count, by number; none where the indices make no mesh."""
        faces, n = self.faces, len(self.vertices)
        if not len(faces) or not n or faces.min() < 0 or faces.max() >= n:
            return np.empty(0, np.int64)
        used = np.zeros(n, np.bool_)
        used[faces] = True
        used[: self.n_kept] |= np.isfinite(self.vertices[: self.n_kept]).all(1)
        return np.flatnonzero(~used)
