"""Archives that want more than to be unpacked: refused with the member's name, nothing written outside."""

import gzip
import io
import stat
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest

from fsbench.core.errors import FormatError
from fsbench.io.archive import DEFAULT_LIMITS, ArchiveLimits, open_folder
from fsbench.io.zip_members import open_zip

NAMES = [
    ("/etc/cron.d/x", "is an absolute path"),
    ("../x", "leads out of the archive"),
    ("a/../../x", "leads out of the archive"),
    ("a/..", "leads out of the archive"),
    ("C:/x", "is an absolute path"),
    ("c:x", "is an absolute path"),
    ("..\\x", "backslash"),
    ("a\\b", "backslash"),
    ("ab:stream", "colon"),
    ("a\nb", "control character"),
    ("a//b", "empty part"),
    ("./././", "empty"),
    ("a/./b", "empty part"),
    ("a" * 300, "too long"),
    ("a/" * 40 + "x", "folders deep"),
]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "here" / "tmp").mkdir(parents=True)
    return tmp_path / "here" / "tmp"


def refuse(archive: Path, place: Path, reason: str, limits: ArchiveLimits = DEFAULT_LIMITS) -> None:
    before = sorted(place.parent.rglob("*"))
    with pytest.raises(FormatError, match=reason) as caught, open_folder(archive, limits, temporary=place):
        pytest.fail("it was unpacked")
    assert str(caught.value).startswith(f"{archive}: ")
    assert sorted(place.parent.rglob("*")) == before
    if archive.suffix == ".zip":
        refuse_by_member(archive, reason, limits)


def refuse_by_member(archive: Path, reason: str, limits: ArchiveLimits = DEFAULT_LIMITS) -> None:
    """The reader that unpacks nothing is as strict."""
    with pytest.raises(FormatError, match=reason) as caught, open_zip(archive, limits) as members:
        for name in members.names:
            members.read(name)
        pytest.fail("it was read")
    assert str(caught.value).startswith(f"{archive}: ")


def write_zip(
    path: Path, *members: tuple[str | zipfile.ZipInfo, bytes], compression: int = zipfile.ZIP_DEFLATED
) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def write_tar(path: Path, *members: tuple[tarfile.TarInfo, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:
        for member, data in members:
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


@pytest.mark.parametrize(("name", "reason"), NAMES)
def test_names_that_lead_elsewhere(tmp_path: Path, place: Path, name: str, reason: str):
    if not name.startswith("./."):
        refuse(write_zip(tmp_path / "a.zip", ("good.txt", b"x"), (name, b"x")), place, f"member '.*{reason}")
    tar = write_tar(
        tmp_path / "a.tar.gz", (tarfile.TarInfo("good.txt"), b"x"), (tarfile.TarInfo(name), b"x"), mode="w:gz"
    )
    refuse(tar, place, f"member '.*{reason}")


@pytest.mark.parametrize(
    "names", [("a.txt", "a.txt"), ("a.txt", "A.TXT"), ("a", "a/b"), ("a/b", "a"), ("\u00e9", "e\u0301")]
)
def test_names_that_stand_for_one_file(tmp_path: Path, place: Path, names: tuple[str, str]):
    first, second = names
    infos = [zipfile.ZipInfo(name) for name in names]
    with pytest.warns(UserWarning, match="Duplicate") if first == second else pytest.MonkeyPatch.context():
        path = write_zip(tmp_path / "a.zip", (infos[0], b"x"), (infos[1], b"y"))
    refuse(path, place, f"member '{second}' occurs twice")
    tar = write_tar(tmp_path / "a.tar", (tarfile.TarInfo(first), b"x"), (tarfile.TarInfo(second), b"y"))
    refuse(tar, place, f"member '{second}' occurs twice")


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (tarfile.SYMTYPE, "is a link to '/etc/passwd'"),
        (tarfile.LNKTYPE, "is a link to '/etc/passwd'"),
        (tarfile.CHRTYPE, "is neither a file nor a folder"),
        (tarfile.BLKTYPE, "is neither a file nor a folder"),
        (tarfile.FIFOTYPE, "is neither a file nor a folder"),
        (tarfile.GNUTYPE_SPARSE, "is neither a file nor a folder"),
    ],
)
def test_members_that_are_no_files_in_tar(tmp_path: Path, place: Path, kind: bytes, reason: str):
    member = tarfile.TarInfo("evil")
    member.type, member.linkname = kind, "/etc/passwd"
    refuse(write_tar(tmp_path / "a.tar", (member, b"")), place, f"member 'evil' {reason}")


