"""Answers among labels: for every bin the share of samples with each answer, as a matrix a method."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fsbench.core.errors import UsageError
from fsbench.core.mesh import Floats
from fsbench.core.quantities import Quantity
from fsbench.core.visible import visible
from fsbench.report.plots.panels import Margins, stacked
from fsbench.report.plots.placing import fitting, text_width_in
from fsbench.report.plots.styles import Style
from fsbench.runs import Run
from fsbench.stats.layout import BinLayout

_SHARE_OF_CELL, _DARK = 0.42, 0.6
"""Height of a number in its cell; shares above this are dark, and their numbers white."""


def draw(runs: Sequence[Run], labels: Sequence[str], layout: BinLayout, metric: Quantity, style: Style) -> Figure:
    """Draw a matrix a method: rows are the bins, columns the labels that `metric` numbers; each row sums to 100 %.

    Parameters
    ----------
    runs : sequence of Run
    labels : sequence of str
        Of the methods.
    layout : BinLayout
    metric : Quantity
        With `label_of`, the bin column whose labels are the answers.
    style : Style

    Raises
    ------
    UsageError
        If a run has only some of the samples, so that it does not know the labels of all numbers.
    """
    for run, label in zip(runs, labels, strict=True):
        if len(run.samples) < run.manifest.get("benchmark_samples", 0):
            raise UsageError(f"{label} is a run of some samples: {metric.name} numbers the labels of all of them")
    names = list(dict.fromkeys(runs[0].samples[metric.label_of]))
    titles = [fitting(bin_.title, style) for bin_ in layout.bins]
    answers = [fitting(visible(str(name).replace("_", " ")), style) for name in names]
    em = style.font_pt / 72
    left = text_width_in(titles, style.small_pt) + 2.6 * em
    margins = Margins(left, 0.8 * em, text_width_in(answers, style.small_pt) + 2.8 * em, 1.8 * em)
    cell = (style.width_in - margins.left - margins.right) / len(names)
    figure, panels = stacked(style, [max(cell, 1.1 * em) * len(titles)] * len(runs), margins)
    for axes, run, label in zip(panels, runs, labels, strict=True):
        _matrix(axes, shares(run, layout, metric, len(names)), cell)
        axes.set_yticks(range(len(titles)), titles, fontsize=style.small_pt)
        axes.set_title(label, pad=0.4 * style.font_pt, loc="left")
        axes.set_ylabel(layout.axis)
    panels[-1].set_xticks(range(len(names)), answers, rotation=90, fontsize=style.small_pt)
    panels[-1].set_xlabel(metric.label)
    return figure


def shares(run: Run, layout: BinLayout, metric: Quantity, n: int) -> Floats:
    """Share of each of `n` answers in every bin, (bins, n); NaN where no sample has an answer."""
    found = np.full((len(layout.bins), n), np.nan)
    scored = (run.samples["status"] == "ok").to_numpy()
    for b, bin_ in enumerate(layout.bins):
        values = run.samples.loc[layout.members(run.samples, bin_).to_numpy() & scored, metric.name].to_numpy(
            np.float64
        )
        # A run may come from elsewhere: a number without a label is no answer.
        values = values[np.isfinite(values) & (values >= 0) & (values < n)].astype(np.int64)
        if len(values):
            found[b] = np.bincount(values, minlength=n) / len(values)
    return found


def _matrix(axes: Axes, found: Floats, cell_in: float) -> None:
    axes.imshow(np.nan_to_num(found), cmap="Blues", vmin=0.0, vmax=1.0, aspect="auto", interpolation="nearest")
    axes.tick_params(length=0)
    size = _SHARE_OF_CELL * cell_in * 72
    for (b, a), share in np.ndenumerate(found):
        if share > 0:
            colour = "white" if share > _DARK else "black"
            axes.text(a, b, f"{100 * share:.0f}", fontsize=size, color=colour, ha="center", va="center_baseline")
