"""Nearest points on triangles in double precision: a search tree of our own, walked in a compiled loop.

If several triangles are equally near, the lowest index is the answer, and a box is skipped only if nothing in it can
be as near. So an answer depends neither on the shape of the tree nor on the start of the search.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from fsbench.core.compiled import POINTS, compiled, merged
from fsbench.core.errors import MeshError
from fsbench.core.mesh import Floats, Ints
from fsbench.geometry.tree_building import DEEPEST, LANES, Tree, build_tree, extent_and_reach

# Boxes are wider than their triangles, and distances are compared with more room, than either can be rounded.
_PAD, _ROOM = 1e-15, 1.0 + 1e-14
# A weight that is only what rounding leaves of 1 - u - v.
_NOTHING = 1e-15
# A walk leaves at most all boxes but one behind on every level.
_LEFT_BEHIND = LANES * (DEEPEST + 1)


@dataclass(frozen=True, slots=True)
class Nearest:
    """Answers to n queries.

    Parameters
    ----------
    points : (n, 3)
        Nearest surface points.
    faces : (n,)
        Triangles they are on; the lowest index where several are equally near.
    weights : (n, 3)
        Barycentric weights of the corners, in [0, 1], exactly 0 on the opposite edge.
    distances : (n,)
        From query to nearest point.
    """

    points: Floats
    faces: Ints
    weights: Floats
    distances: Floats


class TriangleTree:
    """Triangles in a search tree that answers nearest-point queries.

    Parameters
    ----------
    vertices : (V, 3)
        Finite.
    faces : (F, 3)
        Triangles without area count as the segments or points that they are.

    Attributes
    ----------
    extent : float
        Longest side of the box around the triangles.

    Raises
    ------
    MeshError
        If there is no triangle, or the coordinates span more than double precision holds.

    References
    ----------
    Ericson 2004, Real-Time Collision Detection, 5.1.5 (the nearest point of a triangle).

    Examples
    --------
    >>> import numpy as np
    >>> tree = TriangleTree(np.eye(3), np.array([[0, 1, 2]]))
    >>> found = tree.closest(np.array([[3.0, 0.0, 0.0]]))
    >>> found.weights.tolist(), found.distances.tolist()
    ([[1.0, 0.0, 0.0]], [2.0])
    """

    def __init__(self, vertices: Floats, faces: Ints) -> None:
        if not len(faces):
            raise MeshError(f"the mesh has {len(vertices)} vertices but no faces: a point cloud has no surface")
        places, triangles = np.ascontiguousarray(vertices, np.float64), np.ascontiguousarray(faces, np.int64)
        self.extent, reach = extent_and_reach(places, triangles)
        if not np.isfinite(self.extent):
            raise MeshError("the coordinates span more than double precision holds")
        # In a unit of the mesh's own size squares neither overflow nor vanish; a power of two rounds nothing.
        self._unit = float(np.ldexp(1.0, int(np.clip(np.frexp(self.extent)[1], -1000, 1000))))
        self._tree: Tree = build_tree(places / self._unit, triangles, _PAD * reach / self._unit)

    def closest(self, points: Floats, start_faces: Ints | None = None, threads: int = 1) -> Nearest:
        """Nearest point of the triangles for every point.

        Parameters
        ----------
        points : (n, 3)
            Points that follow each other are best near each other: a search begins where the last one ended.
        start_faces : (n,), optional
            Triangles that may be near, as an earlier query of almost the same points found them. They change
            how long the search takes, and nothing else.
        threads : int
        """
        n = len(points)
        queries = np.ascontiguousarray(points, np.float64)
        starts = np.empty(0, np.int64) if start_faces is None else np.ascontiguousarray(start_faces, np.int64)
        if start_faces is not None and n and not (len(starts) == n and self._has(starts)):
            raise IndexError(f"{len(starts)} faces to start from for {n} points, or faces that do not exist")
        found = Nearest(np.empty((n, 3)), np.empty(n, np.int64), np.empty((n, 3)), np.empty(n))
        parts = [slice(n * i // threads, n * (i + 1) // threads) for i in range(threads)]
        if threads == 1:
            self._walk(queries, starts, found, parts[0])
        else:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(lambda part: self._walk(queries, starts, found, part), parts))
        return found

    def _has(self, faces: Ints) -> bool:
        return bool(faces.min() >= 0 and faces.max() < len(self._tree.leaf_of_face))

    def _walk(self, queries: Floats, starts: Ints, found: Nearest, part: slice) -> None:
        answers = found.points[part], found.faces[part], found.weights[part], found.distances[part]
        lanes, later = np.empty((4, LANES)), np.empty(_LEFT_BEHIND, np.int64)
        _closest(
            *self._tree,
            self._unit,
            queries[part],
            starts[part],
            lanes[:3],
            lanes[3],
            later,
            np.empty(len(later)),
            *answers,
        )


@merged
def _gaps(boxes: Floats, node: int, x: float, y: float, z: float, n_lanes: int, gaps: Floats) -> None:
    """Squared distances from a place to a node's boxes."""
    for k in range(n_lanes):
        dx = max(max(boxes[node, 0, k] - x, x - boxes[node, 3, k]), 0.0)
        dy = max(max(boxes[node, 1, k] - y, y - boxes[node, 4, k]), 0.0)
        dz = max(max(boxes[node, 2, k] - z, z - boxes[node, 5, k]), 0.0)
        gaps[k] = dx * dx + dy * dy + dz * dz


