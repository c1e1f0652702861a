"""The samples that are worst in a run, or that got worse from one run to another."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fsbench.core.errors import UsageError
from fsbench.core.quantities import Quantity, with_companions
from fsbench.core.signatures import not_alike
from fsbench.core.visible import visible
from fsbench.runs import Run

N_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Outcome:
    """A sample in one run.

    Attributes
    ----------
    status : str
    reason : str
        The reason in the row; if it has none, the doubt about its alignment.
    values : tuple of float
        By metric of `Worst.metrics`; NaN without a score.
    """

    status: str
    reason: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Worst:
    """The worst samples, worst first.

    Attributes
    ----------
    benchmark, signature : str
    methods : tuple of str
        Label of the run, or of the first and the second.
    metrics : tuple of Quantity
        The metric that orders the samples, then its companions, without which it must not be read.
    bins : tuple of str
    samples : tuple of str
    labels : tuple of tuple of str
        By sample, its bins.
    outcomes : tuple of tuple of Outcome
        By sample, in each run.
    counts : dict of str to int
        Number of samples of each kind, listed or not.
    """

    benchmark: str
    signature: str
    methods: tuple[str, ...]
    metrics: tuple[Quantity, ...]
    bins: tuple[str, ...]
    samples: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    outcomes: tuple[tuple[Outcome, ...], ...]
    counts: dict[str, int]

    def difference(self, s: int) -> float:
        """Second run minus first, of the metric that orders the samples; NaN where one has no score."""
        first, *_, last = self.outcomes[s]
        return last.values[0] - first.values[0]


def worst(runs: Sequence[Run], labels: Sequence[str], metric: str, n: int = N_SHOWN) -> Worst:
    """The worst samples of a run; for two runs, the samples that lost their score, then those that got worse.

    Samples are joined by name; those of one run only are counted. A difference that prints as 0 is none.

    Parameters
    ----------
    runs : sequence of Run
        One or two.
    labels : sequence of str
        Of the runs.
    metric : str
        A column of the runs.
    n : int
        How many samples at most, > 0.

    Raises
    ------
    UsageError
        If the runs do not compare, have no such column, or neither direction of it is better.
    """
    if not 1 <= len(runs) <= 2:
        raise UsageError(f"{len(runs)} runs are given; name one, or two of one benchmark")
    _refuse_unlike(runs, labels)
    what = _judged(runs, labels, metric)
    names = with_companions([metric], runs[0].metrics, runs[0].quantities)
    tables = [run.samples.set_index("sample") for run in runs]
    common = [name for name in tables[0].index if all(name in table.index for table in tables)]
    if not common:
        raise UsageError(f"{' and '.join(labels)} have no sample in common")
    values = np.stack([table.loc[common, metric].to_numpy(np.float64) for table in tables])
    is_ok = (tables[0].loc[common, "status"] == "ok").to_numpy()
    order, counts = _of_one(values[0], is_ok, what) if len(runs) == 1 else _of_two(values, what)
    counts["one_run_only"] = sum(len(table) - len(common) for table in tables)
    shown = [common[i] for i in order[:n]]
    return Worst(
        visible(runs[0].benchmark),
        visible(runs[0].signature),
        tuple(labels),
        tuple(runs[0].quantity(name) for name in names),
        tuple(runs[0].bins),
        tuple(shown),
        tuple(tuple(str(tables[0].at[name, column]) for column in runs[0].bins) for name in shown),
        tuple(tuple(map(_outcome, runs, tables, [name] * len(runs), [names] * len(runs))) for name in shown),
        counts,
    )


def _refuse_unlike(runs: Sequence[Run], labels: Sequence[str]) -> None:
    first, last = runs[0], runs[-1]
    if first.benchmark != last.benchmark:
        raise UsageError(
            f"{labels[0]} is a run of {visible(first.benchmark)}, {labels[-1]} one of {visible(last.benchmark)}: "
            "samples of one benchmark are compared; call once for each"
        )
    if first.signature != last.signature:
        raise UsageError(not_alike(labels[0], first.signature, labels[-1], last.signature))


def _judged(runs: Sequence[Run], labels: Sequence[str], metric: str) -> Quantity:
    """The metric, which must have a value for each sample and a better direction."""
    judged = [name for name, what in runs[0].quantities.items() if what.sign]
    for run, label in zip(runs, labels, strict=True):
        if metric not in run.metrics:
            raise UsageError(
                f"{label} has no column {visible(metric)!r} with a value a sample; it has {', '.join(run.metrics)}"
            )
        if not run.quantity(metric).agrees_with(runs[0].quantity(metric)):
            raise UsageError(f"{labels[0]} and {label} declare {visible(metric)} with another unit or direction")
    what = runs[0].quantity(metric)
    if not what.sign:
        others = f"choose among {', '.join(judged)}" if judged else "no metric of this run has a direction"
        raise UsageError(f"neither direction of {visible(metric)} is better, so no sample is the worst; {others}")
    return what


def _of_one(
    values: "np.ndarray[tuple[int], np.dtype[np.float64]]",
    is_ok: "np.ndarray[tuple[int], np.dtype[np.bool_]]",
    what: Quantity,
) -> tuple[list[int], dict[str, int]]:
    scored = np.flatnonzero(~np.isnan(values))
    order = scored[np.argsort(what.sign * values[scored], kind="stable")]
    undefined = int((np.isnan(values) & is_ok).sum())
    return order.tolist(), {
        "scored": len(scored),
        "unscored": len(values) - len(scored) - undefined,
        "undefined": undefined,
    }


def _of_two(
    values: "np.ndarray[tuple[int, int], np.dtype[np.float64]]", what: Quantity
) -> tuple[list[int], dict[str, int]]:
    before, after = values
    lost = np.flatnonzero(~np.isnan(before) & np.isnan(after))
    shown = np.array([float(what.show(d)) if d == d else np.nan for d in after - before])
    change = np.where(shown == 0, 0.0, what.sign * (after - before))
    worse = np.flatnonzero(change < 0)
    counts = {
        "lost": len(lost),
        "worse": len(worse),
        "better": int((change > 0).sum()),
        "same": int((change == 0).sum()),
        "gained": int((np.isnan(before) & ~np.isnan(after)).sum()),
        "never": int((np.isnan(before) & np.isnan(after)).sum()),
    }
    return [*lost.tolist(), *worse[np.argsort(change[worse], kind="stable")].tolist()], counts


def _outcome(run: Run, table: pd.DataFrame, sample: str, metrics: Sequence[str]) -> Outcome:
    doubts = run.manifest.get("suspicious")
    doubt = str(doubts.get(sample, "")) if isinstance(doubts, dict) else ""
    reason = str(table.at[sample, "reason"]) or (f"suspicious: {doubt}" if doubt else "")
    values = table.loc[sample, list(metrics)].to_numpy(np.float64)
    return Outcome(str(table.at[sample, "status"]), reason, tuple(map(float, values)))
