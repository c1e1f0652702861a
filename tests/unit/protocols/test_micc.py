"""MICC: two named protocols, their crops and their scores on shapes whose answers are known."""

import numpy as np
import pytest

from fsbench.core.errors import AlignmentError, MeshError, MetricError
from fsbench.core.mesh import Mesh
from fsbench.geometry.mean_mesh import alignments_to_first, mean_of
from fsbench.geometry.transforms import Similarity
from fsbench.protocols.micc.protocol import METRICS, Micc
from tests.heads import head, moved, random_similarity

HEAD = head(60, 90)
TIP = HEAD.vertices[np.abs(HEAD.vertices - [0, -11, 116]).sum(1).argmin()]
MARKS = np.array([[-45.0, 25, 75], [45, 25, 75], [0, -10, 115], [-25, -50, 80], [25, -50, 80]])
BOTH = pytest.mark.parametrize("protocol", [Micc.deng2019(), Micc.ganfit2021()], ids=["deng2019", "ganfit2021"])


def test_the_crop_is_a_ball_with_its_forehead_cut() -> None:
    for protocol, highest in ((Micc.deng2019(forehead_mm=40), TIP[1] + 40), (Micc.ganfit2021(), np.inf)):
        scan = protocol.prepare(HEAD, TIP, MARKS).reference
        assert np.linalg.norm(scan.vertices - TIP, axis=1).max() <= 95
        assert scan.vertices[:, 1].max() <= highest
    smaller = Micc.ganfit2021().prepare(HEAD, TIP, MARKS, crop_mm=60).reference
    assert 55 < np.linalg.norm(smaller.vertices - TIP, axis=1).max() <= 60


def test_up_is_a_setting() -> None:
    turned = HEAD.vertices[:, [0, 2, 1]] * [1, 1, -1]
    faces = HEAD.faces
    up = Micc("rmse-point-to-plane", "search", Micc.deng2019().icp, forehead_mm=40, up="-z")
    scan = up.prepare(Mesh(turned, faces), TIP[[0, 2, 1]] * [1, 1, -1]).reference
    assert scan.n_vertices == Micc.deng2019(forehead_mm=40).prepare(HEAD, TIP).reference.n_vertices


@BOTH
def test_the_scan_itself_is_perfect_in_any_frame(protocol: Micc) -> None:
    motion = random_similarity(np.random.default_rng(2), most_deg=40)
    prediction = moved(HEAD, motion)
    scores = protocol.prepare(HEAD, TIP, MARKS).compare(prediction.vertices, prediction.faces, motion.apply(MARKS))
    assert scores["score_mm"] < 0.01
    assert scores["mm_per_unit"] == pytest.approx(1 / motion.scale, rel=1e-3)
    assert tuple(scores.as_dict()) == METRICS
    assert scores.doubts == ()


def test_the_two_scores_are_different_things() -> None:
    rng = np.random.default_rng(3)
    rough = Mesh(HEAD.vertices + rng.normal(scale=1, size=HEAD.vertices.shape), HEAD.faces)
    deng = Micc.deng2019().prepare(HEAD, TIP, MARKS).compare(rough.vertices, rough.faces, MARKS)
    ganfit = Micc.ganfit2021().prepare(HEAD, TIP, MARKS).compare(rough.vertices, rough.faces, MARKS)
    assert ganfit["score_mm"] == pytest.approx((ganfit["ref_to_pred_mean_mm"] + ganfit["pred_to_ref_mean_mm"]) / 2)
    # The plane of the nearest triangle is never farther than its nearest point.
    assert 0 < deng["score_mm"] <= deng["ref_to_pred_rmse_mm"] + 1e-9


