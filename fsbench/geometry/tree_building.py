"""Building of the search tree: split the triangles in two repeatedly, then join narrow nodes into wide ones."""

from typing import NamedTuple

import numpy as np

from fsbench.core.compiled import FACES, POINTS, compiled, merged
from fsbench.core.mesh import Floats, Ints

LANES = 8
"""Boxes of a node, and triangles of a leaf: two or one registers of a processor."""

LEAF_ROWS = 19
"""Numbers of a triangle in a leaf: 0 the first corner, 3 and 6 the two edges from it, 9 and 12 what turns a place into
the weights of these edges, 15 the inverse squares of the three edges, 18 the sum of the weights. Without area the
weights and their sum are 0, which sends every place to the edges."""

_BINS = 16
# Below this depth nodes are halved by number; then at most 63 levels follow, however the mesh was made.
_DEEPEST_FITTED = 48
DEEPEST = _DEEPEST_FITTED + 64
"""No path from the root to a leaf is longer."""

# Squared height over length below which a triangle is measured by its edges: its weights would have few digits.
_FLAT = 1e-14
# Squares of lengths, in sizes of the mesh, that are nothing.
_NOTHING = 1e-280


class Tree(NamedTuple):
    """Flat arrays, so that compiled loops can take them.

    Parameters
    ----------
    boxes : (n, 6, LANES)
        Of every node its children's least and greatest coordinates; an empty lane's box is nowhere.
    children : (n, LANES)
        A node's number, or the complement ~i of a leaf's. The root is node 0.
    leaves : (m, LEAF_ROWS, LANES)
        A short leaf repeats its last triangle.
    faces : (m, LANES)
        Indices of the triangles.
    leaf_of_face : (F,)
    """

    boxes: Floats
    children: Ints
    leaves: Floats
    faces: Ints
    leaf_of_face: Ints


@compiled(f"UniTuple(f8, 2)({POINTS}, {FACES})")
def extent_and_reach(vertices: Floats, faces: Ints) -> tuple[float, float]:
    """Longest side of the box around the triangles, and their greatest coordinate; inf where that overflows."""
    extent, reach = 0.0, 0.0
    for axis in range(3):
        low, high = np.inf, -np.inf
        for face in range(len(faces)):
            for corner in range(3):
                value = vertices[faces[face, corner], axis]
                low, high = min(low, value), max(high, value)
        extent, reach = max(extent, high - low), max(reach, max(abs(low), abs(high)))
    return extent, reach


def build_tree(vertices: Floats, faces: Ints, pad: float) -> Tree:
    """Build a tree of the triangles `faces` (F, 3), F >= 1, of `vertices` (V, 3), its boxes wider by `pad`.

    References
    ----------
    Wald 2007, On fast construction of SAH-based bounding volume hierarchies (splits); Wald, Benthin, Boulos 2008,
    Getting rid of packets (wide nodes).
    """
    n_faces = len(faces)
    bounds, order = np.empty((n_faces, 6)), np.arange(n_faces)
    nodes, links = np.empty((2 * n_faces, 6)), np.empty((2 * n_faces, 2), np.int64)
    _bound(vertices, faces, pad, bounds)
    bins = np.empty((_BINS + 2, 6)), np.empty(_BINS, np.int64), np.empty(_BINS)
    n_nodes = _split(bounds, order, np.empty((2 * DEEPEST, 4), np.int64), *bins, nodes, links)
    n_leaves = int(np.count_nonzero(links[:n_nodes, 1]))
    n_inner = max(n_nodes - n_leaves, 1)
    boxes, children = np.empty((n_inner, 6, LANES)), np.empty((n_inner, LANES), np.int64)
    leaf_starts = np.empty((n_leaves, 2), np.int64)
    todo, lanes = np.empty((n_inner, 2), np.int64), np.empty(LANES, np.int64)
    n_wide = _join(nodes, links, todo, lanes, boxes, children, leaf_starts)
    leaves, ids = np.empty((n_leaves, LEAF_ROWS, LANES)), np.empty((n_leaves, LANES), np.int64)
    leaf_of_face = np.empty(n_faces, np.int64)
    _fill(vertices, faces, order, leaf_starts, leaves, ids, leaf_of_face)
    return Tree(boxes[:n_wide].copy(), children[:n_wide].copy(), leaves, ids, leaf_of_face)


