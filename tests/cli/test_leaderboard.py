"""`fsbench leaderboard` as a user types it, without any data."""

import re
import shutil
from pathlib import Path

import matplotlib
import pytest

from fsbench.core.resources import folder
from fsbench.runs import load_run
from fsbench.runs.frame_finding import keep_finding
from tests.cli.commands import fsbench

pytestmark = pytest.mark.usefixtures("drawn_once")


@pytest.fixture
def official(tmp_path) -> Path:
    """A folder in the layout of the authors' per-sample files, with made-up numbers."""
    for benchmark, n in (("fswild", 400), ("fslab", 660)):
        place = tmp_path / "eval_result" / f"{benchmark}_RAFaRe"
        place.mkdir(parents=True)
        for name, start in (("CD", 2.0), ("MNE", 0.05), ("CR", 0.8)):
            lines = ["nan" if i == 7 else f"{start * (1 + 0.1 * (i % 3)):.18e}" for i in range(n)]
            (place / f"{name}_full.txt").write_text("\n".join(lines) + "\n")
    return tmp_path / "eval_result"


@pytest.fixture
def boards(tmp_path) -> Path:
    place = tmp_path / "boards"
    shutil.copytree(folder("leaderboards"), place)
    return place


def test_show_needs_no_data(capsys):
    answer = fsbench(capsys, "leaderboard", "show", "fswild", "--by", "pose")
    assert answer.code == 0
    assert answer.err == ""
    lines = answer.out.splitlines()
    assert lines[0] == "FaceScape in the wild, by pose"
    bins, whole = [line.split()[1:] for line in lines if line.startswith("DECA")]
    assert bins == "2.92 0.079 99.9 2.65 0.078 99.9 2.91 0.080 99.7 4.81 0.116 99.7".split()
    assert whole == "3.32 0.088 99.8 100.0".split()
    # An address stays whole.
    assert max(len(line) for line in lines if "https://" not in line) <= 100
    assert "Method DECA: SIGGRAPH 2021, https://arxiv.org/abs/2012.04012" in lines


def test_show_all_boards(capsys):
    answer = fsbench(capsys, "leaderboard", "show", "--format", "json")
    assert answer.out.count('"method": "DECA"') == 2


def test_show_unknown_board(capsys):
    answer = fsbench(capsys, "leaderboard", "show", "now")
    assert answer.code == 2
    assert "there are fslab, fswild" in answer.err


@pytest.mark.skipif(not matplotlib.__version__.startswith("3.11."), reason="figures are drawn by matplotlib 3.11")
def test_check_then_change_then_build(capsys, boards):
    (boards / "README.md").write_text("x")
    answer = fsbench(capsys, "leaderboard", "check", "--folder", boards)
    assert answer.code == 1
    assert "README.md; run `fsbench leaderboard build`" in answer.err
    answer = fsbench(capsys, "leaderboard", "build", "--folder", boards)
    assert (answer.code, answer.out) == (0, "")
    assert answer.err == f"{boards}: wrote README.md\n"
    assert (boards / "README.md").read_bytes() == (folder("leaderboards") / "README.md").read_bytes()


def test_import_and_add(capsys, official, boards, tmp_path):
    out = tmp_path / "runs"
    answer = fsbench(capsys, "leaderboard", "import-official", official, "-o", out)
    assert answer.code == 0
    assert answer.out.splitlines() == [str(out / "fslab_RAFaRe"), str(out / "fswild_RAFaRe")]
    run = load_run(out / "fswild_RAFaRe")
    assert run.counts["ok"] == 399
    answer = fsbench(capsys, "leaderboard", "add", out / "fswild_RAFaRe", "--folder", boards)
    assert answer.code == 0
    assert "fswild.csv" in answer.err
    assert "RAFaRe" in (boards / "README.md").read_text()
    answer = fsbench(capsys, "leaderboard", "add", out / "fswild_RAFaRe", "--folder", boards)
    assert answer.code == 2
    assert "--replace" in answer.err


def test_import_leaves_other_runs_alone(capsys, official, tmp_path):
    out = tmp_path / "runs"
    fsbench(capsys, "leaderboard", "import-official", official, "-o", out)
    manifest = out / "fslab_RAFaRe" / "run.json"
    manifest.write_text(manifest.read_text().replace("official-eval-result", "mine"))
    answer = fsbench(capsys, "leaderboard", "import-official", official, "-o", out)
    assert answer.code == 2
    assert "fslab_RAFaRe: holds another run already" in answer.err


