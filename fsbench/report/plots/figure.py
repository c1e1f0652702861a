"""Draw a figure of runs and write the caption that belongs below it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import matplotlib
from matplotlib.figure import Figure

from fsbench.core.choices import PLOT_KINDS
from fsbench.core.errors import UsageError
from fsbench.core.quantities import Quantity
from fsbench.report import notes
from fsbench.report.model import Published, Table
from fsbench.report.plots import answers, canvas, cd_cr, cumulative, distribution, error, estimates
from fsbench.report.plots.placing import fitting
from fsbench.report.plots.samples import Samples, gather_points, gather_samples
from fsbench.report.plots.styles import STYLES, Style
from fsbench.report.selection import choose_metrics, main_metrics, main_of_samples, relabelled
from fsbench.report.tables import build
from fsbench.runs import Run
from fsbench.stats import compare
from fsbench.stats.layout import OVERALL, default_layouts


@dataclass(frozen=True, slots=True)
class Plot:
    """A finished figure.

    Attributes
    ----------
    content : bytes
        The file.
    caption : str
        Text below the figure, with all that a reader needs to know.
    """

    content: bytes
    caption: str


def plot(
    runs: Sequence[Run],
    kind: str = "error",
    by: str | None = None,
    metric: str | None = None,
    labels: Sequence[str] | None = None,
    *,
    style: str = "paper",
    form: str = "svg",
    published: Published | None = None,
) -> Plot:
    """Draw runs of one benchmark and one signature.

    Parameters
    ----------
    runs : sequence of Run
    kind : str
        One of `fsbench.core.choices.PLOT_KINDS`.
    by : str, optional
        As in `fsbench.report.tables.build`. Default: for `error` and `distribution` the first layout, else all
        samples.
    metric : str, optional
        The metric to draw; a chamfer distance comes with the complete rate. Default: the benchmark's main one. With a
        pooled one (`fsbench.runs.pooled_statistics.METRICS`) a cumulative curve is of all points of the references.
    labels : sequence of str, optional
        Instead of the runs' own.
    style : str
        "paper" (one column of 3.5 inch) or "talk".
    form : str
        "svg", "png" or "pdf".
    published : Published, optional
        Rows to draw beside the runs, in the kinds of figure that take no single samples.

    Raises
    ------
    UsageError
        If the runs do not belong together, or have no such bins or metric, or a name is not known.

    Notes
    -----
    matplotlib takes sizes and the seed of its ids from global settings: they are set while a figure is drawn, and
    restored afterwards.
    """
    if kind not in KINDS or style not in STYLES:
        raise UsageError(f"kind {kind!r}, style {style!r}: kinds are {', '.join(KINDS)}, styles {', '.join(STYLES)}")
    metrics = _metrics(runs[0], kind, metric) if runs else []
    if by is None:
        by = OVERALL if kind in _OF_ALL or not runs else default_layouts(runs[0])[0]
    if published is not None and kind not in _OF_MEANS:
        raise UsageError(
            f"a {kind} figure is of single samples, which published rows lack; with them there are "
            f"{', '.join(_OF_MEANS)}"
        )
    table = build(runs, by, metrics, labels, ci=kind in _OF_MEANS, published=published)
    chosen = STYLES[style]
    with matplotlib.rc_context(canvas.settings(chosen)):
        figure, said = KINDS[kind](runs, _with_room(table, chosen), chosen)
        return _finish(figure, kind, table, form, said=said)


def plot_table(table: Table, *, style: str = "paper", form: str = "svg", identifier: str = "") -> Plot:
    """Draw the means of a table over its bins; `identifier` goes into the metadata of an svg."""
    chosen = STYLES[style]
    with matplotlib.rc_context(canvas.settings(chosen)):
        figure = error.draw(_with_room(table, chosen), chosen)
        return _finish(figure, "error", table, form, identifier, error.notes(table))


def _with_room(table: Table, style: Style) -> Table:
    """The table with labels and headings short enough for the figure; its notes give them in full."""
    rows = tuple(replace(row, label=fitting(row.label, style)) for row in table.rows)
    bins = tuple(replace(bin_, heading=fitting(bin_.heading, style)) for bin_ in table.layout.bins)
    return replace(table, rows=rows, layout=replace(table.layout, bins=bins))


_OF_MEANS = ("error", "cd-cr", "means")
"""Kinds of figure that a table is enough for."""

_OF_ALL = ("cumulative", "cd-cr", "means", "differences")
"""Kinds of figure that show all samples together unless bins are asked for."""

_OVER = {
    "error": ("mean", "points", "std"),
    "means": ("mean", "points", "std"),
    "cumulative": ("mean", "points"),
}
"""Kinds of figure that show more than single samples, with the poolings that they can show."""


def _metrics(run: Run, kind: str, asked_for: str | None) -> list[str]:
    """The metric to draw, followed by its companion."""
    main = main_metrics(run)[0] if kind == "cumulative" else main_of_samples(run)
    name = asked_for or main
    if run.quantity(name).label_of and kind != "distribution":
        raise UsageError(f"{name} is an answer among labels; its figure is --kind distribution")
    if run.quantity(name).pooled not in _OVER.get(kind, ("mean",)):
        raise UsageError(f"a {kind} figure is of single samples; {name} is over all of them")
    return choose_metrics(run, [name])


Said = tuple[str, ...]
"""Notes of a figure beyond those of its table."""


def _error(_runs: Sequence[Run], table: Table, style: Style) -> tuple[Figure, Said]:
    return error.draw(table, style), error.notes(table)


def _distribution(runs: Sequence[Run], table: Table, style: Style) -> tuple[Figure, Said]:
    if table.metrics[0].label_of:
        return answers.draw(runs, [row.label for row in table.rows], table.layout, table.metrics[0], style), ()
    samples = _samples(runs, table)
    return distribution.draw(samples, style), distribution.notes(samples)


def _cumulative(runs: Sequence[Run], table: Table, style: Style) -> tuple[Figure, Said]:
    what = table.metrics[0]
    if what.pooled == "points":
        labels = [row.label for row in table.rows]
        points = gather_points(runs, labels, table.layout, what.name)
        return cumulative.draw(points, labels, style), cumulative.notes(points)
    if what.better != "lower":
        raise UsageError(f"a cumulative curve is of an error; {what.name} is none")
    return cumulative.draw(_samples(runs, table)[0], _names_with_companion(table), style), ()


def _cd_cr(_runs: Sequence[Run], table: Table, style: Style) -> tuple[Figure, Said]:
    if _companion(table) is None or table.metrics[1].enough is None:
        what = table.metrics[0].name
        raise UsageError(f"cd-cr needs a chamfer distance and cr, here is {what}; try --kind error")
    return cd_cr.draw(table, style), ()


def _means(_runs: Sequence[Run], table: Table, style: Style) -> tuple[Figure, Said]:
    return estimates.draw_means(table, style), ()


def _differences(runs: Sequence[Run], table: Table, style: Style) -> tuple[Figure, Said]:
    if len(runs) < 2:
        raise UsageError("differences takes two runs or more; --kind means shows one")
    labels = [f"{number}: {row.label}" for number, row in enumerate(table.rows)]  # shortened ones may be alike
    found = compare(
        relabelled(runs, labels),
        by=table.layout,
        metrics=[metric.name for metric in table.metrics],
    )
    return estimates.draw_differences(found, table, style), notes.of_differences(found, table.rows[0].label)


_DRAWINGS: dict[str, Callable[[Sequence[Run], Table, Style], tuple[Figure, Said]]] = {
    "error": _error,
    "distribution": _distribution,
    "cumulative": _cumulative,
    "cd-cr": _cd_cr,
    "means": _means,
    "differences": _differences,
}
KINDS = MappingProxyType({kind: _DRAWINGS[kind] for kind in PLOT_KINDS})
"""Name on the command line to what draws it; a kind that nothing draws is a KeyError here."""


def _samples(runs: Sequence[Run], table: Table) -> list[Samples]:
    labels = [row.label for row in table.rows]
    return [gather_samples(runs, labels, table.layout, metric.name) for metric in table.metrics]


def _companion(table: Table) -> Quantity | None:
    """The companion of the first metric, which is the second metric; None if there is none."""
    beside = table.metrics[0].beside
    return table.metrics[1] if beside and [metric.name for metric in table.metrics[1:]] == [beside] else None


def _names_with_companion(table: Table) -> list[str]:
    """The labels, each with the mean of the first metric's companion."""
    companion = _companion(table)
    if companion is None:
        return [row.label for row in table.rows]
    found = []
    for row in table.rows:
        scored = [(cells[1].mean, cells[1].n_scored) for cells in row.cells if cells[1].n_scored]
        n = sum(count for _, count in scored)
        mean = sum(value * count for value, count in scored) / n if n else float("nan")
        share = f"{companion.label} {mean * companion.factor:.0f}" if n else "no score"
        found.append(f"{row.label} ({share})")
    return found


def _shown(kind: str, table: Table) -> str:
    """The content of a figure, in words."""
    metrics = table.metrics
    if kind == "cumulative" and metrics[0].pooled == "points":
        return "share of all points of the references with at most a distance"
    if kind == "cd-cr":
        return " against ".join(metric.words or metric.label for metric in metrics)
    if kind == "distribution" and metrics[0].label_of:
        return "share of each answer in percent, by bin"
    said = PLOT_KINDS[kind]
    if not table.layout.column:
        said = said.replace(" over the bins", "").removesuffix(", by bin")
    has_intervals = any(cell.low == cell.low for row in table.rows for cells in row.cells for cell in cells)
    return said if has_intervals else said.removesuffix(", with intervals")


def _finish(figure: Figure, kind: str, table: Table, form: str, identifier: str = "", said: Sequence[str] = ()) -> Plot:
    said = [*said, *notes.below_figure(table, of_means=kind not in ("distribution", "differences"))]
    caption = " ".join([f"{table.title}: {_shown(kind, table)}.", *said])
    description = f"{caption} Measured as {' '.join(table.signature.split())}."
    return Plot(canvas.encode(figure, form, table.title, description, identifier), caption)
