"""Choice: the user's options for files and settings."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from fsbench.io.names import is_there


@dataclass(frozen=True, slots=True)
class Choice:
    """The user's options for files and for the protocol's settings.

    Attributes
    ----------
    landmarks, pred_landmarks : str
        Where the landmarks of references and of predictions are, see `fsbench.benchmarks.landmark_source`; empty for
        none. NoW and MICC find theirs by themselves.
    measure : str
        "nearest", or the name of another protocol that can score the benchmark, e.g. "landmark-warp".
    scale : str
        "fitted" or "metric"; empty for the benchmark's own.
    unit, reference_unit : str
        Unit of predictions and of references: a name, its length in millimetres, or "auto" ("found" in signatures).
    changes : tuple of str
        KEY=VALUE each: settings of the protocol to change.
    """

    landmarks: str = ""
    pred_landmarks: str = ""
    measure: str = "nearest"
    scale: str = ""
    unit: str = "found"
    reference_unit: str = "found"
    changes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("unit", "reference_unit"):
            if getattr(self, name) == "auto":
                object.__setattr__(self, name, "found")

    def settings(self) -> dict[str, Any]:
        """The options as a run's manifest keeps them."""
        return {**asdict(self), "changes": list(self.changes)}

    def with_absolute_paths(self, files: Collection[str] = ()) -> "Choice":
        """The same, for processes that may have another working directory; `files` are settings that name files."""
        changes = tuple(_with_absolute_path(change, files) for change in self.changes)
        marks, pred_marks = _absolute(self.landmarks), _absolute(self.pred_landmarks)
        return replace(self, landmarks=marks, pred_landmarks=pred_marks, changes=changes)

    def files_among(self, files: Collection[str]) -> tuple[Path, ...]:
        """Paths that the settings called `files` name."""
        pairs = [_split(change) for change in self.changes]
        return tuple(Path(value) for key, value in pairs if key in files)


def _split(change: str) -> tuple[str, str]:
    key, _, value = change.partition("=")
    return key.strip(), value.strip()


def _with_absolute_path(change: str, files: Collection[str]) -> str:
    key, value = _split(change)
    return f"{key}={Path(value).absolute()}" if key in files and value else change


def _absolute(landmarks: str) -> str:
    """Make a folder or file absolute; keep vertices and patterns, which are relative to their side's own folder."""
    return str(Path(landmarks).absolute()) if landmarks and is_there(landmarks) else landmarks
