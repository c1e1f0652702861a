"""The project file: many runs by one command, as docs/project.md says."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from fsbench.cli import project
from fsbench.core.errors import FormatError
from fsbench.runs import load_run
from tests.cli.commands import ctrl_c_after, fsbench
from tests.conftest import ROOT

RUN = 'benchmark = "fswild"\nroot = "data"\npred = "pred"\n'


@pytest.fixture
def here(tmp_path: Path, sample: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with the sample benchmark and its predictions."""
    (tmp_path / "data").symlink_to(sample)
    (tmp_path / "pred").symlink_to(sample / "pred/wild_pred/mean-face")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _two_runs(here: Path) -> None:
    common = 'root = "data"\nbenchmark = "fswild"\nadapter = "3DDFA_V2"\npred = "pred"\n'
    runs = '[runs.first]\nsamples = "000"\n[runs.second]\nsamples = ["000"]\nmethod = "other"\nout = "elsewhere"\n'
    (here / "fsbench.toml").write_text(common + runs)


def test_the_pages_example_runs(capsys, tmp_path: Path, sample: Path, monkeypatch) -> None:
    page = (ROOT / "docs/project.md").read_text("utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "FACESCAPE").mkdir()
    (tmp_path / "FACESCAPE/benchmark").symlink_to(sample)
    (tmp_path / "my").mkdir()
    for name in ("wild", "lab"):
        (tmp_path / "my" / name).symlink_to(sample / f"pred/{name}_pred/mean-face")
    (tmp_path / "scans").mkdir()
    shutil.copy(sample / "pred/wild_pred/mean-face/100.obj", tmp_path / "scans/000.obj")
    (tmp_path / "fsbench.toml").write_text(example)
    monkeypatch.chdir(tmp_path)
    commands = re.findall(r"^\$ fsbench (.*)$", page, re.MULTILINE)
    answers = [fsbench(capsys, *shlex.split(command)) for command in commands]
    # The sample benchmark has a part of the images, so most rows are without a score.
    assert [answer.code for answer in answers] == [1, 0, 0, 0, 1, 0, 0, 0, 0, 0], [answer.err for answer in answers]
    assert "every sample scored: faces; some samples without a score: wild-mine, lab-mine" in answers[0].err
    titles = ("FaceScape in the wild, by pose", "FaceScape in the lab, by focal length", "Scans, all samples")
    assert [title for title in titles if title not in answers[1].out] == []
    run = load_run("results/lab")
    assert (run.method, run.counts["ok"]) == ("mine", 33)
    assert load_run("runs/faces").manifest["settings"]["adapter"]["changes"] == ["icp_points=3000", "icp.trim=0.1"]
    assert (tmp_path / "report.html").stat().st_size > 0
    assert list(load_run("runs/one").samples["sample"]) == ["000"]


def test_check_takes_a_run_by_name_and_options_count_before_the_file(capsys, here: Path) -> None:
    _two_runs(here)
    by_name = fsbench(capsys, "check", "first")
    whole = ("--root", "data", "--pred", "pred", "--adapter", "3DDFA_V2", "--samples", "000")
    assert by_name == fsbench(capsys, "check", "fswild", *whole)
    assert "1 of 1" in by_name.out
    assert "2 of 2" in fsbench(capsys, "check", "first", "--samples", "000,100").out
    answer = fsbench(capsys, "check", "frist")
    assert (answer.code, "did you mean first?" in answer.err) == (2, True)
    answer = fsbench(capsys, "check", "fswild")
    assert (answer.code, "Missing option '--root'" in answer.err) == (2, True)


def test_heatmap_takes_a_run_by_name(capsys, here: Path) -> None:
    _two_runs(here)
    assert fsbench(capsys, "score", "first").code == 0
    assert fsbench(capsys, "heatmap", "first", "000", "-o", "map.ply").code == 0
    assert (here / "map.ply").stat().st_size > 0


def test_all_that_is_not_done_is_scored_and_shown(capsys, here: Path) -> None:
    _two_runs(here)
    assert fsbench(capsys, "score", "second").code == 0
    answer = fsbench(capsys, "table", "--by", "overall")
    assert "other" in answer.out and "note: first is left out: it is not scored yet" in answer.err
    answer = fsbench(capsys, "score")
    assert answer.code == 0
    assert "elsewhere: is finished already" in answer.err
    assert answer.err.endswith("fsbench.toml: every sample scored: first, second\n")
    answer = fsbench(capsys, "compare")
    assert answer.code == 0 and "2 runs, 1 samples" in answer.out


def test_a_run_that_cannot_be_scored_does_not_stop_the_others(capsys, here: Path) -> None:
    _two_runs(here)
    file = here / "fsbench.toml"
    file.write_text(file.read_text().replace("[runs.first]\n", '[runs.first]\npred = "nowhere"\n'))
    answer = fsbench(capsys, "score")
    assert answer.code == 2
    assert f"fsbench: fsbench.toml, [runs.first]: {here}/nowhere: no such folder" in answer.err
    assert answer.err.endswith("fsbench.toml: every sample scored: second; not scored: first\n")


def test_options_count_before_the_file_and_the_place_of_the_call_does_not(capsys, here: Path, monkeypatch) -> None:
    _two_runs(here)
    assert fsbench(capsys, "score", "first", "--out", "x", "--method", "renamed").code == 0
    assert load_run("x").method == "renamed"
    assert not (here / "runs").exists()
    assert fsbench(capsys, "score", "first").code == 0
    (here / "deeper").mkdir()
    monkeypatch.chdir(here / "deeper")
    answer = fsbench(capsys, "score", "first", "--project", "../fsbench.toml")
    assert (answer.code, "is finished already" in answer.err) == (0, True)
    answer = fsbench(capsys, "score", "first", "--project", "../fsbench.toml", "--samples", "001")
    assert answer.code == 2
    assert "other settings, settings.samples (['000'] there, ['001'] now)" in answer.err


def test_a_stopped_run_says_how_far_it_is_and_goes_on(capsys, here: Path, monkeypatch, ctrl_c) -> None:
    (here / "fsbench.toml").write_text(f'[runs.mine]\n{RUN}adapter = "3DDFA_V2"\n')
    with ctrl_c_after(monkeypatch, 1):
        assert fsbench(capsys, "score").code == 130
    answer = fsbench(capsys, "table", "runs/mine")
    assert answer.code == 2
    assert "runs/mine: this run was stopped, 1 of 400 samples are scored: the `fsbench score`" in answer.err
    answer = fsbench(capsys, "table")
    assert "mine is left out: it was stopped, 1 of 400 samples are scored; `fsbench score mine` goes on" in answer.err
    assert "going on: 1 of 400" in fsbench(capsys, "score", "mine").err


def test_without_a_file_the_commands_ask_for_what_they_need(capsys, here: Path) -> None:
    assert "which BENCHMARK?" in fsbench(capsys, "score").err
    assert "no RUN is given, and there is no fsbench.toml here" in fsbench(capsys, "table").err
    assert "did you mean fswild?" in fsbench(capsys, "score", "fswidl").err
    assert "Missing option '--root'" in fsbench(capsys, "score", "fswild").err
    _two_runs(here)
    assert "no run 'frist'; did you mean first?" in fsbench(capsys, "score", "frist").err
    assert "--out is for one run" in fsbench(capsys, "score", "--out", "x").err
    assert "none of its 2 runs is finished" in fsbench(capsys, "table").err
    # A broken file is no matter of who names everything.
    (here / "fsbench.toml").write_text("[")
    assert "Missing option '--root'" in fsbench(capsys, "score", "fswild").err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"adaptor = 'x'\n[runs.a]\n{RUN}", r"f\.toml, adaptor: there is no such key; did you mean adapter\?"),
        (f"[runs.a]\n{RUN}keep_maps = true", r"f\.toml, \[runs\.a\], keep_maps: .*did you mean keep-maps\?"),
        (f"[runs.a]\n{RUN}frame = 'pixels'", r"\[runs\.a\], frame: .*a frame is an adapter"),
        (f"overwrite = true\n[runs.a]\n{RUN}", "overwrite: .*for the command line alone"),
        (f"jobs = 'four'\n[runs.a]\n{RUN}", "jobs: expected a whole number"),
        (f"jobs = true\n[runs.a]\n{RUN}", "jobs: expected a whole number"),
        (f"[runs.a]\n{RUN}jobs = 0", r"\[runs\.a\], jobs: 0 is not in the range"),
        (f"[runs.a]\n{RUN}keep-maps = 'yes'", "keep-maps: expected true or false"),
        (f"[runs.a]\n{RUN}scale = 'big'", "scale: 'big' is not one of"),
        (f"[runs.a]\n{RUN}method = ['a']", "method: expected text"),
        (f"[runs.a]\n{RUN}size = false", "size: expected text"),
        (f"[runs.a]\n{RUN}method = 'a\\u0000b'".replace("'", '"'), "method: expected at most"),
        (f"[runs.a]\n{RUN}set = ['a=1']", "set: expected a table"),
        (f"[runs.a]\n{RUN}set = {{icp.trim = [1]}}", "set: icp.trim is expected"),
        (
            f"[runs.a]\n{RUN}out = 'o'\n[runs.b]\n{RUN}out = './o'",
            r"\[runs\.b\], out: .* folder of \[runs\.a\] already",
        ),
        (f"out = 'o'\n[runs.a]\n{RUN}", "out: two runs cannot share a folder"),
        (f"[runs.fswild]\n{RUN}", "the name of a benchmark"),
        (f"[runs.'../x']\n{RUN}", "expected a name of letters"),
        ("[runs.a]\nbenchmark = 'fswidl'\nroot = 'a'\npred = 'b'", r"\[runs\.a\]: no benchmark .*did you mean fswild"),
        (f"[runs.a]\n{RUN}measure = 'x'\nset = {{a = 1}}", r"f\.toml, \[runs\.a\]: --measure x"),
        ("[runs.a]\nroot = 'a'", "benchmark is missing, here or above all runs"),
        ("[run.a]\nroot = 'a'", "expected runs, each a table"),
        ("[[runs]]\nroot = 'a'", "expected runs, each a table"),
        ("runs = 3", "expected runs, each a table"),
        ("root = 'a", "f.toml: not a project file: "),
        ("", "expected runs"),
    ],
)
def test_what_is_wrong_is_named_with_file_table_and_key(tmp_path: Path, monkeypatch, text: str, said: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("f.toml").write_text(text)
    with pytest.raises(FormatError, match=said):
        project.read_project(Path("f.toml"))


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f"k{i} = 1" for i in range(20_000)),
        "\n".join(f"[runs.r{i}]" for i in range(15_000)),
        "a = " + "[" * 100_000,
        "a = " + "{a = " * 40_000,
        ".".join("a" * 100) + " = 1",
        "a = '" + "x" * (1 << 20) + "'",
        "x" * 200_000 + " = 1",
        f"[runs.a]\n{RUN}set = {{{'a.' * 12}b = 1}}",
        "\x00\xff",
    ],
    ids=[
        "20,000 keys",
        "15,000 runs",
        "deep lists",
        "deep tables",
        "a long name",
        "large",
        "a long key",
        "deep set",
        "no text",
    ],
)
def test_a_hostile_file_is_refused_in_a_short_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "f.toml").write_bytes(text.encode("latin1"))
    with pytest.raises(FormatError) as refused:
        project.read_project(tmp_path / "f.toml")
    assert len(str(refused.value)) < 800
    assert str(refused.value).isprintable()


