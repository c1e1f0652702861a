"""The FG2018 challenge: a similarity by seven landmarks, then the distance of every scan vertex in the face ball.

Source: Feng et al., "Evaluation of Dense 3D Reconstruction from 2D Face Images in the Wild", FG 2018,
arXiv:1803.05536, and its public program (patrikhuber/fg2018-competition). No surface is fitted after the
landmarks, so an error of a landmark goes straight into the score.
"""

from dataclasses import dataclass, field

import numpy.typing as npt

from fsbench.core.mesh import Mesh
from fsbench.core.signatures import Signed
from fsbench.geometry.nearest import NearestSurface
from fsbench.geometry.procrustes import fit_landmarks
from fsbench.geometry.sheets import notes_about, one_sided
from fsbench.metrics.surface_distance import normal_angle_deg, summarise
from fsbench.protocols.doubts import (
    doubts_about,
    doubts_about_cover,
    doubts_about_place,
)
from fsbench.protocols.measurement import AlignedMeasurement, Scores
from fsbench.protocols.seven_landmarks import PreparedFaceBall, seven
from fsbench.protocols.stirling import quantities

METRICS = tuple(one.name for one in quantities.METRICS)


@dataclass(frozen=True, slots=True)
class Stirling(Signed):
    """The challenge's settings, all fixed; the signature holds every one.

    Attributes
    ----------
    align : str
        Least-squares similarity of the seven landmarks, never mirrored (the public program may mirror).
    crop_centre : float
        Centre of the face ball, as a share of the way from the nose's bottom to the middle of the inner eye corners.
    crop_radius : float
        Radius of the face ball, as a multiple of the mean of the outer eye distance and that way's length.
    distance : str
        Nearest surface point of every scan vertex in the ball.
    missing : str
        No usable prediction is no score and stays in the denominator.
    version : int
        Raised whenever the code moves a number.
    """

    align: str = field(default="seven-landmark-similarity", init=False)
    crop_centre: float = field(default=0.3, init=False)
    crop_radius: float = field(default=1.2, init=False)
    distance: str = field(default="scan-vertex-to-surface", init=False)
    missing: str = field(default="fail", init=False)
    version: int = field(default=1, init=False)

    def prepare(self, reference: Mesh, landmarks: npt.ArrayLike, threads: int = 1) -> "PreparedStirling":
        """Find the scan's vertices in the face ball.

        Parameters
        ----------
        reference : Mesh
            Scan in millimetres; vertices that no triangle uses count too.
        landmarks : array_like, (7, 3)
            In the order of `fsbench.protocols.seven_landmarks.LANDMARKS`.
        threads : int
            Threads of every query.

        Raises
        ------
        AlignmentError
            If the landmarks are unusable, or not in millimetres.
        MetricError
            If no vertex is in the ball.
        """
        return PreparedStirling.crop(self, reference, landmarks, threads)


class PreparedStirling(PreparedFaceBall["Stirling"]):
    """A scan ready to be compared with any number of predictions; safe to share between threads."""

    __slots__ = ()

    def measure(self, prediction: Mesh, landmarks: npt.ArrayLike) -> AlignedMeasurement:
        """Like `compare`, and keep the distances and the aligned shape."""
        marks = seven(landmarks, "predicted")
        shape = one_sided(prediction)
        fit = fit_landmarks(self.landmarks, marks).trusted()
        aligned = shape.with_vertices(fit.ref_from_pred.apply(shape.vertices))
        surface = NearestSurface(aligned, self.threads)
        nearest = surface.closest(self.points)
        statistics = summarise(nearest.distances)
        inner = ~surface.on_rim(nearest)
        normals_deg = normal_angle_deg(self.normals, surface, nearest, inner)
        there = fit.ref_from_pred.apply(marks)
        doubts = [*self.doubts, *fit.doubts, *doubts_about_place(there, surface.closest(there).distances)]
        doubts += doubts_about_cover(nearest.distances, inner, nearest.points, self.reference)
        doubts += doubts_about(statistics["rmse_mm"], normal_deg=normals_deg, near=statistics["share_5mm"])
        values = statistics | {
            "std_mm": float(nearest.distances.std()),
            "points": float(len(self.points)),
            "mm_per_unit": fit.ref_from_pred.scale,
            "landmark_rms_mm": fit.residual_rms,
        }
        scores = Scores.of(METRICS, values, doubts, notes_about(prediction, shape))
        return AlignedMeasurement(
            scores, fit.ref_from_pred, self.reference, aligned, self.points, nearest.distances, self.landmarks
        )
