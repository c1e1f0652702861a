"""Kept maps: every sample's error map, in the run's folder for good, where somebody asks for them."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from fsbench.core.errors import UsageError
from fsbench.protocols.measurement import Measurement
from fsbench.runs.maps import FOLDER, MARK, has_map, remove_map, write_map


def keep_map(folder: Path, sample: str, measured: Measurement, scores: Mapping[str, float]) -> None:
    """Write a sample's error map; a row stands without one that does not fit."""
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
        If somebody else's folder stands where they would be kept.
    """

    def __init__(self, out: Path) -> None:
        self._folder = out / FOLDER
        if self._folder.exists() and not (self._folder / MARK).is_file():
            raise UsageError(f"{self._folder} is there already and not of our making: choose another --out")

    def begin(self, *, is_new: bool) -> str:
        """The folder; what an earlier run has left is removed."""
        if is_new:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(exist_ok=True)
        (self._folder / MARK).touch()
        return str(self._folder)

    def lacks(self, sample: str) -> bool:
        """Whether a sample that has its row has no map, as where the run began without them."""
        return not has_map(self._folder, sample)
