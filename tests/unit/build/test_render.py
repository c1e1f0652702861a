"""Pictures against closed forms: spheres whose colours, outlines and depths are known."""

import numpy as np
import pytest

from fsbench.build.colour import LINEAR, linear_from_srgb, srgb_from_linear
from fsbench.build.light import Light, drawn, flat, studio
from fsbench.build.render import STEPS, Looks, Texture, View
from fsbench.core.errors import MeshError
from fsbench.core.mesh import Mesh
from fsbench.geometry.cameras import OrthographicCamera, PinholeCamera

RADIUS, AWAY = 60.0, 500.0
LAB = np.diag([1.0, -1.0, -1.0])


def _sphere(n: int = 160) -> tuple[Mesh, np.ndarray, np.ndarray]:
    """A sphere, its uv (u with the longitude from the back, v with the latitude) and corners, with a seam."""
    polar, around = np.meshgrid(np.linspace(0, np.pi, n + 1), np.linspace(-np.pi, np.pi, 2 * n + 1), indexing="ij")
    points = np.stack([np.sin(polar) * np.sin(around), np.cos(polar), np.sin(polar) * np.cos(around)], 2)
    uv = np.stack([around / (2 * np.pi) + 0.5, 1 - polar / np.pi], 2).reshape(-1, 2)
    row, column = np.indices((n, 2 * n)).reshape(2, -1)
    a = row * (2 * n + 1) + column
    b, c, d = a + 1, a + 2 * n + 1, a + 2 * n + 2
    faces = np.concatenate([np.stack([a, c, b], 1), np.stack([b, c, d], 1)])
    return Mesh(points.reshape(-1, 3) * RADIUS, faces), uv, faces


def _view(size: int = 64, focal: float = 230.0) -> View:
    return View(PinholeCamera(focal, focal, size / 2, size / 2), LAB, np.array([0.0, 0.0, AWAY]), size, size)


def _rays(view: View) -> np.ndarray:
    """Where each of the 4 x 4 rays of a pixel meets the sphere in the head frame, (n, n, 3), NaN where it does not."""
    size = view.width * STEPS
    at = (np.arange(size) + 0.5) / STEPS
    camera = view.camera
    x, y = np.meshgrid((at - camera.centre_x_px) / camera.focal_x_px, (at - camera.centre_y_px) / camera.focal_y_px)
    direction = np.stack([x, y, np.ones_like(x)], 2)
    a, b, c = (direction**2).sum(2), -2 * direction[..., 2] * AWAY, AWAY**2 - RADIUS**2
    with np.errstate(invalid="ignore"):
        t = (-b - np.sqrt(b * b - 4 * a * c)) / (2 * a)
    return (direction * t[..., None] - [0, 0, AWAY]) @ LAB


def _checker(cells: int) -> np.ndarray:
    grid = np.indices((cells, 2 * cells)).sum(0) % 2
    return np.kron(np.where(grid, 230, 40).astype(np.uint8), np.ones((16, 16), np.uint8))[..., None].repeat(3, 2)


def test_a_checkered_sphere_has_the_colours_of_its_closed_form() -> None:
    mesh, uv, corners = _sphere()
    cells = 8
    looks = Looks(mesh, Texture(uv, corners, np.zeros(len(corners), np.int64), (_checker(cells),)))
    view = _view()
    picture = looks.render(view, flat())
    points = _rays(view)
    longitude = np.arctan2(points[..., 0], points[..., 2]) / (2 * np.pi) + 0.5
    latitude = np.arcsin(np.clip(points[..., 1] / RADIUS, -1, 1)) / np.pi + 0.5
    across, down = longitude * 2 * cells, (1 - latitude) * cells
    # A pixel counts if all of its rays are inside one cell, off its border by more than a texel's blend.
    margin = 0.1
    with np.errstate(invalid="ignore"):
        inside = (np.abs(across - np.round(across)) > margin) & (np.abs(down - np.round(down)) > margin)
        odd = (np.floor(across) + np.floor(down)) % 2 == 1
    blocks = lambda values: values.reshape(64, STEPS, 64, STEPS).swapaxes(1, 2).reshape(64, 64, -1)  # noqa: E731
    sure = blocks(inside).all(2) & (blocks(odd).all(2) | ~blocks(odd).any(2))
    expected = np.where(blocks(odd)[..., 0], LINEAR[230], LINEAR[40])
    assert sure.sum() > 200
    assert {40, 230} <= set(srgb_from_linear(picture.light[..., 0][sure]).tolist())
    # The harmonics' constants have six digits.
    np.testing.assert_allclose(picture.light[sure], expected[sure][:, None].repeat(3, 1), rtol=1e-5)


