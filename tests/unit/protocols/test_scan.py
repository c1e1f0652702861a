"""Scan: units and poses found, every direction named, suspicious alignments said."""

import numpy as np
import pytest

from fsbench.core.errors import AlignmentError, MeshError
from fsbench.core.mesh import Mesh
from fsbench.geometry.transforms import Similarity
from fsbench.protocols.measurement import AlignedMeasurement
from fsbench.protocols.scan.protocol import METRICS, Scan
from tests.heads import face_of, head, moved, random_similarity

HEAD = head(60, 90)
FACE = face_of(HEAD)
ROUGH = head(45, 60)
MARKS = np.array([[-45.0, 25, 75], [45, 25, 75], [0, -10, 115], [-25, -50, 80], [25, -50, 80]])
FINE = head(150, 210)
FINE_FACE = face_of(FINE)
ON_FACE = FACE.vertices[np.linspace(0, FACE.n_vertices - 1, 12).round().astype(int)]
SWAPPED = [1, 0, 2, 4, 3]
# ICP by triangles ends within hundredths of a millimetre of the same place from anywhere.
SAME_MM = 0.02
# On the same points it ends within less, from another start.
SAME_POINTS_MM = 1e-3


def test_a_scan_of_the_prediction_itself_is_perfect_in_any_unit_and_pose() -> None:
    motion = random_similarity(np.random.default_rng(0), most_deg=40, decades=2)
    prediction = moved(HEAD, motion)
    measured = Scan().prepare(moved(FACE, Similarity(0.001))).measure(prediction)
    scores = measured.scores
    assert scores["symmetric_rmse_mm"] < 1e-3
    assert scores["normal_deg"] < 5  # vertex normals against those of the triangles beside them
    assert scores["mm_per_unit"] == pytest.approx(1 / motion.scale, rel=1e-4)
    assert scores["ref_mm_per_unit"] == 1000
    assert scores["covered_share"] == 1
    assert scores.doubts == ()
    assert tuple(scores.as_dict()) == METRICS
    np.testing.assert_allclose(measured.prediction.vertices, HEAD.vertices, atol=0.01)


def test_landmarks_and_search_lead_to_the_same() -> None:
    motion = random_similarity(np.random.default_rng(1), most_deg=40)
    prediction = moved(ROUGH, motion)
    searched = Scan().prepare(FACE).compare(prediction.vertices, prediction.faces)
    marked = Scan().prepare(FACE, MARKS).compare(prediction.vertices, prediction.faces, motion.apply(MARKS))
    assert marked["ref_to_pred_mean_mm"] == pytest.approx(searched["ref_to_pred_mean_mm"], abs=SAME_MM)


def test_metric_keeps_the_size() -> None:
    larger = moved(HEAD, Similarity(1.1 / 1000))
    fitted, metric = (Scan(scale).prepare(FACE).measure(larger).scores for scale in ("fitted", "metric"))
    assert fitted["ref_to_pred_mean_mm"] < 1e-3
    assert metric["ref_to_pred_mean_mm"] > 0.5
    assert metric["mm_per_unit"] == 1000


def test_what_stands_beyond_the_scan_is_not_measured_and_what_is_missing_is() -> None:
    whole = Scan().prepare(FACE, MARKS).measure(HEAD, MARKS).scores
    assert whole["pred_to_ref_p90_mm"] < 1e-3
    half = Mesh(HEAD.vertices, HEAD.faces[(HEAD.vertices[HEAD.faces][:, :, 0] > -5).all(1)])
    scores = Scan().prepare(FACE, MARKS).measure(half, MARKS).scores
    assert scores["covered_share"] < 0.6
    assert scores["ref_to_pred_p90_mm"] > 20
    assert scores["suspicious"] == 1
    assert "incomplete" in " ".join(scores.doubts)


