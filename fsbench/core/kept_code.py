"""Machine code that is kept on disk, so that the next process only loads it.

It is used as long as all that went into it is the same: the function's own file, what lanes are, the numbers that the
file takes from others, the compiler and the processor.

It is used only from a folder that belongs to this user alone: whoever can write there can run code here.
"""

import functools
import hashlib
import json
import os
import platform
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from importlib.metadata import version
from multiprocessing import parent_process
from pathlib import Path
from types import FunctionType
from typing import Any

from fsbench.core.machine_code import Argument, MachineCode
from fsbench.core.own_folders import NotOursError, cache_home, make_own, require_own

_MADE_BY = ("compiled.py", "compiling.py", "machine_code.py", "lanes.py", "lanes_compiled.py")


def kept(
    function: FunctionType, signature: str, make: Callable[[], MachineCode], tell: Callable[[], None]
) -> MachineCode:
    """Machine code from disk, or made now and put there; only made, with a warning, where nothing can be kept.

    Parameters
    ----------
    function : function
    signature : str
    make : callable
        Makes it.
    tell : callable
        Called before that takes place, if it will be kept.
    """
    try:
        folder = _folder(Path(function.__code__.co_filename).absolute().parent)
        path = folder / f"{name_of(function)}.{_processor()}.loop"
        made_of = _made_of(function, signature)
        found = _read(path, made_of)
        if found is None:
            with _locked(folder):
                # Another process may have made it meanwhile.
                found = _read(path, made_of)
                if found is None:
                    tell()
                    found = make()
                    _write(path, made_of, found)
        return found
    except OSError as error:
        # The disk may be full, for example: then every process compiles for itself.
        _say_once(str(error))
        return make()


def name_of(function: FunctionType) -> str:
    """File and name of a function."""
    return f"{Path(function.__code__.co_filename).stem}.{function.__qualname__}"


def _folder(source: Path) -> Path:
    """Where a folder's loops are kept: NUMBA_CACHE_DIR, beside the source, or in this user's cache."""
    given = os.environ.get("NUMBA_CACHE_DIR")
    if given and not Path(given).is_absolute():
        raise NotOursError(f"NUMBA_CACHE_DIR is {given}, expected an absolute path")
    if given:
        place = Path(given)
    else:
        beside = source / "__pycache__"
        try:
            beside.mkdir(exist_ok=True)
            require_own(beside)
            if os.access(beside, os.W_OK):
                return beside
            raise PermissionError(f"{beside} cannot be written to")
        except OSError:
            home = cache_home()
            if home is None:
                raise
            place = home / "fsbench" / "compiled"
    make_own(place)
    folder = place / f"{source.name}-{hashlib.sha256(os.fsencode(source)).hexdigest()[:12]}"
    make_own(folder)
    return folder


@functools.cache
def _processor() -> str:
    """A short name of what the code runs on: computers that share a folder may differ."""
    from llvmlite import binding

    told = sys.implementation.cache_tag, binding.get_process_triple(), binding.get_host_cpu_name()
    digest = hashlib.sha256(repr((*told, binding.get_host_cpu_features().flatten())).encode())
    return f"{platform.machine() or 'unknown'}-{digest.hexdigest()[:12]}"


def _made_of(function: FunctionType, signature: str) -> str:
    """Digest of all that becomes part of a function's machine code; its file's as it was when it was imported."""
    import numpy as np

    digest = hashlib.sha256(repr((signature, _compiler())).encode())
    for path in (Path(function.__code__.co_filename), *map(Path(__file__).with_name, _MADE_BY)):
        digest.update(digest_of(path))
    for name, value in sorted(function.__globals__.items()):
        if isinstance(value, np.ndarray):
            digest.update(f"{name} {value.dtype} {value.shape}".encode() + value.tobytes())
        elif isinstance(value, int | float | np.generic) or _is_tuple_of_numbers(value):
            digest.update(f"{name} {value!r}".encode())
    return digest.hexdigest()


@functools.cache
def _compiler() -> Any:
    """The compiler's version and settings."""
    settings = sorted((name, value) for name, value in os.environ.items() if name.startswith("NUMBA_"))
    return version("numba"), version("llvmlite"), [one for one in settings if one[0] != "NUMBA_CACHE_DIR"]


def _is_tuple_of_numbers(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(one, int | float) for one in value)


@functools.cache
def digest_of(path: Path) -> bytes:
    """Digest of a file as it was at the first call."""
    return hashlib.sha256(path.read_bytes()).digest()


def _read(path: Path, made_of: str) -> MachineCode | None:
    """What is kept, or None if it is not there, was damaged, is made of something else, or is somebody else's."""
    try:
        require_own(path)
    except FileNotFoundError:
        return None
    except NotOursError:
        # It was written while others could write to the folder.
        path.unlink()
        return None
    head, _, rest = path.read_bytes().partition(b"\n")
    try:
        told = json.loads(head)
        if (told.pop("made_of"), told.pop("sha256")) != (made_of, hashlib.sha256(rest).hexdigest()):
            return None
        takes = [Argument(**one) for one in told.pop("takes")]
        return MachineCode(**told, takes=takes, object_code=rest)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _write(path: Path, made_of: str, code: MachineCode) -> None:
    """Keep it; who reads a file that is only half written finds that its digest differs."""
    told = asdict(code)
    rest = told.pop("object_code")
    head = json.dumps({"made_of": made_of, "sha256": hashlib.sha256(rest).hexdigest()} | told)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(head.encode() + b"\n" + rest)


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
        os.close(handle)


_said: set[str] = set()


def _say_once(why: str) -> None:
    """Warn once, in the first process, that loops are not kept."""
    if _said or parent_process() is not None:
        return
    _said.add(why)
    warnings.warn(
        f"compiled loops are not kept, so every process compiles them anew, which takes a minute: {why}; "
        "name a folder of your own in NUMBA_CACHE_DIR",
        stacklevel=2,
    )
