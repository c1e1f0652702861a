"""Protocol: the declaration of one way to score, through which the rest of the package uses it, whatever its name."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

from fsbench.core.errors import MetricError, UsageError
from fsbench.core.mesh import Floats, Mesh
from fsbench.core.quantities import Quantity
from fsbench.core.settings import parse_settings, with_settings
from fsbench.core.spec import Sample, Spec
from fsbench.protocols.choice import Choice
from fsbench.protocols.files import LandmarkReader, ReferenceFiles, SampleFiles
from fsbench.protocols.measurement import Measurement

INPUTS = ("camera", "landmarks", "nose_tip", "frames")
"""Inputs besides a mesh that the package itself can read. A protocol that reads its own files may declare others."""


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """The reference of a sample, before its protocol prepares it.

    Attributes
    ----------
    mesh : Mesh
        As in its file.
    inputs : mapping
        Further inputs that the protocol declares: `landmarks` (n, 3) and `nose_tip` (3,) in the mesh's unit.
    others : tuple of Reference
        Further references; the protocol says what they are for.
    """

    mesh: Mesh
    inputs: Mapping[str, Any] = field(default_factory=dict)
    others: tuple["Reference", ...] = ()

    @property
    def landmarks(self) -> Floats | None:
        """Landmarks (n, 3), if there are any."""
        return self.inputs.get("landmarks")


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """A method's result for a sample.

    Attributes
    ----------
    mesh : Mesh
        In the sample's camera frame where the protocol declares a camera, else in any frame and unit.
    inputs : mapping
        Further inputs that the protocol declares: `landmarks` (n, 3) in the mesh's frame and unit.
    others : tuple of Prediction
        Further frames of a video.
    n_averaged : int
        Number of meshes that the mesh is the mean of.
    """

    mesh: Mesh
    inputs: Mapping[str, Any] = field(default_factory=dict)
    others: tuple["Prediction", ...] = ()
    n_averaged: int = 1

    @property
    def landmarks(self) -> Floats | None:
        """Landmarks (n, 3), if there are any."""
        return self.inputs.get("landmarks")


class References(ABC):
    """The references of a benchmark: its samples and their files."""

    noun: ClassVar[str] = "reference"

    @property
    @abstractmethod
    def samples(self) -> tuple[Sample, ...]:
        """All samples, in the benchmark's order."""

    @abstractmethod
    def files(self, name: str) -> list[Path]:
        """All files that a sample's reference is read from, whether they exist or not."""

    @abstractmethod
    def missing(self) -> list[str]:
        """Names of the samples whose reference is missing."""

    @abstractmethod
    def inputs(self, name: str) -> Mapping[str, Any]:
        """The inputs of a reference that can be read without its mesh."""

    @abstractmethod
    def read(self, name: str) -> Reference:
        """Read a sample's reference; ReferenceDataError if it is missing or unusable."""

    def sample_files(self, name: str) -> SampleFiles:
        """The sample with the names that its prediction may have; by default the sample's own name."""
        sample = next(one for one in self.samples if one.name == name)
        return SampleFiles(sample, (), (name,), {"sample": name})

    def content(self, name: str) -> Sequence[bytes] | None:
        """Everything that a prepared reference is computed from; None if prepared references are not kept on disk."""
        return None

    def shared_key(self, name: str) -> Any:
        """Everything that a shared prepared reference is computed from; None if no samples share one."""
        return None

    def focal_px(self, name: str) -> float | None:
        """Focal length of the sample's pinhole camera in pixels; None if it has none."""
        return None

    @property
    def has_pinholes(self) -> bool:
        """Whether every sample has a pinhole camera of its own."""
        return False

    @property
    def digest(self) -> str:
        """Changes with the files that all samples share; empty if there are none."""
        return ""

    @property
    def sources(self) -> tuple[Path, ...]:
        """Files that were read, and folders that were listed, to find the references."""
        return ()

    @property
    def cautions(self) -> tuple[str, ...]:
        """Cautions about these references to read before comparing the numbers, one line each."""
        return ()

    @property
    def absent(self) -> str:
        """One line on data that the root lacks; empty if nothing is known to be absent."""
        return ""

    def refuse_predictions(self, folder: str | Path) -> None:  # noqa: B027 - most have nothing to refuse
        """Raise UsageError if predictions cannot be in this folder."""

    def digests(self) -> Mapping[str, str]:
        """Digests of the landmarks, nose tips and references that move numbers, for `Protocol.signed`."""
        return {}

    def with_landmarks(self, source: LandmarkReader) -> "References | None":
        """The same references with landmarks that the user names; None if they read their own or use none."""
        return None

    @property
    def has_named_landmarks(self) -> bool:
        """Whether the user names the references' landmarks."""
        return False

    def numbers_of_landmarks(self) -> set[int]:
        """The number of landmarks of a reference, as far as it is known without reading all."""
        return set()

    def refuse_useless_landmarks(self, predictions: Any) -> None:  # noqa: B027 - most have nothing to refuse
        """Raise UsageError if the landmarks that the user names fit no sample."""

    def n_landmarks(self, files: ReferenceFiles, *, read: bool = True) -> int | None:
        """The number of landmarks of a reference, read without its mesh; None if it has none, or not `read`.

        Raises
        ------
        FsbenchError
            If a needed file is missing or unusable.
        """
        return None


