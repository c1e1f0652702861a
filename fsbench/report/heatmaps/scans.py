"""Heat maps of predictions that were aligned to a scan."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fsbench.benchmarks import ScanBenchmark
from fsbench.core.errors import UsageError
from fsbench.core.mesh import Floats, Mesh
from fsbench.core.quantities import quantity
from fsbench.geometry.nearest import NearestSurface
from fsbench.report.heatmaps.measured import refuse_other_signature, scored_row
from fsbench.report.heatmaps.pictures import Heat
from fsbench.report.heatmaps.upright import outer_side, upright
from fsbench.report.selection import main_of_samples
from fsbench.runs import Run

_SAME_MM = 1e-3
"""A repeated measurement gives the recorded score to rounding; 1e-3 mm is below what is printed."""


@dataclass(frozen=True, slots=True, eq=False)
class ScanSource:
    """Where the meshes of a run on scans are.

    Attributes
    ----------
    run : Run
    benchmark : ScanBenchmark
        Opened with the choice that the run was scored with.
    folder : Path
        Of the predictions.
    """

    run: Run
    benchmark: ScanBenchmark
    folder: Path

    def __post_init__(self) -> None:
        refuse_other_signature(self.run, self.benchmark.signature)

    @property
    def metric(self) -> str:
        """What samples are ranked by."""
        return main_of_samples(self.run)

    @property
    def note(self) -> str:
        """What has to be said of the millimetres."""
        return "mm after an alignment, which hides errors of size and pose"

    def heat(self, sample: str, *, brief: bool = False) -> Heat:
        """Measure a sample again; the prediction is shown where the scan has something to compare it with.

        Raises
        ------
        UsageError
            If the run has no score for it, the files give another score than the run, or the scan has no faces.
        """
        recorded = float(scored_row(self.run, sample)[self.metric].item())
        found = self.benchmark.measure(sample, self.folder)
        score, known = found.scores[self.metric], quantity(self.metric)
        if abs(score - recorded) > _SAME_MM:
            raise UsageError(
                f"{sample}: these files give {known.label} {score:.3f}, the run says {recorded:.3f}; "
                "are --pred, --root and the landmarks those of the run?"
            )
        if not found.reference.n_faces:
            raise UsageError(
                f"{sample}: the scan is a cloud of points, from which no distance to the prediction is known"
            )
        compared, distances_mm = _compared(found.reference, found.prediction)
        numbers, unit = f"{known.label} {score:.2f} mm", "mm"
        if "nearest_mean_mm" in found.scores.values:
            # A landmark warp scores corresponding points; what is seen of the surfaces are the nearest ones.
            numbers += "" if brief else f", nearest mean {found.scores['nearest_mean_mm']:.2f} mm"
            unit = "mm, to nearest points"
        title = f"{sample}: {numbers}" if brief else f"{self.run.method}, {self.run.benchmark} {sample}: {numbers}"
        turn, axes = upright(found.reference, self._landmarks(sample, found.reference)), ""
        if turn is None:
            turn, axes = outer_side(found.reference)
        return Heat(title, compared, distances_mm, found.reference, unit, turn, axes)

    def _landmarks(self, sample: str, reference: Mesh) -> Floats | None:
        """Those of the scan that was compared with, in its frame in mm."""
        scans = self.benchmark.prepare(sample).scans
        return next((one.landmarks for one in scans if one.reference is reference), None)


def _compared(reference: Mesh, prediction: Mesh) -> tuple[Mesh, Floats]:
    """The part of the prediction whose nearest place is not on the scan's open rim, and its distances in mm."""
    surface = NearestSurface(reference)
    nearest = surface.closest(prediction.vertices)
    inside = ~surface.on_rim(nearest)
    if not prediction.n_faces and inside.any():  # a point cloud
        return Mesh(prediction.vertices[inside]), nearest.distances[inside]
    faces = prediction.faces[inside[prediction.faces].all(1)]
    if not len(faces):
        raise UsageError("nothing of the prediction is beside the scan")
    return Mesh(prediction.vertices, faces).without_unused(), nearest.distances[np.unique(faces)]
