"""fsbench score for scans: two folders, the NoW layout, the Florence layout; all data made here."""

import json
import os
import shutil
import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import fsbench
from fsbench.cli.progress import say_doubts
from fsbench.core.mesh import Mesh
from fsbench.geometry.transforms import Similarity
from fsbench.io import write_ply
from fsbench.runs import Run
from fsbench.runs.journal import open_journal
from tests.cli.commands import ctrl_c_after
from tests.cli.commands import fsbench as run
from tests.heads import face_of, head, moved, random_similarity

HEAD = head(45, 60)
FACE = face_of(head(60, 80))
MARKS = np.array(
    [[-45.0, 25, 75], [-16, 25, 90], [16, 25, 90], [45, 25, 75], [0, -25, 105], [-25, -50, 80], [25, -50, 80]]
)
NAMES = ("anna", "berta", "clara")


def _noisy(seed: int) -> Mesh:
    noise = np.random.default_rng(seed).normal(scale=0.5, size=HEAD.vertices.shape)
    return Mesh(HEAD.vertices + noise, HEAD.faces)


def _write_csv(path: Path, points: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x,y,z\n" + "".join(f"{x},{y},{z}\n" for x, y, z in points.tolist()))


def _write(path: Path, mesh: Mesh) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_ply(path, mesh)


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """Three scans in metres, predictions in a unit and pose of each one's own, landmarks of both."""
    for seed, name in enumerate(NAMES):
        motion = random_similarity(np.random.default_rng(seed), most_deg=40)
        _write(tmp_path / "scans" / f"{name}.ply", moved(FACE, Similarity(0.001)))
        _write(tmp_path / "pred" / f"{name}.ply", moved(_noisy(seed), motion))
        _write_csv(tmp_path / "marks" / f"{name}.csv", MARKS / 1000)
        _write_csv(tmp_path / "pred_marks" / f"{name}.csv", motion.apply(MARKS))
    return tmp_path


def _scan(capsys, folder: Path, *more: object):
    pred, out = folder / "pred", folder / "run"
    return run(capsys, "score", "scan", "--root", folder / "scans", "--pred", pred, "--out", out, *more)


def test_two_folders_need_no_option(capsys, pairs: Path) -> None:
    answer = _scan(capsys, pairs)
    assert answer.code == 0, answer.err
    samples = fsbench.load_run(pairs / "run").samples
    assert list(samples["sample"]) == list(NAMES)
    assert samples["ref_to_pred_mean_mm"].between(0.1, 0.6).all()
    assert (samples["ref_mm_per_unit"] == 1000).all()
    assert "reference_unit:found" in answer.err


def test_pooled_numbers_stand_beside_those_of_the_samples(capsys, pairs: Path) -> None:
    assert _scan(capsys, pairs).code == 0
    samples = fsbench.load_run(pairs / "run").samples
    pooled = pd.read_csv(pairs / "run" / "pooled.csv")
    assert pooled["points"].tolist() == [3 * FACE.n_vertices]
    # All scans have as many points, so pooling them is averaging the samples; medians are not means.
    assert pooled["mean_mm"][0] == pytest.approx(samples["ref_to_pred_mean_mm"].mean(), abs=1e-5)
    curve = pd.read_csv(pairs / "run" / "cumulative.csv")
    at_median = np.interp(pooled["median_mm"][0], curve["limit_mm"], curve["overall"])
    assert at_median == pytest.approx(0.5, abs=0.01)
    assert not (pairs / "run" / "pools").exists()


def _pooled(out: Path) -> list[bytes]:
    return [(out / name).read_bytes() for name in ("pooled.csv", "cumulative.csv", "pooled.npy")]


MEANWHILE = ["nothing", "a pool is lost", "a pool is damaged", "a prediction changes", "a prediction breaks"]


@pytest.mark.parametrize("meanwhile", [*MEANWHILE, "a scored one breaks"])
def test_a_run_that_was_stopped_ends_with_the_same_pools(capsys, monkeypatch, pairs: Path, meanwhile: str) -> None:
    with ctrl_c_after(monkeypatch, 2):
        assert _scan(capsys, pairs).code == 130
    pools = sorted((pairs / "run" / "pools").glob("*/*.npy"))
    assert len(pools) == 3  # of the third the row is lost
    if meanwhile == "a pool is lost":
        pools[0].unlink(), pools[1].unlink()
    elif meanwhile == "a pool is damaged":
        np.save(pools[0], np.zeros(3)), pools[1].write_bytes(pools[1].read_bytes()[:100])
    elif meanwhile == "a scored one breaks":
        (pairs / "pred" / "anna.ply").write_text("no mesh")
    elif meanwhile == "a prediction changes":
        _write(pairs / "pred" / "anna.ply", _noisy(9))
    elif meanwhile == "a prediction breaks":
        (pairs / "pred" / "clara.ply").write_text("no mesh")
    answer = _scan(capsys, pairs)
    assert ("going on: 2 of 3" in answer.err) == (meanwhile in ("nothing", "a prediction breaks"))
    if meanwhile.endswith("breaks"):
        assert pd.read_csv(pairs / "run" / "pooled.csv")["samples"].tolist() == [2]
    assert not (pairs / "run" / "pools").exists()
    interrupted = _pooled(pairs / "run"), fsbench.load_run(pairs / "run").samples.drop(columns="seconds")
    _scan(capsys, pairs, "--overwrite")
    assert interrupted[0] == _pooled(pairs / "run")
    assert interrupted[1].equals(fsbench.load_run(pairs / "run").samples.drop(columns="seconds"))


def test_a_sample_that_has_no_score_any_more_is_in_no_pool(capsys, monkeypatch, pairs: Path) -> None:
    """Also where its process died, so that nobody could take its distances back."""
    with ctrl_c_after(monkeypatch, 2):
        assert _scan(capsys, pairs).code == 130
    _write(pairs / "pred" / "anna.ply", _noisy(9))

    def bug(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr("fsbench.benchmarks.Benchmark.measure", bug)
        assert _scan(capsys, pairs).code == 1
    assert list(fsbench.load_run(pairs / "run").samples["status"]) == ["failed", "ok", "failed"]
    assert pd.read_csv(pairs / "run" / "pooled.csv")["samples"].tolist() == [1]


def test_what_still_works_for_an_earlier_run_writes_into_no_later_one(capsys, monkeypatch, pairs: Path) -> None:
    with ctrl_c_after(monkeypatch, 2):
        _scan(capsys, pairs)
    (before,) = (path for path in (pairs / "run" / "pools").iterdir() if path.is_dir())
    with ctrl_c_after(monkeypatch, 1):
        _scan(capsys, pairs, "--overwrite")
    (after,) = (path for path in (pairs / "run" / "pools").iterdir() if path.is_dir())
    assert before != after


def test_a_run_of_another_kind_keeps_no_pooled_numbers_of_the_last(capsys, sample: Path, pairs: Path) -> None:
    _scan(capsys, pairs)
    answer = run(capsys, "score", "fswild", "--root", sample, "--pred", sample / "pred/wild_pred/mean-face", "-a",
                 "3DDFA_V2", "--samples", "000", "--out", pairs / "run", "--overwrite")  # fmt: skip
    assert answer.code == 0
    assert sorted(path.name for path in (pairs / "run").iterdir()) == ["run.json", "samples.csv"]


def test_a_second_process_leaves_the_pools_of_the_first_alone(capsys, monkeypatch, pairs: Path) -> None:
    with ctrl_c_after(monkeypatch, 2):
        _scan(capsys, pairs)
    settings = json.loads((pairs / "run" / "journal.jsonl").read_text().splitlines()[0])["settings"]
    with open_journal(pairs / "run", settings):
        answer = _scan(capsys, pairs, "--overwrite")
        assert answer.code == 2 and "another fsbench process" in answer.err
        assert len(list((pairs / "run" / "pools").glob("*/*.npy"))) == 3


def test_landmarks_start_the_alignment_and_are_in_the_signature(capsys, pairs: Path) -> None:
    answer = _scan(capsys, pairs, "--landmarks", pairs / "marks", "--pred-landmarks", pairs / "pred_marks")
    assert answer.code == 0, answer.err
    loaded = fsbench.load_run(pairs / "run")
    assert "start:landmarks" in loaded.signature
    assert loaded.samples["ref_to_pred_mean_mm"].between(0.1, 0.6).all()


def test_a_landmark_warp_is_another_measure(capsys, pairs: Path) -> None:
    marks = ("--landmarks", pairs / "marks", "--pred-landmarks", pairs / "pred_marks")
    answer = _scan(capsys, pairs, "--measure", "landmark-warp", *marks)
    assert answer.code == 0, answer.err
    samples = fsbench.load_run(pairs / "run").samples
    # No corresponding place is nearer than the nearest; with landmarks that meet, nothing is bent.
    assert (samples["corresponding_mean_mm"] >= samples["nearest_mean_mm"] - 1e-9).all()
    assert samples["corresponding_mean_mm"].between(0.1, 0.6).all()
    without = run(capsys, "score", "scan", "--root", pairs / "scans", "--pred", pairs / "pred", "--out", pairs / "b",
                  "--measure", "landmark-warp")  # fmt: skip
    assert without.code == 2 and "--pred-landmarks" in without.err


def test_vertex_indices_serve_a_fixed_topology(capsys, pairs: Path) -> None:
    indices = [int(np.abs(HEAD.vertices - mark).sum(1).argmin()) for mark in MARKS]
    (pairs / "indices.json").write_text(json.dumps(indices))
    for name in NAMES:
        _write_csv(pairs / "marks" / f"{name}.csv", HEAD.vertices[indices] / 1000)
    answer = _scan(capsys, pairs, "--landmarks", pairs / "marks", "--pred-landmarks", pairs / "indices.json")
    assert answer.code == 0, answer.err


def test_missing_and_broken_predictions_keep_their_rows(capsys, pairs: Path) -> None:
    (pairs / "pred" / "anna.ply").unlink()
    (pairs / "pred" / "berta.ply").write_text("no mesh")
    answer = _scan(capsys, pairs)
    assert answer.code == 1
    samples = fsbench.load_run(pairs / "run").samples
    assert list(samples["status"]) == ["missing", "invalid", "ok"]


def test_swapped_landmarks_are_a_reason(capsys, pairs: Path) -> None:
    marks = np.loadtxt(pairs / "pred_marks" / "clara.csv", delimiter=",", skiprows=1)
    _write_csv(pairs / "pred_marks" / "clara.csv", marks[[3, 2, 1, 0, 4, 6, 5]])
    answer = _scan(capsys, pairs, "--landmarks", pairs / "marks", "--pred-landmarks", pairs / "pred_marks")
    assert answer.code == 1
    row = fsbench.load_run(pairs / "run").samples.iloc[2]
    assert row["status"] == "invalid" and "swapped" in row["reason"]


def test_a_suspicious_alignment_is_flagged_in_its_row_and_in_the_summary(capsys, pairs: Path) -> None:
    whole = fsbench.read_mesh(pairs / "pred" / "berta.ply")
    half = HEAD.vertices[HEAD.faces][:, :, 0].mean(1) > -5
    _write(pairs / "pred" / "berta.ply", Mesh(whole.vertices, whole.faces[half]))
    marks = ("--landmarks", pairs / "marks", "--pred-landmarks", pairs / "pred_marks")
    answer = _scan(capsys, pairs, *marks)
    assert answer.code == 0
    loaded = fsbench.load_run(pairs / "run")
    assert loaded.samples["suspicious"].tolist() == [0, 1, 0]
    assert loaded.samples["reason"].tolist() == ["", "", ""]
    assert list(loaded.manifest["suspicious"]) == ["berta"]
    assert "incomplete" in loaded.manifest["suspicious"]["berta"]
    assert "1 of 3 alignments are suspicious" in answer.err


def test_what_is_not_shown_is_counted_and_where_it_is(capsys, tmp_path: Path) -> None:
    names = [f"s{number:02}" for number in range(24)]
    samples = pd.DataFrame({"sample": names, "status": "ok"})
    say_doubts(Run(samples, {}), dict.fromkeys(names[:7], "odd"), tmp_path)
    said = capsys.readouterr().err.splitlines()
    assert said[5:7] == ["  s04: odd", f"  ... and 2 more, see {tmp_path / 'run.json'}"]
    say_doubts(Run(samples[2:], {}), dict.fromkeys(names[2:7], "odd"), tmp_path)
    assert " more" not in capsys.readouterr().err


def test_options_of_other_benchmarks_are_refused(capsys, pairs: Path, tmp_path: Path) -> None:
    answer = _scan(capsys, pairs, "-a", "DECA")
    assert answer.code == 2 and "leave out --adapter" in answer.err
    answer = run(capsys, "score", "fswild", "--root", tmp_path, "--pred", tmp_path, "--out", tmp_path / "r",
                 "--scale", "fitted")  # fmt: skip
    assert answer.code == 2 and "--scale: only for benchmarks of scans" in answer.err


_PP = """<!DOCTYPE PickedPoints>
<PickedPoints>
 <DocumentData><DataFileName name="scan.obj"/></DocumentData>
{points}
</PickedPoints>
"""


@pytest.fixture
def now_root(tmp_path: Path) -> Path:
    """Two subjects in the layout of the NoW validation data."""
    root, lines = tmp_path / "now", []
    for seed, subject in enumerate(("S1", "S2")):
        _write(root / "scans" / subject / "scan.ply", FACE)
        points = "\n".join(
            f'  <point  y="{y}" x="{x}"  z="{z}" active="1" name="{i}"/>' for i, (x, y, z) in enumerate(MARKS.tolist())
        )
        marks = root / "scans_lmks_onlypp" / subject / "scan_picked_points.pp"
        marks.parent.mkdir(parents=True)
        marks.write_text(_PP.format(points=points))
        for challenge in ("multiview_neutral", "selfie"):
            lines.append(f"{subject}/{challenge}/IMG_{seed}.jpg")
            motion = random_similarity(np.random.default_rng(seed), decades=2)
            stem = tmp_path / "pred" / subject / challenge / f"IMG_{seed}"
            _write(stem.with_suffix(".ply"), moved(_noisy(seed), motion))
            np.save(stem.with_suffix(".npy"), motion.apply(MARKS)[None])
    (root / "imagepathsvalidation.txt").write_text("\n".join(lines) + "\n")
    return root


def test_now_is_read_in_its_layout(capsys, now_root: Path, tmp_path: Path) -> None:
    (tmp_path / "pred" / "S2" / "selfie" / "IMG_1.npy").unlink()
    out = tmp_path / "run"
    answer = run(capsys, "score", "now", "--root", now_root, "--pred", tmp_path / "pred", "--out", out)
    assert answer.code == 1, answer.err
    loaded = fsbench.load_run(out)
    assert loaded.bins == ["subject", "challenge"]
    assert list(loaded.samples["status"]) == ["ok", "ok", "ok", "invalid"]
    assert "landmarks" in loaded.samples["reason"][3]
    assert "1 of 4 samples have no score and are in no pooled number" in answer.err
    assert loaded.samples["median_mm"][:3].between(0.1, 0.6).all()
    pooled = pd.read_csv(out / "pooled.csv").set_index("bin")
    assert pooled["samples"].to_dict() == {"multiview_neutral": 2, "selfie": 1, "all": 3}
    table = run(capsys, "table", out)
    assert table.code == 0 and "occlusion" in table.out


def test_now_metrical_finds_the_unit(capsys, now_root: Path, tmp_path: Path) -> None:
    for subject in ("S1", "S2"):
        for challenge in ("multiview_neutral", "selfie"):
            stem = tmp_path / "pred" / subject / challenge / f"IMG_{int(subject == 'S2')}"
            motion = Similarity(0.001, translation=[0, 0, 0.8])
            _write(stem.with_suffix(".ply"), moved(_noisy(1), motion))
            np.save(stem.with_suffix(".npy"), motion.apply(MARKS))
    out = tmp_path / "run"
    answer = run(capsys, "score", "now-metrical", "--root", now_root, "--pred", tmp_path / "pred", "--out", out)
    assert answer.code == 0, answer.err
    samples = fsbench.load_run(out).samples
    assert (samples["mm_per_unit"] == 1000).all()
    assert samples["median_mm"].between(0.1, 0.6).all()


@pytest.mark.parametrize("line", ["S1/selfie", "../S1/selfie/a.jpg", "S1/selfie/IMG_0.png"])
def test_a_damaged_list_of_images_is_refused(capsys, now_root: Path, tmp_path: Path, line: str) -> None:
    with (now_root / "imagepathsvalidation.txt").open("a") as file:
        file.write(line + "\n")
    answer = run(capsys, "score", "now", "--root", now_root, "--pred", tmp_path / "pred", "--out", tmp_path / "r")
    assert answer.code == 2 and "imagepathsvalidation.txt" in answer.err


@pytest.fixture
def florence(tmp_path: Path) -> Path:
    """Two subjects in the layout of the Florence data; one video has frames instead of a mesh."""
    root, tip = tmp_path / "florence", [0.0, -11.0, 118.0]
    tips = ["subject,view,x,y,z"]
    for seed, subject in enumerate(("subject_01", "subject_28")):
        for view, noise in (("frontal1", 0.0), ("frontal2", 2.0)):
            spoilt = HEAD.vertices + noise * np.random.default_rng(9).normal(size=HEAD.vertices.shape)
            _write(root / subject / "Model" / view / "obj" / "scan.ply", Mesh(spoilt, HEAD.faces))
            _write_csv(root / "landmarks" / f"{subject}_{view}.csv", MARKS)
            tips.append(",".join([subject, view, *map(str, tip)]))
        for condition in ("cooperative", "indoor", "outdoor"):
            rng = np.random.default_rng(seed)
            motion = random_similarity(rng, most_deg=40)
            stem = tmp_path / "pred" / subject / condition
            if condition == "outdoor":
                for frame in range(3):
                    _write(stem / f"{frame}.ply", moved(_noisy(10 * seed + frame), motion))
            else:
                _write(stem.with_suffix(".ply"), moved(_noisy(seed), motion))
            _write_csv(stem.with_suffix(".csv"), motion.apply(MARKS))
    (root / "nose_tips.csv").write_text("\n".join(tips) + "\n")
    return root


@pytest.mark.parametrize("name", ["micc-deng2019", "micc-ganfit2021"])
def test_florence_is_read_in_its_layout(capsys, florence: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / "run"
    answer = run(capsys, "score", name, "--root", florence, "--pred", tmp_path / "pred", "--out", out)
    assert answer.code == 0, answer.err
    loaded = fsbench.load_run(out)
    assert loaded.samples["condition"].tolist() == 2 * ["cooperative", "indoor", "outdoor"]
    # The noisy second view never has the smaller score.
    assert loaded.samples["score_mm"].between(0.05, 0.6).all()
    rows = loaded.samples.set_index("sample")
    outdoor, indoor = rows.loc["subject_01/outdoor"], rows.loc["subject_01/indoor"]
    assert (outdoor["frames"], indoor["frames"]) == (3, 1)
    if name == "micc-ganfit2021":
        # One mean mesh, which has less noise than a frame.
        assert outdoor["score_mm"] < 0.9 * indoor["score_mm"] and outdoor["frames_std_mm"] == 0
        assert (rows["scans"] == 2).all()
    else:
        assert outdoor["score_mm"] == pytest.approx(indoor["score_mm"], rel=0.1) and outdoor["frames_std_mm"] > 0
        assert (rows["scans"] == 1).all()
    assert run(capsys, "table", out, "--by", "condition").code == 0


def test_florence_needs_nose_tips(capsys, florence: Path, tmp_path: Path) -> None:
    (florence / "nose_tips.csv").unlink()
    out = tmp_path / "run"
    answer = run(capsys, "score", "micc-deng2019", "--root", florence, "--pred", tmp_path / "pred", "--out", out)
    assert answer.code == 2 and f"there is no {florence / 'nose_tips.csv'} (subject,view,x,y,z)" in answer.err


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("subject01,frontal1,0,-11,118\nsubject28,frontal1,0,-11,118\n",
         "has no row subject_01, frontal1; it has subject01, frontal1; subject28, frontal1"),
        ("", "has no row subject_01, frontal1; it has no row below its heading"),
        ("subject_01,frontal1,0,-11,118\nsubject_01,frontal1,0,-11,119\n",
         "line 3: subject_01, frontal1 is listed twice"),
    ],
)  # fmt: skip
def test_misspelt_nose_tips_are_shown(capsys, florence: Path, tmp_path: Path, rows: str, said: str) -> None:
    (florence / "nose_tips.csv").write_text(f"subject,view,x,y,z\n{rows}")
    command = ("score", "micc-deng2019", "--root", florence, "--pred", tmp_path / "pred", "--out", tmp_path / "run")
    answer = run(capsys, *command, "--samples", "subject_01/indoor")
    assert answer.code == 2 and said in answer.err


def test_a_scale_unlike_the_others_is_flagged_in_its_row_and_merged_so(capsys, tmp_path: Path) -> None:
    for seed in range(6):
        _write(tmp_path / "scans" / f"{seed}.ply", FACE)
        _write(tmp_path / "pred" / f"{seed}.ply", moved(_noisy(seed), Similarity(1.5 if seed == 4 else 1.0)))
    answer = _scan(capsys, tmp_path)
    assert answer.code == 0 and "1 of 6 alignments are suspicious" in answer.err and "in another unit?" in answer.err
    whole = fsbench.load_run(tmp_path / "run")
    assert whole.samples["suspicious"].tolist() == [0, 0, 0, 0, 1, 0]
    assert list(whole.manifest["suspicious"]) == ["4"]
    for number in (1, 2):
        # Beside two others nobody could tell which of them is odd, or by how much.
        run(capsys, "score", "scan", "--root", tmp_path / "scans", "--pred", tmp_path / "pred", "--out",
            tmp_path / f"part{number}", "--shard", f"{number}/2")  # fmt: skip
    assert run(capsys, "merge", tmp_path / "part1", tmp_path / "part2", "--out", tmp_path / "merged").code == 0
    merged = fsbench.load_run(tmp_path / "merged")
    assert merged.samples.drop(columns="seconds").equals(whole.samples.drop(columns="seconds"))
    assert merged.manifest["suspicious"] == whole.manifest["suspicious"]


def test_a_name_that_is_no_utf8_is_a_row(capsys, pairs: Path) -> None:
    """As Latin-1 archives leave them; nothing that is written or printed breaks."""
    odd = os.fsdecode(b"Zo\xeb.ply")
    shutil.copy(pairs / "scans" / "anna.ply", pairs / "scans" / odd)
    answer = run(capsys, "check", "scan", "--root", pairs / "scans", "--pred", pairs / "pred")
    assert answer.code == 1 and "Zo\\xeb" in answer.out
    answer = _scan(capsys, pairs)
    assert answer.code == 1, answer.err
    samples = fsbench.load_run(pairs / "run").samples
    assert samples["status"].tolist() == ["missing", "ok", "ok", "ok"] and samples["sample"][0] == "Zo\\xeb"
    shutil.copy(pairs / "pred" / "anna.ply", pairs / "pred" / odd)
    answer = _scan(capsys, pairs, "--overwrite")
    assert answer.code == 0, answer.err
    samples = fsbench.load_run(pairs / "run").samples.set_index("sample")
    assert samples["ref_to_pred_mean_mm"]["Zo\\xeb"] == samples["ref_to_pred_mean_mm"]["anna"]
    shutil.copy(pairs / "pred" / "anna.ply", pairs / "pred" / os.fsdecode(b"stray\xeb.ply"))
    answer = run(capsys, "check", "scan", "--root", pairs / "scans", "--pred", pairs / "pred")
    assert "stray\\xeb" in answer.out


def test_names_as_macos_writes_them_belong_together(capsys, pairs: Path) -> None:
    composed = "Zo\u00eb"
    decomposed = unicodedata.normalize("NFD", composed)
    (pairs / "scans" / "anna.ply").rename(pairs / "scans" / f"{decomposed}.Ply")
    (pairs / "pred" / "anna.ply").rename(pairs / "pred" / f"{composed}.pLY")
    (pairs / "marks" / "anna.csv").rename(pairs / "marks" / f"{composed}.Csv")
    (pairs / "pred_marks" / "anna.csv").rename(pairs / "pred_marks" / f"{decomposed}.csv")
    for more in ((), ("--landmarks", pairs / "marks", "--pred-landmarks", pairs / "pred_marks" / "{sample}.csv")):
        answer = _scan(capsys, pairs, "--overwrite", *more)
        assert answer.code == 0, answer.err
        assert set(fsbench.load_run(pairs / "run").samples["sample"]) == {"berta", "clara", composed}


def test_a_prediction_in_a_form_that_is_not_read_is_named(capsys, pairs: Path) -> None:
    (pairs / "pred" / "anna.ply").rename(pairs / "pred" / "anna.glb")
    answer = _scan(capsys, pairs)
    assert "there is anna.glb: export the mesh as .ply or .obj" in answer.err
    answer = run(capsys, "check", "scan", "--root", pairs / "scans", "--pred", pairs / "pred")
    assert "there is anna.glb: export the mesh as .ply or .obj" in answer.out
