"""A folder of data that a test may change, and the command line in it; a module's `made` says what the folder holds."""

import shutil
from pathlib import Path

import pytest

from tests.cli.commands import Run, fsbench


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, data: Path) -> Run:
    monkeypatch.chdir(data)
    return lambda *arguments: fsbench(capsys, *arguments)
