"""fsbench check: a verdict a line, exit codes, archives, the picture; and what score says of it beforehand."""

import re
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest

import fsbench
from tests.cli.commands import fsbench as run
from tests.mistakes import MISTAKES, spoil

METHOD = "pred/wild_pred/mean-face"
TWO = ("--samples", "000,300")


def _check(capsys, sample: Path, pred: Path, *more: object):
    return run(capsys, "check", "fswild", "--root", sample, "--pred", pred, "-a", "pixels", *more)


@pytest.fixture
def predictions(sample: Path, tmp_path: Path) -> Path:
    """A copy of the predictions that a test may spoil."""
    return Path(shutil.copytree(sample / METHOD, tmp_path / "mean-face"))


def test_nothing_wrong_is_exit_code_0(capsys, sample) -> None:
    answer = _check(capsys, sample, sample / METHOD, *TWO)
    assert answer.code == 0
    lines = [line.split(maxsplit=2) for line in answer.out.splitlines()]
    assert all(verdict in ("ok", "note") for verdict, _, _ in lines)
    assert [topic for _, topic, _ in lines][-3:] == ["000", "300", "verdict"]
    assert {"files", "mesh", "frame", "place"} <= {topic for _, topic, _ in lines}
    assert "before depth alignment" not in answer.out


def test_a_wrong_frame_is_exit_code_1_and_in_the_picture(capsys, sample, tmp_path) -> None:
    wrong = spoil(sample / METHOD, ["000", "300"], MISTAKES[0], tmp_path / "wrong")
    answer = _check(capsys, sample, wrong, *TWO, "--picture", tmp_path / "sheet.png")
    assert answer.code == 1
    assert "likely mistake: upside down" in answer.out
    assert "--adapter pixels --flip y,faces" in answer.out
    assert answer.out.splitlines()[-1].startswith("wrong  verdict")
    content = (tmp_path / "sheet.png").read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", content[16:24])
    assert width > height > 300


def test_missing_and_misspelt_files(capsys, sample, predictions) -> None:
    (predictions / "100.obj").rename(predictions / "1OO.obj")
    (predictions / "200.obj").unlink()
    (predictions / "notes.txt").write_text("none of them\n")
    answer = _check(capsys, sample, predictions)
    assert answer.code == 1
    assert "2 of 4 samples have a mesh; missing are 100, 200" in answer.out
    assert "1OO.obj: is it meant to be 100.obj?" in answer.out
    assert "1 file that nobody reads (1 .txt): notes.txt" in answer.out


def test_unusable_meshes_are_named(capsys, sample, predictions) -> None:
    (predictions / "000.obj").write_text("v 1 2 3\nv nan 0 0\nv 1 0 0\nf 1 2 3\n")
    (predictions / "300.obj").write_text("v 1 2 3\nv 0 0 0\nv 1 0 0\n")
    answer = _check(capsys, sample, predictions, *TWO)
    assert answer.code == 1
    assert "NaN" in next(line for line in answer.out.splitlines() if line.split()[1] == "000")
    assert "no faces" in next(line for line in answer.out.splitlines() if line.split()[1] == "300")


@pytest.mark.parametrize("kind", ["zip", "gztar"])
def test_an_archive_is_as_good_as_its_folder(capsys, sample, predictions, tmp_path, kind) -> None:
    archive = Path(shutil.make_archive(str(tmp_path / "packed"), kind, tmp_path, "mean-face"))
    folder, packed = (_check(capsys, sample, pred, *TWO) for pred in (predictions, archive))
    assert (packed.code, packed.out) == (folder.code, folder.out)


def test_score_reads_archives_and_says_so(capsys, sample, predictions, tmp_path) -> None:
    archive = Path(shutil.make_archive(str(tmp_path / "mean-face"), "zip", predictions))
    chosen = ("--samples", "000,001,300")
    for pred, out in ((predictions, "folder"), (archive, "archive")):
        options = ("--pred", pred, "-a", "pixels", "--out", tmp_path / out, *chosen)
        assert run(capsys, "score", "fswild", "--root", sample, *options).code == 1
    folder, packed = (fsbench.load_run(tmp_path / name) for name in ("folder", "archive"))
    assert packed.method == folder.method == "mean-face"
    assert packed.manifest["settings"]["pred"] == str(archive)
    numbers = packed.samples.columns.difference(["seconds", "reason"])
    assert packed.samples[numbers].equals(folder.samples[numbers])
    assert "fsbench-" not in " ".join(packed.samples["reason"])


