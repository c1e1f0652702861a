"""Where on the face a method errs on average, and where two differ: kept maps on the cylinder grid, put together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from fsbench.core.mesh import Floats, Mask
from fsbench.metrics.cylinder import SIZE, QuadMap
from fsbench.runs.maps import GridMap, decode

ALPHA = 0.05
FEWEST_CLUSTERS = 6
"""With five, even the most extreme of all 32 sign flips has a two-sided p-value of 1/16."""
N_FLIPS = 1000
_SHARE = 0.5
_AT_ONCE = 250
_NEARLY_ONE = np.float32(1 - 1e-6)


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """One method's maps over some samples, and their mean surfaces over some groups of these.

    Attributes
    ----------
    errors_mm : ndarray of float32, (n, 65536)
        Signed, below 0 where the prediction lies inside of the reference; NaN where a sample has none.
    groups : ndarray of bool, (g, n)
        Which samples each group holds.
    radius_ref_mm, radius_pred_mm : ndarray, (g, 65536)
        Mean over a group's samples that have an error there; 0 where none has.
    """

    errors_mm: np.ndarray
    groups: Mask
    radius_ref_mm: Floats
    radius_pred_mm: Floats

    @classmethod
    def of(cls, contents: Sequence[bytes | None], groups: Mask) -> "Stack":
        """Of encoded maps, None for a sample without one, and groups (g, n) of the samples."""
        errors = np.full((len(contents), SIZE * SIZE), np.nan, np.float32)
        sums, counts = np.zeros((2, len(groups), SIZE * SIZE)), np.zeros((len(groups), SIZE * SIZE))
        for i, content in enumerate(contents):
            found = decode(content)[0] if content is not None else None
            if not isinstance(found, GridMap):
                continue
            at, mine = found.corners.reshape(-1), groups[:, i]
            errors[i, at] = found.distances_mm
            counts[mine] += at
            for total, radius in zip(sums, (found.radius_ref_mm, found.radius_pred_mm), strict=True):
                total[mine] += np.where(at, radius.reshape(-1), 0.0)
        ref, pred = (np.divide(total, counts, out=np.zeros_like(total), where=counts > 0) for total in sums)
        return cls(errors, groups, ref, pred)

    @property
    def n_maps(self) -> int:
        """Samples that have one."""
        return int(np.isfinite(self.errors_mm).any(axis=1).sum())

    def mean(self, group: int, *, signed: bool) -> GridMap | None:
        """Mean over a group, where at least half of its samples with a map have an error.

        On the mean surfaces of reference and prediction; None where nothing is left.
        """
        rows = self.errors_mm[self.groups[group]]
        there = np.isfinite(rows)
        n_maps = int(there.any(axis=1).sum())
        enough = there.sum(axis=0) >= max(_SHARE * n_maps, 1)
        if not n_maps or not enough.any():
            return None
        errors = _mean(rows if signed else np.abs(rows))
        ref, pred = (
            np.where(enough, radius[group], 0.0).reshape(SIZE, SIZE)
            for radius in (self.radius_ref_mm, self.radius_pred_mm)
        )
        quads = QuadMap.of(pred).within(enough.reshape(SIZE, SIZE))
        if not quads.is_open.any():
            return None
        return GridMap(ref, pred, quads.is_open, quads.corners, errors[quads.corners.reshape(-1)])


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """Where two methods differ.

    Attributes
    ----------
    surface : GridMap or None
        Its distances are the mean |error| of the first less that of the second where that is significant, else 0;
        None where too few clusters have both.
    n_clusters : int
    share : float
        Share of the surface that is significant.
    """

    surface: GridMap | None
    n_clusters: int
    share: float


def difference(first: Stack, second: Stack, group: int, clusters: np.ndarray) -> Difference:
    """Compare two methods point by point on a group, paired by sample.

    The samples of a cluster (a subject) are averaged. A whole cluster's difference changes its sign at random, and the
    largest |t| over the face in every such flip shows how large |t| grows by chance. A larger |t| is significant,
    corrected for all points at once.

    Parameters
    ----------
    first, second : Stack
        Of the same samples.
    group : int
    clusters : ndarray of int, (n,)

    References
    ----------
    Nichols & Holmes 2002, Nonparametric permutation tests for functional neuroimaging, Human Brain Mapping 15(1).
    """
    inside = first.groups[group]
    paired = np.abs(first.errors_mm[inside]) - np.abs(second.errors_mm[inside])
    labels = np.unique(clusters[inside][np.isfinite(paired).any(axis=1)])
    if len(labels) < FEWEST_CLUSTERS:
        return Difference(None, len(labels), 0.0)
    means = np.stack([_mean(paired[clusters[inside] == label]) for label in labels])
    enough = np.isfinite(means).sum(axis=0) >= max(_SHARE * len(labels), FEWEST_CLUSTERS)
    base = first.mean(group, signed=False)
    if base is None or not enough.any():
        return Difference(None, len(labels), 0.0)
    shown = np.zeros(SIZE * SIZE)
    shown[enough] = np.where(_is_significant(means[:, enough]), np.nan_to_num(_mean(paired)[enough]), 0.0)
    values = shown[base.corners.reshape(-1)]
    surface = GridMap(base.radius_ref_mm, base.radius_pred_mm, base.is_open, base.corners, values)
    return Difference(surface, len(labels), float((values != 0).mean()))


def _is_significant(means: Floats) -> Mask:
    """Which columns of cluster means (clusters, points) differ from 0, by sign flips and the largest |t|."""
    there = np.isfinite(means)
    values, n = np.where(there, means, 0.0), there.sum(axis=0)
    # No flip moves the sum of squares, so that t follows from the sum alone.
    lengths = np.sqrt(n * (values**2).sum(axis=0))
    scaled = np.divide(values, lengths, out=np.zeros_like(values), where=lengths > 0).astype(np.float32)
    freedom = (n - 1).astype(np.float32)
    observed = _squared_t(scaled.sum(axis=0)[None], freedom)[0]
    largest = np.concatenate([_squared_t(signs @ scaled, freedom).max(axis=1) for signs in _flips(len(means))])
    n_reaching = len(largest) - np.searchsorted(np.sort(largest), observed, side="left")
    # The data as they are count as one of the flips.
    found: Mask = (1 + n_reaching) / (1 + len(largest)) < ALPHA
    return found


def _flips(n: int) -> Iterator[np.ndarray]:
    generator = np.random.default_rng(0)
    for start in range(0, N_FLIPS, _AT_ONCE):
        yield generator.choice(np.array([-1.0, 1.0], np.float32), (min(_AT_ONCE, N_FLIPS - start), n))


def _squared_t(shares: np.ndarray, freedom: np.ndarray) -> np.ndarray:
    """t^2 by sums over the root of n times the sum of squares, (flips, points); these are overwritten."""
    np.multiply(shares, shares, out=shares)
    np.minimum(shares, _NEARLY_ONE, out=shares)
    squared: np.ndarray = freedom * shares / (1 - shares)
    return squared


def _mean(rows: np.ndarray) -> Floats:
    """Mean of what is finite in every column, (points,); NaN where nothing is."""
    there = np.isfinite(rows)
    n = there.sum(axis=0)
    total = np.where(there, rows, 0.0).sum(axis=0, dtype=np.float64)
    mean: Floats = np.divide(total, n, out=np.full(rows.shape[1], np.nan), where=n > 0)
    return mean
