"""The references of the rig protocol: a sample for every subject and expression."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from fsbench.core.errors import FsbenchError, ReferenceDataError, UsageError
from fsbench.core.mesh import Floats, Mesh
from fsbench.core.spec import Sample
from fsbench.io.files import state_of
from fsbench.io.names import shown, the_only
from fsbench.io.publishable import find_publishable, read_publishable
from fsbench.protocols.files import LandmarkReader, SampleFiles
from fsbench.protocols.protocol import Reference, References
from fsbench.protocols.rig.digests import digest_of_files
from fsbench.protocols.rig.layout import Listed, bins_of
from fsbench.protocols.rig.settings import Settings
from fsbench.protocols.rig.sources import InFiles, InMemory
from fsbench.protocols.rig.subject import Subject

SUBJECT, EXPRESSION = "subject", "expression"
"""Inputs of a reference: the captured person, as `Subject`, and the name of the sample's expression."""
EXPRESSIONS = "expressions"
"""Input of a reference in memory instead: vertices (V, 3) by expression, of the neutral mesh's topology."""
NEUTRAL = "1_neutral"


def subject_of(settings: Settings, reference: Reference, threads: int) -> tuple[Subject, str]:
    """The person and the expression that a reference is of: read from files, or neutral and expressions in memory."""
    found: Subject | None = reference.inputs.get(SUBJECT)
    stem = str(reference.inputs.get(EXPRESSION, NEUTRAL))
    if found is not None:
        return found, stem
    others = reference.inputs.get(EXPRESSIONS, {})
    meshes = {NEUTRAL: reference.mesh} | {name: Mesh(one, reference.mesh.faces) for name, one in others.items()}
    if stem not in meshes:
        raise ReferenceDataError(f"there is no expression {stem} among {', '.join(meshes)}")
    return Subject(settings, InMemory(meshes), reference.landmarks, threads), stem


