"""The search tree: against every triangle tried in turn, against Embree, and on meshes made to break it."""

import numpy as np
import pytest

from fsbench.core.errors import MeshError
from fsbench.core.mesh import Mesh
from fsbench.geometry.rays import Surface
from fsbench.geometry.tree import Nearest, TriangleTree
from fsbench.geometry.tree_building import DEEPEST, build_tree
from tests.heads import head

# A dozen roundings, in sizes of the mesh or of the distance, whichever is larger.
ROUNDING = 1e-14
# What single precision leaves of coordinates, in sizes of the mesh.
SINGLE = 1e-6

Soup = tuple[np.ndarray, np.ndarray]


def _segment_squares(places: np.ndarray, along: np.ndarray) -> np.ndarray:
    lengths = (along * along).sum(-1)
    share = np.divide((places * along).sum(-1), lengths, out=np.zeros(places.shape[:-1]), where=lengths > 0)
    rest = places - np.clip(share, 0, 1)[..., None] * along
    return (rest * rest).sum(-1)


def _tried_in_turn(points: np.ndarray, vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Distance to every triangle, (n, F), in double precision and by other formulas than the tree's."""
    corner, first, second = (vertices[faces[:, i]] for i in range(3))
    first, second = first - corner, second - corner
    places = points[:, None] - corner
    squares = np.minimum(_segment_squares(places, first), _segment_squares(places, second))
    squares = np.minimum(squares, _segment_squares(places - first, second - first))
    normal = np.cross(first, second)
    square = (normal * normal).sum(-1)
    solid = square > 1e-14 * (first * first).sum(-1) * (second * second).sum(-1)
    square = np.where(solid, square, 1.0)
    u = (np.cross(places, second) * normal).sum(-1) / square
    v = (np.cross(first, places) * normal).sum(-1) / square
    inside = (u >= 0) & (v >= 0) & (u + v <= 1) & solid
    plane = (places * normal).sum(-1) ** 2 / square
    return np.sqrt(np.where(inside, np.minimum(plane, squares), squares))


def _soup(seed: int, n_faces: int) -> Soup:
    """Triangles of all sizes and shapes that cross each other, some without area, some twice."""
    rng = np.random.default_rng(seed)
    vertices = rng.normal(size=(max(4, n_faces // 2), 3)) * 10.0 ** rng.uniform(-3, 0, size=(max(4, n_faces // 2), 1))
    vertices[::7, 2] = 0.0
    faces = rng.integers(0, len(vertices), size=(n_faces, 3))
    faces[::11, 1] = faces[::11, 0]
    faces[::13] = faces[0]
    return vertices, faces


def _check(found: Nearest, points: np.ndarray, vertices: np.ndarray, faces: np.ndarray) -> None:
    tried = _tried_in_turn(points, vertices, faces)
    size = np.ptp(vertices, axis=0).max() + np.abs(vertices).max()
    tolerance = ROUNDING * (size + tried.min(1))
    assert (np.abs(found.distances - tried.min(1)) <= tolerance).all()
    assert (tried[np.arange(len(points)), found.faces] <= tried.min(1) + tolerance).all()
    assert (found.weights >= 0).all()
    np.testing.assert_allclose(found.weights.sum(1), 1, atol=ROUNDING)
    where = (vertices[faces[found.faces]] * found.weights[..., None]).sum(1)
    np.testing.assert_allclose(where, found.points, rtol=0, atol=ROUNDING * size)
    off = np.abs(np.linalg.norm(points - found.points, axis=1) - found.distances)
    assert (off <= tolerance).all()


@pytest.mark.parametrize("n_faces", [1, 2, 7, 8, 9, 63, 64, 65, 500])
@pytest.mark.parametrize("spread", [1e-3, 1.0, 1e6])
def test_it_agrees_with_trying_every_triangle(n_faces: int, spread: float) -> None:
    vertices, faces = _soup(n_faces, n_faces)
    points = np.random.default_rng(1).normal(size=(300, 3)) * spread
    _check(TriangleTree(vertices, faces).closest(points), points, vertices, faces)


@pytest.mark.parametrize("unit", [1e-300, 1e-150, 1e-9, 1e9, 1e150, 1e300])
def test_the_unit_does_not_matter(unit: float) -> None:
    vertices, faces = _soup(3, 100)
    points = np.random.default_rng(2).normal(size=(50, 3))
    plain, other = (TriangleTree(vertices * s, faces).closest(points * s) for s in (1.0, unit))
    np.testing.assert_allclose(other.distances / unit, plain.distances, rtol=1e-13, atol=1e-15)


def test_far_from_the_origin_only_the_coordinates_are_rounded() -> None:
    vertices, faces = _soup(4, 200)
    points = np.random.default_rng(3).normal(size=(100, 3))
    shift = np.array([1e6, -2e6, 5e5])
    _check(TriangleTree(vertices + shift, faces).closest(points + shift), points + shift, vertices + shift, faces)


def test_of_equally_near_triangles_the_first_is_the_answer() -> None:
    # Corners in whole numbers: all distances are exact, and every vertex's triangles tie.
    rng = np.random.default_rng(5)
    vertices = np.stack(np.meshgrid(*[np.arange(9.0)] * 3), -1).reshape(-1, 3)
    faces = rng.integers(0, len(vertices), size=(400, 3))
    points = vertices[rng.integers(0, len(vertices), size=300)] + [0, 0, 10]
    found = TriangleTree(vertices, faces).closest(points)
    corner = (vertices[:, None] == vertices[faces].reshape(-1, 3)).all(-1)
    exact = found.weights.max(1) == 1
    at = vertices[faces[found.faces[exact], found.weights[exact].argmax(1)]]
    for place, face in zip(at, found.faces[exact], strict=True):
        of = corner[(vertices == place).all(1)].reshape(len(faces), 3).any(1)
        assert face == np.flatnonzero(of)[0]
    assert exact.sum() > 50


def test_where_a_search_begins_and_what_came_before_cannot_be_seen() -> None:
    mesh = head(40, 60)
    # On the vertices, where six triangles tie, and around them.
    rng = np.random.default_rng(6)
    points = np.concatenate([mesh.vertices[:400], rng.normal(scale=100, size=(400, 3))])
    tree = TriangleTree(mesh.vertices, mesh.faces)
    plain = tree.closest(points)
    order = rng.permutation(len(points))
    for other in (
        tree.closest(points, plain.faces),
        tree.closest(points, rng.integers(0, mesh.n_faces, size=len(points))),
        tree.closest(points, threads=3),
    ):
        for name in ("points", "faces", "weights", "distances"):
            np.testing.assert_array_equal(getattr(other, name), getattr(plain, name))
    np.testing.assert_array_equal(tree.closest(points[order]).faces, plain.faces[order])


def test_the_order_of_the_triangles_does_not_matter() -> None:
    mesh = head(40, 60)
    points = np.random.default_rng(7).normal(scale=100, size=(500, 3))
    order = np.random.default_rng(8).permutation(mesh.n_faces)
    plain = TriangleTree(mesh.vertices, mesh.faces).closest(points)
    other = TriangleTree(mesh.vertices, mesh.faces[order]).closest(points)
    np.testing.assert_allclose(other.distances, plain.distances, rtol=1e-13)
    np.testing.assert_allclose(other.points, plain.points, atol=1e-11)


def test_it_agrees_with_embree() -> None:
    mesh = head(120, 180)
    points = np.random.default_rng(9).normal(scale=120, size=(5000, 3))
    found, single = TriangleTree(mesh.vertices, mesh.faces).closest(points), Surface(mesh).closest(points)
    size = np.ptp(mesh.vertices, axis=0).max()
    np.testing.assert_allclose(found.distances, single.distances, rtol=0, atol=SINGLE * size)


def test_no_query_is_no_answer() -> None:
    found = TriangleTree(np.eye(3), np.array([[0, 1, 2]])).closest(np.empty((0, 3)))
    assert found.points.shape == (0, 3)
    assert found.faces.shape == found.distances.shape == (0,)


def _deep(vertices: np.ndarray, faces: np.ndarray) -> int:
    tree = build_tree(vertices, faces, 0.0)
    depth, nodes = 0, [0]
    while nodes:
        depth, nodes = depth + 1, [child for node in nodes for child in tree.children[node] if child > 0]
    return depth


def test_no_mesh_makes_a_deep_tree() -> None:
    n = 3000
    same = np.eye(3), np.tile([0, 1, 2], (100_000, 1))
    # Every split by area would take one triangle off.
    powers = np.ldexp(1.0, -np.arange(n) // 3)[:, None] * [1.0, 0, 0], np.arange(n).reshape(-1, 3)
    single_points = np.zeros((n, 3)), np.repeat(np.arange(n)[:, None], 3, axis=1)
    for vertices, faces in (same, powers, single_points):
        assert _deep(vertices, faces) <= DEEPEST
        found = TriangleTree(vertices, faces).closest(np.array([[2.0, 0, 0], [-1, 0, 0]]))
        assert np.isfinite(found.distances).all()


def test_a_query_too_far_for_squares_has_an_infinite_distance_and_one_that_is_nan_none() -> None:
    tree = TriangleTree(np.eye(3), np.array([[0, 1, 2], [0, 2, 1]]))
    found = tree.closest(np.array([[1e200, 0, 0], [np.nan, 0, 0], [2.0, 0, 0]]))
    assert found.distances.tolist() == [np.inf, np.inf, 1.0]
    assert found.faces.tolist() == [0, 0, 0]


def test_there_must_be_triangles_that_exist() -> None:
    with pytest.raises(MeshError, match="no faces"):
        TriangleTree(np.eye(3), np.empty((0, 3), np.int64))
    with pytest.raises(MeshError, match="span more"):
        TriangleTree(np.array([[1.7e308, 0, 0], [-1.7e308, 0, 0], [0, 1, 0]]), np.array([[0, 1, 2]]))
    tree = TriangleTree(np.eye(3), np.array([[0, 1, 2]]))
    for wrong in ([0], [0, 1], [0, -1]):
        with pytest.raises(IndexError):
            tree.closest(np.zeros((2, 3)), np.array(wrong))


def test_a_read_only_mesh_will_do() -> None:
    mesh = Mesh(np.eye(3), [[0, 1, 2]])
    assert TriangleTree(mesh.vertices, mesh.faces).closest(mesh.vertices).distances.max() < ROUNDING
