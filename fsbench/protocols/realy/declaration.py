"""Declaration of the REALY protocol."""

from pathlib import Path
from typing import Any

from fsbench.core.errors import FormatError, MissingError
from fsbench.core.settings import parse_settings, with_settings
from fsbench.core.spec import Spec
from fsbench.io import MESH_SUFFIXES
from fsbench.io import read_mesh as read_any_mesh
from fsbench.io.names import distinct, named
from fsbench.io.unread import instead_of
from fsbench.protocols.choice import Choice
from fsbench.protocols.files import SampleFiles
from fsbench.protocols.protocol import Prediction, Protocol, Reference, refuse
from fsbench.protocols.realy import quantities
from fsbench.protocols.realy.layout import read_mesh
from fsbench.protocols.realy.references import OWN, RealyReferences
from fsbench.protocols.realy.settings import FILES, Said, Settings
from fsbench.protocols.realy.shapes import WithTemplate

_SIZES = "REALY fits the prediction's size by seven keypoints"
_DIFFERENCES = (
    "differs from the public REALY evaluator (2023), though not on healthy input; see docs/realy.md:",
    "  a missing prediction is a row and an exit code, not left out unseen; no score is cut to nine characters",
    "  refused: a template of another topology, polygons of five corners, regions in pieces, a solve without end",
    "  scored as there and flagged: mirrored predictions, regions that do not reach their keypoints, lost precision",
)


class RealyProtocol(Protocol):
    """Align by keypoints, then bring four regions of a scan into correspondence, each on its own."""

    name = "realy"
    quantities = quantities.METRICS
    reference_inputs = prediction_inputs = frozenset({"keypoints"})
    file_settings = FILES
    loops = ("fsbench.protocols.realy.block_cholesky",)
    distances_note = "mm at the scan's regions, each in an alignment and a correspondence of its own"
    distances_metric = "all_mm"
    distances_at = "scan"

    def default_settings(self, spec: Spec, choice: Choice) -> Said:
        """Settings without a topology, which the user has to name."""
        refuse(choice, {"scale": _SIZES, "unit": f"{_SIZES}, so its unit cannot matter"})
        refuse(choice, {"reference_unit": "the units of the scans are in metrical_scale.txt"})
        return Said()

    def settings(self, spec: Spec, choice: Choice) -> Settings:
        """As `Protocol.settings`, with the files read."""
        return Settings.of(with_settings(self.default_settings(spec, choice), parse_settings(choice.changes)))

    def references(self, spec: Spec, root: Path, settings: Settings) -> RealyReferences:
        """Keypoints, regions and scales as the authors ship them."""
        return RealyReferences.find(root, settings.views)

    def prepare(self, settings: Settings, reference: Reference, threads: int = 1) -> WithTemplate:
        """Merge the regions' vertices and find the order in which to solve."""
        return WithTemplate(settings.protocol.prepare(reference.inputs[OWN], threads), settings.template)

    def prediction_files(self, settings: Settings, folder: Path, files: SampleFiles) -> list[Path]:
        """The sample's mesh; FormatError if it is not clear which."""
        (stem,) = files.predictions
        found = distinct(path for suffix in MESH_SUFFIXES for path in named(folder, f"{stem}{suffix}"))
        if len(found) > 1:
            raise FormatError(f"{found[0]} and {found[1]} could both be the prediction: leave one")
        return list(found) or [folder / f"{stem}.obj"]

    def read_prediction(self, settings: Settings, folder: Path, files: SampleFiles) -> Prediction:
        """All vertices of the mesh, used or not."""
        (path,) = self.prediction_files(settings, folder, files)
        if not path.is_file():
            hint = instead_of(folder, path.name)
            raise MissingError(
                f"no prediction: there is no {path.with_suffix('')} with {', '.join(MESH_SUFFIXES)}{hint}"
            )
        is_obj = path.suffix.lower() == ".obj"
        return Prediction(read_mesh(path) if is_obj else read_any_mesh(path, every_vertex=True))

    def measure(self, prepared: WithTemplate, prediction: Prediction) -> Any:
        """Compare a prediction of the template's topology with a subject."""
        return prepared.measure(prediction.mesh)

    def cautions(self, settings: Settings, n_landmarks: int | None) -> tuple[str, ...]:
        """The conditions that its numbers depend on, and the differences from the public program."""
        masked = ("the mask of the template changes scores: masked runs compare with masked runs only",)
        return (*quantities.CAUTIONS, *(masked if settings.template.mask is not None else ()), *_DIFFERENCES)


PROTOCOL = RealyProtocol()