def test_score_warns_of_a_wrong_frame_and_goes_on(capsys, sample, tmp_path) -> None:
    wrong = spoil(sample / METHOD, ["000", "300"], MISTAKES[0], tmp_path / "wrong")
    options = ("--pred", wrong, "-a", "pixels", "--out", tmp_path / "run", *TWO)
    answer = run(capsys, "score", "fswild", "--root", sample, *options)
    assert "warning: frame: likely mistake: upside down" in answer.err
    assert "--flip y,faces" in answer.err
    assert "seems wrong" in answer.err.splitlines()[-1]
    assert "upside down" in fsbench.load_run(tmp_path / "run").manifest["frame_finding"]
    assert "In a frame that seems wrong" in run(capsys, "table", tmp_path / "run").out
    again = run(capsys, "score", "fswild", "--root", sample, *options, "--resume")
    assert "seems wrong" in again.err.splitlines()[-1]


def test_a_right_frame_leaves_no_finding(capsys, sample, tmp_path) -> None:
    options = ("--pred", sample / METHOD, "-a", "3DDFA_V2", "--out", tmp_path / "run", *TWO)
    answer = run(capsys, "score", "fswild", "--root", sample, *options)
    assert "seems wrong" not in answer.err
    assert "frame_finding" not in fsbench.load_run(tmp_path / "run").manifest


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--pred", "nowhere"), "nowhere"),
        (("--picture", "sheet.jpg"), "should end in .png"),
        (("--samples", "999"), "no such sample"),
        (("-a", "cv"), "focal length"),
    ],
)
def test_wrong_usage_is_exit_code_2(capsys, sample, options, says) -> None:
    answer = _check(capsys, sample, sample / METHOD, *options)
    assert answer.code == 2
    assert says in answer.err
    assert "Traceback" not in answer.err


def test_faces_that_are_missing_and_vertices_that_nothing_uses_are_said_by_check_and_score(
    capsys, sample, predictions, tmp_path
) -> None:
    lines = (predictions / "100.obj").read_text().splitlines(keepends=True)
    (predictions / "100.obj").write_text("".join(lines[:-500]))
    path = predictions / "200.obj"
    path.write_text(path.read_text().replace("f ", "v 900 900 900\nf ", 1))
    answer = _check(capsys, sample, predictions)
    assert answer.code == 1
    assert any(line.split()[:3] == ["wrong", "faces", "100.obj"] for line in answer.out.splitlines()), answer.out
    assert "1 of 4 files read have vertices that no face uses, 200.obj 1" in answer.out
    out = tmp_path / "run"
    answer = run(capsys, "score", "fswild", "--root", sample, "--pred", predictions, "-a", "pixels", "--out", out)
    assert answer.err.count("warning: faces: 100.obj has ") == 1
    assert answer.err.count("vertices that no face uses, 200.obj 1") == 1
    assert any(text.startswith("100.obj has ") for text in fsbench.load_run(out).manifest["cautions"])
    with_stray = fsbench.load_run(out).samples.set_index("sample")
    run(capsys, "score", "fswild", "--root", sample, "--pred", sample / METHOD, "-a", "pixels", "--out", tmp_path / "b")
    without = fsbench.load_run(tmp_path / "b").samples.set_index("sample")
    assert with_stray["cd_mm"]["200"] == without["cd_mm"]["200"]


