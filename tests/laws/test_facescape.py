"""What holds for every prediction that the FaceScape protocol scores, in the wild and in the lab."""

import numpy as np
import pytest

from fsbench.core.errors import AlignmentError, MeshError
from fsbench.core.mesh import Mesh
from fsbench.geometry.cameras import OrthographicCamera, PinholeCamera
from fsbench.protocols.facescape.protocol import FaceScape, Prepared, View
from tests.shapes import ellipsoid

# Single-precision rays at a few hundred millimetres: an angle between equal normals is as good as arccos
# near 1 allows, a distance as good as the coordinates.
EXACT_MM = 2e-3
EXACT_RAD = 1e-3

DISTANCE_MM = {"wild": 400.0, "lab": 1400.0}


def _prepared(where: str) -> tuple[Prepared, Mesh]:
    """A head in front of the camera of `where`, and its prediction-to-be in the adapter's frame (mm)."""
    head = ellipsoid()
    if where == "wild":
        center, rotation = np.array([3.0, -5.0, -DISTANCE_MM[where]]), np.eye(3)
        camera, protocol = OrthographicCamera(150.0), FaceScape("depth-median")
    else:
        center, rotation = np.array([3.0, -5.0, DISTANCE_MM[where]]), np.diag([1.0, -1.0, -1.0])
        camera, protocol = PinholeCamera(1200.0, 1200.0, 128.0, 128.0), FaceScape("depth-median-rays")
    placed = Mesh(head.vertices @ rotation.T + center, head.faces)
    return protocol.prepare(placed, View(camera, rotation, center, 1.0)), placed


@pytest.fixture(scope="module", params=["wild", "lab"])
def case(request: pytest.FixtureRequest) -> tuple[Prepared, Mesh]:
    return _prepared(request.param)


def _about_its_mean(mesh: Mesh, factor: float) -> np.ndarray:
    mean = mesh.vertices.mean(0)
    return (mesh.vertices - mean) * factor + mean


def test_the_reference_itself_is_perfect(case) -> None:
    prepared, head = case
    scores = prepared.compare(head.vertices, head.faces)
    assert scores.cd_mm < EXACT_MM
    assert scores.mne_rad < EXACT_RAD
    assert scores.normal_deg < np.degrees(EXACT_RAD)
    assert scores.cr == 1.0
    assert abs(scores.depth_shift_mm) < EXACT_MM


def test_depth_does_not_count(case) -> None:
    prepared, head = case
    vertices = _about_its_mean(head, 1.03)
    here = prepared.compare(vertices, head.faces)
    if prepared.protocol.align == "depth-median":
        there, tolerance = prepared.compare(vertices - [0, 0, 87.0], head.faces), EXACT_MM
    else:
        # The slide is m / (m - d) with a mean and a median in it: undone to 1 % of how far these lie apart.
        there, tolerance = prepared.compare(vertices * 1.01, head.faces), 0.1
    assert there.cd_mm == pytest.approx(here.cd_mm, abs=tolerance)
    assert there.cr == pytest.approx(here.cr, abs=1e-3)


def test_the_order_of_vertices_and_faces_does_not_matter(case) -> None:
    prepared, head = case
    rng = np.random.default_rng(0)
    vertices = _about_its_mean(head, 1.05)
    order = rng.permutation(len(vertices))
    place = np.argsort(order)
    faces = rng.permutation(np.roll(place[head.faces], 1, axis=1))
    plain, shuffled = prepared.compare(vertices, head.faces), prepared.compare(vertices[order], faces)
    assert shuffled.cd_mm == pytest.approx(plain.cd_mm, abs=EXACT_MM)
    assert shuffled.cr == pytest.approx(plain.cr, abs=1e-4)


def test_splitting_triangles_hardly_matters(case) -> None:
    prepared, head = case
    vertices = _about_its_mean(head, 1.05)
    middles = vertices[head.faces].mean(1)
    middle = np.arange(len(middles)) + len(vertices)
    a, b, c = head.faces.T
    faces = np.concatenate([np.stack(t, 1) for t in ((a, b, middle), (b, c, middle), (c, a, middle))])
    plain, split = prepared.compare(vertices, head.faces), prepared.compare(np.concatenate([vertices, middles]), faces)
    assert split.cd_mm == pytest.approx(plain.cd_mm, abs=EXACT_MM)


