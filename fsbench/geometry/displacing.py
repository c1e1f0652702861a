"""Fine surfaces: a coarse mesh, subdivided and moved along its normals by what a map over its texture says."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fsbench.core.errors import MeshError
from fsbench.core.mesh import Floats, Ints, Mesh
from fsbench.geometry.normals import vertex_normals
from fsbench.geometry.oriented import oriented

STEPS = 3
"""Subdivisions that FaceScape's maps are made for: 64 triangles of each."""


@dataclass(frozen=True, slots=True, eq=False)
class TexturedMesh:
    """A mesh with texture coordinates by corner, so that a vertex on a seam may have several.

    Attributes
    ----------
    mesh : Mesh
    uv : ndarray, (T, 2)
    corners : ndarray of int, (F, 3)
        Rows of `uv`.
    """

    mesh: Mesh
    uv: Floats
    corners: Ints

    def subdivided(self) -> "TexturedMesh":
        """Four triangles of each, by the middles of their edges; vertices and coordinates keep their numbers.

        Vertices and texture coordinates are subdivided each by its own indices: nothing is averaged across a seam.
        """
        vertices, faces = split_at_middles(self.mesh.vertices, self.mesh.faces)
        uv, corners = split_at_middles(self.uv, self.corners)
        return TexturedMesh(Mesh(vertices, faces), uv, corners)


def split_at_middles(points: Floats, triangles: Ints) -> tuple[Floats, Ints]:
    """Points (n, d) with the middles of all edges behind them, and the triangles (4 F, 3): the part at each corner,
    then the one between the middles.

    Examples
    --------
    >>> points, triangles = split_at_middles(np.array([[0.0, 0], [2, 0], [0, 2]]), np.array([[0, 1, 2]]))
    >>> points[3:].tolist(), triangles.tolist()
    ([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], [[0, 3, 4], [1, 5, 3], [2, 4, 5], [3, 5, 4]])
    """
    n = len(points)
    ends = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    # One number an edge, as rows sort slowly.
    keys, which = np.unique(ends.min(1) * n + ends.max(1), return_inverse=True)
    middles = (points[keys // n] + points[keys % n]) / 2
    i, j, k = triangles.T
    a, b, c = which.reshape(3, -1) + n
    finer = np.concatenate([np.stack(t, 1) for t in ((i, a, c), (j, b, a), (k, c, b), (a, b, c))])
    return np.concatenate([points, middles]), finer


def displaced(coarse: TexturedMesh, heights: Callable[[Floats], Floats], steps: int = STEPS) -> TexturedMesh:
    """Subdivide a mesh and move its vertices outwards along their normals.

    A normal is the mean of the unit normals of the triangles around a vertex, as FaceScape's code has it. It points
    outwards whichever way the triangles are wound; the winding stays. A vertex with several texture coordinates moves
    by the mean of their heights, weighted by triangles.

    Parameters
    ----------
    coarse : TexturedMesh
    heights : callable
        Takes texture coordinates (n, 2), gives (n,) in the mesh's unit; as `io.displacement.Displacement.at`.
    steps : int
        Subdivisions.

    Returns
    -------
    TexturedMesh
        Of 4^steps times as many triangles; the coarse mesh's vertices are its first ones.

    Raises
    ------
    MeshError
        If mesh and texture have not the same number of triangles.
    """
    if len(coarse.corners) != coarse.mesh.n_faces:
        raise MeshError(f"the mesh has {coarse.mesh.n_faces} triangles, its texture {len(coarse.corners)}")
    outwards = oriented(coarse.mesh).winding
    fine = coarse
    for _ in range(steps):
        fine = fine.subdivided()
    mesh = fine.mesh
    flat, at = mesh.faces.ravel(), heights(fine.uv)[fine.corners.ravel()]
    count = np.maximum(np.bincount(flat, minlength=mesh.n_vertices), 1)
    moved = np.bincount(flat, at, mesh.n_vertices) / count
    normals = vertex_normals(mesh, by_area=False)
    return TexturedMesh(Mesh(mesh.vertices + (outwards * moved)[:, None] * normals, mesh.faces), fine.uv, fine.corners)
