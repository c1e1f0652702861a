"""FaceBenchmark: a benchmark as a metric of torchmetrics, for validation while a network trains.

Needs torch and torchmetrics: `pip install 'fsbench[torch]'`.
"""

import warnings
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
    processes gather their samples. A sample counts once, with its first score, whether one process scored it again or
    another did. A warning names the first sample without a score, and the first whose score is doubtful.

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

    Attributes
    ----------
    reasons : dict of str to str
        Why a sample has no score, or a doubtful one, where this process saw it last: the row's reason.

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
        samples: Sequence[str] | str | None = None,
        metrics: Sequence[str] | str | None = None,
        by: Sequence[str] | str | None = None,
        threads: int = 1,
        choice: Choice | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self._warned: set[bool] = set()
        self.scorer = Scorer(benchmark, root, choice=choice)
        self.threads = threads
        known = {sample.name: sample for sample in self.scorer.benchmark.samples}
        self._validated = tuple(dict.fromkeys(known if samples is None else _names(samples)))
        if not self._validated:
            raise UsageError("samples is empty, expected the names to validate on, or None for all")
        if unknown := set(self._validated) - set(known):
            self.scorer.benchmark.sample(min(unknown))
        columns = self._tabled() if by is None else _names(by)
        self._masks = dict(_bins_of([known[name] for name in self._validated], columns))
        self._metrics = tuple(_names(metrics or self.scorer.benchmark.spec.main_metrics))
        if lacking := [name for name in self._metrics if name not in self.scorer.benchmark.metrics]:
            raise UsageError(f"no metric {lacking[0]!r}; there are {', '.join(self.scorer.benchmark.metrics)}")
        # A row for every sample, so that processes may have scored different numbers of them, or none.
        nothing = torch.full((len(self._validated), len(self._metrics)), torch.nan, dtype=torch.float64)
        self.add_state("rows", default=nothing, dist_reduce_fx=_joined)
        self.reasons: dict[str, str] = {}

    def update(self, samples: Sequence[str] | str, vertices: Any, faces: Any = None, landmarks: Any = None) -> None:
        """Score a batch; the arguments are those of `fsbench.Scorer.score_batch`.

        Raises
        ------
        UsageError
            If a sample is none of those that are validated on; else as `Scorer.score_batch`.
        """
        names, order = _names(samples), {name: place for place, name in enumerate(self._validated)}
        if strange := [name for name in names if name not in order]:
            raise UsageError(f"sample {strange[0]!r} is none of the {len(order)} that this metric was made for")
        rows = self.scorer.score_batch(names, vertices, faces, landmarks, self.threads)
        values = torch.from_numpy(rows[list(self._metrics)].to_numpy(np.float64, copy=True)).to(self.rows)
        for name, value, is_scored, reason in zip(names, values, rows["status"] == "ok", rows["reason"], strict=True):
            place = order[name]
            if not torch.isfinite(self.rows[place]).any():
                self.rows[place] = value
            self.reasons.pop(name, None)
            if reason:
                self.reasons[name] = reason
                self._warn_once(name, reason, is_scored)

    def _warn_once(self, name: str, reason: str, is_scored: bool) -> None:
        if is_scored not in self._warned:
            self._warned.add(is_scored)
            what = "is scored, but" if is_scored else "has no score:"
            warnings.warn(f"sample {name} {what} {reason} (attribute `reasons` has all)", stacklevel=3)

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


def _names(names: Sequence[str] | str) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _bins_of(samples: Sequence[Sample], by: Sequence[str]) -> Iterator[tuple[str, np.ndarray]]:
    """The end of a bin's name, empty for the whole, and which samples are in it."""
    yield "", np.ones(len(samples), bool)
    known = {name for sample in samples for name in sample.bins}
    for column in by:
        if column not in known:
            raise UsageError(f"no bins {column!r}; there are {', '.join(sorted(known)) or 'none'}")
        labels = [sample.bins[column] for sample in samples]
        for label in dict.fromkeys(labels):
            yield f"/{column}={label}", np.array([one == label for one in labels])
