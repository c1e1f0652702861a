"""Scans at the command line: what would give a wrong number that looks right is refused, flagged or said."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import fsbench
from fsbench.benchmarks import Benchmark, Choice
from fsbench.core.mesh import Mesh
from fsbench.geometry.transforms import Similarity
from fsbench.io import write_ply
from fsbench.io.write import write_obj
from fsbench.protocols import registry
from fsbench.protocols.landmark_warp.protocol import LandmarkWarp
from tests.cli.commands import fsbench as run
from tests.heads import face_of, head, moved, random_similarity

HEAD = head(45, 60)
FACE = face_of(head(60, 80))
# In the order of NoW.
MARKS = np.array(
    [[-45.0, 25, 75], [-16, 25, 90], [16, 25, 90], [45, 25, 75], [0, -25, 105], [-25, -50, 80], [25, -50, 80]]
)
TIP = (0.0, -11.0, 118.0)
EYES_SWAPPED = [3, 2, 1, 0, 4, 5, 6]
BENCHMARKS = ("scan", "now", "micc-ganfit2021")


def _noisy(seed: int) -> Mesh:
    noise = np.random.default_rng(seed).normal(scale=0.5, size=HEAD.vertices.shape)
    return Mesh(HEAD.vertices + noise, HEAD.faces)


def _write(path: Path, mesh: Mesh) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_ply(path, mesh)


def _save(path: Path, points: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, points)


class Folder:
    """One scan and one prediction of a benchmark, in its layout."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name, self.root, self.pred, self.out = name, folder / "root", folder / "pred", folder / "run"
        self.options: tuple[object, ...] = ()
        if name == "scan":
            self.scan, self.scan_marks = self.root / "anna.ply", folder / "marks" / "anna.npy"
            self.stem = self.pred / "anna"
            self.options = ("--landmarks", folder / "marks", "--pred-landmarks", "{sample}.npy")
        elif name == "now":
            self.scan = self.root / "scans" / "S1" / "scan.ply"
            self.scan_marks = self.root / "scans_lmks_onlypp" / "S1" / "marks.npy"
            self.stem = self.pred / "S1" / "selfie" / "IMG"
            self.root.mkdir()
            (self.root / "imagepathsvalidation.txt").write_text("S1/selfie/IMG.jpg\n")
        else:
            self.scan = self.root / "subject_01" / "Model" / "frontal1" / "obj" / "scan.ply"
            self.scan_marks = self.root / "landmarks" / "subject_01_frontal1.npy"
            self.stem = self.pred / "subject_01" / "indoor"
            self.options = ("--samples", "*/indoor")
        motion = random_similarity(np.random.default_rng(3), most_deg=40)
        self.prediction, self.marks = moved(_noisy(0), motion), motion.apply(MARKS)
        self.write_scan(Similarity())
        self.write(self.prediction, self.marks)

    def write_scan(self, motion: Similarity, marks: np.ndarray | None = None) -> None:
        _write(self.scan, moved(HEAD if self.name.startswith("micc") else FACE, motion))
        _save(self.scan_marks, motion.apply(MARKS) if marks is None else marks)
        if self.name.startswith("micc"):
            tip = ",".join(map(str, motion.apply([TIP])[0]))
            (self.root / "nose_tips.csv").write_text(f"subject,view,x,y,z\nsubject_01,frontal1,{tip}\n")

    def write(self, mesh: Mesh, marks: np.ndarray) -> None:
        _write(self.stem.with_suffix(".ply"), mesh)
        _save(self.stem.with_suffix(".npy"), marks)

    def score(self, capsys, *more: object):
        return run(capsys, "score", self.name, "--root", self.root, "--pred", self.pred, "--out", self.out,
                   "--overwrite", *self.options, *more)  # fmt: skip

    def row(self) -> dict[str, object]:
        return fsbench.load_run(self.out).samples.iloc[0].to_dict()


@pytest.fixture(params=BENCHMARKS)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    return Folder(tmp_path, request.param)