def test_the_covered_share_of_a_pixel_is_that_of_the_spheres_outline() -> None:
    mesh, *_ = _sphere()
    view = _view()
    hit = ~np.isnan(_rays(view)[..., 0])
    shares = hit.reshape(64, STEPS, 64, STEPS).mean((1, 3))
    alpha = Looks(mesh).render(view, flat()).alpha
    # Facets lie up to 0.006 mm within the sphere: one ray in a thousand of the outline's may miss.
    assert np.abs(alpha - shares).max() <= 1 / STEPS**2
    assert (alpha != shares).mean() < 0.005
    assert set(np.unique(alpha[shares == 1])) == {1.0}


def test_a_grey_sphere_is_as_bright_as_lamberts_cosine() -> None:
    mesh, *_ = _sphere()
    lamp = np.array([0.6, 0.0, 0.8])
    light = Light(np.zeros((9, 3)), lamp, np.array([1.0, 0.5, 0.25]), "lamp")
    view = _view()
    points = _rays(view)
    lit = np.maximum(points / RADIUS @ lamp, 0).reshape(64, STEPS, 64, STEPS).mean((1, 3))
    whole = ~np.isnan(lit)
    picture = Looks(mesh).render(view, light).light[whole]
    # Normals between those of vertices two degrees apart are off by 1e-4.
    np.testing.assert_allclose(picture, 0.5 * lit[whole][:, None] * light.strength, atol=3e-4)


def test_nine_harmonics_light_a_normal_as_the_sum_over_the_sphere_does() -> None:
    light = drawn(np.random.default_rng(3))
    n = 400
    polar, around = np.meshgrid((np.arange(n) + 0.5) / n * np.pi, (np.arange(2 * n) + 0.5) / n * np.pi, indexing="ij")
    x, y, z = np.sin(polar) * np.sin(around), np.cos(polar), np.sin(polar) * np.cos(around)
    basis = [0.282095 + 0 * x, 0.488603 * y, 0.488603 * z, 0.488603 * x, 1.092548 * x * y, 1.092548 * y * z]
    basis += [0.315392 * (3 * z * z - 1), 1.092548 * x * z, 0.546274 * (x * x - y * y)]
    radiance = np.tensordot(light.harmonics[:, 0], np.array(basis), 1)
    for normal in np.random.default_rng(1).standard_normal((5, 3)):
        a, b, c = normal / np.linalg.norm(normal)
        cosine = np.maximum(a * x + b * y + c * z, 0)
        total = (radiance * cosine * np.sin(polar)).sum() * (np.pi / n) ** 2 / np.pi
        terms = [1, b, c, a, a * b, b * c, 3 * c * c - 1, a * c, a * a - b * b]
        # A sum of 320,000 places, and constants of six digits.
        assert light.polynomial()[:, 0] @ terms == pytest.approx(total, abs=1e-4)


def test_both_cameras_look_at_the_same_side_the_right_way_up() -> None:
    mesh, *_ = _sphere(40)
    colours = np.full((mesh.n_vertices, 3), 20, np.uint8)
    x, y, z = mesh.vertices.T
    colours[y > 0, 0], colours[x > 0, 1], colours[z > 0, 2] = 220, 220, 220
    looks = Looks(mesh, None, colours)
    ortho = View(OrthographicCamera(90.0), np.eye(3), np.array([0.0, 0.0, -1000.0]), 64, 64)
    for view in (_view(), ortho):
        light = looks.render(view, flat()).light
        bright = light > linear_from_srgb(np.array([120], np.uint8))
        assert bright[20, 24, 0] and not bright[44, 24, 0], "red is above"
        assert bright[24, 44, 1] and not bright[24, 20, 1], "green is the subject's left, at the right"
        assert bright[32, 32, 2] and bright[20, 20, 2], "blue is in front"


