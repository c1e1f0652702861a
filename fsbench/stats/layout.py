"""Which samples and bins a name like "pose" stands for, in tables, figures and comparisons alike."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from fsbench.benchmarks import Spec, TableLayout, spec_of_run
from fsbench.benchmarks.spec import refuse_unknown_bins
from fsbench.core.errors import UsageError
from fsbench.core.spec import ALL_SAMPLES
from fsbench.core.visible import visible
from fsbench.runs import Run
from fsbench.runs.pool_files import OVERALL as OVERALL

_UNITS = {"_deg": "°", "_px": " px", "_mm": " mm"}


@dataclass(frozen=True, slots=True)
class Bin:
    """One group of columns.

    Attributes
    ----------
    label : str
        As in the run, e.g. "5-30"; "all" for the whole benchmark.
    heading : str
        As people read it, e.g. "±30".
    unit : str
        Written behind the heading, e.g. "°".
    """

    label: str
    heading: str
    unit: str = ""

    @property
    def title(self) -> str:
        """Heading with its unit, e.g. "±30°"."""
        return self.heading + self.unit


_ALL = Bin(ALL_SAMPLES, "all samples")


@dataclass(frozen=True, slots=True)
class BinLayout:
    """How runs are divided.

    Attributes
    ----------
    name, title : str
    column : str
        The bin column; empty for the whole benchmark as one bin.
    bins : tuple of Bin
    where : mapping of str to str
        Only samples of these bins are averaged; the done rate stays that of all samples.
    heading : str
        Heading of the bins, if the benchmark names them better than the column does.
    figure_note : str
        A note for the caption of each figure of it.
    condition : str
        What the averaged samples have in common, e.g. "at a focal length of 1200 px"; empty without `where`.
    overall : Bin or None
        Columns over all samples, which a table has beside those of the bins; a figure has none.
    """

    name: str
    title: str
    column: str
    bins: tuple[Bin, ...]
    where: Mapping[str, str] = field(default_factory=dict)
    heading: str = ""
    figure_note: str = ""
    condition: str = ""
    overall: Bin | None = None

    @property
    def key(self) -> str:
        """Name in tables of numbers: the bin column, or the layout's own name if it takes a part of the samples."""
        return self.name if self.where else self.column or ALL_SAMPLES

    @property
    def axis(self) -> str:
        """Title of the axis that the bins are drawn along."""
        return self.heading or visible(self.column.replace("_", " "))

    def members(self, samples: pd.DataFrame, bin_: Bin) -> "pd.Series[bool]":
        """Which rows of a table with bin columns are averaged in `bin_`."""
        inside = pd.Series(True, index=samples.index)
        for column, label in self.where.items():
            inside &= samples[column] == label
        return inside & (samples[self.column] == bin_.label) if self.column else inside


def spec_of(run: Run) -> Spec | None:
    """The specification of the run's benchmark, if it is known: the user's own, or that of this fsbench."""
    return _spec(run.manifest, run.bins)


def _spec(manifest: Mapping[str, Any], bins: Collection[str]) -> Spec | None:
    spec = spec_of_run(manifest)
    if spec is not None:
        refuse_unknown_bins(spec, bins)
    return spec


def published_layouts(spec: Spec) -> dict[str, BinLayout]:
    """The layouts that a specification names, and "overall"."""
    return {table.name: _of_spec(spec, table) for table in spec.tables} | {OVERALL: overall(spec.title)}


def layouts(run: Run) -> dict[str, BinLayout]:
    """All ways to divide `run`: those of its specification, "overall", and one for each bin column."""
    return divisions(run.manifest, run.samples[list(run.bins)])


def divisions(manifest: Mapping[str, Any], bins: pd.DataFrame) -> dict[str, BinLayout]:
    """As `layouts`, from a manifest of the benchmark and a table (samples,) with a text column for each bin."""
    spec = _spec(manifest, [str(column) for column in bins.columns])
    title = visible(str(manifest["benchmark"])) if spec is None else spec.title
    found = {OVERALL: overall(title)} if spec is None else published_layouts(spec)
    for column in map(str, bins.columns):
        name = column.rpartition("_")[0] if column.endswith(("_deg", "_px", "_mm")) else column
        if name in found and (found[name].where or found[name].column != column):
            name = column
        labels = list(dict.fromkeys(bins[column]))
        heading = "" if spec is None else spec.axes.get(column, "")
        parts = tuple(Bin(label, visible(label)) for label in labels)
        whole = BinLayout(name, f"{title}, by {visible(name)}", column, parts, heading=heading)
        named = found.setdefault(name, whole)
        found.setdefault(column, named if named.column == column else whole)
    return found


def layout(runs: Sequence[Run], by: str) -> BinLayout:
    """The layout called `by`.

    Raises
    ------
    UsageError
        If the benchmark of the runs cannot be divided like this.
    """
    known = layouts(runs[0])
    if by not in known:
        raise UsageError(f"--by {by}: runs of {runs[0].benchmark} can be divided by {', '.join(known)}")
    return known[by]


def default_layouts(run: Run) -> list[str]:
    """Names of the layouts shown by default: for every bin column the first one with samples in the run."""
    spec = spec_of(run)
    firsts: dict[str, str] = {}
    for name, known in ({} if spec is None else published_layouts(spec)).items():
        if known.column and any(known.members(run.samples, bin_).any() for bin_ in known.bins):
            firsts.setdefault(known.column, name)
    # Some specifications ask for a table over all samples as well.
    whole = [OVERALL] if spec is not None and spec.show_overall and firsts else []
    return [*firsts.values(), *whole] or [OVERALL]


def overall(title: str) -> BinLayout:
    """All samples as one bin."""
    return BinLayout(OVERALL, f"{title}, all samples", "", (_ALL,))


def _of_spec(spec: Spec, table: TableLayout) -> BinLayout:
    bins = tuple(Bin(label, heading, table.unit) for label, heading in table.columns.items())
    heading = spec.axes.get(table.by, "")
    if heading and table.where:
        heading += f" ({', '.join(' '.join(_in_words(spec, *part)) for part in table.where.items())})"
    condition = " and ".join(_condition(*_in_words(spec, *part)) for part in table.where.items())
    overall = _ALL if table.overall else None
    return BinLayout(
        table.name, table.title, table.by, bins, table.where, heading, table.figure_note, condition, overall
    )


def _in_words(spec: Spec, column: str, label: str) -> tuple[str, str]:
    """Name and value of a bin, e.g. ("focal length", "1200 px")."""
    unit = next((unit for end, unit in _UNITS.items() if column.endswith(end)), "")
    name = spec.axes.get(column, column.replace("_", " "))
    return name.lower(), f"{label}{unit}"


def _condition(name: str, value: str) -> str:
    """Such as "at a focal length of 1200 px", but "with expression smile".

    Examples
    --------
    >>> _condition("age", "30 years"), _condition("expression", "smile")
    ('at an age of 30 years', 'with expression smile')
    """
    if not value[:1].isdigit():
        return f"with {name} {value}"
    return f"at {'an' if name[:1] in 'aeiou' else 'a'} {name} of {value}"
