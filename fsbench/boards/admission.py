"""Which runs a board takes."""

from fsbench.benchmarks import Choice, Spec
from fsbench.boards.official import official_signature
from fsbench.core.errors import UsageError
from fsbench.core.quantities import Quantity
from fsbench.core.visible import visible
from fsbench.protocols import registry
from fsbench.protocols.known_quantities import known_quantities
from fsbench.runs import Run
from fsbench.runs.frame_finding import finding_of
from fsbench.runs.run import fault_of_rows


def signatures(spec: Spec) -> tuple[str, ...]:
    """Signatures of the runs that this board takes: of the authors' evaluator, and of ours as it is now.

    Raises
    ------
    UsageError
        If boards of the benchmark's protocol are not kept.
    """
    if not spec.samples:
        raise UsageError(f"{spec.name} has no board: which samples and references it has depends on whose data it is")
    official = official_signature(spec.name)
    settings = registry.get(spec.protocol).settings(spec, Choice())
    return official, settings.signature(spec.name)


def require_admissible(run: Run, spec: Spec, frame_is_right: bool = False) -> None:
    """Refuse a run that would not compare with the board.

    Raises
    ------
    UsageError
        If its signature differs, samples or metrics are missing, samples failed at a limit or through a fault of ours,
        or a number is impossible.
    """
    if not frame_is_right and (found := finding_of(run.manifest)):
        raise UsageError(f"{run.method}: {found}; if the frame is right all the same, pass --frame-is-right")
    require_alike(run, spec)
    counts = run.counts
    if counts["failed"]:
        raise UsageError(
            f"{run.method}: {counts['failed']} samples have the status failed, which is our fault or a limit and not "
            "the method's: score them again, or report it"
        )
    if not counts["ok"]:
        raise UsageError(f"{run.method}: not one of {len(run.samples)} samples has a score")
    _refuse_impossible(run, run.quantity(spec.main_metrics[0]))


def require_alike(run: Run, spec: Spec) -> None:
    """Refuse a run that was not measured as the rows of the board, over all samples.

    Raises
    ------
    UsageError
        If its signature differs, or samples or metrics are missing.
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
    lacking = [metric for metric in spec.main_metrics if metric not in run.metrics]
    if lacking:
        raise UsageError(f"{run.method}: the run has no {', '.join(lacking)}")
    declared = known_quantities()
    if odd := [name for name in spec.main_metrics if not run.quantity(name).agrees_with(declared[name])]:
        raise UsageError(
            f"{run.method}: run.json declares {', '.join(odd)} in another unit or direction than the board"
        )


def _refuse_impossible(run: Run, ranking: Quantity) -> None:
    if fault := fault_of_rows(run.samples, run.manifest):
        raise UsageError(f"{run.method}: {fault}")
    perfect = run.samples.loc[run.samples[ranking.name] <= 0, "sample"]
    if ranking.better == "lower" and len(perfect):
        raise UsageError(
            f"{run.method}: {len(perfect)} samples have a {ranking.label} of 0 {ranking.unit}, the first is "
            f"{visible(perfect.iloc[0])}: no prediction is its reference; were references scored against themselves?"
        )