def test_a_surface_seen_from_behind_is_background() -> None:
    mesh, *_ = _sphere(40)
    front = mesh.faces[mesh.vertices[mesh.faces][:, :, 2].mean(1) > 0]
    bowl = Mesh(mesh.vertices, front)
    assert Looks(bowl).render(_view(), flat()).alpha[32, 32] == 1
    turned = View(_view().camera, LAB @ np.diag([-1.0, 1.0, -1.0]), np.array([0.0, 0.0, AWAY]), 64, 64)
    assert not Looks(bowl).render(turned, flat()).alpha.any()


def test_several_textures_repeat_outside_the_unit_square() -> None:
    mesh = Mesh([[-50, -50, 0], [50, -50, 0], [50, 50, 0], [-50, 50, 0]], [[0, 1, 2], [0, 2, 3]])
    uv = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]])
    two = np.zeros((2, 2, 3), np.uint8)
    two[0, 0], two[1, 1] = (255, 0, 0), (255, 0, 0)
    plain = np.full((1, 3, 3), [0, 0, 255], np.uint8)
    looks = Looks(mesh, Texture(uv, mesh.faces, np.array([0, 1]), (two, plain)))
    view = View(OrthographicCamera(50.0), np.eye(3), np.array([0.0, 0.0, -100.0]), 64, 64)
    light = looks.render(view, flat()).light
    # Above the diagonal is the second image, below it the first: twice across, its bottom row black and red.
    np.testing.assert_allclose(light[8, 8], [0, 0, 1], atol=1e-5)
    red = light[56, :, 0]
    # Texels are 16 pixels wide, and the light falls by 1 / 16 a pixel from their middles.
    assert red[24] > 0.9 and red[40] < 0.1 and red[56] > 0.9
    assert light[40, 40, 0] > 0.9, "the row above is red and black"
    assert not light[56, 10:, 1:].any()


def test_depth_is_that_of_the_camera_that_scores_and_of_the_sphere() -> None:
    mesh, *_ = _sphere()
    view = _view()
    placed = Mesh(view.place(mesh.vertices), mesh.faces)
    depth = view.depth_map(placed)
    camera = PinholeCamera.from_matrix(np.array([[230.0, 0, 32], [0, 230, 32], [0, 0, 1]]))
    assert np.array_equal(depth, camera.depth_map(placed, np.ones((64, 64), np.bool_)))
    # The middle of the image is a corner of four pixels, half a pixel from their centres.
    beside = 0.5 / 230
    t = (AWAY - np.sqrt(RADIUS**2 - (AWAY**2 - RADIUS**2) * 2 * beside**2)) / (1 + 2 * beside**2)
    assert depth[31, 31] == pytest.approx(t, abs=0.01)
    np.testing.assert_allclose(depth[31:33, 31:33], depth[31, 31], rtol=1e-12)


def test_a_head_behind_the_camera_or_around_it_is_refused() -> None:
    mesh, *_ = _sphere(20)
    for away, words in ((-AWAY, "behind the camera"), (30.0, "behind the camera"), (70.0, "stands in the head")):
        view = View(_view().camera, LAB, np.array([0.0, 0.0, away]), 64, 64)
        with pytest.raises(MeshError, match=words):
            Looks(mesh).render(view, studio())


def test_a_background_shows_where_the_head_does_not_and_mixes_on_its_outline() -> None:
    mesh, *_ = _sphere(40)
    picture = Looks(mesh, None, np.zeros((mesh.n_vertices, 3), np.uint8)).render(_view(), flat())
    image = picture.over(np.ones(3))
    assert image[0, 0].tolist() == [255, 255, 255] and image[32, 32].tolist() == [0, 0, 0]
    half = np.argwhere(picture.alpha == 0.5)
    assert len(half)
    # Half of the light is sRGB 188, not 128.
    assert {tuple(image[i, j].tolist()) for i, j in half} == {(188, 188, 188)}


def test_colours_go_to_linear_light_and_back() -> None:
    every = np.arange(256, dtype=np.uint8)
    assert np.array_equal(srgb_from_linear(linear_from_srgb(every)), every)
