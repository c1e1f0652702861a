"""Distance to triangles against a brute search over their points."""

import numpy as np

from fsbench.metrics.triangle_distance import Vectors, squared_distances


def _vectors(array: np.ndarray) -> Vectors:
    return Vectors(*(np.ascontiguousarray(array[:, i]) for i in range(3)))


def test_random_triangles_against_a_dense_sampling() -> None:
    rng = np.random.default_rng(0)
    a, u, v = rng.normal(size=(3, 300, 3))
    found = np.sqrt(squared_distances(_vectors(a), _vectors(u), _vectors(v)))
    s, t = np.meshgrid(np.linspace(0, 1, 201), np.linspace(0, 1, 201))
    s, t = (part[s + t <= 1 + 1e-12] for part in (s, t))
    sampled = np.array(
        [
            np.linalg.norm(corner + s[:, None] * one + t[:, None] * two, axis=1).min()
            for corner, one, two in zip(a, u, v, strict=True)
        ]
    )
    assert (found <= sampled + 1e-12).all()
    # The nearest sample is at most half a step of 1/200 of a side (some 2 long) away along either side.
    np.testing.assert_allclose(found, sampled, atol=0.02)


def test_triangles_without_area_are_their_edges() -> None:
    a, u = np.array([[1.0, -1, 0], [1, -1, 0], [3, 0, 0]]), np.array([[0.0, 2, 0], [0, 2, 0], [0, 0, 0]])
    v = np.array([[0.0, 1, 0], [0, 2, 0], [0, 0, 0]])
    np.testing.assert_allclose(squared_distances(_vectors(a), _vectors(u), _vectors(v)), [1, 1, 9])
