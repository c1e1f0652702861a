"""FaceBenchmark: a benchmark as a metric of torchmetrics, for validation while a network trains.

Needs torch and torchmetrics: `pip install fsbench[torch]`.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

try:
    import torch
    from torchmetrics import Metric
except ModuleNotFoundError as lacking:
    what = f"fsbench.torch needs {lacking.name}, which is not installed: pip install 'fsbench[torch]'"
    raise ModuleNotFoundError(what, name=lacking.name) from None

from fsbench.benchmarks import Choice
from fsbench.core.errors import UsageError
from fsbench.core.spec import Sample
from fsbench.scoring.scorer import Scorer


class FaceBenchmark(Metric):  # type: ignore[misc,unused-ignore]  # torchmetrics may be absent, and unknown to mypy
    """Means of a benchmark's metrics over the predictions seen so far, by bin and over all, with done rates.

    Works like any metric of torchmetrics: `update` in each validation step, `compute` at the end, `reset`; several
    processes gather their samples, and a sample that two of them scored counts once.

    Parameters
    ----------
    benchmark, root, choice
        As of `fsbench.Scorer`.
    samples : sequence of str, optional
        The samples that are validated on, over which the done rate is taken; all of the benchmark without it.
    metrics : sequence of str, optional
        Columns to average; the benchmark's main metrics without it.
    by : sequence of str, optional
        Bin columns, such as "pose_deg"; those that the benchmark's tables have without it.
    threads : int
        Predictions scored at once.
    **options
        Of `torchmetrics.Metric`.

    Raises
    ------
    UsageError
        If a sample, metric or bin column does not exist; else as `fsbench.Scorer`.
    """

    is_differentiable = False
    full_state_update = False

    def __init__(
        self,
        benchmark: str,
        root: str | Path,
        samples: Sequence[str] | None = None,
        metrics: Sequence[str] | None = None,
        by: Sequence[str] | None = None,
        threads: int = 1,
        choice: Choice | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.scorer = Scorer(benchmark, root, choice=choice)
        self.threads = threads
        known = {sample.name: sample for sample in self.scorer.benchmark.samples}
        if unknown := set(samples or ()) - set(known):
            self.scorer.benchmark.sample(min(unknown))
        self._validated = tuple(known) if samples is None else tuple(dict.fromkeys(samples))
        self._masks = dict(_bins_of([known[name] for name in self._validated], by, self._tabled()))
        self._metrics = tuple(metrics or self.scorer.benchmark.spec.main_metrics)
        if lacking := [name for name in self._metrics if name not in self.scorer.benchmark.metrics]:
            raise UsageError(f"no metric {lacking[0]!r}; there are {', '.join(self.scorer.benchmark.metrics)}")
        # A row for every sample, so that processes may have scored different numbers of them, or none.
        nothing = torch.full((len(self._validated), len(self._metrics)), torch.nan, dtype=torch.float64)
        self.add_state("rows", default=nothing, dist_reduce_fx=_joined)

    def update(self, samples: Sequence[str], vertices: Any, faces: Any = None, landmarks: Any = None) -> None:
        """Score a batch; the arguments are those of `fsbench.Scorer.score_batch`.

        Raises
        ------
        UsageError
            If a sample is none of those that are validated on; else as `Scorer.score_batch`.
        """
        order = {name: place for place, name in enumerate(self._validated)}
        if strange := [name for name in samples if name not in order]:
            raise UsageError(f"sample {strange[0]!r} is none of the {len(order)} that this metric was made for")
        rows = self.scorer.score_batch(samples, vertices, faces, landmarks, self.threads)
        values = torch.from_numpy(rows[list(self._metrics)].to_numpy(np.float64, copy=True))
        self.rows[[order[name] for name in samples]] = values.to(self.rows)

    def compute(self) -> dict[str, torch.Tensor]:
        """Means and done rates so far.

        Returns
        -------
        dict of str to tensor
            `cd_mm` over all samples, `cd_mm/pose_deg=30-60` of a bin, NaN without a score; `done` and `done/...`, the
            shares of the samples validated on that have a score: failures and samples not seen lower it.
        """
        table = self.rows.cpu().numpy()
        found = {}
        for bin_name, mask in self._masks.items():
            rows = table[mask]
            for column, name in enumerate(self._metrics):
                scored = rows[np.isfinite(rows[:, column]), column]
                found[name + bin_name] = float(scored.mean()) if len(scored) else float("nan")
            found[f"done{bin_name}"] = float(np.isfinite(rows).any(axis=1).mean())
        return {name: torch.tensor(value, dtype=torch.float64, device=self.device) for name, value in found.items()}

    def _tabled(self) -> list[str]:
        return list(dict.fromkeys(table.by for table in self.scorer.benchmark.spec.tables))


def _joined(rows: torch.Tensor) -> torch.Tensor:
    """The rows of all processes (p, n, m) as one table (n, m): of a sample those of the first that scored it."""
    found = rows[0]
    for own in rows[1:]:
        found = torch.where(torch.isfinite(found).any(dim=1, keepdim=True), found, own)
    return found


def _bins_of(
    samples: Sequence[Sample], by: Sequence[str] | None, tabled: Sequence[str]
) -> Iterator[tuple[str, np.ndarray]]:
    """The end of a bin's name, empty for the whole, and which samples are in it."""
    yield "", np.ones(len(samples), bool)
    known = {name for sample in samples for name in sample.bins}
    for column in tabled if by is None else by:
        if column not in known:
            raise UsageError(f"no bins {column!r}; there are {', '.join(sorted(known)) or 'none'}")
        labels = [sample.bins[column] for sample in samples]
        for label in dict.fromkeys(labels):
            yield f"/{column}={label}", np.array([one == label for one in labels])