@compiled(f"void(f8[:,::1], {FACES}, f8, f8[:,::1])")
def _bound(vertices: Floats, faces: Ints, pad: float, bounds: Floats) -> None:
    """Boxes of the triangles, (F, 6)."""
    for face in range(len(faces)):
        for axis in range(3):
            a, b, c = (
                vertices[faces[face, 0], axis],
                vertices[faces[face, 1], axis],
                vertices[faces[face, 2], axis],
            )
            bounds[face, axis] = min(a, min(b, c)) - pad
            bounds[face, 3 + axis] = max(a, max(b, c)) + pad


@merged
def _clear(box: Floats) -> None:
    for axis in range(3):
        box[axis], box[3 + axis] = np.inf, -np.inf


@merged
def _widen(box: Floats, other: Floats) -> None:
    for axis in range(3):
        box[axis] = min(box[axis], other[axis])
        box[3 + axis] = max(box[3 + axis], other[3 + axis])


@merged
def _half_area(box: Floats) -> float:
    x, y, z = box[3] - box[0], box[4] - box[1], box[5] - box[2]
    area: float = x * y + y * z + z * x
    return area


@merged
def _bin(bounds: Floats, face: int, axis: int, low: float, scale: float) -> int:
    return min(_BINS - 1, int((bounds[face, axis] + bounds[face, 3 + axis] - low) * scale))


@merged
def _cheapest_cut(boxes: Floats, counts: Ints, total: int, costs: Floats, box: Floats) -> int:
    """Last bin of the left side, or -1: the cut with the least sum of area times number."""
    costs[:] = 0.0
    _clear(box)
    count = 0
    for b in range(_BINS - 1, 0, -1):
        count += counts[b]
        _widen(box, boxes[b])
        if 0 < count < total:
            costs[b - 1] = _half_area(box) * count
    _clear(box)
    count, cut, least = 0, -1, np.inf
    for b in range(_BINS - 1):
        count += counts[b]
        _widen(box, boxes[b])
        if 0 < count < total:
            cost = costs[b] + _half_area(box) * count
            if cost < least:
                least, cut = cost, b
    return cut


@compiled("i8(f8[:,::1], i8[::1], i8[:,::1], f8[:,::1], i8[::1], f8[::1], f8[:,::1], i8[:,::1])")
def _split(
    bounds: Floats, order: Ints, todo: Ints, boxes: Floats, counts: Ints, costs: Floats, nodes: Floats, links: Ints
) -> int:
    """Fill `nodes` with boxes and `links` with (first child, 0) or a leaf's (start, number) in `order`; how many.

    `todo`, `boxes` (of the bins, and two more), `counts` and `costs` are room to work in.
    """
    box, middles = boxes[_BINS], boxes[_BINS + 1]
    todo[0, 0], todo[0, 1], todo[0, 2], todo[0, 3] = 0, 0, len(order), 0
    waiting, n_nodes = 1, 1
    while waiting > 0:
        waiting -= 1
        node, start, stop, depth = todo[waiting, 0], todo[waiting, 1], todo[waiting, 2], todo[waiting, 3]
        _clear(nodes[node])
        _clear(middles)
        for i in range(start, stop):
            face = bounds[order[i]]
            _widen(nodes[node], face)
            for axis in range(3):
                middle = face[axis] + face[3 + axis]
                middles[axis], middles[3 + axis] = min(middles[axis], middle), max(middles[3 + axis], middle)
        if stop - start <= LANES:
            links[node, 0], links[node, 1] = start, stop - start
            continue
        axis = 0
        for other in range(1, 3):
            if middles[3 + other] - middles[other] > middles[3 + axis] - middles[axis]:
                axis = other
        low, width = middles[axis], middles[3 + axis] - middles[axis]
        middle_one = (start + stop) // 2
        if width > 0 and depth < _DEEPEST_FITTED:
            scale = _BINS / width
            for b in range(_BINS):
                counts[b] = 0
                _clear(boxes[b])
            for i in range(start, stop):
                b = _bin(bounds, order[i], axis, low, scale)
                counts[b] += 1
                _widen(boxes[b], bounds[order[i]])
            cut = _cheapest_cut(boxes, counts, stop - start, costs, box)
            if cut >= 0:
                middle_one = start
                for i in range(start, stop):
                    face_i = order[i]
                    if _bin(bounds, face_i, axis, low, scale) <= cut:
                        order[i], order[middle_one] = order[middle_one], face_i
                        middle_one += 1
        links[node, 0], links[node, 1] = n_nodes, 0
        for side in range(2):
            todo[waiting, 0], todo[waiting, 3] = n_nodes + 1 - side, depth + 1
            todo[waiting, 1], todo[waiting, 2] = (start, middle_one) if side else (middle_one, stop)
            waiting += 1
        n_nodes += 2
    return n_nodes


