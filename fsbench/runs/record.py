"""Record: what became of one sample."""

from collections.abc import Mapping
from dataclasses import dataclass, field

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
        One line that says why there is no score; empty when ok.
    scores : mapping of str to float
        Metric name to value, in the protocol's order; empty without a score.
    seconds : float
        Time the sample took, reading included.
    """

    sample: str
    status: str
    reason: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise ValueError(f"status {self.status!r}, expected one of {', '.join(STATUSES)}")
        object.__setattr__(self, "reason", " ".join(self.reason.split()))
