"""Record: the result of one sample."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fsbench.core.quantities import Quantity, quantity

STATUSES = ("ok", "missing", "invalid", "failed")


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a run.

    Parameters
    ----------
    sample : str
        Name in the benchmark.
    status : str
        "ok", "missing" (no prediction), "invalid" (unusable mesh) or "failed" (our fault, or a limit).
    reason : str
        One line: why there is no score, or an oddity of a prediction that has one.
    scores : mapping of str to float
        Metric name to value, in the protocol's order; empty without a score.
    seconds : float
        Time the sample took, reading included.
    origin : str
        Fingerprint of its files, see `fsbench.runs.file_states`; kept until the run is written.
    """

    sample: str
    status: str
    reason: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    origin: str = ""

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise ValueError(f"status {self.status!r}, expected one of {', '.join(STATUSES)}")
        object.__setattr__(self, "reason", " ".join(self.reason.split()))

    @classmethod
    def from_json(cls, content: Any, known: Mapping[str, Quantity]) -> "Record":
        """Rebuild a record from what `json.loads` gave, trusting nothing; `known` has the quantities of its scores.

        Raises
        ------
        ValueError
            If it is no record, or its status and numbers contradict each other.
        """
        if not isinstance(content, dict) or set(content) != set(cls.__slots__):
            raise ValueError("not a record")
        sample, status, reason, scores, seconds, origin = (content[name] for name in cls.__slots__)
        texts = all(isinstance(text, str) for text in (sample, status, reason, origin))
        if not texts or not isinstance(scores, dict) or not all(map(_is_number, (*scores.values(), seconds))):
            raise ValueError("not a record")
        if (status == "ok") != bool(scores):
            raise ValueError(f"status {status!r} with {len(scores)} scores")
        numbers = {name: float(value) for name, value in scores.items()}
        found = cls(sample, status, reason, numbers, float(seconds), origin)
        if (fault := found.fault(known)) or not 0 <= found.seconds < math.inf:
            raise ValueError(fault or f"seconds are {seconds}")
        return found

    def fault(self, known: Mapping[str, Quantity]) -> str:
        """The reason why a score is impossible by its quantity; empty if there is none."""
        if self.status == "ok" and all(math.isnan(value) for value in self.scores.values()):
            return "no score is a number"
        faults = (quantity(name, known).impossible(value) for name, value in self.scores.items())
        return next(filter(None, faults), "")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
