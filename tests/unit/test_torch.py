"""The metric of torchmetrics: the means of the scorer, also where several processes share the samples."""

import json
import math
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fsbench
from fsbench.core.errors import UsageError

torch = pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("torchmetrics", reason="torchmetrics is not installed")

NAMES = ["000", "100", "200", "300"]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def meshes(sample) -> dict[str, fsbench.Mesh]:
    folder = sample / "pred/wild_pred/mean-face"
    return {name: fsbench.adapters.load("3DDFA_V2", folder, name) for name in NAMES}


@pytest.fixture(scope="module")
def scores(sample, meshes) -> dict[str, float]:
    scorer = fsbench.Scorer("fswild", sample)
    return {name: scorer.score(name, mesh.vertices, mesh.faces).cd_mm for name, mesh in meshes.items()}


def _metric(sample: Path, **options: Any) -> Any:
    from fsbench.torch import FaceBenchmark

    return FaceBenchmark("fswild", sample, samples=NAMES, **options)


def _batch(meshes: dict[str, fsbench.Mesh], *names: str) -> tuple[list[str], Any, Any]:
    vertices = torch.tensor(np.stack([meshes[name].vertices for name in names]), requires_grad=True)
    return list(names), vertices, torch.tensor(meshes[names[0]].faces)


def test_means_by_bin_and_over_all(sample, meshes, scores) -> None:
    metric = _metric(sample)
    metric.update(*_batch(meshes, "000", "100"))
    metric.update(*_batch(meshes, "200"))
    found = {name: float(value) for name, value in metric.compute().items()}
    assert found["cd_mm"] == pytest.approx(np.mean([scores[name] for name in NAMES[:3]]), rel=1e-15)
    assert found["cd_mm/pose_deg=0-5"] == scores["000"]
    assert math.isnan(found["cd_mm/pose_deg=60-90"])
    assert (found["done"], found["done/pose_deg=0-5"], found["done/pose_deg=60-90"]) == (0.75, 1.0, 0.0)
    assert {name.partition("/")[0] for name in found} == {"cd_mm", "mne_rad", "cr", "done"}
    metric.reset()
    with pytest.warns(UserWarning, match="before the ``update``"):
        assert float(metric.compute()["done"]) == 0


def test_a_sample_seen_again_counts_once_and_a_failure_lowers_done(sample, meshes, scores) -> None:
    metric = _metric(sample, metrics=["cd_mm"], by=[])
    metric.update(*_batch(meshes, "000", "100"))
    names, vertices, faces = _batch(meshes, "200", "300", "100")
    with pytest.warns(UserWarning, match="sample 200 has no score: .* are NaN") as warned:
        metric.update(names, torch.stack([vertices[0] * torch.nan, vertices[1], vertices[2] * 1.01]), faces)
        metric.update(names, vertices * torch.nan, faces)
    assert len(warned) == 1
    assert list(metric.reasons) == names
    found = {name: float(value) for name, value in metric.compute().items()}
    assert found == {
        "cd_mm": pytest.approx(np.mean([scores[name] for name in ("000", "100", "300")]), rel=1e-15),
        "done": 0.75,
    }


def test_the_first_score_of_a_sample_counts_by_every_route(sample, meshes, scores) -> None:
    metric = _metric(sample, metrics="cd_mm", by=())
    name, vertices, faces = _batch(meshes, "000")
    metric(name, vertices, faces)
    metric("000", vertices * 1.01, faces)
    metric.update("000", vertices * 1.02, faces)
    assert float(metric.compute()["cd_mm"]) == scores["000"]


def test_a_doubtful_score_is_warned_of(sample, meshes) -> None:
    metric = _metric(sample, metrics="cd_mm", by="pose_deg")
    names, vertices, faces = _batch(meshes, "000")
    with pytest.warns(UserWarning, match="sample 000 is scored, but most of the surface looks into the head"):
        metric.update(names, vertices * torch.tensor([1.0, 1.0, 1.0]), faces[:, [1, 0, 2]])
    assert "looks into the head" in metric.reasons["000"]
    metric.update(names, vertices, faces)
    assert not metric.reasons


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metrics": ["cd"]}, "no metric 'cd'"),
        ({"by": "age"}, "no bins 'age'; there are pose"),
        ({"samples": "x"}, "'x'"),
        ({"samples": []}, "samples is empty"),
    ],
)
def test_what_does_not_exist_is_refused(sample, options: dict[str, Any], message: str) -> None:
    from fsbench.torch import FaceBenchmark

    with pytest.raises(UsageError, match=message):
        FaceBenchmark("fswild", sample, **{"samples": NAMES, **options})


def test_samples_that_are_not_validated_are_refused(sample, meshes) -> None:
    with pytest.raises(UsageError, match="'001' is none of the 4"):
        _metric(sample).update(["001"], *_batch(meshes, "000")[1:])


PROCESS = """
import json, os, sys
import numpy as np, torch
import fsbench
from fsbench.core.errors import UsageError
from fsbench.torch import FaceBenchmark
root, rank, shares = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[4])
torch.distributed.init_process_group("gloo", init_method="file://" + sys.argv[3], rank=rank, world_size=2)
metric = FaceBenchmark("fswild", root, samples=["000", "100", "200", "300"])
for name in shares[rank]:
    mesh = fsbench.adapters.load("3DDFA_V2", root + "/pred/wild_pred/mean-face", name)
    metric.update([name], torch.tensor(mesh.vertices[None].copy()), torch.tensor(mesh.faces.copy()))
print(json.dumps({name: float(value) for name, value in metric.compute().items()}))
torch.distributed.destroy_process_group()
"""


@pytest.mark.parametrize(
    "shares",
    [
        # The last one twice, as a sampler does that gives each process as many.
        (["000", "200", "300"], ["100", "300", "300"]),
        (["000", "100", "200", "300"], []),
    ],
)
def test_two_processes_gather_their_samples(sample, tmp_path: Path, scores, shares: tuple[list[str], ...]) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])}
    call = [sys.executable, "-c", textwrap.dedent(PROCESS), str(sample)]
    processes = [
        subprocess.Popen(
            [*call, str(rank), str(tmp_path / "meet"), json.dumps(shares)],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    said = [json.loads(process.communicate(timeout=300)[0].splitlines()[-1]) for process in processes]
    assert said[0]["done"] == 1
    assert said[0]["cd_mm"] == pytest.approx(np.mean(list(scores.values())), rel=1e-15)
    assert json.dumps(said[0]) == json.dumps(said[1])
