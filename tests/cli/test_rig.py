"""Rigs by the command line: every command, every form of a prediction, and what is said of files that do not fit."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from fsbench import Scorer
from fsbench.benchmarks import Choice
from fsbench.core.mesh import Mesh
from fsbench.io.write import write_ply
from fsbench.protocols.protocol import Prediction
from fsbench.protocols.rig.layout import EXPRESSIONS
from tests.cli.commands import Run, rows_of
from tests.conftest import ROOT
from tests.rigs import FACE, MARKS, MARKS_TEXT, NEUTRAL, STEMS, changed, motions, moving, person, write

FILES = ("--root", "root", "--pred", "pred", "--landmarks", MARKS_TEXT, "--pred-landmarks", MARKS_TEXT)
SUBJECTS = ("1", "2")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rig")
    for subject in SUBJECTS:
        neutral = person(int(subject))
        write(folder / f"root/{subject}", moving(neutral, motions()))
        write(folder / f"pred/{subject}", moving(person(int(subject) + 5) * 0.1, motions(0.08)))
    return folder


def _reasons(run: Run, *options: str) -> pd.DataFrame:
    """Status and reason of the first subject's rows; the second one's stay as they are."""
    run("score", "rig", *FILES, *options, "--samples", "1/*", "--out", "a")
    return rows_of("a")[["status", "reason"]].fillna("")


def test_every_command(run: Run) -> None:
    assert run("check", "rig", *FILES).code == 0
    scored = run("score", "rig", *FILES, "--out", "a")
    assert scored.code == 0, scored.err
    assert "a protocol of fsbench" in scored.err and "no stable region is set" in scored.err
    rows = rows_of("a")
    assert list(rows.index) == [f"{subject}/{stem}" for subject in SUBJECTS for stem in STEMS]
    assert list(rows["expression"]) == list(EXPRESSIONS) * 2
    assert (rows["status"] == "ok").all() and rows["hit"].mean() == 1
    # The faces are a tenth as large, and their sizes fitted; the motion is 0.8 times the captured one.
    assert rows["amplitude"].mean() == pytest.approx(0.8, rel=0.01)
    assert rows["mm_per_unit"].mean() == pytest.approx(10, rel=0.01)
    assert run("table", "a").out.count("Expression rigs") == 2
    assert run("table", "a", "--by", "subject", "--metrics", "amplitude").code == 0
    assert run("plot", "a", "--metric", "amplitude", "-o", "a.svg").code == 0
    drawn = run("plot", "a", "--kind", "distribution", "--metric", "nearest", "-o", "n.svg")
    assert drawn.code == 0 and "share of each answer in percent" in drawn.err
    assert "--kind distribution" in run("plot", "a", "--metric", "nearest", "-o", "n.svg").err
    assert run("heatmap", "a", "1/2_smile", "-o", "h.png").code == 0
    shutil.copytree("pred", "other")
    assert run("score", "rig", *FILES, "--pred", "other", "--out", "b").code == 0
    assert run("compare", "a", "b").code == 0
    assert run("report", "a", "b", "-o", "r.html").code == 0
    # It is the same run again.
    assert run("score", "rig", *FILES, "--out", "a", "--resume").code == 0


def test_processes_shards_and_the_scorer_give_the_same_rows(run: Run) -> None:
    assert run("score", "rig", *FILES, "--out", "one").code == 0
    assert run("score", "rig", *FILES, "--out", "two", "--jobs", "2").code == 0
    for shard in ("1/2", "2/2"):
        assert run("score", "rig", *FILES, "--out", f"part{shard[0]}", "--shard", shard).code == 0
    assert run("merge", "part1", "part2", "--out", "whole").code == 0
    rows = rows_of("one")
    for other in ("two", "whole"):
        pd.testing.assert_frame_equal(rows_of(other).loc[rows.index], rows)
    assert run("plot", "whole", "--kind", "distribution", "--metric", "nearest", "-o", "n.svg").code == 0
    part = run("plot", "part1", "--kind", "distribution", "--metric", "nearest", "-o", "n.svg")
    assert part.code == 2 and "numbers the labels of all of them" in part.err
    scorer = Scorer("rig", "root", choice=Choice(landmarks=MARKS_TEXT, pred_landmarks=MARKS_TEXT))
    neutral, smile = person(6) * 0.1, person(6) * 0.1 + motions(0.08)["2_smile"]
    inputs = {"neutral": Mesh(neutral, FACE.faces), "landmarks": neutral[list(MARKS)]}
    found = scorer.score_prediction("1/2_smile", Prediction(Mesh(smile, FACE.faces), inputs))
    assert found.motion_mm == pytest.approx(rows.loc["1/2_smile", "motion_mm"], rel=1e-9)


def test_the_code_of_the_page_runs(data: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.chdir(data)
    (data / "captured").symlink_to(data / "root")
    page = (ROOT / "docs/rig.md").read_text("utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    neutral = person(1)
    smile = neutral + motions(0.8)["2_smile"]
    exec(
        block.replace("00/2_smile", "1/2_smile"),
        {"neutral_vertices": neutral, "smile_vertices": smile, "faces": FACE.faces},
    )
    # The same person, who smiles a fifth less: 1 - 0.2 ** 2.
    assert float(capsys.readouterr().out) == pytest.approx(0.96, abs=0.005)


def test_a_missing_expression_is_a_row_and_no_other(run: Run, data: Path) -> None:
    (data / "pred/1/2_smile.ply").unlink()
    found = _reasons(run)
    assert found["status"].value_counts().to_dict() == {"ok": 19, "missing": 1}
    assert "there is no pred/1/2_smile with .obj, .ply" in found.loc["1/2_smile", "reason"]


def test_a_missing_neutral_face_is_said_on_each_row(run: Run, data: Path) -> None:
    (data / "pred/1/1_neutral.ply").unlink()
    found = _reasons(run)
    assert found.loc["1/1_neutral", "status"] == "missing"
    assert (found["status"][1:] == "invalid").all()
    assert "there is no neutral face" in found.loc["1/3_mouth_stretch", "reason"]


def test_numbers_from_0_are_said(run: Run, data: Path) -> None:
    for k, name in enumerate(EXPRESSIONS):
        (data / f"pred/1/{k + 1}_{name}.ply").rename(data / f"pred/1/{k}_{name}.ply")
    found = _reasons(run)
    assert (found["status"] == "missing").all()
    assert "there is 1_smile: are its expressions numbered otherwise" in found.loc["1/2_smile", "reason"]


def test_foreign_expressions_are_said(run: Run, data: Path) -> None:
    (data / "pred/1/2_smile.ply").rename(data / "pred/1/2_wink.ply")
    found = _reasons(run)
    assert "there is 2_wink, expected 2_smile" in found.loc["1/2_smile", "reason"]
    assert found.loc["1/1_neutral", "reason"] == "not among the 20 expressions, not scored: 2_wink"


def test_offsets_another_topology_and_a_mirrored_face_are_refused(run: Run, data: Path) -> None:
    own = moving(person(6), motions())
    write(data / "pred/1", {"2_smile": motions()["2_smile"]})
    write(data / "pred/1", {"3_mouth_stretch": own["3_mouth_stretch"]}, FACE.faces[::-1])
    write_ply(data / "pred/1/4_anger.ply", Mesh(np.concatenate([own["4_anger"], own["4_anger"][:1]]), FACE.faces))
    found = _reasons(run)
    assert "are they offsets from neutral?" in found.loc["1/2_smile", "reason"]
    assert "its triangles are not those of 1_neutral.ply" in found.loc["1/3_mouth_stretch", "reason"]
    assert f"4_anger.ply has {FACE.n_vertices + 1} vertices" in found.loc["1/4_anger", "reason"]
    assert found["status"].value_counts().to_dict() == {"ok": 17, "invalid": 3}
    write(data / "pred/1", changed(own, lambda vertices: vertices * [-1, 1, 1]))
    mirrored = _reasons(run, "--overwrite")
    assert (mirrored["status"] == "invalid").all() and "mirrored" in mirrored["reason"].iloc[0]


def test_a_gap_in_the_captures_is_a_row_and_said(run: Run, data: Path) -> None:
    (data / "root/2/5_jaw_left.ply").unlink()
    (data / "root/2/tongue.ply").write_bytes((data / "root/2/1_neutral.ply").read_bytes())
    scored = run("score", "rig", *FILES, "--out", "a")
    assert scored.code == 1
    assert "root lacks 1 expressions, e.g. 2/5_jaw_left; 1 meshes are not called <k>_<name>" in scored.err
    row = rows_of("a").loc["2/5_jaw_left"]
    assert row["status"] == "failed" and "which other subjects have" in row["reason"]


def test_one_topology_needs_no_landmarks_and_one_side_is_not_enough(run: Run) -> None:
    assert run("score", "rig", *FILES[:4], "--samples", "1/2_smile", "--out", "a").code == 0
    answer = run("score", "rig", *FILES[:6], "--out", "b")
    assert answer.code == 2 and "give --landmarks and --pred-landmarks, or neither" in answer.err


def test_landmarks_may_be_files_of_neutral_faces(run: Run, data: Path) -> None:
    for side in ("root", "pred"):
        for subject in SUBJECTS:
            path = data / f"{side}-marks/{subject}/{NEUTRAL}.txt"
            path.parent.mkdir(parents=True)
            vertices = person(int(subject)) if side == "root" else person(int(subject) + 5) * 0.1
            np.savetxt(path, vertices[list(MARKS)])
    marks = ("--landmarks", "root-marks", "--pred-landmarks", "pred-marks")
    assert run("score", "rig", *FILES[:4], *marks, "--samples", "1/2_smile", "--out", "a").code == 0
    (data / f"pred-marks/1/{NEUTRAL}.txt").unlink()
    run("score", "rig", *FILES[:4], *marks, "--samples", "1/2_smile", "--out", "b")
    assert "there are no landmarks of it" in rows_of("b").loc["1/2_smile", "reason"]


def _as_blendshapes(folder: Path, subject: str, **changes: np.ndarray) -> None:
    shutil.rmtree(folder / subject)
    (folder / subject).mkdir()
    write_ply(folder / subject / "neutral.ply", Mesh(person(int(subject) + 5) * 0.1, FACE.faces))
    offsets = np.stack(list(motions(0.08).values()))
    weights = np.concatenate([np.zeros((1, 19)), np.eye(19)])
    np.savez(folder / subject / "blendshapes.npz", **{"blendshapes": offsets, "weights": weights} | changes)


def test_blendshapes_with_weights_score_as_their_meshes(run: Run, data: Path) -> None:
    assert run("score", "rig", *FILES, "--samples", "1/*", "--out", "meshes").code == 0
    _as_blendshapes(data / "pred", "1")
    assert run("score", "rig", *FILES, "--samples", "1/*", "--out", "shapes").code == 0
    meshes, shapes = rows_of("meshes"), rows_of("shapes")
    for metric in ("rig_mm", "motion_mm", "amplitude", "hit"):
        pd.testing.assert_series_equal(shapes[metric], meshes[metric], rtol=1e-9)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"blendshapes": np.stack([person(6) * 0.1] * 19)}, "are they absolute shapes? Subtract the neutral"),
        ({"blendshapes": np.zeros((19, 5, 3))}, "blendshapes have 5 vertices"),
        ({"weights": np.eye(3)}, "expected (B, V, 3) and (expressions, B)"),
        ({"weights": np.eye(19)[:2] * np.nan}, "a number that is not finite"),
        ({"weights": np.array([["a"]])}, "cannot read the header"),
    ],
)
def test_blendshapes_that_do_not_fit_are_said(run: Run, data: Path, changes: dict[str, np.ndarray], text: str) -> None:
    _as_blendshapes(data / "pred", "1", **changes)
    assert text in _reasons(run).loc["1/2_smile", "reason"]


def test_hostile_blendshapes_are_refused(run: Run, data: Path) -> None:
    _as_blendshapes(data / "pred", "1")
    path = data / "pred/1/blendshapes.npz"
    path.write_bytes(path.read_bytes()[:-40])
    assert "cannot be read as an .npz" in _reasons(run).loc["1/2_smile", "reason"]
    np.savez(path, blendshapes=np.array([{}], dtype=object), weights=np.eye(3))
    assert "pickled Python objects" in _reasons(run, "--overwrite").loc["1/2_smile", "reason"]
    np.savez(path, other=np.eye(3))
    assert (
        "holds other.npy, expected blendshapes and weights" in _reasons(run, "--overwrite").loc["1/2_smile", "reason"]
    )


def _textured(path: Path, vertices: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    low, high = FACE.vertices.min(0), FACE.vertices.max(0)
    uv = 0.1 + 0.8 * (FACE.vertices[:, :2] - low[:2]) / (high - low)[:2]
    lines = [f"v {x:.9g} {y:.9g} {z:.9g}" for x, y, z in vertices]
    lines += [f"vt {u:.9g} {v:.9g}" for u, v in uv]
    lines += [f"f {a}/{a} {b}/{b} {c}/{c}" for a, b, c in FACE.faces + 1]
    path.write_text("\n".join(lines) + "\n")


def _map(path: Path, strength: int, side: int = 512) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    x = np.arange(side)
    wave = 32768 + strength * np.sin(x / 5)[:, None] * np.cos(x / 4)[None, :]
    Image.fromarray(wave.astype(np.uint16)).save(path)


@pytest.fixture
def detailed(data: Path) -> Path:
    """One subject as FaceScape ships it, and the files of the released predictor: a base mesh and 20 maps."""
    shutil.rmtree(data / "root")
    shutil.rmtree(data / "pred")
    for k, stem in enumerate(STEMS[:3]):
        offset = 0 if stem == NEUTRAL else motions()[stem]
        _textured(data / f"root/1/models_reg/{stem}.obj", person(1) + offset)
        _map(data / f"root/1/dpmap/{stem}.png", 4000 * k)
        _map(data / f"pred/1/1_dpmap_{k}.png", 3000 * k)
    _textured(data / "pred/1/1.obj", person(6))
    return data


def test_a_base_mesh_with_maps_has_detail_and_no_motion(run: Run, detailed: Path) -> None:
    scored = run("score", "rig", *FILES, "--out", "a")
    assert scored.code == 0, scored.err
    rows = rows_of("a")
    assert rows.loc["1/2_smile", ["motion_mm", "rig_mm", "hit"]].isna().all()
    assert "only its displacement map is measured" in rows.loc["1/2_smile", "reason"]
    assert rows.loc["1/2_smile", "wrinkle_contrast"] == pytest.approx(1, abs=0.01)
    first, second = rows.loc[["1/2_smile", "1/3_mouth_stretch"], "detail_mm"]
    # A quarter of the height is missing in both, and the second map is twice as high.
    assert second == pytest.approx(2 * first, rel=0.01) and first > 0.005
    assert (rows["neutral_mm"] > 0).all() and rows.loc["1/1_neutral", "rig_mm"] > 0


def test_a_mask_may_be_white_in_the_texture(run: Run, detailed: Path) -> None:
    white = np.zeros((256, 256), np.uint8)
    white[128:] = 255
    Image.fromarray(np.stack([white] * 3, 2)).save(detailed / "mask.png")
    low, high = FACE.vertices.min(0)[1], FACE.vertices.max(0)[1]
    lower = np.flatnonzero(0.1 + 0.8 * (FACE.vertices[:, 1] - low) / (high - low) < 0.5)
    # As in the picture: triangles with all corners in it.
    whole = FACE.faces[np.isin(FACE.faces, lower).all(1)]
    np.save(detailed / "mask.npy", np.unique(whole))
    for end in ("png", "npy"):
        assert run("score", "rig", *FILES, "--set", f"mask=mask.{end}", "--out", end).code == 0
    pd.testing.assert_frame_equal(rows_of("png"), rows_of("npy"))


@pytest.mark.parametrize(
    ("spoil", "text"),
    [
        (lambda p: p.write_bytes(b"no image"), "cannot be read as a grey PNG"),
        (lambda p: p.write_bytes(p.read_bytes()[:-500]), "cannot be read as a grey PNG"),
        (lambda p: Image.new("RGB", (64, 64)).save(p), "mode RGB, expected grey"),
        (lambda p: Image.new("L", (64, 32)).save(p), "64 x 32 pixels, expected a square map"),
        (lambda p: Image.new("L", (9000, 9000)).save(p), "at most 8192 a side"),
        (lambda p: p.write_bytes(b""), "is empty"),
    ],
)
def test_maps_that_are_none_are_said(run: Run, detailed: Path, spoil: Callable[[Path], None], text: str) -> None:
    spoil(detailed / "pred/1/1_dpmap_1.png")
    row = _reasons(run).loc["1/2_smile"]
    assert row["status"] == "invalid" and text in row["reason"]


def test_maps_of_8_bits_and_small_ones_are_measured_and_said(run: Run, detailed: Path) -> None:
    before = detailed / "pred/1/1_dpmap_1.png"
    deep = np.asarray(Image.open(before))
    Image.fromarray((deep >> 8).astype(np.uint8)).save(before)
    rows = _reasons(run)
    assert (rows["status"] == "ok").all()
    assert "has 8 bits, in steps of 0.007 mm; 16 are usual" in rows.loc["1/2_smile", "reason"]
    assert "has 512 x 512 pixels; 4096 are usual" in rows.loc["1/3_mouth_stretch", "reason"]


def test_another_topology_among_the_captures_is_a_row(run: Run, data: Path) -> None:
    write(data / "root/1", {"3_mouth_stretch": person(1)}, FACE.faces[::-1])
    rows = _reasons(run)
    # Of all of the subject's, as each motion is told from all others.
    assert (rows["status"] == "failed").all()
    assert rows["reason"].str.contains("3_mouth_stretch.ply .* share one topology").all()


def test_a_method_that_swaps_left_and_right_is_seen_by_its_hits(run: Run, data: Path) -> None:
    left, right = (data / f"pred/1/{stem}.ply" for stem in ("5_jaw_left", "6_jaw_right"))
    content = left.read_bytes()
    left.write_bytes(right.read_bytes())
    right.write_bytes(content)
    assert run("score", "rig", *FILES, "--samples", "1/*", "--out", "a").code == 0
    rows = rows_of("a")
    missed = rows[rows["hit"] == 0]
    # By the order of the rows.
    assert missed["nearest"].to_dict() == {"1/5_jaw_left": 5, "1/6_jaw_right": 4}


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (("--pred-unit", "mm"), "its unit cannot matter"),
        (("--set", "mask=no.json"), "no.json"),
        (("--set", "active_mm=-1"), "expected a number above 0"),
        (("--set", "stable=bad.json"), "expected a list of vertex numbers"),
        (("--root", "pred/1"), "there is no SUBJECT/<k>_<name>.obj here"),
        (("--pred-landmarks", "1,2,3"), "both sides need the same points"),
    ],
)
def test_what_is_refused(run: Run, data: Path, options: tuple[str, ...], text: str) -> None:
    (data / "bad.json").write_text(json.dumps([1, "a"]))
    answer = run("score", "rig", *FILES, *options, "--out", "a")
    assert answer.code == 2 and text in answer.err
