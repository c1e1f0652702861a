"""Nearest points on a surface in double precision, with the place on the triangle."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fsbench.errors import MeshError
from fsbench.mesh import Floats, Ints, Mask, Mesh
from fsbench.surface import Surface


@dataclass(frozen=True, slots=True)
class Nearest:
    """Answers to n queries.

    Parameters
    ----------
    points : (n, 3)
        Nearest surface points.
    faces : (n,)
        Triangles they are on.
    weights : (n, 3)
        Barycentric weights of the corners, in [0, 1], exactly 0 on the opposite edge.
    distances : (n,)
        From query to nearest point.
    """

    points: Floats
    faces: Ints
    weights: Floats
    distances: Floats


class NearestSurface:
    """A surface that answers nearest-point queries in double precision.

    The tree works in single precision; it is asked in a frame whose origin is the mesh's middle and
    whose unit is its size, and the nearest point is computed again, in double precision, on the triangle
    that it names. Distances are exact but for near ties between triangles (below 1e-6 of the mesh's size).

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
        used = mesh.vertices[mesh.faces.ravel()] if mesh.n_faces else mesh.vertices
        low, high = used.min(0), used.max(0)
        self.centre: Floats = 0.5 * (low + high)
        self.size = float(np.linalg.norm(high - low))
        if mesh.n_faces and not (np.isfinite(self.size) and self.size > 0):
            raise MeshError(f"the mesh has extent {self.size:g}: no surface to measure to")
        corners = mesh.vertices[mesh.faces].transpose(1, 2, 0)
        first, second = corners[1] - corners[0], corners[2] - corners[0]
        products = [(first * first).sum(0), (first * second).sum(0), (second * second).sum(0)]
        # One row a triangle, so that a query gathers once: corner, two edges, their three products.
        self._triangles = np.vstack([corners[0], first, second, *products]).T.copy()
        self._tree = Surface(Mesh((mesh.vertices - self.centre) / (self.size or 1.0), mesh.faces), threads)

    @cached_property
    def normals(self) -> Floats:
        """Unit normals of the triangles by winding, (F, 3); zero without area."""
        return self.mesh.face_normals()

    def closest(self, points: Floats) -> Nearest:
        """Nearest point of the surface for every point, (n, 3)."""
        faces = self._tree.closest((points - self.centre) / self.size).faces
        return self.on_faces(points, faces)

    def on_faces(self, points: Floats, faces: Ints) -> Nearest:
        """Nearest point of one given triangle for every point: `points` (n, 3), `faces` (n,)."""
        # Coordinate by coordinate: long rows are several times faster here than many rows of three.
        table = np.ascontiguousarray(self._triangles[faces].T)
        origin, first, second, (a, b, c) = table[:3], table[3:6], table[6:9], table[9:]
        relative = points.T - origin
        along_first = _dot(relative, first)
        along_second = _dot(relative, second)
        u, v = _closest_on_triangles(a, b, c, along_first, along_second)
        offset = u * first + v * second
        rest = relative - offset
        weights = np.stack([1.0 - u - v, u, v], 1)
        weights[weights[:, 0] < 1e-15, 0] = 0.0
        return Nearest((origin + offset).T, faces, weights, np.sqrt(_dot(rest, rest)))

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

        Vertices at the same place count as one: files that give every triangle its own corners are common.
        """
        _, welded = np.unique(self.mesh.vertices, axis=0, return_inverse=True)
        faces = welded.reshape(-1)[self.mesh.faces]
        edges = np.sort(np.stack([faces[:, [1, 2]], faces[:, [2, 0]], faces[:, [0, 1]]], 1), axis=2)
        keys = edges[..., 0] * (faces.max() + 1) + edges[..., 1]
        _, which, counts = np.unique(keys, return_inverse=True, return_counts=True)
        edge_open = counts[which.reshape(keys.shape)] == 1
        vertex_open = np.zeros(faces.max() + 1, bool)
        vertex_open[edges[edge_open].ravel()] = True
        return vertex_open[faces], edge_open


def _dot(a: Floats, b: Floats) -> Floats:
    """Dot products of columns, (3, n) and (3, n) -> (n,)."""
    products: Floats = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
    return products


def _closest_on_triangles(a: Floats, b: Floats, c: Floats, p: Floats, q: Floats) -> tuple[Floats, Floats]:
    """Weights u, v (n,) on the edges e1, e2 of the point of each triangle nearest to x.

    From the products a = e1.e1, b = e1.e2, c = e2.e2, p = x.e1, q = x.e2, all relative to the first
    corner. Inside, the projection on the plane, else the nearest of the three edges; a triangle without
    area has only edges.
    """
    det = a * c - b * b
    flat = det <= 1e-14 * a * c
    inverse = np.divide(1.0, det, out=np.zeros_like(det), where=~flat)
    u, v = (c * p - b * q) * inverse, (a * q - b * p) * inverse
    outside = np.flatnonzero((u <= 0) | (v <= 0) | (u + v >= 1) | flat)
    u[outside], v[outside] = _closest_on_edges(*(x[outside] for x in (a, b, c, p, q)))
    return u, v


def _closest_on_edges(a: Floats, b: Floats, c: Floats, p: Floats, q: Floats) -> tuple[Floats, Floats]:
    """Like `_closest_on_triangles`, for the triangles' outlines."""
    first, second, third = _share(p, a), _share(q, c), _share(a - b - p + q, a - 2 * b + c)
    u = np.stack([first, np.zeros_like(first), 1.0 - third])
    v = np.stack([np.zeros_like(first), second, third])
    # |x - u e1 - v e2|^2 without |x|^2, which is the same for all three.
    cost = u * u * a + 2 * u * v * b + v * v * c - 2 * (u * p + v * q)
    best = cost.argmin(0)[None]
    return np.take_along_axis(u, best, 0)[0], np.take_along_axis(v, best, 0)[0]


def _share(along: Floats, squared_length: Floats) -> Floats:
    """Where a projection falls on an edge, in [0, 1]; 0 for an edge without length."""
    share = np.divide(along, squared_length, out=np.zeros_like(along), where=squared_length > 0)
    return np.clip(share, 0.0, 1.0)
