"""Specification of a benchmark: its samples, their bins, its tables."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fsbench.core.errors import UsageError

ALL_SAMPLES = "all"
"""Bin column and label of what is over all samples."""

PUBLISHABLE_BIN, NOT_PUBLISHABLE = "publishable", "no"
"""Bin column of benchmarks with persons who may not be shown to others, and its label for these: FaceScape allows
pictures of the subjects in its `publishable_list` alone. Whatever makes pictures leaves the others out."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One image of the benchmark.

    Attributes
    ----------
    name : str
        Name in the files: "017", "03_1_09".
    bins : mapping of str to str
        Bin column to label, e.g. {"pose_deg": "0-5"}.
    index : mapping of str to int
        Position on every axis of the benchmark.
    """

    name: str
    bins: Mapping[str, str]
    index: Mapping[str, int] = field(default_factory=dict)

    @property
    def subject(self) -> str | None:
        """The subject, if the benchmark knows it; samples of one subject are not independent."""
        return self.bins.get("subject")


@dataclass(frozen=True, slots=True)
class TableLayout:
    """Layout of one published table of a benchmark's scores.

    Attributes
    ----------
    name, title : str
    by : str
        The bin column whose labels are the table's columns.
    columns : mapping of str to str
        Label in the run to heading in the table, in order.
    unit : str
        Unit after a heading in running text.
    where : mapping of str to str
        Bins to which the scores (not the done rate) are restricted.
    figure_note : str
        Note that must stand below a figure of this table; empty if none.
    overall : bool
        Whether columns over all samples follow those of the bins.
    """

    name: str
    title: str
    by: str
    columns: Mapping[str, str]
    unit: str = ""
    where: Mapping[str, str] = field(default_factory=dict)
    figure_note: str = ""
    overall: bool = False


@dataclass(frozen=True, slots=True)
class Spec:
    """The content of a benchmark's file in data_specs.

    Attributes
    ----------
    raw : mapping
        The whole file, for keys that only the protocol reads.
    digest : str
        Digest of the file if it is the user's own, so that it cannot pass for a benchmark of fsbench.
    main_metrics : tuple of str
        Metrics that tables show by default; figures show the first. Empty: the first metric of a run.
    axes : mapping of str to str
        Bin column to its axis label in figures, e.g. {"pose_deg": "Head pose"}; by default the column's name.
    show_overall : bool
        Whether a table over all samples follows the tables by bin.
    board_note : str
        Note that the leaderboard must carry about methods that others scored; empty if none.
    evaluator_difference : mapping of str to float
        Metric to the most by which a method's mean by the evaluator behind the published rows differs from fsbench's,
        in the run's unit; a metric that is not in it: nobody knows.
    """

    name: str
    title: str
    protocol: str
    citation: str
    where: str
    unit: str
    frame: str
    samples: tuple[Sample, ...]
    tables: tuple[TableLayout, ...]
    raw: Mapping[str, Any]
    digest: str = ""
    main_metrics: tuple[str, ...] = ()
    axes: Mapping[str, str] = field(default_factory=dict)
    show_overall: bool = False
    board_note: str = ""
    evaluator_difference: Mapping[str, float] = field(default_factory=dict)

    @property
    def signed_name(self) -> str:
        """Name of the benchmark in a signature."""
        return f"{self.name}@{self.digest}" if self.digest else self.name

    @property
    def bins(self) -> dict[str, list[str]]:
        """Bin columns with their labels, in the order of the samples."""
        labels: dict[str, dict[str, None]] = {}
        for sample in self.samples:
            for name, label in sample.bins.items():
                labels.setdefault(name, {})[label] = None
        return {name: list(found) for name, found in labels.items()}

    def table(self, name: str) -> TableLayout:
        """Return the layout `name`.

        Raises
        ------
        UsageError
            If the benchmark has none of that name.
        """
        for layout in self.tables:
            if layout.name == name:
                return layout
        known = ", ".join(layout.name for layout in self.tables)
        raise UsageError(f"{self.name} has no table by {name!r}; it has: {known}")
