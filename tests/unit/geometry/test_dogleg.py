"""The scan-to-mesh refinement: its derivative, its stops, and shapes that have nothing to hold on to."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from fsbench.core.mesh import Mesh
from fsbench.geometry.dogleg import Dogleg, _evaluate, _Model, refine
from fsbench.geometry.nearest import NearestSurface
from fsbench.geometry.transforms import Similarity
from tests.heads import face_of, head, moved
from tests.shapes import plane

HEAD = head(40, 60)
POINTS = face_of(head(60, 90)).vertices


def test_the_derivative_is_the_distances_own() -> None:
    surface = NearestSurface(
        moved(HEAD, Similarity(1.02, Rotation.from_rotvec([0.02, 0, 0.01]).as_matrix(), [1, 2, 3]))
    )
    theta = np.array([0.97, 0.2, -0.1, 0.3, 2.0, -1.0, 4.0])
    here = _evaluate(theta, POINTS, surface)
    model = _Model(here, True)
    step, numeric = 1e-6, np.empty((len(POINTS), 7))
    for column in range(7):
        nudge = np.eye(7)[column] * step
        up, down = (_evaluate(theta + sign * nudge, POINTS, surface).residuals for sign in (1, -1))
        numeric[:, column] = (up - down) / (2 * step)
    # Where the nearest triangle changes within the step there is no derivative: a few points.
    size = np.sqrt(np.diag(model.curvature))
    np.testing.assert_allclose(
        (numeric.T @ numeric) / np.outer(size, size), model.curvature / np.outer(size, size), atol=1e-4
    )
    unit = size * np.sqrt(here.cost)
    np.testing.assert_allclose(-(numeric.T @ here.residuals) / unit, model.gradient / unit, atol=1e-5)


@pytest.mark.parametrize("with_scale", [True, False])
def test_a_known_motion_is_undone(with_scale: bool) -> None:
    off = Similarity(1.03 if with_scale else 1.0, Rotation.from_rotvec([0.03, -0.02, 0.01]).as_matrix(), [1, -2, 1])
    found = refine(HEAD.vertices, NearestSurface(moved(HEAD, off)), with_scale)
    assert found.converged
    np.testing.assert_allclose((found.ref_from_pred @ off).apply(POINTS), POINTS, atol=0.01)
    if not with_scale:
        assert found.ref_from_pred.scale == 1


def test_a_perfect_prediction_ends_at_once() -> None:
    found = refine(HEAD.vertices, NearestSurface(HEAD), True)
    assert found.distances.max() < 1e-9
    assert found.converged
    assert found.steps <= 1


def test_triangles_without_area_change_nothing() -> None:
    off = moved(HEAD, Similarity(1.01, translation=[1, 0, 1]))
    spoilt = Mesh(off.vertices, np.vstack([off.faces, [[5, 5, 9], [7, 7, 7]]]))
    plain, found = (refine(POINTS, NearestSurface(mesh), True) for mesh in (off, spoilt))
    np.testing.assert_allclose(found.distances, plain.distances, atol=1e-5)


def test_a_plane_leaves_five_directions_open() -> None:
    points = np.random.default_rng(0).uniform(-50, 50, size=(300, 3)) * [1, 1, 0] + [0, 0, 2]
    found = refine(points, NearestSurface(plane(500)), True)
    assert found.distances.max() < 1e-6


def test_the_steps_may_run_out() -> None:
    found = refine(POINTS, NearestSurface(moved(HEAD, Similarity(1.1))), True, Dogleg(max_steps=2))
    assert not found.converged
    assert found.steps == 2
