"""Summaries: each method's mean in each bin, with its interval and its done rate."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from fsbench.core.errors import UsageError
from fsbench.runs import Run
from fsbench.stats.bootstrap import ClusterSums, sum_clusters
from fsbench.stats.intervals import Method, intervals
from fsbench.stats.overlap import coverages, is_small
from fsbench.stats.policies import apply_policy
from fsbench.stats.resampling import MOST_RESAMPLES, draw_resamples
from fsbench.stats.score_table import By, Cell, ScoreTable, gather

N_RESAMPLES = 10_000
LEVEL = 0.95


def summaries(
    runs: Sequence[Run],
    *,
    by: By = None,
    policy: str = "legacy",
    metrics: Sequence[str] | None = None,
    where: Mapping[str, str] | None = None,
    ci: bool = True,
    method: Method = "percentile",
    level: float = LEVEL,
    n_resamples: int = N_RESAMPLES,
    widen: bool = True,
) -> pd.DataFrame:
    """Means per method, bin and metric.

    A method's resamples are seeded by its own run, so that its interval is the same beside any other runs, in any
    table, and for any choice of bins and metrics (unless the policy depends on the other runs).

    Parameters
    ----------
    runs : sequence of Run
        Of one benchmark and one signature.
    by : str, BinLayout, or sequence of them, optional
        As `fsbench table --by`: tables of the benchmark ("pose" is at one focal length in fslab, "pose-all" at all),
        or bin columns; the whole is always added. "overall": the whole alone.
    policy : str
        What a failed sample counts as, see `fsbench.stats.POLICIES`.
    metrics : sequence of str, optional
        Default: all.
    where : mapping, optional
        Only samples in these bins, e.g. {"focal_px": "1200"}.
    ci : bool
        Without intervals `low` and `high` are NaN, and it is quicker.
    method, level, widen
        See `fsbench.stats.intervals.intervals`.
    n_resamples : int
        Resamples of clusters.

    Returns
    -------
    pandas.DataFrame
        One row a (bin, method, metric): `method`; `by` (bin column, but the name of a table that takes a part of the
        samples; "all" for the whole); `bin` (its label); `metric`; `mean`, `median`, `low`, `high` in the run's units;
        `n_scored` of `n_total` samples have a value; `done`: share of the samples that were scored, with or without a
        value (a neutral face has no motion); `n_used` samples and `n_clusters` clusters that the mean is over;
        `small_overlap`: the mean there of a metric that says how much is covered is below what it calls enough;
        `policy`; `level`; `n_resamples`; `seed`.

    Raises
    ------
    UsageError
        If benchmarks or signatures differ, or there is no such bin, metric, policy or method.
    """
    _check_resamples(n_resamples)
    scores = gather(runs).where(where)
    chosen = scores.metric_numbers(metrics)
    rows: list[dict[str, Any]] = []
    for part, cells in scores.parts(by):
        values = apply_policy(part, policy)[:, :, chosen]
        columns = [
            _of_one_method(part, i, values[i], cells, ci, method, level, n_resamples, widen)
            for i in range(len(part.methods))
        ]
        rows += [
            row | {"policy": policy, "level": level} for row in _rows(part, cells, columns, chosen, n_resamples * ci)
        ]
    return pd.DataFrame(rows)


def _rows(
    scores: ScoreTable,
    cells: Sequence[Cell],
    columns: Sequence[Mapping[str, np.ndarray]],
    chosen: Sequence[int],
    n_resamples: int,
) -> list[dict[str, Any]]:
    covering = coverages(scores)
    return [
        {"method": scores.methods[i], "by": name, "bin": label, "metric": metric}
        | _counts(scores.values[i, inside, k], scores.scored[i, inside], column, place)
        | {"small_overlap": any(is_small(scores, i, what, inside) for what in covering)}
        | {"n_resamples": n_resamples, "seed": scores.seeds[i]}
        for cell, (name, label, inside) in enumerate(cells)
        for i, column in enumerate(columns)
        for m, k in enumerate(chosen)
        for metric, place in [(scores.metrics[k], cell * len(chosen) + m)]
    ]


def _check_resamples(n_resamples: int) -> None:
    if not 100 <= n_resamples <= MOST_RESAMPLES:
        raise UsageError(f"{n_resamples} resamples: expected 100 to {MOST_RESAMPLES:,}; 10,000 are usual")


def _of_one_method(
    scores: ScoreTable,
    i: int,
    values: np.ndarray,
    cells: Sequence[Cell],
    ci: bool,
    method: Method,
    level: float,
    n_resamples: int,
    widen: bool,
) -> dict[str, np.ndarray]:
    """Columns of numbers, each over (cells x metrics)."""
    spread = np.concatenate([np.where(inside[:, None], values, np.nan) for _, _, inside in cells], axis=1)
    sums = sum_clusters(spread, scores.clusters, scores.strata)
    low = high = np.full(spread.shape[1], np.nan)
    if ci:
        drawn = sums.resampled_means(draw_resamples(scores.strata, n_resamples, scores.seeds[i]))
        low, high = intervals(sums, drawn, level=level, method=method, widen=widen)
    medians = [np.median(column[np.isfinite(column)]) if np.isfinite(column).any() else np.nan for column in spread.T]
    return {"mean": sums.means, "median": np.array(medians), "low": low, "high": high} | _sizes(sums)


def _sizes(sums: ClusterSums) -> dict[str, np.ndarray]:
    return {"n_used": sums.counts.sum(axis=0).astype(int), "n_clusters": sums.n_clusters}


def _counts(
    raw: np.ndarray, scored: np.ndarray, column: Mapping[str, np.ndarray], place: int
) -> dict[str, float | int]:
    n_scored, n_total = int(np.isfinite(raw).sum()), len(raw)
    numbers = {name: float(column[name][place]) for name in ("mean", "median", "low", "high")}
    sizes = {name: int(column[name][place]) for name in ("n_used", "n_clusters")}
    return numbers | {"n_scored": n_scored, "n_total": n_total, "done": float(scored.mean())} | sizes
