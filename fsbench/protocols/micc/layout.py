"""The folders of the Florence data: scans of a subject from several views, and three videos of the subject."""

import math
from pathlib import Path

import numpy as np

from fsbench.core.errors import FormatError, UsageError
from fsbench.core.patterns import require_inside
from fsbench.core.spec import Sample, Spec
from fsbench.io import MESH_SUFFIXES
from fsbench.io.folders import files_below, landmarks_called, with_an_ending
from fsbench.io.names import shown
from fsbench.io.text import read_text
from fsbench.protocols.files import ReferenceFiles, SampleFiles
from fsbench.protocols.micc.protocol import Micc

_SHOWN = 4
NOSE_TIPS, _TIP_COLUMNS = "nose_tips.csv", "subject,view,x,y,z"


def list_samples(spec: Spec, root: Path, settings: Micc) -> tuple[SampleFiles, ...]:
    """subject_NN/**/VIEW/**, for every condition; the user provides files of nose tips and landmarks."""
    _refuse_odd_keys(spec)
    subjects = sorted(path for path in root.glob("subject_*") if path.is_dir())
    if not subjects:
        raise UsageError(f"{root}: there is no folder subject_NN here; get the data from {spec.where}")
    tips = _nose_tips(root / NOSE_TIPS)
    found = []
    for subject in subjects:
        views = tuple(_florence_scan(spec, subject, view, tips) for view in views_of(spec, settings))
        for condition, video in spec.raw["samples"]["conditions"].items():
            name = f"{subject.name}/{condition}"
            names = {"sample": name, "subject": subject.name, "condition": condition, "video": video}
            sample = Sample(shown(name), {"subject": shown(subject.name), "condition": condition})
            found.append(SampleFiles(sample, views, (name, f"{subject.name}/{video}"), names))
    return tuple(found)


def _florence_scan(spec: Spec, subject: Path, view: str, tips: "_NoseTips") -> ReferenceFiles:
    folder = next((path for path in sorted(subject.rglob(view)) if path.is_dir()), None)
    scans = spec.raw["scans"]
    names = {"sample": f"{subject.name}_{view}", "subject": subject.name, "view": view}
    marks = subject.parent / "landmarks"
    return ReferenceFiles(
        () if folder is None else tuple(files_below(folder, MESH_SUFFIXES)),
        names,
        landmarks_called(marks, names["sample"]),
        with_an_ending(marks / names["sample"]),
        tips.get((subject.name, view)),
        _no_nose_tip(subject.parent / NOSE_TIPS, tips, subject.name, view),
        float(scans["crop_mm_of"][subject.name]) if subject.name in scans["crop_mm_of"] else None,
    )


def _no_nose_tip(path: Path, tips: "_NoseTips", subject: str, view: str) -> str:
    if not path.is_file():
        return f"there is no {path} ({_TIP_COLUMNS})"
    rows = [", ".join(row) for row in tips]
    more = f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
    return f"{path} has no row {subject}, {view}; it has {'; '.join(rows[:_SHOWN]) or 'no row below its heading'}{more}"


_NoseTips = dict[tuple[str, str], tuple[float, float, float]]


def _nose_tips(path: Path) -> _NoseTips:
    """Lines subject,view,x,y,z below a heading, in the scans' unit; none if there is no such file."""
    tips: _NoseTips = {}
    if not path.is_file():
        return tips
    heading, *lines = read_text(path).splitlines() or [""]
    if heading.replace(" ", "").lower() != _TIP_COLUMNS:
        raise FormatError(f"{path}: its first line is {heading!r}, expected the heading {_TIP_COLUMNS}")
    for number, line in enumerate(lines, 2):
        if not line.strip():
            continue
        cells = [cell.strip() for cell in line.split(",")]
        try:
            x, y, z = (float(cell) for cell in cells[2:])
        except ValueError:
            raise FormatError(f"{path}: line {number} is {line!r}, expected {_TIP_COLUMNS}") from None
        if not np.isfinite([x, y, z]).all():
            raise FormatError(f"{path}: line {number} holds a number that is not finite")
        if (cells[0], cells[1]) in tips:
            raise FormatError(f"{path}: line {number}: {cells[0]}, {cells[1]} is listed twice")
        tips[cells[0], cells[1]] = (x, y, z)
    return tips


def views_of(spec: Spec, settings: Micc) -> list[str]:
    """The views that count for a sample's score."""
    views = spec.raw["scans"]["views"]
    return list(views if settings.references == "smaller" else views[:1])


def _refuse_odd_keys(spec: Spec) -> None:
    """Raise FormatError if views, conditions or radii are not valid."""
    try:
        scans, conditions = spec.raw["scans"], spec.raw["samples"]["conditions"]
        if not (scans["views"] and conditions and all(math.isfinite(mm) for mm in scans["crop_mm_of"].values())):
            raise ValueError("views or conditions are empty, or a crop_mm_of is not a number")
        for view in scans["views"]:
            require_inside(view)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        what = f"the key {error} is missing" if isinstance(error, KeyError) else str(error)
        raise FormatError(f"specification {spec.name}: {what}") from None
