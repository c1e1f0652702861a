"""The check says which surface of a whole head pays, and names only a cut whose score it measured."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from fsbench.benchmarks import Benchmark
from fsbench.check import check
from fsbench.cli.adapter_options import build_adapter
from fsbench.core.mesh import Mesh
from fsbench.io import read_mesh, write_obj, write_ply
from fsbench.submissions.submission import Submission
from tests.cylinders import face_with_throat, head_with_nape


@pytest.fixture
def root(sample: Path, tmp_path: Path) -> Path:
    """The sample benchmark with cylinders for its first reference."""
    root = Path(shutil.copytree(sample, tmp_path / "root"))
    write_obj(root / "data/wild_gt_mesh/000.obj", _in_the_wild(root, face_with_throat()))
    return root


def _in_the_wild(root: Path, mesh: Mesh) -> Mesh:
    """From sample 000's head frame in mm to its ortho frame."""
    R, c, s = (
        np.load(root / f"code/predef/wild_{name}.npy")[0] for name in ("rotations", "head_centers", "pupil_scales")
    )
    return Mesh(mesh.vertices @ R.T / s + c, mesh.faces)


def _said(root: Path, folder: Path) -> str:
    opened = Benchmark.open("fswild", root)
    report = check(opened, Submission(folder, build_adapter("ortho")), opened.select("000"))
    assert "wrong" not in {finding.verdict for finding in report.findings}, [*map(str, report.findings)]
    return " ".join(finding.text for finding in report.findings if finding.topic == "surplus")


@pytest.mark.parametrize("ending", [".obj", ".ply"])
def test_the_cut_that_is_named_has_the_score_that_is_said(root: Path, tmp_path: Path, ending: str) -> None:
    write = write_obj if ending == ".obj" else write_ply
    folder = tmp_path / "pred"
    folder.mkdir()
    write(folder / f"000{ending}", _in_the_wild(root, head_with_nape()))
    said = _said(root, folder)
    assert "in 1 of 1 sample cd_pred_to_ref is over twice cd_ref_to_pred" in said
    assert "100% of it behind the head's axis" in said
    assert said.endswith("Write the meshes without what lies behind the reference")
    # Done literally: the reference's throat reaches 16 mm behind the axis.
    mesh, head = read_mesh(folder / f"000{ending}"), head_with_nape()
    kept = head.faces[(head.vertices[head.faces][:, :, 2] >= -16.0).all(1)]
    write(folder / f"000{ending}", Mesh(mesh.vertices, kept).without_unused())
    assert _said(root, folder) == ""
    promised = float(re.search(r"behind the reference CD ([\d.]+) mm", said)[1])
    opened = Benchmark.open("fswild", root)
    scores = opened.measure("000", Submission(folder, build_adapter("ortho")).load(opened, "000")).scores
    # Two decimals.
    assert scores.cd_mm == pytest.approx(promised, abs=0.006)


def test_a_face_is_not_accused(root: Path, tmp_path: Path) -> None:
    (tmp_path / "pred").mkdir()
    write_obj(tmp_path / "pred/000.obj", _in_the_wild(root, face_with_throat()))
    assert _said(root, tmp_path / "pred") == ""


def test_without_a_file_that_can_be_cut_nothing_is_promised(root: Path, tmp_path: Path) -> None:
    (tmp_path / "pred").mkdir()
    write_obj(tmp_path / "pred/000.obj", _in_the_wild(root, head_with_nape()))
    (tmp_path / "own.py").write_text(
        "from fsbench.adapters import Frame\n\n\n"
        "def load(folder, sample, focal_px):\n"
        "    return Frame('ortho').load(folder, sample, focal_px)\n"
    )
    opened = Benchmark.open("fswild", root)
    adapter = build_adapter(f"{tmp_path / 'own.py'}:load")
    report = check(opened, Submission(tmp_path / "pred", adapter), opened.select("000"))
    (said,) = [finding.text for finding in report.findings if finding.topic == "surplus"]
    assert said.endswith("docs/exactness.md says what to leave out") and "tried" not in said
