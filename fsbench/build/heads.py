"""A benchmark from heads: every head of a source under the cameras of a plan, in the lab's folders."""

import json
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from fsbench.build.card import card
from fsbench.build.head import HeadName, Source
from fsbench.build.lab import RECORDS, Record, write_head
from fsbench.build.plan import Plan
from fsbench.build.specification import specification, write_specification
from fsbench.build.tuples import write_json
from fsbench.build.views import head_centers_mm
from fsbench.core.errors import UsageError

MARK = "build.json"
"""The plan of a folder; a folder of another plan is not gone on with."""

TRUTH = "truth.py"
_ADAPTER = '''\
"""Reads the truth itself as predictions: every score is perfect if the benchmark is whole.

fsbench score benchmark.toml --root . --pred tuples -a truth.py:load --out RUN
"""

from pathlib import Path

import fsbench


def load(folder, sample, focal_px):
    """The mesh of a tuple, before the benchmark's camera and in its unit."""
    mesh = fsbench.read_mesh(Path(folder) / sample / "mesh.obj")
    return mesh.vertices, mesh.faces
'''

_NAME = re.compile(r"[\w][\w.-]{0,59}")


@dataclass(frozen=True, slots=True)
class Job:
    """Where a benchmark goes, and what its card says.

    Attributes
    ----------
    out : Path
    name : str
        Of the benchmark.
    licence, trained_on : str
        Of the source; empty if the user did not say.
    jobs : int
        Heads at once.
    """

    out: Path
    name: str
    licence: str = ""
    trained_on: str = ""
    jobs: int = 1

    def __post_init__(self) -> None:
        require_name(self.name)


def require_name(name: str) -> str:
    """Return a benchmark's name; UsageError if it would not do in a table or a file's name."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"--name {name[:60]!r}: expected letters, digits, dots and dashes")
    return name


def build(
    job: Job, source: Source, names: Sequence[HeadName], plan: Plan, tell: Callable[[Record], None] = lambda _: None
) -> list[Record]:
    """Build a benchmark, or go on with it.

    Parameters
    ----------
    job, source, names, plan
    tell : callable
        Called with the record of each head, in order.

    Returns
    -------
    list of Record
        One a head, in the order of `names`; an unusable head has lost all of its samples, and is tried again by the
        next call.

    Raises
    ------
    UsageError
        If the folder holds something else, or no head is usable.
    """
    _open(job.out, plan, names)
    _write_predef(job.out, plan)
    records = []
    for record in _records(job, source, names, plan):
        tell(record)
        records.append(record)
    if not any(record.facts and len(record.lost) < _per_head(plan) for record in records):
        why = next((reason for record in records for reason in record.lost.values()), "")
        _clear(job.out)
        raise UsageError(f"no head of {len(records)} is usable; the first: {why}")
    write_specification(job.out / "benchmark.toml", specification(job.name, plan, records))
    text = card(job.name, source.description, job.licence, job.trained_on, plan, records)
    (job.out / "CARD.md").write_text(text, encoding="utf-8", newline="\n")
    if plan.tuples:
        write_truth(job.out)
    return records


def write_truth(out: Path) -> None:
    """Write an adapter that reads the tuples of a benchmark as predictions."""
    (out / TRUTH).write_text(_ADAPTER, encoding="utf-8", newline="\n")


def _per_head(plan: Plan) -> int:
    return len(plan.focals_px) * len(plan.rig.places)


def _records(job: Job, source: Source, names: Sequence[HeadName], plan: Plan) -> Iterator[Record]:
    tasks = [(job.out, number, name, source, plan) for number, name in enumerate(names)]
    if job.jobs == 1 or len(tasks) < 2:
        yield from (write_head(*task) for task in tasks)
        return
    with ProcessPoolExecutor(min(job.jobs, len(tasks)), get_context("spawn")) as pool:
        futures = [pool.submit(write_head, *task) for task in tasks]
        try:
            yield from (future.result() for future in futures)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _open(out: Path, plan: Plan, names: Sequence[HeadName]) -> None:
    """Make the folder, or make sure that it is of the same plan and heads."""
    wanted = {"plan": plan.settings(), "heads": [[name.subject, name.expression] for name in names]}
    mark = out / MARK
    try:
        if mark.is_file():
            if json.loads(mark.read_text("utf-8")) != wanted:
                raise UsageError(f"{out}: was built from other heads or with other options; name a new folder")
            return
        if out.exists() and any(out.iterdir()):
            raise UsageError(f"{out}: the folder holds something else; name a new one")
        out.mkdir(parents=True, exist_ok=True)
        write_json(mark, wanted)
    except (OSError, ValueError) as error:
        raise UsageError(f"{out}: cannot be used: {error}") from error


def _clear(out: Path) -> None:
    """Remove what a build without a result has written, so that it can be given again with other options."""
    for name in ("code", "data", "tuples", RECORDS):
        shutil.rmtree(out / name, ignore_errors=True)
    (out / MARK).unlink(missing_ok=True)


def _write_predef(out: Path, plan: Plan) -> None:
    folder = out / "code" / "predef"
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "lab_rotations.npy", plan.rig.rotations, allow_pickle=False)
    np.save(folder / "lab_head_centers.npy", head_centers_mm(plan.focals_px), allow_pickle=False)
