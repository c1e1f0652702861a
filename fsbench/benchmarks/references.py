"""References that are meshes in a folder, with the landmarks and nose tips that belong to them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fsbench.benchmarks.digests import short_digest
from fsbench.benchmarks.landmark_source import LandmarkSource, landmarks_of, n_landmarks_in
from fsbench.benchmarks.layouts import LAYOUTS, require_names_inside
from fsbench.core.errors import FormatError, ReferenceDataError, UsageError
from fsbench.core.mesh import Floats
from fsbench.core.spec import Sample, Spec
from fsbench.io import read_mesh
from fsbench.io.files import digest_of
from fsbench.io.folders import the_one
from fsbench.protocols.files import ReferenceFiles, SampleFiles
from fsbench.protocols.protocol import Protocol, Reference, References

_FEW_SCANS = 8
# iBUG's numbering: 68 points, or 51 without those of the jaw.
_NOSE_TIP_ROW = {68: 30, 51: 13}


@dataclass(frozen=True, slots=True, eq=False)
class MeshReferences(References):
    """References of every protocol without a reader of its own.

    Attributes
    ----------
    spec : Spec
    root : Path
    protocol : Protocol
    settings : dataclass
    landmarks : LandmarkSource or None
        Source that the user names; None if the layout has its own.
    by_name : mapping of str to SampleFiles
    """

    spec: Spec
    root: Path
    protocol: Protocol
    settings: Any
    landmarks: LandmarkSource | None
    by_name: Mapping[str, SampleFiles] = field(repr=False)
    _sources: tuple[Path, ...] = field(init=False, repr=False)

    noun = "scan"

    def __post_init__(self) -> None:
        # Once, as a worker asks for it before every sample.
        scans = [one for files in self.by_name.values() for one in files.scans]
        folders = {path.parent for one in scans for path in (*one.meshes, *one.landmarks)}
        listed = self.root / str(self.spec.raw["samples"].get("listed", ""))
        beside = [self.root / name for name in self.protocol.lists]
        object.__setattr__(self, "_sources", (self.root, listed, *beside, *sorted(folders)))

    @classmethod
    def find(
        cls, spec: Spec, root: Path, protocol: Protocol, settings: Any, landmarks: LandmarkSource | None
    ) -> "MeshReferences":
        """List all samples of a specification with a `layout`, in order.

        Raises
        ------
        UsageError
            If `root` is no folder, or has another layout.
        FormatError
            If a list of it is damaged.
        """
        try:
            layout = str(spec.raw["layout"])
            require_names_inside(spec.raw)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            what = f"the key {error} is missing" if isinstance(error, KeyError) else str(error)
            raise FormatError(f"specification {spec.name}: {what}") from None
        layouts = LAYOUTS | dict(protocol.layouts)
        if layout not in layouts:
            raise UsageError(f"{spec.name}: there is no layout {layout!r}; known are {', '.join(layouts)}")
        if not root.is_dir():
            raise UsageError(f"{root}: no such folder; get the data from {spec.where}")
        listed = {one.sample.name: one for one in layouts[layout](spec, root, settings)}
        return cls(spec, root, protocol, settings, landmarks, listed)

    @property
    def samples(self) -> tuple[Sample, ...]:
        """All samples, in the layout's order."""
        return tuple(one.sample for one in self.by_name.values())

    @property
    def absent(self) -> str:
        """One line if the root lacks subjects of the data set."""
        expected = self.spec.raw["samples"].get("subjects")
        found = len({sample.subject for sample in self.samples})
        return f"{self.root} has {found} of the {expected} subjects" if expected and found < expected else ""

    @property
    def sources(self) -> tuple[Path, ...]:
        """The root, the list of samples, and all folders with references or their landmarks."""
        return self._sources

    def files(self, name: str) -> list[Path]:
        """The sample's meshes, and the landmarks of each."""
        scans = self.by_name[name].scans
        marks = [self._landmark_file_or_none(one) for one in scans]
        return [path for one in scans for path in one.meshes] + [path for path in marks if path is not None]

    def sample_files(self, name: str) -> SampleFiles:
        """The sample as the layout lists it."""
        return self.by_name[name]

    @property
    def has_named_landmarks(self) -> bool:
        """Whether the user names the references' landmarks."""
        return self.landmarks is not None

    def missing(self) -> list[str]:
        """Names of the samples without a mesh."""
        return [name for name, files in self.by_name.items() if not any(one.meshes for one in files.scans)]

    def refuse_predictions(self, folder: str | Path) -> None:
        """Raise UsageError if predictions are below a root where every mesh counts as a reference."""
        root, inside = self.root.resolve(), Path(folder).resolve()
        if self.spec.raw["layout"] == "pairs" and root in inside.parents:
            raise UsageError(
                f"{folder} is inside {self.root}, where every mesh counts as a reference: keep predictions elsewhere"
            )

    def refuse_useless_landmarks(self, predictions: LandmarkSource | None) -> None:
        """Raise UsageError if the landmarks that the user names fit no sample."""
        first = next(iter(self.by_name.values()))
        if predictions is not None:
            predictions.refuse_unknown({**first.names, "frame": ""})
        if self.landmarks is not None and first.scans:
            self.landmarks.refuse_unknown(first.scans[0].names)
        for option, source in (("--landmarks", self.landmarks), ("--pred-landmarks", predictions)):
            if source is None or not source.indices:
                continue
            known = {self.protocol.n_landmarks} if self.protocol.n_landmarks else self.numbers_of_landmarks()
            if known and len(source.indices) not in known:
                numbers = " or ".join(map(str, sorted(known)))
                raise UsageError(
                    f"{option} names {len(source.indices)} vertices, the scans have {numbers} landmarks: "
                    "both sides need the same points in the same order"
                )

    def numbers_of_landmarks(self) -> set[int]:
        """Numbers of landmarks of the first few references that can be read."""
        if self.landmarks is not None and self.landmarks.indices:
            return {len(self.landmarks.indices)}
        found = set()
        for one in islice((one for files in self.by_name.values() for one in files.scans), _FEW_SCANS):
            try:
                path = self._landmark_file(one)
                found |= set() if path is None else {n_landmarks_in(path)}
            except FormatError:  # the row of its sample reports it
                continue
        return found

    def digests(self) -> dict[str, str]:
        """Digests of inputs that move numbers: landmarks, nose tips, and references that the user chose."""
        found = self._digests_of_landmarks()
        # Two folders of scans are two benchmarks, though both are called "scan".
        own = self.spec.raw["layout"] == "pairs" or self.spec.raw.get("references") == "own"
        return found | {"references": self._fingerprint()} if own else found

    def _digests_of_landmarks(self) -> dict[str, str]:
        """Digest of the references' landmarks and nose tips, as they move the start, the crop and the comparison.

        Landmarks of predictions are left out: they are part of a method's result.
        """
        scans = {one.names["sample"]: one for files in self.by_name.values() for one in files.scans}
        if self.landmarks is not None and self.landmarks.indices:
            marks = [str(one) for one in (*self.landmarks.indices, *self.landmarks.weights)]
        else:
            paths = {name: self._landmark_file_or_none(one) for name, one in scans.items() if self._uses_landmarks(one)}
            lines = [f"{name} {path and digest_of(path)}" for name, path in paths.items()]
            marks = lines if any(paths.values()) else []
        tips = [f"{name} {one.nose_tip}" for name, one in scans.items() if one.nose_tip is not None]
        return {what: short_digest(lines) for what, lines in (("landmarks", marks), ("nose_tips", tips)) if lines}

    def _uses_landmarks(self, files: ReferenceFiles) -> bool:
        """Whether a reference's landmarks, if there are any, move a number."""
        return self.protocol.landmarks(self.settings) != "nose tip" or files.nose_tip is None

    def _fingerprint(self) -> str:
        """A short digest of the references: their names and the content of their files."""
        files = {name: [path for scan in one.scans for path in scan.meshes] for name, one in self.by_name.items()}
        return short_digest([f"{name}\n{[digest_of(path) for path in paths]}" for name, paths in files.items()])

    def inputs(self, name: str) -> Mapping[str, Any]:
        """None: landmarks may be vertices of the mesh, which is not read here."""
        return {}

    def shared_key(self, name: str) -> Any:
        """Files of the landmarks and nose tips, with their content."""
        return tuple((path, digest_of(path)) for path in self.files(name))

    def read(self, name: str) -> Reference:
        """Read all references of a sample, the first one with the others.

        Raises
        ------
        ReferenceDataError
            If there is none, or the choice is not clear.
        FsbenchError
            If one is unusable.
        """
        there = [one for one in self.by_name[name].scans if one.meshes]
        if not there:
            raise ReferenceDataError(f"there is no scan of {name}; get the data from {self.spec.where}")
        first, *others = (self._read(one) for one in there)
        return Reference(first.mesh, first.inputs, tuple(others))

    def _read(self, files: ReferenceFiles) -> Reference:
        if len(files.meshes) > 1:
            raise ReferenceDataError(
                f"{files.meshes[0]} and {files.meshes[1].name} could both be the scan: keep only the original"
            )
        # Of a textured OBJ the reader keeps some that no triangle uses, as the official loader of FaceScape does.
        mesh = read_mesh(files.meshes[0]).without_unused()
        marks = self._read_landmarks(files)
        inputs: dict[str, Any] = {} if marks is None else {"landmarks": marks}
        if "nose_tip" in self.protocol.reference_inputs:
            inputs["nose_tip"] = _nose_tip(files, marks)
        if files.crop_mm is not None:
            inputs["crop_mm"] = files.crop_mm
        return Reference(mesh, inputs)

    def _read_landmarks(self, files: ReferenceFiles) -> Floats | None:
        if self.landmarks is not None and self.landmarks.indices:
            return self.landmarks.read(self.root, files.names, files.meshes[0])
        path = self._needed_landmark_file(files)
        return None if path is None else landmarks_of(files.meshes[0], path)

    def _landmark_file(self, files: ReferenceFiles) -> Path | None:
        """The file with a reference's landmarks; None if there is none; FormatError if the choice is not clear."""
        if self.landmarks is None:
            return the_one(files.landmarks)
        return None if self.landmarks.indices else self.landmarks.path(self.root, files.names)

    def _landmark_file_or_none(self, files: ReferenceFiles) -> Path | None:
        try:
            return self._landmark_file(files)
        except FormatError:  # several fit: the rows of the samples report it
            return None

    def _needed_landmark_file(self, files: ReferenceFiles) -> Path | None:
        """The file of landmarks; ReferenceDataError if it is absent and needed for a score."""
        path = self._landmark_file(files)
        needed = self.landmarks is not None or self.protocol.landmarks(self.settings) == "needed"
        if path is None and needed:
            wanted = files.own_landmarks if self.landmarks is None else self.landmarks.wanted(self.root, files.names)
            raise ReferenceDataError(f"there are no landmarks of {files.meshes[0]}, expected {wanted}")
        return path

    def n_landmarks(self, files: ReferenceFiles, *, read: bool = True) -> int | None:
        """Number of landmarks of a reference, read without its mesh; None if it has none, or not `read`.

        Raises
        ------
        FsbenchError
            If a needed file is absent or unusable, or there is no nose tip.
        """
        if self.landmarks is not None and self.landmarks.indices:
            n_marks: int | None = len(self.landmarks.indices)
        else:
            path = self._needed_landmark_file(files)
            n_marks = n_landmarks_in(path) if path is not None and read else None
        if "nose_tip" in self.protocol.reference_inputs and (read or n_marks is not None):
            _nose_tip(files, None if n_marks is None else np.zeros((n_marks, 3)))
        return n_marks


def _nose_tip(files: ReferenceFiles, marks: Floats | None) -> npt.ArrayLike:
    if files.nose_tip is not None:
        return files.nose_tip
    if marks is not None and len(marks) in _NOSE_TIP_ROW:
        found: npt.ArrayLike = marks[_NOSE_TIP_ROW[len(marks)]]
        return found
    what = f"it has {len(marks)} landmarks" if marks is not None else "it has no landmarks"
    raise ReferenceDataError(
        f"{files.meshes[0]} has no nose tip: {files.no_nose_tip}. Correct this, or give iBUG's 68 or 51 landmarks, "
        f"which include the tip; {what}"
    )
