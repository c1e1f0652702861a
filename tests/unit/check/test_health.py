"""Health: every defect counted where it is, and nowhere else."""

import numpy as np
import pytest

from fsbench.check.health import examine
from fsbench.core.mesh import Mesh
from tests.shapes import ellipsoid

BALL = ellipsoid((1.0, 1.0, 1.0), 12, 16)


def test_a_sound_mesh_has_no_defect() -> None:
    health = examine(BALL)
    assert (health.n_vertices, health.n_faces) == (BALL.n_vertices, BALL.n_faces)
    assert not any((health.unused, health.degenerate, health.doubled, health.loose, health.disagreeing))


def test_defects_are_counted() -> None:
    v, f = BALL.vertices, BALL.faces
    n = len(v)
    vertices = np.concatenate([v, v[:5], v[f[0]] + 5.0, [[9.0, 9.0, 9.0]]])
    faces = np.concatenate([f, [[f[0, 0], f[0, 0], f[0, 1]]], [f[3, [1, 2, 0]]], [[n + 5, n + 6, n + 7]]])
    health = examine(Mesh(vertices, faces))
    assert health.repeated == 5
    assert health.unused == 6
    assert health.degenerate == 1
    assert health.doubled == 1
    assert health.loose == 1
    assert health.stray_share == pytest.approx(1 / len(faces))


def test_a_turned_face_disagrees_with_its_neighbours() -> None:
    faces = BALL.faces.copy()
    faces[40] = faces[40, [1, 0, 2]]
    assert examine(Mesh(BALL.vertices, faces)).disagreeing == 3


def test_a_texture_seam_does_not_part_a_mesh() -> None:
    """The same ball with corners of its own for every face."""
    corners = BALL.vertices[BALL.faces].reshape(-1, 3)
    health = examine(Mesh(corners, np.arange(len(corners)).reshape(-1, 3)))
    assert (health.loose, health.disagreeing) == (0, 0)
    assert health.repeated == len(corners) - BALL.n_vertices