def test_half_a_description_of_a_method_is_refused(capsys, official, boards, tmp_path):
    out = tmp_path / "runs"
    fsbench(capsys, "leaderboard", "import-official", official, "-o", out)
    answer = fsbench(capsys, "leaderboard", "add", out / "fswild_RAFaRe", "--folder", boards, "--venue", "CVPR")
    assert answer.code == 2
    assert "--paper, --venue, --year and --source" in answer.err
    whole = ("--paper", "P", "--venue", "V", "--year", "2020", "--source", "https://example.org")
    folders = out / "fswild_RAFaRe", out / "fswild_DECA"
    shutil.copytree(*folders, dirs_exist_ok=True)
    for path in (folders[1] / "run.json", folders[1] / "samples.csv"):
        path.write_text(path.read_text().replace("RAFaRe", "DECA"))
    answer = fsbench(capsys, "leaderboard", "add", *folders, "--folder", boards, *whole)
    assert answer.code == 2 and "the runs are called RAFaRe, DECA" in answer.err


def test_folder_that_is_not_there(capsys, tmp_path):
    answer = fsbench(capsys, "leaderboard", "build", "--folder", tmp_path / "no")
    assert answer.code == 2
    assert "no such folder" in answer.err


def test_remove_takes_a_method_off_and_rebuilds(boards, capsys):
    answer = fsbench(capsys, "leaderboard", "remove", "DECA", "fswild", "--folder", boards)
    assert answer.code == 0
    assert "DECA" not in (boards / "fswild.csv").read_text()
    assert "DECA" in (boards / "fslab.csv").read_text()
    assert "DECA" in (boards / "methods.csv").read_text(), "fslab still has it"
    assert fsbench(capsys, "leaderboard", "check", "--folder", boards).code == 0
    assert fsbench(capsys, "leaderboard", "remove", "DECA", "--folder", boards).code == 0
    assert "DECA" not in (boards / "README.md").read_text() + (boards / "methods.csv").read_text()


def test_a_run_keeps_its_day_and_link_until_its_numbers_change_or_it_is_removed(capsys, official, boards, tmp_path):
    out = tmp_path / "runs"
    fsbench(capsys, "leaderboard", "import-official", official, "-o", out)
    add = ("leaderboard", "add", out / "fswild_RAFaRe", "--folder", boards, "--replace", "--link")
    assert fsbench(capsys, *add, "http://example.org").code == 2
    assert fsbench(capsys, *add, "https://example.org/first").code == 0
    shown = fsbench(capsys, "leaderboard", "show", "fswild", "--folder", boards).out
    said = r"Method RAFaRe: AAAI 2023, https://\S+; added 20\d\d-\d\d-\d\d,\s+https://example\.org/first\n"
    assert re.search(said, shown)
    assert "| RAFaRe | fswild | added 20" in (boards / "README.md").read_text()
    answer = fsbench(capsys, *add, "https://example.org/second")
    assert (answer.code, answer.err) == (0, f"{boards}: nothing to do\n")
    (official / "fswild_RAFaRe" / "CD_full.txt").write_text("1.5\n" * 7 + "nan\n" + "1.5\n" * 392)
    fsbench(capsys, "leaderboard", "import-official", official, "-o", out)
    assert fsbench(capsys, *add, "https://example.org/third").code == 0
    assert "https://example.org/third" in (boards / "entries.csv").read_text()
    assert fsbench(capsys, "leaderboard", "check", "--folder", boards).code == 0
    assert fsbench(capsys, "leaderboard", "remove", "RAFaRe", "--folder", boards).code == 0
    assert "RAFaRe" not in (boards / "entries.csv").read_text() + (boards / "README.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nobody"], "nobody is on no board"),
        (["DECA", "fswild", "now"], "no board of 'now'"),
        (["nobody", "fswild"], "not on the board of fswild"),
    ],
)
def test_remove_refused_writes_nothing(arguments, said, boards, capsys):
    before = {path.name: path.read_bytes() for path in boards.iterdir()}
    answer = fsbench(capsys, "leaderboard", "remove", *arguments, "--folder", boards)
    assert (answer.code, said in answer.err) == (2, True)
    assert {path.name: path.read_bytes() for path in boards.iterdir()} == before


def test_a_run_in_a_frame_that_seems_wrong_is_taken_on_request_alone(capsys, official, boards, tmp_path):
    out = tmp_path / "runs"
    fsbench(capsys, "leaderboard", "import-official", official, "-o", out)
    keep_finding(out / "fswild_RAFaRe", "likely mistake: upside down")
    add = ("leaderboard", "add", out / "fswild_RAFaRe", "--folder", boards)
    refused = fsbench(capsys, *add)
    assert refused.code == 2
    assert "upside down" in refused.err and "--frame-is-right" in refused.err
    assert fsbench(capsys, *add, "--frame-is-right").code == 0
