"""Compiled loops: loaded when they are called, kept where there is a place, and working where there is none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

LOOPS = """
from fsbench.compiled import compiled, inlined

@inlined
def twice(x):
    return 2.0 * plus(x, 0.0)

@inlined
def plus(x, y):
    return x + y

@compiled("f8(f8[::1])")
def total(values):
    found = 0.0
    for value in values:
        found = plus(found, twice(value))
    return found
"""
CALL = """
import sys
import loops
assert "numba" not in sys.modules
import numpy as np
assert loops.total(np.arange(4.0)) == 12
assert "scipy.linalg" not in sys.modules
print(sum(loops.total.load().stats.cache_hits.values()))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "loops.py").write_text(LOOPS)
    return tmp_path


def _call(folder: Path, **environment: str) -> str:
    everything = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", **environment}
    done = subprocess.run([sys.executable, "-c", CALL], env=everything, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_loop_is_kept(folder: Path) -> None:
    kept = str(folder / "kept")
    assert [_call(folder, NUMBA_CACHE_DIR=kept) for _ in range(2)] == ["0", "1"]


def test_a_loop_works_where_nothing_can_be_kept(folder: Path) -> None:
    (folder / "occupied").write_text("no folder")
    assert _call(folder, NUMBA_CACHE_DIR=str(folder / "occupied" / "kept")) == "0"


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: b"", lambda data: b"x" * 99])
def test_a_kept_loop_that_was_damaged_is_compiled_again(folder: Path, damage) -> None:
    kept = folder / "kept"
    _call(folder, NUMBA_CACHE_DIR=str(kept))
    files = list(kept.rglob("*.nb*"))
    assert len(files) == 2
    for path in files:
        path.write_bytes(damage(path.read_bytes()))
        assert [_call(folder, NUMBA_CACHE_DIR=str(kept)) for _ in range(3)] == ["0", "0", "1"]
