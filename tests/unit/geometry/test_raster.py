"""What a grid of rays sees: shapes with known answers, edges, and the rays of a search tree."""

import numpy as np
import pytest

from fsbench.core.mesh import Mesh
from fsbench.geometry.cameras import OrthographicCamera, PinholeCamera
from fsbench.geometry.raster import NO_FACE, nearest_front, outermost
from fsbench.geometry.rays import Surface
from tests.shapes import ellipsoid

EVERYWHERE = np.ones((64, 64), np.bool_)
PINHOLE = PinholeCamera(90.0, 95.0, 31.0, 33.0)


def test_a_triangle_covers_the_pixel_centres_inside_and_on_its_edges() -> None:
    pixels = np.array([[2.0, 2.0], [2.0, 6.0], [6.0, 2.0]])  # counter-clockwise with rows downwards
    seen = nearest_front(pixels, np.array([1.0, 5.0, 1.0]), np.array([[0, 1, 2]]), EVERYWHERE[:10, :10])
    row, column = np.nonzero(seen.faces != NO_FACE)
    assert set(zip(row.tolist(), column.tolist(), strict=True)) == {
        (k, j) for k in range(2, 7) for j in range(2, 7) if k + j <= 8
    }
    np.testing.assert_allclose(seen.values[row, column], row - 1.0)


def test_a_triangle_seen_from_behind_is_not_there() -> None:
    pixels = np.array([[2.0, 2.0], [2.0, 6.0], [6.0, 2.0]])
    seen = nearest_front(pixels, np.ones(3), np.array([[0, 2, 1]]), EVERYWHERE)
    assert (seen.faces == NO_FACE).all()


@pytest.mark.parametrize("camera", [OrthographicCamera(100.0), PINHOLE])
def test_a_depth_map_is_that_of_a_search_tree(camera: OrthographicCamera | PinholeCamera) -> None:
    sign = -1 if isinstance(camera, OrthographicCamera) else 1
    ball, inner = ellipsoid((60, 80, 50), 70, 50), ellipsoid((90, 20, 20), 30, 30)
    mesh = Mesh(
        np.concatenate([ball.vertices, inner.vertices]) + [3.0, 4.0, sign * 200.0],
        np.concatenate([ball.faces, inner.faces + ball.n_vertices]),
    )
    hits = Surface(mesh).first_front_hits(*camera.rays(64))
    depths = camera.depth_map(mesh, EVERYWHERE).reshape(-1)
    assert ((depths != 0) == hits.found).all() and hits.found.sum() > 500
    # Single precision at 200 mm, and steep at the outline.
    np.testing.assert_allclose(depths[hits.found], hits.distances[hits.found], atol=1e-2)
    assert np.median(np.abs(depths[hits.found] - hits.distances[hits.found])) < 1e-4


def test_what_lies_behind_the_camera_is_not_seen() -> None:
    near = ellipsoid((60, 80, 50), 40, 30)
    around = Mesh(np.concatenate([near.vertices, near.vertices - [0, 0, 200.0]]), near.faces)
    for camera in (OrthographicCamera(100.0), PINHOLE):
        assert not camera.depth_map(
            Mesh(near.vertices * 0.1 + [0, 0, 300.0], near.faces), EVERYWHERE
        ).any() or isinstance(camera, PinholeCamera)
    assert OrthographicCamera(100.0).depth_map(around, EVERYWHERE).max() <= 50


def _by_every_ray(mesh: Mesh, camera: PinholeCamera) -> np.ndarray:
    """The same as a depth map: every ray against every triangle, one after the other."""
    directions = camera.rays(64)[1]
    depths = np.full(len(directions), np.inf)
    for a, b, c in mesh.vertices[mesh.faces]:
        normal = np.cross(b - a, c - a)
        towards = directions @ normal
        with np.errstate(divide="ignore", invalid="ignore"):
            depth = a @ normal / towards
            places = depth[:, None] * directions
        inside = [np.cross(q - p, places - p) @ normal >= 0 for p, q in ((a, b), (b, c), (c, a))]
        hit = np.logical_and.reduce(inside) & (towards < 0) & (depth > 0)
        depths[hit] = np.minimum(depths[hit], depth[hit])
    return np.where(np.isfinite(depths), depths, 0.0).reshape(64, 64)


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("seed", range(30))
def test_triangles_that_reach_behind_the_pinhole_are_seen_in_front_of_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    faces = rng.permuted(np.tile(np.arange(9), (12, 1)), axis=1)[:, :3]
    mesh = Mesh(rng.normal(scale=50.0, size=(9, 3)), faces)
    assert (mesh.vertices[:, 2] <= 0).any()
    depths = PINHOLE.depth_map(mesh, EVERYWHERE)
    # Double precision, and no ray of these passes within rounding of an edge.
    np.testing.assert_allclose(depths, _by_every_ray(mesh, PINHOLE), rtol=1e-9)


def test_a_head_around_the_pinhole_has_no_gap() -> None:
    ball = ellipsoid((60, 80, 50), 40, 30)
    inside = Mesh(ball.vertices + [5.0, 3.0, 10.0], ball.faces[:, ::-1])
    depths = PINHOLE.depth_map(inside, EVERYWHERE)
    assert (depths > 0).all()
    np.testing.assert_allclose(depths, _by_every_ray(inside, PINHOLE), rtol=1e-9)
    assert not PINHOLE.depth_map(Mesh(inside.vertices, ball.faces), EVERYWHERE).any()


