"""Wrong landmarks, and surfaces that look the wrong way: said by every protocol that aligns."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from fsbench.core.errors import AlignmentError, MetricError
from fsbench.core.mesh import Mesh
from fsbench.geometry.nearest import NearestSurface
from fsbench.geometry.transforms import Similarity
from fsbench.protocols.doubts import doubts_about_cover
from fsbench.protocols.landmark_warp.protocol import LandmarkWarp
from fsbench.protocols.measurement import AlignedMeasurement, Scores
from fsbench.protocols.micc.protocol import Micc
from fsbench.protocols.micc.scans import PreparedScans
from fsbench.protocols.now.protocol import Now
from fsbench.protocols.scan.protocol import Scan
from tests.heads import face_of, head
from tests.shapes import plane

SCAN = head(90, 120)
FACE = face_of(SCAN)
ROUGH = head(45, 60)
TIP = SCAN.vertices[np.abs(SCAN.vertices - [0, -11, 116]).sum(1).argmin()]
# Vertices where corners of eyes, nose and corners of the mouth would be, in the order of NoW.
_FEATURES = [[-45.0, 25, 75], [-16, 25, 90], [16, 25, 90], [45, 25, 75], [0, -25, 105], [-25, -50, 80], [25, -50, 80]]
MARKS = np.array([SCAN.vertices[np.abs(SCAN.vertices - place).sum(1).argmin()] for place in _FEATURES])
EYES_SWAPPED = [3, 2, 1, 0, 4, 5, 6]

Score = Callable[..., Scores]


def _now(mesh: Mesh, marks: np.ndarray, scan_marks: np.ndarray = MARKS) -> Scores:
    return Now().prepare(SCAN, scan_marks).compare(mesh.vertices, mesh.faces, marks)


def _scan(mesh: Mesh, marks: np.ndarray, scan_marks: np.ndarray = MARKS) -> Scores:
    return Scan().prepare(FACE, scan_marks).compare(mesh.vertices, mesh.faces, marks)


def _micc(mesh: Mesh, marks: np.ndarray, scan_marks: np.ndarray = MARKS) -> Scores:
    return Micc.ganfit2021().prepare(SCAN, TIP, scan_marks).compare(mesh.vertices, mesh.faces, marks)


def _warp(mesh: Mesh, marks: np.ndarray, scan_marks: np.ndarray = MARKS) -> Scores:
    return LandmarkWarp().prepare(FACE, scan_marks).compare(mesh.vertices, mesh.faces, marks)


EACH = pytest.mark.parametrize("score", [_now, _scan, _micc, _warp], ids=["now", "scan", "micc", "landmark-warp"])


@EACH
def test_healthy_input_leaves_no_doubt(score: Score) -> None:
    assert score(ROUGH, MARKS).doubts == ()


@EACH
def test_swapped_eyes_are_named(score: Score) -> None:
    with pytest.raises(AlignmentError, match="1 and 4, 2 and 3"):
        score(ROUGH, MARKS[EYES_SWAPPED])


@EACH
def test_landmarks_of_another_frame_are_refused(score: Score) -> None:
    with pytest.raises(AlignmentError, match="prediction's landmarks are"):
        score(ROUGH, MARKS + [0, 0, 400])
    with pytest.raises(AlignmentError, match="prediction's landmarks are"):
        score(Mesh(ROUGH.vertices / 1000, ROUGH.faces), MARKS)
    with pytest.raises((AlignmentError, MetricError), match=r"scan's landmarks are|one frame and unit"):
        score(ROUGH, MARKS, MARKS + [0, 0, 400])


@EACH
def test_landmarks_beside_the_mesh_are_a_doubt(score: Score) -> None:
    assert "frame and unit" in score(ROUGH, MARKS + [0, 0, 22]).doubts[0]


@EACH
def test_a_badly_fitting_landmark_is_named(score: Score) -> None:
    away = MARKS.copy()
    away[4] += [0, -30, 0]
    assert "landmark row 5 is 30 off, the others fit at" in score(ROUGH, away).doubts[0]


@EACH
def test_badly_fitting_landmarks_are_a_doubt(score: Score) -> None:
    away = MARKS.copy()
    away[[0, 2, 5]] += [[0, 0, 18], [0, 0, -18], [0, 20, 0]]
    assert "of their spread" in score(ROUGH, away).doubts[0]


@pytest.mark.parametrize("score", [_now, _scan, _micc], ids=["now", "scan", "micc"])
def test_a_prediction_that_looks_inwards_is_a_doubt(score: Score) -> None:
    inside_out = Mesh(ROUGH.vertices, ROUGH.faces[:, ::-1])
    doubts = score(inside_out, MARKS).doubts
    assert len(doubts) == 1 and "opposite ways" in doubts[0]


def test_what_now_says_of_a_hole_is_what_it_measured() -> None:
    """A share within 5 mm is no share of counterparts, and is not called one."""
    half = Mesh(ROUGH.vertices, ROUGH.faces[ROUGH.vertices[ROUGH.faces][:, :, 0].mean(1) > 10])
    scores = _now(half, MARKS)
    assert any(f"only {scores['share_5mm']:.0%} of the reference is within 5 mm" in one for one in scores.doubts)
    assert not any("counterpart" in one for one in scores.doubts)


class _Fixed:
    """A scan that gives every prediction one score."""

    def __init__(self, score: float) -> None:
        self.score = score

    def measure(self, prediction: Mesh, landmarks: np.ndarray | None) -> AlignedMeasurement:
        scores = Scores({"score_mm": self.score})
        return AlignedMeasurement(scores, Similarity(), prediction, prediction, prediction.vertices, np.zeros(1))


def test_nan_neither_wins_nor_loses_the_smaller_of_two_scans() -> None:
    """min() would take the first or the second, by their order."""
    assert PreparedScans((_Fixed(2.0), _Fixed(1.0))).measure(ROUGH).scores["score_mm"] == 1.0
    for scores in ((1.0, np.nan), (np.nan, 1.0)):
        with pytest.raises(MetricError, match="1 of 2 scans"):
            PreparedScans(tuple(_Fixed(score) for score in scores)).measure(ROUGH)


def test_no_distance_back_is_no_score() -> None:
    """The prediction stands beyond the scan's rim altogether: half of a mean of two directions must not be NaN."""
    prepared = Micc.ganfit2021().prepare(SCAN, TIP, MARKS)
    with pytest.raises(MetricError, match="beyond the scan's rim"):
        nearest = prepared.surface.closest(prepared.reference.vertices)
        prepared._score(prepared.reference.vertices, nearest, prepared.surface, nearest.distances >= 0, float("nan"))