def test_healthy_input_raises_no_word(capsys, folder: Folder) -> None:
    answer = folder.score(capsys)
    assert answer.code == 0, answer.err
    assert "suspicious" not in answer.err and folder.row()["suspicious"] == 0


Change = Callable[[Folder], tuple[Mesh, np.ndarray]]
_FLIP = np.array([-1.0, 1, 1])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda one: (one.prediction, one.marks[EYES_SWAPPED]), "1 and 4, 2 and 3"),
        (lambda one: (one.prediction, one.marks * _FLIP), "mirrored"),
        (lambda one: (Mesh(one.prediction.vertices * _FLIP, one.prediction.faces), one.marks * _FLIP), "mirrored"),
        (lambda one: (one.prediction, np.outer(np.arange(7.0), [1, 2, 3])), "on one line"),
        (lambda one: (one.prediction, np.full((7, 3), np.nan)), "not finite"),
        (lambda one: (one.prediction, one.marks + 10 * np.ptp(one.marks)), "frame and unit"),
        (lambda one: (Mesh(one.prediction.vertices / 1000, one.prediction.faces), one.marks), "frame and unit"),
    ],
    ids=["eyes swapped", "mirrored", "mirrored mesh", "collinear", "NaN", "elsewhere", "another unit"],
)
def test_wrong_landmarks_are_a_row_with_the_cause(capsys, folder: Folder, change: Change, said: str) -> None:
    folder.write(*change(folder))
    assert folder.score(capsys).code == 2
    row = folder.row()
    assert row["status"] == "invalid" and said in str(row["reason"])


@pytest.mark.parametrize(
    ("marks", "said"),
    [
        (MARKS + [0, 0, 1000], "are both in|one frame and unit|frame and unit"),
        (np.where(MARKS == 105, np.nan, MARKS), "not finite"),
        (np.outer(np.arange(7.0), [5.0, 10, 15]) + [0, 0, 80], "one line|apart, expected|frame and unit"),
        (MARKS / 1000, "must be in mm|frame and unit"),
    ],
    ids=["elsewhere", "NaN", "collinear", "in metres"],
)
def test_wrong_landmarks_of_a_scan_are_a_row_with_the_cause(
    capsys, folder: Folder, marks: np.ndarray, said: str
) -> None:
    folder.write_scan(Similarity(), marks)
    assert folder.score(capsys).code == 2
    row = folder.row()
    assert row["status"] in ("failed", "invalid")
    assert any(one in str(row["reason"]) for one in said.split("|")), row["reason"]


def test_a_scan_in_metres_is_understood_or_refused(capsys, folder: Folder) -> None:
    folder.write_scan(Similarity(0.001))
    answer = folder.score(capsys)
    row = folder.row()
    if folder.name == "now":
        assert answer.code == 2 and "must be in mm" in str(row["reason"])
    else:
        assert answer.code == 0 and row["ref_mm_per_unit"] == 1000
        assert row["suspicious"] == 0


@pytest.mark.parametrize("name", ["micc-ganfit2021", "micc-deng2019"])
def test_an_empty_crop_is_a_row_with_the_cause(capsys, tmp_path: Path, name: str) -> None:
    folder = Folder(tmp_path, "micc-ganfit2021")
    folder.name = name
    (folder.root / "nose_tips.csv").write_text("subject,view,x,y,z\nsubject_01,frontal1,0,0,1000\n")
    assert folder.score(capsys).code == 2
    assert "within 95 mm of the nose tip: are both in one frame and unit?" in str(folder.row()["reason"])


def test_an_inside_out_prediction_is_flagged(capsys, folder: Folder) -> None:
    folder.write(Mesh(folder.prediction.vertices, folder.prediction.faces[:, ::-1]), folder.marks)
    answer = folder.score(capsys)
    assert answer.code == 0 and folder.row()["suspicious"] == 1
    assert "opposite ways" in answer.err


