"""Tables: runs side by side, divided into bins. The content of a table is decided here, its form in `formats`."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import fields, replace
from typing import Any

import pandas as pd

from fsbench.core.errors import UsageError
from fsbench.core.quantities import Quantity
from fsbench.core.visible import visible
from fsbench.report import notes
from fsbench.report.model import Cell, Published, Row, Table
from fsbench.report.published import published_rows
from fsbench.report.selection import choose_metrics, require_comparable
from fsbench.runs import Run
from fsbench.stats import ALL_SAMPLES, summaries
from fsbench.stats.layout import Bin, BinLayout, default_layouts, layout, spec_of


def build(
    runs: Sequence[Run],
    by: str | None = None,
    metrics: Sequence[str] | None = None,
    labels: Sequence[str] | None = None,
    *,
    policy: str = "legacy",
    ci: bool = False,
    published: Published | None = None,
) -> Table:
    """Put runs of one benchmark and one signature into a table.

    Parameters
    ----------
    runs : sequence of Run
        In the order of the rows.
    by : str, optional
        A layout of the benchmark ("pose", "focal", "pose-all"), "overall", or a bin column. Default: the first layout.
    metrics : sequence of str, optional
        Metric columns. A chamfer distance comes with the complete rate.
    labels : sequence of str, optional
        Instead of the runs' own.
    policy : str
        What a failed sample counts as, see `fsbench.stats.POLICIES`; "legacy" is the published rule.
    ci : bool
        With the 95 % interval of every mean.
    published : Published, optional
        Rows to set below those of the runs.

    Raises
    ------
    UsageError
        If the runs do not belong into one table, have no such bins or metrics, or share a label.
    """
    shown = require_comparable(runs, labels)
    named = [runs[0].quantity(name) for name in choose_metrics(runs[0], metrics)]
    chosen = _allowed(named, metrics is not None, policy)
    divided = layout(runs, by or default_layouts(runs[0])[0])
    rows = tuple(_rows(runs, shown, divided, chosen, _summary(runs, divided, chosen, policy, ci)))
    unit = ("subjects" if "subject" in runs[0].bins else "samples") if ci else ""
    said = notes.of_table(runs, spec_of(runs[0]), divided, chosen, rows, policy, unit)
    if published is not None:
        beside = published_rows(published, divided, chosen, shown, policy, ci)
        said = (*said, *notes.of_published(divided, chosen, beside, published.may_differ_by))
        rows += beside
    return Table(visible(runs[0].benchmark), visible(runs[0].signature), divided, chosen, rows, said, unit)


def _allowed(chosen: Sequence[Quantity], asked_for: bool, policy: str) -> tuple[Quantity, ...]:
    """Pooled numbers do not include failures, so no policy applies to them."""
    pooled = [what.name for what in chosen if what.pooled == "points"]
    if policy == "legacy" or not pooled:
        return tuple(chosen)
    if asked_for:
        raise UsageError(f"{pooled[0]} is over the points that were measured; --policy {policy} cannot apply to it")
    return tuple(what for what in chosen if what.name not in pooled)


def _summary(
    runs: Sequence[Run], divided: BinLayout, metrics: Sequence[Quantity], policy: str, ci: bool
) -> pd.DataFrame:
    # One metric at least: the counts of samples come with it.
    plain = [what.name for what in metrics if what.pooled == "mean"] or runs[0].metrics[:1]
    # Of the samples that the layout takes, as no table of a part shows a mean over all.
    part = replace(divided, where={})
    found = summaries(runs, by=part, where=divided.where, policy=policy, metrics=plain, ci=ci)
    shown = {part.key: divided.key} | ({ALL_SAMPLES: ALL_SAMPLES} if divided.overall else {})
    return found[found["by"].isin(shown)].replace({"by": shown})


def _rows(
    runs: Sequence[Run], labels: Sequence[str], divided: BinLayout, metrics: Sequence[Quantity], summary: pd.DataFrame
) -> Iterator[Row]:
    """One row a run; the summary's own labels tell runs apart by their position."""
    plain = list(summary["metric"].unique())
    lines = {key: part.to_dict("records") for key, part in summary.groupby(["by", "bin"])}
    whole = divided.overall and replace(divided, column="", bins=(divided.overall,))
    places = [(divided, bin_) for bin_ in divided.bins] + ([(whole, bin_) for bin_ in whole.bins] if whole else [])
    nothing = Cell(float("nan"), float("nan"), 0, 0)
    for r, (run, label) in enumerate(zip(runs, labels, strict=True)):
        own = slice(r * len(plain), (r + 1) * len(plain))
        cells = []
        for of, bin_ in places:
            # A run of some samples only may leave a bin of the layout empty.
            key = (of.key, bin_.label)
            found = map(_cell, lines[key][own]) if key in lines else (nothing,) * len(plain)
            known = dict(zip(plain, found, strict=True))
            counts = known[plain[0]]
            cells.append(tuple(known.get(what.name) or _derived(run, of, bin_, what, counts) for what in metrics))
        overall = cells.pop() if whole else ()
        published = run.manifest.get("published_rows")
        n_published = published if isinstance(published, int) and published > 0 else None
        n_scored = int((run.samples["status"] == "ok").sum())
        yield Row(label, tuple(cells), n_scored, len(run.samples), n_published, overall=overall)


def _derived(run: Run, divided: BinLayout, bin_: Bin, what: Quantity, counts: Cell) -> Cell:
    """A number that is not a mean over samples: their spread, or a statistic over all their points."""
    if what.pooled == "std":
        inside = divided.members(run.samples, bin_) & (run.samples["status"] == "ok")
        values = run.samples.loc[inside, what.column].dropna()
        return Cell(float(values.std(ddof=0)), float("nan"), len(values), counts.n_total)
    if run.pooled is None or divided.where:  # a part of a bin is not kept pooled
        return Cell(float("nan"), float("nan"), 0, counts.n_total)
    value = run.pooled.value(what.column, divided.column, bin_.label)
    return Cell(value, float("nan"), run.pooled.samples(divided.column, bin_.label), counts.n_total)


def _cell(line: dict[Hashable, Any]) -> Cell:
    return Cell(**{field.name: line[field.name] for field in fields(Cell)})
