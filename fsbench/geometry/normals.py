"""Normals of vertices."""

import numpy as np

from fsbench.core.mesh import Floats, Mesh


def vertex_normals(mesh: Mesh, by_area: bool = True) -> Floats:
    """Unit normals of the vertices, (V, 3): the mean of their triangles'; zero without one.

    Parameters
    ----------
    mesh : Mesh
    by_area : bool
        Whether a triangle counts by its area; all count the same otherwise.

    Examples
    --------
    >>> vertex_normals(Mesh([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]]))[0].tolist()
    [0.0, 0.0, 1.0]
    """
    around = _area_vectors(mesh) if by_area else mesh.face_normals()
    flat = mesh.faces.ravel()
    sums = np.zeros((mesh.n_vertices, 3))
    for axis in range(3):
        sums[:, axis] = np.bincount(flat, np.repeat(around[:, axis], 3), mesh.n_vertices)
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    unit: Floats = np.divide(sums, lengths, out=np.zeros_like(sums), where=lengths > 0)
    return unit


def _area_vectors(mesh: Mesh) -> Floats:
    """Normals by winding, twice as long as the triangles are large, (F, 3)."""
    corners = mesh.vertices[mesh.faces]
    return np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
