"""Writes a benchmark as FaceScape's folders: predef arrays, ground truth, cameras, the baselines' predictions."""

import json
import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from fsbench.core.errors import UsageError
from fsbench.core.mesh import Floats, Mesh
from fsbench.geometry.cameras import ORTHO_FROM_CV
from fsbench.geometry.rays import load_backend
from fsbench.io.write import write_obj
from fsbench.sample.ground_truth import TrueFace, TrueFaces
from fsbench.sample.head_model import PUPIL_DISTANCE_MM, load_head_model
from fsbench.sample.methods import METHODS
from fsbench.sample.observation import Observation, observe, visible_points
from fsbench.sample.pictures import Photographer
from fsbench.sample.poses import FOCALS_PX, IMAGE_PX, N_BINS, N_WILD, Poses, draw_poses, pose_deg
from fsbench.sample.shape_space import ShapeSpace, train_shape_space

MOST_SUBJECTS = 20
POSES, WILD_PERSON, WILD_NOISE, LAB = range(4)
"""Streams of random numbers: every sample has its own, so that it does not depend on how many are written.

In the wild the k-th sample of every pose bin shows the same person, so that the bins differ by pose alone.
"""


@dataclass(frozen=True, slots=True)
class Written:
    """What `write` left in the folder: names of the samples, in the benchmarks' order."""

    folder: Path
    wild: tuple[str, ...]
    lab: tuple[str, ...]
    methods: tuple[str, ...]

    def predictions(self, benchmark: str, method: str) -> Path:
        """Folder of a method's meshes for "fswild" or "fslab"."""
        return self.folder / "pred" / f"{benchmark.removeprefix('fs')}_pred" / method

    def samples(self, benchmark: str) -> str:
        """What was written of "fswild" or "fslab", as `--samples` takes it: "000-009,100-109,..."."""
        if benchmark == "fslab":
            return f"{self.lab[0]}-{self.lab[-1]}" if self.lab else ""
        n = len(self.wild) // N_BINS
        return ",".join(f"{self.wild[k]}-{self.wild[k + n - 1]}" for k in range(0, len(self.wild), n or 1))


def write(
    folder: str | os.PathLike[str],
    seed: int = 1,
    n_wild: int = 40,
    n_subjects: int = 2,
    methods: Iterable[str] = tuple(METHODS),
    images: bool | Collection[str] = False,
) -> Written:
    """Write a sample benchmark and the baselines' predictions for it.

    The same arguments give the same bytes (another kind of processor may change the last digits). A sample of a larger
    benchmark equals that of a smaller one of the same seed, and does not depend on `methods`.

    Parameters
    ----------
    folder : path
        New or empty. It becomes a `--root`: code/predef, data, pred; `methods.json` names each method's adapters.
    seed : int
        Of the poses, people, expressions and landmark noise.
    n_wild : int
        In-the-wild samples, a quarter from the start of each pose bin: a multiple of 4 up to 400.
    n_subjects : int
        In-the-lab subjects with 3 x 11 images each, up to 20.
    methods : iterable of str
        Names in `METHODS`.
    images : bool or collection of str
        Write data/wild_img and data/lab_img, so that a network can be run on them: 256 px PNG files, rendered, of all
        samples or of those named.

    Raises
    ------
    UsageError
        If a number or a method is out of range, the folder holds something already, or open3d is not there.
    """
    methods = _checked(seed, n_wild, n_subjects, tuple(methods))
    load_backend()
    root = empty_folder(Path(folder))
    model = load_head_model()
    faces, space = TrueFaces(model), train_shape_space(model)
    poses = draw_poses(np.random.default_rng([seed, POSES]))
    _write_predef(root / "code" / "predef", poses)
    predictions = _Predictions(root / "pred", space, methods)
    chosen = None if images is True or images is False else images
    camera = Photographer(root / "data", faces, seed, chosen) if images else None
    wild = tuple(_write_wild(root / "data", seed, n_wild, faces, poses, predictions, camera))
    lab = tuple(_write_lab(root / "data", seed, n_subjects, faces, poses, predictions, camera))
    adapters = {name: dict(METHODS[name].adapters) for name in methods}
    (root / "methods.json").write_text(json.dumps(adapters, indent=2) + "\n")
    return Written(root, wild, lab, methods)


def _checked(seed: int, n_wild: int, n_subjects: int, methods: tuple[str, ...]) -> tuple[str, ...]:
    if seed < 0:
        raise UsageError(f"seed is {seed}, expected 0 or more")
    if not 0 <= n_wild <= N_WILD or n_wild % N_BINS:
        raise UsageError(f"{n_wild} in-the-wild samples: expected a multiple of {N_BINS} from 0 to {N_WILD}")
    if not 0 <= n_subjects <= MOST_SUBJECTS:
        raise UsageError(f"{n_subjects} lab subjects: expected 0 to {MOST_SUBJECTS}")
    for name in methods:
        if name not in METHODS:
            raise UsageError(f"there is no baseline '{name}'; there are {', '.join(METHODS)}")
    return tuple(dict.fromkeys(methods))


