"""fsbench score: every sample its row, every trouble a reason, and the promised exit codes."""

import shutil
from pathlib import Path

import numpy as np
import pytest

import fsbench
from fsbench.io import read_mesh
from fsbench.protocols.facescape.references import FaceScapeReferences
from tests.cli.commands import ctrl_c_after
from tests.cli.commands import fsbench as run

WILD = ("000", "100", "200", "300")
METHOD = "pred/wild_pred/mean-face"


@pytest.fixture
def predictions(sample: Path, tmp_path: Path) -> Path:
    """A copy of the predictions that a test may spoil."""
    return Path(shutil.copytree(sample / METHOD, tmp_path / "mean-face"))


def _score(capsys, sample: Path, pred: Path, out: Path, *more: object):
    arguments = ("score", "fswild", "--root", sample, "--pred", pred, "-a", "3DDFA_V2", "--out", out, *more)
    return run(capsys, *arguments)


def test_all_scored_is_exit_code_0(capsys, sample, tmp_path) -> None:
    answer = _score(capsys, sample, sample / METHOD, tmp_path / "run", "--samples", ",".join(WILD))
    assert answer.code == 0
    samples = fsbench.load_run(tmp_path / "run").samples
    assert list(samples["sample"]) == list(WILD)
    assert (samples["status"] == "ok").all()
    assert samples["cd_mm"].between(0.5, 20).all()
    assert not (tmp_path / "run" / "journal.jsonl").exists()


def test_every_sample_of_the_benchmark_has_its_row(capsys, sample, tmp_path) -> None:
    answer = _score(capsys, sample, sample / METHOD, tmp_path / "run")
    assert answer.code == 1
    loaded = fsbench.load_run(tmp_path / "run")
    assert list(loaded.samples["sample"]) == [f"{i:03d}" for i in range(400)]
    assert loaded.counts == {"ok": 4, "missing": 396, "invalid": 0, "failed": 0}
    assert "warning" in answer.err and "396 of 400" in answer.err


def test_columns_are_the_ones_that_scripts_rely_on(capsys, sample, tmp_path) -> None:
    _score(capsys, sample, sample / METHOD, tmp_path / "run", "--samples", "000")
    header = (tmp_path / "run" / "samples.csv").read_text().splitlines()[0]
    assert header == (
        "benchmark,method,sample,status,reason,pose_deg,cd_mm,mne_rad,cr,cd_ref_to_pred_mm,cd_pred_to_ref_mm,"
        "normal_deg,depth_shift_mm,overlap_px,seconds"
    )


def test_jobs_and_repetition_change_nothing(capsys, sample, tmp_path) -> None:
    chosen = ("--samples", ",".join(WILD))
    tables = []
    for folder, jobs in (("one", 1), ("two", 2), ("one", 1)):
        _score(capsys, sample, sample / METHOD, tmp_path / folder, *chosen, "--jobs", jobs)
        lines = (tmp_path / folder / "samples.csv").read_text().splitlines()
        tables.append([line.rsplit(",", 1)[0] for line in lines])
    assert tables[0] == tables[1] == tables[2]


def _spoil_empty(path: Path) -> None:
    path.write_text("")


def _spoil_garbage(path: Path) -> None:
    path.write_bytes(b"\x00\xff" * 500)


def _spoil_faceless(path: Path) -> None:
    path.write_text("".join(line for line in path.read_text().splitlines(True) if line.startswith("v")))


def _spoil_nan(path: Path) -> None:
    path.write_text("v nan nan nan\n" + path.read_text())


def _spoil_index(path: Path) -> None:
    path.write_text(path.read_text() + "f 1 2 99999999\n")


def _spoil(path: Path, change) -> None:
    mesh = read_mesh(path)
    vertices = change(mesh.vertices.copy())
    lines = [f"v {x} {y} {z}\n" for x, y, z in vertices] + [f"f {a} {b} {c}\n" for a, b, c in mesh.faces + 1]
    path.write_text("".join(lines))


def _spoil_too_large(path: Path) -> None:
    _spoil(path, lambda v: v * 1000)


