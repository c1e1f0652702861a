"""`fsbench cache`: what is kept, and that it can be removed."""

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


def test_a_user_without_a_home_is_told_what_to_name(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fsbench.cli.cache.cache_home", lambda: None)
    answer = fsbench(capsys, "cache")
    assert answer.code == 2 and "XDG_CACHE_HOME" in answer.err