@merged
def _measure(leaves: Floats, leaf: int, x: float, y: float, z: float, n_lanes: int, measured: Floats) -> None:
    """Squared distances from a place to a leaf's triangles, and the nearest points' weights on the two edges.

    The nearest point is the foot on the plane where that is inside, else the nearest of the three edges has it.
    """
    for k in range(n_lanes):
        rx, ry, rz = x - leaves[leaf, 0, k], y - leaves[leaf, 1, k], z - leaves[leaf, 2, k]
        ux, uy, uz = leaves[leaf, 3, k], leaves[leaf, 4, k], leaves[leaf, 5, k]
        vx, vy, vz = leaves[leaf, 6, k], leaves[leaf, 7, k], leaves[leaf, 8, k]
        s = min(max((rx * ux + ry * uy + rz * uz) * leaves[leaf, 15, k], 0.0), 1.0)
        dx, dy, dz = rx - s * ux, ry - s * uy, rz - s * uz
        square, u, v = dx * dx + dy * dy + dz * dz, s, 0.0
        s = min(max((rx * vx + ry * vy + rz * vz) * leaves[leaf, 16, k], 0.0), 1.0)
        dx, dy, dz = rx - s * vx, ry - s * vy, rz - s * vz
        other = dx * dx + dy * dy + dz * dz
        nearer = other < square
        square, u, v = (other if nearer else square), (0.0 if nearer else u), (s if nearer else v)
        px, py, pz, wx, wy, wz = rx - ux, ry - uy, rz - uz, vx - ux, vy - uy, vz - uz
        s = min(max((px * wx + py * wy + pz * wz) * leaves[leaf, 17, k], 0.0), 1.0)
        dx, dy, dz = px - s * wx, py - s * wy, pz - s * wz
        other = dx * dx + dy * dy + dz * dz
        nearer = other < square
        square, u, v = (other if nearer else square), (1.0 - s if nearer else u), (s if nearer else v)
        first = rx * leaves[leaf, 9, k] + ry * leaves[leaf, 10, k] + rz * leaves[leaf, 11, k]
        second = rx * leaves[leaf, 12, k] + ry * leaves[leaf, 13, k] + rz * leaves[leaf, 14, k]
        inside = min(min(first, second), leaves[leaf, 18, k] - first - second) > 0
        dx, dy, dz = rx - first * ux - second * vx, ry - first * uy - second * vy, rz - first * uz - second * vz
        other = dx * dx + dy * dy + dz * dz
        measured[0, k] = other if inside else square
        measured[1, k] = first if inside else u
        measured[2, k] = second if inside else v


@compiled(
    f"void(f8[:,:,::1], i8[:,::1], f8[:,:,::1], i8[:,::1], i8[::1], f8, {POINTS}, Array(i8, 1, 'C', readonly=True),"
    " f8[:,::1], f8[::1], i8[::1], f8[::1], f8[:,::1], i8[::1], f8[:,::1], f8[::1])"
)
def _closest(
    boxes: Floats,
    children: Ints,
    leaves: Floats,
    faces: Ints,
    leaf_of_face: Ints,
    unit: float,
    queries: Floats,
    starts: Ints,
    measured: Floats,
    gaps: Floats,
    later: Ints,
    how_far: Floats,
    points: Floats,
    found: Ints,
    weights: Floats,
    distances: Floats,
) -> None:
    """Look into the leaf that may be right, then into every box that is not farther off than the nearest triangle.

    `measured` to `how_far` are room to work in.
    """
    # Told only at run time how many lanes there are, a compiler treats them together; a constant it would write out.
    n_lanes = children.shape[1]
    start = ~leaf_of_face[0]
    for i in range(len(queries)):
        x, y, z = queries[i, 0] / unit, queries[i, 1] / unit, queries[i, 2] / unit
        if len(starts) > 0:
            start = ~leaf_of_face[starts[i]]
        leaf, lane, least, limit, u, v = ~start, 0, np.inf, np.inf, 0.0, 0.0
        node, waiting, later[0], how_far[0] = start, 1, 0, 0.0
        while True:
            if node < 0:
                _measure(leaves, ~node, x, y, z, n_lanes, measured)
                for k in range(n_lanes):
                    square = measured[0, k]
                    if square < least or (square == least and faces[~node, k] < faces[leaf, lane]):
                        leaf, lane, least, u, v = ~node, k, square, measured[1, k], measured[2, k]
                limit = least * _ROOM
            else:
                _gaps(boxes, node, x, y, z, n_lanes, gaps)
                nearest, last = np.inf, waiting
                for k in range(n_lanes):
                    child = children[node, k]
                    # 0 is an empty lane: the root is nobody's child.
                    if gaps[k] <= limit and child != 0 and child != start:
                        later[waiting], how_far[waiting] = child, gaps[k]
                        if gaps[k] < nearest:
                            nearest, last = gaps[k], waiting
                        waiting += 1
                if last < waiting:
                    end = waiting - 1
                    later[last], later[end] = later[end], later[last]
                    how_far[last], how_far[end] = how_far[end], how_far[last]
            # So far away that squares overflow all is equally far.
            if not limit < np.inf:
                break
            while waiting > 0 and how_far[waiting - 1] > limit:
                waiting -= 1
            if waiting == 0:
                break
            waiting -= 1
            node = later[waiting]
        start = ~leaf
        w = 1.0 - u - v
        found[i], distances[i] = faces[leaf, lane], np.sqrt(least) * unit
        weights[i, 0], weights[i, 1], weights[i, 2] = (w if w > _NOTHING else 0.0), u, v
        for axis in range(3):
            corner, first, second = leaves[leaf, axis, lane], leaves[leaf, 3 + axis, lane], leaves[leaf, 6 + axis, lane]
            points[i, axis] = (corner + u * first + v * second) * unit
