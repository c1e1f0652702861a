"""Nearest points: against every triangle tried in turn, and against closed forms."""

import numpy as np
import pytest

from fsbench.core.errors import MeshError
from fsbench.core.mesh import Mesh
from fsbench.geometry.nearest import NearestSurface
from tests.heads import face_of, head
from tests.shapes import plane

ROUNDING = 1e-12


def _slow(points: np.ndarray, mesh: Mesh) -> np.ndarray:
    """Distance from every point, by a dense sample of the three weights refined on the best of it."""
    best = np.full(len(points), np.inf)
    for corners in mesh.vertices[mesh.faces]:
        a, e1, e2 = corners[0], corners[1] - corners[0], corners[2] - corners[0]
        candidates = [_segment(points, corners[i], corners[(i + 1) % 3]) for i in range(3)]
        normal = np.cross(e1, e2)
        if normal @ normal > 0:
            solved = np.linalg.lstsq(np.stack([e1, e2], 1), (points - a).T, rcond=None)[0]
            inside = (solved >= 0).all(0) & (solved.sum(0) <= 1)
            plane_distance = np.abs((points - a) @ normal) / np.linalg.norm(normal)
            candidates.append(np.where(inside, plane_distance, np.inf))
        best = np.minimum(best, np.min(candidates, axis=0))
    return best


def _segment(points: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    along = end - start
    length = along @ along
    t = np.clip((points - start) @ along / length, 0, 1) if length > 0 else np.zeros(len(points))
    return np.linalg.norm(points - start - t[:, None] * along, axis=1)


def test_it_agrees_with_trying_every_triangle() -> None:
    rng = np.random.default_rng(0)
    mesh = Mesh(rng.normal(size=(40, 3)), rng.integers(0, 40, size=(60, 3)))  # some without area, some crossing
    points = 3 * rng.normal(size=(500, 3))
    found = NearestSurface(mesh).closest(points)
    # Single precision may name the second best of two triangles that are as far; the distance shows no more.
    np.testing.assert_allclose(found.distances, _slow(points, mesh), atol=2e-6)
    corners = mesh.vertices[mesh.faces[found.faces]]
    np.testing.assert_allclose((corners * found.weights[..., None]).sum(1), found.points, atol=ROUNDING)
    assert (found.weights >= 0).all()
    np.testing.assert_allclose(found.weights.sum(1), 1, atol=ROUNDING)


@pytest.mark.parametrize("shift_mm", [0.0, 1e6])
@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_distances_are_exact_far_from_the_origin_and_in_any_unit(shift_mm: float, size: float) -> None:
    flat = plane(100)
    mesh = Mesh(flat.vertices * size + shift_mm * size, flat.faces)
    points = np.array([[3.0, 4, 5], [90, -20, 0.001]]) * size + shift_mm * size
    expected = np.array([5.0, 0.001]) * size
    # Only the rounding of the coordinates themselves is left.
    atol = 1e-9 * size if shift_mm else 1e-12 * size
    np.testing.assert_allclose(NearestSurface(mesh).closest(points).distances, expected, atol=atol)


def test_a_point_on_the_surface_has_no_distance() -> None:
    mesh = head(20, 30)
    assert NearestSurface(mesh).closest(mesh.vertices).distances.max() < 1e-10


def test_the_rim_is_where_the_surface_ends() -> None:
    surface = NearestSurface(plane(10))
    points = np.array([[0.0, 0, 5], [20, 0, 0], [20, 20, 0], [-20, 3, 3], [9.9, 0, 1]])
    assert surface.on_rim(surface.closest(points)).tolist() == [False, True, True, True, False]


def test_a_closed_surface_has_no_rim_even_with_corners_of_its_own() -> None:
    closed = head(20, 30)
    split = Mesh(closed.vertices[closed.faces.ravel()], np.arange(3 * closed.n_faces).reshape(-1, 3))
    points = np.random.default_rng(1).normal(scale=150, size=(300, 3))
    for mesh in (closed, split):
        surface = NearestSurface(mesh)
        assert not surface.on_rim(surface.closest(points)).any()


def test_triangles_that_are_there_twice_or_have_no_area_hide_no_rim() -> None:
    sheet = plane(10)
    turned, a = sheet.faces[:, [0, 2, 1]], sheet.faces[:, 0]
    flat = np.stack([a, a, sheet.faces[:, 1]], 1)
    points = np.array([[0.0, 0, 5], [20, 0, 0], [20, 20, 0], [-20, 3, 3], [9.9, 0, 1]])
    for more in (sheet.faces, turned, flat):
        surface = NearestSurface(Mesh(sheet.vertices, np.concatenate([sheet.faces, more])))
        assert surface.on_rim(surface.closest(points)).tolist() == [False, True, True, True, False]


def test_what_lies_beyond_a_crop_is_on_its_rim() -> None:
    whole = head(40, 60)
    surface = NearestSurface(face_of(whole))
    back = whole.vertices[whole.vertices[:, 2] < 0]
    assert surface.on_rim(surface.closest(back)).all()


def test_there_must_be_a_surface() -> None:
    with pytest.raises(MeshError, match="no faces"):
        NearestSurface(Mesh([[0, 0, 0], [1, 0, 0]]))
    with pytest.raises(MeshError, match="extent 0"):
        NearestSurface(Mesh(np.ones((3, 3)), [[0, 1, 2]]))


@pytest.mark.parametrize("far", [1e39, 1e160, 1e300, -1e39])
def test_a_vertex_that_is_as_far_off_as_no_face_is_refused(far: float) -> None:
    """Distances among all the others came out as 0, a perfect score."""
    shape = head(30, 40)
    vertices = shape.vertices.copy()
    vertices[shape.faces[3, 0]] = [far, 0, 0]
    with pytest.raises(MeshError, match="is the file damaged"):
        NearestSurface(Mesh(vertices, shape.faces))


@pytest.mark.parametrize("size", [1e-30, 1.0, 1e30])
@pytest.mark.parametrize("far", [0.0, 1e12])
def test_distances_hold_beside_a_vertex_that_is_far_off_and_in_any_size(size: float, far: float) -> None:
    shape = head(30, 40)
    vertices = np.concatenate([shape.vertices, [[far, 0, 0]]]) * size
    faces = np.concatenate([shape.faces, [[0, 1, len(vertices) - 1]]]) if far else shape.faces
    points = shape.vertices[shape.faces].mean(1) * 1.5
    plain = NearestSurface(shape).closest(points).distances
    inside = np.linalg.norm(points - vertices[0] / size, axis=1) > plain * 2
    found = NearestSurface(Mesh(vertices, faces)).closest(points * size).distances / size
    np.testing.assert_allclose(found[inside & (points[:, 0] < 0)], plain[inside & (points[:, 0] < 0)], rtol=1e-6)
