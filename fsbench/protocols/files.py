"""Where a sample's files are: its references, and what its prediction is called."""

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
        Its file; none where it is missing, more than one where it is not clear which.
    names : mapping of str to str
        What a pattern of landmark files may hold in braces.
    landmarks : tuple of Path
        Where the layout has landmarks of its own; more than one where it is not clear which.
    own_landmarks : str
        Where the layout would have them, for people.
    nose_tip : tuple of float or None
        In the scan's unit.
    no_nose_tip : str
        Why there is none, for people.
    crop_mm : float or None
        Where the protocol crops this one otherwise.
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
    """A sample, the scans that it may be compared with, and what its prediction is called.

    Attributes
    ----------
    sample : Sample
    scans : tuple of ReferenceFiles
        More than one where the smallest score counts.
    predictions : tuple of str
        Paths below the folder of predictions, without an ending, any of which will do; a folder of frames in layout
        "florence".
    names : mapping of str to str
        What a pattern of the prediction's files may hold in braces.
    """

    sample: Sample
    scans: tuple[ReferenceFiles, ...]
    predictions: tuple[str, ...]
    names: Mapping[str, str] = field(default_factory=dict)
