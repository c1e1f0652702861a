"""What the FaceScape protocol declares."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fsbench.core.errors import UsageError
from fsbench.core.spec import Spec
from fsbench.protocols.choice import Choice
from fsbench.protocols.facescape import quantities
from fsbench.protocols.facescape.files import FaceScapeFiles
from fsbench.protocols.facescape.protocol import FaceScape, Prepared
from fsbench.protocols.facescape.references import FaceScapeReferences
from fsbench.protocols.protocol import Protocol, Reference


class FaceScapeProtocol(Protocol):
    """Keep the camera, align the depth only, compare around the head."""

    name = "facescape"
    quantities = quantities.METRICS
    reference_inputs = frozenset({"camera"})
    has_depth_view = True
    distances_unit = "pupil-normalised mm"
    distances_note = "mm are normalised to a pupil distance of 62.85 mm"

    def default_settings(self, spec: Spec, choice: Choice) -> FaceScape:
        """The alignment of depths that the specification names; nothing else can be chosen."""
        if choice != Choice():
            raise UsageError(f"{spec.name} keeps the camera: landmarks, units and settings are for benchmarks of scans")
        return FaceScape(FaceScapeFiles.of(spec).align)

    def references(self, spec: Spec, root: Path, settings: FaceScape) -> FaceScapeReferences:
        """Meshes, cameras and arrays in the layout of the public benchmark."""
        return FaceScapeReferences.find(spec, root, settings)

    def prepare(self, settings: FaceScape, reference: Reference, threads: int = 1) -> Prepared:
        """Place the reference in the camera frame and map it."""
        inputs = reference.inputs
        return settings.prepare(inputs["place"].apply(reference.mesh), inputs["view"], threads)

    def restore(self, settings: FaceScape, arrays: Mapping[str, Any], inputs: Mapping[str, Any]) -> Prepared:
        """Put a kept reference together again."""
        return settings.restore(arrays, inputs["view"])


PROTOCOL = FaceScapeProtocol()
