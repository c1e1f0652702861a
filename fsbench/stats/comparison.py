"""Comparison: which of several methods is better, paired sample by sample."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any, Literal

import numpy as np
import pandas as pd

from fsbench.core.choices import PAIRS
from fsbench.core.errors import UsageError
from fsbench.core.quantities import Quantity, with_companions
from fsbench.runs import Run
from fsbench.stats.bootstrap import sum_clusters
from fsbench.stats.intervals import Method, holm, intervals, least_tail, p_values, shortages
from fsbench.stats.layout import BinLayout
from fsbench.stats.policies import apply_policy, policy_in_words
from fsbench.stats.published import PublishedMeans, require_published, unpaired_rows
from fsbench.stats.ranks import first_share, kendall_taus, rank, rank_interval
from fsbench.stats.resampling import DIGITS, Resamples, draw_resamples
from fsbench.stats.score_table import By, Cell, ScoreTable, gather
from fsbench.stats.summaries import LEVEL, N_RESAMPLES, summaries
from fsbench.stats.verdicts import Evidence, verdict

Pairs = Literal["first", "neighbours", "all"]
_EVIDENCE = (
    "method",
    "other",
    "difference",
    "low",
    "high",
    "n_common",
    "n_clusters",
    "identical",
    "paired",
    "no_interval",
)


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """The result of `compare`.

    Parameters
    ----------
    benchmark, signature, policy, pairs, unit : str
        Unit is what was resampled, "subject" or "sample".
    level : float
        Of all intervals, and 1 - level of the verdicts.
    n_resamples, seed : int
        The same for all methods, pairs, bins and metrics.
    n_samples, n_clusters : int
        Of the benchmark.
    methods, asked, metrics, bins, notes : tuple of str
        The metrics asked for, and with their companions; the bins asked for, as `by` has them; notes for the reader.
    layouts : tuple of BinLayout
        What the bins asked for are: their samples, their order and their names in a table.
    quantities : mapping of str to Quantity
        What the metrics are.
    differences : pandas.DataFrame
        One row a (bin, metric, pair): `by, bin, metric, method, other, difference` (mean of method - other over the
        `n_common` samples that count for both, in `n_clusters` clusters), `low, high, p, p_holm`, `improvement` (the
        probability that `method` is better on a sample of the benchmark) with `improvement_low, improvement_high`,
        `winner` (empty where none is shown), `verdict`, which says why low and high are NaN where they are.
    ranks : pandas.DataFrame
        The columns of `summaries`, and `rank, rank_low, rank_high`, `first` (share of resamples in which the method is
        first). Metrics of which neither direction is better have no ranks.
    stability : pandas.DataFrame
        One row a (bin, metric): `tau`, the mean Kendall tau between the order found and the order in a resample, and
        `tau_low`, which all but a share (1 - level) of the resamples reach.
    published : PublishedMeans or None
        With it, `differences` also has rows of a run - a published method, and a column `paired`, which is False for
        them (their `n_common` is 0, their improvement NaN), and `ranks` has the published means, without a rank.
    """

    benchmark: str
    signature: str
    policy: str
    pairs: str
    unit: str
    level: float
    n_resamples: int
    seed: int
    n_samples: int
    n_clusters: int
    methods: tuple[str, ...]
    asked: tuple[str, ...]
    metrics: tuple[str, ...]
    quantities: Mapping[str, Quantity]
    bins: tuple[str, ...]
    notes: tuple[str, ...]
    differences: pd.DataFrame
    ranks: pd.DataFrame
    stability: pd.DataFrame
    layouts: tuple[BinLayout, ...] = ()
    published: PublishedMeans | None = None


@dataclass(frozen=True, slots=True)
class _Settings:
    metrics: list[int]
    pairs: str
    method: Method
    level: float
    resamples: Resamples
    widen: bool


def compare(
    runs: Sequence[Run],
    *,
    by: By = None,
    policy: str = "legacy",
    metrics: Sequence[str] | None = None,
    pairs: Pairs = "first",
    where: Mapping[str, str] | None = None,
    method: Method = "percentile",
    level: float = LEVEL,
    n_resamples: int = N_RESAMPLES,
    widen: bool = True,
    published: PublishedMeans | None = None,
) -> Comparison:
    """Paired differences, verdicts and ranks.

    A difference is taken on the samples that count for both methods, so that easy and hard samples cancel; with
    `policy="legacy"` these are the samples that both scored. All methods share the resamples. Holm's correction is
    over all rows of one metric: every pair, in every bin shown and overall.

    Parameters
    ----------
    runs : sequence of Run
        Two or more, of one benchmark and one signature; one is enough beside published means.
    by, policy, metrics, where, method, level, n_resamples, widen
        As for `fsbench.stats.summaries`. A metric that misleads alone comes with its companion, as `cd_mm` with `cr`.
    pairs : "first", "neighbours" or "all"
        Which methods are set against each other. The first run is the default, not the best one: the best was chosen
        by the same numbers, which would flatter it.
    published : PublishedMeans, optional
        Means to compare with, unpaired: the first run is compared with each of them, with `pairs="all"` every run is.

    Raises
    ------
    UsageError
        If there are fewer than two runs, they do not compare, or an option names a bin or metric that they lack.
    """
    if len(runs) < (2 if published is None else 1):
        raise UsageError(f"comparing takes two runs or more, found {len(runs)}; `fsbench table --ci` shows one")
    if pairs not in PAIRS:
        raise UsageError(f"no pairs {pairs!r}; there are {', '.join(PAIRS)}")
    scores = gather(runs).where(where)
    names = scores.metrics if metrics is None else with_companions(metrics, scores.metrics, scores.quantities)
    table = summaries(
        runs, by=by, policy=policy, metrics=names, where=where, method=method, level=level, n_resamples=n_resamples,
        widen=widen,
    )  # fmt: skip
    if published is not None:
        require_published(published, scores.methods, table, policy, level)
        if pairs == "neighbours":
            raise UsageError("published methods have no ranks, so no neighbours; leave out --pairs, or give it all")
    found = []
    for part, cells in scores.parts(by):
        resamples = draw_resamples(part.strata, n_resamples, scores.seed)
        settings = _Settings(scores.metric_numbers(names), pairs, method, level, resamples, widen)
        values = apply_policy(part, policy)
        found += [_in_cell(part, values, cell, settings) for cell in cells]
    said = f"policy {policy}: {policy_in_words(policy, runs[0].bins)}"
    rows = [row for part in found for row in part[0]]
    ranks = table.merge(pd.DataFrame([row for part in found for row in part[1]]), on=["by", "bin", "method", "metric"])
    if published is not None:
        rows = [row | {"paired": True} for row in rows]
        chosen = scores.methods if pairs == "all" else scores.methods[:1]
        rows += unpaired_rows(table, chosen, published, scores.quantities)
        ranks = _beside(ranks, published)
    differences = _with_verdicts(pd.DataFrame(rows), scores, level)
    return Comparison(
        benchmark=scores.benchmark, signature=scores.signature, policy=policy, pairs=pairs, unit=scores.unit,
        level=level, n_resamples=n_resamples, seed=scores.seed, n_samples=len(scores.bins),
        n_clusters=len(scores.strata), methods=scores.methods,
        asked=scores.metrics if metrics is None else tuple(dict.fromkeys(metrics)), metrics=tuple(names),
        quantities={name: scores.quantities[name] for name in names},
        bins=tuple(scores.bin_columns(by)), layouts=tuple(scores.layouts(by)), notes=(said, *scores.notes),
        differences=differences, ranks=ranks, stability=pd.DataFrame([row for part in found for row in part[2]]),
        published=published,
    )  # fmt: skip


def _beside(ranks: pd.DataFrame, published: PublishedMeans) -> pd.DataFrame:
    """The ranks, followed by the published means of the same bins and metrics."""
    places = set(zip(ranks["by"], ranks["bin"], ranks["metric"], strict=True))
    theirs = published.rows
    theirs = theirs[[place in places for place in zip(theirs["by"], theirs["bin"], theirs["metric"], strict=True)]]
    theirs = theirs.assign(n_used=theirs["n_scored"], n_clusters=0, n_resamples=0, seed=0)
    theirs = theirs.assign(done=theirs["n_scored"] / theirs["n_total"], policy="legacy", level=LEVEL)
    # They have no ranks, so those are NaN.
    return pd.concat([ranks, theirs.reindex(columns=ranks.columns)], ignore_index=True)


def _in_cell(
    scores: ScoreTable, values: np.ndarray, cell: Cell, settings: _Settings
) -> tuple[list[dict[str, object]], list[dict[str, object]], list[dict[str, object]]]:
    by, label, inside = cell
    n_methods, n_metrics = len(values), len(settings.metrics)
    counted = np.where(inside[:, None], values[:, :, settings.metrics], np.nan)
    flat = counted.transpose(1, 0, 2).reshape(len(inside), -1)
    sums = sum_clusters(flat, scores.clusters, scores.strata)
    drawn = sums.resampled_means(settings.resamples).reshape(n_methods, n_metrics, -1)
    means = sums.means.reshape(n_methods, n_metrics)
    tails = least_tail(sums, settings.resamples.n_resamples).reshape(n_methods, n_metrics)
    pair_rows: list[dict[str, object]] = []
    rank_rows: list[dict[str, object]] = []
    tau_rows: list[dict[str, object]] = []
    for m, k in enumerate(settings.metrics):
        place = {"by": by, "bin": label, "metric": scores.metrics[k]}
        sign = scores.quantities[scores.metrics[k]].sign
        ranks = rank(-sign * means[:, m]) if sign else np.full(n_methods, np.nan)
        # one column of NaN is enough where there is nothing to rank; a rival that has a mean and too few samples to be
        # drawn would leave the others its places
        rivals = np.isfinite(means[:, m])
        rankable = sign and rivals.any() and np.isfinite(drawn[rivals, m]).any(axis=1).all()
        redrawn = rank(-sign * drawn[:, m]) if rankable else np.full((n_methods, 1), np.nan)
        least = float(tails[rivals, m].max(initial=0.0))
        rank_rows += _rank_rows(place, scores.methods, ranks, redrawn, settings.level, least)
        tau_rows.append(place | _stability(ranks, redrawn, settings.level, least))
        chosen = _chosen_pairs(ranks, settings.pairs)
        scored = scores.values[:, inside, k]
        for row, (i, j) in zip(
            _pair_rows(place, scores, counted[:, :, m], chosen, sign, settings), chosen, strict=True
        ):
            pair_rows.append(row | {"identical": _are_identical(scored[i], scored[j], row["n_common"])})
    return pair_rows, rank_rows, tau_rows


def _are_identical(first: np.ndarray, second: np.ndarray, n_common: object) -> bool:
    """Whether the common samples were scored by both, not filled in by a policy, and all scores agree."""
    both = np.isfinite(first) & np.isfinite(second)
    return bool(both.any()) and n_common == both.sum() and bool((first[both] == second[both]).all())


def _rank_rows(
    place: dict[str, str],
    methods: Sequence[str],
    ranks: np.ndarray,
    redrawn: np.ndarray,
    level: float,
    least: float,
) -> list[dict[str, object]]:
    low, high = rank_interval(redrawn, level, least)
    # the interval always holds the rank found in the data
    low, high = np.minimum(low, ranks), np.maximum(high, ranks)
    numbers = {"rank": ranks, "rank_low": low, "rank_high": high, "first": first_share(redrawn)}
    return [
        place | {"method": method} | {name: float(column[i]) for name, column in numbers.items()}
        for i, method in enumerate(methods)
    ]


def _stability(ranks: np.ndarray, redrawn: np.ndarray, level: float, least: float) -> dict[str, object]:
    taus = kendall_taus(ranks, redrawn)
    taus = taus[np.isfinite(taus)]
    if not len(taus):
        return {"tau": np.nan, "tau_low": np.nan}
    low = float(np.quantile(taus, 1 - level)) if 1 - level >= least else np.nan
    return {"tau": float(taus.mean()), "tau_low": low}


def _chosen_pairs(ranks: np.ndarray, pairs: str) -> list[tuple[int, int]]:
    if pairs == "first":
        return [(0, j) for j in range(1, len(ranks))]
    # by rank, methods without one last
    order = [int(i) for i in np.argsort(ranks, kind="stable")]
    return list(pairwise(order)) if pairs == "neighbours" else list(combinations(order, 2))


def _pair_rows(
    place: dict[str, str],
    scores: ScoreTable,
    values: np.ndarray,
    chosen: Sequence[tuple[int, int]],
    sign: int,
    settings: _Settings,
) -> list[dict[str, object]]:
    if not chosen:
        return []
    first, second = np.array(chosen).T
    gaps = (values[first] - values[second]).T
    # values that agree to DIGITS decimals tie
    wins = (1 + np.sign(np.round(sign * gaps, DIGITS))) / 2 if sign else np.full_like(gaps, np.nan)
    sums = sum_clusters(np.concatenate([gaps, wins], axis=1), scores.clusters, scores.strata)
    drawn = sums.resampled_means(settings.resamples)
    low, high = intervals(sums, drawn, level=settings.level, method=settings.method, widen=settings.widen)
    p, means = p_values(sums, drawn), sums.means
    lacking = shortages(sums, settings.level, drawn.shape[1], widen=settings.widen)
    n_common, n_clusters = sums.counts.sum(axis=0).astype(int), sums.n_clusters
    n = len(chosen)
    return [
        place
        | {"method": scores.methods[i], "other": scores.methods[j], "difference": float(means[c])}
        | {"low": float(low[c]), "high": float(high[c]), "p": float(p[c])}
        | {"improvement": float(means[n + c]), "improvement_low": float(low[n + c])}
        | {"improvement_high": float(high[n + c])}
        | {"n_common": int(n_common[c]), "n_clusters": int(n_clusters[c]), "no_interval": lacking[c]}
        for c, (i, j) in enumerate(chosen)
    ]


def _with_verdicts(rows: pd.DataFrame, scores: ScoreTable, level: float) -> pd.DataFrame:
    parts = []
    for name, part in rows.groupby("metric", sort=False):
        what = scores.quantities[str(name)]
        corrected = holm(part["p"].to_numpy(float))
        shared: dict[str, Any] = {"unit": scores.unit, "family": int(part["p"].notna().sum()), "alpha": 1 - level}
        evidence = [
            Evidence(**{str(key): row[key] for key in _EVIDENCE if key in row}, p_holm=float(p), **shared)
            for row, p in zip(part.to_dict("records"), corrected, strict=True)
        ]
        winners = [entry.winner(what) for entry in evidence]
        texts = [verdict(entry, what) for entry in evidence]
        parts.append(part.assign(p_holm=corrected, winner=winners, verdict=texts))
    return pd.concat(parts).sort_index().drop(columns=["identical", "no_interval"], errors="ignore")
