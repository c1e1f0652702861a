"""Several scans of one subject; the scan that gives the smallest score counts."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fsbench.core.errors import MetricError
from fsbench.core.mesh import Mesh
from fsbench.protocols.measurement import AlignedMeasurement, Scores
from fsbench.protocols.micc.protocol import PreparedMicc


@dataclass(frozen=True, slots=True, eq=False)
class PreparedScans:
    """The scans of a sample, ready to be compared with any number of predictions."""

    scans: tuple[PreparedMicc, ...]

    def compare(self, vertices: npt.ArrayLike, faces: npt.ArrayLike, landmarks: npt.ArrayLike | None = None) -> Scores:
        """Score a prediction in memory; parameters as of `PreparedMicc.compare`, errors as of `measure`."""
        return self.measure(Mesh(vertices, faces), landmarks).scores

    def measure(self, prediction: Mesh, landmarks: npt.ArrayLike | None = None) -> AlignedMeasurement:
        """Compare with the scan that gives the smallest score.

        Raises
        ------
        MeshError, AlignmentError
            As of `PreparedMicc.measure`.
        MetricError
            If a scan gives no score: comparing with NaN is always false, so the smallest would depend on their order.
        """
        measured = [one.measure(prediction, landmarks) for one in self.scans]
        scores = [one.scores["score_mm"] for one in measured]
        if np.isnan(scores).any():
            raise MetricError(f"{np.isnan(scores).sum()} of {len(scores)} scans give no score")
        return measured[int(np.argmin(scores))]
