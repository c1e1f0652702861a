"""What is installed: every file that is needed and no other, and it works without the checkout."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MOVED = {"data_specs": "fsbench/data_specs", "leaderboards": "fsbench/leaderboards"}
BUILD = """
import sys
from setuptools import build_meta
print(getattr(build_meta, sys.argv[1])(sys.argv[2]))
"""


def build(kind: str, source: Path, out: Path) -> Path:
    """Call a hook of setuptools in a source folder; returns the file that it wrote."""
    out.mkdir(exist_ok=True)
    call = [sys.executable, "-W", "ignore", "-c", BUILD, kind, str(out)]
    said = subprocess.run(call, cwd=source, capture_output=True, text=True, check=True).stdout
    return out / said.splitlines()[-1]


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    """A copy of the checkout, since building leaves files behind."""
    folder = tmp_path_factory.mktemp("source") / "fsbench"
    kept = ("fsbench", *MOVED, "setup.cfg", "pyproject.toml", "README.md", "LICENSE")
    for name in kept:
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, place)
    return folder


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory) -> Path:
    return build("build_wheel", source, tmp_path_factory.mktemp("wheel"))


def _expected(source: Path) -> set[str]:
    files = {path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()}
    inside = {name for name in files if name.partition("/")[0] in ("fsbench", *MOVED)}
    return {re.sub(r"^(data_specs|leaderboards)/", r"fsbench/\1/", name) for name in inside}


def _held(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def test_the_wheel_holds_the_package_and_nothing_else(source: Path, wheel: Path) -> None:
    assert _held(wheel) == _expected(source)


def test_a_source_distribution_gives_the_same_wheel(source: Path, wheel: Path, tmp_path: Path) -> None:
    with tarfile.open(build("build_sdist", source, tmp_path / "sdist")) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    assert _held(build("build_wheel", unpacked, tmp_path / "wheel")) == _held(wheel)


def test_the_wheel_works_without_a_checkout(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    for arguments, shown in (
        (("leaderboard", "show", "fswild"), "FaceScape in the wild, all samples"),
        (("datasets",), "fslab"),
        (("--version",), "fsbench"),
    ):
        call = [sys.executable, "-m", "fsbench", *arguments]
        done = subprocess.run(call, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
        assert shown in done.stdout
