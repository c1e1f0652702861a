"""What the command line refuses in words, before it writes anything."""

import os
import shutil
from pathlib import Path

import pytest

import fsbench
from fsbench.core.errors import UsageError
from fsbench.scoring.labels import method_label
from tests.cli.commands import fsbench as run

METHOD = "pred/wild_pred/mean-face"


def _score(capsys, sample: Path, pred: Path, out: Path, *more: object):
    return run(capsys, "score", "fswild", "--root", sample, "--pred", pred, "-a", "3DDFA_V2", "--out", out, *more)


@pytest.mark.parametrize("method", ["", " ", "two\nlines", "two\u2028lines", "\x1b[2J", "\udcff"])
def test_a_label_that_is_no_name(capsys, sample, tmp_path, method: str) -> None:
    answer = _score(capsys, sample, sample / METHOD, tmp_path / "run", "--method", method)
    assert answer.code == 2
    assert "--method" in answer.err and "on one line" in answer.err
    assert not (tmp_path / "run").exists()


def test_the_label_is_the_one_given_or_the_folders() -> None:
    assert method_label(" My net é ", "other") == "My net é"
    assert method_label(None, "submissions/MyNet.tar.gz") == "MyNet"
    with pytest.raises(UsageError):
        method_label("", "MyNet")


def test_a_folder_whose_name_is_no_text(capsys, sample, tmp_path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/net-\xff\n"))
    shutil.copytree(sample / METHOD, odd)
    answer = _score(capsys, sample, odd, tmp_path / "run", "--samples", "000")
    assert answer.code == 0
    assert fsbench.load_run(tmp_path / "run").method == "net-\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize("inside", [".", "run", "runs/run"])
def test_a_run_among_the_predictions(capsys, sample, tmp_path, inside: str) -> None:
    pred = Path(shutil.copytree(sample / METHOD, tmp_path / "net"))
    before = sorted(pred.rglob("*"))
    answer = _score(capsys, sample, pred, pred / inside, "--samples", "000")
    assert answer.code == 2
    assert "outside the predictions" in answer.err
    assert sorted(pred.rglob("*")) == before


@pytest.mark.parametrize("command", [["score", "--out", "run"], ["check"]])
@pytest.mark.parametrize("benchmark", ["fswild", "scan"])
def test_no_samples_are_not_all_samples(capsys, sample, tmp_path, monkeypatch, command, benchmark: str) -> None:
    monkeypatch.chdir(tmp_path)
    name, *more = command
    root, adapter = sample, ["-a", "3DDFA_V2"]
    if benchmark == "scan":
        root, adapter = tmp_path / "scans", []
        shutil.copytree(sample / METHOD, root)
    pred = ["--root", root, "--pred", sample / METHOD]
    answer = run(capsys, name, benchmark, *pred, *adapter, *more, "--samples", "")
    assert answer.code == 2
    assert "names no sample" in answer.err


def test_a_table_of_no_metrics(capsys, sample, tmp_path) -> None:
    _score(capsys, sample, sample / METHOD, tmp_path / "run", "--samples", "000")
    answer = run(capsys, "table", tmp_path / "run", "--metrics", " , ")
    assert answer.code == 2
    assert "no metric is named; runs of fswild have cd_mm, " in answer.err


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no folder in which nothing can be made")
def test_a_sample_where_none_can_be(capsys) -> None:
    answer = run(capsys, "sample", "/proc/sample")
    assert answer.code == 2
    assert answer.err.startswith("fsbench: /proc/sample: the folder cannot be made")


def test_a_misspelt_command_is_guessed(capsys) -> None:
    answer = run(capsys, "scroe")
    assert answer.code == 2
    assert "Did you mean 'score'?" in answer.err
