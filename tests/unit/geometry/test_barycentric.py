import numpy as np

from fsbench.geometry.barycentric import interpolate, weights_at


def test_weights_make_up_the_points_of_any_triangle() -> None:
    rng = np.random.default_rng(0)
    corners, weights = rng.normal(size=(50, 3, 3)), rng.dirichlet(np.ones(3), 50)
    points = np.einsum("ni,nij->nj", weights, corners)
    # Thin triangles lose some digits.
    np.testing.assert_allclose(weights_at(corners, points), weights, atol=1e-9)


def test_a_triangle_without_area_weighs_its_corners_alike() -> None:
    np.testing.assert_allclose(weights_at(np.zeros((1, 3, 3)), np.ones((1, 3))), [[1 / 3] * 3])


def test_what_is_linear_is_interpolated_exactly() -> None:
    vertices = np.array([[0.0, 0, 0], [4, 0, 0], [0, 4, 0], [4, 4, 0]])
    faces = np.array([[0, 1, 2], [1, 3, 2]])
    points = np.array([[1.0, 2.0, 0.0], [3.0, 2.0, 0.0]])
    weights = weights_at(vertices[faces], points)
    np.testing.assert_allclose(interpolate(vertices, faces, weights), points)
