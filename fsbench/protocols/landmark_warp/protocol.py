"""The landmark-warp protocol: corresponding points instead of nearest ones.

After ICP the distance to the nearest point hides errors along the surface, about half of the error of
published methods. Here many landmarks align the prediction, and bend a copy of it onto the scan. The bent
copy gives the place of the prediction that corresponds to a scan point, the unbent prediction its distance.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from fsbench.core.arrays import as_floats
from fsbench.core.errors import AlignmentError
from fsbench.core.mesh import Floats, Mesh
from fsbench.core.signatures import Signed
from fsbench.core.units import unit_called, unit_of_scan
from fsbench.geometry.barycentric import interpolate
from fsbench.geometry.nearest import NearestSurface
from fsbench.geometry.procrustes import fit_landmarks
from fsbench.geometry.sheets import notes_about, one_sided
from fsbench.geometry.warp import FEWEST, warp_by_landmarks
from fsbench.metrics.surface_distance import summarise
from fsbench.protocols.doubts import doubts_about_place, doubts_about_scan, doubts_about_spread, doubts_about_warp
from fsbench.protocols.landmark_warp import quantities
from fsbench.protocols.measurement import AlignedMeasurement, Scores
from fsbench.protocols.prepared import PreparedWithLandmarks

METRICS = tuple(one.name for one in quantities.METRICS)


# Fewer landmarks than a third of iBUG's 51 leave out parts of the face.
FEW_LANDMARKS = 17


@dataclass(frozen=True, slots=True)
class LandmarkWarp(Signed):
    """The landmark-warp protocol's settings; the signature holds every one.

    Attributes
    ----------
    reference_unit : str
        "um", "mm", "cm", "dm", "m", or "found" (automatic, from the scan's size).
    smoothing : float
        Of the thin-plate spline, lengths in mm. Ours: 0 overshoots where no landmark is near; from 50 to
        200 the means of four methods over the three subjects that it was tuned on stay within 15 % of their true errors
        (see docs/alignment.md for two others).
    align, missing, version
        Fixed: the least-squares similarity of the landmarks; no usable prediction is no score and stays in
        the denominator; raised whenever the code moves a number.

    References
    ----------
    "3D Face Reconstruction Error Decomposed", arXiv:2505.18025, on what alignment and nearest points hide.
    """

    reference_unit: str = "found"
    smoothing: float = 100.0
    align: str = field(default="landmark-similarity", init=False)
    missing: str = field(default="fail", init=False)
    version: int = field(default=2, init=False)

    def __post_init__(self) -> None:
        if self.reference_unit != "found":
            unit_called(self.reference_unit)
        if not 0 <= self.smoothing < np.inf:
            raise AlignmentError(f"smoothing is {self.smoothing:g}, expected a number >= 0")

    def prepare(self, reference: Mesh, landmarks: npt.ArrayLike, threads: int = 1) -> "PreparedLandmarkWarp":
        """Bring the scan to millimetres; `landmarks` (k, 3) are on it, k >= 5, and more is better.

        Raises
        ------
        AlignmentError
            If the scan has the size of a face in no unit, or its landmarks are fewer than five or not on it.
        """
        reference, known = one_sided(reference).without_unused(), self.reference_unit
        given = as_floats(landmarks, "landmarks")
        if given.ndim != 2 or given.shape[1] != 3 or len(given) < FEWEST:
            raise AlignmentError(f"the scan's landmarks have shape {given.shape}; a warp needs {FEWEST} or more")
        unit = unit_of_scan(reference.vertices, given) if known == "found" else unit_called(known)
        marks = given * unit.mm
        scan = reference.with_vertices(reference.vertices * unit.mm)
        doubts = doubts_about_spread(given, unit, known == "found") + doubts_about_scan(scan, marks, threads)
        return PreparedLandmarkWarp(self, scan, marks, doubts, unit.mm, threads)


@dataclass(frozen=True, slots=True, eq=False)
class PreparedLandmarkWarp(PreparedWithLandmarks):
    """A scan and its landmarks in millimetres, and doubts about them; safe to share between threads."""

    protocol: LandmarkWarp
    reference: Mesh
    landmarks: Floats
    doubts: tuple[str, ...]
    ref_mm_per_unit: float
    threads: int

    def measure(self, prediction: Mesh, landmarks: npt.ArrayLike) -> AlignedMeasurement:
        """Like `compare`, and keep the distances and the aligned shape."""
        given = as_floats(landmarks, "landmarks")
        fit = fit_landmarks(self.landmarks, given).trusted()
        shape = one_sided(prediction)
        aligned = shape.with_vertices(fit.ref_from_pred.apply(shape.vertices))
        surface, marks = NearestSurface(aligned, self.threads), fit.ref_from_pred.apply(given)
        doubts = [*self.doubts, *fit.doubts] + doubts_about_place(marks, surface.closest(marks).distances)
        points = self.reference.vertices
        distances = np.linalg.norm(self.corresponding(aligned, marks) - points, axis=1)
        nearest = surface.closest(points).distances
        found = {f"corresponding_{name}": value for name, value in summarise(distances).items()}
        found |= {f"nearest_{name}": value for name, value in summarise(nearest).items()}
        doubts += doubts_about_warp(found["nearest_rmse_mm"], fit.residual_rms)
        found |= {
            "landmark_rms_mm": fit.residual_rms,
            "mm_per_unit": fit.ref_from_pred.scale,
            "ref_mm_per_unit": self.ref_mm_per_unit,
        }
        scores = Scores.of(METRICS, found, doubts, notes_about(prediction, shape))
        return AlignedMeasurement(scores, fit.ref_from_pred, self.reference, aligned, points, distances, self.landmarks)

    def corresponding(self, aligned: Mesh, landmarks: Floats) -> Floats:
        """The place on the aligned prediction that corresponds to each reference vertex, (V, 3)."""
        bent = warp_by_landmarks(aligned.vertices, landmarks, self.landmarks, self.protocol.smoothing)
        place = NearestSurface(Mesh(bent, aligned.faces), self.threads).closest(self.reference.vertices)
        return interpolate(aligned.vertices, aligned.faces[place.faces], place.weights)
