"""Select the content of a table or figure: runs that belong together, their labels, their metrics."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.cells import cell_len

from fsbench.benchmarks.selection import in_short
from fsbench.core.errors import UsageError
from fsbench.core.quantities import with_companions
from fsbench.core.signatures import not_alike
from fsbench.core.visible import visible
from fsbench.runs import Run
from fsbench.runs.pooled_statistics import METRICS as POOLED_METRICS
from fsbench.runs.pooled_statistics import STATISTICS
from fsbench.stats.layout import spec_of

_LONGEST_LABEL = 60
"""In columns of a terminal; Chinese characters take two."""


def require_comparable(runs: Sequence[Run], labels: Sequence[str] | None = None) -> list[str]:
    """Refuse runs that do not belong side by side; return the labels to show.

    Raises
    ------
    UsageError
        If there is no run, if two differ in benchmark, signature or samples, or if two have the same label.
    """
    if not runs:
        raise UsageError("no run is given; name at least one run folder")
    shown = [clean_label(label) for label in (labels or [run.method for run in runs])]
    first = runs[0]
    for label, run in zip(shown, runs, strict=True):
        _require_same(shown[0], first, label, run)
    for label in shown:
        if shown.count(label) > 1:
            raise UsageError(f"two runs are called {label!r}; rename one with `fsbench score --method`")
    return shown


def comparable_groups(runs: Sequence[Run]) -> list[list[int]]:
    """Positions of the runs that belong side by side: of one benchmark, signature and list of samples."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for i, run in enumerate(runs):
        groups.setdefault((run.benchmark, run.signature, *run.samples["sample"].tolist()), []).append(i)
    return list(groups.values())


def _require_same(label: str, first: Run, other_label: str, other: Run) -> None:
    if other.benchmark != first.benchmark:
        raise UsageError(
            f"{label} is a run of {first.benchmark}, {other_label} one of {other.benchmark}: "
            "one table holds one benchmark; call once for each"
        )
    if other.signature != first.signature:
        raise UsageError(not_alike(label, first.signature, other_label, other.signature))
    ours, theirs = first.samples["sample"].tolist(), other.samples["sample"].tolist()
    if ours != theirs or other.bins != first.bins or not other.samples[other.bins].equals(first.samples[first.bins]):
        raise UsageError(
            f"{label} was scored on {len(ours)} samples, {other_label} on {len(theirs)}, and they are not the same "
            f"in the same bins: score both on the same samples{_how(label, first, other_label, other)}"
        )


def _how(label: str, first: Run, other_label: str, other: Run) -> str:
    """The option for the samples of the smaller run, if it is short; else where its samples are listed."""
    fewer, run = min((label, first), (other_label, other), key=lambda one: len(one[1].samples))
    names, spec = set(run.samples["sample"]), spec_of(run)
    option = in_short(spec.samples, names) if spec is not None and names <= {one.name for one in spec.samples} else ""
    if option and len(option) <= _LONGEST_LABEL:
        return f", those of {fewer} are --samples {option}"
    return f" (--samples; those of {fewer} are the column sample of its samples.csv)"


def choose_metrics(run: Run, metrics: Sequence[str] | None) -> list[str]:
    """The metrics to show, each with its companion.

    Parameters
    ----------
    run : Run
    metrics : sequence of str, or None
        None: those that its benchmark names, else its first three.

    Raises
    ------
    UsageError
        If no metric is named, or the run lacks one.
    """
    if metrics is None:
        metrics = main_metrics(run)
    elif not metrics:
        raise UsageError(f"no metric is named; runs of {run.benchmark} have {', '.join(run.metrics)}")
    for name in metrics:
        if not has_metric(run, name):
            known = [*run.metrics, *(POOLED_METRICS if run.pooled else ())]
            raise UsageError(f"runs of {run.benchmark} have no metric {name!r}; they have {', '.join(known)}")
    return with_companions(dict.fromkeys(metrics), run.metrics, run.quantities)


def has_metric(run: Run, name: str) -> bool:
    """Whether the run has a number: a column, its standard deviation, or a pooled statistic."""
    what = run.quantity(name)
    return (
        run.pooled is not None and what.column in STATISTICS if what.pooled == "points" else what.column in run.metrics
    )


def main_metrics(run: Run) -> list[str]:
    """Metrics that tables show by default; figures show the first one."""
    spec = spec_of(run)
    named = () if spec is None else spec.main_metrics
    return [name for name in named if has_metric(run, name)] or run.metrics[:3]


def main_of_samples(run: Run) -> str:
    """The first main metric with a value for each sample: no pooled statistic, and no spread.

    If the benchmark names none, the first metric of the run with a known direction.
    """
    judged = [name for name, what in run.quantities.items() if what.sign]
    return next(name for name in (*main_metrics(run), *judged, *run.metrics) if name in run.metrics)


def distinct_labels(runs: Sequence[Run], folders: Sequence[Path]) -> list[str]:
    """The runs' methods; where two are alike, with as much of the folder's path as tells them apart.

    Raises
    ------
    UsageError
        If one folder is named twice.
    """
    resolved = [folder.resolve() for folder in folders]
    for folder in resolved:
        if resolved.count(folder) > 1:
            raise UsageError(f"{folder}: the same run is named twice")
    methods = [clean_label(run.method) for run in runs]
    return [
        method if methods.count(method) == 1 else f"{method} ({_tail(folder, _namesakes(i, methods, resolved))})"
        for i, (method, folder) in enumerate(zip(methods, resolved, strict=True))
    ]


def relabelled(runs: Sequence[Run], labels: Sequence[str]) -> list[Run]:
    """The runs under other labels."""
    return [replace(run, manifest={**run.manifest, "method": label}) for run, label in zip(runs, labels, strict=True)]


def _namesakes(i: int, methods: Sequence[str], folders: Sequence[Path]) -> list[Path]:
    return [folder for j, folder in enumerate(folders) if j != i and methods[j] == methods[i]]


def _tail(folder: Path, others: Sequence[Path]) -> str:
    for n in range(1, len(folder.parts)):
        tail = folder.parts[-n:]
        if all(other.parts[-n:] != tail for other in others):
            return "/".join(tail)
    return str(folder)


def clean_label(label: str) -> str:
    """The label on one line, without characters that a terminal would act on, of bounded length."""
    return shortened(" ".join(label.split()) or "unnamed", _LONGEST_LABEL)


def shortened(text: str, width: int) -> str:
    """The text as it can be seen, without its middle where it is wider than `width` columns of a terminal."""
    plain = visible(text)
    if cell_len(plain) <= width:
        return plain
    half = width // 2
    return f"{beginning(plain, half - 1)}…{beginning(plain[::-1], half)[::-1]}"


def beginning(text: str, width: int) -> str:
    """As much of the text as `width` columns of a terminal hold."""
    return next(text[:n] for n in range(min(len(text), width), -1, -1) if cell_len(text[:n]) <= width)