def _spoil_elsewhere(path: Path) -> None:
    _spoil(path, lambda v: v + np.array([4000, 0, 0]))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_spoil_empty, "000.obj"),
        (_spoil_garbage, "000.obj"),
        (_spoil_faceless, "no faces"),
        (_spoil_nan, "NaN"),
        (_spoil_index, "99999999"),
        (_spoil_too_large, "another unit"),
        (_spoil_elsewhere, "no overlap"),
    ],
)
def test_an_unusable_mesh_is_a_row_with_its_reason(capsys, sample, predictions, tmp_path, spoil, words) -> None:
    spoil(predictions / "000.obj")
    answer = _score(capsys, sample, predictions, tmp_path / "run", "--samples", "000,100")
    assert answer.code == 1
    samples = fsbench.load_run(tmp_path / "run").samples
    assert list(samples["status"]) == ["invalid", "ok"]
    assert words in samples["reason"][0]
    assert samples.loc[0, "cd_mm":"overlap_px"].isna().all()
    assert "Traceback" not in answer.err


def test_nothing_scored_is_exit_code_2(capsys, sample, tmp_path) -> None:
    (tmp_path / "none").mkdir()
    answer = _score(capsys, sample, tmp_path / "none", tmp_path / "run", "--samples", "000")
    assert answer.code == 2
    assert "nothing could be scored" in answer.err


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"benchmark": "fswlid"}, "did you mean fswild?"),
        ({"--root": "absent"}, "no such folder"),
        ({"--pred": "absent"}, "no such folder"),
        ({"-a": "3DDFA_v2"}, "3DDFA_V2"),
        ({"--samples": "400"}, "no such sample"),
        ({"--samples": "000-999"}, "no sample '999'"),
    ],
)
def test_wrong_usage_says_what_to_try(capsys, sample, tmp_path, change, words) -> None:
    options = {"--root": sample, "--pred": sample / METHOD, "-a": "3DDFA_V2", "--out": tmp_path / "run"} | change
    benchmark = options.pop("benchmark", "fswild")
    answer = run(capsys, "score", benchmark, *(part for pair in options.items() for part in pair))
    assert answer.code == 2
    assert words in answer.err
    assert "Traceback" not in answer.err
    assert not (tmp_path / "run").exists()


def test_a_missing_predef_file_is_named(capsys, sample, tmp_path) -> None:
    root = tmp_path / "root"
    shutil.copytree(sample, root, ignore=shutil.ignore_patterns("pred", "*.obj"))
    (root / "code/predef/wild_rotations.npy").unlink()
    answer = _score(capsys, root, sample / METHOD, tmp_path / "run")
    assert answer.code == 2
    assert "wild_rotations.npy is not there" in answer.err


def test_a_run_of_another_method_is_not_overwritten(capsys, sample, tmp_path) -> None:
    chosen = ("--samples", "000")
    _score(capsys, sample, sample / METHOD, tmp_path / "run", *chosen, "--method", "mine")
    before = (tmp_path / "run" / "samples.csv").read_bytes()
    answer = _score(capsys, sample, sample / METHOD, tmp_path / "run", *chosen, "--method", "theirs")
    assert answer.code == 2
    assert "holds a run of fswild mine, this is fswild theirs" in answer.err
    assert (tmp_path / "run" / "samples.csv").read_bytes() == before


def test_the_lab_is_scored_too(capsys, sample, tmp_path) -> None:
    pred = sample / "pred/lab_pred/mean-face"
    arguments = ("score", "fslab", "--root", sample, "--pred", pred, "-a", "3DDFA_V2", "--out", tmp_path / "run")
    assert run(capsys, *arguments, "--samples", "00_?_00").code == 0
    samples = fsbench.load_run(tmp_path / "run").samples
    assert list(samples["sample"]) == ["00_0_00", "00_1_00", "00_2_00"]
    assert list(samples["focal_px"]) == ["1200", "600", "300"]
    assert samples["cd_mm"].between(0.5, 40).all()


def test_a_finished_run_is_not_replaced_by_a_smaller_or_different_one(capsys, sample, tmp_path) -> None:
    _score(capsys, sample, sample / METHOD, tmp_path / "run", "--samples", "000,100")
    before = (tmp_path / "run" / "samples.csv").read_bytes()
    for more in (("--samples", "000"), ("--samples", "000,100", "--flip", "y")):
        adapter = ("-a", "pixels") if "--flip" in more else ()
        answer = _score(capsys, sample, sample / METHOD, tmp_path / "run", *adapter, *more)
        assert answer.code == 2 and "other settings" in answer.err
        if "--flip" in more:
            assert "settings.adapter" in answer.err and "settings.root" not in answer.err
    assert (tmp_path / "run" / "samples.csv").read_bytes() == before
    assert _score(capsys, sample, sample / METHOD, tmp_path / "run", "--samples", "000", "--overwrite").code == 0


