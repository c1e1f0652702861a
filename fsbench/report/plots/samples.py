"""The single samples behind a figure, by method and bin."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fsbench.core.errors import UsageError
from fsbench.core.mesh import Floats
from fsbench.core.quantities import Quantity
from fsbench.runs import Run
from fsbench.runs.pooled_statistics import Pooled
from fsbench.stats.layout import Bin, BinLayout

_N_QUANTILES = 2000


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """One metric's values as shown (CR in percent).

    Attributes
    ----------
    metric : Quantity
    layout : BinLayout
    labels : tuple of str
    values : tuple of tuple of ndarray
        By method, then by bin: the values of the scored samples, ascending; inf for points beyond what was kept.
    n_total : tuple of int
        Samples in each bin, scored or not.
    what : str
        What a value stands for.
    """

    metric: Quantity
    layout: BinLayout
    labels: tuple[str, ...]
    values: tuple[tuple[Floats, ...], ...]
    n_total: tuple[int, ...]
    what: str = "samples"


def gather_samples(runs: Sequence[Run], labels: Sequence[str], layout: BinLayout, metric: str) -> Samples:
    """Collect the values of comparable runs."""
    known = runs[0].quantity(metric)
    values = tuple(
        tuple(_sorted(run, metric, layout.members(run.samples, bin_).to_numpy()) * known.factor for bin_ in layout.bins)
        for run in runs
    )
    n_total = tuple(int(layout.members(runs[0].samples, bin_).sum()) for bin_ in layout.bins)
    return Samples(known, layout, tuple(labels), values, n_total)


def gather_points(runs: Sequence[Run], labels: Sequence[str], layout: BinLayout, metric: str) -> Samples:
    """The distances of all points of a bin, as enough quantiles to draw their curve.

    A sample without a score has no points; it is taken to have as many as the others have on average, so that
    a curve ends at the share of the samples that were scored.

    Raises
    ------
    UsageError
        If the pooled distances of a bin were not kept.
    """
    values = []
    for run, label in zip(runs, labels, strict=True):
        if run.pooled is None or layout.where:
            raise UsageError(f"{label}: {layout.title} was not kept pooled; there are figures of single samples")
        values.append(tuple(_quantiles(run, run.pooled, layout, bin_) for bin_ in layout.bins))
    n_total = (_N_QUANTILES,) * len(layout.bins)
    return Samples(runs[0].quantity(metric), layout, tuple(labels), tuple(values), n_total, "points of the references")


def _quantiles(run: Run, pooled: Pooled, layout: BinLayout, bin_: Bin) -> Floats:
    """Quantiles at equal steps, as many as the share of scored samples allows; inf beyond the kept curve."""
    found = pooled.curve(layout.column, bin_.label)
    n_samples = int(layout.members(run.samples, bin_).sum())
    if found is None or not n_samples:
        return np.empty(0)
    limits_mm, below = found
    n = round(_N_QUANTILES * pooled.samples(layout.column, bin_.label) / n_samples)
    steps = (np.arange(n) + 0.5) / n
    # A share that several limits have belongs to the smallest of them.
    shares, first = np.unique(below, return_index=True)
    return np.interp(steps, shares, limits_mm[first], right=np.inf)


def _sorted(run: Run, metric: str, members: "np.ndarray") -> Floats:
    scored = members & (run.samples["status"] == "ok").to_numpy()
    values = run.samples.loc[scored, metric].to_numpy(np.float64)
    return np.sort(values[np.isfinite(values)])
