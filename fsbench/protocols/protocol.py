"""Protocol: what one way to score declares, so that the rest of the house need not know which one it is."""

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
from fsbench.protocols.files import ReferenceFiles, SampleFiles
from fsbench.protocols.measurement import Measurement

INPUTS = ("camera", "landmarks", "nose_tip", "frames")
"""What a reference or a prediction may bring besides a mesh, where the house reads it. A protocol that reads its own
files may declare others."""


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """What a sample is measured against.

    Attributes
    ----------
    mesh : Mesh
        As in its file.
    inputs : mapping
        What the protocol declares besides: `landmarks` (n, 3) and `nose_tip` (3,) in the mesh's unit.
    others : tuple of Reference
        Further references, of which the protocol says what they are for.
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
    """What a method hands in for a sample.

    Attributes
    ----------
    mesh : Mesh
        In the sample's camera frame where the protocol declares a camera, else in any frame and unit.
    inputs : mapping
        What the protocol declares besides: `landmarks` (n, 3) in the mesh's frame and unit.
    others : tuple of Prediction
        Further frames of a video.
    n_averaged : int
        Of how many meshes it is the mean.
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
    """The references of a benchmark: which samples there are, and where their files are."""

    noun: ClassVar[str] = "reference"

    @property
    @abstractmethod
    def samples(self) -> tuple[Sample, ...]:
        """All samples, in the benchmark's order."""

    @abstractmethod
    def files(self, name: str) -> list[Path]:
        """All files that a sample's reference is read from, there or not."""

    @abstractmethod
    def missing(self) -> list[str]:
        """Names of the samples whose reference is not there."""

    @abstractmethod
    def inputs(self, name: str) -> Mapping[str, Any]:
        """What the reference brings besides its mesh, where that needs no mesh."""

    @abstractmethod
    def read(self, name: str) -> Reference:
        """Read a sample's reference; ReferenceDataError if it is not there or unusable."""

    def sample_files(self, name: str) -> SampleFiles:
        """The sample with what its prediction is called; by default as the sample is."""
        sample = next(one for one in self.samples if one.name == name)
        return SampleFiles(sample, (), (name,), {"sample": name})

    def content(self, name: str) -> Sequence[bytes] | None:
        """All that a prepared reference is computed from; None if prepared references are not kept on disk."""
        return None

    def shared_key(self, name: str) -> Any:
        """The same for samples that share a reference; None if none do."""
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
    def absent(self) -> str:
        """What the data set has and the root has not, in a line; empty if nothing is known to be absent."""
        return ""

    def refuse_predictions(self, folder: str | Path) -> None:  # noqa: B027 - most have nothing to refuse
        """UsageError if predictions cannot be in this folder."""

    def digests(self) -> Mapping[str, str]:
        """Digests of the landmarks, nose tips and references that move numbers, for `Protocol.signed`."""
        return {}

    @property
    def has_named_landmarks(self) -> bool:
        """Whether the user names the references' landmarks."""
        return False

    def numbers_of_landmarks(self) -> set[int]:
        """How many landmarks references have, as far as that is known without reading all."""
        return set()

    def refuse_useless_landmarks(self, predictions: Any) -> None:  # noqa: B027 - most have nothing to refuse
        """UsageError if the landmarks that the user names can serve no sample."""

    def n_landmarks(self, files: ReferenceFiles, *, read: bool = True) -> int | None:
        """How many landmarks a reference has, without its mesh; None if none, or not `read`.

        Raises
        ------
        FsbenchError
            If a file that is needed is not there or unusable.
        """
        return None


