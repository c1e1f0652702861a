"""Similarities: composition, inversion, and what is refused."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from fsbench.core.errors import AlignmentError
from fsbench.geometry.transforms import Similarity, cross_matrix, right_jacobian, rotation_by
from tests.heads import random_similarity

POINTS = np.array([[1.0, 2, 3], [-4, 5, 6], [7, -8, 9]])
ROUNDING = 1e-9  # of coordinates up to some thousands, in double precision


def test_a_product_does_the_right_one_first() -> None:
    rng = np.random.default_rng(1)
    a, b = random_similarity(rng), random_similarity(rng)
    np.testing.assert_allclose((a @ b).apply(POINTS), a.apply(b.apply(POINTS)), rtol=ROUNDING, atol=ROUNDING)


def test_the_inverse_leads_back() -> None:
    a = random_similarity(np.random.default_rng(2))
    np.testing.assert_allclose(a.inverse().apply(a.apply(POINTS)), POINTS, atol=ROUNDING)
    np.testing.assert_allclose((a.inverse() @ a).matrix(), np.eye(4), atol=ROUNDING)


def test_the_matrix_is_for_columns() -> None:
    a = random_similarity(np.random.default_rng(3))
    columns = a.matrix() @ np.c_[POINTS, np.ones(3)].T
    np.testing.assert_allclose(columns[:3].T, a.apply(POINTS), rtol=ROUNDING)


@pytest.mark.parametrize("angle_deg", [1e-7, 30.0, 179.999])
def test_the_angle_is_exact_also_near_its_ends(angle_deg: float) -> None:
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    assert Similarity(1, [[c, -s, 0], [s, c, 0], [0, 0, 1]]).angle_deg() == pytest.approx(angle_deg, rel=1e-6)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((0.0,), "scale 0"),
        ((-1.0,), "scale -1"),
        ((1.0, np.diag([1, 1, -1])), "mirrors"),
        ((1.0, np.diag([1, 1, 2])), "orthonormal"),
        ((1.0, np.eye(3), [0, np.nan, 0]), "NaN"),
        ((1.0, np.eye(2)), r"\(3, 3\)"),
    ],
)
def test_what_is_no_similarity_is_refused(arguments: tuple, said: str) -> None:
    with pytest.raises(AlignmentError, match=said):
        Similarity(*arguments)


def test_it_keeps_its_own_copy() -> None:
    shift = np.zeros(3)
    a = Similarity(translation=shift)
    shift[0] = 5
    assert a.translation[0] == 0
    with pytest.raises(ValueError, match="read-only"):
        a.translation[0] = 5


@pytest.mark.parametrize("angle", [0.0, 1e-300, 1e-12, 1e-6, 0.3, np.pi - 1e-9, np.pi, 5.0, 100.0])
def test_a_rotation_vector_turns_as_scipy_says(angle: float) -> None:
    vector = angle * np.array([2.0, -1.0, 2.0]) / 3
    np.testing.assert_allclose(rotation_by(vector), Rotation.from_rotvec(vector).as_matrix(), rtol=0, atol=1e-14)


@pytest.mark.parametrize("size_rad", [0.0, 1e-7, 0.3, 2.5])
def test_the_right_jacobian_is_that_of_a_rotation_vector(size_rad: float) -> None:
    rng = np.random.default_rng(1)
    direction, step = rng.normal(size=3), 1e-6 * rng.normal(size=3)
    vector = size_rad * direction / np.linalg.norm(direction)
    there = rotation_by(vector) @ rotation_by(right_jacobian(vector) @ step)
    # First order in a step of 1e-6: what is left is its square.
    np.testing.assert_allclose(rotation_by(vector + step), there, atol=2e-11)


def test_cross_matrices_of_many_are_those_of_each() -> None:
    vectors, point = np.random.default_rng(2).normal(size=(5, 3)), np.array([1.0, -2.0, 3.0])
    np.testing.assert_allclose(cross_matrix(vectors) @ point, np.cross(vectors, point))
    np.testing.assert_array_equal(cross_matrix(vectors)[3], cross_matrix(vectors[3]))