def test_all_names_every_file_that_is_broken_and_why(capsys, sample, tmp_path) -> None:
    """Of 12 files 5 are broken, each in a way of its own; without --all those among the samples looked at are named."""
    root, pred = _twelve(sample, tmp_path)
    text = (pred / "001.obj").read_text()
    broken = {
        "001": (text[: len(text) // 3], "expected at least 3"),
        "101": (text.replace("v ", "v nan 1 2\nv ", 1), "NaN"),
        "102": (text + "f 1 2 999999\n", "1 face corner names vertices up to 999999"),
        "202": ("\x01\x02 no mesh", "is empty"),
        "301": (text[: text.index("f ")], "no faces"),
    }
    for name, (content, _) in broken.items():
        (pred / f"{name}.obj").write_text(content)
    answer = _check(capsys, root, pred, "--all")
    assert answer.code == 1
    named = {line.split()[1]: line for line in answer.out.splitlines() if line.startswith("wrong ")}
    assert set(named) == {*broken, "reading", "verdict"} | ({"faces"} & set(named))
    assert "5 predictions of 12 cannot be used" in named["reading"]
    assert all(said in named[name] for name, (_, said) in broken.items()), named
    # A file that cannot be read is no sign of a wrong frame.
    assert "ok     frame" in answer.out
    assert "reading: 12 of 12" in answer.err
    few = _check(capsys, root, pred)
    assert few.code == 1 and "reading" not in few.out and "ok     frame" in few.out


def test_all_names_files_of_another_size(capsys, sample, tmp_path) -> None:
    root, pred = _twelve(sample, tmp_path)
    corners = re.compile(r"^v (\S+) (\S+) (\S+)", re.MULTILINE)
    changes = {
        "201": ("v 9 9 9", "at one place"),
        "300": (r"v \1e-3 \2e-3 \3e-3", "times as large as most of the others"),
    }
    for name, (corner, words) in changes.items():
        path = pred / f"{name}.obj"
        path.write_text(corners.sub(corner, path.read_text()))
        answer = _check(capsys, root, pred, "--all")
        (said,) = (line for line in answer.out.splitlines() if line.startswith(f"wrong  {name}"))
        assert words in said and answer.code == 1
        # It is no sign of a wrong frame.
        assert "ok     frame" in answer.out


def _twelve(sample: Path, folder: Path) -> tuple[Path, Path]:
    """Three samples in each bin, copies of the sample benchmark's one; their poses differ, so that frames would too."""
    root, pred = folder / "root", folder / "mean-face"
    shutil.copytree(sample / "code", root / "code")
    pred.mkdir()
    for kind in ("rotations", "head_centers", "pupil_scales"):
        path = root / f"code/predef/wild_{kind}.npy"
        array = np.load(path)
        for first in (0, 100, 200, 300):
            array[first : first + 3] = array[first]
        np.save(path, array)
    (root / "data/wild_gt_mesh").mkdir(parents=True)
    for first in (0, 100, 200, 300):
        for name in (f"{first + k:03d}" for k in range(3)):
            shutil.copy(sample / f"data/wild_gt_mesh/{first:03d}.obj", root / f"data/wild_gt_mesh/{name}.obj")
            shutil.copy(sample / METHOD / f"{first:03d}.obj", pred / f"{name}.obj")
    return root, pred


def test_all_of_a_right_submission_is_read_and_right(capsys, sample) -> None:
    answer = _check(capsys, sample, sample / METHOD, "--all")
    assert answer.code == 0
    assert "ok     reading   all 4 predictions were read, each can be used" in answer.out


def test_all_calls_a_function_of_ones_own_on_every_sample(capsys, sample, tmp_path) -> None:
    (tmp_path / "own.py").write_text(
        "from fsbench.adapters import Frame\n\n\n"
        "def load(folder, sample, focal_px):\n"
        "    print('reading', sample)\n"
        "    return None if sample == '100' else Frame('pixels').load(folder, sample, focal_px)\n"
    )
    options = ("--pred", sample / METHOD, "-a", f"{tmp_path / 'own.py'}:load", "--all", "--jobs", "3")
    answer = run(capsys, "check", "fswild", "--root", sample, *options)
    assert "wrong  100       no prediction" in answer.out
    assert "reading 300" in answer.err and "reading 300" not in answer.out
