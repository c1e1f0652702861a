"""Draw clusters for the bootstrap: the same resamples on every machine."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from fsbench.runs import Run

# A block of resamples is kept near 32 MB, so that 400,000 samples need no more memory than 400.
_BLOCK_CELLS = 4_000_000
# What is drawn at once stays in the processor's cache, which takes a third of the time; the numbers are the same.
_DRAWN_AT_ONCE = 1 << 15
# Nine decimals: finer than any meaningful difference of scores, coarser than rounding differences between machines.
DIGITS = 9
MOST_RESAMPLES = 1_000_000
_LARGEST = 9e18


def content_seed(run: Run) -> int:
    """Compute a seed from a run's benchmark, samples and scores; its label, row order and folder do not matter.

    Returns
    -------
    int
        Below 2**32.
    """
    names = run.samples["sample"].astype(str).to_numpy(object)
    order = np.argsort(names, kind="stable")
    digest = hashlib.blake2b(digest_size=4)
    digest.update(run.benchmark.encode() + b"\n")
    digest.update("\n".join(names[order]).encode())
    for metric in sorted(run.metrics):
        scores = run.samples[metric].to_numpy(float)[order]
        values = np.nan_to_num(scores, nan=-_LARGEST * 10.0**-DIGITS, posinf=0.0, neginf=0.0)
        scaled = np.clip(np.rint(values * 10.0**DIGITS), -_LARGEST, _LARGEST).astype("<i8")
        digest.update(b"\n" + metric.encode() + b"\n" + scaled.tobytes())
    return int.from_bytes(digest.digest(), "little")


def combine_seeds(seeds: Sequence[int]) -> int:
    """Combine seeds into one that does not depend on their order."""
    digest = hashlib.blake2b(digest_size=4)
    for seed in sorted(seeds):
        digest.update(seed.to_bytes(4, "little"))
    return int.from_bytes(digest.digest(), "little")


@dataclass(frozen=True, slots=True, eq=False)
class Resamples:
    """How often each cluster is drawn in each resample. Built by `draw_resamples`.

    Parameters
    ----------
    strata : numpy.ndarray, shape (clusters,)
        Stratum of each cluster. As many clusters as a stratum has are drawn from it, with replacement.
    n_resamples : int
        Number of resamples over all blocks.
    seed : int
        Same seed, same resamples.
    kept : numpy.ndarray, shape (n_resamples, clusters), or None
        The only block, where one is enough; more are drawn anew each time they are asked for.
    """

    strata: np.ndarray
    n_resamples: int
    seed: int
    kept: np.ndarray | None = None

    def blocks(self) -> Iterator[np.ndarray]:
        """The counts in blocks of (some resamples, clusters), as floats since they are multiplied with sums next."""
        if self.kept is None:
            yield from _drawn(self.strata, self.n_resamples, self.seed)
        else:
            yield self.kept


def draw_resamples(strata: np.ndarray, n_resamples: int, seed: int) -> Resamples:
    """Draw the resamples, keeping them if they are few enough.

    Examples
    --------
    >>> counts = next(draw_resamples(np.array([0, 0, 0, 1]), n_resamples=100, seed=1).blocks())
    >>> counts.shape, sorted(set(counts.sum(axis=1).tolist())), sorted(set(counts[:, 3].tolist()))
    ((100, 4), [4.0], [1.0])
    """
    small = n_resamples * len(strata) <= _BLOCK_CELLS
    kept = next(_drawn(strata, n_resamples, seed)) if small else None
    return Resamples(strata, n_resamples, seed, kept)


def _drawn(strata: np.ndarray, n_resamples: int, seed: int) -> Iterator[np.ndarray]:
    n_clusters = len(strata)
    members = [np.flatnonzero(strata == stratum) for stratum in np.unique(strata)]
    # one stream a stratum; integers alone are drawn, so no machine's floating point enters
    streams = [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(len(members))]
    rows = max(1, _BLOCK_CELLS // n_clusters)
    for start in range(0, n_resamples, rows):
        n_rows = min(rows, n_resamples - start)
        counts = np.empty((n_rows, n_clusters))
        for inside, stream in zip(members, streams, strict=True):
            size = len(inside)
            columns = slice(inside[0], inside[-1] + 1) if inside[-1] - inside[0] < size else inside
            step = max(1, _DRAWN_AT_ONCE // size)
            for first in range(0, n_rows, step):
                part = counts[first : first + step]
                drawn = stream.integers(0, size, size=(len(part), size), dtype=np.int64)
                drawn += np.arange(len(part))[:, None] * size
                part[:, columns] = np.bincount(drawn.ravel(), minlength=drawn.size).reshape(drawn.shape)
        yield counts
