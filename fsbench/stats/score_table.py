"""Score table: several runs as one array, with the clusters that their samples form."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd

from fsbench.core.errors import UsageError
from fsbench.core.quantities import Quantity
from fsbench.core.signatures import not_alike
from fsbench.core.spec import ALL_SAMPLES as ALL_SAMPLES
from fsbench.runs import Run
from fsbench.stats.layout import BinLayout, divisions, overall
from fsbench.stats.resampling import combine_seeds, content_seed

By = str | BinLayout | Sequence[str | BinLayout] | None
"""What asks for bins."""

_WHOLE = overall("")

Cell = tuple[str, str, np.ndarray]
"""A bin: the key of its layout, its label, the mask (samples,) of its samples."""


@dataclass(frozen=True, slots=True, eq=False)
class ScoreTable:
    """The scores of several runs as the statistics read them.

    Parameters
    ----------
    benchmark, signature : str
        The same for all runs.
    methods : tuple of str
        Labels; a label that comes twice gets a number: "PRNet", "PRNet (2)".
    metrics : tuple of str
        Metric names.
    quantities : mapping of str to Quantity
        The declaration of each metric.
    bins : pandas.DataFrame
        Index: sample names in the benchmark's order; one text column a bin.
    values : numpy.ndarray, shape (methods, samples, metrics)
        NaN without a score.
    scored : numpy.ndarray, shape (methods, samples)
        Whether the sample was scored at all: a metric may have no value there by its definition.
    clusters : numpy.ndarray, shape (samples,)
        Number of the cluster that a sample belongs to: what is resampled as one.
    strata : numpy.ndarray, shape (clusters,)
        Number of the stratum that a cluster is resampled within.
    unit : str
        What a cluster is: "subject" or "sample".
    seeds : tuple of int
        One a run, from its content.
    manifest : mapping
        Of the first run; it tells how the benchmark is divided.
    notes : tuple of str
        Facts that a reader has to know, one line each.
    """

    benchmark: str
    signature: str
    methods: tuple[str, ...]
    metrics: tuple[str, ...]
    quantities: Mapping[str, Quantity]
    bins: pd.DataFrame
    values: np.ndarray
    scored: np.ndarray
    clusters: np.ndarray
    strata: np.ndarray
    unit: str
    seeds: tuple[int, ...]
    manifest: Mapping[str, Any]
    notes: tuple[str, ...] = ()

    @property
    def seed(self) -> int:
        """One seed for all runs together; it does not depend on their order."""
        return combine_seeds(self.seeds)

    @property
    def difficulty(self) -> np.ndarray:
        """Label of each sample in the `difficulty_bin`, (samples,); one empty label for all if there is none."""
        name = difficulty_bin([str(name) for name in self.bins.columns])
        return np.full(len(self.bins), "") if name is None else self.bins[name].to_numpy(str)

    def parts(self, by: By) -> Iterator[tuple["ScoreTable", list[Cell]]]:
        """The samples that each layout takes, as a table of their own with its cells; the whole last.

        A failure policy and resamples are of such a part: a layout means the same beside any other.
        """
        seen: set[tuple[str, str]] = set()  # two layouts of one column may share bins
        for where, group in groupby([*self.layouts(by), _WHOLE], lambda one: dict(one.where)):
            asked = list(group)
            try:
                part = self.where(where)
            except UsageError as error:
                raise UsageError(f"--by {asked[0].name}: {error}; --by {asked[0].column} takes all samples") from None
            cells = {cell[:2]: cell for one in asked for cell in part.cells_of(one)}
            yield part, [cell for place, cell in cells.items() if place not in seen]
            seen |= cells.keys()

    def cells(self, by: By) -> Iterator[Cell]:
        """Every bin asked for, the whole last.

        Parameters
        ----------
        by : str, BinLayout, sequence of them, or None
            As of `fsbench.stats.summaries`; None: the whole alone.
        """
        for one in (*self.layouts(by), _WHOLE):
            yield from self.cells_of(one)

    def cells_of(self, layout: BinLayout) -> Iterator[Cell]:
        """The bins of a layout that have samples, in its order."""
        for bin_ in layout.bins:
            inside = layout.members(self.bins, bin_).to_numpy(bool)
            if inside.any() or not layout.column:
                yield layout.key, bin_.label, inside

    def bin_columns(self, by: By) -> list[str]:
        """Keys of the layouts asked for, which are bin columns where a layout takes all samples."""
        return list(dict.fromkeys(one.key for one in self.layouts(by)))

    def layouts(self, by: By) -> list[BinLayout]:
        """The layouts asked for; "overall" asks for none, as the whole is always added.

        Raises
        ------
        UsageError
            If the runs cannot be divided like this.
        """
        asked = [] if by is None else [by] if isinstance(by, str | BinLayout) else list(by)
        known = divisions(self.manifest, self.bins) if any(isinstance(one, str) for one in asked) else {}
        found = [one if isinstance(one, BinLayout) else known.get(one) or self._by_column(one, known) for one in asked]
        return list({one.name: one for one in found if one.column}.values())

    def _by_column(self, name: str, known: Mapping[str, BinLayout]) -> BinLayout:
        """A layout by the name of a bin column without its last part."""
        if name not in {str(column).rsplit("_", 1)[0] for column in self.bins.columns}:
            have = ", ".join(known)
            raise UsageError(f"no bin {name!r} in runs of {self.benchmark}; they can be divided by {have}")
        return known[self._full_names([name])[0]]

    def _full_names(self, asked: Sequence[str]) -> list[str]:
        short = {str(name).rsplit("_", 1)[0]: str(name) for name in reversed(self.bins.columns)}
        full = {str(name): str(name) for name in self.bins.columns}
        unknown = [name for name in asked if name not in full and name not in short]
        if unknown:
            have = ", ".join(full) or "none"
            raise UsageError(f"no bin {unknown[0]!r} in runs of {self.benchmark}; the bins there are: {have}")
        return list(dict.fromkeys(full.get(name) or short[name] for name in asked))

    def metric_numbers(self, metrics: Sequence[str] | None) -> list[int]:
        """Positions of the metrics asked for; of all for None.

        Raises
        ------
        UsageError
            If the runs have no such metric.
        """
        asked = self.metrics if metrics is None else list(dict.fromkeys(metrics))
        unknown = [name for name in asked if name not in self.metrics]
        if unknown:
            have = ", ".join(self.metrics) or "none"
            raise UsageError(f"no metric {unknown[0]!r} in runs of {self.benchmark}; the metrics there are: {have}")
        return [self.metrics.index(name) for name in asked]

    def where(self, chosen: Mapping[str, str] | None) -> "ScoreTable":
        """Only the samples in the chosen bins, e.g. {"focal_px": "1200"}.

        Raises
        ------
        UsageError
            If there is no such bin, or no sample in it.
        """
        if not chosen:
            return self
        mask = np.ones(len(self.bins), bool)
        for column, label in zip(self._full_names(list(chosen)), chosen.values(), strict=True):
            labels = list(dict.fromkeys(self.bins[column]))
            if label not in labels:
                raise UsageError(f"no sample with {column} {label!r}; the labels there are: {', '.join(labels)}")
            mask &= (self.bins[column] == label).to_numpy(bool)
        kept, clusters = np.unique(self.clusters[mask], return_inverse=True)
        strata = np.unique(self.strata[kept], return_inverse=True)[1]
        return replace(
            self, bins=self.bins[mask], values=self.values[:, mask], scored=self.scored[:, mask],
            clusters=clusters.astype(np.int64), strata=strata,
        )  # fmt: skip


def difficulty_bin(names: Sequence[str]) -> str | None:
    """The bin column that tells how hard a sample is: the pose, else the first one except the subject."""
    return "pose_deg" if "pose_deg" in names else next((name for name in names if name != "subject"), None)


def gather(runs: Sequence[Run]) -> ScoreTable:
    """Put runs side by side.

    Clusters are the subjects where the runs have a bin `subject`. Elsewhere every sample is its own cluster, and is
    resampled within its pose bin, whose size the benchmark fixed.

    Raises
    ------
    UsageError
        If there is no run, or they are of different benchmarks or signatures, or disagree about a sample's bins.
    """
    _refuse_mixtures(runs)
    tables = [run.samples.set_index("sample") for run in runs]
    longest = max(tables, key=len)
    names = longest.index
    for table in tables:
        names = names.append(table.index.difference(names, sort=False))
    if not len(names):
        raise UsageError(f"{runs[0].method}: a run of {runs[0].benchmark} without a single sample; score some first")
    quantities = _quantities(runs)
    bins = _common_bins(runs, tables, names)
    clusters, strata, unit = _clusters(bins)
    return ScoreTable(
        benchmark=runs[0].benchmark,
        signature=runs[0].signature,
        methods=_labels(runs),
        metrics=tuple(quantities),
        quantities=quantities,
        bins=bins,
        values=np.stack([_values(table, names, tuple(quantities)) for table in tables]),
        scored=np.stack(
            [(table["status"] == "ok").reindex(names, fill_value=False).to_numpy(bool) for table in tables]
        ),
        clusters=clusters,
        strata=strata,
        unit=unit,
        seeds=tuple(content_seed(run) for run in runs),
        manifest=runs[0].manifest,
        notes=tuple(
            f"{run.method} has no row for {len(names) - len(table)} of the {len(names)} samples of the others; "
            "they count as failed"
            for run, table in zip(runs, tables, strict=True)
            if len(table) < len(names)
        ),
    )


def _refuse_mixtures(runs: Sequence[Run]) -> None:
    if not runs:
        raise UsageError("no run to summarise; name at least one run folder")
    first = runs[0]
    for run in runs:
        if run.benchmark != first.benchmark:
            raise UsageError(
                f"{first.method} is a run of {first.benchmark} and {run.method} one of {run.benchmark}; "
                "only runs of one benchmark can be compared"
            )
        if run.signature != first.signature:
            raise UsageError(not_alike(first.method, first.signature, run.method, run.signature))


def _quantities(runs: Sequence[Run]) -> dict[str, Quantity]:
    """Quantities of all metric columns; UsageError if two runs declare one differently."""
    found: dict[str, Quantity] = {}
    for run in runs:
        for name, own in run.quantities.items():
            known = found.setdefault(name, own)
            if not known.agrees_with(own):
                raise UsageError(
                    f"the runs do not mean the same by {name}: {_in_words(known)}, but in {run.method} {_in_words(own)}"
                )
    return found


def _in_words(what: Quantity) -> str:
    better = f"{what.better} is better" if what.better else "neither direction is better"
    return f"{what.heading} times {what.factor:g}, {better}"


def _labels(runs: Sequence[Run]) -> tuple[str, ...]:
    seen: dict[str, int] = {}
    labels = []
    for run in runs:
        seen[run.method] = seen.get(run.method, 0) + 1
        labels.append(run.method if seen[run.method] == 1 else f"{run.method} ({seen[run.method]})")
    return tuple(labels)


def _common_bins(runs: Sequence[Run], tables: Sequence[pd.DataFrame], names: pd.Index) -> pd.DataFrame:
    columns = list(runs[0].bins)
    bins: pd.DataFrame | None = None
    for run, table in zip(runs, tables, strict=True):
        if list(run.bins) != columns:
            raise UsageError(f"{runs[0].method} has the bins {columns} and {run.method} {list(run.bins)}")
        if bins is not None and table[columns].equals(tables[0][columns]):
            continue
        own = table[columns].astype(object).reindex(names)
        if bins is None:
            bins = own
            continue
        differs = (bins.notna() & own.notna() & (bins != own)).to_numpy(bool).any(axis=1)
        if differs.any():
            sample = names[int(np.argmax(differs))]
            raise UsageError(
                f"{runs[0].method} and {run.method} put sample {sample} into different bins: "
                f"{bins.loc[sample].to_dict()} and {own.loc[sample].to_dict()}; were they scored on the same benchmark?"
            )
        bins = bins.where(bins.notna(), own)
    assert bins is not None
    return bins.astype(str)


def _values(table: pd.DataFrame, names: pd.Index, metrics: Sequence[str]) -> np.ndarray:
    values = np.full((len(table), len(metrics)), np.nan)
    for k, metric in enumerate(metrics):
        if metric in table.columns:
            values[:, k] = table[metric].to_numpy(float)
    values[(table["status"] != "ok").to_numpy(bool)] = np.nan
    values[~np.isfinite(values)] = np.nan
    if table.index.equals(names):
        return values
    places = table.index.get_indexer(names)
    return np.where(places[:, None] >= 0, values[places], np.nan)


def _clusters(bins: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, str]:
    if "subject" in bins.columns:
        subjects, clusters = np.unique(bins["subject"].to_numpy(str), return_inverse=True)
        return clusters, np.zeros(len(subjects), np.int64), "subject"
    # numbered by name, so that a run with its rows in another order gets the same resamples
    order = np.argsort(bins.index.to_numpy(str), kind="stable")
    clusters = np.empty(len(bins), np.int64)
    clusters[order] = np.arange(len(bins))
    if "pose_deg" not in bins.columns:
        return clusters, np.zeros(len(bins), np.int64), "sample"
    strata = np.unique(bins["pose_deg"].to_numpy(str), return_inverse=True)[1]
    return clusters, strata[order], "sample"
