"""Transfer, bending and the orders of landmarks, on shapes whose answer is known."""

import numpy as np
import pytest

from fsbench.core.errors import AlignmentError, MeshError
from fsbench.core.mesh import Mesh
from fsbench.geometry.elastic import Bending, bend_onto
from fsbench.geometry.face_points import doubts_about_face, mirror_images, order_of
from fsbench.geometry.transfer import transfer_landmarks
from fsbench.geometry.transforms import Similarity
from tests.heads import face_of, head, moved

# Corners of a box around the origin: points whose affine map is known everywhere.
_BOX = np.array([[x, y, z] for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)])


def _some(mesh: Mesh, n: int = 12) -> np.ndarray:
    """Vertices on the front of the head."""
    front = np.flatnonzero((mesh.vertices[:, 2] > 60) & (np.abs(mesh.vertices[:, 1]) < 60))
    return np.asarray(front[:: len(front) // n][:n])


@pytest.mark.parametrize("n", [7, 51, 68])
def test_the_mirror_image_of_a_mirror_image_is_the_landmark(n: int) -> None:
    images = mirror_images(n)
    assert images[images].tolist() == list(range(n))
    assert (images != np.arange(n)).any()


def test_seven_are_the_same_points_of_51_and_of_68() -> None:
    assert (
        np.arange(17, 68)[order_of(51, 7)].tolist()
        == order_of(68, 7).tolist()
        == order_of(85, 7).tolist()
        == [36, 39, 42, 45, 33, 48, 54]
    )


def test_more_cannot_be_taken_from_fewer() -> None:
    with pytest.raises(AlignmentError, match=r"^68 landmarks cannot be taken from 51: expected 68$"):
        order_of(51, 68)


def test_a_symmetric_face_is_believed_and_other_vertices_are_not() -> None:
    random = np.random.default_rng(0)
    half = random.normal(size=(68, 3))
    face = half + half[mirror_images(68)] * [-1, 1, 1]
    assert doubts_about_face(face, face) == []
    assert doubts_about_face(half, half)[0].startswith("left and right differ by ")
    assert doubts_about_face(face, 50 * face) == [
        "the landmarks spread 0.02 times as far as all vertices (faces: 0.2 to 1)"
    ]
    assert doubts_about_face(np.zeros((68, 3)), face) == ["all landmarks are in one place"]


def test_a_bending_by_an_affine_map_stretches_as_that_does() -> None:
    bending = Bending(_BOX, _BOX * [3.0, 1.0, 0.5], 0.0, np.array([5.0, 0, 0]), 2.0)
    factors, folds = bending.stretch(np.array([[5.5, 0.2, 0.1], [5.0, 0.0, 0.0]]))
    assert np.allclose(factors, [3.0, 1.0, 0.5], rtol=0, atol=1e-6) and not folds.any()
    assert Bending(_BOX, _BOX * [-1.0, 1.0, 1.0], 0.0, np.zeros(3), 1.0).stretch(np.zeros((1, 3)))[1].all()


def test_a_bent_head_is_found_again() -> None:
    """The bending is known: a cheek pushed out smoothly, 8 mm at most."""
    source = head()
    rows = _some(source)

    def pushed(points: np.ndarray) -> np.ndarray:
        away = ((points - [45.0, -20.0, 70.0]) ** 2).sum(1)
        return np.asarray(points + np.array([0.6, 0.0, 0.8]) * (8 * np.exp(-away / 40**2))[:, None])

    target = Mesh(pushed(source.vertices), source.faces)
    bending = bend_onto(source, target, source.vertices[rows])
    error = np.linalg.norm(bending.apply(source.vertices[rows]) - target.vertices[rows], axis=1)
    before = np.linalg.norm(source.vertices[rows] - target.vertices[rows], axis=1)
    # The synthetic head is smooth, so along its surface little holds a place; off it, half a millimetre.
    assert bending.residual_rms < 0.5
    assert np.sqrt((error**2).mean()) < 0.5 * np.sqrt((before**2).mean())


def test_given_points_are_kept_to() -> None:
    source = head()
    rows = _some(source)
    marks = source.vertices[rows]
    slid = marks + np.array([3.0, 0.0, 0.0])
    without = bend_onto(source, source, marks).apply(marks)
    told = bend_onto(source, source, marks, (marks, slid)).apply(marks)
    assert np.linalg.norm(told - slid, axis=1).mean() < np.linalg.norm(without - slid, axis=1).mean() / 2


def test_a_landmark_beyond_the_target_is_doubted_and_the_others_are_not() -> None:
    source = head()
    target = face_of(source, radius_mm=70)
    ear = int(np.abs(source.vertices - [90.0, 0.0, -10.0]).sum(1).argmin())
    rows = np.append(_some(target), -1)
    marks = np.vstack([target.vertices[rows[:-1]], source.vertices[ear]])
    by = Similarity(0.1, translation=[1.0, 2.0, 3.0])
    found = transfer_landmarks(source, marks, moved(target, by), (marks[:5], by.apply(marks[:5])))
    assert {row for row, _ in found.doubts} == {len(marks) - 1}
    assert any("off the surface" in text for _, text in found.doubts)
    assert np.allclose(found.points[:-1], by.apply(marks[:-1]), rtol=0, atol=1e-6)


@pytest.mark.parametrize("is_bent", [False, True])
def test_triangles_that_look_inwards_change_nothing(is_bent: bool) -> None:
    source = head(60, 80)
    rows = _some(source)
    by = Similarity(0.1, translation=[1.0, 2.0, 3.0])
    shape = Mesh(source.vertices * ([1.15, 1.0, 0.9] if is_bent else [1.0, 1.0, 1.0]), source.faces)
    target = moved(shape, by)
    inwards = Mesh(target.vertices, target.faces[:, ::-1])
    marks = source.vertices[rows]
    start = (marks[:6], target.vertices[rows[:6]])
    outer, inner = (transfer_landmarks(source, marks, one, start) for one in (target, inwards))
    assert outer.bent == inner.bent == is_bent
    assert np.allclose(inner.points, outer.points, rtol=0, atol=1e-9)
    places = (inwards.vertices[inwards.faces[inner.faces]] * inner.weights[..., None]).sum(1)
    assert np.allclose(places, inner.points, rtol=0, atol=1e-9)
    assert inner.vertices.tolist() == outer.vertices.tolist()


def test_a_cloud_has_no_places_to_look_up() -> None:
    cloud = Mesh(head().vertices)
    with pytest.raises(MeshError, match=r"^the mesh to find them on has no triangles: a surface is needed"):
        transfer_landmarks(head(), head().vertices[:7], cloud)


@pytest.mark.parametrize("marks", [np.zeros((2, 3)), np.ones((9, 3))], ids=["two", "in one place"])
def test_landmarks_that_span_nothing_are_refused(marks: np.ndarray) -> None:
    with pytest.raises(AlignmentError, match=r"landmarks, expected 3 or more, not all in one place$"):
        transfer_landmarks(head(), marks, head())


def test_a_target_in_one_place_is_refused() -> None:
    point = Mesh(np.zeros((3, 3)), [[0, 1, 2]])
    with pytest.raises(MeshError, match=r"^the mesh has extent 0"):
        transfer_landmarks(head(), head().vertices[:7], point)


def test_a_mirrored_start_is_refused() -> None:
    marks = head().vertices[_some(head())]
    with pytest.raises(AlignmentError, match="are left and right swapped"):
        transfer_landmarks(head(), marks, head(), (marks, marks * [-1, 1, 1]))
