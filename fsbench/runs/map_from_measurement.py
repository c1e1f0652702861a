"""The error map of a measurement, kept for pictures."""

from collections.abc import Mapping
from contextlib import suppress

import numpy as np

from fsbench.core.mesh import Floats, Ints, Mesh
from fsbench.geometry.nearest import NearestSurface, point_cloud
from fsbench.geometry.normals import vertex_normals
from fsbench.geometry.oriented import oriented
from fsbench.metrics.cylinder import QuadMap
from fsbench.protocols.measurement import Measurement
from fsbench.runs.maps import GridMap, SurfaceMap, TooLargeError, encode

_VERTICES = (4000, 3000, 2000, 1200, 700, 300)
"""Of a scan's surface: as many as fit into a file."""
_FINER = 1.1
_SAME_MM = 1e-6
"""A point that was measured is a vertex of the scan, to rounding."""


def encoded_map_of(measured: Measurement, scores: Mapping[str, float]) -> bytes | None:
    """The map of a protocol's measurement as the bytes of a file.

    None if it does not fit into one, or the measurement does not locate its distances.

    Parameters
    ----------
    measured : Measurement
        With two grids, else with the points of a scan.
    scores : mapping of str to float
        The sample's row.
    """
    if (grids := measured.grids_mm()) is not None:
        with suppress(TooLargeError):
            return encode(_on_grid(measured, *grids), scores)
        return None
    points = measured.points
    # The distances of a video are those of all its frames, one after the other; the shapes are the first frame's.
    if points is None or not 0 < len(points) <= len(measured.ref_to_pred_mm):
        return None
    surface, distances_mm = _measured_part(measured.reference, points, measured.ref_to_pred_mm[: len(points)])
    for n in _VERTICES:
        with suppress(TooLargeError):
            return encode(_on_surface(measured.prediction, surface, distances_mm, n), scores)
    return None


def _on_grid(measured: Measurement, radius_ref_mm: Floats, radius_pred_mm: Floats) -> GridMap:
    quads = QuadMap.of(radius_pred_mm)
    outside = (radius_pred_mm - radius_ref_mm)[quads.corners] >= 0
    _, distances_mm = measured.compared()
    return GridMap(
        radius_ref_mm, radius_pred_mm, quads.is_open, quads.corners, np.where(outside, 1.0, -1.0) * distances_mm
    )


def _measured_part(scan: Mesh, points: Floats, distances: Floats) -> tuple[Mesh, Floats]:
    """The part of the scan that was measured, and the distance of each of its vertices."""
    if len(points) == scan.n_vertices and np.array_equal(points, scan.vertices):
        return scan, distances
    # Late: loading it takes longer than scoring a sample.
    from scipy.spatial import cKDTree

    away, nearest = map(np.asarray, cKDTree(points).query(scan.vertices))
    known = away < _SAME_MM
    if not known.any():
        return Mesh(points), distances
    faces = scan.faces[known[scan.faces].all(axis=1)]
    number = np.cumsum(known) - 1
    return Mesh(scan.vertices[known], number[faces]), distances[nearest[known]]


def _on_surface(prediction: Mesh, scan: Mesh, distances_mm: Floats, n: int) -> SurfaceMap:
    chosen, faces = thinned(scan, distances_mm, n)
    vertices = scan.vertices[chosen]
    surface = NearestSurface(prediction if prediction.n_faces else point_cloud(prediction))
    offsets = surface.closest(vertices).points - vertices
    # A point cloud has no outside.
    outwards = oriented(scan).winding * vertex_normals(scan) if scan.n_faces else np.zeros_like(scan.vertices)
    inside = (offsets * outwards[chosen]).sum(axis=1) < 0
    signed = np.where(inside, -1.0, 1.0) * distances_mm[chosen]
    return SurfaceMap(vertices, faces, offsets, signed)


def thinned(scan: Mesh, distances_mm: Floats, n: int, connected: bool = False) -> tuple[Ints, Ints]:
    """Indices of at most `n` vertices, one a cell of a regular grid, and the faces (m, 3) between their cells.

    The vertex with the largest distance (V,) stands for its cell, as a picture must not hide it. With `connected`,
    parts that no triangle joins within a cell stay apart, such as lips that can open.
    """
    cells = np.arange(scan.n_vertices)
    if scan.n_vertices > n:
        span = np.ptp(scan.vertices, axis=0)
        size = float(np.sort(span)[1:].prod() / n) ** 0.5
        joined = scan.faces if connected else None
        while (found := _cells(scan.vertices, size, joined)).max() >= n:
            size *= _FINER
        cells = found
    middle = (
        np.stack([np.bincount(cells, scan.vertices[:, axis]) for axis in range(3)], 1) / np.bincount(cells)[:, None]
    )
    away = ((scan.vertices - middle[cells]) ** 2).sum(axis=1)
    away[np.argmax(distances_mm)] = -1.0
    order = np.lexsort((away, cells))
    chosen = order[np.unique(cells[order], return_index=True)[1]]
    faces = cells[scan.faces].reshape(-1, 3)
    corners = np.sort(faces, axis=1)
    distinct = (corners[:, 1:] != corners[:, :-1]).all(axis=1)
    faces, corners = faces[distinct], corners[distinct]
    first = np.unique(corners, axis=0, return_index=True)[1]
    return chosen, faces[first]


def _cells(points: Floats, size: float, joined: Ints | None) -> Ints:
    """Number of every point's cell of this size, from 0; with triangles (m, 3), one for each connected part."""
    places = np.floor((points - points.min(axis=0)) / size).astype(np.int64)
    numbers: Ints = np.unique(places, axis=0, return_inverse=True)[1].reshape(-1)
    if joined is None:
        return numbers
    from scipy.sparse import coo_array, csgraph

    ends = joined[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    ends = ends[numbers[ends[:, 0]] == numbers[ends[:, 1]]]
    links = coo_array((np.ones(len(ends)), ends.T), shape=(len(points), len(points)))
    parts: Ints = csgraph.connected_components(links, directed=False)[1].astype(np.int64)
    return parts