def test_a_mesh_with_nan_is_a_row(capsys, folder: Folder) -> None:
    vertices = folder.prediction.vertices.copy()
    vertices[5] = np.nan
    path = folder.stem.with_suffix(".ply")
    path.unlink()
    lines = [f"v {x} {y} {z}" for x, y, z in vertices] + [f"f {a} {b} {c}" for a, b, c in folder.prediction.faces + 1]
    path.with_suffix(".obj").write_text("\n".join(lines))
    assert folder.score(capsys).code == 2
    assert folder.row()["status"] == "invalid" and "NaN" in str(folder.row()["reason"])


def test_two_predictions_of_one_name_are_not_chosen_between(capsys, folder: Folder) -> None:
    write_obj(folder.stem.with_suffix(".obj"), folder.prediction)
    assert folder.score(capsys).code == 2
    reason = str(folder.row()["reason"])
    assert folder.row()["status"] == "invalid" and ".obj and " in reason and ".ply could both be" in reason


def test_two_files_of_landmarks_are_not_chosen_between(capsys, folder: Folder) -> None:
    (folder.scan_marks.with_suffix(".txt")).write_text("1 2 3\n")
    assert folder.score(capsys).code == 2
    assert "marks" in str(folder.row()["reason"]) and "could both be the landmarks" in str(folder.row()["reason"])
    folder.scan_marks.with_suffix(".txt").unlink()
    folder.stem.with_suffix(".csv").write_text("1 2 3\n")
    answer = folder.score(capsys)
    if folder.name == "scan":  # whose pattern names the ending
        assert answer.code == 0
        folder.options = (*folder.options[:3], folder.pred)
        answer = folder.score(capsys)
    assert answer.code == 2
    assert folder.row()["status"] == "invalid" and "could both be the landmarks" in str(folder.row()["reason"])


def test_landmarks_that_are_not_there_are_named(capsys, folder: Folder) -> None:
    folder.stem.with_suffix(".npy").unlink()
    assert folder.score(capsys).code == 2
    reason = str(folder.row()["reason"])
    assert f"expected {folder.stem}" in reason and ".npy" in reason and "{" not in reason
    _save(folder.stem.with_suffix(".npy"), folder.marks)
    folder.scan_marks.unlink()
    assert folder.score(capsys).code == 2
    reason = str(folder.row()["reason"])
    assert f"expected {folder.scan_marks.parent}" in reason and ".npy" in reason and "{" not in reason


def test_a_video_twice_is_not_chosen_between(capsys, tmp_path: Path) -> None:
    """A mesh of the condition's name, and a folder of the data's name of the video."""
    folder = Folder(tmp_path, "micc-ganfit2021")
    _write(folder.pred / "subject_01" / "PTZ-Indoor" / "0.ply", folder.prediction)
    assert folder.score(capsys).code == 2
    assert "PTZ-Indoor could both be" in str(folder.row()["reason"])


def test_copies_that_macos_leaves_are_no_scans_and_no_frames(capsys, folder: Folder) -> None:
    (folder.scan.parent / f"._{folder.scan.name}").write_bytes(b"\0\5\x16\7")
    (folder.root / ".cache").mkdir()
    shutil.copy(folder.scan, folder.root / ".cache" / "old.ply")
    frames = folder.stem.parent / "outdoor"
    _write(frames / "0.ply", folder.prediction)
    _save(frames / "0.npy", folder.marks)
    (frames / "._0.ply").write_bytes(b"\0\5\x16\7")
    more = ("--samples", "*/outdoor") if folder.name.startswith("micc") else ()
    answer = folder.score(capsys, *more)
    assert answer.code == 0, answer.err
    assert len(fsbench.load_run(folder.out).samples) == 1


