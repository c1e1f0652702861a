"""Own: a user's function as an adapter, by file or by entry point.

This is the one place where fsbench runs code that is not its own. That code is trusted, as the user names it; its
errors are not ours, so they become the sample's reason.
"""

import difflib
import hashlib
import importlib.util
import inspect
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from fsbench.core.errors import FsbenchError, MeshError, MissingError, UsageError
from fsbench.core.mesh import Mesh
from fsbench.submissions.adapter import ExpectedFile, check_call, sections

GROUP = "fsbench.adapters"
Function = Callable[[Path, str, float | None], Any]


@dataclass(frozen=True, slots=True)
class Own:
    """A function (folder, sample, focal_px) -> Mesh or (vertices, faces) in the benchmark's camera frame.

    Vertices and faces may be tensors, with a gradient or on a GPU too.

    If there is no prediction it returns None or raises `fsbench.core.errors.MissingError` or FileNotFoundError.

    Parameters
    ----------
    name : str
        As the user gave it.
    path : str
        Python file, absolute; empty for an entry point.
    function : str
        Name of the function in the file, or of the entry point.
    """

    name: str
    path: str
    function: str

    def files(self, sample: str) -> tuple[ExpectedFile, ...]:
        """None: only the function knows which files it reads."""
        return ()

    def load(self, folder: str | Path, sample: str, focal_px: float | None = None) -> Mesh:
        """Call the function.

        Raises
        ------
        MissingError
            If the function reports that there is no prediction.
        MeshError
            If it returns no mesh.
        FsbenchError
            If it fails otherwise: the message is the last line of its traceback.
        UsageError
            As `Adapter.load`, and if the function cannot be found.
        """
        check_call(folder, sample, focal_px)
        function = self.resolve()
        try:
            with _foreign_code(self.path):
                returned = function(Path(folder), sample, focal_px)
        except FileNotFoundError as error:
            raise MissingError(f"no prediction: {error.filename or error} is not there (says {self.name})") from error
        except _ForeignError as error:
            raise FsbenchError(f"{self.name}: {error}") from error
        if returned is None:
            raise MissingError(f"no prediction: {self.name} returned None")
        return self._mesh(returned)

    def settings(self) -> dict[str, Any]:
        """Name, and the SHA-256 of the file: the code is the setting."""
        if not self.path:
            return {"adapter": self.name, **_origin(self.function)}
        return {"adapter": self.name, "sha256": hashlib.sha256(Path(self.path).read_bytes()).hexdigest()}

    def check_benchmark(self, *, in_the_lab: bool) -> None:
        """Accept every benchmark; raise UsageError if the function cannot be found."""
        self.resolve()

    @property
    def text(self) -> dict[str, str]:
        """Docstring of the function, by section."""
        return sections(inspect.getdoc(self.resolve()) or "")

    def resolve(self) -> Function:
        """Find the function; the file is imported once a process, and again when it was changed.

        Raises
        ------
        UsageError
            If there is no such file or function, or importing it fails.
        """
        if not self.path:
            loaded = _load_entry_point(self.function)
        else:
            module = _module(self.path, _content(self.path))
            if not hasattr(module, self.function):
                near = difflib.get_close_matches(self.function, vars(module), n=1)
                hint = f". Did you mean {near[0]}?" if near else " in it"
                raise UsageError(f"{self.path}: there is no function {self.function!r}{hint}")
            loaded = getattr(module, self.function)
        if not callable(loaded):
            raise UsageError(f"{self.name}: {self.function} is {type(loaded).__name__}, expected a function")
        found: Function = loaded
        return found

    def _mesh(self, returned: Any) -> Mesh:
        if isinstance(returned, Mesh):
            return returned.without_unused()
        if not isinstance(returned, tuple | list) or len(returned) != 2:
            raise MeshError(f"{self.name} returned {type(returned).__name__}, expected a Mesh or (vertices, faces)")
        try:
            return Mesh(*returned).without_unused()
        except (MeshError, ValueError, TypeError) as error:
            raise MeshError(f"{self.name} returned no usable mesh: {error}") from error


