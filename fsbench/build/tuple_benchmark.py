"""A benchmark from tuples made elsewhere: every tuple is a sample with a pose and a camera of its own."""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import fsbench
from fsbench.build.foreign import Foreign, read_tuple, tuple_folders
from fsbench.build.lab import write_camera
from fsbench.build.render import View
from fsbench.build.specification import index_specification
from fsbench.build.tuples import DECIMALS, write_json
from fsbench.build.views import PUPIL_DISTANCE_MM, pose_label
from fsbench.core.errors import FsbenchError, UsageError
from fsbench.core.mesh import Floats, Mesh
from fsbench.core.visible import visible
from fsbench.geometry.cameras import OrthographicCamera
from fsbench.io.images import write_png
from fsbench.io.names import shown
from fsbench.io.write import write_obj

_MAP_PX = 256
_LONGEST = 100
_FOCAL_EDGES_PX = (450.0, 900.0)


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A tuple in the benchmark.

    Attributes
    ----------
    number : int
        Names the sample.
    name : str
        Of its folder.
    subject : str
    reason : str
        Why it was left out; empty if it was not.
    notes : tuple of str
    rotation, centre : ndarray, (3, 3) and (3,)
        Of the head, mm.
    mm_per_unit : float
    pose_deg : float
    focal_px : float
        Of a 256 px image; 0 for an orthographic camera.
    """

    number: int
    name: str
    subject: str
    reason: str = ""
    notes: tuple[str, ...] = ()
    rotation: Floats | None = None
    centre: Floats | None = None
    mm_per_unit: float = 1.0
    pose_deg: float = 0.0
    focal_px: float = 0.0

    @property
    def focal_label(self) -> str:
        """Bin of the focal length."""
        low, high = _FOCAL_EDGES_PX
        if self.focal_px == 0:
            return "orthographic"
        return (
            f"0-{low:g}" if self.focal_px < low else f"{low:g}-{high:g}" if self.focal_px < high else f"over {high:g}"
        )

    @property
    def pose_label(self) -> str:
        """Bin of the pose."""
        return pose_label(self.pose_deg)


def build_from_tuples(root: Path, out: Path, name: str, tell: Callable[[Entry], None] = lambda _: None) -> list[Entry]:
    """Read all tuples below a folder and write a benchmark.

    Parameters
    ----------
    root : path
        Each folder below it with a camera.json is a tuple, see `foreign.read_tuple`.
    out : path
        New or empty.
    name : str
        Of the benchmark.
    tell : callable
        Called with every entry.

    Raises
    ------
    UsageError
        If there is no tuple, none is usable, or `out` holds something.
    """
    folders = tuple_folders(root) if root.is_dir() else []
    if not folders:
        raise UsageError(f"{root}: there is no folder with a camera.json below it")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out}: is no empty folder; name a new one")
    model = ""
    entries = []
    for number, folder in enumerate(folders):
        title = shown(folder.relative_to(root).as_posix())
        try:
            found = read_tuple(folder, title)
            own = "pinhole" if found.view.perspective else "orthographic"
            if model and own != model:
                raise UsageError(f"{folder}: its camera is {own}, those before are {model}: build it apart")
            entry = _write(out, number, found)
            model = own
        except FsbenchError as error:
            entry = Entry(number, title, title, str(error))
        tell(entry)
        entries.append(entry)
    if not model:
        raise UsageError(f"none of {len(entries)} tuples is usable; the first: {entries[0].reason}")
    _write_predef(out, entries, model == "pinhole")
    lost = [entry.number for entry in entries if entry.reason]
    pinhole = model == "pinhole"
    text = index_specification(name, "tuples", "build tuples", _bins(entries), lost=lost, perspective=pinhole)
    (out / "benchmark.toml").write_text(text, encoding="utf-8", newline="\n")
    _write_card(out, name, entries, model)
    return entries


def _write(out: Path, number: int, found: Foreign) -> Entry:
    view, sample = found.view, f"{number:04d}"
    kind = "lab" if view.perspective else "wild"
    for part in ("gt_mesh", "img", "landmarks", *(["cam"] if view.perspective else [])):
        (out / "data" / f"{kind}_{part}").mkdir(parents=True, exist_ok=True)
    unit = view.camera.half_extent_mm if isinstance(view.camera, OrthographicCamera) else PUPIL_DISTANCE_MM
    stored = Mesh(_stored(view, found.mesh.vertices, unit), found.mesh.faces)
    write_obj(out / f"data/{kind}_gt_mesh/{sample}.obj", stored, DECIMALS)
    write_png(out / f"data/{kind}_img/{sample}.png", found.image)
    if found.landmarks is not None:
        marks = np.round(_stored(view, found.landmarks, unit), DECIMALS).tolist()
        write_json(out / f"data/{kind}_landmarks/{sample}.json", marks)
    focal = 0.0
    if not isinstance(view.camera, OrthographicCamera):
        write_camera(out / f"data/lab_cam/{sample}.json", view)
        focal = view.camera.focal_x_px * _MAP_PX / max(view.width, view.height)
    subject = found.about.get("subject")
    who = visible(subject)[:_LONGEST] if isinstance(subject, str) and subject else found.name[:_LONGEST]
    return Entry(number, found.name, who, "", found.notes, view.rotation, view.translation, unit, view.pose_deg, focal)


def _stored(view: View, placed: Floats, unit: float) -> Floats:
    """Points as the layout has them: in the lab in the head's frame, in the wild before the camera."""
    points = (placed - view.translation) @ view.rotation if view.perspective else placed
    return points / unit