def test_a_run_without_any_score_is_no_obstacle(capsys, sample, tmp_path) -> None:
    (tmp_path / "empty").mkdir()
    assert _score(capsys, sample, tmp_path / "empty", tmp_path / "run", "--samples", "000", "--method", "one").code == 2
    assert list(fsbench.load_run(tmp_path / "run").samples["status"]) == ["missing"]
    theirs = ("--samples", "000", "--method", "two")
    assert _score(capsys, sample, sample / METHOD, tmp_path / "run", *theirs, "--resume").code == 2
    assert _score(capsys, sample, sample / METHOD, tmp_path / "run", *theirs).code == 0
    assert list(fsbench.load_run(tmp_path / "run").samples["status"]) == ["ok"]


def _stop_after(capsys, monkeypatch, sample, pred, out, n_done: int, chosen: str):
    with ctrl_c_after(monkeypatch, n_done):
        return _score(capsys, sample, pred, out, "--samples", chosen)


def test_a_run_that_was_stopped_goes_on_and_mends_what_had_no_score(
    capsys, monkeypatch, sample, predictions, tmp_path
) -> None:
    (predictions / "000.obj").rename(tmp_path / "000.obj")
    out = tmp_path / "run"
    answer = _stop_after(capsys, monkeypatch, sample, predictions, out, 2, ",".join(WILD))
    assert answer.code == 130 and "2 of 4 samples are kept" in answer.err and "Traceback" not in answer.err
    (tmp_path / "000.obj").rename(predictions / "000.obj")
    answer = _score(capsys, sample, predictions, out, "--samples", ",".join(WILD))
    assert answer.code == 0 and "going on: 1 of 4" in answer.err
    whole = tmp_path / "whole"
    _score(capsys, sample, predictions, whole, "--samples", ",".join(WILD))
    once, twice = (fsbench.load_run(run).samples.drop(columns="seconds") for run in (whole, out))
    assert once.equals(twice)


def test_a_prediction_that_changed_since_the_stop_is_scored_again(
    capsys, monkeypatch, sample, predictions, tmp_path
) -> None:
    out = tmp_path / "run"
    _stop_after(capsys, monkeypatch, sample, predictions, out, 2, "000,100,200")
    shutil.copy2(predictions / "200.obj", predictions / "000.obj")  # the copy is as old as the original
    assert "going on: 1 of 3" in _score(capsys, sample, predictions, out, "--samples", "000,100,200").err


@pytest.mark.parametrize("what", ["link", "reference", "references", "archive", "predef"])
def test_whatever_a_row_rests_on_may_change_while_a_run_is_stopped(
    capsys, monkeypatch, sample, predictions, tmp_path, what
) -> None:
    out, chosen = tmp_path / "run", "000,100,200"
    root, pred = tmp_path / "root", tmp_path / "pred"
    if what == "reference":  # of the published ones, which no signature holds
        monkeypatch.setattr(FaceScapeReferences, "_are_others", False)
    shutil.copytree(sample, root)
    pred.symlink_to(predictions)
    if what == "archive":
        pred = Path(shutil.make_archive(str(tmp_path / "meshes"), "zip", predictions))
    _stop_after(capsys, monkeypatch, root, pred, out, 2, chosen)
    swapped = tmp_path / "swapped" / "mean-face"
    shutil.copytree(predictions, swapped)
    shutil.copy2(predictions / "300.obj", swapped / "000.obj")
    if what == "link":
        pred.unlink()
        pred.symlink_to(swapped)
    elif what in ("reference", "references"):
        shutil.copy2(sample / "data/wild_gt_mesh/300.obj", root / "data/wild_gt_mesh/000.obj")
    elif what == "archive":
        shutil.make_archive(str(tmp_path / "meshes"), "zip", swapped)
    else:
        scales = root / "code/predef/wild_pupil_scales.npy"
        np.save(scales, np.load(scales) * 1.01)
    answer = _score(capsys, root, pred, out, "--samples", chosen)
    if what in ("archive", "predef", "references"):
        assert answer.code == 2 and f"{what}:" in answer.err and "--overwrite" in answer.err
        return
    assert answer.code == 0 and ("going on: 1 of 3" in answer.err) == (what == "reference")
    _score(capsys, root, pred, tmp_path / "whole", "--samples", chosen)
    once, twice = (fsbench.load_run(run).samples.drop(columns="seconds") for run in (tmp_path / "whole", out))
    assert once.equals(twice)


