"""Nearest points on a surface in double precision, with the place on the triangle and the surface's rim."""

from functools import cached_property

import numpy as np

from fsbench.alignment.tree import Nearest, TriangleTree
from fsbench.errors import MeshError
from fsbench.mesh import Floats, Ints, Mask, Mesh

__all__ = ["Nearest", "NearestSurface"]


class NearestSurface:
    """A surface that answers nearest-point queries in double precision.

    Parameters
    ----------
    mesh : Mesh
        At least one triangle; triangles without area count as the segments they are.
    threads : int
        Threads of every query.

    Raises
    ------
    MeshError
        If there is no triangle, or all vertices are in one place.
    """

    def __init__(self, mesh: Mesh, threads: int = 1) -> None:
        self.mesh = mesh
        self._tree = TriangleTree(mesh.vertices, mesh.faces)
        self._threads = threads
        if not self._tree.extent > 0:
            raise MeshError("the mesh has extent 0: no surface to measure to")

    @cached_property
    def normals(self) -> Floats:
        """Unit normals of the triangles by winding, (F, 3); zero without area."""
        return self.mesh.face_normals()

    def closest(self, points: Floats, start_faces: Ints | None = None) -> Nearest:
        """Nearest point of the surface for every point, (n, 3).

        `start_faces`, (n,), are those that almost the same points had before: with them it is found sooner.
        """
        return self._tree.closest(points, start_faces, self._threads)

    def on_rim(self, nearest: Nearest) -> Mask:
        """True where the nearest point is on an open edge, so that nothing of the surface lies beyond it, (n,)."""
        corners_open, edges_open = self._open
        zero = nearest.weights == 0
        faces = nearest.faces
        on_edge = (zero & edges_open[faces]).any(1)
        on_corner = (zero.sum(1) == 2) & (~zero & corners_open[faces]).any(1)
        rim: Mask = on_edge | on_corner
        return rim

    @cached_property
    def _open(self) -> tuple[Mask, Mask]:
        """Which corners, and which edges (by the corner opposite), belong to an open edge; each (F, 3).

        Vertices at the same place count as one: files that give every triangle its own corners are common. So do
        triangles of the same corners, as double-sided ones are, and what has no three corners bounds nothing.
        """
        _, welded = np.unique(self.mesh.vertices, axis=0, return_inverse=True)
        faces = welded.reshape(-1)[self.mesh.faces]
        edges = np.sort(np.stack([faces[:, [1, 2]], faces[:, [2, 0]], faces[:, [0, 1]]], 1), axis=2)
        keys = edges[..., 0] * (faces.max() + 1) + edges[..., 1]
        _, which = np.unique(keys, return_inverse=True)
        which = which.reshape(keys.shape)
        edge_open = np.bincount(which[_distinct(faces)].ravel(), minlength=which.max() + 1)[which] == 1
        vertex_open = np.zeros(faces.max() + 1, bool)
        vertex_open[edges[edge_open].ravel()] = True
        return vertex_open[faces], edge_open


def _distinct(faces: Ints) -> Ints:
    """Indices of the triangles with three corners, one of each set of corners."""
    corners = np.sort(faces, axis=1)
    order = np.lexsort(corners.T)
    ordered = corners[order]
    is_new = np.ones(len(faces), bool)
    is_new[1:] = (ordered[1:] != ordered[:-1]).any(1)
    has_three = (ordered[:, 1:] != ordered[:, :-1]).all(1)
    chosen: Ints = order[is_new & has_three]
    return chosen