@pytest.mark.parametrize(
    ("mode", "reason"),
    [(stat.S_IFLNK, "is a link"), (stat.S_IFIFO, "is neither a file"), (stat.S_IFCHR, "is neither a file")],
)
def test_members_that_are_no_files_in_zip(tmp_path: Path, place: Path, mode: int, reason: str):
    member = zipfile.ZipInfo("evil")
    member.external_attr = (mode | 0o777) << 16
    refuse(write_zip(tmp_path / "a.zip", (member, b"/etc/passwd")), place, f"member 'evil' {reason}")


def test_encrypted_members(tmp_path: Path, place: Path):
    path = write_zip(tmp_path / "a.zip", ("secret.txt", b"x"))
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\1\2") + 8] |= 1
    data[data.index(b"PK\3\4") + 6] |= 1
    path.write_bytes(data)
    refuse(path, place, "member 'secret.txt' is encrypted")


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_packings_with_large_windows(tmp_path: Path, place: Path, method: int):
    refuse(
        write_zip(tmp_path / "a.zip", ("a.txt", b"x" * 100), compression=method),
        place,
        "member 'a.txt' is packed by method",
    )


def test_bombs_by_ratio(tmp_path: Path, place: Path):
    limits = ArchiveLimits(free_bytes=1 << 16)
    zeros = bytes(4 << 20)
    refuse(
        write_zip(tmp_path / "a.zip", ("bomb", zeros)),
        place,
        "member 'bomb' unpacks the archive to .* times its size",
        limits,
    )
    tar = write_tar(tmp_path / "a.tar.gz", (tarfile.TarInfo("bomb"), zeros), mode="w:gz")
    refuse(tar, place, "member 'bomb' unpacks the archive to .* times its size", limits)


def test_bombs_by_size_and_number(tmp_path: Path, place: Path):
    path = write_zip(tmp_path / "a.zip", *((f"{i}", b"0123456789") for i in range(11)))
    refuse(path, place, "member '10' brings the sum to 110 bytes", ArchiveLimits(max_bytes=109))
    refuse(path, place, "member '0' has 10 bytes, at most 9", ArchiveLimits(max_member_bytes=9))
    refuse(path, place, "member '10' is one too many, at most 10", ArchiveLimits(max_members=10))


def test_a_zip_that_lies_about_sizes(tmp_path: Path, place: Path):
    path = write_zip(tmp_path / "a.zip", ("a.txt", b"x" * 5000))
    data = bytearray(path.read_bytes())
    for mark, at in ((b"PK\1\2", 24), (b"PK\3\4", 22)):
        start = data.index(mark) + at
        data[start : start + 4] = struct.pack("<I", 10)
    path.write_bytes(data)
    refuse(path, place, "broken|announces")


def test_a_zip_with_a_huge_list_of_members(tmp_path: Path, place: Path):
    path = write_zip(tmp_path / "a.zip", ("a.txt", b"x"))
    data = bytearray(path.read_bytes())
    start = data.rindex(b"PK\5\6") + 12
    data[start : start + 4] = struct.pack("<I", 0xF0000000)
    path.write_bytes(data)
    refuse(path, place, "list of members has 4,026,531,840 bytes")


def test_a_clutter_member_is_not_unpacked_to_be_passed_over(tmp_path: Path, place: Path):
    member = tarfile.TarInfo("__MACOSX/zeros")
    tar = write_tar(tmp_path / "a.tar.gz", (member, bytes(8 << 20)), (tarfile.TarInfo("a"), b"x"), mode="w:gz")
    refuse(tar, place, "a header leads to byte", ArchiveLimits(free_bytes=1 << 16, max_members=10))


