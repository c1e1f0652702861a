"""Scans beyond scoring: odd layouts of landmarks and videos, check, heat maps, tables, shards."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import fsbench
from fsbench.benchmarks import Benchmark, Choice, load_spec, open_benchmark
from fsbench.core.errors import UsageError
from fsbench.core.mesh import Mesh
from fsbench.geometry.transforms import Similarity
from fsbench.io import write_ply
from fsbench.submissions.submission import Submission
from tests.cli.commands import fsbench as run
from tests.heads import face_of, head, moved, random_similarity

HEAD = head(45, 60)
FACE = face_of(head(60, 80))
# Where on the face iBUG's 68 points would be is of no matter but for the nose tip, which is number 31.
IN_FACE = np.flatnonzero(np.linalg.norm(HEAD.vertices - [0, -10, 95], axis=1) < 80)
TIP = int(np.linalg.norm(HEAD.vertices - [0, -11, 118], axis=1).argmin())
ROWS = IN_FACE[np.linspace(0, len(IN_FACE) - 1, 68).astype(int)]
ROWS[30] = TIP
MARKS = HEAD.vertices[ROWS]


def _noisy(seed: int, noise_mm: float = 0.5) -> Mesh:
    noise = np.random.default_rng(seed).normal(scale=noise_mm, size=HEAD.vertices.shape)
    return Mesh(HEAD.vertices + noise, HEAD.faces)


def _write(path: Path, mesh: Mesh) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_ply(path, mesh)


def _save(path: Path, points: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, points)


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """Two scans with landmarks beside them under names of their own, and predictions of one topology."""
    for seed, name in enumerate(("anna", "b-berta")):
        motion = random_similarity(np.random.default_rng(seed), most_deg=40)
        _write(tmp_path / "scans" / f"{name}.ply", FACE)
        _save(tmp_path / "scans" / f"{name}_marks68.npy", MARKS)
        _write(tmp_path / "pred" / f"{name}.ply", moved(_noisy(seed), motion))
    (tmp_path / "vertices.json").write_text(json.dumps(ROWS.tolist()))
    return tmp_path


def _options(folder: Path) -> list[object]:
    return ["--root", folder / "scans", "--pred", folder / "pred"]


def _marks(folder: Path) -> list[object]:
    return ["--landmarks", "{sample}_marks68.npy", "--pred-landmarks", folder / "vertices.json"]


def _score(capsys, folder: Path, *more: object, out: str = "run"):
    return run(capsys, "score", "scan", *_options(folder), "--out", folder / out, *more)


def test_landmarks_by_pattern_and_by_vertex(capsys, pairs: Path) -> None:
    answer = _score(capsys, pairs, *_marks(pairs), "--samples", "b-berta")
    assert answer.code == 0, answer.err
    loaded = fsbench.load_run(pairs / "run")
    assert "|start:landmarks|landmarks:2/" in loaded.signature and "|references:2/" in loaded.signature
    assert loaded.signature.endswith("|v3")
    assert loaded.samples["ref_to_pred_mean_mm"].item() < 0.6


def test_landmarks_of_one_side_are_refused(capsys, pairs: Path) -> None:
    answer = _score(capsys, pairs, "--landmarks", "{sample}_marks68.npy")
    assert answer.code == 2 and "both --landmarks and --pred-landmarks" in answer.err


def test_missing_landmarks_are_the_side_they_are_of(capsys, pairs: Path) -> None:
    (pairs / "scans" / "anna_marks68.npy").unlink()
    _save(pairs / "pred" / "anna.npy", MARKS)
    answer = _score(capsys, pairs, "--landmarks", "{sample}_marks68.npy", "--pred-landmarks", "{sample}.npy")
    rows = fsbench.load_run(pairs / "run").samples
    assert answer.code == 2
    assert list(rows["status"]) == ["failed", "invalid"]
    assert "no landmarks of" in rows["reason"][0] and "b-berta" in rows["reason"][1]


def test_settings_by_name_are_in_the_signature(capsys, pairs: Path) -> None:
    answer = _score(capsys, pairs, *_marks(pairs), "--set", "icp.trim=0.2", "--set", "icp_points=1000")
    assert answer.code == 0, answer.err
    signature = fsbench.load_run(pairs / "run").signature
    assert "trim-0.2" in signature and "icp_points:1000" in signature
    assert _score(capsys, pairs, "--set", "icp.trimm=0.2").code == 2


def test_other_scans_are_another_benchmark(pairs: Path) -> None:
    before = open_benchmark("scan", pairs / "scans").signature
    _write(pairs / "scans" / "anna.ply", HEAD)
    assert open_benchmark("scan", pairs / "scans").signature != before


def test_in_memory(pairs: Path) -> None:
    benchmark = open_benchmark("scan", pairs / "scans")
    found = benchmark.prepare("anna").measure(moved(_noisy(0), Similarity(0.001)))
    assert set(found.scores.as_dict()) == set(benchmark.metrics)
    assert benchmark.prepare("anna").compare(FACE.vertices, FACE.faces)["ref_to_pred_mean_mm"] < 1e-3
    assert found.scores["mm_per_unit"] == pytest.approx(1000, rel=0.02)


def test_choices_go_with_scans_only(sample: Path) -> None:
    with pytest.raises(UsageError, match="keeps the camera"):
        open_benchmark("fswild", sample, Choice(unit="m"))


def test_shards_give_the_whole_run(capsys, pairs: Path) -> None:
    for shard in (1, 2):
        answer = _score(capsys, pairs, *_marks(pairs), "--shard", f"{shard}/2", out=f"shard{shard}")
        assert answer.code == 0, answer.err
        table = run(capsys, "table", pairs / f"shard{shard}")
        assert "A part of the benchmark: 1 of its 2 samples." in table.out
    whole = _score(capsys, pairs, *_marks(pairs))
    merged = run(capsys, "merge", pairs / "shard1", pairs / "shard2", "--out", pairs / "merged")
    assert whole.code == merged.code == 0, merged.err
    tables = [fsbench.load_run(pairs / name).samples.drop(columns="seconds") for name in ("run", "merged")]
    assert tables[0].equals(tables[1])
    for name in ("pooled.csv", "cumulative.csv"):
        assert (pairs / "run" / name).read_bytes() == (pairs / "merged" / name).read_bytes()
    table = run(capsys, "table", pairs / "merged")
    assert table.code == 0 and "A part" not in table.out
    # What is merged can be merged on; a part of an older version cannot, and that is said.
    (pairs / "shard2" / "pooled.npy").unlink()
    again = run(capsys, "merge", pairs / "shard1", pairs / "shard2", "--out", pairs / "again")
    assert again.code == 0 and "shard2: has no pooled.npy" in again.err
    assert not (pairs / "again" / "pooled.csv").exists()


def test_shards_keep_what_is_suspicious_and_the_order_of_bins(capsys, tmp_path: Path) -> None:
    root = _florence(tmp_path)
    inside_out = _noisy(0)
    for video in ("PTZ-Indoor", "PTZ-Outdoor"):
        for frame in range(2):
            mesh = Mesh(inside_out.vertices, inside_out.faces[:, ::-1])
            _write(tmp_path / "pred" / "subject_30" / video / f"{frame}.ply", mesh)
    marks = ["--landmarks", "MICC/{subject}/Model/{view}/obj/*.ljson", "--pred-landmarks", tmp_path / "vertices.json"]
    command = ("score", "micc-ganfit2021", "--root", root, "--pred", tmp_path / "pred", *marks)
    assert run(capsys, *command, "--out", tmp_path / "whole").code == 0
    parts = [tmp_path / f"shard{number}" for number in (3, 1, 2)]
    for part in parts:
        assert run(capsys, *command, "--out", part, "--shard", f"{part.name[-1]}/3").code == 0
    assert run(capsys, "merge", *parts, "--out", tmp_path / "merged").code == 0
    whole, merged = (fsbench.load_run(tmp_path / name) for name in ("whole", "merged"))
    assert list(whole.manifest["suspicious"]) == ["subject_30/indoor", "subject_30/outdoor"]
    assert merged.manifest["suspicious"] == whole.manifest["suspicious"]
    for name in ("pooled.csv", "cumulative.csv"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "merged" / name).read_bytes()


def test_a_second_process_changes_nothing(capsys, pairs: Path) -> None:
    assert _score(capsys, pairs, *_marks(pairs)).code == 0
    assert _score(capsys, pairs, *_marks(pairs), "--jobs", 2, out="two").code == 0
    for name in ("pooled.csv", "cumulative.csv"):
        assert (pairs / "run" / name).read_bytes() == (pairs / "two" / name).read_bytes()


def test_check_says_what_will_be_scored(capsys, pairs: Path) -> None:
    answer = run(capsys, "check", "scan", *_options(pairs), *_marks(pairs))
    assert answer.code == 0, answer.err
    assert "a prediction for each of 2 samples" in answer.out and "anna" in answer.out
    assert answer.out.splitlines()[-1].split() == ["ok", "verdict", "nothing", "suspicious"]


def test_check_names_the_lost_and_the_misplaced(capsys, pairs: Path) -> None:
    shutil.move(pairs / "pred" / "anna.ply", pairs / "anna.ply")
    answer = run(capsys, "check", "scan", *_options(pairs), *_marks(pairs))
    assert answer.code == 1 and "no prediction for 1 of 2: anna" in answer.out
    shutil.move(pairs / "pred", pairs / "all" / "method")
    above = run(capsys, "check", "scan", "--root", pairs / "scans", "--pred", pairs / "all")
    assert above.code == 1 and "it has method/b-berta.ply" in above.out
    shutil.move(pairs / "all" / "method", pairs / "pred")
    wrong = run(capsys, "check", "scan", *_options(pairs), "-a", "DECA")
    assert wrong.code == 2 and "leave out --adapter" in wrong.err


def test_a_heat_map_of_a_scan(capsys, pairs: Path) -> None:
    assert _score(capsys, pairs, *_marks(pairs), "--set", "icp.trim=0.1").code == 0
    out = pairs / "heat.png"
    # Nothing that the run knows has to be said again: neither files nor landmarks nor settings.
    arguments = ("heatmap", pairs / "run", "anna", "-o", out)
    answer = run(capsys, *arguments)
    assert answer.code == 0, answer.err
    assert "Ref to pred mean" in answer.err
    with Image.open(out) as picture:
        assert picture.width > 500
    assert run(capsys, *arguments, "-a", "DECA").code == 2


def test_a_heat_map_of_a_point_cloud_shows_its_points(capsys, pairs: Path) -> None:
    _write(pairs / "pred" / "anna.ply", Mesh(HEAD.vertices))
    assert _score(capsys, pairs).code == 0
    arguments = ("heatmap", pairs / "run", "anna", *_options(pairs), "-o")
    assert run(capsys, *arguments, pairs / "heat.png").code == 0
    with Image.open(pairs / "heat.png") as picture:
        shown = np.asarray(picture.convert("RGB"))
    front = shown[: shown.shape[0] // 2, shown.shape[1] // 3 : shown.shape[1] // 2]
    assert (front.max(2) - front.min(2) > 60).mean() > 0.2, "coloured, not blank"
    assert run(capsys, *arguments, pairs / "heat.ply").code == 0
    written = fsbench.read_mesh(pairs / "heat.ply")
    assert written.n_faces == 0 and 0 < written.n_vertices <= HEAD.n_vertices


def test_a_landmark_warp_has_its_table_figures_and_heat_map(capsys, pairs: Path) -> None:
    """Its columns are others than those of nearest points."""
    warp = [*_marks(pairs), "--measure", "landmark-warp"]
    assert _score(capsys, pairs, *warp).code == 0
    table = run(capsys, "table", pairs / "run").out
    assert "Corresponding mean" in table and "Nearest mean" in table
    for kind in ("error", "distribution", "cumulative"):
        assert run(capsys, "plot", pairs / "run", "--kind", kind, "-o", pairs / f"{kind}.svg").code == 0
    answer = run(capsys, "plot", pairs / "run", "--kind", "cd-cr", "-o", pairs / "cd-cr.svg")
    assert answer.code == 2 and "here is corresponding_mean_mm" in answer.err
    out = ("-o", pairs / "heat.png")
    answer = run(capsys, "heatmap", pairs / "run", "anna", *_options(pairs), *warp, *out)
    assert answer.code == 0, answer.err
    # Colours are of nearest points, so their mean stands beside the score.
    assert "anna: Corresponding mean" in answer.err and ", nearest mean" in answer.err


def _florence(tmp_path: Path, n_views: int = 2) -> Path:
    """One subject with iBUG landmarks in menpo's files under the scans' names, as they are published; no nose tips."""
    root = tmp_path / "florence"
    for view in ("frontal1", "frontal2")[:n_views]:
        _write(root / "subject_30" / "Model" / view / "obj" / f"11_{view}.ply", HEAD)
        marks = root / "MICC" / "subject_30" / "Model" / view / "obj" / f"11_{view}.ljson"
        marks.parent.mkdir(parents=True)
        points = {"groups": {"LJSON": {"landmarks": {"points": MARKS.tolist()}}}}
        marks.write_text(json.dumps(points))
    for video in ("Indoor-Cooperative", "PTZ-Indoor", "PTZ-Outdoor"):
        for frame in range(2):
            _write(tmp_path / "pred" / "subject_30" / video / f"{frame}.ply", _noisy(frame, 0.3 + 0.3 * frame))
    (tmp_path / "vertices.json").write_text(json.dumps(ROWS.tolist()))
    return root


def _ibug(tmp_path: Path) -> Choice:
    pattern = "MICC/{subject}/Model/{view}/obj/*.ljson"
    return Choice(landmarks=pattern, pred_landmarks=str(tmp_path / "vertices.json"))


def _measured(benchmark: Benchmark, name: str, folder: Path):
    return benchmark.measure(name, Submission(folder).load(benchmark, name))


def test_florence_with_published_landmarks_and_the_datas_names_of_videos(tmp_path: Path) -> None:
    benchmark = Benchmark.open("micc-ganfit2021", _florence(tmp_path), _ibug(tmp_path))
    assert [sample.bins["condition"] for sample in benchmark.samples] == ["cooperative", "indoor", "outdoor"]
    scores = _measured(benchmark, "subject_30/outdoor", tmp_path / "pred").scores
    assert (scores["frames"], scores["scans"], scores["frames_std_mm"]) == (2, 2, 0)
    assert 0.1 < scores["score_mm"] < 0.5
    assert "crop_mm_of:subject_28=60" in benchmark.signature and "frames:mean" in benchmark.signature


def test_one_frontal_scan_will_do(tmp_path: Path) -> None:
    """The real subject 30 has no second one."""
    benchmark = Benchmark.open("micc-ganfit2021", _florence(tmp_path, n_views=1), _ibug(tmp_path))
    assert _measured(benchmark, "subject_30/indoor", tmp_path / "pred").scores["scans"] == 1


def test_every_frame_is_scored_where_the_protocol_says_so(tmp_path: Path) -> None:
    root = _florence(tmp_path)
    with pytest.raises(UsageError, match="start=landmarks"):
        Benchmark.open("micc-deng2019", root, _ibug(tmp_path))
    benchmark = Benchmark.open("micc-deng2019", root, replace(_ibug(tmp_path), changes=("start=landmarks",)))
    both = _measured(benchmark, "subject_30/indoor", tmp_path / "pred").scores
    single = []
    for frame in range(2):
        folder = tmp_path / f"only{frame}"
        _write(folder / "subject_30" / "indoor.ply", _noisy(frame, 0.3 + 0.3 * frame))
        single.append(_measured(benchmark, "subject_30/indoor", folder).scores["score_mm"])
    assert both["score_mm"] == pytest.approx(np.mean(single), rel=1e-12)
    assert both["frames_std_mm"] == pytest.approx(np.std(single), rel=1e-9)
    assert both["frames"] == 2 and "frames:each" in benchmark.signature


def test_absent_subjects_are_said(capsys, tmp_path: Path) -> None:
    root = _florence(tmp_path)
    options = ["--landmarks", "MICC/{subject}/Model/{view}/obj/*.ljson", "--pred-landmarks", tmp_path / "vertices.json"]
    arguments = ("--root", root, "--pred", tmp_path / "pred", "--out", tmp_path / "r", "--samples", "*/indoor")
    answer = run(capsys, "score", "micc-ganfit2021", *arguments, *options)
    assert answer.code == 0, answer.err
    assert "1 of the 53 subjects" in answer.err
    table = run(capsys, "table", tmp_path / "r")
    assert "Score std" in table.out and "all samples" in table.out


def test_two_meshes_of_one_view_are_not_guessed_between(capsys, tmp_path: Path) -> None:
    root = _florence(tmp_path)
    _write(root / "subject_30" / "Model" / "frontal1" / "obj" / "11_aligned.ply", HEAD)
    answer = run(capsys, "score", "micc-deng2019", "--root", root, "--pred", tmp_path / "pred", "--out", tmp_path / "r")
    assert answer.code == 2 and "could both be the scan" in answer.err


def test_datasets_sets_all_names_in_one_column(capsys) -> None:
    lines = run(capsys, "datasets").out.splitlines()
    named = {line.split()[0]: line for line in lines if not line.startswith(" ")}
    starts = {line.index(load_spec(name).title) for name, line in named.items()}
    margins = {len(line) - len(line.lstrip()) for line in lines if line.startswith(" ")}
    assert "svfr-local" in named
    assert starts == margins == {max(map(len, named)) + 1}


def test_datasets_tells_what_is_here(capsys, pairs: Path) -> None:
    answer = run(capsys, "datasets", "--root", pairs / "scans")
    assert answer.code == 0
    lines = answer.out.splitlines()
    assert (
        "takes every mesh under --root for a reference, here 2"
        in lines[next(i for i, line in enumerate(lines) if line.startswith("scan ")) + 1]
    )
