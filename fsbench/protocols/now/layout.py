"""The folders of the NoW challenge: scans, their landmarks, and the list of images."""

from pathlib import Path, PurePosixPath
from typing import Any

from fsbench.core.errors import FormatError, UsageError
from fsbench.core.spec import Sample, Spec
from fsbench.io import MESH_SUFFIXES
from fsbench.io.folders import files_below, with_an_ending
from fsbench.io.landmarks import LANDMARK_SUFFIXES
from fsbench.io.names import folder_named
from fsbench.io.text import read_text
from fsbench.protocols.files import ReferenceFiles, SampleFiles

_MOST_SAMPLES = 1_000_000
_PARTS = 3  # SUBJECT/CHALLENGE/IMAGE


def list_samples(spec: Spec, root: Path, settings: Any) -> tuple[SampleFiles, ...]:
    """scans/SUBJECT/*.obj, scans_lmks_onlypp/SUBJECT/*.pp, and the list of images."""
    listed = root / str(spec.raw["samples"]["listed"])
    if not listed.is_file():
        raise UsageError(
            f"{listed} is not there: --root is the folder with scans/ and the list; get it from {spec.where}"
        )
    found: dict[str, SampleFiles] = {}
    scans: dict[str, ReferenceFiles] = {}
    for number, line in enumerate(read_text(listed).splitlines(), 1):
        if not line.strip():
            continue
        parts = PurePosixPath(line.strip()).parts
        if len(parts) != _PARTS or ".." in parts or line.strip().startswith("/"):
            raise FormatError(f"{listed}: line {number} is {line.strip()!r}, expected SUBJECT/CHALLENGE/IMAGE")
        subject, challenge, image = parts
        stem = PurePosixPath(image).stem
        name = f"{subject}/{challenge}/{stem}"
        if name in found:
            raise FormatError(f"{listed}: {name} is listed twice")
        scan = scans.get(subject) or scans.setdefault(subject, _now_scan(root, subject))
        names = {"sample": name, "subject": subject, "challenge": challenge, "stem": stem}
        found[name] = SampleFiles(Sample(name, {"subject": subject, "challenge": challenge}), (scan,), (name,), names)
    if not 0 < len(found) <= _MOST_SAMPLES:
        raise FormatError(f"{listed}: lists {len(found)} images")
    return tuple(found.values())


def _now_scan(root: Path, subject: str) -> ReferenceFiles:
    """All meshes and landmark files of a subject; there should be one of each."""
    marks = folder_named(root / "scans_lmks_onlypp", subject)
    meshes = tuple(files_below(folder_named(root / "scans", subject), MESH_SUFFIXES))
    names = {"sample": subject, "subject": subject}
    return ReferenceFiles(meshes, names, tuple(files_below(marks, LANDMARK_SUFFIXES)), with_an_ending(marks / "*"))
