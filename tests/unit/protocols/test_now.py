"""NoW: the crop, what the official evaluator gets wrong, and what is refused."""

import numpy as np
import pytest

from fsbench.core.errors import AlignmentError, MeshError, MetricError
from fsbench.core.mesh import Mesh
from fsbench.geometry.transforms import Similarity
from fsbench.protocols.now.protocol import METRICS, Now
from tests.heads import head, moved, random_similarity

SCAN = head(90, 120)
# On the surface of `head` where the features would be.
MARKS = np.array(
    [[-45.0, 25, 75], [-16, 25, 90], [16, 25, 90], [45, 25, 75], [0, -25, 105], [-25, -50, 80], [25, -50, 80]]
)
SWAPPED = [3, 2, 1, 0, 4, 6, 5]


def _noisy(seed: int = 0) -> Mesh:
    rough = head(45, 60)
    return Mesh(rough.vertices + np.random.default_rng(seed).normal(scale=0.5, size=rough.vertices.shape), rough.faces)


def _scores(prediction: Mesh, marks: np.ndarray = MARKS, protocol: Now | None = None):
    prepared = (protocol or Now()).prepare(SCAN, MARKS)
    return prepared.compare(prediction.vertices, prediction.faces, marks)


def test_the_crop_is_a_ball_around_a_third_of_the_nose() -> None:
    prepared = Now().prepare(SCAN, MARKS)
    bridge = (MARKS[1] + MARKS[2]) / 2
    centre = MARKS[4] + 0.3 * (bridge - MARKS[4])
    radius = 1.4 * (90 + np.linalg.norm(bridge - MARKS[4])) / 2
    away = np.linalg.norm(SCAN.vertices - centre, axis=1)
    assert len(prepared.points) == (away <= radius).sum()
    np.testing.assert_array_equal(prepared.points, SCAN.vertices[away <= radius])


def test_vertices_without_a_triangle_count() -> None:
    alone = Mesh(np.vstack([SCAN.vertices, MARKS[:1]]), SCAN.faces)
    assert len(Now().prepare(alone, MARKS).points) == len(Now().prepare(SCAN, MARKS).points) + 1


def test_a_perfect_prediction_scores_nothing_in_any_frame() -> None:
    motion = random_similarity(np.random.default_rng(1))
    scores = _scores(moved(SCAN, motion), motion.apply(MARKS))
    # Scores are in mm; coordinates of some thousand leave this much.
    assert scores["mean_mm"] < 1e-6
    assert scores["mm_per_unit"] == pytest.approx(1 / motion.scale)
    assert scores.doubts == ()
    assert tuple(scores.as_dict()) == METRICS


def test_an_even_offset_in_size_is_fitted_away_or_kept() -> None:
    larger = Mesh(SCAN.vertices * 1.1, SCAN.faces)
    assert _scores(larger, MARKS * 1.1)["mean_mm"] < 1e-6
    metric = _scores(larger, MARKS * 1.1, Now("metric"))
    assert metric["mean_mm"] > 1
    assert metric["mm_per_unit"] == 1


@pytest.mark.parametrize(("unit", "mm"), [("mm", 1.0), ("cm", 10.0), ("m", 1000.0)])
def test_a_metric_unit_is_found(unit: str, mm: float) -> None:
    prediction = moved(_noisy(), Similarity(1 / mm, translation=[0, 0, 2 / mm]))
    marks = (MARKS + [0, 0, 2]) / mm
    found, named = (_scores(prediction, marks, Now("metric", name)) for name in ("found", unit))
    assert found["mm_per_unit"] == mm
    assert found.as_dict() == named.as_dict()


def test_a_wrong_metric_unit_is_suspicious() -> None:
    scores = _scores(_noisy(), MARKS, Now("metric", "cm"))
    assert scores["suspicious"] == 1
    assert "another unit" in " ".join(scores.doubts)


@pytest.mark.parametrize("which", ["mirrored mesh", "swapped landmarks"])
def test_mirroring_is_refused_and_the_official_way_takes_it(which: str) -> None:
    flip = np.array([-1, 1, 1])
    prediction, marks = _noisy(), MARKS[SWAPPED]
    if which == "mirrored mesh":
        prediction, marks = Mesh(prediction.vertices * flip, prediction.faces), MARKS * flip
    with pytest.raises(AlignmentError, match="swapped"):
        _scores(prediction, marks)
    official = _scores(prediction, marks, Now.official())
    assert official["mean_mm"] < 2
    assert official["suspicious"] == 1
    if which == "mirrored mesh":
        assert official["mean_mm"] == pytest.approx(_scores(_noisy())["mean_mm"], abs=1e-6)


def test_two_triangles_without_area_stop_nothing() -> None:
    healthy = _noisy()
    spoilt = Mesh(healthy.vertices, np.vstack([healthy.faces, [[1, 1, 2], [3, 3, 3]]]))
    assert _scores(spoilt)["mean_mm"] == pytest.approx(_scores(healthy)["mean_mm"], abs=1e-5)


def test_holes_are_large_distances_and_suspicious() -> None:
    whole = _noisy()
    centres = whole.vertices[whole.faces].mean(1)
    holed = Mesh(whole.vertices, whole.faces[~((centres[:, 2] > 0) & (centres[:, 0] > -15))])
    scores = _scores(holed)
    assert scores["mean_mm"] > 3 * _scores(whole)["mean_mm"]
    assert scores["suspicious"] == 1


@pytest.mark.parametrize(
    ("scan_marks", "error", "said"),
    [
        (MARKS / 1000, AlignmentError, "must be in mm"),
        (MARKS[:5], AlignmentError, r"\(5, 3\)"),
        (np.where(MARKS == 105, np.nan, MARKS), AlignmentError, "nose bottom is NaN"),
        (MARKS + 1000, MetricError, "one frame and unit"),
    ],
)
def test_unusable_scans_are_refused(scan_marks: np.ndarray, error: type, said: str) -> None:
    with pytest.raises(error, match=said):
        Now().prepare(SCAN, scan_marks)


@pytest.mark.parametrize(
    ("vertices", "faces", "marks", "error", "said"),
    [
        (SCAN.vertices, np.empty((0, 3), int), MARKS, MeshError, "no faces"),
        (np.full((3, 3), np.nan), [[0, 1, 2]], MARKS, MeshError, "NaN"),
        (SCAN.vertices, SCAN.faces, np.outer(np.arange(7), [1, 2, 3]), AlignmentError, "one line"),
        (SCAN.vertices, SCAN.faces, MARKS[:, :2], AlignmentError, r"expected \(7, 3\)"),
    ],
)
def test_unusable_predictions_are_refused(vertices, faces, marks, error: type, said: str) -> None:
    with pytest.raises(error, match=said):
        Now().prepare(SCAN, MARKS).compare(vertices, faces, marks)


def test_the_signature_names_every_setting() -> None:
    assert Now().signature("now") == (
        "now|scale:fitted|unit:found|mirror:refused|start:landmarks|crop_centre:0.3|crop_radius:1.4"
        "|refine:dogleg/0.1/0.0001/200|distance:scan-vertex-to-surface|missing:fail|v1"
    )
    signatures = {protocol.signature("now") for protocol in (Now(), Now("metric"), Now.official(), Now.official("m"))}
    assert len(signatures) == 4
