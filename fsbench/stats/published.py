"""Differences from published means; they cannot be paired, as the scores by sample are not published.

References
----------
Zou & Donner 2008, Construction of confidence limits about effect measures: a general approach, Statist. Med. 27(10),
1693-1702: the limits of a difference of two independent estimates from the limits of each.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import hypot, inf, nan
from typing import Any

import pandas as pd
import scipy  # its parts are loaded when they are first used

from fsbench.core.errors import UsageError
from fsbench.core.quantities import Quantity

LEVEL = 0.95
"""Of the intervals that published means come with."""


@dataclass(frozen=True, slots=True, eq=False)
class PublishedMeans:
    """Means of methods whose scores by sample are not known.

    Parameters
    ----------
    methods : tuple of str
        Labels; no run may have one of them.
    rows : pandas.DataFrame
        One row a (method, bin, metric): `method, by, bin, metric, mean, median, low, high, n_scored, n_total,
        small_overlap`, as from `summaries`, with 95 % intervals.
    may_differ_by : mapping of str to float
        Metric to the largest difference between a mean of their evaluator and one of the runs' evaluator; a metric that
        is not in it has an unknown difference.
    """

    methods: tuple[str, ...]
    rows: pd.DataFrame
    may_differ_by: Mapping[str, float]


def difference_of_means(
    first: tuple[float, float, float], second: tuple[float, float, float], may_differ_by: float
) -> tuple[float, float, float, float]:
    """First less second mean, with its interval and p-value.

    On each side the half-widths of both intervals are added in quadrature, as for independent means, and
    `may_differ_by` is added whole: it is a bound, not an error of chance. p assumes a normal error with these
    half-widths: it is below 0.05 exactly if the interval excludes 0.

    Parameters
    ----------
    first, second : (mean, low, high)
        With 95 % intervals; NaN where there is none.
    may_differ_by : float
        The largest difference between the evaluators, >= 0; NaN if it is not known.

    Returns
    -------
    difference, low, high, p : float
        NaN where they are not known.

    Examples
    --------
    >>> [round(value, 3) for value in difference_of_means((2.0, 1.7, 2.3), (3.0, 2.6, 3.4), 0.1)]
    [-1.0, -1.6, -0.4, 0.0]
    """
    (a, a_low, a_high), (b, b_low, b_high) = first, second
    below, above = hypot(a - a_low, b_high - b), hypot(a_high - a, b - b_low)
    difference = a - b
    low, high = difference - below - may_differ_by, difference + above + may_differ_by
    if low != low or high != high:
        return difference, nan, nan, nan
    half = below if difference > 0 else above
    beyond = max(abs(difference) - may_differ_by, 0.0)
    deviations = scipy.special.ndtri((1 + LEVEL) / 2) * beyond / half if half else inf if beyond else 0.0
    return difference, low, high, float(2 * scipy.special.ndtr(-deviations))


def unpaired_rows(
    table: pd.DataFrame, chosen: Sequence[str], published: PublishedMeans, quantities: Mapping[str, Quantity]
) -> Iterator[dict[str, Any]]:
    """Rows of differences, chosen run - published method, for every row of the summaries `table`."""
    theirs = _by_place(published.rows)
    for (by, label, metric, method), own in _by_place(table[table["method"].isin(chosen)]).items():
        for other in published.methods:
            row = theirs[by, label, metric, other]
            may_differ_by = published.may_differ_by.get(metric, nan)
            difference, low, high, p = difference_of_means(_estimate(own), _estimate(row), may_differ_by)
            unknown = f"how far the evaluators differ in {quantities[metric].label} is not known"
            yield {
                **{"by": by, "bin": label, "metric": metric, "method": method, "other": other},
                **{"difference": difference, "low": low, "high": high, "p": p},
                **dict.fromkeys(("improvement", "improvement_low", "improvement_high"), nan),
                **{"n_common": 0, "n_clusters": own["n_clusters"], "identical": False, "paired": False},
                "no_interval": unknown if may_differ_by != may_differ_by else "",
            }


def require_published(
    published: PublishedMeans, methods: Sequence[str], wanted: pd.DataFrame, policy: str, level: float
) -> None:
    """Refuse a comparison that published means do not allow.

    Raises
    ------
    UsageError
        If a policy or level other than theirs is asked for, a bin or metric that they lack, or a label is taken.
    """
    if policy != "legacy":
        raise UsageError(
            f"published means are over what each method scored; --policy {policy} takes their scores by sample, "
            "which are not there"
        )
    if level != LEVEL:
        raise UsageError(f"published intervals are of 95 %, here is --level {level:g}; leave it out")
    if taken := set(methods) & set(published.methods):
        raise UsageError(f"a run is called {min(taken)!r}, as a published row; rename it")
    for name, what in (("metric", "metrics"), ("by", "bins")):
        known = [label for label in dict.fromkeys(published.rows[name]) if label != "all"]
        if lacking := [label for label in dict.fromkeys(wanted[name]) if label not in {*known, "all"}]:
            raise UsageError(f"published rows have no {lacking[0]}; their {what} are {', '.join(known)}")


def _by_place(rows: pd.DataFrame) -> dict[tuple[str, ...], dict[Any, Any]]:
    keys = zip(rows["by"], rows["bin"], rows["metric"], rows["method"], strict=True)
    return dict(zip(keys, rows.to_dict("records"), strict=True))


def _estimate(row: Mapping[Any, Any]) -> tuple[float, float, float]:
    return float(row["mean"]), float(row["low"]), float(row["high"])