def test_predictions_below_the_scans_are_refused(capsys, tmp_path: Path) -> None:
    folder = Folder(tmp_path, "scan")
    folder.pred.rename(folder.root / "pred")
    folder.pred = folder.root / "pred"
    for command in ("score", "check"):
        more = ("--out", folder.out) if command == "score" else ()
        answer = run(capsys, command, "scan", "--root", folder.root, "--pred", folder.pred, *more)
        assert answer.code == 2 and "every mesh counts as a reference" in answer.err
    # A benchmark with a layout of its own is not confused.
    (tmp_path / "b").mkdir()
    other = Folder(tmp_path / "b", "now")
    other.pred.rename(other.root / "pred")
    other.pred = other.root / "pred"
    assert other.score(capsys).code == 0


def test_now_says_where_it_differs(capsys, tmp_path: Path) -> None:
    folder = Folder(tmp_path, "now")
    said = folder.score(capsys).err
    assert "differs from the official NoW evaluator" in said and "--set mirror=allowed" in said
    assert "metrical" not in said
    assert "--set mirror=allowed scores" not in folder.score(capsys, "--set", "mirror=allowed").err
    answer = run(capsys, "score", "now-metrical", "--root", folder.root, "--pred", folder.pred, "--out", tmp_path / "m")
    assert "metrical start" in answer.err and "unit is found" in answer.err


def test_other_landmarks_are_another_signature(tmp_path: Path) -> None:
    folder = Folder(tmp_path, "scan")

    def signature(marks: object = folder.scan_marks.parent, pred_marks: str = "{sample}.npy") -> str:
        return Benchmark.open("scan", folder.root, Choice(str(marks), pred_marks)).signature

    without = Benchmark.open("scan", folder.root).signature
    by_file, by_vertex, by_others = signature(), signature("5,70,900"), signature("5,70,901")
    assert len({without, by_file, by_vertex, by_others}) == 4
    # Those of predictions are part of what a method gives.
    assert signature(pred_marks="1,2,3,4,5,6,7") == by_file
    _save(folder.scan_marks, MARKS + 1)
    assert signature() != by_file


def test_other_landmarks_and_nose_tips_are_another_micc(tmp_path: Path) -> None:
    folder = Folder(tmp_path, "micc-ganfit2021")

    def signature(name: str) -> str:
        return Benchmark.open(name, folder.root).signature

    before = {name: signature(name) for name in ("micc-ganfit2021", "micc-deng2019")}
    assert "|landmarks:" in before["micc-ganfit2021"] and "|landmarks:" not in before["micc-deng2019"]
    _save(folder.scan_marks, MARKS + 1)
    assert signature("micc-ganfit2021") != before["micc-ganfit2021"]
    # With a nose tip of its own this one looks at no landmarks.
    assert signature("micc-deng2019") == before["micc-deng2019"]
    (folder.root / "nose_tips.csv").write_text("subject,view,x,y,z\nsubject_01,frontal1,0,-12,118\n")
    assert signature("micc-deng2019") != before["micc-deng2019"]


def test_micc_takes_as_many_scans_as_its_references_say(capsys, tmp_path: Path) -> None:
    folder = Folder(tmp_path, "micc-ganfit2021")
    spoilt = HEAD.vertices + np.random.default_rng(1).normal(scale=3, size=HEAD.vertices.shape)
    _write(folder.root / "subject_01" / "Model" / "frontal2" / "scan.ply", HEAD)
    _write(folder.scan, Mesh(spoilt, HEAD.faces))
    shutil.copy(folder.scan_marks, folder.root / "landmarks" / "subject_01_frontal2.npy")
    with (folder.root / "nose_tips.csv").open("a") as file:
        file.write(f"subject_01,frontal2,{','.join(map(str, TIP))}\n")
    for name in ("micc-ganfit2021", "micc-deng2019"):
        folder.name, scores = name, {}
        for references, views in (("one", "frontal1"), ("smaller", "frontal1/frontal2")):
            answer = folder.score(capsys, "--set", f"references={references}")
            assert answer.code == 0, answer.err
            assert f"|views:{views}|" in fsbench.load_run(folder.out).signature
            scores[references] = folder.row()["score_mm"]
        assert scores["smaller"] < 0.6 < 1 < scores["one"]


