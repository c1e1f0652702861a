"""Mean of meshes that share their triangles, such as the frames of a video."""

from collections.abc import Sequence

import numpy as np

from fsbench.core.errors import MeshError
from fsbench.core.mesh import Mesh
from fsbench.geometry.procrustes import fit_landmarks


def mean_mesh(meshes: Sequence[Mesh]) -> Mesh:
    """Mean of a video's frames: align each frame to the first by a similarity, then average vertex by vertex.

    Raises
    ------
    MeshError
        If there is no mesh, or the meshes do not share one topology.
    """
    if not meshes:
        raise MeshError("no frame to average")
    first = meshes[0]
    for mesh in meshes[1:]:
        if mesh.n_vertices != first.n_vertices or not np.array_equal(mesh.faces, first.faces):
            raise MeshError("the frames' meshes differ in their triangles: only one topology can be averaged")
    moved = [fit_landmarks(first.vertices, mesh.vertices).ref_from_pred.apply(mesh.vertices) for mesh in meshes]
    return Mesh(np.mean(moved, axis=0), first.faces)
