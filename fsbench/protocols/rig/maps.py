"""Displacement maps of one subject, with the neutral one kept, as every expression is compared with it."""

from collections import OrderedDict
from pathlib import Path

from fsbench.io.displacement import Displacement, read_displacement
from fsbench.io.files import FileState, state_of

# The neutral one of each side, and the last expression of each.
_KEPT = 4


class MapReader:
    """Reads maps and keeps the last two of each side."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Path, FileState | None], Displacement] = OrderedDict()

    def read(self, path: Path) -> Displacement:
        """The map, see `read_displacement`; a changed file is read again."""
        key = path, state_of(path) if path.exists() else None
        found = self._kept.pop(key, None) or read_displacement(path)
        self._kept[key] = found
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return found