def test_point_clouds_are_measured_to_their_points() -> None:
    cloud = Scan().prepare(FACE, MARKS).compare(ROUGH.vertices, [], MARKS)
    solid = Scan().prepare(FACE, MARKS).compare(ROUGH.vertices, ROUGH.faces, MARKS)
    assert cloud["ref_to_pred_mean_mm"] > solid["ref_to_pred_mean_mm"]
    assert np.isnan(cloud["normal_deg"])
    backless = Scan().prepare(Mesh(FACE.vertices), MARKS).compare(ROUGH.vertices, ROUGH.faces, MARKS)
    assert np.isnan(backless["pred_to_ref_mean_mm"])
    assert np.isnan(backless["symmetric_mean_mm"])
    assert backless["ref_to_pred_mean_mm"] == pytest.approx(solid["ref_to_pred_mean_mm"], abs=0.1)


def _close(measured: AlignedMeasurement, motion: Similarity) -> None:
    """Size and place are found again: a part of a cloud fits as that of a mesh does."""
    assert measured.scores["mm_per_unit"] == pytest.approx(1 / motion.scale, rel=0.005)
    there = measured.ref_from_pred.apply(motion.apply(FACE.vertices))
    assert np.linalg.norm(there - FACE.vertices, axis=1).max() < 1


@pytest.mark.parametrize("marked", [True, False], ids=["landmarks", "no landmarks"])
@pytest.mark.parametrize("part", ["left half", "lower half", "around the nose"])
def test_a_cloud_that_covers_a_part_is_not_blown_up(part: str, marked: bool) -> None:
    """From the scan's points to the cloud's, all of the scan would pull it over what it does not show."""
    x, y, _ = FINE_FACE.vertices.T
    kept = {"left half": x < 0, "lower half": y < -10, "around the nose": np.hypot(x, y + 15) < 65}[part]
    motion = random_similarity(np.random.default_rng(2), most_deg=30)
    cloud, marks = Mesh(motion.apply(FINE_FACE.vertices[kept])), motion.apply(ON_FACE)
    prepared = Scan().prepare(FACE, ON_FACE if marked else None)
    measured = prepared.measure(cloud, marks if marked else None)
    _close(measured, motion)
    assert measured.scores["covered_share"] < (0.7 if "half" in part else 0.9)
    assert measured.scores["pred_to_ref_p90_mm"] < 0.5
    assert part != "left half" or "incomplete" in " ".join(measured.scores.doubts)


@pytest.mark.parametrize("marked", [True, False], ids=["landmarks", "no landmarks"])
def test_a_cloud_that_goes_beyond_the_scan_is_not_shrunk(marked: bool) -> None:
    motion = random_similarity(np.random.default_rng(3), most_deg=30)
    cloud, marks = Mesh(motion.apply(FINE.vertices)), motion.apply(ON_FACE)
    prepared = Scan().prepare(FACE, ON_FACE if marked else None)
    measured = prepared.measure(cloud, marks if marked else None)
    _close(measured, motion)
    assert measured.scores["covered_share"] > 0.99


def test_points_far_apart_are_a_doubt() -> None:
    prepared = Scan().prepare(FACE, ON_FACE)
    sparse = prepared.compare(HEAD.vertices[::10], [], ON_FACE)
    assert "points stand" in " ".join(sparse.doubts) and "Give a mesh" in " ".join(sparse.doubts)
    assert not any("points stand" in one for one in prepared.compare(HEAD.vertices, HEAD.faces, ON_FACE).doubts)
    dense = np.concatenate([FINE.vertices, FINE.vertices[FINE.faces].mean(1)])
    assert prepared.compare(dense, [], ON_FACE).doubts == ()


def test_swapped_landmarks_are_refused() -> None:
    with pytest.raises(AlignmentError, match="swapped"):
        Scan().prepare(FACE, MARKS).compare(ROUGH.vertices, ROUGH.faces, MARKS[SWAPPED])


