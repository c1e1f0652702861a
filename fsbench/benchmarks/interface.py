"""What the rest of the house may expect of any benchmark, whichever protocol scores it."""

from pathlib import Path
from typing import Any, Protocol

from fsbench.benchmarks.spec import Sample, Spec


class BenchmarkLike(Protocol):
    """A specification with its data under a root."""

    @property
    def spec(self) -> Spec:
        """With all samples, also where they are listed under the root."""

    @property
    def root(self) -> Path:
        """Folder of the data."""

    @property
    def samples(self) -> tuple[Sample, ...]:
        """All samples, in the benchmark's order."""

    @property
    def metrics(self) -> tuple[str, ...]:
        """Metric columns of a run, in order."""

    @property
    def signature(self) -> str:
        """All that can move a number, in one line."""

    @property
    def in_the_lab(self) -> bool:
        """Whether every sample has a pinhole camera of its own."""

    def sample(self, name: str) -> Sample:
        """The sample called `name`; UsageError if there is none."""

    def select(self, pattern: str) -> tuple[Sample, ...]:
        """Samples by names, ranges and wildcards; UsageError if a part names none."""

    def focal_px(self, sample: Sample) -> float | None:
        """Focal length in pixels; None where the camera does not matter."""

    def missing_references(self) -> list[str]:
        """Names of the samples whose reference is not under the root."""

    def prepare(self, sample: Sample | str, threads: int = 1) -> Any:
        """All that depends on the reference alone; its `.measure(mesh, ...)` gives `.scores.as_dict()`."""
