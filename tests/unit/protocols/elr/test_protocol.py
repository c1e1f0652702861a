"""ELR: what is perfect, what is seen, and what is refused."""

import numpy as np
import pytest

from fsbench.core.errors import AlignmentError, MeshError
from fsbench.core.mesh import Mesh
from fsbench.protocols.elr.protocol import METRICS, Elr
from fsbench.protocols.elr.weights import TemplateWeights
from tests.heads import face_of, head, moved, random_similarity

HEAD = head(60, 80)
FACE = face_of(HEAD)
MARKS = np.linspace(0, FACE.n_vertices - 1, 51).round().astype(int)
PREPARED = Elr().prepare(FACE, FACE.vertices[MARKS])


def _turned(vertices: np.ndarray, most_rad: float) -> np.ndarray:
    """The face slid to one side along itself, most in the middle."""
    x, y, z = vertices.T
    angle = most_rad * np.cos(y / 40)
    return np.stack([x * np.cos(angle) + z * np.sin(angle), y, z * np.cos(angle) - x * np.sin(angle)], 1)


def test_the_scan_itself_is_perfect_in_any_frame() -> None:
    motion = random_similarity(np.random.default_rng(0))
    prediction = moved(FACE, motion)
    scores = PREPARED.compare(prediction.vertices, prediction.faces, prediction.vertices[MARKS])
    assert scores["elr_mm"] < 1e-6
    assert scores["mm_per_unit"] == pytest.approx(1 / motion.scale)
    assert tuple(scores.as_dict()) == METRICS
    assert scores.doubts == ()


def test_what_slides_along_the_surface_is_seen() -> None:
    prediction = Mesh(_turned(FACE.vertices, 0.06), FACE.faces)
    measured = PREPARED.measure(prediction, prediction.vertices[MARKS])
    true = np.linalg.norm(measured.prediction.vertices - FACE.vertices, axis=1).mean()
    assert measured.scores["elr_mm"] == pytest.approx(true, rel=0.15)
    assert measured.ref_to_pred_mm.mean() == measured.scores["elr_mm"]


def test_worse_is_never_better() -> None:
    found = []
    for most_rad in (0.0, 0.03, 0.06, 0.12):
        vertices = _turned(FACE.vertices, most_rad)
        found.append(PREPARED.compare(vertices, FACE.faces, vertices[MARKS])["elr_mm"])
    assert (np.diff(found) > 0).all()


def test_vertices_that_no_triangle_uses_change_nothing() -> None:
    vertices = _turned(FACE.vertices, 0.06)
    more = np.concatenate([vertices, [[0, 0, 0], [900, 0, 0]]])
    plain, padded = (PREPARED.compare(v, FACE.faces, vertices[MARKS]) for v in (vertices, more))
    assert plain.as_dict() == padded.as_dict()
    weights = np.linspace(1, 5, len(more))
    some, all_of_them = (
        Elr(weights=TemplateWeights(weights[: len(v)])).prepare(FACE, FACE.vertices[MARKS]) for v in (vertices, more)
    )
    expected = some.compare(vertices, FACE.faces, vertices[MARKS])
    assert all_of_them.compare(more, FACE.faces, vertices[MARKS]).as_dict() == expected.as_dict()
    assert expected["elr_mm"] != plain["elr_mm"]


def test_weights_of_another_topology_are_refused() -> None:
    prepared = Elr(weights=TemplateWeights(np.ones(3))).prepare(FACE, FACE.vertices[MARKS])
    with pytest.raises(MeshError, match=f"has {FACE.n_vertices} vertices, and there are weights for 3"):
        prepared.compare(FACE.vertices, FACE.faces, FACE.vertices[MARKS])


@pytest.mark.parametrize(
    ("marks", "message"),
    [
        (FACE.vertices[MARKS[:50]], r"\(50, 3\), expected \(51, 3\)"),
        (FACE.vertices[MARKS] * [-1, 1, 1], "swapped"),
        (np.where(np.arange(51)[:, None] == 7, np.nan, FACE.vertices[MARKS]), "landmark 8 of 51 is NaN"),
        (FACE.vertices[MARKS] + [0, 0, 400], "away from its mesh"),
        (np.where(np.arange(51)[:, None] == 0, FACE.vertices[MARKS[1]], FACE.vertices[MARKS]), "in one place"),
    ],
)
def test_unusable_landmarks_are_refused(marks: np.ndarray, message: str) -> None:
    with pytest.raises(AlignmentError, match=message):
        PREPARED.compare(FACE.vertices, FACE.faces, marks)


def test_a_scan_needs_its_landmarks() -> None:
    with pytest.raises(AlignmentError, match="scan's landmarks have shape"):
        Elr().prepare(FACE, FACE.vertices[:7])
    with pytest.raises(AlignmentError, match="away from its mesh"):
        Elr().prepare(FACE, FACE.vertices[MARKS] + [0, 0, 100])


def test_the_signature_names_every_setting_and_the_weights() -> None:
    assert Elr().signature("scan") == "scan|reference_unit:found|weights:own|align:five-landmarks|missing:fail|v1"
    texts = {Elr("mm", TemplateWeights(np.full(3, value))).signature("scan") for value in (1.0, 2.0, 2.0)}
    assert len(texts) == 2
    assert all("|weights:" in text and len(text) < 100 for text in texts)
