"""Where a sample's files are: its references, and the names that its prediction may have."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

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
