"""What has to be said below a table or a figure, so that nobody reads it wrongly."""

from collections.abc import Sequence

from fsbench.benchmarks import Spec
from fsbench.report.layout import Layout
from fsbench.report.model import Row
from fsbench.runs import Run
from fsbench.runs.quantities import Quantity

_FEW = 0.5


def of_table(
    run: Run, spec: Spec | None, layout: Layout, metrics: Sequence[Quantity], rows: Sequence[Row]
) -> tuple[str, ...]:
    """The notes of a table, most general first."""
    notes = [*_subset(run, spec), *_of_metrics(metrics), *_done(layout), *_legacy(rows), *_few(layout, rows)]
    return tuple(notes)


def _subset(run: Run, spec: Spec | None) -> list[str]:
    if spec is None or len(run.samples) == len(spec.samples):
        return []
    return [f"A part of the benchmark: {len(run.samples)} of its {len(spec.samples)} samples."]


def _of_metrics(metrics: Sequence[Quantity]) -> list[str]:
    said = [f"{note}." for note in dict.fromkeys(metric.note for metric in metrics if metric.note)]
    together = [metric for metric in metrics if metric.beside]
    if together and any(metric.name == together[0].beside for metric in metrics):
        said.append("CD is taken over the part that reference and prediction share: read it with CR.")
    return said


def _done(layout: Layout) -> list[str]:
    scope = ""
    if layout.where:
        only = " and ".join(f"{column} = {label}" for column, label in layout.where.items())
        scope = f" with {only}; done is over all samples"
    return [f"Means over the samples that have a score{scope}."]


def _legacy(rows: Sequence[Row]) -> list[str]:
    return [
        f"{row.label}: done is {row.n_scored} of {row.n_total} samples; published as {100 * row.legacy_done:.1f} %, "
        f"of the {row.published_rows} rows in its files."
        for row in rows
        if row.legacy_done is not None
    ]


def _few(layout: Layout, rows: Sequence[Row]) -> list[str]:
    found = [
        f"{row.label} {bin_.title} {cell.n_scored} of {cell.n_total}"
        for row in rows
        for bin_, cells in zip(layout.bins, row.cells, strict=True)
        for cell in cells[:1]
        if 0 < cell.n_scored < _FEW * cell.n_total
    ]
    return [f"Few samples behind a mean: {', '.join(found)}."] if found else []
