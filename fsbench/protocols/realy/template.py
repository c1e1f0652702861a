"""The template: where the 85 keypoints are on every mesh of one topology."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fsbench.core.errors import MeshError, UsageError
from fsbench.core.mesh import Floats, Ints, Mask, Mesh

N_KEYPOINTS = 85
"""0 to 67 as iBUG-68; 68 to 84 on cheeks and jaw."""

SEVEN = (36, 39, 42, 45, 33, 48, 54)
"""Keypoints of step 1: corners of the eyes, bottom of the nose, corners of the mouth."""

_EYES_AND_BROWS = (*range(36, 48), *range(17, 27))
_MOUTH = (*range(48, 61), 64)

RIGID = {
    "nose": (*range(27, 36), 70, 71),
    "mouth": _MOUTH,
    "forehead": _EYES_AND_BROWS,
    "cheek": (*_MOUTH, 76, 77, 36, 41, 40, 39, 42, 47, 46, 45, 7, 8, 9),
}
"""Keypoints of step 2, by region."""

BENDING = {"nose": tuple(range(27, 36)), "mouth": _MOUTH, "forehead": _EYES_AND_BROWS, "cheek": ()}
"""Keypoints of step 3, by region."""

REGIONS = ("nose", "mouth", "forehead", "cheek")
"""In the order in which they are reported."""

# Share of the prediction's edges that the template has: all for the right template, two thirds if quads were cut along
# their other diagonal.
_SAME, _OTHER = 0.99, 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """The topology of a method's predictions, and the keypoints on it.

    Parameters
    ----------
    n_vertices : int
    faces : ndarray of int, (F, 3)
        Triangles; a quad a b c d counts as a b c and a c d, one after the other.
    triangles : ndarray of int, (85,)
        Triangle of each keypoint.
    weights : ndarray, (85, 3)
        Of its corners.
    mask : ndarray of bool, (n_vertices,), optional
        Vertices that step 3 uses.

    Raises
    ------
    UsageError
        If the number of keypoints, a triangle or the mask does not fit the mesh.
    """

    n_vertices: int
    faces: Ints
    triangles: Ints
    weights: Floats
    mask: Mask | None = None

    def __post_init__(self) -> None:
        if self.triangles.shape != (N_KEYPOINTS,) or self.weights.shape != (N_KEYPOINTS, 3):
            raise UsageError(f"{len(self.triangles)} keypoints on the template, expected {N_KEYPOINTS}")
        outside = np.flatnonzero((self.triangles < 0) | (self.triangles >= len(self.faces)))
        if len(outside):
            raise UsageError(
                f"keypoint {outside[0]} is on triangle {self.triangles[outside[0]]}, and the template has "
                f"{len(self.faces)} triangles: is the keypoint file another topology's?"
            )
        if self.mask is not None and self.mask.shape != (self.n_vertices,):
            raise UsageError(f"the mask has {len(self.mask)} lines, and the template {self.n_vertices} vertices")
        if not len(self.masked_faces()):
            raise UsageError("the mask keeps no triangle of the template whole")

    def keypoints(self, vertices: Floats, which: Sequence[int]) -> Floats:
        """Some of the keypoints on a mesh of this topology, (n, 3)."""
        some = np.array(which, np.int64)
        points: Floats = (vertices[self.faces[self.triangles[some]]] * self.weights[some][:, :, None]).sum(1)
        return points

    def masked_faces(self) -> Ints:
        """Triangles whose corners the mask keeps, all three."""
        return self.faces if self.mask is None else self.faces[self.mask[self.faces].all(1)]

    def doubts_about(self, prediction: Mesh) -> list[str]:
        """Doubt a prediction whose triangles are not the template's.

        Raises
        ------
        MeshError
            If it has no triangles, another number of vertices, or other triangles altogether.
        """
        if not prediction.n_faces:
            raise MeshError("the prediction has no faces: a point cloud has no surface to measure to")
        if prediction.n_vertices != self.n_vertices:
            raise MeshError(
                f"the prediction has {prediction.n_vertices} vertices and the template {self.n_vertices}: is it the "
                "template of this method, and were all vertices written, used or not?"
            )
        share = _shared_edges(prediction.faces, self.faces, self.n_vertices)
        found = f"{share:.0%} of the prediction's edges are edges of the template"
        if share < _OTHER:
            raise MeshError(f"{found}: the vertices are in another order, or it is the template of another method")
        return [f"{found}: keypoints are looked up on the template's triangles"] if share < _SAME else []


def _shared_edges(faces: Ints, others: Ints, n_vertices: int) -> float:
    """Share of the edges of `faces` that `others` have."""
    edges, known = (_edge_keys(some, n_vertices) for some in (faces, others))
    return float(np.isin(edges, known).mean())


def _edge_keys(faces: Ints, n_vertices: int) -> Ints:
    pairs = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    return np.unique(pairs[:, 0] * n_vertices + pairs[:, 1])
