"""Displaced surfaces against what an analytic field says."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fsbench.core.errors import MeshError
from fsbench.core.mesh import Mesh
from fsbench.geometry.displacing import TexturedMesh, displaced, split_at_middles
from fsbench.io.displacement import read_displacement
from tests.shapes import ellipsoid

CLOSE_MM = 1e-4
"""Half a step of 16 bits is 1.4e-5 mm; what is between the pixels' middles of a field this smooth, 4e-5 mm."""
SIDE_PX = 1024


def field_mm(uv: np.ndarray) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * 3 * uv[:, 0]) * np.cos(2 * np.pi * 2 * uv[:, 1])


@pytest.fixture(scope="module")
def field_map(tmp_path_factory: pytest.TempPathFactory) -> Path:
    middles = (np.arange(SIDE_PX) + 0.5) / SIDE_PX
    u, v = np.meshgrid(middles, 1 - middles)
    mm = field_mm(np.column_stack([u.ravel(), v.ravel()])).reshape(SIDE_PX, SIDE_PX)
    path = tmp_path_factory.mktemp("map") / "1_neutral.png"
    Image.fromarray(np.round(32768 + mm / 0.914 * 32768).astype(np.uint16)).save(path)
    return path


def sphere(radius: float = 90.0) -> TexturedMesh:
    """A sphere with a cylinder's coordinates: a seam has two, and each pole as many as triangles."""
    mesh = ellipsoid((radius,) * 3, 120, 180)
    x, y, z = mesh.vertices.T / radius
    azimuth, height = np.arctan2(x, z) / (2 * np.pi) + 0.5, np.arccos(np.clip(y, -1, 1)) / np.pi
    uv = np.stack([azimuth[mesh.faces], 1 - height[mesh.faces]], 2)
    uv[..., 0] += (np.ptp(uv[..., 0], axis=1) > 0.5)[:, None] & (uv[..., 0] < 0.5)
    return TexturedMesh(mesh, uv.reshape(-1, 2) * [0.9, 0.9] + 0.05, np.arange(uv.size // 2).reshape(-1, 3))


@pytest.mark.parametrize("wound", [1, -1], ids=["outwards", "inwards"])
def test_a_displaced_sphere_is_as_high_as_the_field_says(field_map: Path, wound: int):
    found = sphere()
    coarse = TexturedMesh(Mesh(found.mesh.vertices, found.mesh.faces[:, ::wound]), found.uv, found.corners[:, ::wound])
    base, fine = coarse.subdivided(), displaced(coarse, read_displacement(field_map).at, steps=1)
    height = np.linalg.norm(fine.mesh.vertices, axis=1) - np.linalg.norm(base.mesh.vertices, axis=1)
    # All but the poles, where the coordinates of a vertex differ.
    expected, alone = at_vertices(base)
    assert alone.mean() > 0.95
    assert np.abs(height - expected)[alone].max() < CLOSE_MM
    assert np.abs(expected).max() > 0.45


def at_vertices(mesh: TexturedMesh) -> tuple[np.ndarray, np.ndarray]:
    """The field at each vertex, and which vertices have one coordinate alone."""
    low, high = np.full(mesh.mesh.n_vertices, np.inf), np.full(mesh.mesh.n_vertices, -np.inf)
    values = field_mm(mesh.uv)[mesh.corners.ravel()]
    np.minimum.at(low, mesh.mesh.faces.ravel(), values)
    np.maximum.at(high, mesh.mesh.faces.ravel(), values)
    return low, high - low < 1e-9


def test_a_vertex_on_a_seam_moves_by_the_mean_of_its_heights():
    base = Mesh([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]], [[0, 1, 2], [2, 1, 3]])
    uv = np.array([[0.0, 0], [0.1, 0], [0.2, 0], [0.6, 0], [0.7, 0], [0.8, 0]])
    found = displaced(TexturedMesh(base, uv, np.array([[0, 1, 2], [3, 4, 5]])), lambda uv: uv[:, 0], steps=0)
    assert np.abs(found.mesh.vertices[:, 2]) == pytest.approx([0.0, (0.1 + 0.7) / 2, (0.2 + 0.6) / 2, 0.8])


def test_subdividing_averages_nothing_across_a_seam():
    coarse = sphere()
    fine = coarse.subdivided().subdivided()
    across, before = (np.ptp(mesh.uv[mesh.corners][..., 0], axis=1) for mesh in (fine, coarse))
    assert across.max() == pytest.approx(before.max() / 4)
    assert fine.mesh.n_faces == 16 * coarse.mesh.n_faces
    # Euler: the sphere stays closed.
    edges = np.sort(np.concatenate([fine.mesh.faces[:, [i, j]] for i, j in ((0, 1), (1, 2), (2, 0))]), 1)
    n_edges = len(np.unique(edges, axis=0))
    assert fine.mesh.n_vertices - n_edges + fine.mesh.n_faces == 2


def _arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as held:
        return dict(held)


def test_the_ict_face_moves_along_its_normals(shared: Path, field_map: Path):
    ict, texture = (_arrays(shared / "data/ict_facekit" / name) for name in ("ict_facekit.npz", "ict_uv.npz"))
    uv, corners = texture["vt"].astype(np.float64), texture["tri_vt"].astype(np.int64)
    of_face = (uv[corners][..., 0] <= 1).all(1)
    unit = 10.0 if np.ptp(ict["neutral"][:, 1]) < 100 else 1.0
    mesh = Mesh(ict["neutral"].astype(np.float64) * unit, ict["tri"][of_face].astype(np.int64)).without_unused()
    coarse = TexturedMesh(mesh, uv, corners[of_face])
    base, fine = coarse.subdivided().subdivided(), displaced(coarse, read_displacement(field_map).at, steps=2)
    heights, alone = at_vertices(base)
    rng = np.random.default_rng(0)
    chosen = rng.choice(np.flatnonzero(alone), 400, replace=False)
    expected = base.mesh.vertices[chosen] + heights[chosen, None] * slow_normals(base.mesh, chosen)
    assert np.abs(fine.mesh.vertices[chosen] - expected).max() < CLOSE_MM
    assert np.abs(heights[chosen]).max() > 0.3


def slow_normals(mesh: Mesh, of: np.ndarray) -> np.ndarray:
    """Normalised sum of the unit normals around each vertex, one vertex at a time."""
    found = []
    for vertex in of:
        total = np.zeros(3)
        for i, j, k in mesh.faces[(mesh.faces == vertex).any(1)]:
            a, b, c = mesh.vertices[[i, j, k]]
            normal = np.cross(b - a, c - a)
            total += normal / np.linalg.norm(normal)
        found.append(total / np.linalg.norm(total))
    return np.array(found)


def test_a_texture_of_other_triangles_is_refused():
    base = Mesh([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]])
    with pytest.raises(MeshError, match="has 1 triangles, its texture 2"):
        displaced(TexturedMesh(base, np.zeros((3, 2)), np.zeros((2, 3), np.int64)), lambda uv: uv[:, 0])


def test_old_points_keep_their_numbers():
    points, triangles = split_at_middles(np.eye(3), np.array([[0, 1, 2]]))
    assert points[:3].tolist() == np.eye(3).tolist()
    assert len(points) == 6 and len(triangles) == 4
