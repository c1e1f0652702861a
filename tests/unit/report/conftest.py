"""Runs with made-up scores that depend on nothing but their arguments."""

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from fsbench.benchmarks import load_spec
from fsbench.runs import Record, Run, assemble

MakeRun = Callable[..., Run]


@pytest.fixture(scope="session")
def make_run() -> MakeRun:
    def make(
        method: str = "DECA",
        benchmark: str = "fswild",
        level: float = 3.0,
        signature: str = "fswild|test|v1",
        fail: Mapping[str, int] | None = None,
        keep: int | None = None,
    ) -> Run:
        """CD lies around `level` and grows from bin to bin; `fail` says how many scored samples a pose bin keeps."""
        samples = load_spec(benchmark).samples[:keep]
        poses = list(dict.fromkeys(sample.bins["pose_deg"] for sample in samples))
        left = dict(fail or {})
        records = []
        for i, sample in enumerate(samples):
            pose = sample.bins["pose_deg"]
            if pose in left and left[pose] <= 0:
                records.append(Record(sample.name, "missing", "no file"))
                continue
            if pose in left:
                left[pose] -= 1
            wave = 1 + 0.3 * np.sin(i * 0.7 + len(method))
            cd = float(level * wave * (1 + 0.2 * poses.index(pose)))
            scores = {"cd_mm": cd, "mne_rad": cd / 30, "cr": 1 / (1 + cd / 20), "overlap_px": 1000.0}
            records.append(Record(sample.name, "ok", scores=scores))
        manifest = {"benchmark": benchmark, "method": method, "signature": signature}
        bins = {sample.name: dict(sample.bins) for sample in samples}
        return assemble(records, bins, ["cd_mm", "mne_rad", "cr", "overlap_px"], manifest)

    return make
