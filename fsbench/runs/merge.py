"""Merge runs of parts of a benchmark, as the jobs of an array write them, into one run."""

from collections.abc import Container, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from fsbench.benchmarks import spec_of_run
from fsbench.core.errors import UsageError
from fsbench.core.signatures import differences
from fsbench.core.visible import visible
from fsbench.runs.frame_finding import KEY, finding_of
from fsbench.runs.record import STATUSES
from fsbench.runs.run import Run, fault_of_rows
from fsbench.runs.scales import with_scales

if TYPE_CHECKING:
    import pandas as pd

_NAMED, _MOST_CAUTIONS = 5, 20


def merge(runs: Sequence[Run]) -> Run:
    """Join the parts of one run.

    Parameters
    ----------
    runs : sequence of Run
        All shards of a run (`--shard`), or runs whose `--samples` together are the whole benchmark.

    Returns
    -------
    Run
        The same as one uninterrupted run, in its order.

    Raises
    ------
    UsageError
        If the parts belong to different runs or overlap, or samples are missing; the message names them. Also if a
        part holds an impossible number.
    """
    if not runs:
        raise UsageError("there is no run to merge")
    for run in runs:
        if fault := fault_of_rows(run.samples, run.manifest):
            raise UsageError(f"a part of {run.method} {fault}")
    _refuse_different(runs)
    sharded = all("shard" in run.manifest for run in runs)
    if sharded:
        _refuse_different_wholes(runs)
    import pandas as pd

    rows = pd.concat([run.samples for run in runs], ignore_index=True)
    twice = sorted(set(rows["sample"][rows["sample"].duplicated()]))
    if twice:
        raise UsageError(f"{_some(twice)} in more than one of the runs")
    order = _order_of_shards(runs) if sharded else _order_of_benchmark(runs, rows)
    samples = rows.set_index("sample", drop=False).loc[order].reset_index(drop=True)
    doubts = _doubts(runs, samples)
    if "suspicious" in samples:
        samples.loc[samples["status"] == "ok", "suspicious"] = samples["sample"].isin(doubts).astype(float)
    return Run(samples, _manifest(runs, samples, doubts))


def _refuse_different(runs: Sequence[Run]) -> None:
    first = _identity(runs[0])
    for run in runs[1:]:
        other = _identity(run)
        for key, value in first.items():
            if key == "quantities" and None in (value, other[key]):
                # Follows from the signature; runs of earlier versions do not say it.
                continue
            if other.get(key) != value and key == "signature":
                parts = "; ".join(differences(str(value), str(other.get(key))))
                raise UsageError(f"the runs differ in signature: {parts}; only parts of one run merge")
            if other.get(key) != value:
                raise UsageError(
                    f"the runs differ in {key}: {value!r} and {other.get(key)!r}; only parts of one run merge"
                )


def _refuse_different_wholes(runs: Sequence[Run]) -> None:
    wholes = [(run.manifest["shard"]["of"], _samples_asked_for(run)) for run in runs]
    if any(whole != wholes[0] for whole in wholes):
        raise UsageError("the runs are shards of different wholes: --shard ../N and --samples have to be the same")


def _identity(run: Run) -> dict[str, Any]:
    """Everything that parts of one run share."""
    manifest = run.manifest
    settings = {f"settings: {key}": value for key, value in manifest.get("settings", {}).items() if key != "samples"}
    keys = ("benchmark", "method", "signature", "bins", "metrics", "quantities")
    versions = manifest.get("versions")
    if isinstance(versions, dict):
        # No score rests on open3d, which may be absent.
        versions = {name: value for name, value in versions.items() if name != "open3d"}
    return {**{key: manifest.get(key) for key in keys}, "versions": versions, **settings}


