"""Distances found on the grid against a search tree, on smooth heads and on maps made to be awkward."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from fsbench.core.errors import MetricError
from fsbench.geometry.rays import Surface
from fsbench.metrics.cylinder import SIZE, QuadMap, cylinder_mesh, grid_positions
from fsbench.metrics.cylinder_distance import map_distances

# The tree works in single precision, which is 1.5e-5 mm at 200 mm; a few operations add up.
SINGLE_MM = 1e-4

Map = np.ndarray


def _by_tree(from_mm: Map, to_mm: Map) -> np.ndarray:
    points, surface = cylinder_mesh(from_mm), cylinder_mesh(to_mm)
    assert points is not None and surface is not None
    return Surface(surface).closest(points.vertices).distances


def _on_grid(from_mm: Map, to_mm: Map) -> np.ndarray:
    return map_distances(QuadMap.of(from_mm), QuadMap.of(to_mm))


def _head(rng: np.random.Generator, roughness_mm: float) -> Map:
    """A smooth closed head, its surface moved by waves and noise."""
    y, theta = np.linspace(-1, 1, SIZE)[:, None], np.linspace(0, 2 * np.pi, SIZE)
    radius = 85 * np.sqrt(np.clip(1 - (y / 0.85) ** 2, 0, None)) * (1 + 0.1 * np.cos(theta))
    waves = sum(rng.normal() * np.cos(k * theta + 6 * rng.random()) * np.sin(4 * k * y) for k in range(1, 5))
    radius = np.where(radius > 0, np.maximum(radius + roughness_mm * waves + rng.normal(0, 0.05, (SIZE, SIZE)), 0), 0)
    radius[:, -1] = radius[:, 0]
    return radius


def _face(radius: Map) -> Map:
    """Only the side that looks along +z."""
    cropped = np.zeros_like(radius)
    cropped[60:200, 70:190] = radius[60:200, 70:190]
    return cropped


def _jumps(rng: np.random.Generator, radius: Map) -> Map:
    """Holes, steps above and below the limit of 15 mm, and last columns that differ from the first."""
    radius = radius * (rng.random((SIZE, SIZE)) > 0.03)
    radius[80:100, 90:120] += (radius[80:100, 90:120] > 0) * 14.5
    radius[120:140, 90:120] += (radius[120:140, 90:120] > 0) * 25
    radius[100:140, 250:] = 60 + rng.normal(0, 3, (40, 6))
    return radius


def _sparse(rng: np.random.Generator) -> Map:
    """A few patches far from each other, some on the axis."""
    radius = np.zeros((SIZE, SIZE))
    for _ in range(12):
        k, j = rng.integers(0, 240, 2)
        radius[k : k + 12, j : j + 12] = rng.choice([0.001, 2.0, 40.0, 110.0]) + rng.random((12, 12))
    return radius


def _patch(rows: int, columns: int, radius_mm: float) -> Map:
    """A small patch with a step, its upper left corner in this row and column."""
    radius = np.zeros((SIZE, SIZE))
    radius[rows : rows + 8, columns : columns + 4] = radius_mm
    radius[rows : rows + 8, columns + 1] += 8
    return radius


def _cases() -> dict[str, tuple[Map, Map]]:
    rng = np.random.default_rng(7)
    head = _head(rng, 0.5)
    return {
        "near": (_face(head), _face(head + 1.5 * (head > 0))),
        "itself": (head, head),
        "whole heads with their seam": (head, _head(rng, 1.5)),
        "jumps and holes": (_jumps(rng, head), _jumps(rng, _head(rng, 1.0))),
        "jumps to near the axis": (_face(_jumps(rng, head))[::-1], _face(_jumps(rng, head * 0.12))),
        "far apart": (_face(head), _face(head * 0.7)),
        "patches": (_sparse(rng), _sparse(rng)),
        "far apart on both sides of the first column": (_patch(52, 12, 100.0), _patch(43, 241, 73.0)),
    }


CASES = _cases()


@pytest.mark.parametrize("name", CASES)
def test_every_distance_is_that_of_a_search_tree(name: str) -> None:
    first, second = CASES[name]
    for from_mm, to_mm in ((first, second), (second, first)):
        np.testing.assert_allclose(_on_grid(from_mm, to_mm), _by_tree(from_mm, to_mm), rtol=1e-6, atol=SINGLE_MM)


def test_a_quad_of_the_last_column_counts() -> None:
    """It has no width, but where nothing else is open its edges are all there is."""
    only_seam = np.zeros((SIZE, SIZE))
    only_seam[100:104, 255] = 50.0
    only_seam[101:106, 0] = 50.0
    beside = np.zeros((SIZE, SIZE))
    beside[90:110, 2:12] = 52.0
    distances = _on_grid(beside, only_seam)
    np.testing.assert_allclose(distances, _by_tree(beside, only_seam), atol=SINGLE_MM)
    assert 2 < distances.min() < 4


@pytest.mark.parametrize("shape", [(128, 128), (256, 255), (257, 256), (65536,)])
def test_a_map_of_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    """Compiled loops look at 256 x 256 numbers, whatever there is."""
    for look_at in (QuadMap.of, grid_positions):
        with pytest.raises(MetricError, match="expected \\(256, 256\\)"):
            look_at(np.full(shape, 50.0))


def _by_every_triangle(from_mm: Map, to_mm: Map) -> np.ndarray:
    """In double precision, written out: the plane where its foot is inside, and all three sides."""
    points, surface = cylinder_mesh(from_mm), cylinder_mesh(to_mm)
    assert points is not None and surface is not None
    a, b, c = (surface.vertices[surface.faces[:, corner]] for corner in range(3))
    least = np.full(points.n_vertices, np.inf)
    for i, point in enumerate(points.vertices):
        for start, end in ((a, b), (a, c), (b, c)):
            side, length = end - start, ((end - start) ** 2).sum(1)
            share = np.clip(((point - start) * side).sum(1) / np.where(length > 0, length, 1), 0, 1)
            least[i] = min(least[i], ((point - start - share[:, None] * side) ** 2).sum(1).min())
        normal = np.cross(b - a, c - a)
        area, height = (normal**2).sum(1), ((point - a) * normal).sum(1)
        foot = point - (height / np.where(area > 0, area, 1))[:, None] * normal
        turns = [(np.cross(q - p, foot - p) * normal).sum(1) for p, q in ((a, b), (b, c), (c, a))]
        inside = (np.min(turns, axis=0) >= 0) & (area > 0)
        if inside.any():
            least[i] = min(least[i], (height[inside] ** 2 / area[inside]).min())
    return np.sqrt(least)


@pytest.mark.parametrize("radius_mm", [1e-9, 1e-6, 1e-4, 1e-2, 1.0])
def test_triangles_that_are_nearly_flat_are_measured(radius_mm: float) -> None:
    """Around the axis they are 1 mm high and narrower than any rounding."""
    rng = np.random.default_rng(3)
    thin, near = np.zeros((SIZE, SIZE)), np.zeros((SIZE, SIZE))
    thin[120:126, 30:40] = radius_mm * rng.uniform(1, 3, (6, 10))
    near[118:130, 35:42] = 2.0 + rng.random((12, 7))
    for from_mm, to_mm in ((near, thin), (thin, near)):
        # Coordinates of 150 mm are rounded to 3e-14.
        expected = _by_every_triangle(from_mm, to_mm)
        np.testing.assert_allclose(_on_grid(from_mm, to_mm), expected, rtol=1e-12, atol=1e-13)


def test_threads_do_not_share_what_they_work_with() -> None:
    pairs = [CASES[name] for name in ("near", "jumps and holes", "far apart", "patches")] * 3
    expected = [_on_grid(*pair) for pair in pairs]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(3):
            found = pool.map(lambda pair: _on_grid(*pair), pairs)
            assert all(np.array_equal(one, other) for one, other in zip(found, expected, strict=True))
