"""Mean of meshes that share their triangles, such as the frames of a video."""

from collections.abc import Sequence

import numpy as np

from fsbench.core.errors import MeshError
from fsbench.core.mesh import Floats, Mesh
from fsbench.geometry.procrustes import fit_landmarks
from fsbench.geometry.transforms import Similarity


def alignments_to_first(meshes: Sequence[Mesh]) -> list[Similarity]:
    """The similarity from each mesh to the first, vertex by vertex.

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
    return [fit_landmarks(first.vertices, mesh.vertices).ref_from_pred for mesh in meshes]


def mean_of(points: Sequence[Floats], alignments: Sequence[Similarity]) -> Floats:
    """Mean of points (n, 3) of each mesh, brought to the first by `alignments_to_first`."""
    moved = [alignment.apply(one) for one, alignment in zip(points, alignments, strict=True)]
    return np.asarray(np.mean(moved, axis=0), np.float64)
