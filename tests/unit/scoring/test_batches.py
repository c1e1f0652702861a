"""Batches in memory: the rows of single calls, whatever holds the numbers."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import fsbench
from fsbench.core.errors import MeshError, UsageError
from tests.tensors import Tensor

NAMES = ["000", "100", "200", "000"]


@pytest.fixture(scope="module")
def scorer(sample) -> fsbench.Scorer:
    return fsbench.Scorer("fswild", sample)


@pytest.fixture(scope="module")
def meshes(sample) -> list[fsbench.Mesh]:
    folder = sample / "pred/wild_pred/mean-face"
    return [fsbench.adapters.load("3DDFA_V2", folder, name) for name in NAMES]


@pytest.fixture(scope="module")
def expected(scorer, meshes) -> list[dict[str, float]]:
    return [scorer.score(name, mesh.vertices, mesh.faces).as_dict() for name, mesh in zip(NAMES, meshes, strict=True)]


def _as_open3d(mesh: fsbench.Mesh) -> Any:
    return SimpleNamespace(vertices=Tensor(mesh.vertices), triangles=Tensor(mesh.faces))


def _as_open3d_tensor(mesh: fsbench.Mesh) -> Any:
    return SimpleNamespace(
        vertex=SimpleNamespace(positions=Tensor(mesh.vertices, "cuda")),
        triangle=SimpleNamespace(indices=Tensor(mesh.faces, "cuda")),
    )


FORMS = {
    "one array": lambda meshes: (np.stack([one.vertices for one in meshes]), meshes[0].faces),
    "a tensor on a GPU": lambda meshes: (
        Tensor(np.stack([one.vertices for one in meshes]), "cuda", needs_gradient=True),
        Tensor(meshes[0].faces, "cuda"),
    ),
    "a tensor each": lambda meshes: ([Tensor(one.vertices) for one in meshes], [Tensor(one.faces) for one in meshes]),
    "faces as lists": lambda meshes: ([one.vertices for one in meshes], meshes[0].faces.tolist()),
    "meshes": lambda meshes: (list(meshes), None),
    "meshes of open3d": lambda meshes: ([_as_open3d(one) for one in meshes], None),
    "tensor meshes of open3d": lambda meshes: ([_as_open3d_tensor(one) for one in meshes], None),
}


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("form", FORMS)
def test_a_batch_has_the_numbers_of_single_calls(form: str, threads: int, scorer, meshes, expected) -> None:
    found = scorer.score_batch(NAMES, *FORMS[form](meshes), threads=threads)
    assert list(found.columns) == ["sample", "status", "reason", *scorer.benchmark.metrics]
    assert found["sample"].tolist() == NAMES
    assert set(found["status"]) == {"ok"}
    assert found[list(scorer.benchmark.metrics)].to_dict("records") == expected


def test_a_prediction_that_cannot_be_scored_is_a_row_with_its_reason(scorer, meshes, expected) -> None:
    vertices = np.stack([one.vertices for one in meshes])
    vertices[1, 7] = np.nan
    found = scorer.score_batch(NAMES, vertices, meshes[0].faces)
    assert found["status"].tolist() == ["ok", "invalid", "ok", "ok"]
    assert "1 of" in found["reason"][1]
    assert "vertex 7" in found["reason"][1]
    assert found["cd_mm"].isna().tolist() == [False, True, False, False]
    assert found["cd_mm"][2] == expected[2]["cd_mm"]


def test_a_batch_without_a_score_keeps_its_columns(scorer, meshes) -> None:
    found = scorer.score_batch(["000"], meshes[0].vertices[None] * np.nan, meshes[0].faces)
    assert found["cd_mm"].dtype == np.float64
    assert found["status"].tolist() == ["invalid"]
    empty = scorer.score_batch([], np.empty((0, 5, 3)), meshes[0].faces)
    assert len(empty) == 0
    assert [str(kind) for kind in empty.dtypes[:4]] == ["object", "object", "object", "float64"]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        ({"samples": ["000"]}, UsageError, "1 samples and 4 vertices"),
        ({"samples": [*NAMES[:3], "999"]}, UsageError, "999"),
        ({"samples": [*NAMES[:3], 0]}, UsageError, "0"),
        ({"faces": None}, UsageError, r"faces are lacking: pass \(F, 3\)"),
        ({"faces": np.zeros((3, 5, 3), int)}, UsageError, "4 samples and 3 faces"),
        ({"threads": 0}, UsageError, "threads 0: expected a whole number, 1 or more"),
        ({"threads": "2"}, UsageError, "threads '2': expected"),
        ({"vertices": object()}, UsageError, "0 vertices"),
        ({"vertices": Tensor(np.zeros((4, 5, 3)), is_bfloat16=True)}, MeshError, "vertices.detach"),
        ({"vertices": "meshes"}, UsageError, "leave faces out"),
        ({"vertices": "mixed", "faces": None}, UsageError, "place 1 of the batch is no mesh"),
        ({"landmarks": np.zeros((4, 7, 3))}, UsageError, "opened without landmarks"),
    ],
)
def test_calls_that_are_wrong_are_refused_whole(
    scorer, meshes, call: dict[str, Any], error: type, message: str
) -> None:
    given = {"samples": NAMES, "vertices": np.stack([one.vertices for one in meshes]), "faces": meshes[0].faces} | call
    if isinstance(given["vertices"], str):
        given["vertices"] = meshes if given["vertices"] == "meshes" else [meshes[0], meshes[1].vertices, *meshes[2:]]
    with pytest.raises(error, match=message):
        scorer.score_batch(**given)
