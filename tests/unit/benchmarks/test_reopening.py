"""A benchmark that stays open: not once its specification, a list or a scan was changed."""

import shutil
from pathlib import Path

import numpy as np
import pytest

import fsbench
from fsbench.benchmarks import Benchmark, Choice
from fsbench.core.mesh import Mesh
from fsbench.core.resources import folder
from fsbench.io.write import write_ply
from fsbench.scoring.evaluate import Task
from fsbench.submissions import get
from fsbench.submissions.submission import Submission
from tests.heads import face_of, head

METHOD = "pred/wild_pred/mean-face"
HEAD = head(30, 40)
FACE = face_of(head(60, 90))


@pytest.fixture
def root(sample: Path, tmp_path: Path) -> Path:
    """A sample benchmark that may be written to."""
    return Path(shutil.copytree(sample, tmp_path / "root"))


def _cd_mm(spec: Path | str, root: Path) -> float:
    return Task(str(spec), str(root), Submission(root / METHOD, get("3DDFA_V2")), Choice())("000").scores["cd_mm"]


def _fresh_cd_mm(spec: Path | str, root: Path) -> float:
    mesh = fsbench.adapters.load("3DDFA_V2", root / METHOD, "000")
    return fsbench.Scorer(str(spec), root).score("000", mesh.vertices, mesh.faces).cd_mm


def test_a_changed_array_beside_the_references_is_read_again(root: Path) -> None:
    before = _cd_mm("fswild", root)
    file = next(path for path in root.rglob("*.npy") if np.load(path).ndim == 1)
    np.save(file, np.load(file) * 1.01)
    after = _cd_mm("fswild", root)
    assert after != before
    assert after == _fresh_cd_mm("fswild", root)


def test_a_changed_specification_is_read_again(root: Path, tmp_path: Path) -> None:
    spec = tmp_path / "own.toml"
    text = (folder("data_specs") / "fswild.toml").read_text()
    spec.write_text(text)
    before = _cd_mm(spec, root)
    assert '"depth-median"' in text
    spec.write_text(text.replace('"depth-median"', '"depth-median-rays"'))
    after = _cd_mm(spec, root)
    assert after != before
    assert after == _fresh_cd_mm(spec, root)


def _score(root: Path, pred: Path, name: str = "anna") -> float:
    return Task("scan", str(root), Submission(pred), Choice())(name).scores["ref_to_pred_mean_mm"]


def test_a_changed_scan_and_a_new_one_are_read(tmp_path: Path) -> None:
    scans, pred = tmp_path / "scans", tmp_path / "pred"
    scans.mkdir(), pred.mkdir()
    write_ply(scans / "anna.ply", FACE)
    write_ply(pred / "anna.ply", HEAD)
    write_ply(pred / "berta.ply", HEAD)
    before = _score(scans, pred)
    benchmark = Benchmark.open("scan", scans)
    benchmark.prepare("anna")
    wider = Mesh(FACE.vertices * [1.1, 1, 1], FACE.faces)
    write_ply(scans / "anna.ply", wider)
    write_ply(scans / "berta.ply", wider)
    after = _score(scans, pred)
    assert after > before + 0.1
    assert after == _score(scans, pred, "berta")
    assert benchmark.prepare("anna").reference.n_vertices == FACE.n_vertices
    np.testing.assert_allclose(benchmark.prepare("anna").reference.vertices, wider.vertices, atol=1e-4)
