"""A glance tells what stands right from what does not."""

from pathlib import Path

import pytest

from fsbench import submissions as adapters
from fsbench.benchmarks import Benchmark
from fsbench.check.frame import _MATCHES
from fsbench.check.misfit import misfit
from fsbench.core.mesh import Mesh


@pytest.fixture(params=[("fswild", "wild_pred", "3DDFA_V2", "200"), ("fslab", "lab_pred", "3DDFA_V2", "00_2_05")])
def pair(request: pytest.FixtureRequest, sample: Path):
    """A prepared reference, and the prediction of a mean face."""
    benchmark, folder, adapter, name = request.param
    opened = Benchmark.open(benchmark, sample)
    focal_px = opened.focal_px(opened.sample(name))
    return opened.prepare(name), adapters.get(adapter).load(sample / "pred" / folder / "mean-face", name, focal_px)


def _changed(mesh: Mesh, factors: tuple[float, float, float], shift: tuple[float, float, float] = (0, 0, 0)) -> Mesh:
    faces = mesh.faces if factors[0] * factors[1] * factors[2] > 0 else mesh.faces[:, ::-1]
    return Mesh(mesh.vertices * factors + shift, faces)


def test_what_stands_right_matches(pair) -> None:
    prepared, mesh = pair
    assert misfit(prepared, mesh) < 0.5


@pytest.mark.parametrize("factors", [(-1, 1, 1), (1, -1, 1), (0.5, 0.5, 1)])
def test_a_changed_frame_does_not(pair, factors) -> None:
    prepared, mesh = pair
    wrong = misfit(prepared, _changed(mesh, factors))
    assert wrong > _MATCHES and wrong > misfit(prepared, mesh) + 0.05


def test_what_cannot_be_seen_is_no_match(pair) -> None:
    prepared, mesh = pair
    assert misfit(prepared, Mesh(mesh.vertices, mesh.faces[:, ::-1])) > 0.5
    assert misfit(prepared, Mesh(mesh.vertices, mesh.faces[:0])) == 1
    assert misfit(prepared, _changed(mesh, (1, 1, 1), (50, 0, 0))) == 1
    assert misfit(prepared, _changed(mesh, (1e300, 1e300, 1e300))) == 1
