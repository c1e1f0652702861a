"""How time and memory grow with triangles, samples and jobs; plots beside the numbers."""

import resource
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from fsbench import submissions as adapters
from fsbench.benchmarks import Benchmark, Sample
from fsbench.core.mesh import Mesh
from fsbench.runs import Record
from fsbench.runs.journal import open_journal
from fsbench.runs.saving import save
from fsbench.scoring.evaluate import Task, evaluate
from fsbench.scoring.workers import worker_processes
from fsbench.submissions.submission import Submission

JOBS = (1, 2, 4)
N_TINY = (1_000, 5_000, 20_000)
CUTS = (-1, 0, 1, 2)
MEBIBYTE = 1 << 20
METRICS = ("cd_mm", "cr")
ABOUT = {"benchmark": "simulated", "method": "none", "title": "", "signature": "", "unit": "", "settings": {}}


@dataclass(frozen=True)
class Tiny:
    """A sample that costs nothing, to see what handing it out costs."""

    def __call__(self, name: str) -> Record:
        return Record(name, "ok", "", {"cd_mm": 1.0, "cr": 1.0})


def in_a_process_of_its_own(measure: Callable[..., dict[str, float]], *arguments: object) -> dict[str, float]:
    """So that its peak of memory is not hidden below that of what was measured before."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return process.submit(measure, *arguments).result()


def growth(root: Path, method: str, folder: Path) -> dict[str, list[dict[str, float]]]:
    """Measure, print and plot."""
    triangles = [in_a_process_of_its_own(_triangles, root, method, cuts) for cuts in CUTS]
    samples = [in_a_process_of_its_own(_samples, folder, n_samples) for n_samples in N_TINY]
    found = {"triangles": triangles, "samples": samples, "jobs": _jobs(root, method)}
    for name, rows in found.items():
        print("\n" + "  ".join(f"{column:>24}" for column in rows[0]))
        for row in rows:
            print("  ".join(f"{value:24,.2f}" for value in row.values()))
        _plot(folder / f"growth-{name}.png", rows)
    return found


def _triangles(root: Path, method: str, cuts: int) -> dict[str, float]:
    """One prediction, its triangles cut in four again and again; time of a comparison and memory of the process."""
    benchmark = Benchmark.open("fswild", root)
    name = next(sample.name for sample in benchmark.samples if benchmark.references.files(sample.name)[0].is_file())
    prepared = benchmark.prepare(name)
    mesh = adapters.load("3DDFA_V2", root / "pred/wild_pred" / method, name)
    mesh = _part(mesh, 4) if cuts < 0 else mesh
    for _ in range(cuts):
        mesh = _cut(mesh)
    times = []
    for _ in range(3):
        start = time.perf_counter()
        prepared.measure(mesh)
        times.append(time.perf_counter() - start)
    return {"triangles": mesh.n_faces, "ms": 1000 * min(times), "peak memory, MiB": _peak_mib()}


def _samples(folder: Path, n_samples: int) -> dict[str, float]:
    """A simulated run with a journal: what a sample costs beyond its own work, and memory of the main process."""
    samples = [Sample(f"{i:06d}", {}) for i in range(n_samples)]
    run = folder / "data" / "simulated"
    with open_journal(run, {}, restart=True) as journal, worker_processes(2) as workers:
        for record in evaluate(Tiny(), samples[:10], workers, 2):  # type: ignore[arg-type]
            journal.append(record)
        start, before = time.perf_counter(), _peak_mib()
        for record in evaluate(Tiny(), samples[10:], workers, 2):  # type: ignore[arg-type]
            journal.append(record)
        seconds = time.perf_counter() - start
        saved = save(
            run, journal.records(one.name for one in samples), {one.name: {} for one in samples}, METRICS, ABOUT
        )
    assert saved.counts["ok"] == n_samples
    per_sample = 1000 * seconds / n_samples
    return {"samples": n_samples, "ms a sample": per_sample, "MiB more than for ten": _peak_mib() - before}


def _jobs(root: Path, method: str) -> list[dict[str, float]]:
    """Throughput without start-up, and memory of the largest worker."""
    benchmark = Benchmark.open("fswild", root)
    samples = [sample for sample in benchmark.samples if benchmark.references.files(sample.name)[0].is_file()]
    submission = Submission(root / "pred/wild_pred" / method, adapters.get("3DDFA_V2"))
    task = Task.of(benchmark, submission)
    rows = []
    for jobs in JOBS:
        with worker_processes(jobs) as workers:
            list(evaluate(task, samples[: 2 * jobs], workers, jobs))
            start = time.perf_counter()
            list(evaluate(task, samples, workers, jobs))
            seconds = time.perf_counter() - start
            peak = max(workers.map(_peak_of_worker, range(4 * jobs)))
        rows.append({"jobs": jobs, "samples a second": len(samples) / seconds, "worker's peak memory, MiB": peak})
    return rows


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEBIBYTE


def _peak_of_worker(_: int) -> float:
    return _peak_mib()


def _part(mesh: Mesh, every: int) -> Mesh:
    """The first triangles, one in `every`: a face instead of a head."""
    faces = mesh.faces[: len(mesh.faces) // every]
    used, faces = np.unique(faces, return_inverse=True)
    return Mesh(mesh.vertices[used], faces.reshape(-1, 3))


def _cut(mesh: Mesh) -> Mesh:
    """Every triangle in four."""
    edges = np.sort(mesh.faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), 1)
    edges, middle = np.unique(edges, axis=0, return_inverse=True)
    ab, bc, ca = (middle.reshape(-1, 3) + mesh.n_vertices).T
    a, b, c = mesh.faces.T
    parts = [np.stack(part, 1) for part in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))]
    return Mesh(np.concatenate([mesh.vertices, mesh.vertices[edges].mean(1)]), np.concatenate(parts))


def _plot(path: Path, rows: list[dict[str, float]]) -> None:
    from matplotlib.figure import Figure

    (along, *measured) = rows[0]
    figure = Figure(figsize=(4 * len(measured), 3), layout="constrained")
    for axes, column in zip(np.ravel(figure.subplots(1, len(measured))), measured, strict=True):
        axes.plot([row[along] for row in rows], [row[column] for row in rows], "o-")
        axes.set(xlabel=along, ylabel=column, ylim=(0, None))
        if rows[-1][along] > 10 * rows[0][along]:
            axes.set_xscale("log")
    figure.savefig(path, dpi=120)
