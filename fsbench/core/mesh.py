"""Mesh: checked triangles in space."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fsbench.core.arrays import as_array
from fsbench.core.compiled import FACES, POINTS, compiled
from fsbench.core.errors import MeshError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Triangles in space, checked once and then read-only.

    Parameters
    ----------
    vertices : array_like or tensor, (V, 3)
        Positions, V >= 1, all finite. Kept as float64 without a copy where the input allows.
    faces : array_like or tensor of int, (F, 3), optional
        Vertex indices in [0, V), counter-clockwise as seen from outside. F = 0 is a point cloud.

    Raises
    ------
    MeshError
        If a shape or a type is wrong, there is no vertex, a coordinate is not finite, or an index is out of range.

    Examples
    --------
    >>> triangle = Mesh([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]])
    >>> triangle.n_vertices, triangle.n_faces
    (3, 1)
    """

    vertices: Floats
    faces: Ints

    def __init__(self, vertices: "npt.ArrayLike", faces: "npt.ArrayLike" = ()) -> None:
        v, f = _checked(vertices), as_array(faces, "faces")
        if f.size == 0:
            f = np.empty((0, 3), np.int64)
        if f.ndim != 2 or f.shape[1] != 3:
            raise MeshError(f"faces have shape {f.shape}, expected (F, 3): triangles only")
        if f.dtype.kind not in "iu":
            raise MeshError(f"faces are of type {f.dtype}, expected whole numbers")
        if len(f) and (f.min() < 0 or f.max() >= len(v)):
            bad = np.flatnonzero((f < 0).any(1) | (f >= len(v)).any(1))
            hint = ", the first is 0: do the faces count from 1?" if f.min() == 1 and f.max() == len(v) else ""
            raise MeshError(
                f"{len(bad)} of {len(f)} faces name vertices that do not exist: "
                f"face {bad[0]} is {f[bad[0]].tolist()}, there are {len(v)} vertices{hint}"
            )
        f = f.astype(np.int64, order="C", copy=False).view()
        f.flags.writeable = False
        object.__setattr__(self, "vertices", v)
        object.__setattr__(self, "faces", f)

    @property
    def n_vertices(self) -> int:
        """Number of vertices, referenced by a face or not."""
        return len(self.vertices)

    @property
    def n_faces(self) -> int:
        """Number of triangles; 0 for a point cloud."""
        return len(self.faces)

    def with_vertices(self, vertices: "npt.ArrayLike") -> "Mesh":
        """The same triangles, which need no second check, between vertices at other places, (V, 3).

        Raises
        ------
        MeshError
            As for a new mesh, or if their number is another.

        Examples
        --------
        >>> triangle = Mesh([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]])
        >>> float(triangle.with_vertices(triangle.vertices * 2).vertices.max())
        2.0
        """
        v = _checked(vertices)
        if len(v) != self.n_vertices:
            raise MeshError(f"there are {len(v)} vertices, and triangles between {self.n_vertices}")
        moved = object.__new__(Mesh)
        object.__setattr__(moved, "vertices", v)
        object.__setattr__(moved, "faces", self.faces)
        return moved

    def without_unused(self) -> "Mesh":
        """Only the vertices that triangles use, in their order; all of a point cloud.

        Examples
        --------
        >>> Mesh([[9, 9, 9], [0, 0, 0], [1, 0, 0], [0, 1, 0]], [[1, 2, 3]]).without_unused().faces.tolist()
        [[0, 1, 2]]
        """
        if not self.n_faces:
            return self
        vertices, faces = without_unused(self.vertices, self.faces)
        return self if vertices is self.vertices else Mesh(vertices, faces)

    def face_normals(self, of: Ints | None = None) -> Floats:
        """Unit normals by winding, (F, 3); zero for a triangle without area. `of` are the numbers of some faces."""
        chosen = np.arange(self.n_faces) if of is None else np.asarray(of)
        if chosen.dtype.kind not in "iu" or chosen.ndim != 1:
            raise IndexError(f"numbers of faces are {chosen.dtype} of shape {chosen.shape}, expected whole, (n,)")
        if len(chosen) and not 0 <= chosen.min() <= chosen.max() < self.n_faces:
            raise IndexError(f"faces from {chosen.min()} to {chosen.max()}, there are {self.n_faces}")
        normals = np.empty((len(chosen), 3))
        parts = np.ascontiguousarray(self.vertices), np.ascontiguousarray(self.faces)
        _find_normals(*parts, np.ascontiguousarray(chosen, np.int64), normals)
        return normals


