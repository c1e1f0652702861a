"""Archives that people make in good faith; the others are in tests/faults/test_hostile_archives.py."""

import io
import shutil
import tarfile
import zipfile
from pathlib import Path

import pytest

from fsbench.core.errors import UsageError
from fsbench.io.archive import ArchiveLimits, open_folder

FILES = {"000.obj": b"v 0 0 0\n", "sub/001.txt": b"1 2 3", "sub/deep/\u00e9 space.json": b"{}", "empty.txt": b""}


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for name, data in FILES.items():
        path = tmp_path / "in" / "MethodA" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "in" / "MethodA"


def test_a_folder_is_given_as_it_is(source: Path):
    with open_folder(source) as folder:
        assert folder == source
    assert source.is_dir()


@pytest.mark.parametrize("kind", ["zip", "tar", "gztar"])
@pytest.mark.parametrize("with_top", [True, False])
def test_an_archive_is_as_its_folder(source: Path, tmp_path: Path, kind: str, with_top: bool):
    place = tmp_path / "tmp"
    place.mkdir()
    archive = shutil.make_archive(str(tmp_path / "a"), kind, source.parent if with_top else source)
    with open_folder(archive, temporary=place) as folder:
        assert content(folder) == FILES
        assert folder.is_relative_to(place)
    assert list(place.iterdir()) == []


def test_a_removal_that_is_stopped_leaves_nothing(source: Path, tmp_path: Path, monkeypatch):
    place = tmp_path / "tmp"
    place.mkdir()
    archive = shutil.make_archive(str(tmp_path / "a"), "zip", source)

    remove, stops = shutil.rmtree, [KeyboardInterrupt]

    def stopped(folder: object, **how: object) -> None:
        if stops:
            raise stops.pop()
        remove(folder, **how)

    monkeypatch.setattr(shutil, "rmtree", stopped)
    with pytest.raises(KeyboardInterrupt), open_folder(archive, temporary=place):
        pass
    assert list(place.iterdir()) == []


def test_tgz_and_capital_endings(source: Path, tmp_path: Path):
    archive = shutil.make_archive(str(tmp_path / "a"), "gztar", source)
    for name in ("b.tgz", "c.TAR.GZ"):
        shutil.copy(archive, tmp_path / name)
        with open_folder(tmp_path / name) as folder:
            assert content(folder) == FILES


def test_what_macos_adds_is_passed_over(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("top/a.txt", "top/.DS_Store", "__MACOSX/top/._a.txt", "top/._b.txt"):
            archive.writestr(name, "x")
    with open_folder(tmp_path / "a.zip") as folder:
        assert content(folder) == {"a.txt": b"x"}
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name in ("./._top", "./top/a.txt", "./top/._a.txt"):
            member = tarfile.TarInfo(name)
            member.size = 1
            archive.addfile(member, io.BytesIO(b"x"))
    with open_folder(tmp_path / "a.tar") as folder:
        assert content(folder) == {"a.txt": b"x"}


def test_the_temporary_folder_goes_also_after_an_error(source: Path, tmp_path: Path):
    place = tmp_path / "tmp"
    place.mkdir()
    archive = shutil.make_archive(str(tmp_path / "a"), "zip", source)
    with pytest.raises(KeyError), open_folder(archive, temporary=place):
        raise KeyError("the caller's")
    assert list(place.iterdir()) == []


def test_wrong_paths_are_usage_errors(tmp_path: Path):
    with pytest.raises(UsageError, match="no such folder or archive"), open_folder(tmp_path / "none"):
        pass
    (tmp_path / "a.rar").write_bytes(b"x")
    with (
        pytest.raises(UsageError, match=r"neither a folder nor one of \.zip, \.tar\.gz, \.tgz, \.tar"),
        open_folder(tmp_path / "a.rar"),
    ):
        pass


def test_a_full_disk_is_said_before_it_is_full(source: Path, tmp_path: Path):
    archive = shutil.make_archive(str(tmp_path / "a"), "zip", source)
    limits = ArchiveLimits(keep_free_bytes=1 << 62)
    with pytest.raises(UsageError, match="no room to unpack"), open_folder(archive, limits):
        pass