def test_a_vertex_that_no_face_uses_plays_no_part(case) -> None:
    prepared, head = case
    stray = np.concatenate([head.vertices, head.vertices.mean(0, keepdims=True)])
    assert prepared.compare(stray, head.faces).cd_mm < EXACT_MM


def test_a_larger_error_never_scores_better(case) -> None:
    prepared, head = case
    factors = (1.0, 1.01, 1.02, 1.04, 1.08)
    distances = [prepared.compare(_about_its_mean(head, factor), head.faces).cd_mm for factor in factors]
    assert distances == sorted(distances)
    assert distances[-1] > 2.0


def test_half_a_face_costs_completeness_and_not_distance(case) -> None:
    prepared, head = case
    left = head.vertices[head.faces][:, :, 0].mean(1) < head.vertices[:, 0].mean()
    scores = prepared.compare(head.vertices, head.faces[left])
    assert scores.cr == pytest.approx(0.5, abs=0.02)
    assert scores.cd_mm < EXACT_MM


def test_the_measure_does_not_touch_its_arguments(case) -> None:
    prepared, head = case
    vertices, faces = head.vertices.copy(), head.faces.copy()
    prepared.compare(vertices, faces)
    np.testing.assert_array_equal(vertices, head.vertices)
    np.testing.assert_array_equal(faces, head.faces)


@pytest.mark.parametrize(
    ("vertices", "faces", "message"),
    [
        (np.empty((0, 3)), np.empty((0, 3), int), "no vertices"),
        (np.full((3, 3), np.nan), [[0, 1, 2]], "NaN"),
        (np.zeros((3, 3)), [[0, 1, 3]], "do not exist"),
        (np.zeros((3, 2)), [[0, 1, 2]], "expected \\(V, 3\\)"),
        (np.zeros((3, 3)), [[0, 1, 2, 2]], "triangles only"),
        (np.zeros((3, 3)), [[0.0, 1.0, 2.0]], "whole numbers"),
    ],
)
def test_what_is_no_mesh_is_refused(case, vertices, faces, message) -> None:
    with pytest.raises(MeshError, match=message):
        case[0].compare(vertices, faces)


def test_a_point_cloud_is_refused(case) -> None:
    prepared, head = case
    with pytest.raises(MeshError, match="no faces"):
        prepared.compare(head.vertices, [])


@pytest.mark.parametrize("factor", [1000.0, 1e-3, 0.0])
def test_another_unit_is_refused(case, factor) -> None:
    prepared, head = case
    with pytest.raises(AlignmentError, match="another unit"):
        prepared.compare(_about_its_mean(head, factor), head.faces)


def test_behind_the_camera_is_refused(case) -> None:
    prepared, head = case
    with pytest.raises(AlignmentError, match="behind the camera"):
        prepared.compare(head.vertices * [1, 1, -1], head.faces[:, ::-1])


def test_beside_the_image_is_refused(case) -> None:
    prepared, head = case
    with pytest.raises(AlignmentError, match="no overlap"):
        prepared.compare(head.vertices + [5000.0, 0, 0], head.faces)


def test_inverted_faces_are_named_in_the_row(case) -> None:
    prepared, head = case
    inverted = prepared.compare(head.vertices, head.faces[:, ::-1])
    assert inverted.normal_deg > 90 and any("faces inverted" in note for note in inverted.notes)
    assert not any("faces inverted" in note for note in prepared.compare(head.vertices, head.faces).notes)


@pytest.mark.parametrize("own_vertices", [False, True])
def test_the_side_that_looks_outwards_counts_whatever_the_order_of_faces(case, own_vertices: bool) -> None:
    prepared, head = case
    vertices = _about_its_mean(head, 1.05)
    plain = prepared.measure(Mesh(vertices, head.faces))
    assert plain.scores.notes == ()
    # Files hold single precision: the back may lie a rounding farther out.
    backs = np.concatenate([vertices, _about_its_mean(Mesh(vertices, head.faces), 1 + 1e-8)])
    both = head.faces, head.faces[:, ::-1] + (len(vertices) if own_vertices else 0)
    for faces in (np.concatenate(both), np.concatenate(both[::-1]), np.stack(both, 1).reshape(-1, 3)):
        double = prepared.measure(Mesh(backs if own_vertices else vertices, faces))
        for name, value in double.scores.as_dict().items():
            assert value == pytest.approx(getattr(plain.scores, name), abs=1e-5), name
        assert "there twice" in double.scores.notes[0]
