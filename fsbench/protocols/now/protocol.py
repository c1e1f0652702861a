"""The NoW protocol: crop by landmarks, similarity, scan-to-mesh refinement, distances from the scan's vertices.

Source: Sanyal et al., "Learning to Regress 3D Face Shape and Expression from an Image without 3D
Supervision", CVPR 2019, arXiv:1905.06817, and the behaviour of its public evaluator (2025). On healthy
input the numbers are the evaluator's. By default this protocol avoids the evaluator's faults: it refuses
mirrored landmarks, its metrical start does not depend on the prediction's origin, and neither a triangle
without area nor a perfect prediction stops the run. `official` reproduces them.
"""

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from fsbench.core.mesh import Floats, Mesh
from fsbench.core.signatures import Signed
from fsbench.core.units import Unit, unit_called, unit_nearest
from fsbench.geometry.dogleg import Dogleg, refine
from fsbench.geometry.nearest import NearestSurface
from fsbench.geometry.procrustes import LandmarkFit, fit_landmarks
from fsbench.geometry.sheets import notes_about, one_sided
from fsbench.geometry.transforms import Similarity
from fsbench.metrics.surface_distance import normal_angle_deg, summarise
from fsbench.protocols.doubts import (
    doubts_about,
    doubts_about_cover,
    doubts_about_place,
    doubts_about_pull,
)
from fsbench.protocols.measurement import AlignedMeasurement, Scores
from fsbench.protocols.now import quantities
from fsbench.protocols.seven_landmarks import PreparedFaceBall, seven

METRICS = tuple(one.name for one in quantities.METRICS)


@dataclass(frozen=True, slots=True)
class Now(Signed):
    """The NoW protocol's settings; the signature holds every one.

    Attributes
    ----------
    scale : {"fitted", "metric"}
        Whether the prediction's size is fitted (the challenge), or kept as its unit says (metrical).
    unit : str
        Unit of the prediction if `scale` is "metric": "mm", "cm", "m", or "found" (automatic, from the landmarks).
    mirror : {"refused", "allowed"}
        Treatment of landmarks that fit better mirrored; the official evaluator allows them.
    start : {"landmarks", "official"}
        Start of a metric refinement. "official" takes the translation of a fit with scale.
    crop_centre : float
        Centre of the crop sphere, as a share of the way from the nose's bottom to the middle of the inner eye corners.
    crop_radius : float
        Radius of the crop sphere, as a multiple of the mean of the outer eye distance and that way's length.
    refine : Dogleg
    distance, missing, version
        Fixed: nearest surface point of every scan vertex in the crop; no usable prediction is no score
        and stays in the denominator; raised whenever the code moves a number.
    """

    scale: Literal["fitted", "metric"] = "fitted"
    unit: str = "found"
    mirror: Literal["refused", "allowed"] = "refused"
    start: Literal["landmarks", "official"] = "landmarks"
    crop_centre: float = field(default=0.3, init=False)
    crop_radius: float = field(default=1.4, init=False)
    refine: Dogleg = field(default=Dogleg(), init=False)
    distance: str = field(default="scan-vertex-to-surface", init=False)
    missing: str = field(default="fail", init=False)
    version: int = field(default=1, init=False)

    def __post_init__(self) -> None:
        if self.unit != "found":
            unit_called(self.unit)

    @classmethod
    def official(cls, unit: str | None = None) -> "Now":
        """Settings that reproduce the evaluator's numbers; metrical if a `unit` is named."""
        if unit is None:
            return cls(mirror="allowed")
        return cls("metric", unit, "allowed", "official")

    def prepare(self, reference: Mesh, landmarks: npt.ArrayLike, threads: int = 1) -> "PreparedNow":
        """Crop the scan.

        Parameters
        ----------
        reference : Mesh
            Scan in millimetres; vertices that no triangle uses count too.
        landmarks : array_like, (7, 3)
            In the order of `LANDMARKS`.
        threads : int
            Threads of every query.

        Raises
        ------
        AlignmentError
            If the landmarks are unusable, or not in millimetres.
        MetricError
            If no vertex is in the crop.
        """
        return PreparedNow.crop(self, reference, landmarks, threads)


