"""Scorer and score in memory: landmarks are used as the benchmark was opened for, or refused."""

from pathlib import Path
from shutil import make_archive

import numpy as np
import pytest

import fsbench
from fsbench.core.errors import UsageError
from fsbench.io import write_ply
from tests.heads import face_of, head

HEAD = head(30, 40)
# Eye corners, nose and mouth of the made-up head.
MARKS = np.array(
    [[-45, 25, 75], [-16, 25, 90], [16, 25, 90], [45, 25, 75], [0, -25, 105], [-25, -50, 80], [25, -50, 80]]
)
ROWS = [int(np.linalg.norm(HEAD.vertices - mark, axis=1).argmin()) for mark in MARKS]


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """One scan, and the same head as its prediction."""
    for folder, shape in (("scans", face_of(head(60, 80))), ("pred", HEAD)):
        (tmp_path / folder).mkdir()
        write_ply(tmp_path / folder / "anna.ply", shape)
    np.savetxt(tmp_path / "anna.csv", HEAD.vertices[ROWS], delimiter=",", header="x,y,z", comments="")
    return tmp_path


def _scorer(scans: Path, pred_landmarks: str) -> fsbench.Scorer:
    (scans / "marks").mkdir(exist_ok=True)
    (scans / "marks/anna.csv").write_bytes((scans / "anna.csv").read_bytes())
    choice = fsbench.Choice(landmarks=str(scans / "marks"), pred_landmarks=pred_landmarks)
    return fsbench.Scorer("scan", scans / "scans", choice=choice)


def test_vertices_that_the_choice_names_are_the_landmarks(scans: Path) -> None:
    scorer = _scorer(scans, ",".join(map(str, ROWS)))
    named = scorer.score("anna", HEAD.vertices, HEAD.faces)
    assert named == scorer.score("anna", HEAD.vertices, HEAD.faces, HEAD.vertices[ROWS])
    with pytest.raises(UsageError, match="of another topology"):
        scorer.score("anna", HEAD.vertices[: max(ROWS)], HEAD.faces[(HEAD.faces < max(ROWS)).all(1)])


def test_landmarks_that_are_needed_are_asked_for(scans: Path) -> None:
    with pytest.raises(UsageError, match="pass landmarks="):
        _scorer(scans, "{sample}_marks.csv").score("anna", HEAD.vertices, HEAD.faces)


def test_landmarks_that_nothing_would_use_are_refused(scans: Path) -> None:
    with pytest.raises(UsageError, match="opened without landmarks"):
        fsbench.Scorer("scan", scans / "scans").score("anna", HEAD.vertices, HEAD.faces, HEAD.vertices[ROWS])


def test_score_takes_an_open_benchmark_and_a_folder_that_is_there(scans: Path) -> None:
    with pytest.raises(UsageError, match="open_benchmark"):
        fsbench.score("scan", scans / "pred")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="no such folder"):
        fsbench.score(fsbench.open_benchmark("scan", scans / "scans"), scans / "nowhere")


def test_score_takes_what_the_command_takes(scans: Path) -> None:
    benchmark = fsbench.open_benchmark("scan", scans / "scans")
    whole = fsbench.score(benchmark, scans / "pred")
    packed = fsbench.score(benchmark, make_archive(scans / "packed", "zip", scans / "pred"), samples=["anna"])
    scores = [run.samples[list(run.metrics)].to_numpy() for run in (whole, packed)]
    np.testing.assert_array_equal(*scores)
    assert whole.counts["ok"] == packed.counts["ok"] == 1


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"jobs": 0}, "jobs 0: expected a whole number, 1 or more"),
        ({"jobs": "2"}, "jobs '2': expected"),
        ({"samples": []}, "nothing to score"),
        ({"samples": ["anne"]}, "no sample 'anne'"),
        ({"out": "pred/run"}, "outside the predictions"),
    ],
)
def test_score_refuses_what_the_command_refuses(
    scans: Path, monkeypatch: pytest.MonkeyPatch, more: dict, message: str
) -> None:
    monkeypatch.chdir(scans)
    with pytest.raises(UsageError, match=message):
        fsbench.score(fsbench.open_benchmark("scan", "scans"), "pred", **more)
    assert [path.name for path in (scans / "pred").iterdir()] == ["anna.ply"]


def test_a_run_saved_elsewhere_keeps_its_pooled_tables(scans: Path) -> None:
    run = fsbench.score(fsbench.open_benchmark("scan", scans / "scans"), scans / "pred", scans / "run")
    run.save(scans / "copy")
    for name in ("samples.csv", "run.json", "pooled.csv", "cumulative.csv"):
        assert (scans / "copy" / name).read_bytes() == (scans / "run" / name).read_bytes(), name


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ({"threads": "2"}, "threads '2': expected a whole number, 1 or more"),
        ({"threads": 2.5}, "threads 2.5: expected"),
        ({"threads": 0}, "threads 0: expected"),
        ({"kept": "x"}, "kept 'x': expected a whole number, 0 or more"),
        ({"kept": -1}, "kept -1: expected"),
    ],
)
def test_counts_that_are_none_are_refused(scans: Path, counts: dict, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        fsbench.Scorer("scan", scans / "scans", **counts)


def test_nothing_needs_to_be_kept(scans: Path) -> None:
    assert fsbench.Scorer("scan", scans / "scans", threads=np.int64(2), kept=0).samples == ("anna",)
