"""Nearest points on a surface in double precision, with the place on the triangle and the surface's rim."""

from functools import cached_property

import numpy as np

from fsbench.core.errors import MeshError
from fsbench.core.mesh import Floats, Ints, Mask, Mesh
from fsbench.geometry.normals import vertex_normals
from fsbench.geometry.oriented import spread_indices
from fsbench.geometry.sheets import weld
from fsbench.geometry.tree import Nearest, TriangleTree

__all__ = ["Nearest", "NearestSurface", "point_cloud", "spacing", "to_vertices"]

# Number of points whose neighbours estimate the spacing of all.
_ASKED = 5000
# Products of four differences of coordinates, each this much smaller than the whole, are far from underflow.
_MOST_SCALES = 1e15


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
        If there is no triangle, all vertices are in one place, or one is as far off as in `require_one_scale`.
    """

    def __init__(self, mesh: Mesh, threads: int = 1) -> None:
        require_one_scale(mesh.vertices)
        self.mesh = mesh
        self._tree = TriangleTree(mesh.vertices, mesh.faces)
        self._threads = threads
        if not self._tree.extent > 0:
            raise MeshError("the mesh has extent 0: no surface to measure to")

    @cached_property
    def normals(self) -> Floats:
        """Unit normals of the triangles by winding, (F, 3); zero without area."""
        return self.mesh.face_normals()

    def normals_at(self, nearest: Nearest) -> Floats:
        """Unit normals of the triangles of nearest points, (n, 3); zero without area.

        A point on an edge or a corner is on several triangles. It gets the first in the file that has an area, as
        otherwise rounding would choose.
        """
        by_corner, by_edge = self._first_faces
        zero = nearest.weights == 0
        on_edge, on_corner = zero.sum(1) == 1, zero.sum(1) == 2
        faces = nearest.faces.copy()
        faces[on_edge] = by_edge[faces[on_edge], zero[on_edge].argmax(1)]
        faces[on_corner] = by_corner[faces[on_corner], (~zero[on_corner]).argmax(1)]
        return self.normals[faces]

    @cached_property
    def _first_faces(self) -> tuple[Ints, Ints]:
        """The first triangle at every corner, and at every edge (by the corner opposite), each (F, 3)."""
        flat_last = np.argsort((self.normals == 0).all(1), kind="stable")
        found = []
        for numbers in (self._welded[self.mesh.faces], self._edges[1]):
            _, first, which = np.unique(numbers[flat_last], return_index=True, return_inverse=True)
            faces = np.empty_like(numbers)
            faces[flat_last] = flat_last[first // 3][which.reshape(numbers.shape)]
            found.append(faces)
        return found[0], found[1]

    def smooth_normals(self, nearest: Nearest) -> Floats:
        """Unit normals at nearest points, (n, 3), interpolated from the corners; zero if there is none.

        They are continuous across an edge, where the last digit decides which triangle a point is on.
        """
        mixed = np.einsum("nk,nki->ni", nearest.weights, self._corner_normals[self.mesh.faces[nearest.faces]])
        lengths = np.linalg.norm(mixed, axis=1, keepdims=True)
        unit: Floats = np.divide(mixed, lengths, out=np.zeros_like(mixed), where=lengths > 0)
        return unit

    @cached_property
    def _corner_normals(self) -> Floats:
        """Unit normals of the vertices, (V, 3), those at the same place as one."""
        first = np.zeros(self._welded.max() + 1, np.int64)
        first[self._welded[::-1]] = np.arange(len(self._welded))[::-1]
        return vertex_normals(Mesh(self.mesh.vertices[first], self._welded[self.mesh.faces]))[self._welded]

    @cached_property
    def _welded(self) -> Ints:
        return weld(self.mesh.vertices)

    def closest(self, points: Floats, start_faces: Ints | None = None) -> Nearest:
        """Nearest point of the surface for every point, (n, 3).

        `start_faces`, (n,), are the faces of an earlier query with almost the same points; they save time.
        """
        return self._tree.closest(points, start_faces, self._threads)

    def on_rim(self, nearest: Nearest) -> Mask:
        """True where the nearest point is on an open edge, beyond which the surface ends, (n,)."""
        corners_open, edges_open = self._open
        zero = nearest.weights == 0
        faces = nearest.faces
        on_edge = (zero & edges_open[faces]).any(1)
        on_corner = (zero.sum(1) == 2) & (~zero & corners_open[faces]).any(1)
        rim: Mask = on_edge | on_corner
        return rim

    @cached_property
    def is_cloud(self) -> bool:
        """Whether every triangle is a single point, as `point_cloud` makes them."""
        faces = self.mesh.faces
        return bool((faces[:, 0] == faces[:, 1]).all() and (faces[:, 1] == faces[:, 2]).all())

    @cached_property
    def _open(self) -> tuple[Mask, Mask]:
        """Which corners, and which edges (by the corner opposite), belong to an open edge; each (F, 3).

        Vertices at the same place count as one: files that give every triangle its own corners are common. So do
        triangles with the same corners, as in double-sided meshes. A triangle without three corners bounds nothing.
        """
        edges, which = self._edges
        faces = self._welded[self.mesh.faces]
        edge_open = np.bincount(which[_distinct(faces)].ravel(), minlength=which.max() + 1)[which] == 1
        vertex_open = np.zeros(faces.max() + 1, bool)
        vertex_open[edges[edge_open].ravel()] = True
        return vertex_open[faces], edge_open

    @cached_property
    def _edges(self) -> tuple[Ints, Ints]:
        """Ends of the edges by the corner opposite, (F, 3, 2), the lower first, and a number for every edge, (F, 3)."""
        faces = self._welded[self.mesh.faces]
        edges = np.sort(np.stack([faces[:, [1, 2]], faces[:, [2, 0]], faces[:, [0, 1]]], 1), axis=2)
        keys = edges[..., 0] * (faces.max() + 1) + edges[..., 1]
        _, which = np.unique(keys, return_inverse=True)
        return edges, which.reshape(keys.shape)


def require_one_scale(points: Floats) -> None:
    """Raise MeshError where a point is so far off that double precision cannot measure among the others.

    Squares of distances in a unit of the whole then vanish: a damaged vertex at 1e39 mm made every distance 0.
    """
    some = points[:: max(1, len(points) // _ASKED)]
    typical = float(np.median(np.abs(some - np.median(some, axis=0)), axis=0).max()) if len(some) else 0.0
    farthest = float(np.abs(points).max()) if len(points) else 0.0
    if typical > 0 and farthest > _MOST_SCALES * typical:
        raise MeshError(f"a coordinate is {farthest:.3g}, most lie within {typical:.3g}: is the file damaged?")


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


def point_cloud(points: Mesh) -> Mesh:
    """A surface whose triangles are single points, so the nearest place on it is the nearest point."""
    return Mesh(points.vertices, np.repeat(np.arange(points.n_vertices)[:, None], 3, axis=1))


def to_vertices(mesh: Mesh, places: Floats) -> Floats:
    """Distances (n,) from a few places (n, 3) to the nearest vertices, which suffice as scans are dense."""
    return np.array([np.sqrt(((mesh.vertices - place) ** 2).sum(1).min()) for place in places])


def spacing(points: Floats) -> float:
    """Median distance of points (n, 3) from their nearest neighbours; 0 for a single place.

    Examples
    --------
    >>> spacing(np.array([[0.0, 0, 0], [1, 0, 0], [2, 0, 0], [9, 0, 0], [9, 0, 0]]))
    1.0
    """
    places = np.unique(points, axis=0)
    if len(places) < 2:
        return 0.0
    # Imported here, as loading it takes longer than scoring several samples.
    from scipy.spatial import cKDTree

    asked = places[spread_indices(len(places), _ASKED)]
    return float(np.median(np.asarray(cKDTree(places).query(asked, k=2)[0])[:, 1]))