@EACH
@pytest.mark.parametrize("shift", [[20, 0, 0], [0, -20, 0]], ids=["sideways", "down"])
@pytest.mark.parametrize("whose", ["prediction's", "scan's"])
def test_landmarks_moved_along_the_face_are_a_doubt(score: Score, shift: list[int], whose: str) -> None:
    """Most of them still lie near some place of the skin, and they fit each other perfectly."""
    of_scan, of_prediction = (MARKS, MARKS + shift) if whose == "prediction's" else (MARKS + shift, MARKS)
    doubts = " ".join(score(ROUGH, of_prediction, of_scan).doubts)
    assert "the landmarks fit each other at" in doubts and "moved" in doubts
    assert "wrong pose" not in doubts


def test_the_scans_landmarks_beside_it_are_a_doubt_of_every_prediction() -> None:
    doubts = _now(ROUGH, MARKS, MARKS + [0, 0, 8]).doubts
    assert doubts[0].startswith("the scan's landmarks are")


@pytest.mark.parametrize(
    ("prediction", "said"),
    [
        (plane(30, z=60), "another shape"),
        (Mesh(plane(90).vertices * [1, 1, 0] + [0, -10, 200], plane().faces), ""),
        (face_of(SCAN, 45), "incomplete"),
    ],
    ids=["a small sheet behind the face", "a large sheet before it", "the nose and the mouth"],
)
def test_a_prediction_is_called_incomplete_where_it_is_cut(prediction: Mesh, said: str) -> None:
    surface = NearestSurface(prediction)
    nearest = surface.closest(FACE.vertices)
    doubts = doubts_about_cover(nearest.distances, ~surface.on_rim(nearest), nearest.points, FACE)
    assert len(doubts) == bool(said) and said in "".join(doubts)