def test_another_shape_is_suspicious() -> None:
    box = np.array([[x, y, z] for x in (-60, 60) for y in (-90, 90) for z in (-80, 80)], float)
    faces = [
        [0, 1, 3],
        [0, 3, 2],
        [4, 7, 5],
        [4, 6, 7],
        [0, 5, 1],
        [0, 4, 5],
        [2, 3, 7],
        [2, 7, 6],
        [1, 5, 7],
        [1, 7, 3],
    ]
    assert Scan().prepare(FACE, MARKS).compare(box, faces, MARKS)["suspicious"] == 1


def test_a_unit_cube_scan_is_refused_until_its_unit_is_named() -> None:
    small = moved(FACE, Similarity(0.01))
    with pytest.raises(AlignmentError, match="--reference-unit"):
        Scan().prepare(small)
    assert Scan(reference_unit="dm").prepare(small).unit.mm == 100


CROP = face_of(FINE, 26, (0.0, -10.0, 115.0))


def test_a_small_crop_whose_unit_is_guessed_wrongly_says_so_first() -> None:
    doubts = Scan().prepare(CROP).compare(ROUGH.vertices, ROUGH.faces).doubts
    assert doubts[0].startswith("the unit of the scan was guessed")
    assert "As cm, which was taken" in doubts[0] and "--reference-unit mm, or cm" in doubts[0]
    named = Scan(reference_unit="mm").prepare(CROP).compare(ROUGH.vertices, ROUGH.faces)
    assert not any("guessed" in one for one in named.doubts)


def test_a_head_in_centimetres_is_not_doubted() -> None:
    prepared = Scan().prepare(moved(HEAD, Similarity(0.1)))
    assert prepared.unit.mm == 10 and prepared.other_unit is not None
    assert prepared.compare(HEAD.vertices, HEAD.faces).doubts == ()


def test_landmarks_say_the_unit_of_a_small_crop() -> None:
    marks = CROP.vertices[:: CROP.n_vertices // 8]
    assert Scan().prepare(CROP, marks).compare(ROUGH.vertices, ROUGH.faces, marks)["ref_mm_per_unit"] == 1


def test_broken_meshes_are_refused() -> None:
    prepared = Scan().prepare(FACE, MARKS)
    with pytest.raises(MeshError, match="empty"):
        prepared.compare(np.empty((0, 3)), [], MARKS)
    with pytest.raises(AlignmentError, match="correspond"):
        prepared.compare(HEAD.vertices, HEAD.faces, MARKS[:4])


def test_the_signature_names_every_setting() -> None:
    assert Scan().signature("scan") == (
        "scan|scale:fitted|unit:found|reference_unit:found|icp:point-to-plane/scaled/tukey/trim-0/no-rim/1e-09/100"
        "|icp_points:5000|distances:vertex-to-surface|missing:fail|v3"
    )


STRAY = np.array([[0.0, 0.0, -850.0]])
"""Where a depth camera at the origin of its scan writes what it did not see."""


@pytest.mark.parametrize("unit_mm", [1.0, 10.0, 1000.0])
def test_vertices_that_no_triangle_uses_are_no_part_of_a_scan(unit_mm: float) -> None:
    littered = Mesh(np.concatenate([STRAY, FACE.vertices]) / unit_mm, FACE.faces + 1)
    alone, among = (Scan().prepare(moved(one, Similarity())).measure(ROUGH) for one in (FACE, littered))
    assert among.scores["ref_mm_per_unit"] == unit_mm
    assert among.ref_to_pred_mm == pytest.approx(alone.ref_to_pred_mm, abs=SAME_POINTS_MM)


def test_the_order_of_a_scans_vertices_does_not_matter() -> None:
    order = np.random.default_rng(5).permutation(FINE_FACE.n_vertices)
    place = np.argsort(order)
    shuffled = Mesh(FINE_FACE.vertices[order], place[FINE_FACE.faces])
    here, there = (Scan(icp_points=500).prepare(one).measure(ROUGH).scores for one in (FINE_FACE, shuffled))
    assert there["ref_to_pred_mean_mm"] == pytest.approx(here["ref_to_pred_mean_mm"], abs=SAME_POINTS_MM)
