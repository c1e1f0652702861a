"""Two-sided meshes: keep the outer one of two triangles at the same place."""

import numpy as np

from fsbench.core.mesh import Floats, Ints, Mask, Mesh

TWO_SIDED = "the mesh has triangles that are there twice; the side that looks outwards counts"


def one_sided(mesh: Mesh) -> Mesh:
    """Keep one of the triangles that have the same three corners, by their places; the mesh itself if there is none.

    Of two that face opposite ways the outer one is kept, whatever the order of the triangles and of their corners.
    Neighbours face the same way across an edge, so each connected part has two orientations. Triangles that occur once
    decide between them; if there are none, the part bulges outwards, as a head does.

    Examples
    --------
    >>> sheet = Mesh([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, -1]], [[0, 2, 1], [0, 1, 2], [1, 3, 2], [2, 3, 1]])
    >>> one_sided(sheet).faces.tolist()
    [[0, 1, 2], [1, 3, 2]]
    """
    faces = weld(mesh.vertices)[mesh.faces]
    kept, flipped = _kept_and_flipped(faces)
    if len(kept) == mesh.n_faces:
        return mesh
    is_double = flipped != kept
    if is_double.any():
        looks_in = _looks_in(mesh, faces[kept], kept, is_double)
        kept = np.where(is_double & looks_in, flipped, kept)
    return Mesh(mesh.vertices, mesh.faces[np.sort(kept)])


def notes_about(mesh: Mesh, one: Mesh) -> tuple[str, ...]:
    """Notes for the row of a prediction `mesh` that `one_sided` reduced to `one`."""
    return (TWO_SIDED,) if one.n_faces < mesh.n_faces else ()


def weld(vertices: Floats) -> Ints:
    """A number for every vertex, (V,), the same for those at the same place."""
    order = np.lexsort(vertices.T)
    ordered = vertices[order]
    is_new = np.ones(len(vertices), bool)
    is_new[1:] = (ordered[1:] != ordered[:-1]).any(1)
    numbers = np.empty(len(vertices), np.int64)
    numbers[order] = np.cumsum(is_new) - 1
    return numbers


def _kept_and_flipped(faces: Ints) -> tuple[Ints, Ints]:
    """The first triangle of every set of corners, and the first that looks the other way; that one again if none does.

    Triangles without three corners look nowhere, and all of them are kept.
    """
    corners = np.sort(faces, axis=1)
    first = corners[:, 0] == faces[:, 0], corners[:, 0] == faces[:, 1], corners[:, 0] == faces[:, 2]
    second = np.select(first, [faces[:, 1], faces[:, 2], faces[:, 0]])
    turns_back = second != corners[:, 1]
    alone = (corners[:, 1:] == corners[:, :-1]).any(1)
    serial = np.where(alone, np.arange(len(faces)), -1)
    order = np.lexsort((np.arange(len(faces)), serial, *corners.T))
    ordered = np.column_stack([corners, serial])[order]
    is_new = np.ones(len(faces), bool)
    is_new[1:] = (ordered[1:] != ordered[:-1]).any(1)
    group = np.cumsum(is_new) - 1
    kept = order[is_new]
    opposite = turns_back[order] != turns_back[kept][group]
    flipped = kept.copy()
    # From the last to the first, so that the first stays.
    flipped[group[opposite][::-1]] = order[opposite][::-1]
    return kept, flipped


def _looks_in(mesh: Mesh, faces: Ints, kept: Ints, is_double: Mask) -> Mask:
    """Which of the triangles, (F,), look inwards, if they are to look the same way as their neighbours."""
    label, mirrored = _parts(faces)
    corners = mesh.vertices[mesh.faces[kept]]
    areas = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    sizes = np.linalg.norm(areas, axis=1)
    bulge = (areas * (corners.mean(1) - corners.reshape(-1, 3).mean(0))).sum(1)
    n_parts = max(label.max(), mirrored.max()) + 1
    votes = np.zeros((2, n_parts))
    for part, sign in ((label, 1.0), (mirrored, -1.0)):
        votes[0] += np.bincount(part, sign * np.where(is_double, 0.0, sizes), n_parts)
        votes[1] += np.bincount(part, sign * bulge, n_parts)
    for_it = np.where(votes[0] != 0, votes[0], votes[1])[label]
    # What has one side only, as a Moebius strip: every triangle for itself.
    inwards: Mask = np.where(label == mirrored, bulge, for_it) < 0
    return inwards


def _parts(faces: Ints) -> tuple[Ints, Ints]:
    """Numbers of the connected parts in which neighbours look the same way: of the triangles, and of these turned."""
    # Late: loading it takes longer than scoring several samples.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(faces)
    starts, ends = faces.ravel(), np.roll(faces, -1, axis=1).ravel()
    low, high = np.minimum(starts, ends), np.maximum(starts, ends)
    order = np.lexsort((high, low))
    edges = np.column_stack([low, high])[order]
    same = (edges[1:] == edges[:-1]).all(1)
    # Edges of exactly two triangles; where three meet nothing can be said.
    is_pair = same.copy()
    is_pair[1:] &= ~same[:-1]
    is_pair[:-1] &= ~same[1:]
    first, second = order[:-1][is_pair], order[1:][is_pair]
    against = (starts[first] < ends[first]) == (starts[second] < ends[second])
    a, b = first // 3, second // 3
    rows, columns = np.concatenate([a, a + n]), np.concatenate([b + n * against, b + n * ~against])
    links = coo_array((np.ones(len(rows), bool), (rows, columns)), shape=(2 * n, 2 * n))
    labels = connected_components(links, directed=False)[1].astype(np.int64)
    return labels[:n], labels[n:]
