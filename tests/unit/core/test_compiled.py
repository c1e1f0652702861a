"""Compiled loops: loaded when they are called, kept where there is a place, and working where there is none."""

import json
import os
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from fsbench.core import kept_code
from fsbench.core.compiled import Loop
from fsbench.core.machine_code import Linked, MachineCode
from fsbench.core.mesh import _find_normals
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
COMPILING = "compiling the inner loops, once after an installation: 10 to 30 s; `fsbench warm` does nothing else"
LOOP = cast(Loop, _stretch)
PACKAGE = Path(kept_code.__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "loops.py").write_text(LOOPS)
    return tmp_path


def _call(folder: Path, **environment: str) -> str:
    everything = {**os.environ, "PYTHONPATH": f"{PACKAGE}:{folder}", "PYTHONDONTWRITEBYTECODE": "1", **environment}
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
    kept = str(folder / "kept")
    for switch in ("0", "1"):
        everything = {**os.environ, "PYTHONPATH": f"{PACKAGE}:{folder}", "NUMBA_DISABLE_JIT": switch}
        everything["NUMBA_CACHE_DIR"] = kept
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)], env=everything, capture_output=True, text=True, check=False
        )
        assert done.stdout == "12.0 nan\n"
        assert done.stderr == ("" if switch == "1" else f"fsbench: {COMPILING}\n")


DAMAGES = {
    "cut": lambda data: data[: len(data) // 2],
    "empty": lambda data: b"",
    "other": lambda data: b"x" * 99,
    "list": lambda data: b"[]\n" + data,
    "bytes": lambda data: data[:-99] + bytes(99),
    "number": lambda data: data.replace(b'"ndim": 1', b'"ndim": 2'),
    "result": lambda data: data.replace(b'"gives": ["f8"]', b'"gives": ["i8"]'),
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
    everything = {**os.environ, "PYTHONPATH": f"{PACKAGE}:{folder}", "PYTHONDONTWRITEBYTECODE": "1"}
    everything["NUMBA_CACHE_DIR"] = str(folder / "kept")
    change = (
        "import loops, pathlib; p = pathlib.Path(loops.__file__); p.write_text(p.read_text().replace('2.0 *', '3.0 *'))"
    )
    call = "import loops, numpy as np; print(loops.total(np.arange(4.0)))"
    for code, total in ((f"{change}\n{call}", "12.0"), (call, "18.0")):
        assert subprocess.check_output([sys.executable, "-c", code], env=everything, text=True) == f"{total}\n"


def test_a_loop_that_was_kept_with_something_else_is_compiled_again(folder: Path, monkeypatch) -> None:
    """What lanes are, and what made it, is part of its machine code."""

    def made_of(source: str = "", signature: str = LOOP.signature) -> str:
        kept_code._compiler.cache_clear()
        return kept_code._made_of(LOOP.function, source, signature)

    before, true = made_of(), Path.read_bytes
    assert {"calling.py", "compiled.py", "compiling.py", "machine_code.py", "lanes.py", "lanes_compiled.py"} == set(
        kept_code.HOUSE
    )
    for name in kept_code.HOUSE:
        with monkeypatch.context() as patch:
            patch.setattr(Path, "read_bytes", lambda path, name=name: b"" if path.name == name else true(path))
            assert made_of() != before
    assert before not in (made_of(source="other"), made_of(signature="f8(f8[::1], f8)"))
    with monkeypatch.context() as patch:
        patch.setattr(kept_code, "version", lambda name: f"another {name}")
        assert made_of() != before
    assert made_of() == before


@pytest.mark.parametrize("name", kept_code.SETTINGS)
def test_a_loop_of_other_settings_is_neither_kept_nor_loaded(folder: Path, monkeypatch, name: str) -> None:
    monkeypatch.setenv(f"NUMBA_{name}", "1")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(folder / "kept"))
    made, code = [], MachineCode("", [], [], [])
    for _ in range(2):
        monkeypatch.setattr(kept_code, "_said", set())
        with pytest.warns(UserWarning, match=f"NUMBA_{name} is set"):
            kept_code.kept(LOOP.function, "", "", lambda: made.append(1) or code, lambda: None)
    assert (len(made), (folder / "kept").exists()) == (2, False)


def test_a_loop_is_not_kept_where_numba_reads_settings_from_a_file(folder: Path) -> None:
    (folder / ".numba_config.yaml").write_text("opt: 0\n")
    kept = {"NUMBA_CACHE_DIR": str(folder / "kept")}
    assert "numba reads .numba_config.yaml" in _warned(folder, **kept)
    assert not (folder / "kept").exists()


def test_other_settings_change_nothing(folder: Path) -> None:
    kept = str(folder / "kept")
    settings: tuple[dict[str, str], ...] = ({}, {"NUMBA_NUM_THREADS": "1"}, {})
    assert [_call(folder, NUMBA_CACHE_DIR=kept, **one) for one in settings] == [COMPILED, LOADED, LOADED]


def test_a_second_function_of_the_same_name_is_not_taken_for_the_first(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "twice.py").write_text(
        "from fsbench.core.compiled import compiled\n"
        "@compiled('f8(f8)')\ndef f(x):\n    return x + 1.0\n"
        "g = f\n"
        "@compiled('f8(f8)')\ndef f(x):\n    return x + 2.0\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kept"))
    import twice  # type: ignore[import-not-found]

    assert (twice.g(0.0), twice.f(0.0)) == (1.0, 2.0)


