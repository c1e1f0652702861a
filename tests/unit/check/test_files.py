"""Files: what is missing, and what was meant to be there."""

import re
from pathlib import Path

import pytest

from fsbench.check import sentences
from fsbench.check.files import look_through
from fsbench.core.errors import MissingError
from fsbench.submissions import Frame, get


def _fill(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).write_text("v 0 0 0\n")
    return folder


def test_all_there(tmp_path: Path) -> None:
    files = look_through(_fill(tmp_path, "000.obj", "001.obj"), get("3DDFA_V2"), ["000", "001"])
    assert (files.expected, files.missing, files.meant, files.unexpected) == (2, (), (), ())


@pytest.mark.parametrize(
    ("found", "wish"),
    [
        ("12.obj", "012.obj"),
        ("012.obj.obj", "012.obj"),
        ("012_mesh.obj", "012.obj"),
        ("img-012.obj", "012.obj"),
        ("0012.obj", "012.obj"),
        ("O12.obj", "012.obj"),
    ],
)
def test_a_misspelling_is_named(tmp_path: Path, found: str, wish: str) -> None:
    files = look_through(_fill(tmp_path, "000.obj", found), get("3DDFA_V2"), ["000", "012"])
    assert files.missing == ("012",)
    assert files.meant == ((found, wish),)


@pytest.mark.parametrize("found", ["012.OBJ", "012.Obj"])
def test_capitals_of_an_ending_do_not_count(tmp_path: Path, found: str) -> None:
    _fill(tmp_path, found)
    for adapter in (get("3DDFA_V2"), Frame("pixels"), Frame("pixels", pattern="{sample}.oBJ")):
        files = look_through(tmp_path, adapter, ["012"])
        assert (files.missing, files.meant) == ((), ())
        assert adapter.load(tmp_path, "012").n_vertices == 1
    (tmp_path / "012.oBj").write_text("v 0 0 0\n")
    assert look_through(tmp_path, get("3DDFA_V2"), ["012"]).twice == (
        ("012", " and ".join(sorted([found, "012.oBj"]))),
    )


@pytest.mark.parametrize(
    ("found", "what"),
    [
        ("012.ply", "convert it to 012.obj"),
        ("012.obj.gz", r"unpack it to 012.obj \(gzip -d\)"),
        ("012.PLY.gz", r"unpack it to 012.PLY \(gzip -d\)"),
        ("012.glb", "export the mesh as .ply or .obj"),
        ("012.NPZ", "write its vertices and faces as .ply or .obj"),
    ],
)
def test_a_mesh_in_a_form_that_is_not_read_is_named_with_what_to_do(tmp_path: Path, found: str, what: str) -> None:
    adapter = get("3DDFA_V2")
    files = look_through(_fill(tmp_path, "000.obj", found), adapter, ["000", "012"])
    assert files.missing == ("012",) and files.meant == () and files.unexpected == ()
    said = [finding.text for finding in sentences.of_files(files, adapter, 0)]
    assert any(re.search(f"{found} for 012.obj: {what}", text) for text in said), said
    assert not any("rename" in text or "meant" in text for text in said)
    for reader in (adapter, Frame("pixels", pattern="{sample}.obj")):
        with pytest.raises(MissingError, match=f"012.obj is not there; there is {found}: {what}"):
            reader.load(tmp_path, "012")


def test_samples_of_the_lab_without_their_zeros(tmp_path: Path) -> None:
    files = look_through(_fill(tmp_path, "3-1-9.obj"), get("3DDFA_V2"), ["03_1_09", "03_1_10"])
    assert files.meant == (("3-1-9.obj", "03_1_09.obj"),)


def test_another_sample_is_not_a_misspelling(tmp_path: Path) -> None:
    files = look_through(_fill(tmp_path, "000.obj", "002.obj"), get("3DDFA_V2"), ["000", "001"], ["002"])
    assert (files.missing, files.meant, files.unexpected) == (("001",), (), ())


def test_a_file_with_another_number_is_not_a_misspelling(tmp_path: Path) -> None:
    """0000.obj holds sample 000; renamed to 006.obj it would be scored as another person."""
    files = look_through(_fill(tmp_path, "000.obj", "0000.obj"), get("3DDFA_V2"), ["000", "006"])
    assert (files.missing, files.meant, files.unexpected) == (("006",), (), ("0000.obj",))


def test_companions_of_a_mesh_are_not_misspellings(tmp_path: Path) -> None:
    files = look_through(_fill(tmp_path, "000.obj", "001.mtl", "001.png"), get("3DDFA_V2"), ["000", "001"])
    assert (files.missing, files.meant, files.unexpected) == (("001",), (), ("001.mtl", "001.png"))


def test_a_pattern_that_fits_all(tmp_path: Path) -> None:
    _fill(tmp_path, "000_mesh.obj", "001_mesh.obj")
    files = look_through(tmp_path, Frame("pixels"), ["000", "001"])
    assert files.pattern == "{sample}_mesh.obj"
    assert look_through(tmp_path, Frame("pixels", pattern=files.pattern), ["000", "001"]).missing == ()


@pytest.mark.parametrize(
    ("written", "pattern"), [("{}.obj", "{sample:d}.obj"), ("img_{}.obj", "img_{sample:d}.obj"), ("{}_2.ply", "")]
)
def test_numbers_without_zeros_have_a_pattern_too(tmp_path: Path, written: str, pattern: str) -> None:
    files = look_through(
        _fill(tmp_path, *(written.format(number) for number in (0, 7, 10))), get("3DDFA_V2"), ["000", "007", "010"]
    )
    assert files.pattern == pattern
    said = " ".join(finding.text for finding in sentences.of_files(files, get("3DDFA_V2"), 0))
    assert (f"or pass --adapter pixels --pattern {pattern}" in said) == bool(pattern)


def test_side_files_doubles_and_empty_ones(tmp_path: Path) -> None:
    _fill(tmp_path, "000_detail.obj", "000_tform.npy", "001.obj", "001.ply")
    (tmp_path / "002.obj").touch()
    assert look_through(tmp_path, get("DECA"), ["000"]).without == (("000", "000_cam.npy"),)
    files = look_through(tmp_path, Frame("pixels"), ["001", "002"])
    assert files.twice == (("001", "001.obj and 001.ply"),)
    assert files.empty == ("002.obj",)
