"""Compiled loops: loaded when they are called, kept where there is a place, and working where there is none."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from fsbench.core import compiled

LOOPS = """
from fsbench.core.compiled import compiled, inlined

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
import fsbench.core.compiled
fsbench.core.compiled.spares_scipy = True
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


def test_a_loop_is_plain_python_where_compiling_is_switched_off(folder: Path) -> None:
    code = """
    import warnings
    import numpy as np
    import loops
    warnings.simplefilter("error")
    print(loops.total(np.arange(4.0)), loops.share(np.zeros(1)))
    """
    with (folder / "loops.py").open("a") as file:
        file.write('@compiled("f8(f8[::1])")\ndef share(values):\n    return values[0] / values[0]\n')
    for switch in ("0", "1"):
        everything = {**os.environ, "PYTHONPATH": str(folder), "NUMBA_DISABLE_JIT": switch}
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)], env=everything, capture_output=True, text=True, check=False
        )
        assert (done.stdout, done.stderr) == ("12.0 nan\n", "")


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: b"", lambda data: b"x" * 99])
def test_a_kept_loop_that_was_damaged_is_compiled_again(folder: Path, damage) -> None:
    kept = folder / "kept"
    _call(folder, NUMBA_CACHE_DIR=str(kept))
    files = list(kept.rglob("*.nb*"))
    assert len(files) == 2
    for path in files:
        path.write_bytes(damage(path.read_bytes()))
        assert [_call(folder, NUMBA_CACHE_DIR=str(kept)) for _ in range(3)] == ["0", "0", "1"]


NUMBERS = {
    "NUMBER": "NUMBER",
    "np.int64(NUMBER)": "NUMBER",
    "(0, NUMBER)": "NUMBER[1]",
    "np.array([0, NUMBER])": "NUMBER[1]",
}


@pytest.mark.parametrize(("made", "used"), NUMBERS.items(), ids=list(NUMBERS))
def test_a_loop_that_was_kept_with_another_number_of_another_file_is_compiled_again(
    folder: Path, made: str, used: str
) -> None:
    """Else a wrong score looks right, where an update came with some of the files."""
    loops = LOOPS.replace("2.0 *", f"{used} *").replace(
        "compiled, inlined", "compiled, inlined\nfrom other import NUMBER"
    )
    (folder / "loops.py").write_text(loops)
    code = "import loops, numpy as np; print(loops.total(np.arange(4.0)), loops.total.load().stats.cache_hits.values())"
    everything = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    everything["NUMBA_CACHE_DIR"] = str(folder / "kept")
    for number, total, hits in ((2, 12, 0), (2, 12, 1), (3, 18, 0), (3, 18, 1)):
        (folder / "other.py").write_text("import numpy as np\nNUMBER = " + made.replace("NUMBER", str(number)))
        said = subprocess.check_output([sys.executable, "-c", code], env=everything, text=True)
        assert said == f"{total}.0 dict_values([{hits or ''}])\n"


