"""Loops compiled to machine code, and kept on disk so that the next process only loads them.

The compiler may not reorder or fuse sums (no fast math, no fused products), so every machine gets the same number.
Kept machine code is used as long as all that went into it is the same: the function's own file, `core.lanes`, and the
numbers that its file takes from others, such as the side of a map. So a function calls compiled functions of its own
file and of `core.lanes` only.

A compiled function makes no array, its caller does: otherwise references of arrays are counted, with locked
instructions, wherever an inlined part takes one, and that takes up to half of a loop's time.

The compiler checks every index of a signed type, as a negative one counts from the end. That check takes up to a third
of a loop's time, so the hottest loops use `np.uint64`. Add only two of these: a sum with a signed number is signed.

The cache is used only in a folder that belongs to this user alone; otherwise each process compiles, and warns.

The compiler is loaded at the first call, as loading it takes longer than most commands do.
"""

import functools
import hashlib
import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import parent_process
from pathlib import Path
from pickle import UnpicklingError
from types import ModuleType
from typing import Any, TypeVar, cast

from fsbench.core.own_folders import NotOursError, cache_home, make_own, require_own

spares_scipy = False
"""Whether numba may not import scipy.linalg; only fsbench's own processes set this, see `_without_blas`."""

tell: Callable[[str], None] | None = None
"""Called with a sentence for the user when a process first compiles a loop. Set like `spares_scipy`."""

_ONE_AT_A_TIME = threading.RLock()

_DAMAGE = (UnpicklingError, EOFError, ValueError, LookupError, TypeError, AttributeError, ImportError)
"""Errors of reading a cached function that was cut off or overwritten."""

_Function = Callable[..., Any]
F = TypeVar("F", bound=_Function)

POINTS = "Array(f8, 2, 'C', readonly=True)"
"""Type of a mesh's vertices in a signature: a mesh is read-only."""
BYTES = "Array(u1, 1, 'C', readonly=True)"
"""Type of a text in a signature."""
FACES = "Array(i8, 2, 'C', readonly=True)"
"""Type of a mesh's faces in a signature."""
MASK = "Array(b1, 2, 'C', readonly=True)"
"""Type of an image's mask in a signature."""


def compiled(signature: str, *, makes_arrays: bool = False) -> Callable[[F], F]:
    """Compile for arguments of these types and no others; the global interpreter lock is released while it runs.

    Parameters
    ----------
    signature : str
        In numba's notation: `"f8(f8[::1], i8)"` takes a contiguous array of doubles and an integer.
    makes_arrays : bool
        Whether it makes arrays; the compiler refuses a function that makes some and does not say so.
    """

    def decorate(function: F) -> F:
        return cast(F, _Later(function, signature, _nrt=makes_arrays))

    return decorate


def inlined(function: F) -> F:
    """Mark a function that compiled functions of the same file include; it neither makes nor returns an array."""
    return cast(F, _Later(function, forceinline=True, _nrt=False))


def merged(function: F) -> F:
    """Like `inlined`, but merged with its callers before any of them is improved.

    For loops over a few numbers at once: if optimised alone first, the compiler no longer recognises them as such.
    """
    return cast(F, _Later(function, inline="always"))


def load(*modules: ModuleType) -> None:
    """Compile all compiled functions of these modules now, or load them from the cache."""
    for module in modules:
        for value in list(vars(module).values()):
            if isinstance(value, _Later):
                value.load()


class _Later:
    """A function that is compiled at its first call."""

    def __init__(self, function: _Function, *signature: str, **options: Any) -> None:
        functools.update_wrapper(self, function)
        # Its file as it is now: it may be another one when the function is compiled.
        with suppress(OSError):
            _digest_of(Path(function.__code__.co_filename))
        self._function, self._signature, self._options = function, signature, options
        self._made: _Function | None = None

    def __call__(self, *arguments: Any) -> Any:
        return (self._made or self.load())(*arguments)

    def load(self) -> _Function:
        with _ONE_AT_A_TIME:
            if self._made is None:
                parts = self._function.__globals__
                for name in self._function.__code__.co_names:
                    if isinstance(part := parts.get(name), _Later):
                        # The compiler accepts its own functions only.
                        parts[name] = part.load()
                self._made = self._compile()
            return self._made

    def _compile(self) -> _Function:
        with _without_blas():
            import numpy as np
            from numba import config, njit

            if getattr(config, "DISABLE_JIT"):  # noqa: B009 - by NUMBA_DISABLE_JIT; numba's types do not know it
                # Compiled code divides by zero without a warning, so Python must too.
                return np.errstate(all="ignore")(self._function) if self._signature else self._function

            import fsbench.core.lanes_compiled  # noqa: F401 - tells the compiler what lanes are

            compiler: Any = functools.partial(njit, nogil=True, error_model="numpy", **self._options)
            kept = self._kept(compiler) if self._signature else None
            return kept or cast(_Function, compiler(*self._signature)(self._function))

    def _kept(self, compiler: Any) -> _Function | None:
        """Load from the cache, or compile and cache; None if there is no usable cache folder."""
        try:
            with _keeping_place(self._function):
                made = compiler(cache=True)(self._function)
            folder = Path(made.stats.cache_path)
            # A cached function is machine code in a pickle: whoever can write it can run code here.
            require_own(folder)
            self._remove_foreign(folder)
        except (OSError, RuntimeError) as error:
            _say_once(str(error))
            return None
        try:
            with _locked(folder):
                self._forget_outdated(folder)
                made.compile(*self._signature)
            if not sum(made.stats.cache_hits.values()):
                _tell_once()
                self._keep_others_out(folder)
            made.disable_compile()
            return cast(_Function, made)
        except (OSError, RuntimeError) as error:
            # The disk may be full, for example: then every process compiles for itself.
            _say_once(str(error))
            return None
        except _DAMAGE:
            # The next process caches it again.
            self._remove_kept(folder)
            return None

    @property
    def _name(self) -> str:
        return f"{Path(self._function.__code__.co_filename).stem}.{self._function.__qualname__}"

    def _files(self, folder: Path) -> Iterator[Path]:
        return folder.glob(f"{self._name}-*.nb?")

    def _forget_outdated(self, folder: Path) -> None:
        """Remove what was made of something else; the caller has locked the folder.

        numba by itself compares the date and size of the function's own file.
        """
        mark, made_of = folder / f"{self._name}.made-of", _made_of(self._function).encode()
        if mark.is_file() and mark.read_bytes() == made_of:
            return
        for path in self._files(folder):
            path.unlink(missing_ok=True)
        mark.write_bytes(made_of)
        mark.chmod(0o600)

    def _remove_foreign(self, folder: Path) -> None:
        """Remove files that were written while others could write to the folder."""
        for path in self._files(folder):
            try:
                require_own(path)
            except NotOursError:
                path.unlink()

    def _keep_others_out(self, folder: Path) -> None:
        """Let only this user write the files; some users' default lets their group write."""
        for path in self._files(folder):
            path.chmod(0o600)

    def _remove_kept(self, folder: Path) -> None:
        with suppress(OSError):
            for path in self._files(folder):
                path.unlink()


