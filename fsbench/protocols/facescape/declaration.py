"""Declaration of the FaceScape protocol."""

from collections.abc import Mapping
from dataclasses import replace
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
    with_landmarks = "head-pose"
    has_depth_view = True
    distances_unit = "pupil-normalised mm"
    distances_note = "mm are normalised to a pupil distance of 62.85 mm"

    def default_settings(self, spec: Spec, choice: Choice) -> FaceScape:
        """The depth alignment that the specification names; the user cannot change any setting."""
        if replace(choice, landmarks="", pred_landmarks="") != Choice():
            raise UsageError(f"{spec.name} keeps the camera; units and settings are for benchmarks of scans")
        if choice != Choice():
            raise UsageError(
                "landmarks of one side alone have no use: for the head's pose give both --landmarks and "
                "--pred-landmarks"
            )
        return FaceScape(FaceScapeFiles.of(spec).align)

    def references(self, spec: Spec, root: Path, settings: FaceScape) -> FaceScapeReferences:
        """Meshes, cameras and arrays in the layout of the public benchmark."""
        return FaceScapeReferences.find(spec, root, settings)

    def prepare(self, settings: FaceScape, reference: Reference, threads: int = 1) -> Prepared:
        """Place the reference in the camera frame and map it."""
        inputs = reference.inputs
        return settings.prepare(inputs["place"].apply(reference.mesh), inputs["view"], threads)

    def restore(self, settings: FaceScape, arrays: Mapping[str, Any], inputs: Mapping[str, Any]) -> Prepared:
        """Rebuild a prepared reference from its stored arrays."""
        return settings.restore(arrays, inputs["view"])


PROTOCOL = FaceScapeProtocol()
