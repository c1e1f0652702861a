"""Protocols of another package work with every command, without a line changed in fsbench."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import fsbench
from fsbench.core.errors import FormatError, FsbenchError
from fsbench.core.mesh import Mesh
from fsbench.io import write_ply
from fsbench.protocols.protocol import Prediction
from fsbench.stats.layout import spec_of
from fsbench.submissions.frame import Frame
from tests.cli.commands import ctrl_c_after
from tests.cli.commands import fsbench as run
from tests.conftest import ROOT
from tests.heads import head
from tests.toys import EXAMPLE, installed

NOSES = EXAMPLE / "noses.toml"
HEAD = head(30, 40)
# Row 4 is the tip of the nose; the others are anywhere on the head.
ROWS = [*np.linspace(100, HEAD.n_vertices - 100, 6).astype(int)]
ROWS.insert(4, int(np.abs(HEAD.vertices - [0, -11, 116]).sum(1).argmin()))
SAMPLES = [f"{subject}/{view}" for subject in ("ann", "bea", "cem") for view in ("front", "side")]
# Meshes are written as 32-bit numbers of some 100 mm.
ATOL_MM = 1e-4


@pytest.fixture
def toys(tmp_path: Path) -> Iterator[None]:
    with installed(tmp_path / "site"):
        yield


@dataclass(frozen=True)
class Noses:
    """Three subjects from two sides, and the longer noses that two methods give them: a millimetre, and two."""

    root: Path
    near: Path
    far: Path


@pytest.fixture
def noses(toys: None, tmp_path: Path) -> Noses:
    _write(tmp_path / "noses", 0.0)
    _write(tmp_path / "near", 1.0)
    _write(tmp_path / "far", 2.0)
    return Noses(tmp_path / "noses", tmp_path / "near", tmp_path / "far")


def _write(folder: Path, longer_mm: float) -> None:
    for i, name in enumerate(SAMPLES):
        vertices = HEAD.vertices * (1 + 0.01 * i)
        vertices[ROWS[4]] += [0, 0, longer_mm * (1 + 0.1 * i)]
        path = folder / f"{name}.ply"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_ply(path, Mesh(vertices, HEAD.faces))
        np.savetxt(path.with_suffix(".txt"), vertices[ROWS])


def _rows(folder: Path) -> str:
    """All of samples.csv but the seconds."""
    return "\n".join(line.rpartition(",")[0] for line in (folder / "samples.csv").read_text().splitlines())


def test_a_nose_tip_protocol_works_with_every_command(capsys, noses: Noses, tmp_path: Path, monkeypatch) -> None:
    about = [NOSES, "--root", noses.root]
    answer = run(capsys, "check", *about, "--pred", noses.near)
    assert (answer.code, "nothing suspicious" in answer.out) == (0, True), answer.out + answer.err
    assert "nan" not in answer.out
    for name, pred, jobs in (("near", noses.near, 1), ("near-2", noses.near, 2), ("far", noses.far, 1)):
        keep = ["--keep-maps"] if jobs == 2 else []
        answer = run(capsys, "score", *about, "--pred", pred, "--out", tmp_path / "runs" / name, "--jobs", jobs, *keep)
        assert answer.code == 0, answer.err
    assert len(list((tmp_path / "runs/near-2/maps").glob("*.map"))) == len(SAMPLES)
    near, far = tmp_path / "runs/near", tmp_path / "runs/far"
    assert _rows(near) == _rows(tmp_path / "runs/near-2")
    samples = fsbench.load_run(near).samples
    assert list(samples["sample"]) == SAMPLES
    np.testing.assert_allclose(samples["nose_tip_distance_mm"], 1 + 0.1 * np.arange(6), atol=ATOL_MM)

    answer = run(capsys, "table", near, far)
    assert "Noses, by view" in answer.out and "from the front" in answer.out, answer.out + answer.err
    assert "Nose tip distance" in answer.out and "all samples" in answer.out
    for kind in ("error", "distribution", "cumulative"):
        answer = run(capsys, "plot", near, far, "--kind", kind, "-o", tmp_path / f"{kind}.svg")
        assert answer.code == 0, answer.err
        assert b"<svg" in (tmp_path / f"{kind}.svg").read_bytes()
    answer = run(capsys, "compare", near, far, "--by", "view")
    assert answer.code == 0 and "Nose tip distance" in answer.out, answer.out + answer.err

    show = ["heatmap", near, "ann/front", "-o", tmp_path / "heat.ply"]
    said = ("--root", noses.root, "--pred", noses.near, "--benchmark", NOSES)
    for again in ((), said):  # the run knows all of it
        answer = run(capsys, *show, *again)
        assert answer.code == 0 and "Nose tip distance 1.00 mm" in answer.err, answer.err
    (tmp_path / "boards").mkdir()
    (tmp_path / "boards/methods.csv").write_bytes((ROOT / "leaderboards/methods.csv").read_bytes())
    paper = ["--paper", "P", "--venue", "V", "--year", "2026", "--source", "https://example.org"]
    answer = run(capsys, "leaderboard", "add", near, "--folder", tmp_path / "boards", *paper)
    assert answer.code == 2 and "noses is a benchmark of its own file" in answer.err
    sheet = [*show[:2], "-o", tmp_path / "sheet.png", "--all", "--sheet"]
    answer = run(capsys, *sheet)
    assert answer.code == 0 and "from the side: best ann/side" in answer.err, answer.err
    answer = run(capsys, "report", near, far, "-o", tmp_path / "report.html")
    assert answer.code == 0 and "note:" not in answer.err, answer.err
    assert "Nose tip distance" in (tmp_path / "report.html").read_text("utf-8")


def test_a_toys_shards_merge_and_a_stopped_run_goes_on(
    capsys, noses: Noses, tmp_path: Path, monkeypatch, ctrl_c: None
) -> None:
    marks = noses.far / "bea/side.txt"
    # Half the head's size off: the fit stays a fit, and is suspicious.
    np.savetxt(marks, np.loadtxt(marks) + np.random.default_rng(0).normal(scale=6.0, size=(7, 3)))
    call = ["score", NOSES, "--root", noses.root, "--pred", noses.far]
    answer = run(capsys, *call, "--out", tmp_path / "whole")
    assert "1 of 6 alignments are suspicious" in answer.err, answer.err
    parts = [tmp_path / f"part-{i}" for i in (1, 2)]
    for i, part in enumerate(parts, 1):
        assert run(capsys, *call, "--out", part, "--shard", f"{i}/2").code == 0
    assert run(capsys, "merge", *parts, "--out", tmp_path / "merged").code == 0
    assert _rows(tmp_path / "merged") == _rows(tmp_path / "whole")
    whole, merged = (fsbench.load_run(tmp_path / name) for name in ("whole", "merged"))
    assert list(whole.manifest["suspicious"]) == ["bea/side"]
    assert merged.manifest["suspicious"] == whole.manifest["suspicious"]
    assert "Noses, by view" in run(capsys, "table", tmp_path / "merged").out
    few = [tmp_path / f"few-{i}" for i in (1, 2)]
    for out, names in zip(few, ("ann/*", "bea/*,cem/*"), strict=True):
        run(capsys, *call, "--out", out, "--samples", names)
    assert (
        "which samples noses has, and in which order, is not known"
        in run(capsys, "merge", *few, "--out", tmp_path / "no").err
    )

    with ctrl_c_after(monkeypatch, 3):
        assert run(capsys, *call, "--out", tmp_path / "stopped").code == 130
    answer = run(capsys, *call, "--out", tmp_path / "stopped")
    assert "going on: 3 of 6 samples" in answer.err
    assert _rows(tmp_path / "stopped") == _rows(tmp_path / "whole")


def test_a_toy_serves_notebooks(noses: Noses, tmp_path: Path) -> None:
    benchmark = fsbench.open_benchmark(str(NOSES), noses.root)
    found = fsbench.score(benchmark, noses.near, samples="ann/*")
    assert list(found.samples["status"]) == ["ok", "ok"]
    scorer = fsbench.Scorer(str(NOSES), noses.root)
    moved = HEAD.vertices[:, [2, 0, 1]] * 0.01 + [5, 6, 7]
    scores = scorer.score("ann/front", moved, HEAD.faces, moved[ROWS])
    assert scores.nose_tip_distance_mm < ATOL_MM
    answer = fsbench.open_benchmark(str(NOSES), noses.root, fsbench.benchmarks.Choice(changes=("tip=2",)))
    assert "tip:2" in answer.signature and benchmark.signature != answer.signature


def _toml(path: Path, protocol: str, layout: str = "") -> Path:
    text = f'name = "{path.stem}"\ntitle = "Toy {path.stem}"\nprotocol = "{protocol}"\n{layout}\n'
    path.write_text(text + 'citation = "c"\nwhere = "w"\nunit = "mm"\n[samples]\nlisted = "under --root"\n')
    return path


def test_a_protocol_with_readers_of_its_own(capsys, toys: None, tmp_path: Path) -> None:
    toml, root, pred = _toml(tmp_path / "own.toml", "regions"), tmp_path / "root", tmp_path / "pred"
    pred.mkdir()
    for name in ("one", "two"):
        for region in ("nose", "mouth"):
            (root / name).mkdir(parents=True, exist_ok=True)
            write_ply(root / name / f"{region}.ply", HEAD)
            write_ply(pred / f"{name}_{region}.ply", HEAD)
    call = [toml, "--root", root, "--pred", pred]
    answer = run(capsys, "check", *call)
    assert answer.code == 0 and "a prediction for each of 2 samples" in answer.out, answer.out + answer.err
    for jobs in (1, 2):
        answer = run(capsys, "score", *call, "--out", tmp_path / f"run-{jobs}", "--jobs", jobs)
        assert answer.code == 0 and "pooled over" in answer.err, answer.err
    assert _rows(tmp_path / "run-1") == _rows(tmp_path / "run-2")
    assert "Toy own" in run(capsys, "table", tmp_path / "run-1").out
    scorer = fsbench.Scorer(str(toml), root)
    higher = Prediction(Mesh(HEAD.vertices + [0, 0, 0.5], HEAD.faces))
    scores = scorer.score_prediction("one", Prediction(HEAD, {}, (higher,)))
    assert 0.1 < scores.worst_region_error_mm <= 0.5 and scores.region_error_mm == scores.worst_region_error_mm / 2
    for path in pred.glob("two_*"):
        path.unlink()
    assert "no prediction for 1 of 2: two" in run(capsys, "check", *call).out
    assert run(capsys, "score", *call, "--out", tmp_path / "run-3").code == 1
    answer = run(capsys, "score", *call, "--out", tmp_path / "run-4", "--landmarks", "1,2,3")
    assert answer.code == 2 and "leave out --landmarks" in answer.err


def test_a_protocol_in_the_camera_frame(capsys, toys: None, tmp_path: Path) -> None:
    toml, root, pred = _toml(tmp_path / "boxed.toml", "boxes", 'layout = "pairs"'), tmp_path / "root", tmp_path / "pred"
    for folder, factor in ((root, 0.01), (pred, 0.009)):
        folder.mkdir()
        for name in ("one", "two"):
            write_ply(folder / f"{name}.ply", Mesh(HEAD.vertices * factor, HEAD.faces))
    call = [toml, "--root", root, "--pred", pred]
    assert "--adapter" in run(capsys, "score", *call, "--out", tmp_path / "run").err
    call += ["-a", "ortho"]
    answer = run(capsys, "check", *call)
    assert answer.code == 0 and "box_error_mm 0.2" in answer.out, answer.out + answer.err
    for jobs in (1, 2):
        answer = run(capsys, "score", *call, "--out", tmp_path / f"run-{jobs}", "--jobs", jobs)
        assert answer.code == 0, answer.err
    assert _rows(tmp_path / "run-1") == _rows(tmp_path / "run-2")
    # It does not tell where its distances are: rows stand without maps.
    answer = run(capsys, "score", *call, "--out", tmp_path / "run-3", "--keep-maps")
    assert answer.code == 0 and not list((tmp_path / "run-3/maps").glob("*.map")), answer.err
    assert _rows(tmp_path / "run-1") == _rows(tmp_path / "run-3")
    call += ["--set", "axes=1"]
    assert run(capsys, "score", *call, "--out", tmp_path / "run-set").code == 0
    widths, boxes = (fsbench.load_run(tmp_path / name) for name in ("run-set", "run-1"))
    assert "axes:1" in widths.signature and (widths.samples["box_error_mm"] < boxes.samples["box_error_mm"]).all()
    answer = run(capsys, "heatmap", tmp_path / "run-set", "one", "-o", tmp_path / "heat-set.png")
    assert answer.code == 0, answer.err
    benchmark = fsbench.open_benchmark(str(toml), root)
    found = fsbench.score(benchmark, fsbench.Submission(pred, Frame("ortho")))
    assert list(found.samples["status"]) == ["ok", "ok"]
    answer = run(capsys, "heatmap", tmp_path / "run-1", "one", "-o", tmp_path / "heat.png")
    assert answer.code == 0, answer.err


def test_what_a_protocol_measures_must_be_what_it_declares(toys: None, noses: Noses, monkeypatch) -> None:
    scorer = fsbench.Scorer(str(NOSES), noses.root)
    kind = type(scorer.benchmark.protocol)
    monkeypatch.setattr(kind, "quantities", kind.quantities[:1])
    with pytest.raises(FsbenchError, match=r"declares .* but measured"):
        scorer.score("ann/front", HEAD.vertices, HEAD.faces, HEAD.vertices[ROWS])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (r'"Noses, by view"', '"\\u001b[2J"'),
        (r'"by": "view"', '"by": "hair"'),
        (r'"by": "view"', '"by": ["view"]'),
        (r'"tables": \[', '"tables": [7, '),
        (r'"main_metrics": \[', '"main_metrics": [7, '),
        (r'"specification": \{', '"specification": 3, "other": {'),
    ],
)
def test_a_damaged_specification_in_a_run_is_refused(noses: Noses, tmp_path: Path, old: str, new: str) -> None:
    fsbench.score(fsbench.open_benchmark(str(NOSES), noses.root), noses.near, tmp_path / "run", samples="ann/*")
    path = tmp_path / "run/run.json"
    text, number = re.subn(old, lambda _: new, path.read_text())
    assert number == 1
    path.write_text(text)
    assert json.loads(text)
    with pytest.raises(FormatError, match=r"specification|bins that do not exist"):
        spec_of(fsbench.load_run(tmp_path / "run"))
