"""Mean error maps, and where methods differ: planted differences are found, chance is not."""

import numpy as np
import pytest

from fsbench.metrics.cylinder import SIZE, QuadMap
from fsbench.report.page.mean_maps import ALPHA, FEWEST_CLUSTERS, Stack, difference
from fsbench.runs.maps import GridMap, encode

N = 24
STEP_MM = 0.01
ROWS, COLUMNS = slice(100, 140), slice(110, 150)


def content(errors_mm: np.ndarray) -> bytes:
    """A map of a face of radius 100 mm with these signed errors on its grid, (40, 40)."""
    ref = np.zeros((SIZE, SIZE))
    ref[ROWS, COLUMNS] = 100.0
    pred = ref.copy()
    pred[ROWS, COLUMNS] += errors_mm
    quads = QuadMap.of(pred)
    found = GridMap(ref, pred, quads.is_open, quads.corners, (pred - ref)[quads.corners])
    return encode(found, {"cd_mm": 1.0})


def stack(seed: int, extra_mm: float = 0.0, n: int = N) -> Stack:
    """Noise of one seed; the upper left quarter of the face is `extra_mm` worse."""
    rng = np.random.default_rng(seed)
    contents: list[bytes | None] = []
    for _ in range(n):
        errors = 1.0 + 0.2 * rng.normal(size=(40, 40)) + 0.1 * rng.normal()
        errors[:20, :20] += extra_mm
        contents.append(content(errors))
    return Stack.of(contents, np.ones((1, n), np.bool_))


def test_the_mean_is_the_mean_of_absolute_or_signed_errors():
    one, other = np.full((40, 40), 1.0), np.full((40, 40), -3.0)
    found = Stack.of([content(one), None, content(other)], np.array([[True, True, True], [True, True, False]]))
    assert found.n_maps == 2
    for signed, group, expected in ((False, 0, 2.0), (True, 0, -1.0), (True, 1, 1.0)):
        surface = found.mean(group, signed=signed)
        np.testing.assert_allclose(surface.distances_mm, expected, atol=STEP_MM)
    assert found.mean(0, signed=False).radius_pred_mm[120, 130] == pytest.approx(99.0, abs=STEP_MM)


def test_what_fewer_than_half_of_the_samples_cover_is_not_shown():
    half = np.ones((40, 40))
    contents = [content(half) for _ in range(3)]
    stacked = Stack.of(contents, np.ones((1, 3), np.bool_))
    stacked.errors_mm[:2, 120 * SIZE + 130] = np.nan
    surface = stacked.mean(0, signed=False)
    assert surface.radius_ref_mm[120, 130] == 0 and surface.radius_ref_mm[121, 131] > 0


def test_a_surface_near_the_axis_has_a_mean():
    ref = np.zeros((SIZE, SIZE))
    ref[ROWS, COLUMNS], ref[200:210, COLUMNS] = 100.0, 5.0
    quads = QuadMap.of(ref)
    found = encode(GridMap(ref, ref, quads.is_open, quads.corners, np.ones(int(quads.corners.sum()))), {"cd_mm": 1.0})
    # Another one has no throat.
    surface = Stack.of([found, found, content(np.ones((40, 40)))], np.ones((1, 3), np.bool_)).mean(0, signed=False)
    assert surface is not None
    assert np.isfinite(surface.distances_mm).all() and surface.radius_ref_mm[205, 130] > 0


def test_a_planted_difference_is_found_where_it_is():
    found = difference(stack(1), stack(2, extra_mm=0.8), 0, np.arange(N))
    assert found.n_clusters == N
    grid_mm = np.full((SIZE, SIZE), np.nan)
    grid_mm[found.surface.corners] = found.surface.distances_mm
    shown = grid_mm[ROWS, COLUMNS]
    # The second is worse there, so that the first less the second is below 0.
    assert (shown[:19, :19] < 0).mean() > 0.95
    assert (shown[21:, 21:] != 0).mean() < 0.01


def test_chance_is_found_as_often_as_it_may():
    """Under no difference any point is found in about 5 % of all pairs; 20 pairs give at most 4 in 99.7 %."""
    n_found = sum(
        bool((difference(stack(10 + i, n=8), stack(50 + i, n=8), 0, np.arange(8)).surface.distances_mm != 0).any())
        for i in range(20)
    )
    assert ALPHA == 0.05 and n_found <= 4


def test_a_method_does_not_differ_from_itself_and_few_clusters_tell_nothing():
    one = stack(1)
    assert (difference(one, one, 0, np.arange(N)).surface.distances_mm == 0).all()
    few = difference(one, stack(2, extra_mm=5.0), 0, np.arange(N) % (FEWEST_CLUSTERS - 1))
    assert few.surface is None and few.n_clusters == FEWEST_CLUSTERS - 1
