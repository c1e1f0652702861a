"""Which scan belongs to which prediction, by the layout of the folders."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from fsbench.benchmarks.spec import Sample, Spec
from fsbench.errors import FormatError, ReferenceDataError, UsageError
from fsbench.io import MESH_SUFFIXES
from fsbench.io.landmarks import LANDMARK_SUFFIXES
from fsbench.io.text import read_text

_MOST_SAMPLES = 1_000_000
_PARTS = 3  # SUBJECT/CHALLENGE/IMAGE


@dataclass(frozen=True, slots=True)
class ScanFiles:
    """One scan: its `mesh`, the file of its `landmarks`, its `nose_tip`, and a `crop_mm` of its own; None where not."""

    mesh: Path
    landmarks: Path | None = None
    nose_tip: tuple[float, float, float] | None = None
    crop_mm: float | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A sample, the scans that it may be compared with, and what its prediction is called.

    Attributes
    ----------
    sample : Sample
    scans : tuple of ScanFiles
        More than one where the smallest score counts.
    prediction : str
        Path below the folder of predictions, without an ending; a folder of frames in layout "florence".
    """

    sample: Sample
    scans: tuple[ScanFiles, ...]
    prediction: str


def list_cases(spec: Spec, root: Path, landmarks: str = "") -> tuple[Case, ...]:
    """All samples of a specification with a `layout`, in order.

    Raises
    ------
    UsageError
        If `root` is no folder, or not of this layout.
    FormatError, ReferenceDataError
        If a list of it is damaged.
    """
    layout = str(spec.raw["layout"])
    if layout not in _LAYOUTS:
        raise UsageError(f"{spec.name}: there is no layout {layout!r}; known are {', '.join(_LAYOUTS)}")
    if not root.is_dir():
        raise UsageError(f"{root}: no such folder; get the data from {spec.where}")
    return _LAYOUTS[layout](spec, root, landmarks)


def find_file(folder: Path, stem: str, suffixes: tuple[str, ...]) -> Path | None:
    """The file `stem` with one of the endings, the first of them that is there."""
    for suffix in suffixes:
        for spelt in (suffix, suffix.upper()):
            path = folder / f"{stem}{spelt}"
            if path.is_file():
                return path
    return None


def _pairs(spec: Spec, root: Path, landmarks: str) -> tuple[Case, ...]:
    """Every mesh under the root is a scan; its landmarks have its name, beside it or in a folder of their own."""
    stems: dict[str, Path] = {}
    for path in sorted(root.rglob("*")):
        if path.suffix.lower() in MESH_SUFFIXES and path.is_file():
            stem = path.relative_to(root).with_suffix("").as_posix()
            if stem in stems:
                raise UsageError(f"{root}: {stems[stem].name} and {path.name} would both be the scan {stem}")
            stems[stem] = path
    if not stems:
        raise UsageError(f"{root}: there is no mesh here ({', '.join(MESH_SUFFIXES)})")
    where = Path(landmarks) if landmarks and Path(landmarks).is_dir() else None
    return tuple(
        Case(
            Sample(stem, {}),
            (ScanFiles(path, find_file(where, stem, LANDMARK_SUFFIXES) if where else None),),
            stem,
        )
        for stem, path in stems.items()
    )


def _now(spec: Spec, root: Path, landmarks: str) -> tuple[Case, ...]:
    """scans/SUBJECT/*.obj, scans_lmks_onlypp/SUBJECT/*.pp, and the list of images."""
    listed = root / str(spec.raw["samples"]["listed"])
    if not listed.is_file():
        raise UsageError(
            f"{listed} is not there: --root is the folder with scans/ and the list; get it from {spec.where}"
        )
    cases: dict[str, Case] = {}
    for number, line in enumerate(read_text(listed).splitlines(), 1):
        if not line.strip():
            continue
        parts = PurePosixPath(line.strip()).parts
        if len(parts) != _PARTS or ".." in parts or line.strip().startswith("/"):
            raise FormatError(f"{listed}: line {number} is {line.strip()!r}, expected SUBJECT/CHALLENGE/IMAGE")
        subject, challenge, image = parts
        name = f"{subject}/{challenge}/{PurePosixPath(image).stem}"
        if name in cases:
            raise FormatError(f"{listed}: {name} stands there twice")
        scan = ScanFiles(
            _first(root / "scans" / subject, MESH_SUFFIXES),
            _first(root / "scans_lmks_onlypp" / subject, LANDMARK_SUFFIXES),
        )
        cases[name] = Case(Sample(name, {"subject": subject, "challenge": challenge}), (scan,), name)
    if not 0 < len(cases) <= _MOST_SAMPLES:
        raise FormatError(f"{listed}: lists {len(cases)} images")
    return tuple(cases.values())


def _florence(spec: Spec, root: Path, landmarks: str) -> tuple[Case, ...]:
    """subject_NN/**/VIEW/**, for every condition; nose tips and landmarks are in files of the user's."""
    subjects = sorted(path for path in root.glob("subject_*") if path.is_dir())
    if not subjects:
        raise UsageError(f"{root}: there is no folder subject_NN here; get the data from {spec.where}")
    tips = _nose_tips(root / "nose_tips.csv")
    scans, cases = spec.raw["scans"], []
    for subject in subjects:
        crop = float(scans["crop_mm_of"].get(subject.name, scans["crop_mm"]))
        views = []
        for view in scans["views"]:
            folder = next((path for path in sorted(subject.rglob(view)) if path.is_dir()), subject / view)
            marks = find_file(root / "landmarks", f"{subject.name}_{view}", LANDMARK_SUFFIXES)
            views.append(ScanFiles(_first(folder, MESH_SUFFIXES), marks, tips.get((subject.name, view)), crop))
        for condition in spec.raw["samples"]["conditions"]:
            sample = Sample(f"{subject.name}/{condition}", {"subject": subject.name, "condition": condition})
            cases.append(Case(sample, tuple(views), f"{subject.name}/{condition}"))
    return tuple(cases)


def _nose_tips(path: Path) -> dict[tuple[str, str], tuple[float, float, float]]:
    """Lines subject,view,x,y,z below a heading, in the scans' unit."""
    if not path.is_file():
        raise UsageError(
            f"{path} is not there: the data set has no nose tips, so give them, a line subject,view,x,y,z for each scan"
        )
    tips = {}
    for number, line in enumerate(read_text(path).splitlines()[1:], 2):
        cells = [cell.strip() for cell in line.split(",")]
        try:
            x, y, z = (float(cell) for cell in cells[2:])
        except ValueError:
            raise FormatError(f"{path}: line {number} is {line!r}, expected subject,view,x,y,z") from None
        if not np.isfinite([x, y, z]).all():
            raise FormatError(f"{path}: line {number} holds a number that is not finite")
        tips[cells[0], cells[1]] = (x, y, z)
    return tips


def _first(folder: Path, suffixes: tuple[str, ...]) -> Path:
    """The first file by name with one of the endings, below the folder; the folder itself where there is none."""
    found = (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in suffixes and path.is_file())
    return next(found, folder)


_LAYOUTS: dict[str, Callable[[Spec, Path, str], tuple[Case, ...]]] = {
    "pairs": _pairs,
    "now": _now,
    "florence": _florence,
}


def require(path: Path | None, what: str) -> Path:
    """The file; ReferenceDataError if it is not there."""
    if path is None or not path.is_file():
        raise ReferenceDataError(f"{what} is not there{f' (looked in {path})' if path else ''}")
    return path
