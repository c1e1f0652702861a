"""Events that a run sends to the code that shows its progress."""

from collections.abc import Callable
from dataclasses import dataclass

from fsbench.runs import Record


@dataclass(frozen=True, slots=True)
class Said:
    """A line for people."""

    text: str


@dataclass(frozen=True, slots=True)
class Began:
    """Scoring begins: what is scored, how many samples there are, and how many have a row already."""

    title: str
    total: int
    done: int


@dataclass(frozen=True, slots=True)
class Scored:
    """A sample has its row."""

    record: Record


@dataclass(frozen=True, slots=True)
class Ended:
    """No more samples are scored, for whatever reason."""


Event = Said | Began | Scored | Ended
OnEvent = Callable[[Event], None]


def ignore(event: Event) -> None:
    """Show nothing."""
