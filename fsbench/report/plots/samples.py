"""The single samples behind a figure, by method and bin."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fsbench.mesh import Floats
from fsbench.report.layout import Layout
from fsbench.runs import Run
from fsbench.runs.quantities import Quantity, quantity


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """One metric's values as shown (CR in percent).

    Attributes
    ----------
    metric : Quantity
    layout : Layout
    labels : tuple of str
    values : tuple of tuple of ndarray
        By method, then by bin: the values of the scored samples, ascending.
    n_total : tuple of int
        Samples in each bin, scored or not.
    """

    metric: Quantity
    layout: Layout
    labels: tuple[str, ...]
    values: tuple[tuple[Floats, ...], ...]
    n_total: tuple[int, ...]


def gather_samples(runs: Sequence[Run], labels: Sequence[str], layout: Layout, metric: str) -> Samples:
    """Collect the values of comparable runs."""
    known = quantity(metric)
    values = tuple(
        tuple(_sorted(run, metric, layout.members(run.samples, bin_).to_numpy()) * known.factor for bin_ in layout.bins)
        for run in runs
    )
    n_total = tuple(int(layout.members(runs[0].samples, bin_).sum()) for bin_ in layout.bins)
    return Samples(known, layout, tuple(labels), values, n_total)


def _sorted(run: Run, metric: str, members: "np.ndarray") -> Floats:
    scored = members & (run.samples["status"] == "ok").to_numpy()
    values = run.samples.loc[scored, metric].to_numpy(np.float64)
    return np.sort(values[np.isfinite(values)])
