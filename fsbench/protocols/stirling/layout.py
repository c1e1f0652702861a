"""The folders of the FG2018 challenge: images, scans of women and men, their landmarks."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fsbench.core.errors import FormatError, UsageError
from fsbench.core.spec import Sample, Spec
from fsbench.io import MESH_SUFFIXES
from fsbench.io.folders import files_below, with_an_ending
from fsbench.io.landmarks import LANDMARK_SUFFIXES
from fsbench.io.names import shown
from fsbench.protocols.files import ReferenceFiles, SampleFiles

QUALITIES = ("HQ", "LQ")
"""Folders of the images."""

SCANS, LANDMARKS = {"F": "F_3D_N", "M": "M_3D_N"}, "annotations"
"""Folders of the scans, by the first letter of a subject; the folder that holds those of their landmarks."""

_IMAGES = (".bmp", ".jpeg", ".jpg", ".png")
_MOST_IMAGES = 1_000_000


def list_samples(spec: Spec, root: Path, settings: Any) -> tuple[SampleFiles, ...]:
    """An image a sample, QUALITY/SUBJECT_NUMBER; its scan is SUBJECT_N, capitals or not.

    Images of the subjects that the specification calls `skipped` are left out.

    Raises
    ------
    UsageError
        If a folder is not there, or there is no image.
    FormatError
        If images are named in another way, or twice.
    """
    images = root / str(spec.raw["samples"]["listed"])
    for folder in (images, root / LANDMARKS, *(root / name for name in SCANS.values())):
        if not folder.is_dir():
            raise UsageError(
                f"{folder} is not there: --root holds {images.name}/, {', '.join(f'{one}/' for one in SCANS.values())} "
                f"and {LANDMARKS}/; get them from {spec.where}"
            )
    skipped = _skipped(spec)
    scans: dict[str, ReferenceFiles] = {}
    files = {letter: _Scans(root, folder) for letter, folder in SCANS.items()}
    found: dict[str, SampleFiles] = {}
    for quality in QUALITIES:
        for path in files_below(images / quality, _IMAGES):
            subject = _subject(path)
            if subject in skipped:
                continue
            name = f"{quality}/{shown(path.stem)}"
            if name in found:
                raise FormatError(f"{path}: there are two images {name}; leave one")
            scan = scans.get(subject) or scans.setdefault(subject, files[subject[0]].of_subject(subject))
            names = {"sample": name, "quality": quality, "subject": subject, "stem": path.stem}
            sample = Sample(name, {"subject": subject, "quality": quality})
            found[name] = SampleFiles(sample, (scan,), (f"{quality}/{path.stem}",), names)
    if not 0 < len(found) <= _MOST_IMAGES:
        raise UsageError(f"{images}: {len(found)} images in {' and '.join(QUALITIES)} ({', '.join(_IMAGES)})")
    return tuple(found.values())


def _skipped(spec: Spec) -> set[str]:
    found = spec.raw["samples"].get("skipped", [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise FormatError(f"specification {spec.name}: [samples] skipped should be names of subjects, as F1033")
    return {one.upper() for one in found}


def _subject(image: Path) -> str:
    """The subject of an image: F1001 of f1001_017.jpg."""
    subject, separator, _ = shown(image.stem).partition("_")
    if not separator or subject[:1].upper() not in SCANS:
        raise FormatError(f"{image}: expected an image of a subject F... or M..., as F1001_017.jpg; leave others out")
    return subject.upper()


class _Scans:
    """Meshes and landmarks of one folder of scans, by their names in lower case: the data mixes F and f."""

    def __init__(self, root: Path, folder: str) -> None:
        self._meshes = _by_name(files_below(root / folder, MESH_SUFFIXES))
        self._landmarks = _by_name(files_below(root / LANDMARKS / folder, LANDMARK_SUFFIXES))
        self._wanted = root / LANDMARKS / folder

    def of_subject(self, subject: str) -> ReferenceFiles:
        """The neutral scan of a subject, SUBJECT_N."""
        stem = f"{subject}_N"
        meshes, marks = (files.get(stem.casefold(), ()) for files in (self._meshes, self._landmarks))
        names = {"sample": subject, "subject": subject}
        return ReferenceFiles(meshes, names, marks, with_an_ending(self._wanted / stem))


def _by_name(paths: Iterable[Path]) -> dict[str, tuple[Path, ...]]:
    found: dict[str, tuple[Path, ...]] = {}
    for path in paths:
        key = path.stem.casefold()
        found[key] = (*found.get(key, ()), path)
    return found