def test_a_loop_whose_file_changed_behind_its_date_is_compiled_again(folder: Path) -> None:
    kept, loops = folder / "kept", folder / "loops.py"
    assert [_call(folder, NUMBA_CACHE_DIR=str(kept)) for _ in range(2)] == ["0", "1"]
    before = loops.stat()
    loops.write_text(LOOPS.replace("2.0 * plus(x, 0.0)", "plus(x, 0.0) * 2.0"))
    os.utime(loops, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert loops.stat().st_size == before.st_size
    assert [_call(folder, NUMBA_CACHE_DIR=str(kept)) for _ in range(2)] == ["0", "1"]


def test_a_file_that_changes_before_the_first_call_leaves_no_old_loop_behind(folder: Path) -> None:
    """A notebook has imported it when an update comes; the next process reads the new one."""
    everything = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    everything["NUMBA_CACHE_DIR"] = str(folder / "kept")
    change = (
        "import loops, pathlib; p = pathlib.Path(loops.__file__); p.write_text(p.read_text().replace('2.0 *', '3.0 *'))"
    )
    call = "import loops, numpy as np; print(loops.total(np.arange(4.0)))"
    for code, total in ((f"{change}\n{call}", "12.0"), (call, "18.0")):
        assert subprocess.check_output([sys.executable, "-c", code], env=everything, text=True) == f"{total}\n"


def test_a_loop_that_was_kept_with_other_lanes_is_compiled_again(folder: Path, monkeypatch) -> None:
    """What lanes are is part of its machine code."""
    true, made_of = compiled._digest_of, compiled._made_of(compiled._made_of)
    for name in ("compiled.py", "lanes.py", "lanes_compiled.py"):
        with monkeypatch.context() as patch:
            patch.setattr(compiled, "_digest_of", lambda path, name=name: b"" if path.name == name else true(path))
            assert compiled._made_of(compiled._made_of) != made_of
    kept = folder / "kept"
    assert [_call(folder, NUMBA_CACHE_DIR=str(kept)) for _ in range(2)] == ["0", "1"]
    (mark,) = kept.rglob("*.made-of")
    mark.write_text(made_of)
    assert [_call(folder, NUMBA_CACHE_DIR=str(kept)) for _ in range(2)] == ["0", "1"]


def test_a_program_that_only_uses_fsbench_can_import_scipy_meanwhile(folder: Path) -> None:
    """What is done to start quickly must not be seen by another thread that imports scipy just then."""
    code = textwrap.dedent(
        """
        import sys, threading
        import numpy as np
        import loops

        hidden, stop = [], threading.Event()

        def look():
            while not stop.is_set():
                hidden.extend(name for name, module in list(sys.modules.items()) if module is None and "scipy" in name)

        thread = threading.Thread(target=look)
        thread.start()
        loops.total(np.arange(4.0))
        stop.set()
        thread.join()
        assert not hidden, hidden
        """
    )
    everything = {**os.environ, "PYTHONPATH": str(folder), "NUMBA_CACHE_DIR": str(folder / "kept")}
    done = subprocess.run([sys.executable, "-c", code], env=everything, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_processes_that_compile_at_once_all_get_their_loop(folder: Path) -> None:
    everything = {**os.environ, "PYTHONPATH": str(folder), "NUMBA_CACHE_DIR": str(folder / "kept")}
    started = [
        subprocess.Popen([sys.executable, "-c", CALL], env=everything, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    # Who comes second finds what the first one has kept, instead of compiling beside it.
    assert sorted(one.communicate()[0].strip() for one in started) == ["0", "1", "1"]


POISON = """
import pathlib, pickle, sys

class Poison:
    def __reduce__(self):
        return pathlib.Path.touch, (pathlib.Path(sys.argv[2]),)

pathlib.Path(sys.argv[1]).write_bytes(pickle.dumps(Poison()))
"""


@pytest.fixture
def poisoned(folder: Path) -> Path:
    """A folder of kept loops, of which one runs somebody's code when it is read; that code makes the file `ran`."""
    _call(folder, NUMBA_CACHE_DIR=str(folder / "kept"))
    (index,) = (folder / "kept").rglob("*.nbi")
    subprocess.run([sys.executable, "-c", POISON, str(index), str(folder / "ran")], check=True)
    return index


def _warned(folder: Path, **environment: str) -> str:
    everything = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", **environment}
    done = subprocess.run(
        [sys.executable, "-c", CALL], env=everything, cwd=folder, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "0"), done.stderr
    return done.stderr


def test_code_in_a_kept_loop_would_run(folder: Path, poisoned: Path) -> None:
    """Else the tests below could not fail: what protects is the folder alone."""
    _warned(folder, NUMBA_CACHE_DIR=str(folder / "kept"))
    assert (folder / "ran").exists()


@pytest.mark.parametrize("mode", [0o777, 0o775])
def test_a_loop_is_not_taken_from_a_folder_that_others_may_write_to(folder: Path, poisoned: Path, mode: int) -> None:
    poisoned.parent.chmod(mode)
    said = _warned(folder, NUMBA_CACHE_DIR=str(folder / "kept"))
    assert not (folder / "ran").exists()
    assert said.count("compiled loops are not kept") == 1 and "others may write" in said


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file away")
def test_a_loop_is_not_taken_from_another_user(folder: Path, poisoned: Path) -> None:
    os.chown(poisoned, 12345, 12345)
    assert _warned(folder, NUMBA_CACHE_DIR=str(folder / "kept")) == ""
    assert not (folder / "ran").exists()
    assert _call(folder, NUMBA_CACHE_DIR=str(folder / "kept")) == "1", "what was foreign is replaced by our own"
    os.chown(poisoned.parent, 12345, 12345)
    assert "another user" in _warned(folder, NUMBA_CACHE_DIR=str(folder / "kept"))


def test_a_loop_is_not_taken_from_below_the_working_directory(folder: Path, poisoned: Path) -> None:
    said = _warned(folder, NUMBA_CACHE_DIR="kept")
    assert not (folder / "ran").exists()
    assert "absolute" in said


def test_beside_a_source_that_others_may_write_to_the_users_own_cache_is_taken(folder: Path) -> None:
    beside = folder / "__pycache__"
    beside.mkdir()
    beside.chmod(0o777)
    home = {"HOME": str(folder), "XDG_CACHE_HOME": "", "NUMBA_CACHE_DIR": ""}
    assert [_call(folder, **home) for _ in range(2)] == ["0", "1"]
    assert not list(beside.glob("*.nb?"))
    assert (folder / ".cache/fsbench/compiled").stat().st_mode & 0o777 == 0o700


def test_it_is_said_once_where_loops_are_compiled_and_not_where_they_are_loaded(folder: Path) -> None:
    with (folder / "loops.py").open("a") as file:
        file.write('@compiled("f8(f8)")\ndef half(value):\n    return value / 2\n')
    code = "import loops, fsbench.core.compiled as c; c.tell = print; loops.total.load(), loops.half.load()"
    everything = {**os.environ, "PYTHONPATH": str(folder), "NUMBA_CACHE_DIR": str(folder / "kept")}
    said = [subprocess.check_output([sys.executable, "-c", code], env=everything, text=True) for _ in range(2)]
    assert said[0].startswith("compiling the inner loops, once after an installation")
    assert (said[0].count("\n"), said[1]) == (1, "")