def test_a_pinhole_sees_the_same_with_and_without_something_behind_it() -> None:
    ball = ellipsoid((60, 80, 50), 70, 50)
    before = Mesh(ball.vertices + [3.0, 4.0, 200.0], ball.faces)
    behind = Mesh(np.vstack([before.vertices, [[0.0, 0.0, -9.0]]]), before.faces)
    np.testing.assert_allclose(PINHOLE.depth_map(behind, EVERYWHERE), PINHOLE.depth_map(before, EVERYWHERE), rtol=1e-12)


def test_a_triangle_around_the_axis_meets_every_ray_of_its_height() -> None:
    """It leans, so that every ray ends on it somewhere."""
    angles = np.radians([0, 120, 240])
    points = np.stack([100 * np.cos(angles), [-5, 5.0, 0], 100 * np.sin(angles)], 1)
    heights = np.linspace(10, -10, 21)
    seen = outermost(points, np.array([[0, 1, 2]]), heights, 90, np.ones((21, 90), np.bool_))
    hits = Surface(Mesh(points, [[0, 1, 2]])).first_hits(*_rays(heights, 90))
    expected = np.where(hits.found, hits.distances, 0).reshape(21, 90)
    assert (seen.values[10] > 0).sum() >= 40
    np.testing.assert_allclose(seen.values, expected, atol=1e-3)


def test_a_vertex_on_a_ray_and_an_edge_along_the_seam_hit() -> None:
    """Half a turn to either side of the first ray; the edge between them lies exactly on it."""
    points = np.array([[0.0, 5, -50], [0, -5, -50], [30, 0, -40], [-30, 0, -40]])
    heights = np.linspace(4, -4, 9)
    seen = outermost(points, np.array([[0, 1, 2], [0, 3, 1]]), heights, 60, np.ones((9, 60), np.bool_))
    np.testing.assert_allclose(seen.values[:, 0], 50)
    assert (seen.values[4, [1, 59]] > 40).all() and not seen.values[:, 20:40].any()


def test_the_order_of_faces_does_not_matter() -> None:
    ball = ellipsoid((60, 80, 50), 70, 50)
    heights, wanted = np.linspace(90, -90, 61), np.ones((61, 120), np.bool_)
    one = outermost(ball.vertices, ball.faces, heights, 120, wanted)
    other = outermost(ball.vertices, ball.faces[::-1], heights, 120, wanted)
    np.testing.assert_allclose(one.values, other.values, rtol=1e-12)


def _rays(heights: np.ndarray, columns: int) -> tuple[np.ndarray, np.ndarray]:
    theta = np.arange(columns) * 2 * np.pi / columns
    outward = np.stack([-np.sin(theta), np.zeros(columns), -np.cos(theta)], 1)
    origins = np.zeros((len(heights), columns, 3))
    origins[..., 1] = heights[:, None]
    return origins.reshape(-1, 3), np.tile(outward, (len(heights), 1))


def test_a_triangle_far_wider_than_the_image_costs_no_more_than_the_image() -> None:
    # Going through its columns would take days.
    pixels = np.array([[-3e12, -10.0], [-3e12, 80.0], [3e12, 35.0]])
    wanted = EVERYWHERE.copy()
    wanted[:, :8] = False
    seen = nearest_front(pixels, np.array([1.0, 1.0, 1.0]), np.array([[0, 1, 2]]), wanted)
    assert (seen.faces[14:56, 8:] == 0).all() and (seen.faces[:, :8] == NO_FACE).all()


@pytest.mark.filterwarnings("ignore:invalid value")
def test_what_is_not_a_number_is_not_seen() -> None:
    pixels = np.array([[np.nan, -10.0], [np.inf, 80.0], [30.0, -np.inf], [0.0, 0.0]])
    faces = np.array([[0, 1, 2], [1, 2, 0], [3, 1, 0], [3, 2, 1]])
    seen = nearest_front(pixels, np.ones(4), np.vstack([faces, faces[:, ::-1]]), EVERYWHERE)
    assert (seen.faces == NO_FACE).all()


def test_of_two_sides_at_one_place_the_outer_is_hit_and_the_farther_place_is_kept() -> None:
    corners = np.array([[-40.0, -40, -60], [0, 40, -60], [40, -40, -60]])
    points = np.concatenate([corners, corners * (1 + 1e-7)])
    outer, inner = [0, 1, 2], [3, 5, 4]
    heights, wanted = np.linspace(10, -10, 5), np.ones((5, 90), np.bool_)
    for faces, expected in (([outer, inner], 0), ([inner, outer], 1), ([inner, inner, outer, inner], 2)):
        seen = outermost(points, np.array(faces), heights, 90, wanted)
        hit = seen.faces != NO_FACE
        assert hit.sum() > 20 and (seen.faces[hit] == expected).all()
        assert seen.n_two_sided == hit.sum()
        np.testing.assert_allclose(seen.values[2, 0], 60 * (1 + 1e-7), rtol=1e-15)
    # A back that lies farther out by more than rounding is another surface.
    apart = outermost(np.concatenate([corners, corners * 1.001]), np.array([outer, inner]), heights, 90, wanted)
    assert set(apart.faces.ravel()) == {NO_FACE, 1} and apart.n_two_sided == 0
