"""Samples whose pictures may not be published, as the benchmark's bin `publishable` says."""

from fsbench.core.spec import NOT_PUBLISHABLE, PUBLISHABLE_BIN
from fsbench.runs.run import Run


def not_publishable(run: Run) -> frozenset[str]:
    """Names of the samples that show persons who may not be shown to others."""
    if PUBLISHABLE_BIN not in run.bins:
        return frozenset()
    hidden = run.samples[PUBLISHABLE_BIN].astype(str) == NOT_PUBLISHABLE
    return frozenset(run.samples["sample"][hidden].astype(str))
