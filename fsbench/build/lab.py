"""Writes one head into the lab's folders: its mesh, cameras and images, and the tuples."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

import fsbench
from fsbench.build.head import Head, HeadName, Source
from fsbench.build.light import light_called
from fsbench.build.normalised import NormalisedHead, normalised
from fsbench.build.plan import Plan
from fsbench.build.render import View
from fsbench.build.tuples import DECIMALS, MAP_PX, Sample, matrix_of, write_json, write_tuple
from fsbench.build.views import PUPIL_DISTANCE_MM, head_centers_mm
from fsbench.core.errors import FsbenchError, UsageError
from fsbench.core.mesh import Floats
from fsbench.geometry.cameras import PinholeCamera
from fsbench.io.images import write_png
from fsbench.io.write import write_obj

RECORDS = "build"
"""Folder of one record a head: a head with a record is done, with all of its samples."""


@dataclass(frozen=True, slots=True)
class Record:
    """What became of a head.

    Attributes
    ----------
    number : int
        Its position on the benchmark's axis of subjects.
    subject, expression : str
    lost : mapping of str to str
        Sample to the reason why it does not exist; all of them if the head is unusable.
    notes : tuple of str
    facts : mapping
        Factor, cut and the like; empty for an unusable head.
    content : str
        Digest of all that was read of the head.
    """

    number: int
    subject: str
    expression: str
    lost: Mapping[str, str]
    notes: tuple[str, ...]
    facts: Mapping[str, Any]
    content: str = ""


def sample_name(number: int, focal: int, view: int) -> str:
    """As in the published benchmark."""
    return f"{number:02d}_{focal}_{view:02d}"


def views_of(plan: Plan) -> list[tuple[int, int, View]]:
    """Position on the axes of focal lengths and views, and the view."""
    scale = plan.size_px / MAP_PX
    half = plan.size_px / 2
    found = []
    for f, (focal, centre) in enumerate(zip(plan.focals_px, head_centers_mm(plan.focals_px), strict=True)):
        camera = PinholeCamera(focal * scale, focal * scale, half, half)
        for v, rotation in enumerate(plan.rig.rotations):
            found.append((f, v, View(camera, rotation, centre, plan.size_px, plan.size_px)))
    return found


def write_head(out: Path, number: int, name: HeadName, source: Source, plan: Plan) -> Record:
    """Write all samples of a head, unless its record says that they are there; what is wrong is in the record.

    A record is kept if nothing is wrong. It is of this head if all that was read is the same.

    Raises
    ------
    UsageError
        If a file cannot be written.
    """
    try:
        head = _shown(source.read(name), plan.private)
        content = _digest(head)
        if (done := read_record(out, number, name, content)) is not None:
            return done
        made = normalised(head, plan.within_mm)
    except FsbenchError as error:
        lost = {sample_name(number, f, v): str(error) for f, v, _ in views_of(plan)}
        return Record(number, name.subject, name.expression, lost, (), {})
    _write_reference(out, number, made)
    lost = {}
    for f, v, view in views_of(plan):
        sample = sample_name(number, f, v)
        try:
            _write_sample(out, sample, made, view, plan, (number, f, v), source)
        except UsageError:
            # The disk is full, or no longer there: that is no fault of the sample.
            raise
        except FsbenchError as error:
            lost[sample] = str(error)
    facts = {
        "mm_per_unit": made.mm_per_unit,
        "pupils": made.pupils_from,
        "reference": made.cut,
        "n_faces": made.looks.mesh.n_faces,
        "n_reference_faces": made.reference.n_faces,
        "publishable": head.publishable,
        "shown": "in colours" if plan.private or head.publishable else "grey",
    }
    record = Record(number, name.subject, name.expression, lost, made.notes, facts, content)
    if not lost:
        write_record(out, record)
    return record


def _write_reference(out: Path, number: int, head: NormalisedHead) -> None:
    scaled = head.reference.with_vertices(head.reference.vertices / PUPIL_DISTANCE_MM)
    write_obj(_made(out / "data" / "lab_gt_mesh") / f"{number:02d}.obj", scaled, DECIMALS)
    if head.landmarks is not None:
        marks = np.round(head.landmarks / PUPIL_DISTANCE_MM, DECIMALS).tolist()
        write_json(_made(out / "data" / "lab_landmarks") / f"{number:02d}.json", marks)


def _shown(head: Head, private: bool) -> Head:
    """The head, without its colours if its pictures may not be published."""
    if head.publishable or private:
        return head
    note = "pictures of this person may not be published: it is grey (--private shows it)"
    return replace(
        head, textures=(), colours=np.full((len(head.vertices), 3), 188, np.uint8), notes=(*head.notes, note)
    )


def _write_sample(
    out: Path,
    name: str,
    head: NormalisedHead,
    view: View,
    plan: Plan,
    place: tuple[int, int, int],
    source: Source,
) -> None:
    rng = np.random.default_rng([plan.seed, *place])
    light = light_called(plan.light, rng)
    picture = head.looks.render(view, light)
    behind, backdrop = plan.backdrop.draw(view.width, view.height, rng)
    image = picture.over(behind)
    write_camera(_made(out / "data" / "lab_cam") / f"{name}.json", view)
    write_png(_made(out / "data" / "lab_img") / f"{name}.png", image)
    if not plan.tuples:
        return
    marks = None if head.landmarks is None else view.place(head.landmarks)
    placed = head.reference.with_vertices(view.place(head.reference.vertices))
    about = {
        "asset": source.description,
        "subject": head.name.subject,
        "expression": head.name.expression,
        "light": light.described(),
        "background": backdrop,
        "seed": [plan.seed, *place],
        "mm_per_unit": head.mm_per_unit,
        "pupils": head.pupils_from,
        "reference": head.cut,
        "notes": list(head.notes),
        "rendered_by": f"fsbench {fsbench.__version__} build heads",
    }
    write_tuple(out / "tuples" / name, Sample(view, placed, marks, image), about)


def write_camera(path: Path, view: View) -> None:
    """Write [K, Rt] of the 256 px image as the published cameras are: t in pupil distances."""
    scale = MAP_PX / max(view.width, view.height)
    pose: Floats = np.column_stack([view.rotation, view.translation / PUPIL_DISTANCE_MM])
    write_json(path, [matrix_of(view, scale), pose.tolist()])


def write_record(out: Path, record: Record) -> None:
    """Mark a head as done."""
    content = {**{key: getattr(record, key) for key in record.__slots__}, "notes": list(record.notes)}
    write_json(_made(out / RECORDS) / f"{record.number:02d}.json", content)


def read_record(out: Path, number: int, name: HeadName, content: str) -> Record | None:
    """The record of a head; None if it is not done, or the record is of another, or of one that has changed."""
    try:
        kept = json.loads((out / RECORDS / f"{number:02d}.json").read_text("utf-8"))
        record = Record(**{**kept, "notes": tuple(kept["notes"])})
    except (OSError, ValueError, TypeError, LookupError):
        return None
    found = record.number, record.subject, record.expression, record.content
    return record if found == (number, name.subject, name.expression, content) else None


def _digest(head: Head) -> str:
    """Changes with anything that was read of a head."""
    digest = hashlib.sha256()
    for field in fields(head):
        value = getattr(head, field.name)
        for part in value if field.name == "textures" else (value,):
            if isinstance(part, np.ndarray):
                digest.update(f"{field.name} {part.dtype} {part.shape}".encode())
                digest.update(np.ascontiguousarray(part).data)
            else:
                digest.update(f"{field.name} {part!r}".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
