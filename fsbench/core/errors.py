"""Errors by who can fix them. Every message says what was found, what was expected, where, and what to try."""

from typing import ClassVar

from fsbench.core.visible import visible

_LONGEST = 4000


class FsbenchError(Exception):
    """Base of all errors that fsbench raises on purpose; its text is for people.

    `status` is what a sample's row says when the error ends its evaluation.
    """

    status: ClassVar[str] = "failed"

    def __str__(self) -> str:
        """The text, shortened and safe to print on a terminal, as parts of it may come from a file."""
        text = super().__str__()
        shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."
        return visible(shown, keep="\n\t")


class UsageError(FsbenchError):
    """The call itself is wrong: an unknown name, a folder that is not there, options that exclude each other."""


class ReferenceDataError(FsbenchError):
    """The benchmark's own data is missing or unusable; no prediction is to blame."""


class LostError(FsbenchError):
    """A folder or disk that the whole run needs is gone or full. No sample is to blame; the run can go on later."""


class MissingError(FsbenchError):
    """There is no prediction for the sample."""

    status = "missing"


class FormatError(FsbenchError):
    """A file is not in the expected format, or holds content that we refuse to read."""

    status = "invalid"


class MeshError(FsbenchError):
    """A mesh that no protocol can score: empty, faceless, NaN, indices out of range."""

    status = "invalid"


class AlignmentError(FsbenchError):
    """Two shapes cannot be aligned: too few points, no overlap, behind the camera."""

    status = "invalid"


class MetricError(FsbenchError):
    """A metric is not defined for its input."""

    status = "invalid"
