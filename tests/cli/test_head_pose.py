"""The head's pose on FaceScape by the command line: columns of the user's landmarks, and nothing else moves."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.transform import Rotation

from fsbench import Scorer
from fsbench.benchmarks import Choice
from fsbench.core.mesh import Mesh
from fsbench.io import read_mesh
from fsbench.io.write import write_ply
from tests.cli.commands import Run, ctrl_c_after, rows_of

WILD = ["000", "100", "200", "300"]
TURN_DEG = 10.0
FILES = ("--root", "root", "--pred", "pred", "-a", "ortho", "--samples", ",".join(WILD))
# The sample's references are of one topology: some of its vertices.
NUMBERS = list(range(0, 4000, 150))
MARKS = ("--landmarks", ",".join(map(str, NUMBERS)), "--pred-landmarks", ",".join(map(str, NUMBERS)))
NEW = ["head_rotation_deg", "landmark_nme"]


def _reference(root: Path, name: str) -> Mesh:
    return read_mesh(root / f"data/wild_gt_mesh/{name}.obj")


def _prediction(root: Path, name: str) -> Mesh:
    """The first is the reference, the others are turned about y in their middle."""
    mesh, degrees = _reference(root, name), 0.0 if name == WILD[0] else TURN_DEG
    middle = mesh.vertices.mean(0)
    turn = Rotation.from_euler("y", degrees, degrees=True).as_matrix()
    return Mesh((mesh.vertices - middle) @ turn.T + middle, mesh.faces)


@pytest.fixture(scope="module")
def made(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pose")
    shutil.copytree(sample, folder / "root", ignore=shutil.ignore_patterns("pred"))
    (folder / "pred").mkdir()
    for name in WILD:
        write_ply(folder / f"pred/{name}.ply", _prediction(folder / "root", name))
    return folder


def _manifest(out: str) -> dict:
    return json.loads(Path(out, "run.json").read_text())


def test_two_columns_more_and_all_others_the_same(run: Run) -> None:
    assert run("score", "fswild", *FILES, "--out", "plain").code == 0
    scored = run("score", "fswild", *FILES, *MARKS, "--out", "posed")
    assert scored.code == 0, scored.err
    assert "compare runs with the same ones" in scored.err
    plain, posed = rows_of("plain"), rows_of("posed")
    pd.testing.assert_frame_equal(posed.drop(columns=NEW), plain)
    assert posed.columns.tolist()[-2:] == NEW
    # Single precision of the file.
    np.testing.assert_allclose(posed["head_rotation_deg"], [0, *[TURN_DEG] * 3], atol=1e-3)
    assert posed["landmark_nme"].iloc[0] == pytest.approx(0, abs=1e-6) and (posed["landmark_nme"].iloc[1:] > 0.01).all()
    before, after = (_manifest(name)["signature"].split("|") for name in ("plain", "posed"))
    new = [part for part in after if part not in before]
    assert [part for part in after if part in before] == before
    assert new[:2] == ["pose:landmark-procrustes/1", "nme:landmark-box/1"]
    assert len(new) == 3 and new[2].startswith("landmarks:")
    assert "landmarks" not in _manifest("plain")["settings"]["adapter"]


def test_places_on_triangles_are_landmarks_of_both_sides(run: Run) -> None:
    """As a corner has the weight 1, they are the vertices."""
    faces = _reference(Path("root"), WILD[0]).faces
    corners = [next(zip(*np.where(faces == vertex), strict=True)) for vertex in NUMBERS]
    places = [[int(triangle), float(row == 0), float(row == 1)] for triangle, row in corners]
    Path("places.json").write_text(json.dumps(places))
    marks = ("--landmarks", "places.json", "--pred-landmarks", "places.json")
    assert run("score", "fswild", *FILES, *MARKS, "--out", "vertices").code == 0
    assert run("score", "fswild", *FILES, *marks, "--out", "places").code == 0
    pd.testing.assert_frame_equal(rows_of("places"), rows_of("vertices"))
    assert _manifest("places")["signature"] != _manifest("vertices")["signature"]


def test_every_command(run: Run) -> None:
    # Faces that are turned by ten degrees stand wrong, so one alone is looked at.
    right = (*FILES[:-1], WILD[0])
    checked = run("check", "fswild", *right, *MARKS)
    assert checked.code == 0 and f"{len(NUMBERS)} for each reference and prediction" in checked.out, checked.out
    assert "landmarks" not in run("check", "fswild", *right).out
    other = run("check", "fswild", *right, *MARKS[:3], ",".join(map(str, NUMBERS[::-1])))
    assert other.code == 1 and "they do not correspond row by row" in other.out, other.out
    assert run("score", "fswild", *FILES, *MARKS, "--out", "a").code == 0
    shown = run("table", "a", "--metrics", "head_rotation_deg,landmark_nme")
    assert shown.code == 0 and "rotation" in shown.out and "10.00" in shown.out
    shutil.copytree("pred", "other")
    shutil.copy("pred/000.ply", "other/100.ply")
    assert run("score", "fswild", *FILES, "--pred", "other", *MARKS, "--out", "b").code in (0, 1)
    assert run("compare", "a", "b", "--metric", "head_rotation_deg").code == 0
    assert run("plot", "a", "--kind", "distribution", "--metric", "head_rotation_deg", "-o", "a.png").code == 0
    heat = run("heatmap", "a", "100", "-o", "h.png")
    assert heat.code == 0, heat.err
    assert run("report", "a", "-o", "page.html").code == 0


def test_processes_shards_a_resumed_run_and_the_scorer_give_the_same_rows(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("score", "fswild", *FILES, *MARKS, "--out", "one", "--no-cache").code == 0
    assert run("score", "fswild", *FILES, *MARKS, "--out", "two", "--jobs", "2").code == 0
    assert run("score", "fswild", *FILES, *MARKS, "--out", "kept").code == 0
    for shard in ("1/2", "2/2"):
        assert run("score", "fswild", *FILES, *MARKS, "--out", f"part{shard[0]}", "--shard", shard).code == 0
    assert run("merge", "part1", "part2", "--out", "whole").code == 0
    with ctrl_c_after(monkeypatch, 2):
        assert run("score", "fswild", *FILES, *MARKS, "--out", "resumed").code == 130
    assert run("score", "fswild", *FILES, *MARKS, "--out", "resumed").code == 0
    rows = rows_of("one")
    for other in ("two", "kept", "whole", "resumed"):
        pd.testing.assert_frame_equal(rows_of(other).loc[WILD], rows)
    mesh = _prediction(Path("root"), "100")
    choice = Choice(landmarks=MARKS[1], pred_landmarks=MARKS[3])
    placed = mesh.vertices + [0, 0, -2 - mesh.vertices[:, 2].mean()]
    found = Scorer("fswild", "root", choice=choice).score("100", placed, mesh.faces)
    for name in NEW:
        assert found[name] == pytest.approx(rows.loc["100", name], rel=1e-4), name


def test_references_may_have_files_and_predictions_unused_vertices(run: Run) -> None:
    Path("marks").mkdir()
    for name in WILD:
        np.savetxt(f"marks/{name}.txt", _reference(Path("root"), name).vertices[NUMBERS])
        mesh = _prediction(Path("root"), name)
        Path(f"pred/{name}.ply").unlink()
        # Two vertices at the beginning that no face uses: the file's numbers are two higher.
        lines = ["v 9 9 9"] * 2 + [f"v {x:.9g} {y:.9g} {z:.9g}" for x, y, z in mesh.vertices]
        lines += [f"f {a} {b} {c}" for a, b, c in mesh.faces + 3]
        Path(f"pred/{name}.obj").write_text("\n".join(lines) + "\n")
    marks = ("--landmarks", "marks", "--pred-landmarks", ",".join(str(number + 2) for number in NUMBERS))
    assert run("score", "fswild", *FILES, *marks, "--out", "a").code == 0
    rows = rows_of("a")
    np.testing.assert_allclose(rows["head_rotation_deg"], [0, *[TURN_DEG] * 3], atol=1e-3)
    before = _manifest("a")["signature"]
    Path("marks/100.txt").write_text("1 2 3\n" * len(NUMBERS))
    assert run("score", "fswild", *FILES, *marks, "--out", "b").code == 1
    assert _manifest("b")["signature"] != before
    assert rows_of("b")["status"].to_dict() == dict.fromkeys(WILD, "ok") | {"100": "failed"}
    Path("marks/100.txt").unlink()
    run("score", "fswild", *FILES, *marks, "--out", "c")
    assert "there are no landmarks of" in rows_of("c").loc["100", "reason"]
    wrong = (*marks[:2], "--pred-landmarks", ",".join(map(str, [0, *NUMBERS[1:]])))
    assert run("score", "fswild", *FILES, *wrong, "--out", "d").code == 2
    assert "vertex 0, counted from 0, is a landmark, and no face uses it" in rows_of("d").loc["000", "reason"]


def test_an_own_function_numbers_the_vertices_of_its_mesh(run: Run) -> None:
    Path("own.py").write_text(
        "from fsbench.io import read_mesh\n"
        "from fsbench.submissions.steps import at_mean_z\n"
        "def read(folder, sample, focal_px):\n"
        "    mesh = read_mesh(folder / f'{sample}.ply')\n"
        "    return at_mean_z(mesh.vertices, -2.0), mesh.faces\n"
    )
    assert run("score", "fswild", *FILES[:5], "own.py:read", *FILES[6:], *MARKS, "--out", "a").code == 0
    np.testing.assert_allclose(rows_of("a")["head_rotation_deg"], [0, *[TURN_DEG] * 3], atol=1e-3)


def test_in_the_lab(run: Run) -> None:
    """The reference as its camera sees it, turned about the head's y."""
    rotation = np.load("root/code/predef/lab_rotations.npy")[0]
    centre = np.load("root/code/predef/lab_head_centers.npy")[0] / 62.85
    mesh = read_mesh(Path("root/data/lab_gt_mesh/00.obj"))
    _, Rt = (np.array(part) for part in json.loads(Path("root/data/lab_cam/00_0_00.json").read_text()))
    seen = mesh.vertices @ Rt[:, :3].T + Rt[:, 3]
    turn = Rotation.from_euler("y", TURN_DEG, degrees=True).as_matrix()
    turned = (seen - centre) @ rotation @ turn.T @ rotation.T + centre
    Path("lab").mkdir()
    write_ply(Path("lab/00_0_00.ply"), Mesh(turned, mesh.faces))
    files = ("--root", "root", "--pred", "lab", "-a", "cv", "--samples", "00_0_00")
    answer = run("score", "fslab", *files, *MARKS, "--out", "a")
    assert answer.code == 0, answer.err
    assert rows_of("a").loc["00_0_00", "head_rotation_deg"] == pytest.approx(TURN_DEG, abs=1e-3)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (MARKS[:2], "landmarks of one side alone have no use"),
        (MARKS[2:], "landmarks of one side alone have no use"),
        ((*MARKS[:3], "pred"), "give vertex numbers"),
        ((*MARKS[:3], "1,2,3"), "--pred-landmarks 3"),
        (("--landmarks", "{odd}", *MARKS[2:]), "there is no {odd} here; there are {sample}, {mesh}"),
        ((*MARKS, "--scale", "fitted"), "only for benchmarks of scans"),
        ((*MARKS, "--set", "a=b"), "keeps the camera"),
    ],
)
def test_what_is_refused(run: Run, options: tuple[str, ...], text: str) -> None:
    answer = run("score", "fswild", *FILES, *options, "--out", "a")
    assert answer.code == 2 and text in answer.err, answer.err
