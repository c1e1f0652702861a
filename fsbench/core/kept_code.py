"""Machine code that is kept on disk, so that the next process only loads it.

It is used as long as all that went into it is the same: the function and its file, what lanes are, the numbers that the
file takes from others, the compiler and the processor. Settings of numba that change machine code switch keeping off.

It is used only where nobody else can write but who can write the source: machine code runs as the source does.
"""

import functools
import hashlib
import itertools
import json
import os
import platform
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from importlib.metadata import version
from multiprocessing import parent_process
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, NamedTuple

from fsbench.core.machine_code import Argument, MachineCode
from fsbench.core.own_folders import cache_home, make_own, require_own

HOUSE = ("calling.py", "compiled.py", "compiling.py", "machine_code.py", "lanes.py", "lanes_compiled.py")
"""Files beside this one that decide what the compiler makes of a function."""

SETTINGS = (
    *("OPT", "LOOP_VECTORIZE", "SLP_VECTORIZE", "BOUNDSCHECK", "DEBUGINFO_DEFAULT"),
    *("CPU_NAME", "CPU_FEATURES", "ENABLE_AVX", "DISABLE_INTEL_SVML"),
)
"""Settings of numba that change machine code; in the environment their names begin with `NUMBA_`."""

_SETTINGS_FILE = ".numba_config.yaml"
"""numba reads settings from a file of this name in the working directory."""


class _NotKeptError(Exception):
    """Machine code is not kept; the text says why, and what to do."""


def kept(
    function: FunctionType, source: str, signature: str, make: Callable[[], MachineCode], tell: Callable[[], None]
) -> MachineCode:
    """Machine code from disk, or made now and put there; only made, with a warning, where nothing can be kept.

    Parameters
    ----------
    function : function
    source : str
        Digest of its file when it was imported.
    signature : str
    make : callable
        Makes the machine code.
    tell : callable
        Called before that, if the machine code will be kept.
    """
    try:
        _refuse_settings()
        name, made_of = f"{name_of(function)}.{_computer()}.loop", _made_of(function, source, signature)
        places = _places(function)
        for place in places:
            if (found := _read(place, name, made_of)) is not None:
                return found
        folder = _writable(places)
    except _NotKeptError as why:
        say_once(str(why))
        return make()
    with _locked(folder.path):
        # Another process may have made it meanwhile.
        found = _read(folder, name, made_of)
        if found is None:
            tell()
            found = make()
            try:
                _write(folder.path / name, made_of, found)
            except OSError as error:
                # The disk may be full, for example: then every process compiles for itself.
                say_once(f"{error}; name another folder of your own in NUMBA_CACHE_DIR")
    return found


def name_of(function: FunctionType) -> str:
    """File and name of a function, for messages."""
    return f"{Path(function.__code__.co_filename).stem}.{function.__qualname__}"


def source_digest(function: FunctionType) -> str:
    """Digest of a function's file as it is now; empty if it is in none."""
    try:
        return hashlib.sha256(Path(function.__code__.co_filename).read_bytes()).hexdigest()
    except OSError:
        return ""


def _refuse_settings() -> None:
    """Raise if numba would make other machine code than it does by itself."""
    if given := [f"NUMBA_{name}" for name in SETTINGS if os.environ.get(f"NUMBA_{name}")]:
        raise _NotKeptError(f"{given[0]} is set, which changes machine code; unset it")
    if os.path.lexists(_SETTINGS_FILE):
        raise _NotKeptError(f"numba reads {_SETTINGS_FILE} in the working directory; remove it, or work elsewhere")


class _Place(NamedTuple):
    """A folder for machine code; it and its files belong to this user, or to the owner of `source`."""

    path: Path
    source: Path | None = None


def _places(function: FunctionType) -> Sequence[_Place]:
    """NUMBA_CACHE_DIR; or beside the source, then in this user's cache."""
    source = Path(function.__code__.co_filename).absolute()
    if not source.is_file():
        raise _NotKeptError(f"{name_of(function)} is in no file; move it to one")
    below = f"{source.parent.name}-{hashlib.sha256(os.fsencode(source.parent)).hexdigest()[:12]}"
    if given := os.environ.get("NUMBA_CACHE_DIR"):
        if not Path(given).is_absolute():
            raise _NotKeptError(f"NUMBA_CACHE_DIR is {given!r}; give an absolute path")
        return [_Place(Path(given) / below)]
    home = cache_home()
    beside = _Place(source.parent / "__pycache__", source)
    return [beside] if home is None else [beside, _Place(home / "fsbench" / "compiled" / below)]


