"""No score rests on open3d: where it is absent, every protocol gives the same bytes, and what needs it says so."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from fsbench.core.mesh import Mesh
from fsbench.geometry import cameras
from fsbench.io import read_mesh
from fsbench.io.write import write_obj
from tests.cli.commands import fsbench
from tests.cli.test_score_scans import florence, now_root, pairs

__all__ = ["florence", "now_root", "pairs"]  # fixtures

# Neither the module nor the record of its installation can be found.
_HIDDEN = """
import importlib.metadata as metadata, sys
def version(name, known=metadata.version):
    if name.startswith("open3d"):
        raise metadata.PackageNotFoundError(name)
    return known(name)
metadata.version, sys.modules["open3d"] = version, None
from fsbench.cli import main
main(sys.argv[1:])
"""
WILD, LAB = ["100", "300"], ["00_0_10", "00_2_01"]
MARKS = ("--landmarks", "{0}/marks", "--pred-landmarks", "{0}/pred_marks")
SCANS = {
    "scan": ("pairs", "scan", "scans", "--samples", "anna"),
    "scan by landmarks": ("pairs", "scan", "scans", *MARKS),
    "landmark-warp": ("pairs", "scan", "scans", *MARKS, "--measure", "landmark-warp"),
    "now": ("now_root", "now", "now"),
    "now-metrical": ("now_root", "now-metrical", "now"),
    "micc-deng2019": ("florence", "micc-deng2019", "florence", "--samples", "subject_01/cooperative"),
    "micc-ganfit2021": ("florence", "micc-ganfit2021", "florence"),
}


def _hidden(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run `fsbench ARGUMENTS` in a process of its own that finds no open3d."""
    command = [sys.executable, "-c", _HIDDEN, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _rows(run: Path) -> list[list[str]]:
    """Cells of samples.csv, but for the seconds."""
    with (run / "samples.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header[-1] == "seconds" and rows
    return [header[:-1], *(row[:-1] for row in rows)]


def _scores_the_same(capsys: pytest.CaptureFixture[str], out: Path, *arguments: object) -> list[list[str]]:
    seen = fsbench(capsys, "score", *arguments, "--jobs", "1", "--out", out / "with")
    hidden = _hidden("score", *arguments, "--jobs", "1", "--out", out / "without")
    assert hidden.returncode == seen.code, hidden.stderr
    rows = _rows(out / "without")
    assert rows == _rows(out / "with")
    versions = json.loads((out / "without" / "run.json").read_text())["versions"]
    assert versions["open3d"] == "not installed"
    return rows


@pytest.mark.parametrize("name", SCANS)
def test_scans_score_the_same(capsys, tmp_path: Path, request: pytest.FixtureRequest, name: str) -> None:
    data, benchmark, root, *options = SCANS[name]
    request.getfixturevalue(data)
    more = [option.format(tmp_path) for option in options]
    _scores_the_same(capsys, tmp_path, benchmark, "--root", tmp_path / root, "--pred", tmp_path / "pred", *more)


@pytest.mark.parametrize(("benchmark", "names"), [("fswild", WILD), ("fslab", LAB)])
def test_facescape_scores_the_same(capsys, sample: Path, tmp_path: Path, benchmark: str, names: list[str]) -> None:
    pred = sample / "pred" / f"{benchmark[2:]}_pred" / "mean-face"
    where = (benchmark, "--root", sample, "--pred", pred, "-a", "3DDFA_V2", "--samples", ",".join(names))
    assert len(_scores_the_same(capsys, tmp_path, *where, "--no-cache")) == 1 + len(names)


def test_a_head_around_the_pinhole_scores_the_same(capsys, sample: Path, tmp_path: Path) -> None:
    """A triangle reaches from below the face to behind the camera, which is at most 1200 px before it."""
    (tmp_path / "pred").mkdir()
    for name in LAB:
        face = read_mesh(sample / "pred/lab_pred/mean-face" / f"{name}.obj")
        behind = np.array([[108.0, 40.0, 1500.0], [148.0, 40.0, 1500.0], [128.0, 40.0, 0.0]])
        faces = np.vstack([face.faces, face.n_vertices + np.array([[0, 1, 2]])])
        write_obj(tmp_path / "pred" / f"{name}.obj", Mesh(np.vstack([face.vertices, behind]), faces))
    where = ("fslab", "--root", sample, "--pred", tmp_path / "pred", "-a", "3DDFA_V2", "--samples", ",".join(LAB))
    with mock.patch.object(cameras, "nearest_front_of_rays", wraps=cameras.nearest_front_of_rays) as around:
        rows = _scores_the_same(capsys, tmp_path, *where, "--no-cache")
    assert [row[3] for row in rows[1:]] == ["ok", "ok"] and around.call_count >= 2


def test_a_run_still_warns_of_what_is_misplaced(sample: Path, tmp_path: Path) -> None:
    pred = sample / "pred/wild_pred/mean-face"
    where = ("--root", sample, "--pred", pred, "-a", "pixels", "--flip", "y", "--samples", ",".join(WILD))
    done = _hidden("score", "fswild", *where, "--jobs", "1", "--out", tmp_path / "run")
    assert "not where the references are" in done.stderr and "open3d" not in done.stderr


def test_what_needs_open3d_says_what_to_install(capsys, sample: Path, tmp_path: Path) -> None:
    where = ("--root", sample, "--pred", sample / "pred/wild_pred/mean-face", "-a", "3DDFA_V2")
    fsbench(capsys, "score", "fswild", *where, "--samples", "100", "--out", tmp_path / "run")
    for arguments in (
        ("check", "fswild", *where),
        ("heatmap", tmp_path / "run", "100", *where, "-o", tmp_path / "heat.png"),
        ("sample", tmp_path / "new"),
        ("demo", "--out", tmp_path / "demo"),
    ):
        done = _hidden(*arguments)
        assert done.returncode == 2, done.stderr
        last = done.stderr.splitlines()[-1]
        assert "checks, pictures and the sample need it, scores do not" in last
        assert "install it with: pip install open3d" in last
    assert not (tmp_path / "new").exists() and not (tmp_path / "heat.png").exists()
