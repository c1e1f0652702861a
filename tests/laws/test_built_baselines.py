"""The baselines of the sample, run on the landmarks of a benchmark that was built from the same people."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from fsbench.benchmarks import Benchmark, open_benchmark
from fsbench.build.backdrop import Backdrop
from fsbench.build.head import Head, HeadName
from fsbench.build.heads import Job, build
from fsbench.build.plan import Plan
from fsbench.build.views import rig_called
from fsbench.core.mesh import Mesh
from fsbench.geometry.cameras import PinholeCamera
from fsbench.sample import METHODS
from fsbench.sample.ground_truth import TrueFace, TrueFaces
from fsbench.sample.head_model import load_head_model
from fsbench.sample.observation import Observation
from fsbench.sample.poses import FOCALS_PX
from fsbench.sample.shape_space import train_shape_space
from fsbench.submissions import get

LAB_STREAM = 3
LAB = np.diag([1.0, -1.0, -1.0])


@dataclass(frozen=True)
class People:
    """The sample's people of the lab as a source of heads, with their eyeballs' middles as pupils."""

    truths: tuple[TrueFace, ...]
    faces: TrueFaces
    description: str = "people of the sample"

    def names(self) -> Iterator[HeadName]:
        yield from (HeadName(str(k)) for k in range(len(self.truths)))

    def read(self, name: HeadName) -> Head:
        truth, model = self.truths[int(name.subject)], load_head_model()
        head = truth.head.mesh.vertices
        pupils = np.stack([head[eye].mean(0) for eye in (model.right_eye, model.left_eye)])
        whole = self.faces.whole(truth)
        of_face = set(map(tuple, truth.face.vertices.tolist()))
        kept = np.array([tuple(vertex) in of_face for vertex in whole.vertices.tolist()])[whole.faces].all(1)
        return Head(name, whole.vertices, whole.faces, pupils, "eyeballs", truth.landmarks, kept)


def _score(prepared, method: str, focal_px: float, seen: Observation, space, folder: Path) -> float:
    """Chamfer distance of a baseline, read by its own adapter as a file is."""
    from fsbench.io.write import write_obj

    write_obj(folder / "0.obj", Mesh(METHODS[method].reconstruct(space, seen), space.faces), 5)
    mesh = get(METHODS[method].adapters["fslab"]).load(folder, "0", focal_px)
    return prepared.compare(mesh.vertices, mesh.faces).values["cd_mm"]


def _sample_before(own: Benchmark, focal_px: float, middle: np.ndarray) -> tuple[Any, Any]:
    """A reference of the sample before a built benchmark's camera, by formulas of our own; and how points get there."""
    away = np.array([0.0, 0.0, focal_px * 1.2345680905])
    reference = own.references.read("00_0_00")
    face = reference.mesh.vertices * 62.85
    view = replace(
        reference.inputs["view"],
        camera=PinholeCamera(focal_px, focal_px, 128.0, 128.0),
        head_rotation=LAB,
        head_center_mm=away,
    )
    place = lambda points: (points - middle) @ LAB + away  # noqa: E731
    return own.settings.prepare(Mesh(place(face), reference.mesh.faces), view), place


def test_baselines_score_on_a_built_benchmark_as_on_the_sample(tmp_path: Path, sample: Path) -> None:
    """From the front and without noise: landmarks that a picture comes with are as good as exact ones."""
    model = load_head_model()
    faces, space = TrueFaces(model), train_shape_space(model)
    people = People((faces.draw(np.random.default_rng([1, LAB_STREAM, 0])),), faces)
    focals = tuple(map(float, FOCALS_PX))
    plan = Plan(rig_called("0/0"), focals, 64, "flat", Backdrop("plain"), 1, None, False, True)
    build(Job(tmp_path / "out", "built"), people, list(people.names()), plan)
    built = open_benchmark(str(tmp_path / "out/benchmark.toml"), tmp_path / "out")
    whole = faces.whole(people.truths[0])
    middle = whole.vertices[np.unique(whole.faces)].mean(0)
    own = open_benchmark("fslab", sample)
    found = {}
    for f, focal in enumerate(focals):
        marks = json.loads((tmp_path / f"out/tuples/00_{f}_00/landmarks.json").read_text())
        visible = np.array(marks["visible"])
        assert visible.sum() > 50
        # Images of 64 px, of a camera whose focal length is that of 256.
        pixels = (np.array(marks["pixels"]) * 4 - 128) * [1, -1]
        seen = Observation(np.where(visible[:, None], pixels, np.nan), visible, focal)
        reference, place = _sample_before(own, focal, middle)
        points = place(people.truths[0].landmarks)
        exact = points[:, :2] * [1, -1] * focal / points[:, 2:]
        theirs = Observation(np.where(visible[:, None], exact, np.nan), visible, focal)
        for method in METHODS:
            on_built = _score(built.prepare(f"00_{f}_00"), method, focal, seen, space, tmp_path)
            on_sample = _score(reference, method, focal, theirs, space, tmp_path)
            # Pixels and predictions are rounded, and the two cuts of the face differ by some triangles of their border.
            assert abs(on_built - on_sample) < 0.02, (method, focal, on_built, on_sample)
            found[method, focal] = on_built
    assert found["linear-persp", 300.0] < found["linear-weak", 300.0]
    assert found["linear-persp", 1200.0] < found["mean-face", 1200.0]
