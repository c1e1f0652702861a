"""Content of a mesh file in the file's own numbering, and the vertices that belong to the mesh."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fsbench.core.errors import MeshError
from fsbench.core.mesh import Floats, Ints, Mask, Mesh, only, used_by


class NumberingError(ValueError):
    """The file has no vertex with this number, or its format has no numbers."""


@dataclass(frozen=True, slots=True, eq=False)
class MeshFile:
    """Vertices and triangles as in the file, used or not.

    `mesh` drops vertices that no triangle uses and keeps the order of the others, in all formats, as the official
    FaceScape loader does for OBJ. Only an OBJ with texture or normal indices keeps more, see `read_obj`.

    Attributes
    ----------
    vertices : ndarray, (V, 3)
        May hold NaN, which is refused if a triangle uses the vertex.
    faces : ndarray, (F, 3)
        Indices of `vertices`; F = 0 is a point cloud, which keeps all vertices.
    n_kept : int
        Number of vertices, from the first on, that are kept even if unused; unused ones with NaN are dropped.
    numbering : str
        Why this format has no vertex numbers; empty if it has.
    counted_from : int
        Number of the first vertex where people count in such a file: 1 in an OBJ, 0 elsewhere.
    line_of : callable
        The line of a vertex, counted from 1, by its number from 0; 0 where the file has no lines. It reads the file
        once more, so that only an error pays for it.
    """

    vertices: Floats
    faces: npt.NDArray[np.integer[Any]]
    n_kept: int = 0
    numbering: str = ""
    counted_from: int = 0
    line_of: Callable[[int], int] = lambda _: 0

    def mesh(self) -> Mesh:
        """The mesh, without `unused` vertices.

        Raises
        ------
        MeshError
            If there is no vertex, a vertex that is kept is not finite, or an index is out of range.
        """
        kept = np.ones(len(self.vertices), np.bool_)
        kept[self.unused] = False
        if kept.all():
            return self._checked(self.vertices, self.faces, kept)
        return self._checked(*only(kept, self.vertices, self.faces), kept)

    def every_vertex(self) -> Mesh:
        """The mesh with all its vertices, in the file's numbering; errors as `mesh`."""
        return self._checked(self.vertices, self.faces, np.ones(len(self.vertices), np.bool_))

    def _checked(self, vertices: Floats, faces: npt.NDArray[np.integer[Any]], kept: Mask) -> Mesh:
        """The mesh; a vertex that is not finite is named as people find it in the file."""
        try:
            return Mesh(vertices, faces)
        except MeshError:
            odd = np.flatnonzero(kept & ~np.isfinite(self.vertices).all(1))
            if not len(odd) or self.numbering:
                raise
        line = self.line_of(int(odd[0]))
        raise MeshError(
            f"{len(odd)} of {len(vertices)} vertices are NaN or infinite, the first is vertex "
            f"{odd[0] + self.counted_from}, counted from {self.counted_from}{f', in line {line}' if line else ''}"
        )

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
            raise NumberingError(f"vertex {numbers[odd[0]]} (from 0) is a landmark, but is NaN or infinite")
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
        """Numbers of the vertices that `mesh` drops; none if an index is out of range."""
        used = used_by(self.faces, len(self.vertices)) if len(self.faces) and len(self.vertices) else None
        if used is None:
            return np.empty(0, np.int64)
        used[: self.n_kept] |= np.isfinite(self.vertices[: self.n_kept]).all(1)
        return np.flatnonzero(~used)


def mesh_of(
    read: Callable[[str | os.PathLike[str]], MeshFile], path: str | os.PathLike[str], *, every_vertex: bool
) -> Mesh:
    """The mesh of a file, or of every vertex in it; a MeshError names the file."""
    try:
        found = read(path)
        return found.every_vertex() if every_vertex else found.mesh()
    except MeshError as error:
        raise MeshError(f"{path}: {error}") from error
