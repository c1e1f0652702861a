"""Which scans belong to which prediction, by the layout of the folders."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np

from fsbench.benchmarks.landmark_source import with_an_ending
from fsbench.benchmarks.spec import Sample, Spec
from fsbench.core.errors import FormatError, UsageError
from fsbench.io import MESH_SUFFIXES
from fsbench.io.landmarks import LANDMARK_SUFFIXES
from fsbench.io.text import read_text

_MOST_SAMPLES = 1_000_000
_SHOWN = 4
_NOSE_TIPS, _TIP_COLUMNS = "nose_tips.csv", "subject,view,x,y,z"
_PARTS = 3  # SUBJECT/CHALLENGE/IMAGE


@dataclass(frozen=True, slots=True)
class ScanFiles:
    """One scan.

    Attributes
    ----------
    meshes : tuple of Path
        Its file; none where it is missing, more than one where it is not clear which.
    names : mapping of str to str
        What a pattern of landmark files may hold in braces.
    landmarks : tuple of Path
        Where the layout has landmarks of its own; more than one where it is not clear which.
    own_landmarks : str
        Where the layout would have them, for people.
    nose_tip : tuple of float or None
        In the scan's unit.
    no_nose_tip : str
        Why there is none, for people.
    crop_mm : float or None
        Where the protocol crops this one otherwise.
    """

    meshes: tuple[Path, ...]
    names: Mapping[str, str]
    landmarks: tuple[Path, ...] = ()
    own_landmarks: str = ""
    nose_tip: tuple[float, float, float] | None = None
    no_nose_tip: str = ""
    crop_mm: float | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A sample, the scans that it may be compared with, and what its prediction is called.

    Attributes
    ----------
    sample : Sample
    scans : tuple of ScanFiles
        More than one where the smallest score counts.
    predictions : tuple of str
        Paths below the folder of predictions, without an ending, any of which will do; a folder of frames in layout
        "florence".
    names : mapping of str to str
        What a pattern of the prediction's files may hold in braces.
    """

    sample: Sample
    scans: tuple[ScanFiles, ...]
    predictions: tuple[str, ...]
    names: Mapping[str, str] = field(default_factory=dict)


def list_cases(spec: Spec, root: Path) -> tuple[Case, ...]:
    """All samples of a specification with a `layout`, in order.

    Raises
    ------
    UsageError
        If `root` is no folder, or not of this layout.
    FormatError
        If a list of it is damaged.
    """
    layout = str(spec.raw["layout"])
    if layout not in _LAYOUTS:
        raise UsageError(f"{spec.name}: there is no layout {layout!r}; known are {', '.join(_LAYOUTS)}")
    if not root.is_dir():
        raise UsageError(f"{root}: no such folder; get the data from {spec.where}")
    return _LAYOUTS[layout](spec, root)


def landmarks_called(folder: Path, stem: str) -> tuple[Path, ...]:
    """The files `stem` with an ending of landmarks; one that is found by two spellings is there twice."""
    spelt = (folder / f"{stem}{ending}" for suffix in LANDMARK_SUFFIXES for ending in (suffix, suffix.upper()))
    return tuple(path for path in spelt if path.is_file())


def _pairs(spec: Spec, root: Path) -> tuple[Case, ...]:
    """Every mesh under the root is a scan, and has its path as its name."""
    stems: dict[str, Path] = {}
    for path in _files(root, MESH_SUFFIXES):
        stem = path.relative_to(root).with_suffix("").as_posix()
        if stem in stems:
            raise UsageError(f"{root}: {stems[stem].name} and {path.name} would both be the scan {stem}")
        stems[stem] = path
    if not stems:
        raise UsageError(f"{root}: there is no mesh here ({', '.join(MESH_SUFFIXES)})")
    cases = []
    for stem, path in stems.items():
        names = {"sample": stem, "stem": PurePosixPath(stem).name}
        cases.append(Case(Sample(stem, {}), (ScanFiles((path,), names),), (stem,), names))
    return tuple(cases)