def _order_of_shards(runs: Sequence[Run]) -> list[str]:
    """Shard i of n has the samples i, i + n, i + 2 n, ... of the whole."""
    parts = [run.manifest["shard"] for run in runs]
    n = parts[0]["of"]
    by_number = {part["number"]: list(run.samples["sample"]) for part, run in zip(parts, runs, strict=True)}
    if n > len(by_number):
        # List only some of them, as a hostile run may claim any number of shards.
        missing = list(islice((number for number in range(1, n + 1) if number not in by_number), _NAMED))
        more = n - len(by_number) - len(missing)
        which = ", ".join(f"{number}/{n}" for number in missing) + (f" and {more:,} more" if more else "")
        raise UsageError(f"shards are missing: {which}{_samples_of(runs[0], n, by_number)}; give their runs too")
    total = sum(len(names) for names in by_number.values())
    order = [by_number[i % n + 1][i // n : i // n + 1] for i in range(total)]
    if not all(order):
        raise UsageError("the shards are not parts of one whole: their numbers of samples do not fit together")
    return [name for (name,) in order]


def _samples_of(run: Run, n: int, present: Container[int]) -> str:
    """The samples of the missing shards of `n`, if they are known without the data."""
    if _samples_asked_for(run) != "all":
        return ""
    lost = [name for place, name in enumerate(_all_samples(run)) if place % n + 1 not in present]
    return f" ({_some(sorted(lost))} in them)" if lost else ""


def _samples_asked_for(run: Run) -> Any:
    return run.manifest.get("settings", {}).get("samples")


def _all_samples(run: Run) -> list[str]:
    """Samples of a benchmark that comes with fsbench, in order; none if a root or a file lists them."""
    spec = spec_of_run(run.manifest)
    return [] if spec is None else [sample.name for sample in spec.samples]


def _order_of_benchmark(runs: Sequence[Run], rows: "pd.DataFrame") -> list[str]:
    order = _all_samples(runs[0])
    if not order:
        raise UsageError(
            f"which samples {runs[0].benchmark} has, and in which order, is not known without its data: only runs all "
            "made with --shard are put together"
        )
    missing = sorted(set(order) - set(rows["sample"]))
    if missing:
        raise UsageError(f"{_some(missing)} in none of the runs")
    return order


def _manifest(runs: Sequence[Run], samples: "pd.DataFrame", doubts: dict[str, str]) -> dict[str, Any]:
    first = runs[0].manifest
    sharded = all("shard" in run.manifest for run in runs)
    counts = {status: int((samples["status"] == status).sum()) for status in STATUSES}
    merged = {key: value for key, value in first.items() if key != "shard"}
    # The quick check of each part read other samples.
    if found := [text for run in runs if (text := finding_of(run.manifest))]:
        merged[KEY] = found[0]
    said = dict.fromkeys(text for run in runs for text in run.manifest.get("cautions", []))
    whole = _samples_asked_for(runs[0]) if sharded else "all"
    return {
        **merged,
        **({"cautions": list(said)[:_MOST_CAUTIONS]} if any("cautions" in run.manifest for run in runs) else {}),
        "settings": {**first.get("settings", {}), "samples": whole},
        "references_missing": sum(run.manifest.get("references_missing", 0) for run in runs),
        "merged_from": len(runs),
        "wall_seconds": round(sum(run.manifest.get("wall_seconds", 0.0) for run in runs), 2),
        "counts": counts,
        **({"suspicious": doubts} if any("suspicious" in run.manifest for run in runs) else {}),
    }


def _doubts(runs: Sequence[Run], samples: "pd.DataFrame") -> dict[str, str]:
    """Doubts of the parts, in the order of the whole; scales are compared over the whole again."""
    known = [run.manifest.get("suspicious") for run in runs]
    said = {name: str(text) for part in known if isinstance(part, dict) for name, text in part.items()}
    scored = samples[samples["status"] == "ok"]
    if "mm_per_unit" not in samples:
        return {name: said[name] for name in scored["sample"] if name in said}
    return with_scales(said, dict(zip(scored["sample"], scored["mm_per_unit"], strict=True)))


def _some(names: list[str]) -> str:
    shown = ", ".join(map(visible, names[:_NAMED]))
    shown += f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{'sample' if len(names) == 1 else 'samples'} {shown} {'is' if len(names) == 1 else 'are'}"