@dataclass(frozen=True, slots=True, eq=False)
class RigReferences(References):
    """Captured expressions, read once a subject.

    Attributes
    ----------
    listed : Listed
    settings : Settings
    landmarks : LandmarkReader or None
        Source of landmarks that the user names.
    """

    listed: Listed
    settings: Settings
    landmarks: LandmarkReader | None = None
    _names: Mapping[str, tuple[str, str]] = field(init=False, repr=False)
    _samples: tuple[Sample, ...] = field(init=False, repr=False)
    _alive: WeakValueDictionary[Any, Subject] = field(init=False, repr=False, default_factory=WeakValueDictionary)
    _last: list[Subject] = field(init=False, repr=False, default_factory=list)

    noun = "captured expression"

    def __post_init__(self) -> None:
        pairs = [(subject, stem) for subject in self.listed.subjects for stem in self.listed.stems]
        names = {f"{shown(subject)}/{stem}": (subject, stem) for subject, stem in pairs}
        object.__setattr__(self, "_names", names)
        listed = find_publishable(self.listed.root)
        may = None if listed is None else read_publishable(listed)
        samples = tuple(Sample(name, bins_of(*pair, may)) for name, pair in names.items())
        object.__setattr__(self, "_samples", samples)

    def with_landmarks(self, source: LandmarkReader) -> "RigReferences":
        """The same references, with landmarks that the user names, on neutral faces."""
        return replace(self, landmarks=source)

    @property
    def samples(self) -> tuple[Sample, ...]:
        """By subject, then by expression, neutral first."""
        return self._samples

    @property
    def sources(self) -> tuple[Path, ...]:
        """The root and the subjects' folders."""
        return (self.listed.root, *(self.listed.root / subject for subject in self.listed.subjects))

    @property
    def absent(self) -> str:
        """One line on expressions that a subject lacks, and on meshes with other names."""
        lacking = self.missing()
        said = [f"{self.listed.root} lacks {len(lacking)} expressions, e.g. {lacking[0]}"] if lacking else []
        if odd := self.listed.ignored:
            said.append(f"{len(odd)} meshes are not called <k>_<name> and are left out, e.g. {odd[0]}")
        return "; ".join(said)

    def files(self, name: str) -> list[Path]:
        """The neutral face and the expression, with their maps and landmarks."""
        subject, stem = self._names[name]
        stems = dict.fromkeys((self.listed.neutral, stem))
        found = [path for one in stems for path in self.listed.mesh_files(subject, one)]
        found += [path for one in stems for path in self.listed.map_files(subject, one)]
        marks = self._landmark_file(subject)
        return found if marks is None else [*found, marks]

    def missing(self) -> list[str]:
        """Names of the samples without a mesh, or without a neutral one."""
        return [
            name
            for name, pair in self._names.items()
            if not (self._has(*pair) and self._has(pair[0], self.listed.neutral))
        ]

    def _has(self, subject: str, stem: str) -> bool:
        return bool(self.listed.mesh_files(subject, stem))

    def inputs(self, name: str) -> Mapping[str, Any]:
        """None: landmarks are vertices of the mesh."""
        return {}

    def sample_files(self, name: str) -> SampleFiles:
        """The prediction's name, and names for a pattern of landmark files: landmarks are on neutral."""
        subject, stem = self._names[name]
        names = {"sample": f"{subject}/{self.listed.neutral}", "subject": subject, "expression": stem}
        sample = Sample(name, bins_of(subject, stem))
        return SampleFiles(
            sample,
            (),
            (f"{subject}/{stem}",),
            names | {"neutral": self.listed.neutral, "known": ",".join(self.listed.stems)},
        )

    def read(self, name: str) -> Reference:
        """Read a subject; ReferenceDataError if the sample's or the neutral mesh is missing or unusable."""
        subject, stem = self._names[name]
        person = self._subject(subject)
        if stem not in person.captured:
            raise ReferenceDataError(f"there is no {stem}.obj or .ply of {shown(subject)}, which other subjects have")
        return Reference(person.raw_neutral, {SUBJECT: person, EXPRESSION: stem})

    def _subject(self, name: str) -> Subject:
        key = (
            name,
            tuple((path, state_of(path)) for stem in self.listed.stems for path in self.listed.mesh_files(name, stem)),
        )
        found = self._alive.get(key)
        if found is None:
            found = Subject(self.settings, InFiles(self.listed, name), self._read_landmarks(name))
            self._alive[key] = found
        # The last one stays, as the next sample is most likely of the same subject.
        self._last[:] = [found]
        return found

    def _read_landmarks(self, subject: str) -> Floats | None:
        if self.landmarks is None:
            return None
        names = self._names_of(subject)
        try:
            path = the_only(self.listed.mesh_files(subject, self.listed.neutral), "the neutral face")
            found: Floats | None = None if path is None else self.landmarks.read(self.listed.root, names, path)
        except FsbenchError as error:
            raise ReferenceDataError(str(error)) from None
        if path is not None and found is None:
            wanted = self.landmarks.wanted(self.listed.root, names)
            raise ReferenceDataError(f"there are no landmarks of {path}, expected {wanted}")
        return found

    def _names_of(self, subject: str) -> Mapping[str, str]:
        return {"sample": f"{subject}/{self.listed.neutral}", "subject": subject}

    def _landmark_file(self, subject: str) -> Path | None:
        if self.landmarks is None or self.landmarks.indices:
            return None
        try:
            found: Path | None = self.landmarks.path(self.listed.root, self._names_of(subject))
        except FsbenchError:  # several fit: the rows report it
            return None
        return found

    def refuse_useless_landmarks(self, predictions: LandmarkReader | None) -> None:
        """Raise UsageError if landmarks of one side are of no use, or cannot correspond."""
        for source in (self.landmarks, predictions):
            if source is not None:
                source.refuse_unknown((*self._names_of(self.listed.subjects[0]), "expression", "frame"))
        if (self.landmarks is None) != (predictions is None):
            raise UsageError("rig uses landmarks of both sides: give --landmarks and --pred-landmarks, or neither")
        counts = [
            len(source.indices) for source in (self.landmarks, predictions) if source is not None and source.indices
        ]
        if len(counts) == 2 and counts[0] != counts[1]:
            raise UsageError(
                f"--landmarks names {counts[0]} vertices, --pred-landmarks {counts[1]}: both sides need the same "
                "points in the same order"
            )

    @property
    def has_named_landmarks(self) -> bool:
        """Whether the user names the references' landmarks."""
        return self.landmarks is not None

    def digests(self) -> Mapping[str, str]:
        """Digests of all captured files and of landmarks, by content, see `fsbench.protocols.rig.digests`."""
        files = [(name, path) for name, pair in self._names.items() for path in self._content(*pair)]
        found = {"references": f"{len(self._names)}/{digest_of_files(files)}"}
        if self.landmarks is not None:
            held = "".join(map(str, filter(None, (self.landmarks.indices, self.landmarks.weights))))
            text = held or digest_of_files(self._marked())
            found["landmarks"] = hashlib.sha256(text.encode()).hexdigest()[:8]
        return found

    def _marked(self) -> list[tuple[str, Path]]:
        return [(subject, path) for subject in self.listed.subjects if (path := self._landmark_file(subject))]

    def _content(self, subject: str, stem: str) -> list[Path]:
        return [*self.listed.mesh_files(subject, stem), *self.listed.map_files(subject, stem)]