def from_file(spec: str) -> Own:
    """The adapter FILE.py:function, checked by importing it.

    Raises
    ------
    UsageError
        If `spec` has another form, or as `Own.resolve`.
    """
    file, _, function = spec.rpartition(":")
    path = Path(file)
    if path.suffix != ".py" or not function.isidentifier():
        raise UsageError(f"adapter {spec!r}: expected FILE.py:function")
    if not path.is_file():
        raise UsageError(f"adapter {spec!r}: there is no file {file}")
    own = Own(f"{path.name}:{function}", str(path.resolve()), function)
    own.resolve()
    return own


def entry_point_names() -> tuple[str, ...]:
    """Names in the entry-point group `fsbench.adapters`, sorted."""
    return tuple(sorted({point.name for point in entry_points(group=GROUP)}))


def from_entry_point(name: str) -> Any:
    """The adapter that an installed package offers under `name`; a function is wrapped in `Own`.

    Raises
    ------
    UsageError
        If it cannot be imported, or is neither.
    """
    loaded = _load_entry_point(name)
    if all(hasattr(loaded, part) for part in ("name", "files", "load", "settings")):
        return loaded
    own = Own(name, "", name)
    own.resolve()
    return own


def _entry_point(name: str) -> EntryPoint:
    found = tuple(entry_points(group=GROUP, name=name))
    if not found:
        raise UsageError(f"no installed package offers an adapter {name!r}")
    if len({point.value for point in found}) > 1:
        raise UsageError(f"several installed packages offer an adapter {name!r}: {', '.join(p.value for p in found)}")
    return found[0]


def _load_entry_point(name: str) -> Any:
    point = _entry_point(name)
    try:
        with _foreign_code():
            return point.load()
    except (_ForeignError, FsbenchError, FileNotFoundError) as error:
        raise UsageError(f"adapter {name!r} ({point.value}) cannot be imported: {_reason(error)}") from error


def _origin(name: str) -> dict[str, str]:
    point = _entry_point(name)
    package = "" if point.dist is None else f"{point.dist.name} {point.dist.version}"
    return {"entry_point": point.value, "package": package}


def _content(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from None


@lru_cache(maxsize=16)
def _module(path: str, content: bytes) -> ModuleType:
    """The module of the file with this content; a changed file is another module."""
    # A name of its own: the file may be called numpy.py, and two files may share a name.
    name = f"fsbench_own_{hashlib.sha256(os.fsencode(path) + content).hexdigest()[:12]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path}: cannot be imported")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses and pickles of the file look their module up.
    sys.modules[name] = module
    try:
        with _foreign_code(path):
            # Python's own cache is not used, as it tells versions apart by size and whole seconds only.
            exec(compile(content, path, "exec"), vars(module))
    except (_ForeignError, FsbenchError, FileNotFoundError) as error:
        del sys.modules[name]
        raise UsageError(f"{path}: cannot be imported: {_reason(error, path)}") from error
    return module


class _ForeignError(Exception):
    """Where and why foreign code failed, in a line."""


@contextmanager
def _foreign_code(path: str = "") -> Iterator[None]:
    """Run code that is not ours: its prints go to stderr, as stdout is for data, and it may raise anything.

    `path` is the user's own file, whose line an error names.

    Raises
    ------
    FsbenchError, FileNotFoundError
        As the code raised them.
    _ForeignError
        For all else but Ctrl-C; sys.exit is no way out of a sample.
    """
    try:
        with redirect_stdout(sys.stderr):
            yield
    except (FsbenchError, FileNotFoundError, KeyboardInterrupt, MemoryError):
        raise
    except BaseException as error:  # see the module's text
        raise _ForeignError(_last_line(error, path)) from error


def _reason(error: Exception, path: str = "") -> str:
    return str(error) if isinstance(error, _ForeignError) else _last_line(error, path)


def _last_line(error: BaseException, path: str) -> str:
    """The line that failed in the user's file, else in the code that it calls, and the last line of the traceback."""
    lines = traceback.format_exception_only(error)
    places = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    # A file with a syntax error has no frame.
    odd = [(error.filename, error.lineno)] if isinstance(error, SyntaxError) and error.filename else []
    file, line = next(
        iter([*odd, *(place for place in reversed(places) if place[0] == path), *places[-1:]]), ("", None)
    )
    return (f"{Path(file).name}, line {line}: " if file else "") + lines[-1].strip()