@compiled("i8(f8[:,::1], i8[:,::1], i8[:,::1], i8[::1], f8[:,:,::1], i8[:,::1], i8[:,::1])")
def _join(nodes: Floats, links: Ints, todo: Ints, lanes: Ints, boxes: Floats, children: Ints, leaf_starts: Ints) -> int:
    """Wide nodes of narrow ones: the largest child gives way to its own children until all lanes are taken.

    `todo` and `lanes` are room to work in.
    """
    todo[0, 0], todo[0, 1] = 0, 0
    waiting, n_wide, n_leaves = 1, 1, 0
    while waiting > 0:
        waiting -= 1
        lanes[0], wide, taken = todo[waiting, 0], todo[waiting, 1], 1
        while taken < LANES:
            largest, area = -1, -1.0
            for k in range(taken):
                if links[lanes[k], 1] == 0 and _half_area(nodes[lanes[k]]) > area:
                    largest, area = k, _half_area(nodes[lanes[k]])
            if largest < 0:
                break
            first = links[lanes[largest], 0]
            lanes[largest], lanes[taken] = first, first + 1
            taken += 1
        for k in range(LANES):
            node = lanes[k]
            for row in range(6):
                boxes[wide, row, k] = nodes[node, row] if k < taken else (np.inf if row < 3 else -np.inf)
            if k >= taken:
                children[wide, k] = 0
            elif links[node, 1] > 0:
                leaf_starts[n_leaves, 0], leaf_starts[n_leaves, 1] = links[node, 0], links[node, 1]
                children[wide, k] = ~n_leaves
                n_leaves += 1
            else:
                todo[waiting, 0], todo[waiting, 1] = node, n_wide
                children[wide, k] = n_wide
                waiting += 1
                n_wide += 1
    return n_wide


@merged
def _inverse(square: float) -> float:
    return 1.0 / square if square > _NOTHING else 0.0


@compiled(f"void(f8[:,::1], {FACES}, i8[::1], i8[:,::1], f8[:,:,::1], i8[:,::1], i8[::1])")
def _fill(
    vertices: Floats, faces: Ints, order: Ints, leaf_starts: Ints, leaves: Floats, ids: Ints, leaf_of_face: Ints
) -> None:
    """The leaves' tables, and which leaf a triangle is in."""
    for leaf in range(len(leaves)):
        start, number = leaf_starts[leaf, 0], leaf_starts[leaf, 1]
        table = leaves[leaf]
        for k in range(LANES):
            face = order[start + min(k, number - 1)]
            ids[leaf, k], leaf_of_face[face] = face, leaf
            a, b, c = vertices[faces[face, 0]], vertices[faces[face, 1]], vertices[faces[face, 2]]
            ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
            vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
            nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
            uu, vv, nn = ux * ux + uy * uy + uz * uz, vx * vx + vy * vy + vz * vz, nx * nx + ny * ny + nz * nz
            wx, wy, wz = vx - ux, vy - uy, vz - uz
            inverse = _inverse(nn) if nn > _FLAT * uu * vv else 0.0
            table[0, k], table[1, k], table[2, k] = a[0], a[1], a[2]
            table[3, k], table[4, k], table[5, k] = ux, uy, uz
            table[6, k], table[7, k], table[8, k] = vx, vy, vz
            table[9, k] = (vy * nz - vz * ny) * inverse
            table[10, k] = (vz * nx - vx * nz) * inverse
            table[11, k] = (vx * ny - vy * nx) * inverse
            table[12, k] = (ny * uz - nz * uy) * inverse
            table[13, k] = (nz * ux - nx * uz) * inverse
            table[14, k] = (nx * uy - ny * ux) * inverse
            table[15, k], table[16, k] = _inverse(uu), _inverse(vv)
            table[17, k] = _inverse(wx * wx + wy * wy + wz * wz)
            table[18, k] = 1.0 if inverse > 0 else 0.0
