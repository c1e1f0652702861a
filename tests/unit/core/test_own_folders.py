"""Folders of others: neither code nor numbers are taken from them."""

import os
from pathlib import Path

import pytest

from fsbench.cli.cache import cache_folder
from fsbench.core.own_folders import NotOursError, cache_home, make_own, require_own


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o757, 0o1777])
def test_a_folder_that_others_may_write_to_is_not_ours(tmp_path: Path, mode: int) -> None:
    tmp_path.chmod(mode)
    with pytest.raises(NotOursError, match="others may write"):
        require_own(tmp_path)
    tmp_path.chmod(0o755)
    require_own(tmp_path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_not_ours(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, 12345)
    with pytest.raises(NotOursError, match="another user"):
        require_own(tmp_path)


def test_a_relative_path_is_not_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotOursError, match="absolute"):
        make_own(Path("cache"))
    assert not list(tmp_path.iterdir())


def test_a_folder_is_made_for_this_user_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        make_own(tmp_path / "a/b")
    finally:
        os.umask(before)
    assert (tmp_path / "a/b").stat().st_mode & 0o777 == 0o700


def test_a_cache_is_below_an_absolute_home_or_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for named in ("", "relative", "."):
        monkeypatch.setenv("XDG_CACHE_HOME", named)
        assert cache_home() == tmp_path / ".cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
    assert cache_folder() == tmp_path / "other/fsbench/prepared"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "~")
    assert cache_home() is None and cache_folder() is None
