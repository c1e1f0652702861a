"""Surface distances and pools, on planes and numbers whose answers are known."""

import numpy as np
import pytest

from fsbench.core.errors import MetricError
from fsbench.core.mesh import Mesh
from fsbench.geometry.nearest import NearestSurface
from fsbench.metrics.pool import BIN_MM, Pool
from fsbench.metrics.surface_distance import measure, summarise
from tests.shapes import plane


def test_statistics_of_known_numbers() -> None:
    found = summarise([0.0, 1.0, 2.5, 5.0, 6.5])
    assert found["mean_mm"] == 3
    assert found["median_mm"] == 2.5
    assert found["rmse_mm"] == pytest.approx(np.sqrt((1 + 6.25 + 25 + 42.25) / 5))
    assert found["p90_mm"] == pytest.approx(5.9)
    assert [found[name] for name in ("share_1mm", "share_2_5mm", "share_5mm")] == [0.4, 0.6, 0.8]


@pytest.mark.parametrize("wrong", [[], [1.0, np.nan]])
def test_what_has_no_statistics_is_refused(wrong: list) -> None:
    with pytest.raises(MetricError):
        summarise(wrong)


def test_two_planes_are_as_far_as_they_are() -> None:
    found = measure(plane(10), NearestSurface(plane(50, z=2)))
    np.testing.assert_allclose(found.ref_to_pred_mm, 2)
    assert found.covered == 1
    assert found.normal_deg == pytest.approx(0, abs=1e-6)
    # All corners of the larger one stand beyond the smaller one's rim.
    assert len(found.pred_to_ref_mm) == 0
    assert np.isnan(found.scores()["pred_to_ref_mean_mm"])


def test_opposite_normals_are_180_degrees_apart() -> None:
    flipped = plane(50)
    assert measure(plane(10), NearestSurface(Mesh(flipped.vertices, flipped.faces[:, ::-1]))).normal_deg == 180


def test_only_chosen_vertices_count() -> None:
    reference, prediction = plane(10), NearestSurface(plane(50, z=1))
    assert len(measure(reference, prediction, np.array([True, False, False, True])).ref_to_pred_mm) == 2
    with pytest.raises(MetricError, match="part that counts"):
        measure(reference, prediction, np.zeros(4, bool))


def test_a_pool_is_as_good_as_all_its_distances() -> None:
    rng = np.random.default_rng(0)
    parts = [np.abs(rng.normal(scale=scale, size=n)) for scale, n in ((1, 1000), (2, 300), (30, 50))]
    everything = np.concatenate(parts)
    pool = sum((Pool.of(part) for part in parts), Pool.empty())
    found = pool.statistics()
    assert found["points"] == len(everything)
    assert found["mean_mm"] == pytest.approx(everything.mean(), rel=1e-12)
    assert found["std_mm"] == pytest.approx(everything.std(), rel=1e-9)
    # Two neighbours of the sorted distances may stand apart; the median is between them.
    low, high = np.sort(everything)[[len(everything) // 2 - 1, len(everything) // 2]]
    assert low - BIN_MM <= found["median_mm"] <= high + BIN_MM
    np.testing.assert_allclose(pool.cumulative([1.0, 8.0]), [(everything < 1).mean(), (everything < 8).mean()])


def test_distances_beyond_the_histogram_are_kept_in_the_moments() -> None:
    pool = Pool.of(np.array([1.0, 500.0, 7e20]))
    assert pool.statistics()["mean_mm"] == pytest.approx((501 + 7e20) / 3)
    assert pool.percentile_mm(90) == np.inf
    with pytest.raises(MetricError, match="empty"):
        Pool.empty().statistics()
