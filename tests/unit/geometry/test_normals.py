import numpy as np

from fsbench.core.mesh import Mesh
from fsbench.geometry.normals import vertex_normals
from tests.shapes import ellipsoid

# Two triangles at a right angle about the x axis, one twice as large as the other; vertex 4 is alone.
BENT = Mesh([[0, 0, 0], [1, 0, 0], [0, 2, 0], [0, 0, 1], [9, 9, 9]], [[0, 1, 2], [0, 3, 1]])


def test_larger_triangles_turn_a_normal_to_their_side_if_area_counts() -> None:
    np.testing.assert_allclose(vertex_normals(BENT)[0], np.array([0, 1, 2]) / np.sqrt(5))
    np.testing.assert_allclose(vertex_normals(BENT, by_area=False)[0], np.array([0, 1, 1]) / np.sqrt(2))


def test_a_vertex_without_a_triangle_has_no_normal() -> None:
    for by_area in (True, False):
        assert not vertex_normals(BENT, by_area)[4].any()


def test_a_ball_looks_outwards_everywhere() -> None:
    ball = ellipsoid((50, 50, 50), 40, 60)
    # Triangles of 5 mm on a radius of 50: the mean around a vertex is off by a small part of one.
    assert ((vertex_normals(ball) * ball.vertices / 50).sum(1) > 0.998).all()