def test_a_warp_says_on_how_few_subjects_it_was_tried(capsys, tmp_path: Path) -> None:
    folder = Folder(tmp_path, "scan")
    answer = folder.score(capsys, "--measure", "landmark-warp")
    assert answer.code == 0, answer.err
    tried = "88 to 111 % of the true error of four methods on the three subjects that it was tuned on, and 92, 115, 87 "
    assert tried + "and 101 % on two others, where two methods changed places" in answer.err
    assert "a landmark warp by 7 landmarks may be off either way" in answer.err
    many = registry.get("landmark-warp").cautions(LandmarkWarp(), 51)
    assert len(many) == 1 and tried in many[0]


def test_check_is_not_content_without_a_usable_scan(capsys, folder: Folder) -> None:
    if folder.name == "micc-ganfit2021":
        folder.options = ()
    folder.scan.write_bytes(b"ply\nnothing\n")
    answer = run(capsys, "check", folder.name, "--root", folder.root, "--pred", folder.pred, *folder.options)
    assert answer.code == 1 and "no scan of the 1 sample looked at is usable" in answer.out


def _check(capsys, folder: Folder, *more: object):
    return run(capsys, "check", folder.name, "--root", folder.root, "--pred", folder.pred, *folder.options, *more)


def test_check_looks_at_all_landmarks(capsys, folder: Folder) -> None:
    assert "ok     landmarks  7 for each scan and prediction" in _check(capsys, folder).out
    folder.stem.with_suffix(".npy").write_bytes(b"no array")
    assert "npy" in _wrong(_check(capsys, folder), "landmarks")
    _save(folder.stem.with_suffix(".npy"), folder.marks[:6])
    assert "has 6 landmarks, the scan 7" in _wrong(_check(capsys, folder), "landmarks")
    folder.stem.with_suffix(".npy").unlink()
    assert "there are no landmarks of it" in _wrong(_check(capsys, folder), "landmarks")
    _save(folder.stem.with_suffix(".npy"), folder.marks)
    folder.scan_marks.unlink()
    assert "there are no landmarks of" in _wrong(_check(capsys, folder), "landmarks")


def _not_pred(folder: Folder) -> tuple[object, ...]:
    """The options without --pred-landmarks, which come last."""
    return folder.options[:2]


def _wrong(answer, topic: str) -> str:
    """What the lines of a topic say, which have to be wrong."""
    assert answer.code == 1, answer.err
    lines = [line.split(maxsplit=2) for line in answer.out.splitlines()]
    assert {verdict for verdict, about, _ in lines if about == topic} == {"wrong"}, answer.out
    return " ".join(text for _, about, text in lines if about == topic)


def test_check_needs_no_landmarks_where_the_protocol_does_not(capsys, tmp_path: Path) -> None:
    folder = Folder(tmp_path, "micc-ganfit2021")
    folder.name = "micc-deng2019"
    folder.scan_marks.unlink()
    folder.stem.with_suffix(".npy").unlink()
    assert "landmarks" not in _check(capsys, folder).out
    (folder.root / "nose_tips.csv").write_text("subject,view,x,y,z\nsubject01,frontal1,0,0,0\n")
    assert "has no row subject_01, frontal1; it has subject01, frontal1" in _wrong(_check(capsys, folder), "landmarks")


def test_check_is_not_content_with_one_unusable_scan_of_several(capsys, tmp_path: Path) -> None:
    folder = Folder(tmp_path, "scan")
    folder.options = ()
    for name in ("berta", "clara"):
        shutil.copy(folder.scan, folder.root / f"{name}.ply")
        shutil.copy(folder.stem.with_suffix(".ply"), folder.pred / f"{name}.ply")
    empty = (
        "ply\nformat ascii 1.0\nelement vertex 0\nproperty float x\nproperty float y\nproperty float z\nend_header\n"
    )
    (folder.root / "berta.ply").write_text(empty)
    assert "would have no score: the scan of berta is unusable" in _wrong(_check(capsys, folder), "berta")
    (folder.root / "berta.ply").write_bytes(b"")
    assert "1 file without a byte" in _check(capsys, folder).out


