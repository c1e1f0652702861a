"""The solver of step 3 against a dense one."""

import numpy as np
import pytest

from fsbench.protocols.realy.block_cholesky import BlockPattern

# Condition numbers here are below 1e4.
ROUNDING = 1e-11


def _edges(faces: np.ndarray) -> np.ndarray:
    pairs = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    return np.unique(pairs, axis=0)


def _random_edges(n: int, n_edges: int, seed: int) -> np.ndarray:
    pairs = np.sort(np.random.default_rng(seed).integers(0, n, (n_edges, 2)), axis=1)
    return np.unique(pairs[pairs[:, 0] < pairs[:, 1]], axis=0)


@pytest.mark.parametrize(
    ("n", "edges"),
    [
        (1, np.empty((0, 2), np.int64)),
        (2, np.array([[0, 1]])),
        (5, np.array([[0, 1], [3, 4]])),
        (4, _edges(np.array([[0, 1, 2], [0, 2, 3], [0, 3, 1], [1, 3, 2]]))),
        (60, _random_edges(60, 150, 1)),
        (60, _random_edges(60, 1500, 2)),
    ],
)
def test_the_answer_is_the_dense_one(n: int, edges: np.ndarray) -> None:
    rng = np.random.default_rng(n)
    edge_block = -np.diag([2.0, 1.0, 3.0, 0.5])
    half = rng.normal(size=(n, 4, 4))
    degrees = np.bincount(edges.ravel(), minlength=n)
    vertex_blocks = half @ half.transpose(0, 2, 1) + np.eye(4) - degrees[:, None, None] * edge_block
    right = rng.normal(size=(n, 4, 3))
    dense = np.zeros((n, 4, n, 4))
    dense[np.arange(n), :, np.arange(n)] = vertex_blocks
    for i, j in edges:
        dense[i, :, j] = dense[j, :, i] = edge_block
    expected = np.linalg.solve(dense.reshape(4 * n, 4 * n), right.reshape(4 * n, 3)).reshape(n, 4, 3)
    found = BlockPattern.of_edges(n, edges).solve(edge_block, vertex_blocks, right)
    assert found is not None
    assert np.abs(found - expected).max() < ROUNDING


def test_what_is_not_positive_definite_is_said() -> None:
    pattern = BlockPattern.of_edges(2, np.array([[0, 1]]))
    assert pattern.solve(np.zeros((4, 4)), np.array([np.eye(4), -np.eye(4)]), np.zeros((2, 4, 3))) is None
    assert pattern.solve(np.zeros((4, 4)), np.full((2, 4, 4), np.nan), np.zeros((2, 4, 3))) is None
