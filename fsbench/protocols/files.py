"""Where a sample's files are: its references, and the names that its prediction may have."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from fsbench.core.mesh import Floats
from fsbench.core.spec import Sample


@dataclass(frozen=True, slots=True)
class ReferenceFiles:
    """One scan.

    Attributes
    ----------
    meshes : tuple of Path
        Its file; none if it is missing, more than one if the choice is not clear.
    names : mapping of str to str
        Values of the names in braces in a pattern of landmark files.
    landmarks : tuple of Path
        Landmark files that the layout itself has; more than one if the choice is not clear.
    own_landmarks : str
        Where the layout expects them, for messages.
    nose_tip : tuple of float or None
        In the scan's unit.
    no_nose_tip : str
        Why there is no nose tip, for messages.
    crop_mm : float or None
        Crop radius of this scan, if it is not the protocol's own.
    """

    meshes: tuple[Path, ...]
    names: Mapping[str, str]
    landmarks: tuple[Path, ...] = ()
    own_landmarks: str = ""
    nose_tip: tuple[float, float, float] | None = None
    no_nose_tip: str = ""
    crop_mm: float | None = None


@dataclass(frozen=True, slots=True)
class SampleFiles:
    """A sample, the scans that it may be compared with, and the names that its prediction may have.

    Attributes
    ----------
    sample : Sample
    scans : tuple of ReferenceFiles
        More than one if the smallest score counts.
    predictions : tuple of str
        Paths below the folder of predictions, without an ending; the prediction may have any of them. In layout
        "florence" they are folders of frames.
    names : mapping of str to str
        Values of the names in braces in a pattern of the prediction's files.
    landmarks : str
        Name of the file of landmarks beside the prediction, without an ending; the mesh's own name if empty.
    """

    sample: Sample
    scans: tuple[ReferenceFiles, ...]
    predictions: tuple[str, ...]
    names: Mapping[str, str] = field(default_factory=dict)
    landmarks: str = ""


class LandmarkReader(Protocol):
    """Landmarks that the user names, see `fsbench.benchmarks.landmark_source.LandmarkSource`.

    `folder` is the side's own folder, `names` what a pattern may have in braces, with at least `sample`.
    """

    @property
    def indices(self) -> tuple[int, ...]:
        """Vertices, or triangles where there are `weights`; empty if there are files."""

    @property
    def weights(self) -> tuple[tuple[float, float, float], ...]:
        """Of the triangles' corners; empty if `indices` are vertices."""

    def path(self, folder: Path, names: Mapping[str, str]) -> Path | None:
        """The file of a sample; None if there is none, FormatError if several fit."""

    def wanted(self, folder: Path, names: Mapping[str, str]) -> str:
        """The files that `path` looks for, for messages."""

    def read(self, folder: Path, names: Mapping[str, str], whose: Path) -> Floats | None:
        """Landmarks of the mesh in the file `whose`, (n, 3) in its unit; None if there is no file of landmarks."""

    def content(self, folder: Path, names: Mapping[str, str]) -> str:
        """Changes with the landmarks of a sample; empty if there are none."""

    def refuse_unknown(self, names: Iterable[str]) -> None:
        """Raise UsageError if a pattern holds a name in braces that is not among `names`."""
