"""Notes that keep tables and figures from being misread."""

import math
import re
from collections.abc import Mapping, Sequence

from fsbench.benchmarks import Spec
from fsbench.core.quantities import Quantity
from fsbench.core.visible import visible
from fsbench.report.model import Cell, Row, Table
from fsbench.runs import Run
from fsbench.runs.frame_finding import finding_of
from fsbench.stats import ALL_SAMPLES, LEVEL, MIN_CLUSTERS, Comparison, policy_in_words
from fsbench.stats.layout import BinLayout
from fsbench.stats.overlap import enough_in_words

_FEW = 0.5


def of_table(
    runs: Sequence[Run],
    spec: Spec | None,
    layout: BinLayout,
    metrics: Sequence[Quantity],
    rows: Sequence[Row],
    policy: str = "legacy",
    unit: str = "",
) -> tuple[str, ...]:
    """The notes of a table, most general first; its intervals, if it shows any, are over `unit`."""
    return (
        *of_runs(runs, [row.label for row in rows], spec, metrics),
        *of_metrics(metrics),
        *(spec.raw.get("table_notes", ()) if spec else ()),
        *_small_overlap(layout, metrics, rows),
        *_means(layout, policy, runs[0].bins),
        *([_interval(unit, metrics, [cells for row in rows for cells in row.cells_with_overall])] if unit else []),
        *legacy_done(rows),
        *few_samples(layout, rows),
        *_suspicious(runs, rows),
    )


def of_runs(
    runs: Sequence[Run], labels: Sequence[str], spec: Spec | None, metrics: Sequence[Quantity]
) -> tuple[str, ...]:
    """The notes that hold for the runs wherever their numbers stand."""
    return (
        *_subset(runs[0], spec),
        *_without_reference(runs, labels),
        *_wrong_frames(runs, labels),
        *_cautions(runs, [*of_metrics(metrics), *(spec.raw.get("table_notes", ()) if spec else ())]),
    )


def _without_reference(runs: Sequence[Run], labels: Sequence[str]) -> list[str]:
    """Say how many samples no method could have a score for, by run where they differ."""
    counts = [run.manifest.get("references_missing") or 0 for run in runs]
    said = [
        f"{n} of {len(run.samples)} samples {'has' if n == 1 else 'have'} no reference, so no score whatever the "
        "prediction; done counts them."
        if isinstance(n, int) and n > 0
        else ""
        for n, run in zip(counts, runs, strict=True)
    ]
    if len(set(said)) == 1:
        return said[:1] if said[0] else []
    return [f"{label}: {text}" for label, text in zip(labels, said, strict=True) if text]


def _cautions(runs: Sequence[Run], repeated: Sequence[str]) -> list[str]:
    """The cautions that the runs have kept, without those that a metric's note repeats."""
    kept = (visible(" ".join(text.split())) for run in runs for text in run.manifest.get("cautions", []))
    said = " ".join(repeated)
    return [text if text.endswith((":", ".")) else f"{text}." for text in dict.fromkeys(kept) if text not in said]


def _suspicious(runs: Sequence[Run], rows: Sequence[Row]) -> list[str]:
    """Count the suspicious alignments of each run; run.json gives the reason of each."""
    found = [(row, run.manifest.get("suspicious")) for row, run in zip(rows, runs, strict=True)]
    return [
        f"{row.label}: {len(doubts)} of {row.n_scored} alignments {'is' if len(doubts) == 1 else 'are'} suspicious, "
        "see run.json."
        for row, doubts in found
        if isinstance(doubts, dict) and doubts
    ]


def _wrong_frames(runs: Sequence[Run], labels: Sequence[str]) -> list[str]:
    """Give the finding of each run whose frame seemed wrong before it was scored."""
    found = [(label, finding_of(run.manifest)) for label, run in zip(labels, runs, strict=True)]
    return [
        f"In a frame that seems wrong: {label}: {visible(' '.join(text.split())).removesuffix('.')}."
        for label, text in found
        if text
    ]


def _subset(run: Run, spec: Spec | None) -> list[str]:
    """Say that the run covers a part of the benchmark only, or the benchmark a part of the data set."""
    n_samples, said = len(run.samples), []
    whole = _benchmark_samples(run, spec)
    if whole is not None and n_samples < whole:
        said.append(f"A part of the benchmark: {n_samples} of its {whole} samples.")
    elif whole is None and isinstance(shard := run.manifest.get("shard"), dict):
        number = f"{shard.get('number')} of {shard.get('of')}"
        said.append(f"A part of the benchmark: the {n_samples} samples of shard {number}.")
    subjects = spec.raw["samples"].get("subjects") if spec else None
    found = len(set(run.samples["subject"])) if "subject" in run.bins else 0
    if subjects and found < subjects:
        said.append(f"A part of the data set: {found} of its {subjects} subjects.")
    return said + _part_of_bins(run, spec)


