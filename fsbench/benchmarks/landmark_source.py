"""Where landmarks are: a file for every sample, or vertices of a fixed topology."""

import glob
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fsbench.core.errors import FormatError, UsageError
from fsbench.core.mesh import Floats
from fsbench.io import read_vertices
from fsbench.io.folders import the_one, with_an_ending
from fsbench.io.landmarks import LANDMARK_SUFFIXES, read_landmarks_or_numbers
from fsbench.io.names import named
from fsbench.io.npy import read_array
from fsbench.io.text import read_json

_INDICES = re.compile(r"\s*\d+\s*(,\s*\d+\s*)*")
_FEWEST = 3
_PLACE = re.compile(r"\{(\w+)\}")
FORMS = (
    "a folder with a file of each sample's name, a pattern such as {sample}_marks.csv, "
    "or vertex indices (a .json or .npy list, or 12,55,93)"
)


@dataclass(frozen=True, slots=True)
class LandmarkSource:
    """Landmarks of one side; use `parse_source`.

    Attributes
    ----------
    pattern : str
        File of a sample, `{sample}` and further names in braces, `*` for anything; below the side's own folder unless
        absolute. Without an ending all that `read_landmarks` knows are tried.
    indices : tuple of int
        Vertices, instead of a file.
    own : Path or None
        The folder that the pattern is below, instead of the side's own.
    """

    pattern: str = ""
    indices: tuple[int, ...] = ()
    own: Path | None = None

    def path(self, folder: Path, names: Mapping[str, str]) -> Path | None:
        """The file of a sample; None if there is none.

        Raises
        ------
        FormatError
            If several files fit: which one is meant must not depend on the order of endings.
        UsageError
            If the pattern holds a name in braces that there is not.
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
        """What `path` looks for, for people."""
        whole = (self.own or folder) / _PLACE.sub(lambda found: names[found[1]], self.pattern)
        return str(whole) if self._endings == ("",) else with_an_ending(whole)

    def refuse_unknown(self, names: Iterable[str]) -> None:
        """UsageError if the pattern holds a name in braces that is not among `names`."""
        unknown = set(_PLACE.findall(self.pattern)) - set(names)
        if unknown:
            known = ", ".join(f"{{{name}}}" for name in names)
            raise UsageError(f"{self.pattern}: there is no {{{min(unknown)}}} here; there are {known}")

    @property
    def _endings(self) -> tuple[str, ...]:
        """What is put behind the pattern."""
        if Path(self.pattern).suffix.lower() in LANDMARK_SUFFIXES:
            return ("",)
        return tuple(spelt for suffix in LANDMARK_SUFFIXES for spelt in (suffix, suffix.upper()))

    def read(self, folder: Path, names: Mapping[str, str], whose: Path) -> Floats | None:
        """Landmarks of the mesh in the file `whose`, (n, 3) in its unit; None if there is no file of landmarks.

        Raises
        ------
        FormatError, MeshError
            If a file is unusable, or a vertex number means nothing in it.
        """
        if self.indices:
            return read_vertices(whose, self.indices)
        path = self.path(folder, names)
        return None if path is None else landmarks_of(whose, path)


def landmarks_of(whose: Path, path: Path) -> Floats:
    """Landmarks of the mesh in the file `whose`, (n, 3) in its unit, by the points or vertex numbers in `path`.

    Raises
    ------
    FormatError, MeshError
        As `LandmarkSource.read`.
    """
    found = read_landmarks_or_numbers(path)
    return read_vertices(whose, found) if isinstance(found, tuple) else found


def n_landmarks_in(path: Path) -> int:
    """How many landmarks a file has; FormatError if it is unusable."""
    return len(read_landmarks_or_numbers(path))


def parse_source(text: str) -> LandmarkSource | None:
    """What a user typed; None for nothing.

    Raises
    ------
    UsageError
        If it is nothing that landmarks can come from.
    FormatError
        If it is a file that holds no vertex indices.
    """
    if not text:
        return None
    if _INDICES.fullmatch(text) and not Path(text).exists():
        return LandmarkSource(indices=_enough(text, tuple(int(word) for word in text.split(","))))
    if "{" in text:
        return LandmarkSource(text)
    path = Path(text)
    if path.is_dir():
        # The folder is the user's own; its name is no pattern.
        return LandmarkSource("{sample}", own=path.resolve())
    if not path.is_file():
        raise UsageError(f"{text}: no such folder or file of landmarks; give {FORMS}")
    return LandmarkSource(indices=_read_indices(path))


def _read_indices(path: Path) -> tuple[int, ...]:
    found = read_array(path) if path.suffix.lower() == ".npy" else read_json(path)
    if isinstance(found, np.ndarray):
        found = found.tolist() if found.ndim == 1 and found.dtype.kind in "iu" else None
    if not isinstance(found, list) or not found or not all(type(index) is int and index >= 0 for index in found):
        raise FormatError(f"{path}: expected a list of vertex indices; for landmarks in files give {FORMS}")
    return _enough(str(path), tuple(found))


def _enough(where: str, indices: tuple[int, ...]) -> tuple[int, ...]:
    """The indices; UsageError if they are fewer than a pose takes."""
    if len(indices) < _FEWEST:
        one = "1 vertex" if len(indices) == 1 else f"{len(indices)} vertices"
        raise UsageError(f"{where}: names {one}, expected at least {_FEWEST}; as landmarks give {FORMS}")
    return indices
