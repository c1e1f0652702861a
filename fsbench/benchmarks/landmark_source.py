"""Sources of landmarks: a file for every sample, or vertices or places on triangles of a fixed topology."""

import glob
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fsbench.core.errors import FormatError, UsageError
from fsbench.core.mesh import Floats
from fsbench.io.files import digest_of
from fsbench.io.folders import the_one, with_an_ending
from fsbench.io.landmark_places import Places, read_places
from fsbench.io.landmarks import LANDMARK_SUFFIXES
from fsbench.io.names import is_there, named

_INDICES = re.compile(r"\s*\d+\s*(,\s*\d+\s*)*")
_FEWEST = 3
_PLACE = re.compile(r"\{(\w+)\}")
FORMS = (
    "a folder with a file of each sample's name, a pattern such as {sample}_marks.csv, "
    "or vertex indices (a .json or .npy list, or 12,55,93), or a .json list of [triangle, w1, w2]"
)


@dataclass(frozen=True, slots=True)
class LandmarkSource:
    """Landmarks of one side; use `parse_source`.

    Attributes
    ----------
    pattern : str
        File of a sample, with `{sample}` and further names in braces, and `*` for anything; relative to the side's own
        folder unless absolute. Without an ending, every ending that `read_landmarks` knows is tried.
    indices : tuple of int
        Vertices, or triangles where there are `weights`, instead of a file.
    weights : tuple of (float, float, float)
        Of the triangles' corners.
    own : Path or None
        Folder that the pattern is relative to, instead of the side's own.
    """

    pattern: str = ""
    indices: tuple[int, ...] = ()
    own: Path | None = None
    weights: tuple[tuple[float, float, float], ...] = ()

    @property
    def places(self) -> Places:
        """Vertices or places on triangles that are the same on every mesh."""
        if not self.weights:
            return Places(self.indices)
        return Places(triangles=np.array(self.indices, np.int64), weights=np.array(self.weights, np.float64))

    def path(self, folder: Path, names: Mapping[str, str]) -> Path | None:
        """The file of a sample; None if there is none.

        Raises
        ------
        FormatError
            If several files fit, as the choice must not depend on the order of endings.
        UsageError
            If the pattern holds an unknown name in braces.
        """
        self.refuse_unknown(names)
        if not glob.has_magic(_PLACE.sub("", self.pattern)):
            plain = _PLACE.sub(lambda found: names[found[1]], self.pattern)
            return the_one(path for ending in self._endings for path in named(self.own or folder, f"{plain}{ending}"))
        filled = _PLACE.sub(lambda found: glob.escape(names[found[1]]), self.pattern)
        # An absolute pattern replaces the folder.
        whole = Path(glob.escape(str(self.own or folder))) / filled
        return the_one(Path(path) for ending in self._endings for path in sorted(glob.glob(f"{whole}{ending}")))  # noqa: PTH207

    def wanted(self, folder: Path, names: Mapping[str, str]) -> str:
        """The files that `path` looks for, as text for messages."""
        whole = (self.own or folder) / _PLACE.sub(lambda found: names[found[1]], self.pattern)
        return str(whole) if self._endings == ("",) else with_an_ending(whole)

    def refuse_unknown(self, names: Iterable[str]) -> None:
        """Raise UsageError if the pattern holds a name in braces that is not among `names`."""
        unknown = set(_PLACE.findall(self.pattern)) - set(names)
        if unknown:
            known = ", ".join(f"{{{name}}}" for name in names)
            raise UsageError(f"{self.pattern}: there is no {{{min(unknown)}}} here; there are {known}")

    def content(self, folder: Path, names: Mapping[str, str]) -> str:
        """Changes with the landmarks of a sample; empty if there is no file of them.

        Raises
        ------
        FormatError
            As `path`.
        """
        if self.indices:
            return ",".join(map(str, (*self.indices, *self.weights)))
        path = self.path(folder, names)
        return "" if path is None else digest_of(path)

    @property
    def _endings(self) -> tuple[str, ...]:
        """Endings to try after the pattern; none if it has one."""
        if Path(self.pattern).suffix.lower() in LANDMARK_SUFFIXES:
            return ("",)
        return tuple(spelt for suffix in LANDMARK_SUFFIXES for spelt in (suffix, suffix.upper()))

    def read(self, folder: Path, names: Mapping[str, str], whose: Path) -> Floats | None:
        """Landmarks of the mesh in the file `whose`, (n, 3) in its unit; None if there is no file of landmarks.

        Raises
        ------
        FormatError, MeshError
            If a file is unusable, or the mesh lacks a vertex or triangle that is named.
        """
        if self.indices:
            return self.places.on(whose)
        path = self.path(folder, names)
        return None if path is None else landmarks_of(whose, path)


def landmarks_of(whose: Path, path: Path) -> Floats:
    """Landmarks of the mesh in the file `whose`, (n, 3) in its unit, by the points or places in `path`.

    Raises
    ------
    FormatError, MeshError
        As `LandmarkSource.read`.
    """
    return read_places(path).on(whose)


def n_landmarks_in(path: Path) -> int:
    """Number of landmarks in a file; FormatError if it is unusable."""
    return len(read_places(path))


def parse_source(text: str) -> LandmarkSource | None:
    """The source that a user typed; None if the text is empty.

    Raises
    ------
    UsageError
        If the text names no source of landmarks.
    FormatError
        If it names a file without vertex indices or places on triangles.
    """
    if not text:
        return None
    if _INDICES.fullmatch(text) and not is_there(text):
        return LandmarkSource(indices=_enough(text, tuple(int(word) for word in text.split(","))))
    if "{" in text:
        return LandmarkSource(text)
    path = Path(text)
    if is_there(path) and path.is_dir():
        # Braces in the name of an existing folder are no pattern.
        return LandmarkSource("{sample}", own=path.resolve())
    if not (is_there(path) and path.is_file()):
        raise UsageError(f"{text}: no such folder or file of landmarks; give {FORMS}")
    expected = f"expected a list of vertex indices or of [triangle, w1, w2]; for landmarks in files give {FORMS}"
    try:
        found = read_places(path)
    except FormatError as error:
        raise FormatError(f"{error}; {expected}") from error
    if found.points is not None:
        raise FormatError(f"{path}: {expected}")
    if found.triangles is None or found.weights is None:
        return LandmarkSource(indices=_enough(text, found.numbers))
    weights = tuple((first, second, third) for first, second, third in found.weights.tolist())
    return LandmarkSource(indices=_enough(text, tuple(found.triangles.tolist())), weights=weights)


def _enough(where: str, indices: tuple[int, ...]) -> tuple[int, ...]:
    """Return the indices; raise UsageError if they are too few for a pose."""
    if len(indices) < _FEWEST:
        one = "1 point" if len(indices) == 1 else f"{len(indices)} points"
        raise UsageError(f"{where}: names {one}, expected at least {_FEWEST}; for landmarks give {FORMS}")
    return indices
