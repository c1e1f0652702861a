"""Import the per-sample files that the benchmark's authors published: three text files a method, one number a line."""

import math
import re
from pathlib import Path
from types import MappingProxyType

from fsbench.benchmarks import Spec, load_spec, spec_names
from fsbench.core.errors import FormatError, UsageError
from fsbench.protocols.known_quantities import known_quantities
from fsbench.runs import Record, Run, assemble

FILES = MappingProxyType({"cd_mm": "CD_full.txt", "mne_rad": "MNE_full.txt", "cr": "CR_full.txt"})
"""Metric of a run to the authors' file."""

_NUMBER = re.compile(r"nan|\d{1,20}(\.\d{0,40})?([eE][+-]?\d{1,3})?")
_LARGEST_BYTES = 16 << 20
_VERSION = 1


def official_signature(benchmark: str) -> str:
    """Signature of the runs that `import_official` makes."""
    return f"{benchmark}|official-eval-result|v{_VERSION}"


def import_official(folder: Path) -> list[Run]:
    """Turn the authors' folder `eval_result` into runs.

    Parameters
    ----------
    folder : Path
        Holds one folder a method, `<benchmark>_<METHOD>/{CD,MNE,CR}_full.txt`; other folders are passed over.

    Returns
    -------
    list of Run
        By benchmark, then by method. A line "nan" becomes a sample with status `missing`, and so does every
        sample after the file's last line: the file of DF2Net in the wild ends after 374 of 400.

    Raises
    ------
    UsageError
        If there is no such folder, or nothing in it is named so.
    FormatError
        If a file is missing, is not numbers, or the three do not belong together.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder; it should be the authors' eval_result")
    runs = [
        import_method(load_spec(benchmark), entry.name.removeprefix(f"{benchmark}_"), entry)
        for benchmark in spec_names()
        for entry in sorted(folder.glob(f"{benchmark}_?*"))
        if entry.is_dir()
    ]
    if not runs:
        raise UsageError(
            f"{folder}: holds no folder <benchmark>_<METHOD> with {', '.join(FILES.values())} for any of the "
            f"benchmarks {', '.join(spec_names())}"
        )
    return runs


def import_method(spec: Spec, method: str, folder: Path) -> Run:
    """Turn one method's three files into a run.

    Raises
    ------
    FormatError
        If a file is missing, is not numbers, or the three do not belong together.
    """
    columns = {metric: _read_column(folder / name, _largest(metric)) for metric, name in FILES.items()}
    lengths = {FILES[metric]: len(column) for metric, column in columns.items()}
    if len(set(lengths.values())) != 1:
        raise FormatError(f"{folder}: the files differ in length: {lengths}")
    n_rows = len(columns["cd_mm"])
    if not 0 < n_rows <= len(spec.samples):
        raise FormatError(f"{folder}: {n_rows} lines, expected 1 to {len(spec.samples)}, one a sample of {spec.name}")
    rows = list(zip(*columns.values(), strict=True))
    for number, row in enumerate(rows, start=1):
        if len({math.isnan(value) for value in row}) != 1:
            raise FormatError(f"{folder}: line {number} is nan in some of the three files and a number in others")
    absent = Record("", "missing", f"the published files end after {n_rows} of {len(spec.samples)} samples")
    records = [
        _record(sample.name, rows[i]) if i < n_rows else Record(sample.name, absent.status, absent.reason)
        for i, sample in enumerate(spec.samples)
    ]
    manifest = {
        "benchmark": spec.name,
        "method": method,
        "signature": official_signature(spec.name),
        "source": "per-sample files published with the benchmark",
        "published_rows": n_rows,
    }
    return assemble(records, {sample.name: dict(sample.bins) for sample in spec.samples}, list(FILES), manifest)


def _largest(metric: str) -> float:
    high = known_quantities()[metric].high
    return math.inf if high is None else high


def _record(sample: str, row: tuple[float, ...]) -> Record:
    if math.isnan(row[0]):
        return Record(sample, "missing", "nan in the published files: no prediction, or none that could be scored")
    return Record(sample, "ok", scores=dict(zip(FILES, row, strict=True)))


def _read_column(path: Path, largest: float) -> list[float]:
    """Numbers in [0, largest], or NaN, one a line."""
    if not path.is_file():
        raise FormatError(f"{path}: missing; a method has {', '.join(FILES.values())}")
    if path.stat().st_size > _LARGEST_BYTES:
        raise FormatError(f"{path}: larger than 16 MiB, no such file is")
    values = []
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        text = line.decode("ascii", "backslashreplace").strip()
        if not _NUMBER.fullmatch(text):
            raise FormatError(f"{path}:{number}: found {text[:40]!r}, expected nan or a number, not negative")
        value = float(text)
        if value > largest or value == math.inf:
            raise FormatError(f"{path}:{number}: found {value:g}, expected at most {largest:.4g}")
        values.append(value)
    return values
