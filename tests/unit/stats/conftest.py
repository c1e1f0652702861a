"""Runs made of arrays."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest

from fsbench.runs import Record, Run, assemble

RunMaker = Callable[..., Run]


@pytest.fixture
def make_run() -> RunMaker:
    """A function that makes a run from scores by metric, NaN where a sample failed."""

    def make(
        method: str,
        scores: Mapping[str, Sequence[float]],
        bins: Mapping[str, Sequence[str]] | None = None,
        *,
        benchmark: str = "bench",
        signature: str = "bench|v1",
        names: Sequence[str] | None = None,
    ) -> Run:
        n = len(next(iter(scores.values())))
        names = [f"{i:03d}" for i in range(n)] if names is None else names
        labels = {name: {key: column[i] for key, column in (bins or {}).items()} for i, name in enumerate(names)}
        records = [
            Record(name, "ok", scores=row)
            if np.isfinite(next(iter(row.values())))
            else Record(name, "missing", "no prediction")
            for i, name in enumerate(names)
            for row in [{metric: float(column[i]) for metric, column in scores.items()}]
        ]
        manifest = {"benchmark": benchmark, "method": method, "signature": signature}
        return assemble(records, labels, list(scores), manifest)

    return make
