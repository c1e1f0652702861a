"""REALY and ELR through the command line: the rows of a run are the golden numbers."""

import json
from pathlib import Path

import pandas as pd
import pytest

from fsbench.protocols.realy.template import REGIONS
from tests.cli.commands import fsbench
from tests.golden.test_elr import OWN_WEIGHTS_MM, SOLVER_MM
from tests.golden.test_m3dfb import METHODS
from tests.golden.test_realy import JUMPS


def _rows(out: Path) -> pd.DataFrame:
    return pd.read_csv(out / "samples.csv", dtype={"sample": str}).set_index("sample")


@pytest.mark.parametrize("jobs", [1, 2])
def test_realy(shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], jobs: int) -> None:
    golden = shared / "golden" / "realy"
    mini, expected = golden / "mini", json.loads((golden / "expected" / "errors.json").read_text())["remeshed/4"]
    files = ("--set", f"template={mini}/data/ICTC.obj", "--set", f"keypoints={mini}/data/ICTC.txt")
    where = ("--root", mini, "--pred", mini / "prediction", "--jobs", jobs, "--out", tmp_path / "run")
    assert fsbench(capsys, "score", "realy", *where, *files).code == 0
    row = _rows(tmp_path / "run").loc["4"]
    for name in REGIONS:
        assert row[f"{name}_mm"] == pytest.approx(expected[name][1], rel=JUMPS)
    assert row["suspicious"] == 0


@pytest.mark.parametrize(("method", "own"), [*((method, False) for method in METHODS), (METHODS[0], True)])
def test_elr(
    shared: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    own: bool,
) -> None:
    golden, data = shared / "golden" / "m3dfb", shared / "data" / "m3dfb"
    expected = json.loads((golden / "expected.json").read_text())
    marks = data / "landmark_vertex_indices51.json"
    monkeypatch.chdir(golden)
    options = ("--measure", "elr", "--landmarks", marks, "--pred-landmarks", marks)
    weights = () if own else ("--set", "weights=weights.npz")
    where = ("--root", data / "ground_truth", "--pred", data / "predictions" / method, "--out", tmp_path / "run")
    answer = fsbench(capsys, "score", "scan", *where, *options, *weights, "--jobs", 2 if own else 1)
    assert answer.code == 0
    assert ("weights:own" in answer.err) == own
    for subject, row in _rows(tmp_path / "run").iterrows():
        limit = OWN_WEIGHTS_MM if own else SOLVER_MM
        assert row["elr_mm"] == pytest.approx(expected[str(subject)][method]["e12_mm"], abs=limit)
    table = fsbench(capsys, "table", tmp_path / "run")
    assert table.code == 0 and "ELR runs over the prediction's vertices" in table.out
    picture = ("heatmap", tmp_path / "run", "id0000", *where[:4], *options, "-o", tmp_path / "h.ply")
    for again in ((), weights):  # the run knows its weights
        assert fsbench(capsys, *picture, *again).code == 0