def test_a_file_that_is_read_anew_gets_its_new_loop(folder: Path) -> None:
    code = """
    import importlib, pathlib, loops, numpy as np
    path = pathlib.Path(loops.__file__)
    print(loops.total(np.arange(4.0)))
    path.write_text(path.read_text().replace("2.0 *", "3.0 *") + "# longer")
    importlib.reload(loops)
    print(loops.total(np.arange(4.0)))
    """
    everything = {**os.environ, "PYTHONPATH": f"{PACKAGE}:{folder}", "NUMBA_CACHE_DIR": str(folder / "kept")}
    said = subprocess.check_output([sys.executable, "-c", textwrap.dedent(code)], env=everything, text=True)
    assert said == "12.0\n18.0\n"


def test_a_full_disk_costs_no_second_compilation_and_leaves_nothing(folder: Path, monkeypatch) -> None:
    def full(path: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setenv("NUMBA_CACHE_DIR", str(folder / "kept"))
    monkeypatch.setattr(Path, "write_bytes", full)
    monkeypatch.setattr(kept_code, "_said", set())
    made, code = [], MachineCode("", [], [], [])
    with pytest.warns(UserWarning, match="No space left on device; name another folder"):
        assert kept_code.kept(LOOP.function, "", "", lambda: made.append(1) or code, lambda: None) is code
    assert len(made) == 1
    assert [path.name for path in (folder / "kept").rglob("*") if path.is_file()] == [".fsbench.lock"]


def test_processes_that_compile_at_once_all_get_their_loop(folder: Path) -> None:
    everything = {**os.environ, "PYTHONPATH": f"{PACKAGE}:{folder}", "NUMBA_CACHE_DIR": str(folder / "kept")}
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
    head = json.dumps(theirs | {"made_of": ours["made_of"]}).encode()
    path.write_bytes(kept_code._digest_line(head, code) + b"\n" + head + b"\n" + code)
    return path


def _told(path: Path) -> tuple[dict[str, Any], bytes]:
    _, head, code = path.read_bytes().split(b"\n", 2)
    return json.loads(head), code


def _warned(folder: Path, **environment: str) -> str:
    """What is said on stderr by a process that does not take the other code."""
    everything = {**os.environ, "PYTHONPATH": f"{PACKAGE}:{folder}", "PYTHONDONTWRITEBYTECODE": "1", **environment}
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
def test_a_loop_that_the_owner_of_the_source_has_kept_beside_it_is_taken(folder: Path) -> None:
    """Such as root in an image; whoever owns the source can run anything here anyway."""
    nobody, beside = 12345, folder / "__pycache__"
    assert _call(folder, NUMBA_CACHE_DIR="") == COMPILED
    (path,) = beside.glob("*.loop")
    for one in (folder / "loops.py", beside, path):
        os.chown(one, nobody, nobody)
    assert _call(folder, NUMBA_CACHE_DIR="") == LOADED
    os.chown(path, nobody + 1, nobody + 1)
    home = {"HOME": str(folder), "XDG_CACHE_HOME": "", "NUMBA_CACHE_DIR": ""}
    assert [_call(folder, **home) for _ in range(2)] == [COMPILED, LOADED]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file away")
def test_a_loop_is_not_taken_from_another_user(folder: Path, poisoned: Path) -> None:
    os.chown(poisoned, 12345, 12345)
    assert _warned(folder, NUMBA_CACHE_DIR=str(folder / "kept")) == f"fsbench: {COMPILING}\n"
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
    everything = {**os.environ, "PYTHONPATH": f"{PACKAGE}:{folder}", "NUMBA_CACHE_DIR": str(folder / "kept")}
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
    with pytest.raises(TypeError, match=r"_stretch: .* expected a contiguous array of float64 with 2 dim") as error:
        _stretch(given, 1.0, np.zeros(3), np.zeros((1, 3)))
    assert said in str(error.value)


def test_a_loop_refuses_to_write_what_is_read_only_and_other_numbers_of_arguments() -> None:
    points, moved = np.zeros((1, 3)), np.zeros((1, 3))
    for array in (points, moved):
        array.flags.writeable = False
    with pytest.raises(TypeError, match="read-only; expected a contiguous, writable array"):
        _stretch(points, 1.0, np.zeros(3), moved)
    _stretch(points, 1.0, np.zeros(3), np.zeros((1, 3)))
    for some in ((points,), (points, 1.0, np.zeros(3), np.zeros((1, 3)), 1)):
        with pytest.raises(TypeError, match=f"_stretch: found {len(some)} arguments, expected 4"):
            cast(Any, _stretch)(*some)
    with pytest.raises(TypeError, match="_stretch: found str, expected a number"):
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
    for wrong in ((2**63, 0), (0, -1), (-(2**63) - 1, 0)):
        with pytest.raises(OverflowError, match=r"number: .* is no u?int64"):
            kinds.number(*wrong, 0.0, False)
    with pytest.raises(TypeError, match="float"):
        kinds.number(1.0, 0, 0.0, False)


REFUSED = {
    "two kinds": ('"Tuple((i8, f8))(f8)"', "x): return 1, x"),
    "one of several": ('"UniTuple(f8, 1)(f8)"', "x): return (x,)"),
    "first index fastest": ('"f8(f8[::1,:])"', "x): return x[0, 0]"),
    "short numbers": ('"f8(f4)"', "x): return x"),
    "a part of another file": ('"f8(f8)"', "x): return _dot((x, x, x), (x, x, x))"),
    "what is around it": ('"f8(f8)"', "x): return x * k"),
}


@pytest.mark.parametrize(("signature", "rest"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_called_is_refused_and_not_kept(folder: Path, signature: str, rest: str) -> None:
    (folder / "refused.py").write_text(
        "from fsbench.core.compiled import compiled\nfrom fsbench.metrics.normals import _dot\n"
        f"def made(k):\n    @compiled({signature})\n    def f({rest}\n    return f\n"
        "f = made(2.0)\n"
    )
    everything = {**os.environ, "PYTHONPATH": f"{PACKAGE}:{folder}", "NUMBA_CACHE_DIR": str(folder / "kept")}
    code = "import refused; refused.f.load()"
    done = subprocess.run([sys.executable, "-c", code], env=everything, capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1].startswith("TypeError: "), done.stderr
    assert not list((folder / "kept").rglob("*.loop"))


def test_python_itself_can_switch_compiling_off(folder: Path) -> None:
    code = (
        "import numba; numba.config.DISABLE_JIT = True; import loops, numpy as np; print(loops.total(np.arange(4.0)))"
    )
    everything = {**os.environ, "PYTHONPATH": f"{PACKAGE}:{folder}", "NUMBA_CACHE_DIR": str(folder / "kept")}
    assert subprocess.check_output([sys.executable, "-c", code], env=everything, text=True) == "12.0\n"
    for value, compiles in (("00", True), ("no", True), ("2", False)):
        run = {**everything, "NUMBA_DISABLE_JIT": value}
        code = "import loops; print(type(loops.total.load()).__name__)"
        said = subprocess.check_output([sys.executable, "-c", code], env=run, text=True)
        assert (said == "Linked\n") == compiles


def test_a_loop_that_needs_the_compiler_is_called_by_it(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "needing.py").write_text(
        "import math\nfrom fsbench.core.compiled import compiled\n"
        "@compiled('f8(f8)')\ndef factorial(x):\n    return math.gamma(x + 1.0)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kept"))
    monkeypatch.setattr(kept_code, "_said", set())
    import needing  # type: ignore[import-not-found]

    with pytest.warns(UserWarning, match="needing.factorial cannot be linked without the compiler"):
        assert needing.factorial(4.0) == pytest.approx(24, rel=1e-12)
    assert not list((tmp_path / "kept").rglob("*.loop"))


def test_a_processor_that_llvm_does_not_know_is_no_trouble(monkeypatch) -> None:
    def unknown() -> None:
        raise RuntimeError("failed to get host cpu features")

    before = kept_code._computer()
    kept_code._computer.cache_clear()
    monkeypatch.setattr("llvmlite.binding.get_host_cpu_features", unknown)
    assert kept_code._computer() != before
    kept_code._computer.cache_clear()


def test_a_type_of_another_name_is_taken() -> None:
    """Two types of C are eight bytes long, and numpy calls both int64."""
    faces = np.array([[0, 1, 2]], np.longlong)
    found, other = np.zeros((1, 3)), np.array([0], np.longlong)
    cast(Any, _find_normals)(np.eye(3), faces, other, found)
    expected = np.zeros((1, 3))
    cast(Any, _find_normals)(np.eye(3), faces.astype(np.int64), other.astype(np.int64), expected)
    np.testing.assert_array_equal(found, expected)


def test_a_call_holds_no_array_afterwards_also_one_that_is_refused() -> None:
    arrays = np.ones((2, 3)), np.zeros(3), np.zeros((2, 3))
    fixed = np.zeros((2, 3))
    fixed.flags.writeable = False
    before = [sys.getrefcount(array) for array in (*arrays, fixed)]
    for _ in range(5):
        _stretch(arrays[0], 2.0, arrays[1], arrays[2])
        for wrong in (fixed, [1.0], np.zeros(2), np.zeros((2, 6))[:, ::2]):
            with pytest.raises(TypeError):
                _stretch(arrays[0], 2.0, arrays[1], cast(Any, wrong))
    assert [sys.getrefcount(array) for array in (*arrays, fixed)] == before


def test_threads_call_a_loop_at_once() -> None:
    points = np.arange(300_000.0).reshape(-1, 3)

    def stretched(scale: float) -> float:
        moved = np.empty_like(points)
        _stretch(points, scale, np.zeros(3), moved)
        return float(np.abs(moved - scale * points).max())

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(stretched, np.arange(100.0))) == [0.0] * 100
