"""In the lab no unit of a prediction moves its score, from a file or from memory, as its height is fixed."""

from pathlib import Path

import numpy as np
import pytest

import fsbench
from fsbench.core.mesh import Mesh
from fsbench.io import write_obj
from fsbench.submissions.frame import Frame

NAME = "00_0_05"
UNITS = pytest.mark.parametrize("unit", [1.0, 1.01, 6.285, 62.85, 1e-3])


@pytest.fixture(scope="module")
def scorer(sample) -> fsbench.Scorer:
    return fsbench.Scorer("fslab", sample)


@pytest.fixture(scope="module")
def focal_px(scorer) -> float:
    found = scorer.benchmark.focal_px(scorer.benchmark.sample(NAME))
    assert found is not None
    return found


@pytest.fixture(scope="module")
def mesh(sample, focal_px) -> Mesh:
    return fsbench.adapters.load("3DDFA_V2", sample / "pred/lab_pred/mean-face", NAME, focal_px)


@UNITS
def test_a_mesh_in_memory(scorer, mesh: Mesh, unit: float) -> None:
    expected = scorer.score(NAME, mesh.vertices, mesh.faces)
    unused = np.concatenate([mesh.vertices * unit, [[0.0, 99.0 * unit, 1.0]]])
    for vertices in (mesh.vertices * unit, unused):
        found = scorer.score(NAME, vertices, mesh.faces)
        assert found.as_dict() == pytest.approx(expected.as_dict(), rel=1e-9)


@UNITS
def test_a_file_is_as_in_memory(scorer, mesh: Mesh, focal_px: float, tmp_path: Path, unit: float) -> None:
    write_obj(tmp_path / f"{NAME}.obj", Mesh(mesh.vertices * unit, mesh.faces), decimals=9)
    raw = fsbench.read_mesh(tmp_path / f"{NAME}.obj")
    expected = scorer.score(NAME, raw.vertices, raw.faces).as_dict()
    placed = Frame("cv").load(tmp_path, NAME, focal_px)
    assert scorer.score(NAME, placed.vertices, placed.faces).as_dict() == expected
    assert np.ptp(placed.vertices[:, 1]) == pytest.approx(3, rel=1e-12)


def test_what_an_adapter_has_placed_stays_as_it_is(scorer, mesh: Mesh) -> None:
    """To the bit, as rounding would move published numbers."""
    prepared = scorer.benchmark.prepare(NAME)
    assert scorer.score(NAME, mesh.vertices, mesh.faces).as_dict() == prepared.measure(mesh).scores.as_dict()