class Protocol(ABC):
    """One way to score. Subclass it, and register an instance in the entry-point group `fsbench.protocols`.

    Attributes
    ----------
    name : str
        Name in a benchmark's TOML: protocol = "...".
    quantities : tuple of Quantity
        Columns of a run, in order. Scores that may come with doubts have a column "suspicious"
        (0 or 1); a column "mm_per_unit" is compared over all samples, to find a scale unlike the others.
    reference_inputs, prediction_inputs : frozenset of str
        Inputs of each side besides a mesh, see `INPUTS`. If references have a "camera", an adapter brings predictions
        into its frame; otherwise the protocol aligns them.
    measure_of : str
        Name of the protocol whose benchmarks it can score too, as `--measure NAME`; empty if none.
    with_landmarks : str
        Name of the protocol that scores its benchmarks instead where the user names landmarks of both sides, as it has
        further columns; empty if none.
    pooled : bool
        Whether the distances of all samples are pooled.
    n_landmarks : int or None
        Number of landmarks of each side; None if any number will do.
    has_depth_view : bool
        Whether a prepared reference can be viewed through its camera, with the attributes of
        `fsbench.protocols.facescape.protocol.Prepared`; then `check` compares predictions in that view.
    file_settings : frozenset of str
        Settings that name a file. Paths are kept absolute, and a sample is scored again when its file has changed.
        Measuring a run again needs them again, as a run must not choose which files are read.
    loops : tuple of str
        Modules of its folder with compiled loops, loaded before a time limit counts.
    lists : tuple of str
        Files below the root that its layouts read, besides the list of samples.
    layouts : mapping
        Folder layouts of its own data: name to (spec, root, settings) -> tuple of SampleFiles.
    distances_unit, distances_note : str
        Unit of distances, and the note that a picture of distances must carry.
    distances_metric : str
        The metric that sums up the distances in such a picture; empty if it is the one that ranks samples.
    distances_at : str
        The surface with the distances in such a picture: "prediction" or "scan".
    motion_metric : str
        The metric that sums up the error of a sample's `motion`, which a page then shows moving; empty without motions.
    """

    name: ClassVar[str]
    quantities: ClassVar[tuple[Quantity, ...]]
    reference_inputs: ClassVar[frozenset[str]] = frozenset()
    prediction_inputs: ClassVar[frozenset[str]] = frozenset()
    measure_of: ClassVar[str] = ""
    with_landmarks: ClassVar[str] = ""
    pooled: ClassVar[bool] = False
    n_landmarks: ClassVar[int | None] = None
    has_depth_view: ClassVar[bool] = False
    file_settings: ClassVar[frozenset[str]] = frozenset()
    lists: ClassVar[tuple[str, ...]] = ()
    loops: ClassVar[tuple[str, ...]] = ()
    layouts: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    distances_unit: ClassVar[str] = "mm"
    distances_note: ClassVar[str] = "mm after an alignment, which hides errors of size and pose"
    distances_metric: ClassVar[str] = ""
    distances_at: ClassVar[str] = "prediction"
    motion_metric: ClassVar[str] = ""

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of the quantities."""
        return tuple(one.name for one in self.quantities)

    @property
    def in_camera(self) -> bool:
        """Whether predictions stand in the sample's camera frame."""
        return "camera" in self.reference_inputs

    @abstractmethod
    def default_settings(self, spec: Spec, choice: Choice) -> Any:
        """Settings before `--set`: a frozen dataclass with a `signature(benchmark)`."""

    def prepare(self, settings: Any, reference: Reference, threads: int = 1) -> Any:
        """Compute everything that depends on the reference alone, by default with the `prepare` of the settings.

        The result has `measure`, see `Protocol.measure`.
        """
        if "landmarks" in self.reference_inputs:
            assert reference.landmarks is not None, "a reference without landmarks was refused before"
        return settings.prepare(reference.mesh, reference.landmarks, threads)

    def measure(self, prepared: Any, prediction: Prediction) -> Measurement:
        """Compare a prediction with a prepared reference."""
        if "landmarks" not in self.prediction_inputs:
            measured: Measurement = prepared.measure(prediction.mesh)
            return measured
        with_landmarks: Measurement = prepared.measure(prediction.mesh, prediction.landmarks)
        return with_landmarks

    def settings(self, spec: Spec, choice: Choice) -> Any:
        """The settings that the specification and the user ask for.

        Raises
        ------
        UsageError
            If the protocol does not support a choice, or there is no such setting.
        """
        return with_settings(self.default_settings(spec, choice), parse_settings(choice.changes))

    def references(self, spec: Spec, root: Path, settings: Any) -> References | None:
        """The protocol's own reader of references; None if the package reads meshes, landmarks and nose tips."""
        return None

    def restore(self, settings: Any, arrays: Mapping[str, Any], inputs: Mapping[str, Any]) -> Any:
        """Rebuild a prepared reference from its `arrays()`; LookupError, ValueError or TypeError if they do not fit."""
        raise MetricError(f"{self.name}: prepared references are not kept on disk")

    def read_prediction(self, settings: Any, folder: Path, files: SampleFiles) -> Prediction | None:
        """The protocol's own reader of predictions; None if the package reads a mesh and landmarks.

        Raises
        ------
        MissingError
            If there is no prediction.
        FsbenchError
            If a file is unusable.
        """
        return None

    def prediction_files(self, settings: Any, folder: Path, files: SampleFiles) -> list[Path] | None:
        """Files that `read_prediction` reads, existing or not; None without such a reader. Define both or neither."""
        return None

    def marked_mesh(self, settings: Any, folder: Path, files: SampleFiles) -> Path | None:
        """The mesh file on which the named landmarks are, for predictions from `read_prediction`; None for none."""
        return None

    def landmarks(self, settings: Any) -> str:
        """The use of a reference's landmarks: "needed", "useful", or "nose tip" if only the nose tip is used."""
        return "needed" if "landmarks" in self.reference_inputs else "useful"

    def landmarks_beside(self, settings: Any) -> bool:
        """Whether a prediction's landmarks are by default in a file of its name beside it."""
        return False

    def refuse_landmarks(  # noqa: B027 - most have nothing to refuse
        self, spec: Spec, settings: Any, *, reference: bool, prediction: bool
    ) -> None:
        """Raise UsageError if the protocol would not use the landmarks that the user names on either side."""

    def signed(
        self, spec: Spec, settings: Any, about: Mapping[str, str], *, search: bool, own: bool
    ) -> Mapping[str, str]:
        """The part of the signature that is not in the settings.

        Parameters
        ----------
        about : mapping
            Digests of the landmarks, nose tips and references in use, if there are any.
        search : bool
            Whether the user names no landmarks of predictions.
        own : bool
            Whether the user names landmarks of references.
        """
        return about

    def cautions(self, settings: Any, n_landmarks: int | None) -> tuple[str, ...]:
        """Cautions to read before believing or comparing the numbers, one line each."""
        return ()


def refuse(choice: Choice, why: Mapping[str, str]) -> None:
    """Raise UsageError if the user set an option that has no effect; `why` gives the reason by field of `Choice`."""
    for name, reason in why.items():
        if (given := getattr(choice, name)) != getattr(Choice(), name):
            raise UsageError(f"{OPTIONS[name]} {given}: {reason}; leave it out")


class AlignsByLandmarks(Protocol):
    """A protocol that needs landmarks of both sides; a prediction's are by default in a file beside it."""

    reference_inputs = prediction_inputs = frozenset({"landmarks"})

    def landmarks_beside(self, settings: Any) -> bool:
        """Beside every prediction."""
        return True


OPTIONS = {"unit": "--pred-unit", "reference_unit": "--reference-unit", "scale": "--scale"}