def _part_of_bins(run: Run, spec: Spec | None) -> list[str]:
    """Say how many samples of the whole data set there are, where it is known and some have no reference."""
    said = []
    wholes = spec.raw["samples"].get("whole", {}) if spec else {}
    for column in set(wholes) & set(run.bins):
        found = run.samples[column].value_counts()
        few = [f"{found[label]} of {n} {label}" for label, n in wholes[column].items() if 0 < found.get(label, 0) < n]
        if few:
            said.append(f"A part of the data set: {' and '.join(few)} samples; done is over these.")
    return said


def _benchmark_samples(run: Run, spec: Spec | None) -> int | None:
    """Number of samples in the benchmark; None if neither the run nor a specification tells."""
    recorded = run.manifest.get("benchmark_samples")
    if isinstance(recorded, int):
        return recorded
    if spec is not None and spec.samples:
        return len(spec.samples)
    # Runs of scans by earlier versions have the number in their signature.
    references = re.search(r"\|references:(\d+)/", run.signature)
    return int(references[1]) if references else None


def of_published(
    layout: BinLayout, metrics: Sequence[Quantity], rows: Sequence[Row], may_differ_by: Mapping[str, float]
) -> tuple[str, ...]:
    """Notes about published rows: who measured them, and how far apart that puts them."""
    by = " and ".join(dict.fromkeys(row.measured_by for row in rows))
    return (
        f"(published): measured by {by}.",
        *evaluators_differ(metrics, may_differ_by),
        *_small_overlap(layout, metrics, rows),
        *legacy_done(rows),
        *few_samples(layout, rows),
    )


def evaluators_differ(metrics: Sequence[Quantity], may_differ_by: Mapping[str, float]) -> list[str]:
    """Say how far a mean by one evaluator may be off one by the other."""
    known = [what for what in metrics if may_differ_by.get(what.name)]
    unknown = [what.label for what in metrics if what.name not in may_differ_by]
    amounts = [f"{what.label} differs by up to {what.show(may_differ_by[what.name])} {what.unit}" for what in known]
    said = [
        f"Between both evaluators a mean {amount}: a run and a published row no further apart are level."
        for amount in amounts
    ]
    return said + ([f"How far they differ in {' and '.join(unknown)} is not known."] if unknown else [])


def of_metrics(metrics: Sequence[Quantity]) -> list[str]:
    """Notes that depend on which metrics are shown, not on their values."""
    said = [f"{note}." for note in dict.fromkeys(metric.note for metric in metrics if metric.note)]
    return said + [_read_with(metric, metrics) for metric in _companions(metrics)]


def _companions(metrics: Sequence[Quantity]) -> list[Quantity]:
    """The shown metrics without which another shown metric misleads."""
    named = {metric.beside for metric in metrics}
    return [metric for metric in metrics if metric.name in named]


def _read_with(companion: Quantity, metrics: Sequence[Quantity]) -> str:
    covers, label = companion.covers, companion.label
    if not covers:
        alone = [metric.label for metric in metrics if metric.beside == companion.name]
        told = "misleads alone: read it" if len(alone) == 1 else "mislead alone: read them"
        return f"{' and '.join(alone)} {told} with {label}."
    return f"{covers} leaves out what of the reference the prediction does not reach: read it with {label}."


def _small_overlap(layout: BinLayout, metrics: Sequence[Quantity], rows: Sequence[Row]) -> list[str]:
    coverage = next((metric for metric in _companions(metrics) if metric.covers), None)
    if coverage is None:
        return []
    found = []
    for row in rows:
        bins = [bin_.title for bin_, cells in zip(layout.bins, row.cells, strict=True) if cells[0].small_overlap]
        if bins:
            found.append(row.label if len(bins) == len(layout.bins) else f"{row.label} at {', '.join(bins)}")
    if not found:
        return []
    small = f"Small overlap, {coverage.label} below {enough_in_words(coverage)}"
    return [f"{small}, so that {coverage.covers} may leave out the hard parts: {'; '.join(found)}."]


def _means(layout: BinLayout, policy: str, bins: Sequence[str] = ()) -> list[str]:
    what = (
        "Means over the samples that have a score"
        if policy == "legacy"
        else f"Failures, {policy}: {policy_in_words(policy, bins)}"
    )
    if not layout.where:
        return [f"{what}."]
    return [f"{what}, all {layout.condition}; done is over all samples."]


