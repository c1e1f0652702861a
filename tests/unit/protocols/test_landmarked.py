"""The landmark warp: sees what slides along the surface, which the nearest point forgives."""

import numpy as np
import pytest

from fsbench.core.errors import AlignmentError
from fsbench.core.mesh import Mesh
from fsbench.protocols.landmark_warp.protocol import METRICS, LandmarkWarp
from tests.heads import face_of, head, moved, random_similarity

HEAD = head(60, 80)
FACE = face_of(HEAD)
# Vertices all over the face.
MARKS = np.linspace(0, FACE.n_vertices - 1, 40).round().astype(int)


def _scores(prediction: Mesh, marks: np.ndarray):
    return LandmarkWarp().prepare(FACE, FACE.vertices[MARKS]).compare(prediction.vertices, prediction.faces, marks)


def test_the_scan_itself_is_perfect_in_any_frame() -> None:
    motion = random_similarity(np.random.default_rng(0))
    scores = _scores(moved(FACE, motion), motion.apply(FACE.vertices[MARKS]))
    assert scores["corresponding_mean_mm"] < 1e-6
    assert scores["mm_per_unit"] == pytest.approx(1 / motion.scale)
    assert tuple(scores.as_dict()) == METRICS


def test_what_slides_along_the_surface_is_seen() -> None:
    """The face is bent to one side along itself: the surface hardly changes, every point does."""
    x, y, z = FACE.vertices.T
    angle = 0.06 * np.cos(y / 40)
    turned = np.stack([x * np.cos(angle) + z * np.sin(angle), y, z * np.cos(angle) - x * np.sin(angle)], 1)
    scores = _scores(Mesh(turned, FACE.faces), turned[MARKS])
    fit = LandmarkWarp().prepare(FACE, FACE.vertices[MARKS]).measure(Mesh(turned, FACE.faces), turned[MARKS])
    true = np.linalg.norm(fit.prediction.vertices - FACE.vertices, axis=1).mean()
    assert scores["corresponding_mean_mm"] == pytest.approx(true, rel=0.15)
    assert scores["nearest_mean_mm"] < 0.7 * true


def test_mirrored_landmarks_are_refused() -> None:
    with pytest.raises(AlignmentError, match="swapped"):
        _scores(FACE, FACE.vertices[MARKS] * [-1, 1, 1])


def test_the_signature_names_every_setting() -> None:
    assert LandmarkWarp().signature("scan") == (
        "scan|reference_unit:found|smoothing:100|align:landmark-similarity|missing:fail|v2"
    )
