"""FaceScape with landmarks: turns and shifts that are known, and the columns of FaceScape as they are without."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from fsbench.core.errors import AlignmentError, FsbenchError, MetricError
from fsbench.core.mesh import Floats, Mesh
from fsbench.geometry.cameras import OrthographicCamera, PinholeCamera
from fsbench.protocols.facescape.protocol import METRICS as PLAIN
from fsbench.protocols.facescape.protocol import FaceScape, View
from fsbench.protocols.head_pose.protocol import METRICS, HeadPose, PreparedHeadPose
from tests.heads import head

HEAD = head(40, 60)
MARKS = np.flatnonzero(HEAD.vertices[:, 2] > 60)[::9]
MM_PER_UNIT = 62.85


def _turned(axis: str, degrees: float) -> Floats:
    """The head, turned in its own frame."""
    return HEAD.vertices @ Rotation.from_euler(axis, degrees, degrees=True).as_matrix().T


class Case:
    """A head before the camera of a benchmark; predictions are in the unit of adapters."""

    def __init__(self, where: str) -> None:
        if where == "wild":
            self.centre, self.turn = np.array([3.0, -5.0, -400.0]), np.eye(3)
            camera, protocol = OrthographicCamera(150.0), FaceScape("depth-median")
        else:
            self.centre, self.turn = np.array([3.0, -5.0, 1400.0]), np.diag([1.0, -1.0, -1.0])
            camera, protocol = PinholeCamera(1200.0, 1100.0, 128.0, 120.0), FaceScape("depth-median-rays")
        self.view = View(camera, self.turn, self.centre, MM_PER_UNIT)
        self.settings = HeadPose(protocol)
        placed = self.placed(HEAD.vertices)
        self.reference = Mesh(placed, HEAD.faces)
        self.prepared = self.settings.prepare(self.reference, placed[MARKS], self.view)

    def placed(self, points: Floats) -> Floats:
        """From the head frame to the camera frame, mm."""
        return points @ self.turn.T + self.centre

    def scores(self, placed: Floats, marks: Floats | None = None):
        vertices = placed / MM_PER_UNIT
        return self.prepared.compare(
            vertices, HEAD.faces, vertices[MARKS] if marks is None else np.asarray(marks) / MM_PER_UNIT
        )


@pytest.fixture(scope="module", params=["wild", "lab"])
def case(request: pytest.FixtureRequest) -> Case:
    return Case(request.param)


def test_the_reference_itself_has_no_error(case: Case) -> None:
    scores = case.scores(case.reference.vertices)
    assert tuple(scores.as_dict()) == METRICS
    # Coordinates of a thousand mm in double precision.
    assert scores.head_rotation_deg == pytest.approx(0, abs=1e-9)
    assert scores.landmark_nme == pytest.approx(0, abs=1e-12)


def test_a_head_turned_by_ten_degrees_about_y_is_ten_degrees_off(case: Case) -> None:
    turned = _turned("y", 10)
    assert case.scores(case.placed(turned)).head_rotation_deg == pytest.approx(10.0, abs=1e-9)


def test_landmarks_shifted_by_pixels_are_off_by_these_over_the_box(case: Case) -> None:
    """A shift across the optical axis is one of so many pixels for each landmark, by the camera's own formula."""
    reference = case.reference.vertices[MARKS]
    shift_mm = np.array([4.0, -3.0, 0.0])
    depth = case.view.camera.depth(reference)
    px_per_mm = np.full((len(MARKS), 2), 256 / 300)
    plane = reference[:, :2]
    if isinstance(case.view.camera, PinholeCamera):
        px_per_mm = np.array([1200.0, 1100.0]) / depth[:, None]
    width, height = np.ptp(plane * px_per_mm, axis=0)
    expected = np.linalg.norm(shift_mm[:2] * px_per_mm, axis=1).mean() / np.sqrt(width * height)
    scores = case.scores(case.reference.vertices + shift_mm)
    assert scores.landmark_nme == pytest.approx(expected, rel=1e-9)
    assert scores.head_rotation_deg == pytest.approx(0, abs=1e-9)


def test_depth_which_is_aligned_does_not_count(case: Case) -> None:
    turned = case.placed(_turned("x", 3) * 1.03)
    here = case.scores(turned)
    farther = turned - [0, 0, 87.0] if case.view.camera.__class__ is OrthographicCamera else turned * 1.2
    there = case.scores(farther)
    assert there.head_rotation_deg == pytest.approx(here.head_rotation_deg, abs=1e-9)
    assert there.landmark_nme == pytest.approx(here.landmark_nme, rel=1e-9)
    assert here.landmark_nme > 1e-3


def test_the_columns_of_facescape_are_as_they_are_without_landmarks(case: Case) -> None:
    bumpy = case.placed(HEAD.vertices + np.sin(HEAD.vertices[:, [1, 2, 0]] / 9))
    plain = case.settings.facescape.prepare(case.reference, case.view)
    expected = plain.compare(bumpy / MM_PER_UNIT, HEAD.faces)
    found = case.scores(bumpy)
    assert {name: found[name] for name in PLAIN} == expected.as_dict()


def test_a_reference_that_was_kept_gives_the_same_numbers(case: Case) -> None:
    turned = case.placed(_turned("z", 5))
    restored = case.settings.restore(case.prepared.arrays(), case.view)
    assert isinstance(restored, PreparedHeadPose)
    vertices = turned / MM_PER_UNIT
    assert restored.compare(vertices, HEAD.faces, vertices[MARKS]).as_dict() == case.scores(turned).as_dict()
    for spoilt in (
        {name: array for name, array in case.prepared.arrays().items() if name != "landmarks_mm"},
        case.prepared.arrays() | {"landmarks_mm": np.zeros(3)},
    ):
        with pytest.raises((LookupError, ValueError)):
            case.settings.restore(spoilt, case.view)


@pytest.mark.parametrize(
    ("marks", "said"),
    [
        (lambda marks: marks[:-1], "they must correspond"),
        (lambda marks: marks * np.nan, "NaN or infinite"),
        (lambda marks: marks[::-1], "correspond|order|changed places"),
        (lambda marks: marks + [500, 0, 0], "away from its mesh"),
        (lambda marks: marks[:, :2], r"expected \(n, 3\)"),
    ],
)
def test_unusable_landmarks_of_a_prediction_are_refused(case: Case, marks, said: str) -> None:
    placed = case.reference.vertices
    with pytest.raises(AlignmentError, match=said):
        case.scores(placed, marks(placed[MARKS]))


def test_a_prediction_without_landmarks_is_refused(case: Case) -> None:
    with pytest.raises(AlignmentError, match="--pred-landmarks"):
        case.prepared.measure(Mesh(case.reference.vertices / MM_PER_UNIT, HEAD.faces))


def test_unusable_landmarks_of_a_reference_are_refused(case: Case) -> None:
    placed = case.reference.vertices[MARKS]
    for marks in (placed + [500, 0, 0], placed * 1.1, placed[:, :2], placed * np.nan):
        with pytest.raises(FsbenchError):
            case.settings.prepare(case.reference, marks, case.view)
    behind = Mesh(case.reference.vertices - [0, 0, case.centre[2]], HEAD.faces)
    with pytest.raises(MetricError, match="behind the camera"):
        case.settings.prepare(behind, behind.vertices, case.view)


def test_the_signature_is_facescapes_with_the_pose_in_it() -> None:
    plain = FaceScape("depth-median")
    assert HeadPose(plain).signature("fswild") == plain.signature("fswild").replace(
        "|v1", "|pose:landmark-procrustes/1|nme:landmark-box/1|v1"
    )
