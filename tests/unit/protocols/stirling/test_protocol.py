"""FG2018's challenge: closed forms, a plain second program, and what is refused."""

import numpy as np
import pytest

from fsbench.core.errors import AlignmentError, MeshError, MetricError
from fsbench.core.mesh import Floats, Mesh
from fsbench.protocols.stirling.protocol import METRICS, Stirling
from tests.heads import head, moved, random_similarity
from tests.shapes import ellipsoid

SCAN = head(60, 80)
# On the surface of `head` where the features would be.
MARKS = np.array(
    [[-45.0, 25, 75], [-16, 25, 90], [16, 25, 90], [45, 25, 75], [0, -25, 105], [-25, -50, 80], [25, -50, 80]]
)
RADIUS_MM = 100.0
BALL = ellipsoid((RADIUS_MM,) * 3, 120, 160)
DIRECTIONS = np.array(
    [[-45.0, 25, 80], [-16, 25, 95], [16, 25, 95], [45, 25, 80], [0, -20, 98], [-25, -45, 85], [25, -45, 85]]
)
ON_BALL = RADIUS_MM * DIRECTIONS / np.linalg.norm(DIRECTIONS, axis=1, keepdims=True)
# Sums of squares of a few thousand coordinates of 100 mm.
ROUNDING_MM = 1e-9


def _scores(prediction: Mesh, marks: Floats = MARKS):
    return Stirling().prepare(SCAN, MARKS).compare(prediction.vertices, prediction.faces, marks)


def _noisy() -> Mesh:
    rough = head(20, 30)
    return Mesh(rough.vertices + np.random.default_rng(0).normal(scale=0.5, size=rough.vertices.shape), rough.faces)


@pytest.mark.parametrize("offset_mm", [-3.0, -0.5, 2.0])
def test_a_radial_offset_of_a_sphere_is_the_rmse(offset_mm: float) -> None:
    """The landmarks are the scan's, so that nothing is moved; every distance is the offset."""
    prediction = Mesh(BALL.vertices * (1 + offset_mm / RADIUS_MM), BALL.faces)
    found = Stirling().prepare(BALL, ON_BALL).measure(prediction, ON_BALL)
    # From outside the nearest place of a polyhedron is the corner; from inside a triangle, up to its sagitta nearer.
    sagitta_mm = 4**2 / (8 * RADIUS_MM) if offset_mm > 0 else ROUNDING_MM
    for name in ("rmse_mm", "mean_mm", "median_mm", "p90_mm"):
        assert found.scores[name] == pytest.approx(abs(offset_mm), abs=sagitta_mm), name
    assert found.scores["landmark_rms_mm"] == pytest.approx(0, abs=ROUNDING_MM)
    assert found.scores["mm_per_unit"] == pytest.approx(1)


def test_a_known_similarity_is_undone() -> None:
    motion = random_similarity(np.random.default_rng(1))
    scores = _scores(moved(SCAN, motion), motion.apply(MARKS))
    assert scores["rmse_mm"] < 1e-6  # coordinates of some thousand units, brought back
    assert scores["mm_per_unit"] == pytest.approx(1 / motion.scale)
    assert scores.doubts == ()
    assert tuple(scores.as_dict()) == METRICS


@pytest.mark.parametrize("which", ["mirrored mesh", "exchanged landmarks"])
def test_a_mirrored_prediction_is_not_repaired(which: str) -> None:
    flip = np.array([-1, 1, 1])
    prediction, marks = Mesh(SCAN.vertices * flip, SCAN.faces), MARKS * flip
    if which == "exchanged landmarks":
        prediction, marks = SCAN, MARKS[[3, 2, 1, 0, 4, 6, 5]]
    with pytest.raises(AlignmentError, match="swapped"):
        _scores(prediction, marks)


def test_nothing_is_fitted_after_the_landmarks() -> None:
    """Landmarks that are all 5 mm too low shift the whole face by 5 mm."""
    scores = _scores(SCAN, MARKS - [0, 5, 0])
    shifted = Stirling().prepare(SCAN, MARKS).compare(SCAN.vertices + [0, 5, 0], SCAN.faces, MARKS)
    assert scores["rmse_mm"] == pytest.approx(shifted["rmse_mm"], abs=1e-6)
    assert scores["rmse_mm"] > 1


def test_the_ball_is_the_notes() -> None:
    prepared = Stirling().prepare(SCAN, MARKS)
    bridge = (MARKS[1] + MARKS[2]) / 2
    centre = MARKS[4] + 0.3 * (bridge - MARKS[4])
    radius = 1.2 * (90 + np.linalg.norm(bridge - MARKS[4])) / 2
    inside = np.linalg.norm(SCAN.vertices - centre, axis=1) <= radius
    np.testing.assert_array_equal(prepared.points, SCAN.vertices[inside])
    assert 0 < inside.sum() < SCAN.n_vertices