def _writable(places: Sequence[_Place]) -> _Place:
    """The first folder that this user alone can write to; it is made if it is not there."""
    trouble = ""
    for place in places:
        try:
            if place.source is None:
                make_own(place.path.parent)
                make_own(place.path)
            else:
                place.path.mkdir(exist_ok=True)
                require_own(place.path)
            if os.access(place.path, os.W_OK):
                return place
            trouble = f"{place.path} cannot be written to"
        except OSError as error:
            trouble = str(error)
    raise _NotKeptError(f"{trouble}; name another folder of your own in NUMBA_CACHE_DIR")


@functools.cache
def _computer() -> str:
    """A short name of the kind of computer, as several kinds may share a folder."""
    from llvmlite import binding

    told = sys.implementation.cache_tag, binding.get_process_triple(), binding.get_host_cpu_name()
    features = ""
    with suppress(RuntimeError):  # LLVM does not know those of every processor
        features = binding.get_host_cpu_features().flatten()
    digest = hashlib.sha256(repr((*told, features)).encode())
    return f"{platform.machine() or 'unknown'}-{digest.hexdigest()[:12]}"


def _made_of(function: FunctionType, source: str, signature: str) -> str:
    """Digest of all that becomes part of a function's machine code."""
    import numpy as np

    digest = hashlib.sha256(repr((source, signature, _compiler(), _code(function.__code__))).encode())
    for name, value in sorted(function.__globals__.items()):
        if isinstance(value, np.ndarray):
            digest.update(f"{name} {value.dtype} {value.shape}".encode() + value.tobytes())
        elif isinstance(value, int | float | np.generic) or _is_tuple_of_numbers(value):
            digest.update(f"{name} {value!r}".encode())
    return digest.hexdigest()


@functools.cache
def _compiler() -> tuple[str, ...]:
    """Versions of the compiler, and digests of our part of it."""
    house = (Path(__file__).with_name(name) for name in HOUSE)
    return version("numba"), version("llvmlite"), *(hashlib.sha256(path.read_bytes()).hexdigest() for path in house)


def _code(code: CodeType) -> tuple[Any, ...]:
    """What a function does: its file may hold another one of this name, or have changed since it was imported."""
    constants = [_code(one) if isinstance(one, CodeType) else repr(one) for one in code.co_consts]
    return code.co_code, code.co_names, code.co_varnames, constants


def _is_tuple_of_numbers(value: object) -> bool:
    import numpy as np

    return isinstance(value, tuple) and all(isinstance(one, int | float | np.generic) for one in value)


def _read(place: _Place, name: str, made_of: str) -> MachineCode | None:
    """What is kept, or None if it is not there, was damaged, is made of something else, or is somebody else's."""
    path = place.path / name
    try:
        require_own(place.path, place.source)
        if not path.is_file():
            return None
        require_own(path, place.source)
        digest, head, code = path.read_bytes().split(b"\n", 2)
    except (OSError, ValueError):
        return None
    if digest != _digest_line(head, code):
        return None
    content = json.loads(head)
    if content.pop("made_of") != made_of:
        return None
    takes, ends = [Argument(**one) for one in content.pop("takes")], itertools.accumulate(content.pop("sizes"))
    objects = [code[start:end] for start, end in itertools.pairwise([0, *ends])]
    return MachineCode(**content, takes=takes, objects=objects)


def _write(path: Path, made_of: str, code: MachineCode) -> None:
    """Keep machine code; another process sees the whole file or none."""
    content = asdict(code)
    objects = content.pop("objects")
    head = json.dumps(content | {"made_of": made_of, "sizes": [*map(len, objects)]}).encode()
    whole = b"".join(objects)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".loop-")
    os.close(handle)
    own = Path(name)
    try:
        own.write_bytes(b"\n".join([_digest_line(head, whole), head, whole]))
        own.replace(path)
    except OSError:
        own.unlink(missing_ok=True)
        raise


def _digest_line(head: bytes, code: bytes) -> bytes:
    return hashlib.sha256(head + b"\n" + code).hexdigest().encode()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Lock the folder against other processes, if the system has locks, so that only one of them compiles."""
    try:
        import fcntl

        handle = os.open(folder / ".fsbench.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except (ImportError, OSError):
        yield
        return
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        # A process that was forked meanwhile shares the lock, so closing alone would not end it.
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_UN)
        os.close(handle)


_said: set[str] = set()


def say_once(why: str) -> None:
    """Warn once, in the first process, that loops are not kept."""
    if _said or parent_process() is not None:
        return
    _said.add(why)
    warnings.warn(
        f"compiled loops are not kept, so every process compiles them anew, which takes 10 to 30 s: {why}", stacklevel=2
    )
