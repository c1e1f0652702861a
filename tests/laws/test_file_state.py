"""A file that took another one's place is another file, though a copy kept its size and its time."""

import os
import re
import shutil
from pathlib import Path

import pytest

from fsbench.io.files import digest_of, state_of
from fsbench.protocols.rig.predictions import _mesh
from fsbench.runs.file_states import origin_of

PACKAGE = Path(__file__).resolve().parents[2] / "fsbench"
TEXT = "ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\n"
TEXT += "element face 1\nproperty list uchar int vertex_indices\nend_header\n0 0 0\n1 0 0\n0 {} 0\n3 0 1 2\n"


def _moved(first: Path, second: Path) -> None:
    second.replace(first)


def _linked(first: Path, second: Path) -> None:
    first.unlink()
    first.symlink_to(second)


def _copied(first: Path, second: Path) -> None:
    shutil.copy2(second, first)


@pytest.mark.parametrize("replace", [_moved, _linked, _copied])
@pytest.mark.parametrize(
    "look", [state_of, digest_of, lambda path: origin_of([path]), lambda path: _mesh(path).vertices[2, 1]]
)
def test_another_file_of_the_same_size_and_time_is_noticed(tmp_path: Path, replace, look) -> None:
    first, second = tmp_path / "neutral.ply", tmp_path / "other.ply"
    for path, number in ((first, 1), (second, 2)):
        path.write_text(TEXT.format(number))
        os.utime(path, ns=(10**18, 10**18))
    before = look(first)
    replace(first, second)
    assert look(first) != before


def test_no_other_code_tells_files_apart_by_their_times() -> None:
    """Folders have no other state; a list of files changes with their time."""
    by_time = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if re.search(r"st_mtime_ns", path.read_text())
    }
    assert by_time == {"io/files.py", "io/names.py", "benchmarks/digests.py"}
