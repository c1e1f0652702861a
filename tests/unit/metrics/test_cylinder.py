"""Cylinder maps of shapes whose radius is known, and their triangulation against a plain loop."""

import numpy as np
import pytest

from fsbench.core.mesh import Mesh
from fsbench.geometry.rays import Surface
from fsbench.metrics.cylinder import HALF_HEIGHT_MM, JUMP_MM, SIZE, cylinder_map, cylinder_mesh
from tests.shapes import ellipsoid


def _map(mesh: Mesh):
    return cylinder_map(mesh.vertices, mesh.faces)


def test_the_map_is_that_of_rays_from_outside() -> None:
    """A search tree answers the same question in single precision: the first hit of the reversed rays."""
    start_mm = 400.0
    theta = np.arange(SIZE) * 2 * np.pi / 255
    outward = np.stack([-np.sin(theta), np.zeros(SIZE), -np.cos(theta)], 1)
    y = np.linspace(HALF_HEIGHT_MM, -HALF_HEIGHT_MM, SIZE)
    origins = outward[None] * start_mm + y[:, None, None] * np.array([0, 1.0, 0])
    head = ellipsoid((83, 120, 97), 90, 70)
    mesh = Mesh(head.vertices + [11.0, 5.3, -17.0], head.faces)
    hits = Surface(mesh).first_hits(origins.reshape(-1, 3), -np.tile(outward, (SIZE, 1)))
    found = _map(mesh)
    expected = np.maximum(np.where(hits.found, start_mm - hits.distances, 0), 0).reshape(SIZE, SIZE)
    both = found.covered & (expected != 0)
    assert both.sum() > 40_000
    assert (found.covered != (expected != 0)).sum() <= 5  # rays that graze a pole
    # Single precision at 400 mm is 3e-5 mm, more where a ray meets the surface at a small angle.
    np.testing.assert_allclose(found.radius_mm[both], expected[both], atol=2e-3)
    assert (found.faces.reshape(-1) == hits.faces)[both.reshape(-1)].mean() > 0.999


def test_only_wanted_pixels_are_looked_at() -> None:
    head = ellipsoid((83, 120, 97))
    wanted = np.zeros((SIZE, SIZE), np.bool_)
    wanted[100:120, 30:60] = True
    found, everything = cylinder_map(head.vertices, head.faces, wanted), _map(head)
    np.testing.assert_array_equal(found.radius_mm, everything.radius_mm * wanted)


def test_a_sphere_has_the_radius_of_its_parallels() -> None:
    radius = 90.0
    found = _map(ellipsoid((radius, radius, radius), 400, 400))
    y = np.linspace(HALF_HEIGHT_MM, -HALF_HEIGHT_MM, SIZE)
    expected = np.sqrt(np.clip(radius**2 - y**2, 0, None))
    inside = np.abs(y) < 0.95 * radius
    # A polyhedron of 400 segments stays 90 (1 - cos(pi / 400)) = 0.003 mm inside, more where it is steep.
    np.testing.assert_allclose(found.radius_mm[inside], np.repeat(expected[inside, None], SIZE, 1), atol=0.02)
    assert (found.radius_mm[np.abs(y) > radius] == 0).all()
    assert (found.faces[found.covered] >= 0).all() and (found.faces[~found.covered] == -1).all()


def test_the_outermost_of_two_surfaces_counts() -> None:
    inner, outer = ellipsoid((50, 80, 50)), ellipsoid((70, 110, 70))
    both = Mesh(
        np.concatenate([inner.vertices, outer.vertices]),
        np.concatenate([inner.faces, outer.faces + inner.n_vertices]),
    )
    np.testing.assert_allclose(_map(both).radius_mm, _map(outer).radius_mm, atol=1e-3)
    assert (_map(both).faces[_map(both).covered] >= inner.n_faces).all()


def test_what_lies_on_the_other_side_of_the_axis_does_not_count() -> None:
    head = ellipsoid((30, 60, 30))
    beside = Mesh(head.vertices + [0, 0, 100.0], head.faces)
    theta = np.arange(SIZE) * 2 * np.pi / 255
    behind = -np.cos(theta) < -0.9
    assert not _map(beside).covered[:, behind].any()
    assert _map(beside).covered[:, -np.cos(theta) > 0.99].any()


def _plain_faces(radius: np.ndarray) -> set[tuple[tuple[int, int], ...]]:
    """The definition, a pixel at a time: triangles as triples of flat pixel numbers."""
    faces = set()
    for k in range(SIZE):
        for j in range(SIZE):
            r = radius[k, j]
            near = [radius[(k + 1) % SIZE, j], radius[k, (j + 1) % SIZE], radius[(k + 1) % SIZE, (j + 1) % SIZE]]
            i = k * SIZE + j
            if r != 0 and all(abs(r - other) < JUMP_MM for other in near) and i + SIZE + 1 < SIZE * SIZE:
                faces |= {(i, i + 1, i + SIZE), (i + SIZE + 1, i + SIZE, i + 1)}
    return faces


@pytest.mark.parametrize("seed", [0, 1])
def test_the_mesh_of_a_map_is_that_of_the_plain_loop(seed: int) -> None:
    rng = np.random.default_rng(seed)
    radius = 100 + np.cumsum(rng.normal(0, 2, (SIZE, SIZE)), 1)
    radius *= rng.random((SIZE, SIZE)) > 0.05
    radius[:, 250:] = 100  # the odd last column is in use
    mesh = cylinder_mesh(radius)
    theta = np.arange(SIZE) * 2 * np.pi / 255
    y = np.linspace(HALF_HEIGHT_MM, -HALF_HEIGHT_MM, SIZE)
    grid = np.stack([radius * -np.sin(theta), np.repeat(y[:, None], SIZE, 1), radius * -np.cos(theta)], 2).reshape(
        -1, 3
    )
    expected = np.array(sorted(_plain_faces(radius)))
    assert mesh is not None and mesh.n_faces == len(expected)
    assert mesh.n_vertices == len(np.unique(expected))

    def sorted_corners(corners: np.ndarray) -> np.ndarray:
        flat = corners.reshape(len(corners), 9).round(6)
        return flat[np.lexsort(flat.T)]

    np.testing.assert_allclose(sorted_corners(mesh.vertices[mesh.faces]), sorted_corners(grid[expected]), atol=1e-6)


def test_an_empty_map_has_no_mesh() -> None:
    assert cylinder_mesh(np.zeros((SIZE, SIZE))) is None
    lonely = np.zeros((SIZE, SIZE))
    lonely[100, 100] = 50
    assert cylinder_mesh(lonely) is None
