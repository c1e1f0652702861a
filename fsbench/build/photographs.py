"""A benchmark from photographs of multi-view captures: undistorted, cropped, each with its camera and pose."""

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import fsbench
from fsbench.build.card import UNKNOWN
from fsbench.build.facescape.captured import NEAR_MM, CapturedHead, captured_head
from fsbench.build.facescape.captures import Captures
from fsbench.build.facescape.multiview import PARAMS, Alignments, Camera, photo_of, read_params
from fsbench.build.facescape.tu import TuSource
from fsbench.build.facescape.undistorting import Crop, load_opencv, undistorted
from fsbench.build.head import HeadName
from fsbench.build.heads import require_name, write_truth
from fsbench.build.lab import write_camera
from fsbench.build.render import View
from fsbench.build.specification import index_specification, write_specification
from fsbench.build.tuples import DECIMALS, MAP_PX, Sample, write_json, write_tuple
from fsbench.build.views import PUPIL_DISTANCE_MM, pose_label
from fsbench.core.errors import FsbenchError, MeshError, UsageError
from fsbench.core.mesh import Floats, Mesh
from fsbench.io.images import read_rgb, write_png
from fsbench.io.write import write_obj

GREY = 188
"""Of photographs of persons who may not be shown."""

_DISTANCES = {"0-8": 8.0, "8-17": 17.0, "over 17": np.inf}
"""Pupil distances; the published lab has 5.9, 11.8 and 23.6."""
_BEHIND_DEG = 90.0
_SMALLEST_PX, _LARGEST_PX = 16, 4096


@dataclass(frozen=True, slots=True)
class PhotoPlan:
    """All that moves a byte, besides the captures.

    Attributes
    ----------
    name : str
        Of the benchmark.
    size_px : int
        Side of the images.
    margin : float
        Around the reference in the image, as a share of its extent.
    near_mm : float
        See `captured.NEAR_MM`.
    private : bool
        Keep photographs of persons whose pictures may not be published; they are grey otherwise.
    tuples : bool
        Write a folder a sample besides the benchmark.
    licence, trained_on : str
        For the card.
    """

    name: str
    size_px: int = 256
    margin: float = 0.2
    near_mm: float = NEAR_MM
    private: bool = False
    tuples: bool = True
    licence: str = ""
    trained_on: str = ""

    def __post_init__(self) -> None:
        require_name(self.name)
        if not _SMALLEST_PX <= self.size_px <= _LARGEST_PX:
            raise UsageError(f"--size {self.size_px}: expected {_SMALLEST_PX} to {_LARGEST_PX} pixels")
        if not 0 <= self.margin <= 2 or not self.near_mm > 0:
            raise UsageError("--margin is a share of 0 to 2, --near a number of millimetres > 0")


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """A photograph in the benchmark.

    Attributes
    ----------
    number : int
        Names the sample.
    name : HeadName
    view : int
    look : View
    publishable : bool
    shown : bool
        False if it is grey.
    """

    number: int
    name: HeadName
    view: int
    look: View
    publishable: bool
    shown: bool

    @property
    def distance_label(self) -> str:
        """Bin of the head's distance from the camera, in pupil distances."""
        distance = float(self.look.translation[2]) / PUPIL_DISTANCE_MM
        return next(label for label, edge in _DISTANCES.items() if distance < edge)


Tell = Callable[[str, str], None]
"""Takes what it is about (a capture, or a view of it), and a sentence."""


def build_from_photographs(
    out: Path,
    plan: PhotoPlan,
    captures: Captures,
    names: Sequence[HeadName],
    models: TuSource,
    alignments: Alignments | None,
    tell: Tell = lambda title, sentence: None,
) -> tuple[list[Shot], int]:
    """Write a benchmark.

    Parameters
    ----------
    out : Path
        New or empty.
    plan, captures, names, models, alignments
    tell : callable
        Called with every note and every reason for leaving something out.

    Returns
    -------
    shots : list of Shot
        The samples.
    n_lost : int
        Captures and views that were left out, those that `params.json` calls not valid aside.

    Raises
    ------
    UsageError
        If OpenCV is not installed, `out` holds something, or no photograph is usable.
    """
    load_opencv()
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out}: is no empty folder; name a new one")
    shots: list[Shot] = []
    lost: list[str] = []

    def leave_out(title: str, error: FsbenchError | str) -> None:
        lost.append(str(error))
        tell(title, f"left out: {error}")

    for name in names:
        title = f"{name.subject} {name.expression}".strip()
        try:
            capture = read_params(captures.folders[name] / PARAMS)
            head = captured_head(captures, name, models, alignments, plan.near_mm)
        except FsbenchError as error:
            leave_out(title, error)
            continue
        unreliable = (f"{len(capture.unreliable)} views are not valid",) if capture.unreliable else ()
        for note in (*head.notes, *capture.notes, *unreliable):
            tell(title, note)
        for view, why in capture.damaged.items():
            leave_out(f"{title}, view {view}", why)
        before = len(shots)
        for camera in capture.cameras:
            try:
                shots.append(_write_shot(out, len(shots), before, head, camera, captures.folders[name], plan))
            except FsbenchError as error:
                leave_out(f"{title}, view {camera.view}", error)
    if not shots:
        raise UsageError(f"no photograph of {len(names)} captures is usable; the first: {lost[0] if lost else 'none'}")
    _write_specification(out, plan, shots)
    _write_card(out, plan, shots, models, len(lost))
    if plan.tuples:
        write_truth(out)
    return shots, len(lost)