def _interval(unit: str, metrics: Sequence[Quantity], groups: Sequence[Sequence[Cell]]) -> str:
    """Say of groups of cells, one a metric, what their intervals are, and why some or all lack one."""
    columns = [column for what, column in zip(metrics, zip(*groups, strict=True), strict=True) if what.pooled == "mean"]
    if not columns:
        return "No intervals: these numbers are no means over samples."
    has_interval = [math.isfinite(cell.low) for column in columns for cell in column if cell.n_scored]
    if not any(has_interval):
        return f"No intervals: {interval_takes(unit)}."
    return _interval_over(unit) + ("" if all(has_interval) else f" No interval in places: {interval_takes(unit)}.")


def interval_takes(unit: str) -> str:
    """Why there may be no interval, over "subjects" or "samples"."""
    return f"an interval takes scores of {MIN_CLUSTERS} or more {unit}, more where bins are small or many failed"


def _interval_over(unit: str) -> str:
    return f"Intervals: {100 * LEVEL:.0f} % bootstrap intervals of the mean, over {unit}."


def legacy_done(rows: Sequence[Row]) -> list[str]:
    """Say where the published done rate differs from ours."""
    return [
        f"{row.label}: done is {row.n_scored} of {row.n_total} samples; published as {100 * row.legacy_done:.1f} %, "
        f"of the {row.published_rows} rows in its files."
        for row in rows
        if row.legacy_done is not None
    ]


def few_samples(layout: BinLayout, rows: Sequence[Row]) -> list[str]:
    """Name the means over less than half of a bin's samples."""
    found = [
        f"{row.label}{f' {bin_.title}' if layout.column else ''} {cells[0].n_scored} of {cells[0].n_total}"
        for row in rows
        for bin_, cells in zip(layout.bins, row.cells, strict=True)
        if 0 < cells[0].n_scored < _FEW * cells[0].n_total
    ]
    return [f"Few samples behind a mean: {'; '.join(found)}."] if found else []


def of_figure(layout: BinLayout) -> tuple[str, ...]:
    """Notes of a figure beyond those of its table."""
    return (layout.figure_note,) if layout.figure_note else ()


def below_figure(table: Table, drawn: Sequence[int] | None = None, *, of_means: bool = True) -> tuple[str, ...]:
    """Notes of a figure of the table's bins: those of the table, but of intervals and means only if they are drawn.

    Parameters
    ----------
    table : Table
    drawn : sequence of int, optional
        Numbers of the metrics that the figure draws. Default: all.
    of_means : bool
        It draws means, not single samples.
    """
    rows = [row for row in table.rows if not row.measured_by]
    whole = [cells for row in rows for cells in row.cells_with_overall]
    shown = range(len(table.metrics)) if drawn is None else drawn
    metrics = [table.metrics[m] for m in shown]
    parts = [[cells[m] for m in shown] for row in rows for cells in row.cells]
    instead = {_interval(table.unit, table.metrics, whole): _interval(table.unit, metrics, parts)} if table.unit else {}
    if not of_means:
        condition = f"All samples {table.layout.condition}." if table.layout.where else ""
        instead |= dict.fromkeys(_means(table.layout, "legacy"), condition)
    said = (instead.get(note, note) for note in table.notes)
    return (*(note for note in said if note), *of_figure(table.layout))


def of_differences(found: Comparison, first: str) -> tuple[str, ...]:
    """Notes of a figure of paired differences from the method `first`."""
    n = int(found.differences.groupby("metric", sort=False)["p"].count().max())
    held = f", by Holm's method among {n} comparisons of a metric" if n > 1 else ""
    level = f"{100 * found.level:.0f} %"
    takes = interval_takes(f"{found.unit}s")
    rows = found.differences[found.differences["by"].isin(found.bins or (ALL_SAMPLES,))]
    is_unknown = rows["verdict"].str.startswith("cannot tell")
    said = "Differences are over the samples that count for both"
    if rows["low"].isna().all():
        verdicts = ", and at the side no verdicts" if is_unknown.all() else ""
        return (f"{said}. No intervals{verdicts}: {takes}.",)
    return (
        f"{said}, with {level} bootstrap intervals over {found.unit}s. At the side: {first} is better or worse{held}.",
        *([f"Without an interval one cannot tell: {takes}."] if is_unknown.any() else []),
    )


def of_board(unit: str, layout: BinLayout, metrics: Sequence[Quantity], rows: Sequence[Row]) -> tuple[str, ...]:
    """The notes of a table of a leaderboard; its intervals, if it shows any, are over `unit`."""
    return (
        *of_metrics(metrics),
        *_small_overlap(layout, metrics, rows),
        *_means(layout, "legacy"),
        *([_interval_over(unit)] if unit else []),
        *legacy_done(rows),
        *few_samples(layout, rows),
    )