@contextmanager
def _keeping_place(function: _Function) -> Iterator[None]:
    """Let numba cache the function in a folder of ours: NUMBA_CACHE_DIR, beside the source, or our cache folder.

    numba by itself takes any folder that it can write to, even below the working directory.
    """
    import numba

    # numba makes its settings at import, so its types do not list them.
    config: Any = numba.config
    given = config.CACHE_DIR
    try:
        if not given:
            config.CACHE_DIR = _own_place(Path(function.__code__.co_filename).absolute().parent / "__pycache__")
        elif Path(given).exists():
            require_own(Path(given))
        elif not Path(given).is_absolute():
            raise NotOursError(f"NUMBA_CACHE_DIR is {given}, expected an absolute path")
        yield
    finally:
        config.CACHE_DIR = given


def _own_place(beside_source: Path) -> str:
    """A folder for `config.CACHE_DIR`; empty if numba finds the folder beside the source by itself."""
    try:
        beside_source.mkdir(exist_ok=True)
        require_own(beside_source)
    except OSError:
        home = cache_home()
        if home is None:
            raise
        folder = home / "fsbench" / "compiled"
        make_own(folder)
        return str(folder)
    return ""


def _made_of(function: _Function) -> str:
    """Digest of all that becomes part of a function's machine code; its file's as it was when it was imported."""
    import numpy as np

    digest = hashlib.sha256()
    lanes = (Path(__file__).with_name(name) for name in ("compiled.py", "lanes.py", "lanes_compiled.py"))
    for path in (Path(function.__code__.co_filename), *lanes):
        digest.update(_digest_of(path))
    for name, value in sorted(function.__globals__.items()):
        if isinstance(value, np.ndarray):
            digest.update(f"{name} {value.dtype} {value.shape}".encode() + value.tobytes())
        elif isinstance(value, int | float | np.generic) or _is_tuple_of_numbers(value):
            digest.update(f"{name} {value!r}".encode())
    return digest.hexdigest()


def _is_tuple_of_numbers(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(one, int | float) for one in value)


@functools.cache
def _digest_of(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


def _tell_once() -> None:
    """Tell the user, after the first loop that was not in the cache, that more will be compiled."""
    global tell
    if tell is not None:
        tell("compiling the inner loops, once after an installation: 10 to 30 s; `fsbench warm` does nothing else")
        tell = None


_said: set[str] = set()


def _say_once(why: str) -> None:
    """Warn once, in the first process, that loops are not cached."""
    if _said or parent_process() is not None:
        return
    _said.add(why)
    warnings.warn(
        f"compiled loops are not kept, so every process compiles them anew, which takes a minute: {why}; "
        "name a folder of your own in NUMBA_CACHE_DIR",
        stacklevel=2,
    )


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Lock the cache folder against other processes, if the system has locks.

    Without a lock, two processes that compile for different processors could overwrite each other's files, and a third
    would run instructions that its processor does not have.
    """
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


_BLAS = "scipy.linalg.cython_blas"


@contextmanager
def _without_blas() -> Iterator[None]:
    """Keep numba from importing scipy.linalg, which takes longer than everything else that a cached function needs.

    numba checks once whether there is a BLAS, for `np.inner`; functions that multiply matrices still import it.
    Meanwhile no code can import scipy.linalg, so only our own processes do this (`spares_scipy`).
    """
    if not spares_scipy or "numba.np.arraymath" in sys.modules or _BLAS in sys.modules:
        yield
        return
    sys.modules[_BLAS] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[_BLAS]