def _write_shot(
    out: Path, number: int, first: int, head: CapturedHead, camera: Camera, folder: Path, plan: PhotoPlan
) -> Shot:
    """Write a sample; `first` is the capture's first, whose mesh it shares."""
    rotation, translation = head.pose(camera)
    placed = head.reference.with_vertices(head.reference.vertices @ rotation.T + translation)
    if placed.vertices[:, 2].min() <= 0:
        raise MeshError("the head is behind the camera, or reaches there")
    pixels = placed.vertices[:, :2] / placed.vertices[:, 2:] * np.diag(camera.K)[:2] + camera.K[:2, 2]
    inside = ((pixels >= -0.5) & (pixels < np.array([camera.width, camera.height]) - 0.5)).all(1)
    if not inside.any():
        raise MeshError("the face is outside the photograph")
    crop = Crop.around(pixels, plan.size_px, plan.margin)
    look = crop.view(camera.K, rotation, translation)
    look.refuse_too_near(placed.vertices)
    if look.pose_deg > _BEHIND_DEG:
        raise MeshError(f"the camera sees the head from behind, {look.pose_deg:.0f} degrees off the face")
    shown = plan.private or head.publishable
    photo = undistorted(read_rgb(photo_of(folder, camera.view)), camera)
    image = crop.image(photo) if shown else np.full((plan.size_px, plan.size_px, 3), GREY, np.uint8)
    sample = f"{number:04d}"
    write_png(_made(out / "data" / "lab_img") / f"{sample}.png", image)
    write_camera(_made(out / "data" / "lab_cam") / f"{sample}.json", look)
    _write_mesh(_made(out / "data" / "lab_gt_mesh"), number, first, head.reference)
    marks = np.round(head.landmarks / PUPIL_DISTANCE_MM, DECIMALS).tolist()
    write_json(_made(out / "data" / "lab_landmarks") / f"{sample}.json", marks)
    if plan.tuples:
        about = {
            "asset": "FaceScape multi-view capture",
            "subject": head.name.subject,
            "expression": head.name.expression,
            "view": camera.view,
            "photograph": "undistorted, cropped and resized" if shown else "grey: may not be published",
            "crop": {"left": crop.left, "top": crop.top, "side": crop.side},
            "in_photograph": round(float(inside.mean()), 4),
            "mm_per_unit": head.head_from_capture.scale,
            "aligned_by": head.aligned_by,
            "reference": f"within {plan.near_mm:g} mm of the TU face",
            "notes": list(head.notes),
            "made_by": f"fsbench {fsbench.__version__} build mview",
        }
        write_tuple(out / "tuples" / sample, Sample(look, placed, look.place(head.landmarks), image), about)
    return Shot(number, head.name, camera.view, look, head.publishable, shown)


def _write_mesh(folder: Path, number: int, first: int, reference: Mesh) -> None:
    """Write the mesh of a capture once; its other views have the same file by another name."""
    path, shared = folder / f"{number:04d}.obj", folder / f"{first:04d}.obj"
    if number == first:
        write_obj(path, reference.with_vertices(reference.vertices / PUPIL_DISTANCE_MM), DECIMALS)
        return
    try:
        os.link(shared, path)
    except OSError:  # not every disk has links
        shutil.copyfile(shared, path)


def _write_specification(out: Path, plan: PhotoPlan, shots: Sequence[Shot]) -> None:
    folder = _made(out / "code" / "predef")
    rotations: Floats = np.stack([shot.look.rotation for shot in shots])
    centres: Floats = np.stack([shot.look.translation for shot in shots])
    np.save(folder / "lab_rotations.npy", rotations, allow_pickle=False)
    np.save(folder / "lab_head_centers.npy", centres, allow_pickle=False)
    bins = {
        "subject": [shot.name.subject for shot in shots],
        "expression": [shot.name.expression or "-" for shot in shots],
        "view": [str(shot.view) for shot in shots],
        "pose_deg": [pose_label(shot.look.pose_deg) for shot in shots],
        "distance": [shot.distance_label for shot in shots],
    }
    titles = {"distance": "distance in pupil distances"}
    may = [shot.publishable for shot in shots]
    text = index_specification(plan.name, "photographs", "build mview", bins, titles, may_be_shown=may)
    write_specification(out / "benchmark.toml", text)


def _write_card(out: Path, plan: PhotoPlan, shots: Sequence[Shot], models: TuSource, n_lost: int) -> None:
    people = {shot.name.subject for shot in shots}
    grey = sum(not shot.shown for shot in shots)
    near = "of the face mask" if models.mask is not None else "(no face mask was given)"
    text = f"""# {plan.name}

{len(shots)} photographs of {len(people)} subjects from multi-view captures; `benchmark.toml` is its specification,
this folder its `--root`. {n_lost} captures or views were left out; `build mview` said why.

| | |
|---|---|
| licence of the source | {plan.licence or UNKNOWN} |
| who trained on this data | {plan.trained_on or UNKNOWN} |
| reference | the capture's own mesh within {plan.near_mm:g} mm of the TU face {near} |
| pupils | mean of the landmarks of each eye on the TU model: {PUPIL_DISTANCE_MM} mm |
| images | undistorted (OpenCV), square crop with {plan.margin:g} of the face around it, {plan.size_px} px |
| grey images, of persons who may not be shown | {grey} |
| made by | fsbench {fsbench.__version__} |

- The reference is a multi-view reconstruction, with noise of its own, and ends where the TU face ends.
- Poses are those of the TU alignment, which is rough: bins near an edge may be off by a degree or two.
- One person's views are not independent: intervals are to be taken over subjects.
- FaceScape is training data of many methods: a method that was trained on these people is at home here.
- "distance" is that of the head's centre along the optical axis, in pupil distances of {PUPIL_DISTANCE_MM} mm;
  cameras are those of a {MAP_PX} px image, and the principal point is seldom in its middle.
"""
    (out / "CARD.md").write_text(text, encoding="utf-8", newline="\n")


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
