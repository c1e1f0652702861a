"""Step 3: the published rows, solved as they stand, against the fast solve; and its rules."""

import numpy as np
import pytest

from fsbench.core.errors import MetricError
from fsbench.core.mesh import Mesh
from fsbench.protocols.realy.bending import BendableMesh, Stage, UnboundedSolveError, merged, stages_of
from tests.keypointed import region

PATCH = BendableMesh.of_mesh(region("nose", (-1, -1, 1, 1.5)))
# The plain solve squares nothing, so its condition number is the root of ours, some 1e4.
ROUNDING = 1e-7


def _plain(stage: Stage, weights: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Least squares of all rows: stiffness a (X_i - X_j) G on each edge, and sqrt(w) (D_i X_i - target)."""
    n = PATCH.n_vertices
    rows = np.concatenate([PATCH.vertices, np.ones((n, 1))], axis=1)
    stiff = np.zeros((len(PATCH.edges), 4, n, 4))
    for edge, (i, j) in enumerate(PATCH.edges):
        stiff[edge, :, i] = stage.stiffness * np.diag(stage.component_weights)
        stiff[edge, :, j] = -stiff[edge, :, i]
    pulls = np.zeros((n, n, 4))
    pulls[np.arange(n), np.arange(n)] = np.sqrt(weights)[:, None] * rows
    system = np.concatenate([stiff.reshape(-1, 4 * n), pulls.reshape(n, 4 * n)])
    right = np.concatenate([np.zeros((4 * len(PATCH.edges), 3)), np.sqrt(weights)[:, None] * targets])
    maps = np.linalg.lstsq(system, right, rcond=None)[0].reshape(n, 4, 3)
    return np.einsum("nk,nkc->nc", rows, maps)


def _targets() -> np.ndarray:
    x, y, z = PATCH.vertices.T
    return np.column_stack([x + 0.1 * y, y, z + 0.2 * np.sin(3 * x)])


def test_a_solve_is_the_least_squares_of_the_published_rows() -> None:
    targets = _targets()
    keypoints = np.array([3, 40, 77, 12])
    first = stages_of(True)[0]
    bent = PATCH.bend(targets, (first,), keypoints, targets[keypoints])
    weights = np.zeros(PATCH.n_vertices)
    weights[keypoints] = 50**2
    assert np.abs(bent.vertices - _plain(first, weights, targets)).max() < ROUNDING


def test_the_following_stages_pull_to_the_nearest_targets() -> None:
    targets = _targets()
    stage = Stage(50.0, most_solves=1)
    nearest = np.linalg.norm(PATCH.vertices[:, None] - targets[None], axis=2).argmin(1)
    bent = PATCH.bend(targets, (stage,))
    assert np.abs(bent.vertices - _plain(stage, np.ones(PATCH.n_vertices), targets[nearest])).max() < ROUNDING
    assert bent.left_out_share == 0


def test_points_that_are_far_from_all_targets_are_left_out() -> None:
    """Beyond twice the mean, if that is more than one unit: here the targets end in the middle of the patch."""
    targets = PATCH.vertices[PATCH.vertices[:, 1] < -0.4]
    distances = np.linalg.norm(PATCH.vertices[:, None] - targets[None], axis=2).min(1)
    far = distances >= max(2 * distances.mean(), 1.0)
    stage = Stage(50.0, most_solves=1)
    nearest = np.linalg.norm(PATCH.vertices[:, None] - targets[None], axis=2).argmin(1)
    bent = PATCH.bend(targets, (stage,))
    assert 0 < far.mean() < 0.5
    assert bent.left_out_share == pytest.approx(far.mean())
    assert np.abs(bent.vertices - _plain(stage, (~far).astype(float), targets[nearest])).max() < ROUNDING


def test_the_last_of_two_keypoints_on_one_vertex_counts_once() -> None:
    targets = _targets()
    keypoints, marks = np.array([3, 40, 77, 12]), _targets()[[3, 40, 77, 12]]
    twice, first = np.array([3, *keypoints]), stages_of(True)[:1]
    alone = PATCH.bend(targets, first, keypoints, marks)
    both = PATCH.bend(targets, first, twice, np.concatenate([marks[:1] + 5, marks]))
    assert (alone.vertices == both.vertices).all()


def test_a_stage_stops_when_the_maps_change_no_more() -> None:
    bent = PATCH.bend(_targets(), stages_of(False))
    assert len(bent.solves) == 3
    ends = np.cumsum(bent.solves) - 1
    assert (bent.changes[ends] <= [1.0, 0.5, 0.25]).all()


def test_a_stage_without_a_limit_ends_in_an_error() -> None:
    endless = Stage(50.0, tolerance=-1.0, most_solves=None)
    with pytest.raises(UnboundedSolveError, match="after 7 solves"):
        PATCH.bend(_targets(), (endless,), most_solves=7)
    limited = PATCH.bend(_targets(), (Stage(50.0, tolerance=-1.0),), most_solves=7)
    assert limited.solves == (11,)


def test_a_solve_that_is_left_open_is_refused() -> None:
    with pytest.raises(MetricError, match="3 are pulled"):
        PATCH.bend(_targets(), stages_of(True)[:1], np.array([3, 40, 77]), _targets()[[3, 40, 77]])


def test_vertices_in_one_place_are_merged_and_unused_ones_dropped() -> None:
    vertices = [[9, 9, 9], [0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 0, 4e-9], [0, 1, 0], [1, 1, 0], [1, 0, 1e-7]]
    places, faces = merged(Mesh(vertices, [[1, 2, 3], [4, 6, 5], [7, 6, 5]]))
    assert places.tolist() == [[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0], [1, 0, 1e-7]]
    assert faces.tolist() == [[0, 1, 2], [1, 3, 2], [4, 3, 2]]