def test_paths_lead_from_the_file_and_patterns_do_not(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p").mkdir()
    marks = "landmarks = 'marks'\npred-landmarks = '{sample}_marks.csv'\nadapter = 'mine.py:load'\n"
    other = RUN.replace('"data"', '"/data"') + "landmarks = [1, 2, 3]\nout = '/o'"
    Path("p/f.toml").write_text(f"[runs.a]\n{RUN}{marks}[runs.b]\n{other}")
    found = project.read_project(Path("p/f.toml")).runs
    place = f"{tmp_path}/p"
    assert {name: found["a"][name] for name in ("root", "pred", "landmarks", "adapter")} == {
        "root": f"{place}/data",
        "pred": f"{place}/pred",
        "landmarks": f"{place}/marks",
        "adapter": f"{place}/mine.py:load",
    }
    assert found["a"]["pred_landmarks"] == "{sample}_marks.csv"
    assert (found["a"]["out"], found["b"]["out"]) == ("p/runs/a", "/o")
    assert (found["b"]["root"], found["b"]["landmarks"]) == ("/data", "1,2,3")


@pytest.mark.parametrize(
    "command", [("table", "first"), ("table",), ("plot", "first", "-o", "a.svg"), ("worst", "first")]
)
def test_a_folder_with_another_run_than_the_file_s_is_named(capsys, here: Path, command: tuple[str, ...]) -> None:
    _two_runs(here)
    assert fsbench(capsys, "score", "first").code == 0
    assert "warning" not in fsbench(capsys, *command).err
    text = (here / "fsbench.toml").read_text().replace("[runs.first]", '[runs.first]\nmethod = "mine"')
    (here / "fsbench.toml").write_text(text)
    said = "runs/first holds a run of fswild mean-face, but fsbench.toml, [runs.first] is fswild mine"
    assert fsbench(capsys, *command).err.count(said) == 1