class Protocol(ABC):
    """One way to score. Subclass it, and register an instance in the entry-point group `fsbench.protocols`.

    Attributes
    ----------
    name : str
        What a benchmark's TOML says: protocol = "...".
    quantities : tuple of Quantity
        Columns of a run, in order. Scores that may come with doubts have a column "suspicious"
        (0 or 1); one called "mm_per_unit" is looked at over all samples for a scale unlike the others'.
    reference_inputs, prediction_inputs : frozenset of str
        What each side brings besides a mesh, see `INPUTS`. A reference with a "camera" has predictions in its camera
        frame, which an adapter brings there; without one the protocol finds how a prediction stands.
    measure_of : str
        Name of the protocol whose benchmarks it can score too, as `--measure NAME`; empty if none.
    pooled : bool
        Whether the distances of all samples are pooled.
    n_landmarks : int or None
        How many landmarks each side has; None if any number will do.
    has_depth_view : bool
        Whether a prepared reference can be looked at through its camera, with the parts of
        `fsbench.protocols.facescape.protocol.Prepared`; then `check` tells how predictions stand there.
    file_settings : frozenset of str
        Settings that name a file: found from any working directory, and a sample is scored again when one has changed.
        A run does not choose what is read, so they have to be said again to measure it again.
    lists : tuple of str
        Files below the root that its layouts read, besides the list of samples.
    layouts : mapping
        Layouts of folders that only its data has: name to (spec, root, settings) -> tuple of SampleFiles.
    distances_unit, distances_note : str
        What a millimetre is, and what has to be said of the millimetres in a picture of them.
    distances_metric : str
        The metric that sums up the distances in such a picture, where it is not what ranks samples; empty if it is.
    """

    name: ClassVar[str]
    quantities: ClassVar[tuple[Quantity, ...]]
    reference_inputs: ClassVar[frozenset[str]] = frozenset()
    prediction_inputs: ClassVar[frozenset[str]] = frozenset()
    measure_of: ClassVar[str] = ""
    pooled: ClassVar[bool] = False
    n_landmarks: ClassVar[int | None] = None
    has_depth_view: ClassVar[bool] = False
    file_settings: ClassVar[frozenset[str]] = frozenset()
    lists: ClassVar[tuple[str, ...]] = ()
    layouts: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    distances_unit: ClassVar[str] = "mm"
    distances_note: ClassVar[str] = "mm after an alignment, which hides errors of size and pose"
    distances_metric: ClassVar[str] = ""

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

    @abstractmethod
    def prepare(self, settings: Any, reference: Reference, threads: int = 1) -> Any:
        """Compute all that depends on the reference alone; the result has `measure`, see `Protocol.measure`."""

    def measure(self, prepared: Any, prediction: Prediction) -> Measurement:
        """Compare a prediction with a prepared reference."""
        if "landmarks" not in self.prediction_inputs:
            measured: Measurement = prepared.measure(prediction.mesh)
            return measured
        with_landmarks: Measurement = prepared.measure(prediction.mesh, prediction.landmarks)
        return with_landmarks

    def settings(self, spec: Spec, choice: Choice) -> Any:
        """Settings as the specification and the user want them.

        Raises
        ------
        UsageError
            If a choice does not go with the protocol, or there is no such setting.
        """
        return with_settings(self.default_settings(spec, choice), parse_settings(choice.changes))

    def references(self, spec: Spec, root: Path, settings: Any) -> References | None:
        """The protocol's own reader of references; None if the house reads meshes, landmarks and nose tips."""
        return None

    def restore(self, settings: Any, arrays: Mapping[str, Any], inputs: Mapping[str, Any]) -> Any:
        """Put together what `prepared.arrays()` took apart; LookupError, ValueError, TypeError if it is not that."""
        raise MetricError(f"{self.name}: prepared references are not kept on disk")

    def read_prediction(self, settings: Any, folder: Path, files: SampleFiles) -> Prediction | None:
        """The protocol's own reader of predictions; None if the house reads a mesh and landmarks.

        Raises
        ------
        MissingError
            If there is no prediction.
        FsbenchError
            If a file is unusable.
        """
        return None

    def prediction_files(self, settings: Any, folder: Path, files: SampleFiles) -> list[Path] | None:
        """Files that `read_prediction` reads, there or not; None if the house reads them. Have both, or neither."""
        return None

    def landmarks(self, settings: Any) -> str:
        """What landmarks of a reference are for: "needed", "useful", or "nose tip" if only that is looked for."""
        return "needed" if "landmarks" in self.reference_inputs else "useful"

    def landmarks_beside(self, settings: Any) -> bool:
        """Whether a prediction's landmarks are in a file of its name beside it, unless the user says otherwise."""
        return False

    def refuse_landmarks(  # noqa: B027 - most have nothing to refuse
        self, spec: Spec, settings: Any, *, reference: bool, prediction: bool
    ) -> None:
        """UsageError if landmarks that the user names on either side would serve nothing."""

    def signed(
        self, spec: Spec, settings: Any, about: Mapping[str, str], *, search: bool, own: bool
    ) -> Mapping[str, str]:
        """What stands in the signature besides the settings.

        Parameters
        ----------
        about : mapping
            Digests of the landmarks, nose tips and references that are used, where there are some.
        search : bool
            Whether the user names no landmarks of predictions.
        own : bool
            Whether the user names landmarks of references.
        """
        return about

    def cautions(self, settings: Any, n_landmarks: int | None) -> tuple[str, ...]:
        """What people should know before they believe or compare the numbers, a line each."""
        return ()


def refuse(choice: Choice, why: Mapping[str, str]) -> None:
    """UsageError if the user chose what would not be heeded; `why` by the names of a choice's fields."""
    for name, reason in why.items():
        if (given := getattr(choice, name)) != getattr(Choice(), name):
            raise UsageError(f"{OPTIONS[name]} {given}: {reason}; leave it out")


OPTIONS = {"unit": "--pred-unit", "reference_unit": "--reference-unit", "scale": "--scale"}