def test_deng_needs_no_landmarks_and_ganfit_does() -> None:
    prediction = moved(HEAD, Similarity(0.01, translation=[1, 2, 3]))
    assert Micc.deng2019().prepare(HEAD, TIP).compare(prediction.vertices, prediction.faces)["score_mm"] < 0.01
    with pytest.raises(AlignmentError, match="scan has none"):
        Micc.ganfit2021().prepare(HEAD, TIP)
    with pytest.raises(AlignmentError, match="prediction has none"):
        Micc.ganfit2021().prepare(HEAD, TIP, MARKS).compare(prediction.vertices, prediction.faces)


def test_an_empty_crop_is_refused() -> None:
    with pytest.raises(MetricError, match="one frame and unit"):
        Micc.deng2019().prepare(HEAD, TIP + 1000)
    with pytest.raises(AlignmentError, match="three finite"):
        Micc.deng2019().prepare(HEAD, [0, np.nan, 1])


def test_a_nose_tip_that_is_not_on_its_scan_is_refused() -> None:
    """It is inside the head: the ball around it holds points, of another part."""
    with pytest.raises(AlignmentError, match=r"nose tip is \d+\.\d mm away from the scan.*this scan"):
        Micc.deng2019().prepare(HEAD, TIP - [0, 0, 40])
    with pytest.raises(AlignmentError, match=r"in m it would be 0\.0 mm off"):
        Micc.deng2019().prepare(HEAD, TIP / 1000)
    beside = Micc.deng2019().prepare(HEAD, TIP + [0, 0, 3]).reference
    assert abs(beside.n_vertices - Micc.deng2019().prepare(HEAD, TIP).reference.n_vertices) < 60


def test_frames_are_averaged_in_one_pose() -> None:
    rng = np.random.default_rng(4)
    noise = rng.normal(scale=2, size=(5, *HEAD.vertices.shape))
    frames = [moved(Mesh(HEAD.vertices + one, HEAD.faces), random_similarity(rng)) for one in noise]
    meshes = [HEAD, *frames]
    mean = mean_of([mesh.vertices for mesh in meshes], alignments_to_first(meshes))
    # Six frames, one of them without noise: its standard deviation is 2 sqrt(5) / 6.
    assert (mean - HEAD.vertices).std() == pytest.approx(2 * np.sqrt(5) / 6, rel=0.05)
    with pytest.raises(MeshError, match="topology"):
        alignments_to_first([HEAD, head(20, 30)])


def test_the_signatures_differ_and_name_the_forehead() -> None:
    signatures = [Micc.deng2019().signature("micc-deng2019"), Micc.ganfit2021().signature("micc-ganfit2021")]
    assert "forehead_mm:60" in signatures[0]
    assert "references:smaller" in signatures[1]
    assert Micc.deng2019(50).signature("micc-deng2019") != signatures[0]


def test_triangles_without_area_have_no_plane_to_be_near_to() -> None:
    rough = Mesh(HEAD.vertices + np.random.default_rng(3).normal(scale=1, size=HEAD.vertices.shape), HEAD.faces)
    prepared = Micc.deng2019().prepare(HEAD, TIP)
    flat = rough.faces[:, [0, 0, 1]]
    whole = prepared.compare(rough.vertices, rough.faces)["score_mm"]
    before = prepared.compare(rough.vertices, np.concatenate([flat, rough.faces]))["score_mm"]
    # ICP takes their places for what they are, so it ends a little elsewhere.
    assert before == pytest.approx(whole, abs=1e-3)
    assert prepared.compare(rough.vertices, flat)["score_mm"] > whole


def test_a_part_of_a_prediction_scores_no_better_than_the_whole() -> None:
    prepared, scores = Micc.deng2019().prepare(HEAD, TIP), []
    rough = Mesh(HEAD.vertices + np.random.default_rng(3).normal(scale=1, size=HEAD.vertices.shape), HEAD.faces)
    for radius in (1000, 90, 70):
        near = np.linalg.norm(HEAD.vertices - TIP, axis=1) < radius
        scores.append(prepared.compare(rough.vertices, rough.faces[near[rough.faces].all(1)])["score_mm"])
    assert scores == sorted(scores)