def test_a_plain_program_finds_the_same_distances() -> None:
    motion = random_similarity(np.random.default_rng(2))
    noisy, marks = _noisy(), MARKS + np.random.default_rng(3).normal(scale=1.5, size=MARKS.shape)
    prediction, given = moved(noisy, motion), motion.apply(marks)
    found = Stirling().prepare(SCAN, MARKS).measure(prediction, given)
    aligned = _plainly_aligned(prediction.vertices, given)
    expected = [_to_triangles(point, aligned[noisy.faces]) for point in found.points]
    np.testing.assert_allclose(found.ref_to_pred_mm, expected, rtol=0, atol=1e-6)
    assert found.scores["rmse_mm"] == pytest.approx(np.sqrt(np.mean(np.square(expected))), abs=1e-6)
    assert found.scores["std_mm"] == pytest.approx(np.std(expected), abs=1e-6)


def _plainly_aligned(vertices: Floats, marks: Floats) -> Floats:
    """Least squares by scipy: the best turn of centred landmarks, then the best scale."""
    from scipy.spatial.transform import Rotation

    to, centred = MARKS - MARKS.mean(0), marks - marks.mean(0)
    turned = Rotation.align_vectors(to, centred)[0]
    scale = (to * turned.apply(centred)).sum() / (centred**2).sum()
    return scale * turned.apply(vertices - marks.mean(0)) + MARKS.mean(0)


def _to_triangles(point: Floats, corners: Floats) -> float:
    """Distance from the nearest of all triangles (F, 3, 3): inside, else to an edge."""
    a, b, c = corners.transpose(1, 0, 2)
    normals = np.cross(b - a, c - a)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    heights = ((point - a) * normals).sum(1)
    foot = point - heights[:, None] * normals
    edges = ((a, b), (b, c), (c, a))
    inside = np.all([(np.cross(q - p, foot - p) * normals).sum(1) >= 0 for p, q in edges], axis=0)
    nearest = np.where(inside, np.abs(heights), np.inf).min()
    for p, q in edges:
        share = np.clip(((point - p) * (q - p)).sum(1) / ((q - p) ** 2).sum(1), 0, 1)
        nearest = min(nearest, np.linalg.norm(p + share[:, None] * (q - p) - point, axis=1).min())
    return float(nearest)


def test_holes_are_large_distances_and_suspicious() -> None:
    whole = _noisy()
    centres = whole.vertices[whole.faces].mean(1)
    holed = Mesh(whole.vertices, whole.faces[~((centres[:, 2] > 0) & (centres[:, 0] > -15))])
    scores = _scores(holed)
    assert scores["rmse_mm"] > 3 * _scores(whole)["rmse_mm"]
    assert scores["suspicious"] == 1 and scores.doubts


@pytest.mark.parametrize(
    ("scan_marks", "error", "said"),
    [
        (MARKS / 1000, AlignmentError, "must be in mm"),
        (MARKS[:5], AlignmentError, r"\(5, 3\)"),
        (np.where(MARKS == 105, np.nan, MARKS), AlignmentError, "nose bottom is NaN"),
        (MARKS + 1000, MetricError, "one frame and unit"),
    ],
)
def test_unusable_scans_are_refused(scan_marks: Floats, error: type, said: str) -> None:
    with pytest.raises(error, match=said):
        Stirling().prepare(SCAN, scan_marks)


@pytest.mark.parametrize(
    ("vertices", "faces", "marks", "error", "said"),
    [
        (SCAN.vertices, np.empty((0, 3), int), MARKS, MeshError, "no faces"),
        (np.full((3, 3), np.nan), [[0, 1, 2]], MARKS, MeshError, "NaN"),
        (SCAN.vertices, SCAN.faces, np.outer(np.arange(7), [1, 2, 3]), AlignmentError, "one line"),
        (SCAN.vertices, SCAN.faces, MARKS + 500, AlignmentError, "away from its mesh"),
    ],
)
def test_unusable_predictions_are_refused(vertices, faces, marks, error: type, said: str) -> None:
    with pytest.raises(error, match=said):
        Stirling().prepare(SCAN, MARKS).compare(vertices, faces, marks)


def test_the_signature_names_every_setting() -> None:
    assert Stirling().signature("stirling") == (
        "stirling|align:seven-landmark-similarity|crop_centre:0.3|crop_radius:1.2"
        "|distance:scan-vertex-to-surface|missing:fail|v1"
    )
