"""Names of files: capitals of an ending and the encoding of accents do not count."""

import os
import unicodedata
from pathlib import Path

import pytest

from fsbench.core.errors import FormatError
from fsbench.io.names import named, shown, the_file
from fsbench.io.unread import instead_of

COMPOSED = "Zo\u00eb"
DECOMPOSED = unicodedata.normalize("NFD", COMPOSED)


@pytest.mark.parametrize("there", ["a.obj", "a.OBJ", "a.Obj", "a.oBJ"])
@pytest.mark.parametrize("asked", ["a.obj", "a.OBJ", "a.obJ"])
def test_capitals_of_the_ending(tmp_path: Path, there: str, asked: str) -> None:
    (tmp_path / there).touch()
    assert named(tmp_path, asked) == (tmp_path / there,)
    assert named(tmp_path, "A.obj") == named(tmp_path, "b.obj") == named(tmp_path / "none", "a.obj") == ()


@pytest.mark.parametrize(("there", "asked"), [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)])
def test_accents_of_names_and_of_folders(tmp_path: Path, there: str, asked: str) -> None:
    path = tmp_path / there / f"{there}.ply"
    path.parent.mkdir()
    path.touch()
    assert named(tmp_path, f"{asked}/{asked}.ply") == (path,)


def test_several_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.Obj").touch()
    (tmp_path / "a.oBj").touch()
    with pytest.raises(FormatError, match=r"a\.Obj and a\.oBj could both be meant"):
        the_file(tmp_path, "a.obj")
    assert the_file(tmp_path, "b.obj") == tmp_path / "b.obj"


def test_a_folder_is_listed_again_when_it_has_changed(tmp_path: Path) -> None:
    assert named(tmp_path, "a.obj") == ()
    (tmp_path / "a.Obj").touch()
    # Later than the first listing, however coarse the clock of the disk is.
    os.utime(tmp_path, (2e9, 2e9))
    assert named(tmp_path, "a.obj") == (tmp_path / "a.Obj",)


def test_bytes_that_are_no_utf8_are_shown(tmp_path: Path) -> None:
    assert shown(os.fsdecode(b"Zo\xeb")) == "Zo\\xeb"
    assert shown(COMPOSED) == COMPOSED


def test_what_is_there_instead(tmp_path: Path) -> None:
    for name in ("a.glb", "b.obj.xz", "c.txt", "d.Ply"):
        (tmp_path / name).touch()
    assert "there is a.glb: export the mesh" in instead_of(tmp_path, "a.obj", "a.ply")
    assert instead_of(tmp_path, "b.obj") == "; there is b.obj.xz: unpack it to b.obj (xz -d)"
    assert instead_of(tmp_path, "c.obj") == ""
    assert instead_of(tmp_path, "d.obj") == "; there is d.Ply: convert it to d.obj"


def test_a_name_that_no_disk_takes_is_not_there(tmp_path: Path) -> None:
    assert named(tmp_path, "a" * 300 + ".obj") == named(tmp_path, "a" * 300 + "/a.obj") == ()