def test_check_of_all_names_a_prediction_that_is_not_among_those_looked_at(capsys, folder: Folder) -> None:
    """Nine samples, of which each fourth is looked at; the second and the last are broken."""
    folder.options = tuple(option for option in folder.options if option not in ("--samples", "*/indoor"))
    names = _nine(folder)
    for name in (names[1], names[8]):
        path = (folder.pred / name).with_suffix(".ply")
        path.write_bytes(path.read_bytes()[:-100])
    answer = _check(capsys, folder, "--all", "--samples", ",".join(names))
    assert answer.code == 1
    assert "wrong  reading   2 predictions of 9 cannot be used" in answer.out
    for name in (names[1], names[8]):
        assert any(line.startswith(f"wrong  {name} ") and "ply" in line for line in answer.out.splitlines()), answer.out


def _nine(folder: Folder) -> list[str]:
    """Copies of the one sample with its prediction; their names."""
    names = []
    for number in range(9):
        if folder.name == "scan":
            names.append(f"anna{number}")
            scan, marks = folder.root / f"{names[-1]}.ply", folder.scan_marks.with_name(f"{names[-1]}.npy")
        elif folder.name == "now":
            names.append(f"S1/selfie/IMG{number}")
            scan, marks = folder.scan, folder.scan_marks
        else:
            subject = f"subject_{number + 1:02d}"
            names.append(f"{subject}/indoor")
            scan = folder.root / subject / "Model" / "frontal1" / "obj" / "scan.ply"
            marks = folder.root / "landmarks" / f"{subject}_frontal1.npy"
        for source, target in ((folder.scan, scan), (folder.scan_marks, marks)):
            target.parent.mkdir(parents=True, exist_ok=True)
            if source != target:
                shutil.copy(source, target)
        _write((folder.pred / names[-1]).with_suffix(".ply"), folder.prediction)
        _save((folder.pred / names[-1]).with_suffix(".npy"), folder.marks)
    if folder.name == "now":
        (folder.root / "imagepathsvalidation.txt").write_text("".join(f"{name}.jpg\n" for name in names))
    if folder.name.startswith("micc"):
        tips = (folder.root / "nose_tips.csv").read_text().splitlines()
        rows = [tips[1].replace("subject_01", name.split("/")[0]) for name in names]
        (folder.root / "nose_tips.csv").write_text("\n".join([tips[0], *rows]) + "\n")
    return names


def test_check_shows_a_scale_that_stands_apart(capsys, tmp_path: Path) -> None:
    folder = Folder(tmp_path, "scan")
    folder.options = ()
    for name, scale in (("berta", 1.0), ("clara", 0.5)):
        shutil.copy(folder.scan, folder.root / f"{name}.ply")
        _write(folder.pred / f"{name}.ply", moved(folder.prediction, Similarity(scale)))
    assert "note   scale     the scale stands apart from the median of the 3 samples looked at: clara (2.0" in (
        _check(capsys, folder).out
    )


def test_a_number_of_vertices_that_cannot_fit_is_refused_before_the_run(capsys, folder: Folder) -> None:
    folder.options = (*_not_pred(folder), "--pred-landmarks", "1, 2, 3, 4, 5, 6")
    for answer in (folder.score(capsys), _check(capsys, folder)):
        assert answer.code == 2 and "--pred-landmarks names 6 vertices" in answer.err and "7 landmarks" in answer.err
    assert not (folder.out / "run.json").exists()


def test_a_pattern_with_an_unknown_name_is_refused_before_the_run(capsys, folder: Folder) -> None:
    folder.options = (*_not_pred(folder), "--pred-landmarks", "{nobody}.npy")
    answer = folder.score(capsys)
    assert answer.code == 2 and "there is no {nobody} here" in answer.err and not folder.out.exists()


