"""Which runs a board takes."""

from fsbench.benchmarks import Choice, Spec
from fsbench.boards.official import official_signature
from fsbench.core.errors import UsageError
from fsbench.protocols import registry
from fsbench.report.selection import MAIN_METRICS
from fsbench.runs import Run


def signatures(spec: Spec) -> tuple[str, ...]:
    """What a run of this board may have been measured with: the authors' evaluator, or ours as it is now.

    Raises
    ------
    UsageError
        If boards of the benchmark's protocol are not kept.
    """
    protocol = registry.get(spec.protocol)
    if not set(MAIN_METRICS) <= set(protocol.metrics):
        raise UsageError(
            f"boards hold {', '.join(MAIN_METRICS)}, which {protocol.name} of {spec.name} does not measure"
        )
    return official_signature(spec.name), protocol.settings(spec, Choice()).signature(spec.name)


def require_admissible(run: Run, spec: Spec) -> None:
    """Refuse a run that would not compare with the board.

    Raises
    ------
    UsageError
        If its signature is another one, samples or metrics are missing, or samples failed for want of time or
        through a fault of ours.
    """
    known = signatures(spec)
    if run.signature not in known:
        raise UsageError(
            f"{run.method}: measured as\n  {run.signature}\nwhile the board of {spec.name} takes\n  "
            + "\n  ".join(known)
            + "\nscore it again with this version, default settings"
        )
    expected = [(sample.name, *sample.bins.values()) for sample in spec.samples]
    columns = ["sample", *spec.bins]
    missing = set(columns) - set(run.samples.columns)
    if missing or list(run.samples[columns].itertuples(index=False, name=None)) != expected:
        raise UsageError(
            f"{run.method}: {len(run.samples)} rows that are not the {len(expected)} samples of {spec.name} in order; "
            "a board takes complete runs only, scored without --samples"
        )
    if absent := run.manifest.get("references_missing"):
        raise UsageError(
            f"{run.method}: {absent} samples were scored without a reference; a board takes the whole benchmark"
        )
    lacking = [metric for metric in MAIN_METRICS if metric not in run.metrics]
    if lacking:
        raise UsageError(f"{run.method}: the run has no {', '.join(lacking)}")
    counts = run.counts
    if counts["failed"]:
        raise UsageError(
            f"{run.method}: {counts['failed']} samples have the status failed, which is our fault or a limit and not "
            "the method's: score them again, or report it"
        )
    if not counts["ok"]:
        raise UsageError(f"{run.method}: not one of {len(run.samples)} samples has a score")
