"""Finer meshes from coarse ones, as sparse matrices: one product a head."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from fsbench.core.mesh import Floats, Ints, Mask
from fsbench.sample.head_model import FaceRegion, HeadModel


@dataclass(frozen=True, slots=True)
class Tessellation:
    """A fixed set of triangles whose vertices are weighted means of the head model's.

    Parameters
    ----------
    weights : sparse matrix, (n, V)
        From the model's vertices to the tessellation's.
    faces : (F, 3) of int
    """

    weights: sparse.csr_array
    faces: Ints

    def vertices(self, head: Floats) -> Floats:
        """Positions (n, 3) for a head (V, 3)."""
        return np.asarray(self.weights @ head)

    def part(self, faces: Mask) -> tuple["Tessellation", Ints]:
        """Only these faces (F,) of bool and their vertices; also where each vertex went, -1 for a dropped one."""
        used, flat = np.unique(self.faces[faces], return_inverse=True)
        place = np.full(self.weights.shape[0], -1)
        place[used] = np.arange(len(used))
        return Tessellation(sparse.csr_array(self.weights[used]), flat.reshape(-1, 3)), place


def smooth_triangles(quads: Ints, n_vertices: int) -> tuple[Tessellation, Ints]:
    """Quads cut in two, then one step of Loop subdivision; the model's vertices keep their numbers.

    Returns
    -------
    Tessellation
    (F,) of int
        The quad that each triangle lies in.
    """
    faces = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    weights, faces = loop_step(faces, n_vertices)
    return Tessellation(weights, faces), np.tile(np.arange(len(quads)), 8)


def smooth_fans(quads: Ints, n_vertices: int) -> tuple[Tessellation, Ints]:
    """Quads cut in four around their middle, then one step of Loop subdivision; returns as `smooth_triangles`.

    Twice the triangles, and no edge in common with it but those of the quads.
    """
    n = len(quads)
    middle = np.arange(n) + n_vertices
    faces = np.concatenate([np.stack([quads[:, k], quads[:, (k + 1) % 4], middle], 1) for k in range(4)])
    corners = (np.full(4 * n, 0.25), (np.repeat(np.arange(n), 4), quads.ravel()))
    with_middles = sparse.vstack([sparse.eye_array(n_vertices), sparse.coo_array(corners, shape=(n, n_vertices))])
    weights, faces = loop_step(faces, n_vertices + n)
    return Tessellation(sparse.csr_array(weights @ with_middles), faces), np.tile(np.arange(n), 16)


def face_part(model: HeadModel, whole: Tessellation, quad: Ints, region: FaceRegion) -> tuple[Tessellation, Ints]:
    """What lies in a region of the average face and can be seen; also where each vertex went, as `part`."""
    middles = whole.vertices(model.mean)[whole.faces].mean(1)
    return whole.part(region.holds(middles) & model.outside[quad])


def loop_step(faces: Ints, n_vertices: int) -> tuple[sparse.csr_array, Ints]:
    """One step of Loop subdivision: weights (V + E, V) and four faces for each; old vertices keep their numbers.

    References
    ----------
    Loop 1987, "Smooth subdivision surfaces based on triangles", with the boundary rules of Hoppe et al. 1994.
    """
    half = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    opposite = np.concatenate([faces[:, 2], faces[:, 0], faces[:, 1]])
    edges, which, count = np.unique(np.sort(half, 1), axis=0, return_inverse=True, return_counts=True)
    which = which.reshape(-1)
    inner = count == 2
    odd = _odd_rules(edges, inner, which, opposite, n_vertices)
    even = _even_rules(edges, inner, n_vertices)
    a, b, c = which.reshape(3, -1) + n_vertices
    i, j, k = faces.T
    finer = np.concatenate([np.stack(t, 1) for t in ((i, a, c), (j, b, a), (k, c, b), (a, b, c))])
    return sparse.csr_array(sparse.vstack([even, odd])), finer


def _odd_rules(edges: Ints, inner: Mask, which: Ints, opposite: Ints, n_vertices: int) -> sparse.coo_array:
    """New vertices, one an edge: 3/8 of its ends and 1/8 of the two corners opposite; the middle on a boundary."""
    rows = np.repeat(np.arange(len(edges)), 2)
    ends = np.repeat(np.where(inner, 0.375, 0.5), 2)
    wing = inner[which]
    return sparse.coo_array(
        (
            np.concatenate([ends, np.full(int(wing.sum()), 0.125)]),
            (np.concatenate([rows, which[wing]]), np.concatenate([edges.ravel(), opposite[wing]])),
        ),
        shape=(len(edges), n_vertices),
    )


def _even_rules(edges: Ints, inner: Mask, n_vertices: int) -> sparse.csr_array:
    """Old vertices: moved towards the mean of their neighbours; on a boundary only its neighbours count."""
    border = np.zeros(n_vertices, bool)
    border[edges[~inner].ravel()] = True
    both = np.concatenate([edges, edges[:, ::-1]])
    counts = np.concatenate([inner, inner]) ^ border[both[:, 0]]
    both = both[counts]
    valence = np.bincount(both[:, 0], minlength=n_vertices)
    n = np.maximum(valence, 1)
    beta = np.where(border, 0.125, (0.625 - (0.375 + np.cos(2 * np.pi / n) / 4) ** 2) / n)
    beta = np.where(valence > 0, beta, 0.0)
    around = sparse.coo_array((beta[both[:, 0]], (both[:, 0], both[:, 1])), shape=(n_vertices, n_vertices))
    return sparse.csr_array(sparse.diags_array(1 - beta * valence) + around)
