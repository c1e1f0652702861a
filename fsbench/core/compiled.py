"""Loops compiled to machine code, and kept on disk so that the next process only loads them.

Without the freedoms that a compiler may take with sums (no fast math, no fused products), so every machine gets the
same number. A kept function is known by its own file: what it calls stands in the same file, or a change there would
go unnoticed.

They are kept only in a folder that is this user's alone; elsewhere each process compiles for itself, and says so.

The compiler is loaded with the first call, as that takes longer than what most commands do in all.
"""

import functools
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
"""Whether numba is kept from importing scipy.linalg, as processes that are fsbench's own do; see `_without_blas`."""

_ONE_AT_A_TIME = threading.RLock()

_DAMAGE = (UnpicklingError, EOFError, ValueError, LookupError, TypeError, AttributeError, ImportError)
"""What reading a kept function raises that was cut off or overwritten."""

_Function = Callable[..., Any]
F = TypeVar("F", bound=_Function)

POINTS = "Array(f8, 2, 'C', readonly=True)"
"""Type of a mesh's vertices in a signature: a mesh is read-only."""
BYTES = "Array(u1, 1, 'C', readonly=True)"
"""Type of a text in a signature."""
FACES = "Array(i8, 2, 'C', readonly=True)"
"""Type of a mesh's faces in a signature."""


def compiled(signature: str) -> Callable[[F], F]:
    """Compile for arguments of these types and no others; the global interpreter lock is released while it runs.

    Parameters
    ----------
    signature : str
        In numba's notation: `"f8(f8[::1], i8)"` takes a contiguous array of doubles and an integer.
    """

    def decorate(function: F) -> F:
        return cast(F, _Later(function, signature))

    return decorate


def inlined(function: F) -> F:
    """A part of a compiled function that stands in the same file."""
    return cast(F, _Later(function, forceinline=True))


def merged(function: F) -> F:
    """Like `inlined`, but merged with its callers before any of them is improved.

    For loops over a few numbers at once: improved on their own first they are no longer recognised as such.
    """
    return cast(F, _Later(function, inline="always"))


def load(*modules: ModuleType) -> None:
    """Compile all compiled functions of these modules, or load what is kept of them, now."""
    for module in modules:
        for value in list(vars(module).values()):
            if isinstance(value, _Later):
                value.load()


class _Later:
    """A function that is compiled when it is called."""

    def __init__(self, function: _Function, *signature: str, **options: Any) -> None:
        functools.update_wrapper(self, function)
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
                        # The compiler knows its own functions only.
                        parts[name] = part.load()
                self._made = self._compile()
            return self._made

    def _compile(self) -> _Function:
        with _without_blas():
            import numpy as np
            from numba import config, njit

            if getattr(config, "DISABLE_JIT"):  # noqa: B009 - by NUMBA_DISABLE_JIT; numba's types do not know it
                # Division by zero is as the compiler has it, without a warning.
                return np.errstate(all="ignore")(self._function) if self._signature else self._function
            compiler: Any = functools.partial(njit, nogil=True, error_model="numpy", **self._options)
            kept = self._kept(compiler) if self._signature else None
            return kept or cast(_Function, compiler(*self._signature)(self._function))

    def _kept(self, compiler: Any) -> _Function | None:
        """As it is on disk, or compiled and put there; None where that cannot be."""
        try:
            with _keeping_place(self._function):
                made = compiler(cache=True)(self._function)
            folder = Path(made.stats.cache_path)
            # It is machine code in a pickle: who writes it decides what runs here.
            require_own(folder)
            self._remove_foreign(folder)
        except (OSError, RuntimeError) as error:
            _say_once(str(error))
            return None
        try:
            with _locked(folder):
                made.compile(*self._signature)
            made.disable_compile()
            self._keep_others_out(folder)
            return cast(_Function, made)
        except (OSError, RuntimeError) as error:
            # No room there, for one: every process compiles for itself.
            _say_once(str(error))
            return None
        except _DAMAGE:
            # The next process keeps it again.
            self._remove_kept(folder)
            return None

    def _files(self, folder: Path) -> Iterator[Path]:
        return folder.glob(f"*.{self._function.__qualname__}-*.nb?")

    def _remove_foreign(self, folder: Path) -> None:
        """Remove what was put there while the folder was not ours alone."""
        for path in self._files(folder):
            try:
                require_own(path)
            except NotOursError:
                path.unlink()

    def _keep_others_out(self, folder: Path) -> None:
        """Some users' files may be written by their group unless they say otherwise."""
        for path in self._files(folder):
            path.chmod(0o600)

    def _remove_kept(self, folder: Path) -> None:
        with suppress(OSError):
            for path in self._files(folder):
                path.unlink()


@contextmanager
def _keeping_place(function: _Function) -> Iterator[None]:
    """Let numba keep the function in a folder of ours: the one in NUMBA_CACHE_DIR, beside the source, or in our cache.

    numba itself would take any folder that it can write to, also one below the working directory.
    """
    import numba

    # Its settings are made when it is imported, so types know none of them.
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
    """A folder for `config.CACHE_DIR`; empty where numba finds the one beside the source by itself."""
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


_said: set[str] = set()


def _say_once(why: str) -> None:
    """Warn that loops are not kept, in the first process and once."""
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
    """Keep other processes from writing there, where the system lets us.

    Two that compile for different processors could else mix up whose code is in which file, and the next one would
    run instructions that its processor does not have.
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
    """Spare numba its import of scipy.linalg, which takes longer than all else that a kept function needs.

    numba looks once whether there is a BLAS, for `np.inner`; functions that multiply matrices import it all the same.
    For a moment nobody can import it, so this is for processes of our own (`spares_scipy`) only.
    """
    if not spares_scipy or "numba.np.arraymath" in sys.modules or _BLAS in sys.modules:
        yield
        return
    sys.modules[_BLAS] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[_BLAS]
