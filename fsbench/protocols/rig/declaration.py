"""Declaration of the rig protocol."""

from pathlib import Path

from fsbench.core.settings import parse_settings, with_settings
from fsbench.core.spec import Spec
from fsbench.protocols.choice import Choice
from fsbench.protocols.files import SampleFiles
from fsbench.protocols.measurement import AlignedMeasurement
from fsbench.protocols.protocol import Prediction, Protocol, Reference, refuse
from fsbench.protocols.rig import quantities
from fsbench.protocols.rig.layout import Listed
from fsbench.protocols.rig.predictions import MethodFiles
from fsbench.protocols.rig.protocol import PreparedRig
from fsbench.protocols.rig.references import RigReferences, subject_of
from fsbench.protocols.rig.settings import FILES, Rig, Settings
from fsbench.protocols.units import with_named_units

_SIZES = "rig fits the prediction's size on its neutral face"
_OURS = "rig is a protocol of fsbench, no published one: say so beside its numbers"
_WHOLE = "no face mask is set: all vertices of the captured meshes count, neck and skull too (--set mask=FILE)"
_HEADS = "no stable region is set: head motion of the captures counts as expression (--set stable=FILE)"


class RigProtocol(Protocol):
    """Align once on neutral; compare shape, motion and displacement of every expression."""

    name = "rig"
    quantities = quantities.METRICS
    reference_inputs = prediction_inputs = frozenset({"landmarks"})
    file_settings = FILES
    loops = ("fsbench.protocols.rig.texels",)
    motion_metric = "motion_mm"
    distances_note = "mm to the nearest place, in the alignment of the neutral face"

    def default_settings(self, spec: Spec, choice: Choice) -> Rig:
        """Settings with the unit of the captures that the user names."""
        refuse(choice, {"scale": _SIZES, "unit": f"{_SIZES}, so its unit cannot matter"})
        return Rig(reference_unit=choice.reference_unit)

    def settings(self, spec: Spec, choice: Choice) -> Settings:
        """As `Protocol.settings`, with the files read."""
        return Settings.of(with_named_units(self._said, spec, choice))

    def _said(self, spec: Spec, choice: Choice) -> Rig:
        return with_settings(self.default_settings(spec, choice), parse_settings(choice.changes))

    def references(self, spec: Spec, root: Path, settings: Settings) -> RigReferences:
        """Every expression of every subject."""
        return RigReferences(Listed.of(root), settings)

    def prepare(self, settings: Settings, reference: Reference, threads: int = 1) -> PreparedRig:
        """Read all expressions of the subject, as a motion is compared with all others."""
        subject, stem = subject_of(settings, reference, threads)
        subject.read_all()
        return PreparedRig(subject, stem)

    def prediction_files(self, settings: Settings, folder: Path, files: SampleFiles) -> list[Path]:
        """The expression's files and the neutral mesh; FormatError if it is not clear which."""
        return MethodFiles.find(folder, files).paths()

    def read_prediction(self, settings: Settings, folder: Path, files: SampleFiles) -> Prediction:
        """The expression with the neutral mesh, whatever form the method's files have."""
        return MethodFiles.find(folder, files).read()

    def marked_mesh(self, settings: Settings, folder: Path, files: SampleFiles) -> Path | None:
        """Landmarks are on the neutral mesh."""
        return MethodFiles.find(folder, files).neutral

    def measure(self, prepared: PreparedRig, prediction: Prediction) -> AlignedMeasurement:
        """Compare a predicted expression."""
        return prepared.measure(prediction)

    def landmarks(self, settings: Settings) -> str:
        """Only predictions of another topology need them."""
        return "useful"

    def cautions(self, settings: Settings, n_landmarks: int | None) -> tuple[str, ...]:
        """The conditions that the numbers depend on."""
        return (_OURS, *([] if settings.said.mask else [_WHOLE]), *([] if settings.said.stable else [_HEADS]))


PROTOCOL = RigProtocol()
