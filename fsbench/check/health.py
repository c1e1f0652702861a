"""Health: faults of a mesh that do not depend on its frame."""

from dataclasses import dataclass

import numpy as np

from fsbench.core.mesh import Mesh


@dataclass(frozen=True, slots=True)
class Health:
    """Counts of faults, 0 in a sound mesh, after the numbers of vertices and faces.

    Attributes
    ----------
    n_vertices, n_faces : int
    unused : int
        Vertices that no face names; they move the mean depth and the extent, and with them scores.
    repeated : int
        Vertices at the place of an earlier one, as texture seams leave them.
    degenerate : int
        Faces without area.
    doubled : int
        Faces with the corners of an earlier one, in any order.
    loose : int
        Connected parts beside the largest, seams closed.
    stray_share : float
        Share of the faces in these parts.
    disagreeing : int
        Edges whose two faces run along them in the same direction: neighbours of opposite winding.
    """

    n_vertices: int
    n_faces: int
    unused: int
    repeated: int
    degenerate: int
    doubled: int
    loose: int
    stray_share: float
    disagreeing: int


def examine(mesh: Mesh) -> Health:
    """Count the faults of a mesh with at least one face."""
    vertices, faces = mesh.vertices, mesh.faces
    # Equal up to rounding of the sixth digit, the precision of files.
    extent = float(np.ptp(vertices, axis=0).max()) or 1.0
    places = np.unique(np.round(vertices / extent, 6), axis=0, return_inverse=True)[1].reshape(-1)
    n_places = int(places.max()) + 1
    corners = places[faces]
    used = np.zeros(len(vertices), np.bool_)
    used[faces] = True
    crosses = np.cross(vertices[faces[:, 1]] - vertices[faces[:, 0]], vertices[faces[:, 2]] - vertices[faces[:, 0]])
    thin = np.linalg.norm(crosses, axis=1) <= 1e-14 * extent**2
    whole = corners[~thin]
    doubled = len(whole) - len(np.unique(np.sort(whole, 1), axis=0))
    loose, stray = _parts(corners, n_places)
    return Health(
        len(vertices),
        len(faces),
        int((~used).sum()),
        len(vertices) - n_places,
        int(thin.sum()),
        doubled,
        loose,
        stray,
        _disagreeing(whole, n_places),
    )


def _parts(corners: np.ndarray, n_places: int) -> tuple[int, float]:
    # Late: a quick look, beside the first samples of a run, needs no health.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]]])
    graph = coo_array((np.ones(len(links), np.bool_), (links[:, 0], links[:, 1])), shape=(n_places, n_places))
    labels = connected_components(graph, directed=False)[1]
    sizes = np.bincount(labels[corners[:, 0]])
    sizes = sizes[sizes > 0]
    return len(sizes) - 1, float(1 - sizes.max() / sizes.sum())


def _disagreeing(corners: np.ndarray, n_places: int) -> int:
    edges = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
    keys = edges[:, 0].astype(np.int64) * n_places + edges[:, 1]
    return len(keys) - len(np.unique(keys))