class PreparedNow(PreparedFaceBall["Now"]):
    """A scan ready to be compared with any number of predictions; safe to share between threads."""

    __slots__ = ()

    def measure(self, prediction: Mesh, landmarks: npt.ArrayLike) -> AlignedMeasurement:
        """Like `compare`, and keep the distances and the aligned shape."""
        marks = seven(landmarks, "predicted")
        shape = one_sided(prediction)
        mesh, fit = self._landmark_fit(shape, marks)
        metric = self.protocol.scale == "metric"
        fitted = fit.ref_from_pred
        unit = self._unit(fitted.scale) if metric else None
        start = self._start(fit, marks, unit)
        surface = NearestSurface(mesh.with_vertices(start.apply(mesh.vertices)), self.threads)
        refined = refine(self.points, surface, not metric, self.protocol.refine)
        ref_from_pred = refined.ref_from_pred @ start
        distances = refined.distances
        statistics = summarise(distances)
        off = fitted.scale / unit.mm if unit else ref_from_pred.scale / fitted.scale
        inner = ~surface.on_rim(refined.nearest)
        normals = self.normals @ refined.ref_from_pred.rotation
        looks_deg = normal_angle_deg(normals, surface, refined.nearest, inner)
        there = start.apply(marks)
        doubts = [*self.doubts, *fit.doubts] + doubts_about_place(there, surface.closest(there).distances)
        near = statistics["share_5mm"]
        doubts += doubts_about_pull(fit, self.landmarks, ref_from_pred.apply(marks))
        places = refined.ref_from_pred.apply(refined.nearest.points)
        doubts += doubts_about_cover(distances, inner, places, self.reference)
        doubts += doubts_about(statistics["rmse_mm"], off, refined.converged, looks_deg, near)
        values = statistics | {
            "std_mm": float(distances.std()),
            "points": float(len(distances)),
            "mm_per_unit": ref_from_pred.scale,
            "landmark_rms_mm": fit.residual_rms,
            "steps": float(refined.steps),
        }
        aligned = mesh.with_vertices(ref_from_pred.apply(mesh.vertices))
        scores = Scores.of(METRICS, values, doubts, notes_about(prediction, shape))
        return AlignedMeasurement(
            scores, ref_from_pred, self.reference, aligned, self.points, distances, self.landmarks
        )

    def _landmark_fit(self, prediction: Mesh, marks: Floats) -> tuple[Mesh, LandmarkFit]:
        """Fit by landmarks; mirror the prediction (x -> -x) first if that is allowed and fits better."""
        fit = fit_landmarks(self.landmarks, marks)
        if self.protocol.mirror == "allowed" and fit.mirrored_rms < fit.residual_rms:
            flip = np.array([-1.0, 1.0, 1.0])
            marks *= flip
            flipped = fit_landmarks(self.landmarks, marks)
            doubted = replace(fit, ref_from_pred=flipped.ref_from_pred)
            return prediction.with_vertices(prediction.vertices * flip), doubted
        return prediction, fit if self.protocol.mirror == "allowed" else fit.trusted()

    def _unit(self, mm_per_unit: float) -> Unit:
        return unit_nearest(mm_per_unit) if self.protocol.unit == "found" else unit_called(self.protocol.unit)

    def _start(self, fit: LandmarkFit, marks: Floats, unit: Unit | None) -> Similarity:
        if unit is None:
            return fit.ref_from_pred
        if self.protocol.start == "official":
            fitted = _as_the_evaluator_fits(self.landmarks, marks)
            return Similarity(unit.mm, fitted.rotation, fitted.translation)
        return fit_landmarks(self.landmarks, marks, scale=unit.mm).ref_from_pred


def _as_the_evaluator_fits(reference: Floats, prediction: Floats) -> Similarity:
    """The landmarks' similarity, computed in single precision if the landmarks were read in it.

    This moves the start by 1e-5 mm only. But the official start is far off, so that on the way two places of the mesh
    can be equally near, and the choice between them moves the result by 1e-4 mm.
    """
    with np.errstate(over="ignore"):
        singles = [(marks, marks.astype(np.float32)) for marks in (reference, prediction)]
    ref, pred = (single if (single == marks).all() else marks for marks, single in singles)
    ref_mean, pred_mean = ref.mean(0), pred.mean(0)
    ref_size, pred_size = (np.sqrt(((marks - marks.mean(0)) ** 2).sum()) for marks in (ref, pred))
    left, shares, right = np.linalg.svd(((ref - ref_mean) / ref_size).T @ ((pred - pred_mean) / pred_size))
    turn = right.T @ left.T
    scale = shares.sum() * ref_size / pred_size
    return Similarity(scale, turn.T, ref_mean - scale * (pred_mean @ turn))