def _write_predef(out: Path, entries: Sequence[Entry], perspective: bool) -> None:
    """The arrays of poses; those of entries that were left out are never read."""
    folder = out / "code" / "predef"
    folder.mkdir(parents=True)
    kind = "lab" if perspective else "wild"
    rotations = np.stack([np.eye(3) if e.rotation is None else e.rotation for e in entries])
    centres = np.stack([np.zeros(3) if e.centre is None else e.centre for e in entries])
    scales = np.array([e.mm_per_unit for e in entries])
    np.save(folder / f"{kind}_rotations.npy", rotations, allow_pickle=False)
    # In the wild centres are in units of the image, see data_specs/fswild.toml.
    stored = centres if perspective else centres / scales[:, None]
    np.save(folder / f"{kind}_head_centers.npy", stored, allow_pickle=False)
    if not perspective:
        np.save(folder / "wild_pupil_scales.npy", scales, allow_pickle=False)


def _bins(entries: Sequence[Entry]) -> dict[str, list[str]]:
    return {
        "subject": [entry.subject for entry in entries],
        "tuple": [entry.name[:_LONGEST] for entry in entries],
        "pose_deg": [entry.pose_label for entry in entries],
        "focal_px": [entry.focal_label for entry in entries],
    }


def _write_card(out: Path, name: str, entries: Sequence[Entry], model: str) -> None:
    done = [entry for entry in entries if not entry.reason]
    card = f"""# {name}

{len(done)} tuples made elsewhere, of {len({entry.subject for entry in done})} subjects, with {model} cameras;
`benchmark.toml` is its specification, this folder its `--root`. `names.csv` says which folder a sample was, and what
was mended. Poses and scales were computed by fsbench {fsbench.__version__}: millimetres are normalised to a pupil
distance of 62.85 mm, the head's centre is the mean of its vertices unless the camera says otherwise.

Where the images come from, whose faces they show, under which licence, and who trained on them: fill it in before
you publish a number. The reference is the mesh as it was given: the complete rate counts all of it.
"""
    (out / "CARD.md").write_text(card, encoding="utf-8", newline="\n")
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["sample", "tuple", "left_out", "notes"])
    rows.writerows([f"{e.number:04d}", e.name, visible(e.reason), visible("; ".join(e.notes))] for e in entries)
    (out / "names.csv").write_text(text.getvalue(), encoding="utf-8", newline="\n")
