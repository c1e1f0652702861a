"""Digests of files: known while a file is as it was, and of what was opened."""

import hashlib
import os
import time
from pathlib import Path

import pytest

from fsbench.core.errors import FormatError
from fsbench.io import files
from fsbench.io.files import digest_of


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _some_seconds_go_by(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time_ns()
    monkeypatch.setattr(files.time, "time_ns", lambda: now + 10_000_000_000)


def test_a_file_is_read_once_and_again_when_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, reads = tmp_path / "a.obj", []
    read = hashlib.file_digest
    monkeypatch.setattr(files.hashlib, "file_digest", lambda file, name: reads.append(1) or read(file, name))
    path.write_bytes(b"v 1 2 3")
    _some_seconds_go_by(monkeypatch)
    assert digest_of(path) == digest_of(path) == _sha256(b"v 1 2 3") and len(reads) == 1
    state = path.stat()
    path.write_bytes(b"v 1 2 4")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert digest_of(path) == _sha256(b"v 1 2 4")


def test_a_young_file_is_read_each_time(tmp_path: Path) -> None:
    """It may change twice within one tick of the file system's clock."""
    path = tmp_path / "a.obj"
    for i in range(50):
        path.write_bytes(b"%3d" % i)
        assert digest_of(path) == _sha256(b"%3d" % i)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_what_is_no_file_or_too_large_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(bytes(11))
    for name in ("pipe", "absent", "."):
        with pytest.raises(FormatError):
            digest_of(tmp_path / name)
    with pytest.raises(FormatError, match="at most 10"):
        digest_of(tmp_path / "large", 10)
