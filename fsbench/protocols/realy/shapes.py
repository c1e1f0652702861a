"""A REALY measurement for pictures: the shapes behind its numbers, in millimetres."""

from dataclasses import dataclass

import numpy as np

from fsbench.core.mesh import Floats, Mesh
from fsbench.protocols.measurement import Scores
from fsbench.protocols.realy.bending import merged
from fsbench.protocols.realy.protocol import PreparedRealy, RealyMeasurement
from fsbench.protocols.realy.template import REGIONS, Template


@dataclass(frozen=True, slots=True, eq=False)
class WithTemplate:
    """A prepared subject, and the topology of the predictions that it is compared with."""

    subject: PreparedRealy
    template: Template

    def measure(self, prediction: Mesh) -> "Shapes":
        """Compare a prediction; errors as `PreparedRealy.compare`."""
        return Shapes(self.subject, prediction, self.subject.measure(prediction, self.template))


@dataclass(frozen=True, slots=True, eq=False)
class Shapes:
    """A measurement of four regions as one, see `fsbench.protocols.measurement.Measurement`."""

    subject: PreparedRealy
    own: Mesh
    measured: RealyMeasurement

    @property
    def scores(self) -> Scores:
        """Metrics and doubts."""
        return self.measured.scores

    @property
    def ref_to_pred_mm(self) -> Floats:
        """Distance of every vertex of the regions, in their order, (n,)."""
        return np.concatenate([self.measured.regions[name].ref_to_pred_mm for name in REGIONS])

    @property
    def reference(self) -> Mesh:
        """All regions, mm."""
        return _joined([Mesh(*merged(self.subject.reference.regions[name])) for name in REGIONS], self._mm)

    @property
    def prediction(self) -> Mesh:
        """As step 1 places it, mm."""
        return self.own.with_vertices(self.measured.placed.apply(self.own.vertices) * self._mm)

    @property
    def landmarks(self) -> Floats:
        """The subject's keypoints, mm, (85, 3)."""
        return self.subject.reference.keypoints * self._mm

    @property
    def in_head_frame(self) -> bool:
        """REALY's scans look along +z."""
        return True

    def compared(self) -> tuple[Mesh, Floats]:
        """The regions of the scan, where REALY measures, and the distance of each vertex in mm."""
        return self.reference, self.ref_to_pred_mm

    @property
    def _mm(self) -> float:
        return self.subject.reference.mm_per_unit


def _joined(parts: list[Mesh], scale: float) -> Mesh:
    starts = np.cumsum([0, *(part.n_vertices for part in parts[:-1])])
    faces = [part.faces + start for part, start in zip(parts, starts, strict=True)]
    return Mesh(np.concatenate([part.vertices for part in parts]) * scale, np.concatenate(faces))