def test_a_header_of_any_length(tmp_path: Path, place: Path):
    """The name of a member in a record of its own, which announces 6 GB."""
    member = tarfile.TarInfo("././@LongLink")
    member.type, member.size = tarfile.GNUTYPE_LONGNAME, 6 << 30
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(member.tobuf(tarfile.GNU_FORMAT) + bytes(4096)))
    refuse(tmp_path / "a.tar.gz", place, "a header announces 6,442,4")


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_cut_off_archives_are_not_half_a_submission(tmp_path: Path, place: Path, mode: str, share: float):
    members = [(tarfile.TarInfo(f"{i}.txt"), bytes(range(256)) * 6) for i in range(20)]
    path = write_tar(tmp_path / ("a.tar.gz" if mode == "w:gz" else "a.tar"), *members, mode=mode)
    data = path.read_bytes().rstrip(b"\0") if mode == "w" else path.read_bytes()
    path.write_bytes(data[: int(share * len(data)) // 512 * 512 if mode == "w" else int(share * len(data))])
    refuse(path, place, "broken|cut off")


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.tgz"])
@pytest.mark.parametrize("data", [b"", b"PK\3\4" + bytes(100), b"\x1f\x8b" + bytes(20), b"x" * 2000])
def test_what_is_no_archive(tmp_path: Path, place: Path, name: str, data: bytes):
    (tmp_path / name).write_bytes(data)
    refuse(tmp_path / name, place, "broken|cut off")


def _header(name: str) -> bytes:
    return tarfile.TarInfo(name).tobuf()


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_a_header_of_a_tar_has_a_size(tmp_path: Path, place: Path, form: int) -> None:
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w", format=form) as archive:
        member = tarfile.TarInfo("x" * 100_000 if form == tarfile.GNU_FORMAT else "x")
        member.pax_headers = {"comment": "x" * 100_000}
        archive.addfile(member)
    refuse(path, place, "a header announces 1..,... bytes, at most 65,536 are read")


def test_all_headers_of_a_tar_together_have_a_size(tmp_path: Path, place: Path) -> None:
    path = tmp_path / "a.tar.gz"
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as archive:
        for i in range(100):
            member = tarfile.TarInfo(f"{i}.obj")
            member.pax_headers = {"comment": "x" * 60_000}
            archive.addfile(member)
    refuse(path, place, "the headers have more than")


def test_clutter_of_macos_counts(tmp_path: Path, place: Path) -> None:
    path = tmp_path / "a.tar.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        for i in range(10_001):
            file.write(_header(f"__MACOSX/._{i}"))
        file.write(bytes(1024))
    refuse(path, place, "one of 10,001 that macOS adds")
    path = write_zip(tmp_path / "a.zip", *((f"__MACOSX/{i}", b"") for i in range(10_001)))
    refuse(path, place, "lists 0 members and 10,001 that macOS adds")


def test_members_of_a_zip_are_counted_before_its_directory_is_read(
    tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_zip(tmp_path / "a.zip", *((f"{i}.obj", b"") for i in range(12_001)))
    monkeypatch.setattr(zipfile, "ZipFile", None)
    refuse(path, place, "lists 12,001 members .* at most 2,000", ArchiveLimits(max_members=2000))


def test_what_macos_adds_to_every_file_is_passed_over(tmp_path: Path, place: Path) -> None:
    names = [name for i in range(50) for name in (f"{i}.obj", f"__MACOSX/._{i}.obj")]
    write_zip(tmp_path / "a.zip", *((name, b"x") for name in names))
    write_tar(tmp_path / "a.tar", *((tarfile.TarInfo(name), b"") for name in names))
    for archive in ("a.zip", "a.tar"):
        with open_folder(tmp_path / archive, ArchiveLimits(max_members=50), temporary=place) as folder:
            assert len(list(folder.iterdir())) == 50


def test_a_zip_is_read_member_by_member(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", ("b/", b""), ("b/c.txt", b"xyz"), ("__MACOSX/._c", b"?"))
    with open_zip(path) as members:
        assert members.names == ("b/c.txt", "__MACOSX/._c")
        assert members.read("b/c.txt") == b"xyz"
