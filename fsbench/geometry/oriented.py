"""Oriented points: points with surface normals, so that a pose search does not mistake a nape for a face."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fsbench.core.arrays import spread_of
from fsbench.core.mesh import Floats, Ints, Mesh
from fsbench.geometry.normals import vertex_normals

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

# Neighbours, the point among them, whose plane is the surface's.
_NEIGHBOURS = 12
# Points of which neighbours are gathered at once: some 30 MB.
_AT_ONCE = 50_000


@dataclass(frozen=True, slots=True, eq=False)
class Oriented:
    """Points on a surface with its normals.

    Attributes
    ----------
    points : ndarray, (n, 3)
    normals : ndarray, (n, 3)
        Outward unit normals, zero where there are none.
    winding : float
        1 if the mesh's triangles face outwards, -1 if inwards, 0 without normals.
    """

    points: Floats
    normals: Floats
    winding: float

    @property
    def size(self) -> float:
        """Root mean square distance from the middle."""
        return spread_of(self.points)

    def take(self, n: int) -> "Oriented":
        """n of the points, the same on every call; all if there are fewer."""
        chosen = spread_indices(len(self.points), n)
        return Oriented(self.points[chosen], self.normals[chosen], self.winding)

    def sorted(self) -> "Oriented":
        """The same points in an order that does not depend on the file, the frame or the unit.

        They are ordered by their distances from their middle, from the farthest point, and from the one farthest from
        that, to nine digits; where all three are equal, as on a symmetric shape, by their place in the file.
        """
        keys: list[Floats] = []
        place = self.points.mean(0)
        for _ in range(3):
            away = np.linalg.norm(self.points - place, axis=1)
            keys.append(np.round(away / (self.size or 1.0), 9))
            place = self.points[keys[-1].argmax()]
        order = np.lexsort(keys[::-1])
        return Oriented(self.points[order], self.normals[order], self.winding)

    def without_normals(self) -> "Oriented":
        """The same points with no direction."""
        return Oriented(self.points, np.zeros_like(self.normals), 0.0)


def oriented_cloud(points: Floats) -> Oriented:
    """Points without triangles; a normal is the direction in which the neighbours of a point spread least.

    Normals point away from the middle of all points, as a head, or a part of it, bulges. A search that leaves out the
    worst points tolerates the few that are wrong.

    References
    ----------
    Hoppe et al. 1992, "Surface reconstruction from unorganized points", 3.1 (tangent planes).

    Examples
    --------
    >>> x, y = np.indices((9, 9)).reshape(2, -1) / 8.0
    >>> bowl = np.column_stack([x, y, -((x - 0.5) ** 2) - (y - 0.5) ** 2])
    >>> bool((oriented_cloud(bowl).normals[:, 2] > 0.5).all())
    True
    """
    # Late: loading it takes longer than scoring several samples.
    from scipy.spatial import cKDTree

    tree = cKDTree(points)
    parts = np.array_split(points, -(-len(points) // _AT_ONCE))
    normals = np.concatenate([_flattest(points[_neighbours(tree, part)]) for part in parts])
    outwards = (normals * (points - points.mean(0))).sum(1) >= 0
    return Oriented(points, np.where(outwards[:, None], normals, -normals), 1.0)


def _neighbours(tree: "cKDTree", of: Floats) -> Ints:
    """Indices of the nearest points of each, itself among them, (n, k)."""
    which = np.asarray(tree.query(of, k=min(_NEIGHBOURS, tree.n))[1], np.int64)
    return which.reshape(len(of), -1)


def _flattest(groups: Floats) -> Floats:
    """Unit directions in which groups of points, (n, k, 3), spread least, (n, 3)."""
    arms = groups - groups.mean(1, keepdims=True)
    directions: Floats = np.linalg.eigh(np.einsum("nki,nkj->nij", arms, arms))[1][:, :, 0]
    return directions


def oriented(mesh: Mesh) -> Oriented:
    """The vertices that triangles use, or all of a point cloud."""
    if mesh.n_faces == 0:
        return Oriented(mesh.vertices, np.zeros_like(mesh.vertices), 0.0)
    used = np.unique(mesh.faces)
    points, normals = mesh.vertices[used], vertex_normals(mesh)[used]
    # Some methods write their triangles inside out; a head, or a part of it, bulges.
    winding = 1.0 if (normals * (points - points.mean(0))).sum() >= 0 else -1.0
    return Oriented(points, winding * normals, winding)


def spread_indices(total: int, n: int) -> Ints:
    """n of `total` indices, the same on every call. Even steps would catch every k-th column of a grid."""
    if total <= n:
        return np.arange(total)
    chosen: Ints = np.sort(np.random.default_rng(0).permutation(total)[:n])
    return chosen
