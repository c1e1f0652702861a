"""Expected scores: what a prediction would score, with and without depth alignment."""

from dataclasses import dataclass

from fsbench.core.errors import FsbenchError
from fsbench.core.mesh import Mesh
from fsbench.metrics.chamfer import map_chamfer
from fsbench.metrics.cylinder import cylinder_map
from fsbench.protocols.facescape.protocol import Prepared
from fsbench.protocols.measurement import Scores


@dataclass(frozen=True, slots=True)
class ExpectedScores:
    """Scores of one sample.

    Attributes
    ----------
    scores : Scores or None
        As `fsbench score` measures them; None if it would give the sample no score.
    trouble : str
        Why it would not.
    unaligned_cd_mm : float
        Chamfer distance without depth alignment; NaN where nothing overlaps.
    """

    scores: Scores | None
    trouble: str
    unaligned_cd_mm: float


def expected_scores(prepared: Prepared, prediction: Mesh) -> ExpectedScores:
    """Score a prediction in the benchmark's camera frame."""
    try:
        scores, trouble = prepared.compare(prediction.vertices, prediction.faces), ""
    except FsbenchError as error:
        scores, trouble = None, str(error)
    return ExpectedScores(scores, trouble, _unaligned_cd_mm(prepared, prediction))


def _unaligned_cd_mm(prepared: Prepared, prediction: Mesh) -> float:
    view = prepared.view
    points = view.head_frame(prediction.vertices * view.mm_per_unit)
    found = cylinder_map(points, prediction.faces, prepared.radius_mm != 0)
    distances = map_chamfer(prepared.radius_mm * found.covered, found.radius_mm)
    return float("nan") if distances is None else distances.mean_mm
