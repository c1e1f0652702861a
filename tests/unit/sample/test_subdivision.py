"""Subdivision: what it must keep whatever the mesh, and its limits on a plane."""

import numpy as np
import pytest

from fsbench.sample.subdivision import loop_step, smooth_fans, smooth_triangles

CUBE = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
CUBE_QUADS = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])


def _volume(vertices: np.ndarray, faces: np.ndarray) -> float:
    a, b, c = np.moveaxis(vertices[faces], 1, 0)
    return float((np.cross(a, b) * c).sum() / 6)


@pytest.mark.parametrize(("cut", "n_faces"), [(smooth_triangles, 48), (smooth_fans, 96)])
def test_a_cube_grows_rounder_and_stays_closed(cut, n_faces: int) -> None:
    tessellation, quad = cut(CUBE_QUADS, len(CUBE))
    faces, vertices = tessellation.faces, tessellation.vertices(CUBE)
    half_edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    assert len(faces) == n_faces == len(quad)
    assert len(vertices) - len(half_edges) // 2 + len(faces) == 2
    assert {tuple(e) for e in half_edges} == {tuple(e[::-1]) for e in half_edges}
    assert 0.3 < _volume(vertices, faces) / _volume(CUBE, smooth_faces()) < 1
    np.testing.assert_allclose(tessellation.weights.sum(1), 1)


def smooth_faces() -> np.ndarray:
    return np.concatenate([CUBE_QUADS[:, [0, 1, 2]], CUBE_QUADS[:, [0, 2, 3]]])


def test_a_plane_stays_a_plane_and_its_border_stays_straight() -> None:
    x, y = np.meshgrid(np.arange(4.0), np.arange(3.0))
    plane = np.stack([x, y, 2 * x - y], 2).reshape(-1, 3)
    i = np.arange(12).reshape(3, 4)
    quads = np.stack([i[:-1, :-1], i[:-1, 1:], i[1:, 1:], i[1:, :-1]], 2).reshape(-1, 4)
    weights, faces = loop_step(np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]), 12)
    finer = weights @ plane
    np.testing.assert_allclose(finer[:, 2], 2 * finer[:, 0] - finer[:, 1], atol=1e-12)
    assert finer[:, 0].min() >= 0 and finer[:, 0].max() <= 3
    assert len(faces) == 4 * 2 * len(quads)


def test_a_part_keeps_positions() -> None:
    tessellation, quad = smooth_triangles(CUBE_QUADS, len(CUBE))
    part, place = tessellation.part(quad == 0)
    kept = place >= 0
    np.testing.assert_array_equal(part.vertices(CUBE)[place[kept]], tessellation.vertices(CUBE)[kept])
    assert len(part.faces) == 8 and part.faces.max() == len(part.vertices(CUBE)) - 1
