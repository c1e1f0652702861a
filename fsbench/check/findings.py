"""Findings: verdicts, one a line."""

from collections.abc import Iterable
from dataclasses import dataclass

from fsbench.core.visible import visible

VERDICTS = ("ok", "note", "wrong")


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a check.

    Parameters
    ----------
    verdict : {"ok", "note", "wrong"}
        note: worth knowing, but scores are valid; wrong: scores would be missing or meaningless.
    topic : str
        files, mesh, frame, place, or a sample's name.
    text : str
        The fact, and the remedy.
    """

    verdict: str
    topic: str
    text: str

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            raise ValueError(f"verdict {self.verdict!r}, expected one of {', '.join(VERDICTS)}")

    def __str__(self) -> str:
        return f"{self.verdict:<5}  {visible(self.topic):<8}  {visible(' '.join(self.text.split()))}"


def worst(findings: Iterable[Finding]) -> str:
    """The gravest verdict; "ok" if there are no findings.

    Examples
    --------
    >>> worst([Finding("ok", "files", "all there"), Finding("note", "mesh", "texture seams")])
    'note'
    """
    return max((finding.verdict for finding in findings), key=VERDICTS.index, default="ok")


def counted(number: int, thing: str) -> str:
    """A number of things, in English.

    Examples
    --------
    >>> counted(1, "file"), counted(384, "sample")
    ('1 file', '384 samples')
    """
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def some(names: Iterable[str], most: int = 4) -> str:
    """The first few names, and how many more there are.

    Examples
    --------
    >>> some(["000", "001", "002"], most=2)
    '000, 001 and 1 more'
    """
    listed = list(map(visible, names))
    more = len(listed) - most
    return ", ".join(listed[:most]) + (f" and {more} more" if more > 0 else "")
