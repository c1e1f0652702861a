"""Expected scores: the scores that a prediction would get, with and without depth alignment."""

from dataclasses import dataclass

from fsbench.core.errors import FsbenchError
from fsbench.core.mesh import Mesh
from fsbench.metrics.chamfer import map_chamfer
from fsbench.metrics.cylinder import cylinder_map
from fsbench.protocols.facescape.protocol import CylinderMeasurement, Prepared
from fsbench.protocols.measurement import Scores


@dataclass(frozen=True, slots=True)
class ExpectedScores:
    """Scores of one sample.

    Attributes
    ----------
    measured : CylinderMeasurement or None
        As `fsbench score` measures it; None if it would give the sample no score.
    trouble : str
        Why it would not.
    unaligned_cd_mm : float
        Chamfer distance without depth alignment; NaN where nothing overlaps.
    """

    measured: CylinderMeasurement | None
    trouble: str
    unaligned_cd_mm: float

    @property
    def scores(self) -> Scores | None:
        """None if the sample would have no score."""
        return None if self.measured is None else self.measured.scores


def expected_scores(prepared: Prepared, prediction: Mesh) -> ExpectedScores:
    """Score a prediction in the benchmark's camera frame."""
    try:
        # By the mesh alone: a reference with landmarks would ask for the prediction's too.
        measured, trouble = Prepared.measure(prepared, prediction), ""
    except FsbenchError as error:
        measured, trouble = None, str(error)
    return ExpectedScores(measured, trouble, _unaligned_cd_mm(prepared, prediction))


def _unaligned_cd_mm(prepared: Prepared, prediction: Mesh) -> float:
    view = prepared.view
    points = view.head_frame(prediction.vertices * view.mm_per_unit)
    found = cylinder_map(points, prediction.faces, prepared.radius_mm != 0)
    distances = map_chamfer(prepared.radius_mm * found.covered, found.radius_mm)
    return float("nan") if distances is None else distances.mean_mm
