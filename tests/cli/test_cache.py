"""`fsbench cache`: what is kept, and that it can be removed."""

import os
from pathlib import Path

import pytest

from tests.cli.commands import fsbench


def test_prepared_references_are_counted_and_removed(
    capsys: pytest.CaptureFixture[str], sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert " 0 prepared references, 0.0 MiB of " in fsbench(capsys, "cache").out
    files = ("--root", sample, "--pred", sample / "pred/wild_pred/mean-face", "-a", "3DDFA_V2")
    assert fsbench(capsys, "score", "fswild", *files, "--samples", "000,100", "--out", tmp_path / "run").code == 0
    assert " 2 prepared references, " in fsbench(capsys, "cache").out
    assert fsbench(capsys, "cache", "--clear").out.startswith("removed 2 prepared references, ")
    assert " 0 prepared references, 0.0 MiB of " in fsbench(capsys, "cache").out


def _file(folder: Path) -> str:
    (folder / "file").touch()
    return str(folder / "file")


@pytest.mark.parametrize("fault", ["no folder", "read-only", "no home"])
def test_a_cache_that_cannot_be_written_to_is_told_once_and_costs_no_score(
    capsys: pytest.CaptureFixture[str], sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    if fault == "no folder":
        monkeypatch.setenv("XDG_CACHE_HOME", _file(tmp_path))
    elif fault == "read-only":
        access = os.access
        monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "prepared" and access(path, mode))
    else:
        monkeypatch.setattr("fsbench.cli.cache.cache_home", lambda: None)
    files = ("--root", sample, "--pred", sample / "pred/wild_pred/mean-face", "-a", "3DDFA_V2")
    answer = fsbench(capsys, "score", "fswild", *files, "--samples", "000,100", "--out", tmp_path / "run")
    assert answer.code == 0
    assert answer.err.count("is not used") == answer.err.count("name a folder of your own in XDG_CACHE_HOME") == 1
    assert "--no-cache" in answer.err and "not kept" not in answer.err


def test_a_user_without_a_home_is_told_what_to_name(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fsbench.cli.cache.cache_home", lambda: None)
    answer = fsbench(capsys, "cache")
    assert answer.code == 2 and "XDG_CACHE_HOME" in answer.err