def test_half_of_a_prediction_is_incomplete() -> None:
    left = Mesh(ROUGH.vertices, ROUGH.faces[ROUGH.vertices[ROUGH.faces][:, :, 0].mean(1) > 10])
    assert any("counterpart: is the prediction incomplete?" in one for one in _scan(left, MARKS).doubts)


INCH = 25.4


def _in_inches(name: str, unit: str, with_marks: bool) -> Scores:
    """Of a scan in inches, and a prediction in a unit of its own."""
    scan, marks = Mesh(SCAN.vertices / INCH, SCAN.faces), MARKS / INCH
    face = Mesh(FACE.vertices / INCH, FACE.faces)
    own, own_marks = Mesh(ROUGH.vertices / 70, ROUGH.faces), MARKS / 70
    if name == "scan" and not with_marks:
        return Scan(reference_unit=unit).prepare(face).measure(own).scores
    if name == "scan":
        return Scan(reference_unit=unit).prepare(face, marks).measure(own, own_marks).scores
    if name == "warp":
        return LandmarkWarp(reference_unit=unit).prepare(face, marks).measure(own, own_marks).scores
    protocol = replace(Micc.ganfit2021() if with_marks else Micc.deng2019(np.inf), reference_unit=unit)
    prepared = protocol.prepare(scan, TIP / INCH, marks if with_marks else None)
    return prepared.measure(own, own_marks if with_marks else None).scores


@pytest.mark.parametrize("name", ["scan", "warp", "micc"])
def test_landmarks_find_inches_and_say_so_until_they_are_named(name: str) -> None:
    found, named, wrong = (_in_inches(name, unit, with_marks=True) for unit in ("found", "25.4", "cm"))
    assert found["ref_mm_per_unit"] == INCH
    first = next(iter(named.values))
    assert found[first] == named[first] and named.doubts == ()
    assert "in inches, which were taken" in found.doubts[0] and "--reference-unit 25.4, or cm" in found.doubts[0]
    assert "18.4 mm" in wrong.doubts[0] and "--reference-unit 25.4 (inches)" in wrong.doubts[0]


@pytest.mark.parametrize("name", ["scan", "micc"])
def test_without_landmarks_inches_are_a_doubt(name: str) -> None:
    doubts = _in_inches(name, "found", with_marks=False).doubts
    assert any("guessed" in one and "in inches it is" in one and "2.54 times larger" in one for one in doubts)
    assert not any("inches" in one for one in _in_inches(name, "25.4", with_marks=False).doubts)


def test_a_prediction_in_millimetres_speaks_for_centimetres() -> None:
    assert Scan().prepare(Mesh(FACE.vertices / 10, FACE.faces)).measure(ROUGH).scores.doubts == ()


def _doubled(mesh: Mesh) -> Mesh:
    """Every triangle with its back, the back first in every other pair."""
    pairs = np.stack([mesh.faces, mesh.faces[:, ::-1]], 1)
    pairs[::2] = pairs[::2, ::-1]
    return Mesh(mesh.vertices, pairs.reshape(-1, 3))


@EACH
def test_a_mesh_with_two_sides_scores_as_its_outer_one_and_is_noted(score: Score) -> None:
    plain, double = score(ROUGH, MARKS), score(_doubled(ROUGH), MARKS)
    assert plain.notes == () and "there twice" in double.notes[0]
    for name, value in plain.values.items():
        # Of two neighbours the first in the file has the normal of the edge between them.
        assert double[name] == pytest.approx(value, rel=1e-12, nan_ok=True), name


def test_a_scan_with_two_sides_measures_as_its_outer_one() -> None:
    for protocol in (Scan(), LandmarkWarp()):
        plain, double = (protocol.prepare(one, MARKS).measure(ROUGH, MARKS).scores for one in (FACE, _doubled(FACE)))
        assert double.values == pytest.approx(plain.values, rel=1e-12, nan_ok=True)
    micc = Micc.ganfit2021()
    plain, double = (micc.prepare(one, TIP, MARKS).measure(ROUGH, MARKS).scores for one in (SCAN, _doubled(SCAN)))
    assert double.values == pytest.approx(plain.values, rel=1e-12, nan_ok=True)
