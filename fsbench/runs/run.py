"""Run: one method's rows on one benchmark, and the folder that holds them."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fsbench.core.errors import FormatError, UsageError
from fsbench.core.quantities import Quantity, quantity
from fsbench.io.files import read_bytes
from fsbench.io.text import refuse_immoderate
from fsbench.runs.cells import from_cell, to_cell
from fsbench.runs.exact_floats import exact_floats
from fsbench.runs.files import write_atomically
from fsbench.runs.manifest import fault_of
from fsbench.runs.pooled_statistics import QUANTITIES, Pooled, read_pooled
from fsbench.runs.record import STATUSES, Record

if TYPE_CHECKING:
    import pandas as pd

FIRST = ("benchmark", "method", "sample", "status", "reason")
_FORMAT = 1
_MOST_QUANTITIES = 10_000
_LARGEST_BYTES = 1 << 30
_LARGEST_MANIFEST_BYTES = 64 << 20
"""Key of the manifest that lists the samples of a partial run."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One row per sample, and a manifest of how they were measured.

    Parameters
    ----------
    samples : pandas.DataFrame
        Columns `benchmark, method, sample, status, reason`, one a bin (text), one a metric (float,
        NaN without a score), `seconds`; in the benchmark's order.
    manifest : dict
        The protocol's `signature`, every setting, `versions`, `counts` by status, and the names of
        the `bins` and `metrics` columns; in `quantities` what the metrics are (`Quantity.as_dict`).
    pooled : Pooled, optional
        Statistics over all samples together, if the protocol keeps them.
    """

    samples: "pd.DataFrame"
    manifest: dict[str, Any]
    pooled: Pooled | None = None

    @property
    def benchmark(self) -> str:
        """Name of the benchmark, e.g. "fswild"."""
        return str(self.manifest["benchmark"])

    @property
    def method(self) -> str:
        """Label of the method."""
        return str(self.manifest["method"])

    @property
    def signature(self) -> str:
        """One line with everything that can move a number."""
        return str(self.manifest["signature"])

    @property
    def bins(self) -> list[str]:
        """Names of the bin columns."""
        return list(self.manifest["bins"])

    @property
    def metrics(self) -> list[str]:
        """Names of the metric columns."""
        return list(self.manifest["metrics"])

    @property
    def quantities(self) -> dict[str, Quantity]:
        """Quantities of the metric columns, in order."""
        known = _known(self.manifest)
        return {name: quantity(name, known) for name in self.metrics}

    def quantity(self, name: str) -> Quantity:
        """A metric column, its standard deviation over samples ("std_of_cd_mm"), or a pooled statistic."""
        return quantity(name, _known(self.manifest))

    @property
    def counts(self) -> dict[str, int]:
        """Number of samples for each of the four statuses."""
        found = self.samples["status"].value_counts()
        return {status: int(found.get(status, 0)) for status in STATUSES}

    def save(self, folder: Path) -> None:
        """Write `samples.csv`, `run.json` and the pooled tables into `folder`, each whole or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        if self.pooled is not None:
            self.pooled.save(folder)
        texts = {name: self.samples[name].map(to_cell) for name in (*FIRST, *self.bins)}
        table = self.samples.assign(**texts).to_csv(index=False, lineterminator="\n")
        write_atomically(folder / "samples.csv", table.encode())
        write_atomically(folder / "run.json", (json.dumps(self.manifest, indent=2) + "\n").encode())


def assemble(
    records: Iterable[Record],
    bins: Mapping[str, Mapping[str, str]],
    metrics: Sequence[str],
    manifest: Mapping[str, Any],
) -> Run:
    """Put records into a run, in the order of `bins`.

    Parameters
    ----------
    records : iterable of Record
        Exactly one per sample, in any order.
    bins : mapping
        Sample name to its bins (bin name to label); its order is the benchmark's.
    metrics : sequence of str
        Metric columns, in order.
    manifest : mapping
        At least `benchmark`, `method` and `signature`; `bins`, `metrics` and `counts` are added.

    Raises
    ------
    ValueError
        If a sample has no record or two, which is a bug of the caller.
    """
    by_name: dict[str, Record] = {}
    for record in records:
        if record.sample in by_name:
            raise ValueError(f"sample {record.sample} has two records")
        by_name[record.sample] = record
    if set(by_name) != set(bins):
        raise ValueError(f"records and samples differ: {sorted(set(by_name) ^ set(bins))[:5]}")
    # Imported here and below, as a worker makes records, not tables.
    import pandas as pd

    rows = [row(by_name[name], labels, metrics, manifest) for name, labels in bins.items()]
    samples = pd.DataFrame(rows, columns=columns(bins, metrics))
    numbers = [*metrics, "seconds"]
    samples[numbers] = samples[numbers].astype(np.float64)
    counts = {status: int((samples["status"] == status).sum()) for status in STATUSES}
    return Run(samples, complete(manifest, bins, metrics, counts))