def test_a_run_that_ended_here_meanwhile_is_not_replaced(capsys, monkeypatch, sample, tmp_path) -> None:
    """Another process ends its run between this one's first look and its lock."""
    from fsbench.scoring import score

    out, open_journal = tmp_path / "run", score.open_journal

    def slow(*arguments, **options):
        monkeypatch.setattr(score, "open_journal", open_journal)
        assert _score(capsys, sample, sample / METHOD, out, "--samples", "000", "--method", "other").code == 0
        return open_journal(*arguments, **options)

    monkeypatch.setattr(score, "open_journal", slow)
    answer = _score(capsys, sample, sample / METHOD, out, "--samples", "000", "--method", "mine")
    assert answer.code == 2 and "choose another --out" in answer.err
    assert fsbench.load_run(out).method == "other" and not (out / "journal.jsonl").exists()


def test_resume_goes_on_and_leaves_a_finished_run_alone(capsys, monkeypatch, sample, predictions, tmp_path) -> None:
    out = tmp_path / "run"
    chosen = ("--samples", "000,100")
    _stop_after(capsys, monkeypatch, sample, predictions, out, 1, chosen[1])
    assert "going on: 1 of 2" in _score(capsys, sample, predictions, out, *chosen, "--resume").err
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in out.iterdir()}
    (predictions / "000.obj").unlink()  # what counts is the run that is there
    answer = _score(capsys, sample, predictions, out, *chosen, "--resume")
    assert answer.code == 0 and "finished already" in answer.err and "2 of 2 samples scored" in answer.err
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in out.iterdir()} == before
    assert "choose another --out" in _score(capsys, sample, predictions, out, "--samples", "000", "--resume").err
    assert _score(capsys, sample, predictions, out, *chosen, "--resume", "--overwrite").code == 2
    assert _score(capsys, sample, predictions, out, *chosen).code == 1


@pytest.mark.parametrize(
    "damage", ["a row is gone", "a number is infinite", "a score that is not ok", "another method"]
)
def test_a_run_that_was_changed_by_hand_is_refused(capsys, sample, tmp_path, damage) -> None:
    _score(capsys, sample, sample / METHOD, tmp_path / "run", "--samples", "000,100")
    path = tmp_path / "run" / "samples.csv"
    lines = path.read_text().splitlines(keepends=True)
    if damage == "a row is gone":
        lines.pop()
    elif damage == "a number is infinite":
        lines[1] = ",".join(["inf" if i == 6 else cell for i, cell in enumerate(lines[1].split(","))])
    elif damage == "a score that is not ok":
        lines[1] = lines[1].replace(",ok,", ",missing,")
    else:
        lines[1] = lines[1].replace("mean-face", "other-face")
    path.write_text("".join(lines))
    answer = run(capsys, "table", tmp_path / "run")
    assert answer.code == 2 and "changed by hand, or cut off" in answer.err


def test_a_mesh_with_two_sides_scores_as_one_and_is_noted_once(capsys, sample, predictions, tmp_path) -> None:
    chosen = ("--samples", ",".join(WILD))
    assert _score(capsys, sample, predictions, tmp_path / "plain", *chosen).code == 0
    for name in ("000", "100"):
        lines = (predictions / f"{name}.obj").read_text().splitlines()
        faces = [line.split() for line in lines if line.startswith("f ")]
        backs = [" ".join([f, a, c, b]) for f, a, b, c in faces]
        (predictions / f"{name}.obj").write_text("\n".join([*lines, *backs, ""]))
    answer = _score(capsys, sample, predictions, tmp_path / "double", *chosen)
    assert answer.code == 0 and answer.err.count("there twice") == 1 and "note: 2 of 4 samples" in answer.err
    plain, double = (fsbench.load_run(tmp_path / name).samples for name in ("plain", "double"))
    numbers = list(fsbench.load_run(tmp_path / "plain").metrics)
    # A back has its corners in another order, so it is rounded otherwise.
    np.testing.assert_allclose(double[numbers], plain[numbers], rtol=1e-9)
    assert list(double["reason"] != "") == [True, True, False, False]


def test_a_missing_reference_is_named_beside_a_missing_prediction(capsys, sample, predictions, tmp_path) -> None:
    (predictions / "100.obj").unlink()
    _score(capsys, sample, predictions, tmp_path / "run", "--samples", "100,399")  # the sample benchmark has no 399
    reasons = fsbench.load_run(tmp_path / "run").samples["reason"]
    assert [text.endswith("; the reference is missing too") for text in reasons] == [False, True]