def test_names_that_nearly_fit_are_said_before_the_run(capsys, tmp_path: Path) -> None:
    folder = Folder(tmp_path, "scan")
    folder.stem.with_suffix(".ply").rename(folder.pred / "Anna.ply")
    answer = folder.score(capsys)
    assert "warning: files: no prediction for 1 of 1 sample, and 1 mesh below --pred belongs to no scan" in answer.err
    assert answer.err.count("is Anna.ply meant to be anna?") == 1
    assert "is Anna.ply meant to be anna?" in _check(capsys, folder).out


def test_a_unit_cube_is_scored_with_its_millimetres(capsys, tmp_path: Path) -> None:
    folder = Folder(tmp_path, "scan")
    folder.options = ()
    folder.write_scan(Similarity(1 / 180.5))
    assert folder.score(capsys).code == 2 and "--reference-unit its unit's length" in str(folder.row()["reason"])
    answer = folder.score(capsys, "--reference-unit", "180.50")
    assert answer.code == 0, answer.err
    assert folder.row()["ref_mm_per_unit"] == 180.5 and "|reference_unit:180.5|" in answer.err


def test_a_scan_of_points_has_one_direction(capsys, tmp_path: Path) -> None:
    """As docs/scan.md says."""
    folder = Folder(tmp_path, "scan")
    folder.options = ()
    _write(folder.scan, Mesh(FACE.vertices, np.empty((0, 3), int)))
    assert folder.score(capsys).code == 0
    empty = {name for name, value in folder.row().items() if value != value}
    assert empty == {name for name in folder.row() if name.startswith(("pred_to_ref_", "symmetric_", "normal_deg"))}


def test_check_names_what_looks_the_wrong_way(capsys, folder: Folder) -> None:
    folder.write(Mesh(folder.prediction.vertices, folder.prediction.faces[:, ::-1]), folder.marks)
    answer = run(capsys, "check", folder.name, "--root", folder.root, "--pred", folder.pred, *folder.options)
    assert answer.code == 1 and "opposite ways" in answer.out
    assert "none of the 1 sample looked at aligns without doubt" in answer.out


def test_check_is_not_content_without_any_scan(capsys, tmp_path: Path) -> None:
    folder = Folder(tmp_path, "now")
    folder.scan.unlink()
    answer = run(capsys, "check", "now", "--root", folder.root, "--pred", folder.pred)
    assert answer.code == 1 and "no scan for any of 1 sample" in answer.out


def test_frames_with_unequal_landmarks_are_a_row_not_a_bug(capsys, tmp_path: Path) -> None:
    folder = Folder(tmp_path, "micc-ganfit2021")
    for path in (folder.stem.with_suffix(".ply"), folder.stem.with_suffix(".npy")):
        path.unlink()
    for frame, n_marks in (("a", 7), ("b", 6)):
        _write(folder.stem / f"{frame}.ply", folder.prediction)
        _save(folder.stem / f"{frame}.npy", folder.marks[:n_marks])
    answer = folder.score(capsys)
    assert answer.code == 2, answer.err
    row = fsbench.load_run(folder.out).samples.iloc[0]
    assert row["status"] == "invalid" and "the frames have 6 and 7 landmarks" in row["reason"]


def test_nose_tips_without_a_heading_are_refused_not_cut_short(capsys, tmp_path: Path) -> None:
    folder = Folder(tmp_path, "micc-deng2019")
    path = folder.root / "nose_tips.csv"
    path.write_text(path.read_text().split("\n", 1)[1] + "\n\n")
    answer = folder.score(capsys)
    assert answer.code == 2 and "expected the heading subject,view,x,y,z" in answer.err
    path.write_text("Subject, view, x, y, z\n" + path.read_text())
    assert folder.score(capsys).code == 0
