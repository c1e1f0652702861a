"""Means of clustered scores under resampling: the cluster bootstrap and the jackknife over clusters.

References
----------
Field & Welsh 2007, Bootstrapping clustered data, J. R. Statist. Soc. B 69(3): whole clusters are drawn, and every
sample of a drawn cluster comes along.
Davison & Hinkley 1997, Bootstrap Methods and their Application, chapter 3 (several samples, hierarchical data).
"""

from dataclasses import dataclass

import numpy as np

from fsbench.stats.resampling import Resamples

# The whole range of k cluster means covers the truth in at most 1 - 2**(1 - k) of all cases: 87.5 % for 4 clusters,
# 94 % for 5. Below 5 clusters no 95 % interval can keep its promise.
MIN_CLUSTERS = 5


@dataclass(frozen=True, slots=True, eq=False)
class ClusterSums:
    """Sums and counts of n quantities, by cluster.

    Parameters
    ----------
    totals : numpy.ndarray, shape (clusters, n)
        Sum of the cluster's values.
    counts : numpy.ndarray, shape (clusters, n)
        Number of the cluster's values.
    strata : numpy.ndarray, shape (clusters,)
        Stratum of each cluster.
    """

    totals: np.ndarray
    counts: np.ndarray
    strata: np.ndarray

    @property
    def means(self) -> np.ndarray:
        """Mean of all values, (n,); NaN where there is none."""
        return _ratio(self.totals.sum(axis=0), self.counts.sum(axis=0))

    @property
    def n_clusters(self) -> np.ndarray:
        """Number of clusters that have a value, (n,)."""
        found: np.ndarray = (self.counts > 0).sum(axis=0)
        return found

    @property
    def n_strata(self) -> np.ndarray:
        """Number of strata that have a value, (n,)."""
        labels = np.unique(self.strata)
        found: np.ndarray = np.sum([(self.counts[self.strata == label] > 0).any(axis=0) for label in labels], axis=0)
        return found

    @property
    def freedom(self) -> np.ndarray:
        """Degrees of freedom, clusters less strata, (n,); NaN where there are fewer than `MIN_CLUSTERS` - 1."""
        freedom = (self.n_clusters - self.n_strata).astype(float)
        return np.where(freedom >= MIN_CLUSTERS - 1, freedom, np.nan)

    @property
    def rarest(self) -> np.ndarray:
        """Probability of a resample with nothing but the worst cluster of each stratum, (n,): no tail is rarer.

        Clusters without a value are drawn as well, and resamples without any value do not count.
        """
        alone, empty = np.ones((2, self.totals.shape[1]))
        for label in np.unique(self.strata):
            has_value = self.counts[self.strata == label] > 0
            size, missing = len(has_value), (~has_value).sum(axis=0)
            alone *= (np.minimum(missing + 1, size) / size) ** size
            empty *= (missing / size) ** size
        return np.divide(alone - empty, 1 - empty, out=np.ones_like(alone), where=empty < 1)

    def resampled_means(self, resamples: Resamples) -> np.ndarray:
        """Mean of each resample, (n, resamples).

        NaN where a resample holds no value, and throughout where there are too few clusters.
        """
        out = np.full((self.totals.shape[1], resamples.n_resamples), np.nan)
        chosen = np.flatnonzero(np.isfinite(self.freedom))
        if not len(chosen):
            return out
        # clusters of other pose bins hold no sample of this bin
        there = (self.counts > 0).any(axis=1)
        totals, counts = self.totals[there][:, chosen].T, self.counts[there][:, chosen].T
        start = 0
        for block in resamples.blocks():
            weights = (block if there.all() else block[:, there]).T
            stop = start + len(block)
            out[chosen, start:stop] = _ratio(totals @ weights, counts @ weights)
            start = stop
        return out

    def left_out_means(self) -> np.ndarray:
        """Mean without each cluster in turn, (clusters, n); NaN for clusters without a value."""
        rest = _ratio(self.totals.sum(axis=0) - self.totals, self.counts.sum(axis=0) - self.counts)
        return np.where(self.counts > 0, rest, np.nan)


def sum_clusters(values: np.ndarray, clusters: np.ndarray, strata: np.ndarray) -> ClusterSums:
    """Add up each cluster's values.

    Parameters
    ----------
    values : numpy.ndarray, shape (samples, n)
        NaN where there is no value.
    clusters : numpy.ndarray, shape (samples,)
        Number of each sample's cluster.
    strata : numpy.ndarray, shape (clusters,)
        Stratum of each cluster.
    """
    scored = np.isfinite(values)
    totals, counts = np.empty((2, len(strata), values.shape[1]))
    for sums, weights in ((totals, np.where(scored, values, 0.0)), (counts, scored)):
        for column in range(values.shape[1]):
            sums[:, column] = np.bincount(clusters, weights[:, column], len(strata))
    return ClusterSums(totals, counts, strata)


def _ratio(totals: np.ndarray, counts: np.ndarray) -> np.ndarray:
    nothing = np.full(np.broadcast_shapes(totals.shape, counts.shape), np.nan)
    found: np.ndarray = np.divide(totals, counts, out=nothing, where=counts > 0)
    return found
