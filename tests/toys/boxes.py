"""A toy in the camera frame: an adapter places predictions, and only boxes are compared; the house reads references."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fsbench.core.errors import MeshError
from fsbench.core.mesh import Mesh
from fsbench.core.quantities import Quantity
from fsbench.core.signatures import signature
from fsbench.core.spec import Spec
from fsbench.geometry.transforms import Similarity
from fsbench.protocols.choice import Choice
from fsbench.protocols.measurement import AlignedMeasurement, Scores
from fsbench.protocols.protocol import Protocol, Reference


@dataclass(frozen=True, slots=True)
class Boxes:
    axes: int = 3
    version: int = field(default=1, init=False)

    def signature(self, benchmark: str) -> str:
        return signature(benchmark, self)


@dataclass(frozen=True, slots=True, eq=False)
class PreparedBox:
    settings: Boxes
    reference: Mesh

    def measure(self, prediction: Mesh) -> AlignedMeasurement:
        if not prediction.n_faces:
            raise MeshError("the prediction has no faces")
        sizes = [np.ptp(mesh.vertices, axis=0) for mesh in (self.reference, prediction)]
        scores = Scores({"box_error_mm": float(np.abs(sizes[0] - sizes[1])[: self.settings.axes].mean())})
        nothing = np.zeros(0)
        return AlignedMeasurement(scores, Similarity(), self.reference, prediction, np.zeros((0, 3)), nothing)


class BoxesProtocol(Protocol):
    name = "boxes"
    quantities = (Quantity("box_error_mm", "Box error", "mm", 2, "lower", low=0.0),)
    reference_inputs = frozenset({"camera"})
    distances_note = "mm as the camera sees them"

    def default_settings(self, spec: Spec, choice: Choice) -> Boxes:
        return Boxes()

    def prepare(self, settings: Any, reference: Reference, threads: int = 1) -> PreparedBox:
        return PreparedBox(settings, reference.mesh)


PROTOCOL = BoxesProtocol()
