"""M3D-FB's estimator against the authors' own modules, on real predictions of four methods."""

import json
from functools import cache
from pathlib import Path

import pytest

from fsbench.core.mesh import Mesh
from fsbench.io import read_mesh
from fsbench.protocols.elr.protocol import Elr
from fsbench.protocols.elr.weights import read_weights
from tests.golden.test_m3dfb import METHODS, SUBJECTS

# The authors' convex solver stops within about a tenth of this.
SOLVER_MM = 0.01
# Weights of a prediction's own shape, in place of its topology's mean.
OWN_WEIGHTS_MM = 0.02

_mesh = cache(read_mesh)


def _pair(shared: Path, subject: str, method: str) -> tuple[Mesh, Mesh, list[int]]:
    data = shared / "data" / "m3dfb"
    marks = json.loads((data / "landmark_vertex_indices51.json").read_text())
    files = data / f"ground_truth/{subject}.ply", data / f"predictions/{method}/{subject}.ply"
    return _mesh(files[0]), _mesh(files[1]), marks


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("method", METHODS)
def test_twelve_predictions(shared: Path, subject: str, method: str) -> None:
    golden = shared / "golden" / "m3dfb"
    expected = json.loads((golden / "expected.json").read_text())[subject][method]
    truth, prediction, marks = _pair(shared, subject, method)
    with_weights = Elr(weights=read_weights(golden / "weights.npz")).prepare(truth, truth.vertices[marks])
    scores = with_weights.measure(prediction, prediction.vertices[marks]).scores
    assert scores["elr_mm"] == pytest.approx(expected["e12_mm"], abs=SOLVER_MM)
    assert scores["uncorrected_mm"] == pytest.approx(expected["without_correction_mm"], abs=SOLVER_MM)
    assert scores["ref_mm_per_unit"] == 1e-3
    assert scores.doubts == ()
    own = Elr().prepare(truth, truth.vertices[marks]).measure(prediction, prediction.vertices[marks]).scores
    assert own["elr_mm"] == pytest.approx(expected["e12_mm"], abs=OWN_WEIGHTS_MM)
