"""Compiled loops: loaded when they are called, kept where there is a place, and working where there is none."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from fsbench.core import kept_code
from fsbench.core.compiled import Loop
from fsbench.core.machine_code import Linked
from fsbench.geometry.moving import _stretch

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
import numpy as np
assert "llvmlite" not in sys.modules
print(loops.total(np.arange(4.0)), "compiled" if "numba" in sys.modules else "loaded")
"""
COMPILED, LOADED = "12.0 compiled", "12.0 loaded"
LOOP = cast(Loop, _stretch)


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
    assert [_call(folder, NUMBA_CACHE_DIR=kept) for _ in range(2)] == [COMPILED, LOADED]


def test_a_loop_works_where_nothing_can_be_kept(folder: Path) -> None:
    (folder / "occupied").write_text("no folder")
    assert _call(folder, NUMBA_CACHE_DIR=str(folder / "occupied" / "kept")) == COMPILED


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


DAMAGES = {
    "cut": lambda data: data[: len(data) // 2],
    "empty": lambda data: b"",
    "other": lambda data: b"x" * 99,
    "list": lambda data: b"[]\n" + data,
    "bytes": lambda data: data[:-99] + bytes(99),
    "number": lambda data: data.replace(b'"ndim": 1', b'"ndom": 1'),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_kept_loop_that_was_damaged_is_compiled_again(folder: Path, damage) -> None:
    kept = folder / "kept"
    _call(folder, NUMBA_CACHE_DIR=str(kept))
    (path,) = kept.rglob("*.loop")
    path.write_bytes(damage(path.read_bytes()))
    assert [_call(folder, NUMBA_CACHE_DIR=str(kept)) for _ in range(2)] == [COMPILED, LOADED]


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
    for number, said in ((2, COMPILED), (2, LOADED), (3, "18.0 compiled"), (3, "18.0 loaded")):
        (folder / "other.py").write_text("import numpy as np\nNUMBER = " + made.replace("NUMBER", str(number)))
        assert _call(folder, NUMBA_CACHE_DIR=str(folder / "kept")) == said


def test_a_loop_whose_file_changed_behind_its_date_is_compiled_again(folder: Path) -> None:
    kept, loops = folder / "kept", folder / "loops.py"
    assert [_call(folder, NUMBA_CACHE_DIR=str(kept)) for _ in range(2)] == [COMPILED, LOADED]
    before = loops.stat()
    loops.write_text(LOOPS.replace("2.0 * plus(x, 0.0)", "plus(x, 0.0) * 2.0"))
    os.utime(loops, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert loops.stat().st_size == before.st_size
    assert [_call(folder, NUMBA_CACHE_DIR=str(kept)) for _ in range(2)] == [COMPILED, LOADED]


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


def test_a_loop_that_was_kept_with_something_else_is_compiled_again(folder: Path, monkeypatch) -> None:
    """What lanes are, and what made it, is part of its machine code."""
    true, function = kept_code.digest_of, LOOP.function
    made_of = kept_code._made_of(function, LOOP.signature)
    for name in ("compiling.py", "machine_code.py", "lanes.py", "lanes_compiled.py"):
        with monkeypatch.context() as patch:
            patch.setattr(kept_code, "digest_of", lambda path, name=name: b"" if path.name == name else true(path))
            assert kept_code._made_of(function, LOOP.signature) != made_of
    assert kept_code._made_of(function, "f8(f8[::1], f8)") != made_of
    with monkeypatch.context() as patch:
        patch.setattr(kept_code, "version", lambda name: f"another {name}")
        kept_code._compiler.cache_clear()
        assert kept_code._made_of(function, LOOP.signature) != made_of
    kept_code._compiler.cache_clear()


def test_a_loop_that_was_compiled_with_other_settings_is_compiled_again(folder: Path) -> None:
    kept = str(folder / "kept")
    settings: tuple[dict[str, str], ...] = ({}, {"NUMBA_OPT": "1"}, {"NUMBA_OPT": "1"})
    assert [_call(folder, NUMBA_CACHE_DIR=kept, **one) for one in settings] == [COMPILED, COMPILED, LOADED]


def test_processes_that_compile_at_once_all_get_their_loop(folder: Path) -> None:
    everything = {**os.environ, "PYTHONPATH": str(folder), "NUMBA_CACHE_DIR": str(folder / "kept")}
    started = [
        subprocess.Popen([sys.executable, "-c", CALL], env=everything, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    # Who comes second finds what the first one has kept, instead of compiling beside it.
    assert sorted(one.communicate()[0].strip() for one in started) == [COMPILED, LOADED, LOADED]


@pytest.fixture
def poisoned(folder: Path) -> Path:
    """A folder of kept loops, of which one is somebody's code: it returns 18."""
    kept, loops = str(folder / "kept"), folder / "loops.py"
    loops.write_text(LOOPS.replace("2.0 *", "3.0 *"))
    assert _call(folder, NUMBA_CACHE_DIR=kept) == "18.0 compiled"
    (path,) = (folder / "kept").rglob("*.loop")
    theirs, code = _told(path)
    loops.write_text(LOOPS)
    assert _call(folder, NUMBA_CACHE_DIR=kept) == COMPILED
    ours, _ = _told(path)
    path.write_bytes(json.dumps(theirs | {"made_of": ours["made_of"]}).encode() + b"\n" + code)
    return path


def _told(path: Path) -> tuple[dict[str, Any], bytes]:
    head, _, code = path.read_bytes().partition(b"\n")
    return json.loads(head), code


def _warned(folder: Path, **environment: str) -> str:
    """What is said on stderr by a process that does not take the other code."""
    everything = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", **environment}
    done = subprocess.run(
        [sys.executable, "-c", CALL], env=everything, cwd=folder, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, COMPILED), done.stderr
    return done.stderr


def test_code_in_a_kept_loop_would_run(folder: Path, poisoned: Path) -> None:
    """Else the tests below could not fail: what protects is the folder alone."""
    assert _call(folder, NUMBA_CACHE_DIR=str(folder / "kept")) == "18.0 loaded"


@pytest.mark.parametrize("mode", [0o777, 0o775])
def test_a_loop_is_not_taken_from_a_folder_that_others_may_write_to(folder: Path, poisoned: Path, mode: int) -> None:
    poisoned.parent.chmod(mode)
    said = _warned(folder, NUMBA_CACHE_DIR=str(folder / "kept"))
    assert said.count("compiled loops are not kept") == 1 and "others may write" in said


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file away")
def test_a_loop_is_not_taken_from_another_user(folder: Path, poisoned: Path) -> None:
    os.chown(poisoned, 12345, 12345)
    assert _warned(folder, NUMBA_CACHE_DIR=str(folder / "kept")) == ""
    assert _call(folder, NUMBA_CACHE_DIR=str(folder / "kept")) == LOADED, "what was foreign is replaced by our own"
    os.chown(poisoned.parent, 12345, 12345)
    assert "another user" in _warned(folder, NUMBA_CACHE_DIR=str(folder / "kept"))


def test_a_loop_is_not_taken_from_below_the_working_directory(folder: Path, poisoned: Path) -> None:
    said = _warned(folder, NUMBA_CACHE_DIR="kept")
    assert "absolute" in said


def test_beside_a_source_that_others_may_write_to_the_users_own_cache_is_taken(folder: Path) -> None:
    beside = folder / "__pycache__"
    beside.mkdir()
    beside.chmod(0o777)
    home = {"HOME": str(folder), "XDG_CACHE_HOME": "", "NUMBA_CACHE_DIR": ""}
    assert [_call(folder, **home) for _ in range(2)] == [COMPILED, LOADED]
    assert not list(beside.glob("*.loop"))
    assert (folder / ".cache/fsbench/compiled").stat().st_mode & 0o777 == 0o700


def test_it_is_said_once_where_loops_are_compiled_and_not_where_they_are_loaded(folder: Path) -> None:
    with (folder / "loops.py").open("a") as file:
        file.write('@compiled("f8(f8)")\ndef half(value):\n    return value / 2\n')
    code = "import loops, fsbench.core.compiled as c; c.tell = print; loops.total.load(), loops.half.load()"
    everything = {**os.environ, "PYTHONPATH": str(folder), "NUMBA_CACHE_DIR": str(folder / "kept")}
    said = [subprocess.check_output([sys.executable, "-c", code], env=everything, text=True) for _ in range(2)]
    assert said[0].startswith("compiling the inner loops, once after an installation")
    assert (said[0].count("\n"), said[1]) == (1, "")


TAKEN = {
    "a list": ([[0.0, 0.0, 0.0]], "found list"),
    "other numbers": (np.zeros((1, 3), np.float32), "found an array of float32, (1, 3)"),
    "other bytes": (np.zeros((1, 3), ">f8"), "found an array of >f8"),
    "other dimensions": (np.zeros(3), "found an array of float64, (3,)"),
    "every second": (np.zeros((2, 6))[:, ::2], "not contiguous"),
    "not aligned": (np.frombuffer(b"x" * 25, np.uint8)[1:].view("f8").reshape(1, 3), "not aligned"),
}


@pytest.mark.parametrize(("given", "said"), TAKEN.values(), ids=TAKEN)
def test_a_loop_refuses_what_its_machine_code_would_misread(given: Any, said: str) -> None:
    with pytest.raises(TypeError, match="expected a contiguous array of float64 with 2 dimensions") as error:
        _stretch(given, 1.0, np.zeros(3), np.zeros((1, 3)))
    assert said in str(error.value)


def test_a_loop_refuses_to_write_what_is_read_only_and_other_numbers_of_arguments() -> None:
    points, moved = np.zeros((1, 3)), np.zeros((1, 3))
    for array in (points, moved):
        array.flags.writeable = False
    with pytest.raises(TypeError, match=r"read-only; expected .* to write into"):
        _stretch(points, 1.0, np.zeros(3), moved)
    _stretch(points, 1.0, np.zeros(3), np.zeros((1, 3)))
    for some in ((points,), (points, 1.0, np.zeros(3), np.zeros((1, 3)), 1)):
        with pytest.raises(ValueError, match="zip"):
            cast(Any, _stretch)(*some)
    with pytest.raises(Exception, match="argument"):
        _stretch(points, cast(Any, "1"), np.zeros(3), np.zeros((1, 3)))


KINDS = """
from fsbench.core.compiled import compiled

@compiled("i8(i8, u8, f8, b1)")
def number(a, b, c, d):
    return a + int(b) + int(c) + d

@compiled("b1(f8, f8)")
def less(a, b):
    return a < b

@compiled("UniTuple(i8, 2)(u1[::1], u2[:,::1], b1[:,:,::1])")
def sizes(a, b, c):
    a[0], b[0, 1], c[0, 0, 1] = 7, 8, True
    return a.size + b.size, c.shape[2]

@compiled("void(f8[::1])")
def nothing(values):
    values[:] = 1.0
"""


def test_all_kinds_of_numbers_and_arrays_arrive(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "kinds.py").write_text(KINDS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kept"))
    import kinds  # type: ignore[import-not-found]

    assert isinstance(kinds.number.load(), Linked)
    assert kinds.number(-1, 2**40, np.float64(2.7), True) == 2**40 + 2
    assert (kinds.less(1, 2), kinds.less(2.0, np.float32(1))) == (True, False)
    arrays = np.zeros(3, np.uint8), np.zeros((1, 2), np.uint16), np.zeros((1, 1, 4), bool)
    assert kinds.sizes(*arrays) == (5, 4)
    assert [array.ravel()[-1 if array.ndim > 1 else 0] for array in arrays] == [7, 8, False]
    assert arrays[2][0, 0, 1]
    empty = np.zeros(0)
    assert kinds.nothing(empty) is None
