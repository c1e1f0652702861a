"""Statistics of runs: clustered intervals, paired comparisons, ranks, and policies for failed samples."""

from fsbench.core.choices import PAIRS, POLICIES
from fsbench.stats.bootstrap import MIN_CLUSTERS
from fsbench.stats.comparison import Comparison, compare
from fsbench.stats.overlap import small_overlaps
from fsbench.stats.policies import policy_in_words
from fsbench.stats.policy_sensitivity import PolicyOrders, policy_orders
from fsbench.stats.published import PublishedMeans
from fsbench.stats.score_table import ALL_SAMPLES, ScoreTable, gather
from fsbench.stats.summaries import LEVEL, N_RESAMPLES, summaries

__all__ = [
    "ALL_SAMPLES",
    "LEVEL",
    "MIN_CLUSTERS",
    "N_RESAMPLES",
    "PAIRS",
    "POLICIES",
    "Comparison",
    "PolicyOrders",
    "PublishedMeans",
    "ScoreTable",
    "compare",
    "gather",
    "policy_in_words",
    "policy_orders",
    "small_overlaps",
    "summaries",
]
