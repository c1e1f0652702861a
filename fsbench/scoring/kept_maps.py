"""Kept maps: the error map of every sample, which stays in the run's folder if the user asks for it."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from fsbench.core.errors import UsageError
from fsbench.protocols.measurement import Measurement
from fsbench.runs.maps import FOLDER, MARK, has_map, remove_map, write_map


def keep_map(folder: Path, sample: str, measured: Measurement, scores: Mapping[str, float]) -> None:
    """Write a sample's error map; a map that does not fit into a file is left out, and the row stands."""
    # Late: most runs keep no maps.
    from fsbench.runs.map_from_measurement import encoded_map_of

    content = encoded_map_of(measured, scores)
    if content is None:
        remove_map(folder, sample)
    else:
        write_map(folder, sample, content)


class KeptMaps:
    """The folder of a run's maps.

    Raises
    ------
    UsageError
        If another folder has the name of the folder of maps.
    """

    def __init__(self, out: Path) -> None:
        self._folder = out / FOLDER
        if self._folder.exists() and not (self._folder / MARK).is_file():
            raise UsageError(f"{self._folder} is there already and not of our making: choose another --out")

    def begin(self, *, is_new: bool) -> str:
        """Make the folder, without the maps of an earlier run."""
        if is_new:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(exist_ok=True)
        (self._folder / MARK).touch()
        return str(self._folder)

    def lacks(self, sample: str) -> bool:
        """Whether a sample that has its row lacks its map, for example because the run began without maps."""
        return not has_map(self._folder, sample)