def empty_folder(folder: Path) -> Path:
    """The folder, made if it is not there; UsageError if it holds something, or cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        holds_something = any(folder.iterdir())
    except (FileExistsError, NotADirectoryError) as error:
        raise UsageError(f"{folder}: a file stands where the folder should be") from error
    except OSError as error:
        raise UsageError(f"{folder}: the folder cannot be made ({error.strerror}); name another") from error
    if holds_something:
        raise UsageError(f"{folder}: the folder is not empty; name a new one, or empty it first")
    return folder


def _write_predef(folder: Path, poses: Poses) -> None:
    folder.mkdir(parents=True)
    for name, array in asdict(poses).items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)


def _save(path: Path, mesh: Mesh, decimals: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_obj(path, mesh, decimals)


class _Predictions:
    """Runs the methods on a view and writes their meshes."""

    def __init__(self, folder: Path, space: ShapeSpace, methods: tuple[str, ...]) -> None:
        self._folder, self._space, self._methods = folder, space, methods

    def write(self, benchmark: str, sample: str, seen: Observation) -> None:
        for name in self._methods:
            vertices = METHODS[name].reconstruct(self._space, seen)
            _save(self._folder / f"{benchmark}_pred" / name / f"{sample}.obj", Mesh(vertices, self._space.faces), 5)


def _write_wild(
    data: Path,
    seed: int,
    n_wild: int,
    faces: TrueFaces,
    poses: Poses,
    predictions: _Predictions,
    camera: Photographer | None,
) -> Iterator[str]:
    a_bin = N_WILD // N_BINS
    for index in (b * a_bin + k for b in range(N_BINS) for k in range(n_wild // N_BINS)):
        truth = faces.draw(np.random.default_rng([seed, WILD_PERSON, index % a_bin]))
        rng, name = np.random.default_rng([seed, WILD_NOISE, index]), f"{index:03d}"
        turn, centre = poses.wild_rotations[index], poses.wild_head_centers[index]
        scale = poses.wild_pupil_scales[index]
        placed = Mesh(truth.face.vertices @ turn.T / scale + centre, truth.face.faces)
        _save(data / "wild_gt_mesh" / f"{name}.obj", placed, 7)
        pixels = (truth.landmarks @ turn.T / scale + centre)[:, :2] * (IMAGE_PX / 2)
        visible = visible_points(truth.head, truth.landmarks, turn.T @ [0.0, 0.0, 1.0])
        if camera is not None:
            camera.wild(name, index % a_bin, truth, turn, centre, scale)
        predictions.write("wild", name, observe(pixels, visible, None, pose_deg(turn), rng))
        yield name


def _write_lab(
    data: Path,
    seed: int,
    n_subjects: int,
    faces: TrueFaces,
    poses: Poses,
    predictions: _Predictions,
    camera: Photographer | None,
) -> Iterator[str]:
    for subject in range(n_subjects):
        rng = np.random.default_rng([seed, LAB, subject])
        truth = faces.draw(rng)
        scaled = Mesh(truth.face.vertices / PUPIL_DISTANCE_MM, truth.face.faces)
        _save(data / "lab_gt_mesh" / f"{subject:02d}.obj", scaled, 7)
        for f, focal in enumerate(FOCALS_PX):
            for view, turn in enumerate(poses.lab_rotations):
                name = f"{subject:02d}_{f}_{view:02d}"
                centre = poses.lab_head_centers[f]
                _write_camera(data / "lab_cam" / f"{name}.json", focal, turn, centre)
                if camera is not None:
                    camera.lab(name, subject, truth, turn, centre, focal)
                predictions.write("lab", name, _lab_observation(truth, focal, turn, centre, rng))
                yield name


def _write_camera(path: Path, focal_px: int, turn: Floats, centre_mm: Floats) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    half = IMAGE_PX / 2
    intrinsic = [[float(focal_px), 0.0, half], [0.0, float(focal_px), half], [0.0, 0.0, 1.0]]
    extrinsic = np.column_stack([turn, centre_mm / PUPIL_DISTANCE_MM])
    path.write_text(json.dumps([intrinsic, extrinsic.tolist()]) + "\n", encoding="ascii", newline="\n")


def _lab_observation(
    truth: TrueFace, focal_px: int, turn: Floats, centre_mm: Floats, rng: np.random.Generator
) -> Observation:
    points = (truth.landmarks @ turn.T + centre_mm) @ ORTHO_FROM_CV
    pixels = points[:, :2] * (focal_px / -points[:, 2:])
    camera = -centre_mm @ turn
    visible = visible_points(truth.head, truth.landmarks, camera - truth.landmarks)
    return observe(pixels, visible, float(focal_px), pose_deg(ORTHO_FROM_CV @ turn), rng)
