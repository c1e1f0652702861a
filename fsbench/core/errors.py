"""What can go wrong, by whom it is put right. Every message says what was found, expected, where, and what to try."""

from typing import ClassVar

from fsbench.core.visible import visible

_LONGEST = 4000


class FsbenchError(Exception):
    """Base of all errors that fsbench raises on purpose; its text is for people.

    `status` is what a sample's row says when the error ends its evaluation.
    """

    status: ClassVar[str] = "failed"

    def __str__(self) -> str:
        """The text, as short and harmless as a line of a terminal has to be: parts of it may come from a file."""
        text = super().__str__()
        shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."
        return visible(shown, keep="\n\t")


class UsageError(FsbenchError):
    """The call itself is wrong: an unknown name, a folder that is not there, options that exclude each other."""


class ReferenceDataError(FsbenchError):
    """The benchmark's own data is missing or unusable; no prediction is to blame."""


class LostError(FsbenchError):
    """What a whole run stands on is gone or full: a folder, a disk. No sample is to blame; the run stops, to go on."""


class MissingError(FsbenchError):
    """There is no prediction for the sample."""

    status = "missing"


class FormatError(FsbenchError):
    """A file cannot be read as what it should be, or holds what we refuse to read."""

    status = "invalid"


class MeshError(FsbenchError):
    """A mesh that no protocol can score: empty, faceless, NaN, indices out of range."""

    status = "invalid"


class AlignmentError(FsbenchError):
    """Two shapes cannot be aligned: too few points, no overlap, behind the camera."""

    status = "invalid"


class MetricError(FsbenchError):
    """A measure is not defined on what it was given."""

    status = "invalid"