def columns(bins: Mapping[str, Mapping[str, str]], metrics: Sequence[str]) -> list[str]:
    """Columns of `samples.csv`."""
    return [*FIRST, *next(iter(bins.values()), {}), *metrics, "seconds"]


def row(record: Record, labels: Mapping[str, str], metrics: Sequence[str], manifest: Mapping[str, Any]) -> list[Any]:
    """A record's cells, in the order of `columns`; None where there is no score."""
    first = (manifest["benchmark"], manifest["method"], record.sample, record.status, record.reason)
    scores = (float(record.scores.get(metric, math.nan)) for metric in metrics)
    numbers = (None if math.isnan(score) else score for score in scores)
    return [*first, *labels.values(), *numbers, round(float(record.seconds), 4)]


def complete(
    manifest: Mapping[str, Any],
    bins: Mapping[str, Mapping[str, str]],
    metrics: Sequence[str],
    counts: Mapping[str, int],
) -> dict[str, Any]:
    """The manifest completed from the rows."""
    names = list(next(iter(bins.values()), {}))
    return {"format": _FORMAT, **manifest, "bins": names, "metrics": list(metrics), "counts": dict(counts)}


def load_run(folder: str | Path) -> Run:
    """Read a run folder.

    Raises
    ------
    UsageError
        If `folder` is not a finished run.
    FormatError
        If a file of it is damaged.
    """
    folder = Path(folder)
    manifest = load_manifest(folder)
    bins, metrics = ([str(name) for name in manifest[key]] for key in ("bins", "metrics"))
    expected = [*FIRST, *bins, *metrics, "seconds"]
    types = dict.fromkeys([*FIRST, *bins], str) | dict.fromkeys([*metrics, "seconds"], np.float64)
    import pandas as pd

    try:
        samples = pd.read_csv(
            folder / "samples.csv",
            dtype=types,
            keep_default_na=False,
            na_values={name: [""] for name in [*metrics, "seconds"]},
            **exact_floats(),
        )
    except (ValueError, UnicodeDecodeError) as error:
        raise FormatError(f"{folder / 'samples.csv'}: {error}") from None
    if list(samples.columns) != expected:
        raise FormatError(f"{folder / 'samples.csv'}: columns {list(samples.columns)}, expected {expected}")
    for name in (*FIRST, *bins):
        # Joined, as pandas goes through texts one by one.
        if "\n'" in "\n" + "\n".join(samples[name].to_numpy(object)):
            samples[name] = samples[name].map(from_cell)
    if fault := fault_of_rows(samples, manifest):
        raise FormatError(f"{folder / 'samples.csv'}: {fault}; was it changed by hand, or cut off?")
    return Run(samples, manifest, read_pooled(folder))


def load_manifest(folder: str | Path) -> dict[str, Any]:
    """Read the manifest of a run folder; errors as `load_run`."""
    folder = Path(folder)
    # Late: a worker opens a benchmark, and reads no runs.
    from fsbench.runs.journal import progress_of

    for name in ("run.json", "samples.csv"):
        path = folder / name
        if not path.is_file() and (state := progress_of(folder)):
            raise UsageError(f"{folder}: this run {state}: the `fsbench score` command that wrote it goes on")
        if not path.is_file():
            raise UsageError(
                f"{folder}: there is no {name} here; a run folder, as `fsbench score --out` writes it, has one"
            )
        if path.stat().st_size > _LARGEST_BYTES:
            raise FormatError(f"{path}: larger than 1 GiB, the limit for a run")
    path = folder / "run.json"
    try:
        content = read_bytes(path, _LARGEST_MANIFEST_BYTES)
        refuse_immoderate(path, content)
        manifest: dict[str, Any] = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{path}: not a run's manifest ({type(error).__name__}: {error})") from None
    if fault := fault_of(manifest):
        raise FormatError(f"{path}: {fault}; was it changed by hand?")
    try:
        _declared(manifest)
    except ValueError as error:
        raise FormatError(f"{path}: quantities: {error}") from None
    # Late: a worker opens a benchmark, and reads no runs.
    from fsbench.runs.required_columns import lacking_columns

    if lacking := lacking_columns(manifest):
        raise FormatError(
            f"{path}: says it is a run of {manifest['benchmark']}, whose runs have the column {lacking[0]}; "
            f"it has {', '.join(manifest['bins']) or 'no bins'}"
        )
    if manifest.get("format") != _FORMAT:
        raise FormatError(f"{path}: written in format {manifest.get('format')!r}, this fsbench reads {_FORMAT}")
    return manifest


