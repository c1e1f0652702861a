"""The digits in a signature change with what files hold."""

from pathlib import Path

import numpy as np
import pytest

from fsbench.protocols.rig import digests
from fsbench.protocols.rig.digests import digest_of_files


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "map.png"
    path.write_bytes(np.random.default_rng(0).bytes(300_000))
    return path


def _spoilt(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("place", [0, 9_000, 299_999])
def test_one_bit_anywhere_changes_the_digits(file: Path, place: int) -> None:
    first = digest_of_files([("a", file)])
    assert digest_of_files([("a", file)]) == first and len(first) == 8
    _spoilt(file, place)
    assert digest_of_files([("a", file)]) != first


def test_the_digits_do_not_depend_on_where_the_files_are(file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.png"
    copy.write_bytes(file.read_bytes())
    assert digest_of_files([("a", copy)]) == digest_of_files([("a", file)])
    assert digest_of_files([("b", file)]) != digest_of_files([("a", file)])
    assert digest_of_files([("a", tmp_path / "gone")]) != digest_of_files([("a", file)])


def test_of_large_data_parts_are_read_and_it_says_so(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digests, "WHOLE_BYTES", 100_000)
    first = digest_of_files([("a", file)])
    assert first.endswith("/parts")
    for place in (0, 299_999):
        _spoilt(file, place)
        assert digest_of_files([("a", file)]) != first
        _spoilt(file, place)
    # Between two parts, which are 19,729 bytes apart.
    _spoilt(file, 9_000)
    assert digest_of_files([("a", file)]) == first
    file.write_bytes(file.read_bytes() + b" ")
    assert digest_of_files([("a", file)]) != first
