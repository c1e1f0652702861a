"""Where the time of a sample goes, in one process on one core, and what is the least that files and maps cost."""

import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np

from fsbench import submissions as adapters
from fsbench.benchmarks import Benchmark
from fsbench.core.mesh import Mesh
from fsbench.io.lines import NEWLINE
from fsbench.metrics.chamfer import map_chamfer
from fsbench.metrics.cylinder import cylinder_map
from fsbench.protocols.facescape.protocol import depth

ROUNDS = 3
N_SAMPLES = 8


class _Clock:
    """Seconds of CPU by stage; of every sample the quickest of some rounds counts."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)

    def __call__(self, stage: str, work: Callable[[], object]) -> object:
        best, answer = np.inf, None
        for _ in range(ROUNDS):
            start = time.process_time()
            answer = work()
            best = min(best, time.process_time() - start)
        self.seconds[stage].append(best)
        return answer

    def milliseconds(self) -> dict[str, float]:
        return {stage: 1000 * float(np.mean(times)) for stage, times in self.seconds.items()}


def stages(root: Path, method: str) -> dict[str, dict[str, float]]:
    """Measure and print; milliseconds a sample by stage."""
    benchmark, adapter = Benchmark.open("fswild", root), adapters.get("3DDFA_V2")
    folder = root / "pred/wild_pred" / method
    present = [sample for sample in benchmark.samples if benchmark.references.files(sample.name)[0].is_file()]
    tables = {"fsbench": _Clock(), "floor": _Clock()}
    for sample in present[:: max(len(present) // N_SAMPLES, 1)][:N_SAMPLES]:
        _ours(tables["fsbench"], benchmark, sample, lambda name=sample.name: adapter.load(folder, name))
        _floor(
            tables["floor"], benchmark.prepare(sample), folder / f"{sample.name}.obj", adapter.load(folder, sample.name)
        )
    found = {name: clock.milliseconds() for name, clock in tables.items()}
    print()
    for name, rows in found.items():
        print(f"{name + ', one core':44} {'ms':>8}")
        for stage, milliseconds in rows.items():
            print(f"  {stage:42} {milliseconds:8.2f}")
    ours, floor = found["fsbench"]["whole sample, warm"], found["floor"]["whole floor"]
    print(f"  distance from the floor: {ours / floor:.2f} x")
    return found


def _ours(clock: _Clock, benchmark: Benchmark, sample: object, load: Callable[[], Mesh]) -> None:
    prediction = clock("read and place the prediction", load)
    prepared = clock("prepare the reference (cold only)", lambda: benchmark.prepare(sample))
    clock("whole sample, warm", lambda: prepared.measure(load()))
    mesh = clock("  to millimetres", lambda: Mesh(prediction.vertices * prepared.view.mm_per_unit, prediction.faces))
    wanted = (prepared.depths_mm != 0).reshape(prepared.radius_mm.shape)
    depths = clock("  depth map", lambda: prepared.view.camera.depth_map(mesh, wanted))
    shift = clock("  depth alignment", lambda: depth.along_axis(prepared.depths_mm, depths.reshape(-1)))
    points = clock("  to the head frame", lambda: prepared.view.head_frame(shift.apply(mesh.vertices)))
    found = clock("  cylinder map", lambda: cylinder_map(points, mesh.faces, prepared.radius_mm != 0))
    clock("  distances, both ways", lambda: map_chamfer(prepared.radius_mm * found.covered, found.radius_mm))
    clock("  normals", lambda: mesh.face_normals(found.faces[found.covered]))


def _floor(clock: _Clock, prepared: object, path: Path, prediction: Mesh) -> None:
    """What no exact method does without: every byte of the file is looked at, every triangle drawn into both maps.

    There is no search tree, as none is needed.
    """
    mesh = Mesh(prediction.vertices * prepared.view.mm_per_unit, prediction.faces)
    points = prepared.view.head_frame(mesh.vertices)
    seen, covered = (prepared.depths_mm != 0).reshape(prepared.radius_mm.shape), prepared.radius_mm != 0

    def read() -> int:
        return int(np.count_nonzero(np.frombuffer(path.read_bytes(), np.uint8) == NEWLINE))

    def draw() -> None:
        prepared.view.camera.depth_map(mesh, seen)
        cylinder_map(points, mesh.faces, covered)

    clock("look at the file's bytes", read)
    clock("draw the triangles into two maps", draw)
    clock("whole floor", lambda: (read(), draw()))