def _known(manifest: Mapping[str, Any]) -> Mapping[str, Quantity]:
    """Quantities that a run declares, else those that the protocols declare."""
    declared: Mapping[str, Quantity] | None = _declared(manifest)
    if declared is None:
        # Late: a worker makes records and needs no protocol but its own.
        from fsbench.protocols.known_quantities import known_quantities

        declared = known_quantities()
    return {one.name: one for one in QUANTITIES} | dict(declared)


def _declared(manifest: Mapping[str, Any]) -> dict[str, Quantity] | None:
    """The quantities of a manifest by name; None if it has none. Raises ValueError if they are damaged."""
    if "quantities" not in manifest:
        return None
    entries = manifest["quantities"]
    if not isinstance(entries, list) or len(entries) > _MOST_QUANTITIES:
        raise ValueError(f"expected a list of at most {_MOST_QUANTITIES} objects")
    found: dict[str, Quantity] = {}
    for one in map(Quantity.from_dict, entries):
        if one.name in found:
            raise ValueError(f"{one.name!r} is listed twice")
        if one.pooled != "mean" and one.name in manifest["metrics"]:
            raise ValueError(f"{one.name!r} is a column with a value a sample, and is said to be over all {one.pooled}")
        found[one.name] = one
    return found


def fault_of_rows(samples: "pd.DataFrame", manifest: Mapping[str, Any]) -> str:
    """A contradiction in the rows, or to the manifest; a run that was cut off must not pass for a smaller one."""
    metrics = list(manifest["metrics"])
    if unknown := set(samples["status"]) - set(STATUSES):
        return f"unknown status {sorted(unknown)}"
    if samples["sample"].duplicated().any():
        return "a sample is listed twice"
    counts = {status: int((samples["status"] == status).sum()) for status in STATUSES}
    if counts != manifest.get("counts"):
        return f"holds {counts}, run.json says {manifest.get('counts')}"
    if any((samples[name] != manifest[name]).any() for name in ("benchmark", "method")):
        return "rows of another benchmark or method than run.json says"
    if 0 < manifest.get("published_rows", 0) < counts["ok"]:
        return f"has {counts['ok']} scores, run.json says that {manifest['published_rows']} rows were published"
    numbers, scored = samples[metrics].to_numpy(), (samples["status"] == "ok").to_numpy()
    if np.isfinite(numbers[~scored]).any() or np.isnan(numbers[scored]).all(1).any():
        return "rows with a score that are not ok, or ok rows without one"
    return _impossible(samples, _known(manifest), metrics)


def _impossible(samples: "pd.DataFrame", known: Mapping[str, Quantity], metrics: Sequence[str]) -> str:
    """The first number that its column's quantity excludes, with its sample."""
    for metric in metrics:
        values = samples[metric].to_numpy(np.float64)
        # If the smallest and the largest value are possible, so are all; NaN is neither.
        for value in (np.fmin.reduce(values, initial=np.nan), np.fmax.reduce(values, initial=np.nan)):
            if fault := quantity(metric, known).impossible(float(value)):
                line = int(np.flatnonzero(values == value)[0])
                return f"line {line + 2}, sample {samples['sample'].iloc[line]}: {fault}"
    seconds = samples["seconds"].to_numpy(np.float64)
    if (seconds < 0).any() or np.isinf(seconds).any():
        return "seconds of a sample are negative or infinite"
    return ""
