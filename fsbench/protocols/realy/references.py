"""The references of REALY: its samples and their files."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fsbench.core.errors import FormatError, UsageError
from fsbench.core.mesh import Mesh
from fsbench.core.spec import Sample
from fsbench.io.files import digest_of
from fsbench.protocols.protocol import Reference, References
from fsbench.protocols.realy.layout import Root
from fsbench.protocols.realy.template import REGIONS

OWN = "realy"
"""Input of a reference: keypoints and regions, as `fsbench.protocols.realy.region.Reference`."""


@dataclass(frozen=True, slots=True, eq=False)
class RealyReferences(References):
    """A sample for each subject that has keypoints; for each of its views, if these are named."""

    root: Root
    _subjects: Mapping[str, int] = field(repr=False)
    _samples: tuple[Sample, ...] = field(repr=False)

    noun = "scan"

    @classmethod
    def find(cls, root: Path, views: tuple[str, ...]) -> "RealyReferences":
        """List the subjects.

        Raises
        ------
        UsageError
            If the files are not there.
        ReferenceDataError
            If the list of scales is damaged.
        """
        found = Root.of_folder(root)
        subjects = found.subjects()
        if not subjects:
            raise UsageError(f"{found.keypoints}: there is no SUBJECT.obj here, as 1.obj")
        named = {f"{subject}{view and f'_{view}'}": (subject, view) for subject in subjects for view in views or ("",)}
        samples = tuple(Sample(name, _bins(*parts)) for name, parts in named.items())
        return cls(found, {name: subject for name, (subject, _) in named.items()}, samples)

    @property
    def samples(self) -> tuple[Sample, ...]:
        """By subject, then by view."""
        return self._samples

    @property
    def sources(self) -> tuple[Path, ...]:
        """The list of scales and the folder of keypoints."""
        return (self.root.scales, self.root.keypoints)

    def files(self, name: str) -> list[Path]:
        """The subject's keypoints and regions, and the scales."""
        return [*self._own(self._subjects[name]), self.root.scales]

    def missing(self) -> list[str]:
        """Names of the samples that lack a file."""
        return [name for name, subject in self._subjects.items() if not all(map(Path.is_file, self._own(subject)))]

    def inputs(self, name: str) -> Mapping[str, Any]:
        """None: keypoints are read with the regions."""
        return {}

    def read(self, name: str) -> Reference:
        """Read a subject; ReferenceDataError if a file is missing or unusable."""
        own = self.root.read(self._subjects[name])
        regions = own.regions["nose"]
        return Reference(Mesh(regions.vertices, regions.faces), {OWN: own})

    def shared_key(self, name: str) -> Any:
        """The subject, which its views share."""
        return self._subjects[name]

    def digests(self) -> Mapping[str, str]:
        """Digest of all files, as other keypoints, regions or scales, or another frame, give other numbers."""
        subjects = dict.fromkeys(self._subjects.values())
        lines = [f"{path.name} {_digest_of(path)}" for subject in subjects for path in self._own(subject)]
        lines.append(_digest_of(self.root.scales))
        return {"references": f"{len(subjects)}/{hashlib.sha256(chr(10).join(lines).encode()).hexdigest()[:8]}"}

    def _own(self, subject: int) -> list[Path]:
        regions = [self.root.scans / str(subject) / f"{region}.obj" for region in REGIONS]
        return [self.root.keypoints / f"{subject}.obj", *regions]


def _bins(subject: int, view: str) -> dict[str, str]:
    return {"subject": str(subject), **({"view": view} if view else {})}


def _digest_of(path: Path) -> str:
    try:
        return digest_of(path)
    except FormatError:
        return "none"
