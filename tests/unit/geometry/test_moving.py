import numpy as np
import pytest

from fsbench.geometry.moving import diagonal, stretched, turned

POINTS = np.random.default_rng(1).normal(size=(50, 3)) * (30, 1, 200)
ROTATION = np.linalg.qr(np.random.default_rng(2).normal(size=(3, 3)))[0]
CENTRE = np.array([5.0, -7.0, 11.0])


def test_points_are_moved_as_numpy_moves_them() -> None:
    np.testing.assert_array_equal(stretched(POINTS, 0.3, CENTRE), POINTS * 0.3 + CENTRE)
    np.testing.assert_allclose(turned(POINTS, CENTRE, ROTATION), (POINTS - CENTRE) @ ROTATION, rtol=0, atol=1e-13)


def test_the_order_in_memory_does_not_matter() -> None:
    for array in (np.asfortranarray(POINTS), np.repeat(POINTS, 2, axis=0)[::2]):
        np.testing.assert_array_equal(turned(array, CENTRE, ROTATION.T), turned(POINTS, CENTRE, ROTATION.T.copy()))
        np.testing.assert_array_equal(stretched(array, 2.0, CENTRE), stretched(POINTS, 2.0, CENTRE))
        assert diagonal(array) == diagonal(POINTS)


def test_the_diagonal_is_that_of_the_box() -> None:
    assert diagonal(POINTS) == pytest.approx(np.linalg.norm(np.ptp(POINTS, axis=0)), rel=1e-15)
    assert diagonal(POINTS[:1]) == 0


def test_other_shapes_are_refused() -> None:
    """A compiled loop reads three numbers of each, whatever there are."""
    for points in (POINTS[:, :2], POINTS.ravel(), np.ones((3, 4))):
        for move in (lambda p: stretched(p, 1.0, CENTRE), lambda p: turned(p, CENTRE, ROTATION), diagonal):
            with pytest.raises(ValueError, match="expected \\(n, 3\\)"):
                move(points)
    for centre, rotation in ((CENTRE[:1], ROTATION), (CENTRE, ROTATION[:2])):
        with pytest.raises(ValueError, match="expected"):
            turned(POINTS, centre, rotation)


def test_single_precision_is_taken() -> None:
    one = POINTS.astype(np.float32)
    np.testing.assert_array_equal(turned(one, CENTRE, ROTATION), turned(one.astype(float), CENTRE, ROTATION))