def _now(spec: Spec, root: Path) -> tuple[Case, ...]:
    """scans/SUBJECT/*.obj, scans_lmks_onlypp/SUBJECT/*.pp, and the list of images."""
    listed = root / str(spec.raw["samples"]["listed"])
    if not listed.is_file():
        raise UsageError(
            f"{listed} is not there: --root is the folder with scans/ and the list; get it from {spec.where}"
        )
    cases: dict[str, Case] = {}
    scans: dict[str, ScanFiles] = {}
    for number, line in enumerate(read_text(listed).splitlines(), 1):
        if not line.strip():
            continue
        parts = PurePosixPath(line.strip()).parts
        if len(parts) != _PARTS or ".." in parts or line.strip().startswith("/"):
            raise FormatError(f"{listed}: line {number} is {line.strip()!r}, expected SUBJECT/CHALLENGE/IMAGE")
        subject, challenge, image = parts
        stem = PurePosixPath(image).stem
        name = f"{subject}/{challenge}/{stem}"
        if name in cases:
            raise FormatError(f"{listed}: {name} stands there twice")
        scan = scans.get(subject) or scans.setdefault(subject, _now_scan(root, subject))
        names = {"sample": name, "subject": subject, "challenge": challenge, "stem": stem}
        cases[name] = Case(Sample(name, {"subject": subject, "challenge": challenge}), (scan,), (name,), names)
    if not 0 < len(cases) <= _MOST_SAMPLES:
        raise FormatError(f"{listed}: lists {len(cases)} images")
    return tuple(cases.values())


def _now_scan(root: Path, subject: str) -> ScanFiles:
    """The meshes of a subject and its landmarks: all that are there, which should be one each."""
    marks = root / "scans_lmks_onlypp" / subject
    meshes = tuple(_files(root / "scans" / subject, MESH_SUFFIXES))
    names = {"sample": subject, "subject": subject}
    return ScanFiles(meshes, names, tuple(_files(marks, LANDMARK_SUFFIXES)), with_an_ending(marks / "*"))


def _florence(spec: Spec, root: Path) -> tuple[Case, ...]:
    """subject_NN/**/VIEW/**, for every condition; nose tips and landmarks are in files of the user's."""
    subjects = sorted(path for path in root.glob("subject_*") if path.is_dir())
    if not subjects:
        raise UsageError(f"{root}: there is no folder subject_NN here; get the data from {spec.where}")
    tips = _nose_tips(root / _NOSE_TIPS)
    cases = []
    for subject in subjects:
        views = tuple(_florence_scan(spec, subject, view, tips) for view in spec.raw["scans"]["views"])
        for condition, video in spec.raw["samples"]["conditions"].items():
            name = f"{subject.name}/{condition}"
            names = {"sample": name, "subject": subject.name, "condition": condition, "video": video}
            sample = Sample(name, {"subject": subject.name, "condition": condition})
            cases.append(Case(sample, views, (name, f"{subject.name}/{video}"), names))
    return tuple(cases)


def _florence_scan(spec: Spec, subject: Path, view: str, tips: "_NoseTips") -> ScanFiles:
    folder = next((path for path in sorted(subject.rglob(view)) if path.is_dir()), None)
    scans = spec.raw["scans"]
    names = {"sample": f"{subject.name}_{view}", "subject": subject.name, "view": view}
    marks = subject.parent / "landmarks"
    return ScanFiles(
        () if folder is None else tuple(_files(folder, MESH_SUFFIXES)),
        names,
        landmarks_called(marks, names["sample"]),
        with_an_ending(marks / names["sample"]),
        tips.get((subject.name, view)),
        _no_nose_tip(subject.parent / _NOSE_TIPS, tips, subject.name, view),
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
    """Lines subject,view,x,y,z below a heading, in the scans' unit; none where the file is not there."""
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
            raise FormatError(f"{path}: line {number}: {cells[0]}, {cells[1]} stands there twice")
        tips[cells[0], cells[1]] = (x, y, z)
    return tips


def _files(folder: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    """Files with one of the endings, below the folder, by name; not what is hidden, as copies' ._NAME of macOS."""
    return (
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in suffixes
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.is_file()
    )


_LAYOUTS: dict[str, Callable[[Spec, Path], tuple[Case, ...]]] = {"pairs": _pairs, "now": _now, "florence": _florence}
