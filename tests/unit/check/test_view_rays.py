"""View rays and similarity: a reference against a copy of itself, moved by a known amount."""

from pathlib import Path

import numpy as np
import pytest

from fsbench.benchmarks import Benchmark
from fsbench.check.predicted import in_image_frame
from fsbench.check.similarity import fit_from
from fsbench.check.view_rays import AS_IS, Placing, Target
from fsbench.core.mesh import Mesh
from fsbench.geometry.rays import Surface
from fsbench.io import read_mesh

PERFECT = 0.03
"""The reference's normals at the pixels are differences of neighbours, the prediction's those of the triangles."""


@pytest.fixture(scope="module", params=[("fswild", "300"), ("fslab", "00_2_09")], ids=["wild", "lab"])
def seen(request: pytest.FixtureRequest, sample: Path) -> tuple[Target, Mesh]:
    """A reference as target, and itself as a prediction in the image frame."""
    name, sample_name = request.param
    benchmark = Benchmark.open(name, sample)
    chosen = benchmark.sample(sample_name)
    focal_px = benchmark.focal_px(chosen)
    target = Target.of(benchmark.prepare(chosen), focal_px)
    mesh = read_mesh(benchmark.references.files(chosen.name)[0])
    if focal_px is None:
        return target, mesh
    import json

    Rt = np.array(json.loads((sample / "data/lab_cam" / f"{sample_name}.json").read_text())[1])
    placed = Mesh(mesh.vertices @ Rt[:, :3].T + Rt[:, 3], mesh.faces)
    return target, Mesh(in_image_frame(placed, focal_px), mesh.faces)


def test_a_reference_meets_itself(seen: tuple[Target, Mesh]) -> None:
    target, mesh = seen
    view_fit = target.look(Surface(mesh), mesh.vertices.mean(0))
    assert view_fit.misfit < PERFECT
    assert view_fit.covered > 0.99
    assert view_fit.front > 0.99


@pytest.mark.parametrize(
    "linear",
    [np.diag([-1.0, 1, 1]), np.diag([1.0, -1, -1]), np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]), 3.0 * np.eye(3)],
    ids=["mirror", "half turn", "quarter turn", "scale"],
)
def test_a_placing_undoes_what_was_done(seen: tuple[Target, Mesh], linear: np.ndarray) -> None:
    target, mesh = seen
    done = Placing(linear, np.array([0.2, -0.1, 0.0]))
    wrong = Mesh(done.apply(mesh.vertices), mesh.faces)
    inverse = np.linalg.inv(linear)
    undo = Placing(inverse, -inverse @ done.offset)
    surface, mean = Surface(wrong), wrong.vertices.mean(0)
    view_fit = target.look(surface, mean, undo)
    assert view_fit.misfit < PERFECT
    assert view_fit.front > 0.99
    assert target.look(surface, mean).misfit > 5 * PERFECT


def test_depth_alone_is_not_seen(seen: tuple[Target, Mesh]) -> None:
    """The official alignment takes it off; in the lab it takes off the unit as well."""
    target, mesh = seen
    moved = Mesh(mesh.vertices + [0, 0, 1.5], mesh.faces)
    assert target.look(Surface(moved), moved.vertices.mean(0)).misfit < PERFECT


def test_a_fit_finds_the_scale_and_the_shift(seen: tuple[Target, Mesh]) -> None:
    target, mesh = seen
    done = Placing(1.3 * np.eye(3), np.array([0.2, -0.1, 0.0]))
    wrong = Mesh(done.apply(mesh.vertices), mesh.faces)
    found = fit_from(target, Surface(wrong), wrong.vertices.mean(0), AS_IS)
    assert found.view_fit.misfit < 0.05
    assert found.scale == pytest.approx(1 / 1.3, rel=0.02)
    assert found.shift[:2] == pytest.approx(np.array([-0.2, 0.1]) / 1.3, abs=0.02)