def _checked(vertices: "npt.ArrayLike") -> Floats:
    """Vertices as a mesh keeps them, see `Mesh`."""
    v = as_array(vertices, "vertices")
    if v.ndim != 2 or v.shape[1] != 3:
        raise MeshError(f"vertices have shape {v.shape}, expected (V, 3)")
    if len(v) == 0:
        raise MeshError("the mesh is empty: it has no vertices")
    if v.dtype.kind not in "iuf":
        raise MeshError(f"vertices are of type {v.dtype}, expected real numbers")
    # Compiled loops take rows that lie one after the other; a transposed array has columns that do.
    v = v.astype(np.float64, order="C", copy=False).view()
    if not np.isfinite(v).all():
        bad = np.flatnonzero(~np.isfinite(v).all(1))
        raise MeshError(f"{len(bad)} of {len(v)} vertices are NaN or infinite, the first is vertex {bad[0]}")
    v.flags.writeable = False
    return v


def without_unused(vertices: Floats, faces: Ints) -> tuple[Floats, Ints]:
    """Only the vertices (V, 3) that faces (F, 3) use, in their order, and the faces renumbered to fit."""
    used = used_by(faces, len(vertices))
    if used is None:
        raise MeshError(f"faces name vertices that do not exist: there are {len(vertices)}")
    if used.all():
        return vertices, faces
    return only(used, vertices, faces)


def used_by(faces: npt.NDArray[np.integer[Any]], n_vertices: int) -> Mask | None:
    """Which vertices faces (F, 3) use, (n_vertices,); None if they name one that does not exist."""
    if faces.ndim != 2 or faces.shape[1] != 3:
        raise MeshError(f"faces have shape {faces.shape}, expected (F, 3): triangles only")
    used = np.zeros(n_vertices, np.bool_)
    return used if _mark_used(np.ascontiguousarray(faces, np.int64), used) else None


def only(kept: Mask, vertices: Floats, faces: npt.NDArray[np.integer[Any]]) -> tuple[Floats, Ints]:
    """The vertices that are kept, (V,) bool, and the faces, which use no other, renumbered to fit."""
    return vertices[kept], (np.cumsum(kept) - 1)[faces]


@compiled(f"b1({FACES}, b1[::1])")
def _mark_used(faces: Ints, used: Mask) -> bool:
    """Mark the vertices that faces use; False if they name one that does not exist."""
    for face in range(len(faces)):
        for corner in range(3):
            # A negative number is far beyond the last.
            vertex = np.uint64(faces[face, corner])
            if vertex >= np.uint64(len(used)):
                return False
            used[vertex] = True
    return True


@compiled(f"void({POINTS}, {FACES}, i8[::1], f8[:,::1])")
def _find_normals(vertices: Floats, faces: Ints, of: Ints, normals: Floats) -> None:
    for place in range(len(of)):
        face = np.uint64(of[place])
        i, j, k = np.uint64(faces[face, 0]), np.uint64(faces[face, 1]), np.uint64(faces[face, 2])
        x, y, z = vertices[i, 0], vertices[i, 1], vertices[i, 2]
        ux, uy, uz = vertices[j, 0] - x, vertices[j, 1] - y, vertices[j, 2] - z
        vx, vy, vz = vertices[k, 0] - x, vertices[k, 1] - y, vertices[k, 2] - z
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        length = np.sqrt(nx * nx + ny * ny + nz * nz)
        if length == 0:
            normals[place] = 0.0
        else:
            normals[place, 0], normals[place, 1], normals[place, 2] = nx / length, ny / length, nz / length
