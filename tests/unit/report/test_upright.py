"""Upright: landmarks in a known order turn a scan towards the viewer; others do not pretend to."""

import numpy as np
import pytest

from fsbench.core.mesh import Mesh
from fsbench.report.heatmaps.upright import outer_side, upright
from tests.heads import face_of, head, moved, random_similarity

FACE = face_of(head(45, 60))
MARKS = np.array(
    [[-45.0, 25, 75], [-16, 25, 90], [16, 25, 90], [45, 25, 75], [0, -25, 105], [-25, -50, 80], [25, -50, 80]]
)


def _ibug(n: int) -> np.ndarray:
    marks = np.zeros((n, 3))
    first = n - 32
    marks[first : first + 6] = [-30, 25, 85]
    marks[first + 6 : first + 12] = [30, 25, 85]
    marks[first + 12 :] = [0, -50, 85]
    return marks


@pytest.mark.parametrize("marks", [MARKS, _ibug(51), _ibug(68)], ids=["NoW", "51", "68"])
def test_a_turned_scan_is_turned_back(marks: np.ndarray) -> None:
    motion = random_similarity(np.random.default_rng(5))
    turn = upright(moved(FACE, motion), motion.apply(marks))
    assert turn is not None
    there = turn @ motion.rotation  # from the upright head to the upright head
    # The mouth is a little before or behind the eyes: that alone tilts the head.
    assert np.degrees(np.arccos((np.trace(there) - 1) / 2)) < 6


def test_landmarks_in_another_order_turn_nothing() -> None:
    assert upright(FACE, None) is None
    assert upright(FACE, MARKS[:5]) is None
    assert upright(FACE, np.ones((7, 3))) is None
    # Left and right exchanged would show the inside of the face.
    assert upright(FACE, MARKS[[3, 2, 1, 0, 4, 6, 5]]) is None
    assert upright(Mesh(FACE.vertices, FACE.faces[:, ::-1]), MARKS) is not None


def test_without_landmarks_a_face_is_seen_from_outside() -> None:
    """A camera's frame has y down and the face towards -z."""
    as_it_is, said = outer_side(FACE)
    np.testing.assert_array_equal(as_it_is, np.eye(3))
    assert "y up" in said
    turn, said = outer_side(Mesh(FACE.vertices * [1, -1, -1], FACE.faces))
    np.testing.assert_array_equal(turn, np.diag([1, -1, -1]))
    assert "y down" in said
    assert "y up" in outer_side(head(45, 60))[1]
