"""The ELR protocol: M3D-FB's estimator "E12", elastic registration by landmarks with a topology correction.

A copy of the prediction is bent by 51 landmarks onto the scan, where each of its vertices takes the nearest vertex as
its counterpart. The correspondence is corrected so that neighbours keep the spacing that they have on the prediction.
Distances are measured from the prediction that was *not* bent. Of the estimators that need no common topology, this one
is closest to the true error.
"""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from fsbench.core.errors import AlignmentError, MeshError
from fsbench.core.mesh import Floats, Ints, Mask, Mesh
from fsbench.core.signatures import Signed
from fsbench.core.units import unit_called, unit_of_scan
from fsbench.geometry.nearest import to_vertices
from fsbench.geometry.procrustes import fit_landmarks
from fsbench.protocols.doubts import doubts_about_place, doubts_about_scan, doubts_about_warp
from fsbench.protocols.elr import quantities
from fsbench.protocols.elr.bending import Bending, bumps, widths
from fsbench.protocols.elr.correction import corrected
from fsbench.protocols.elr.weights import N_LANDMARKS, TemplateWeights, weights_of
from fsbench.protocols.measurement import AlignedMeasurement, Scores
from fsbench.protocols.prepared import PreparedWithLandmarks

METRICS = tuple(one.name for one in quantities.METRICS)

ALIGNING = (13, 19, 28, 31, 37)
"""Landmarks of the similarity: nose tip, outer eye corners, corners of the mouth."""

# The bending of every tenth vertex is limited.
_EVERY = 10


@dataclass(frozen=True, slots=True)
class Elr(Signed):
    """The settings of the protocol; every one is in the signature.

    Attributes
    ----------
    reference_unit : str
        "um", "mm", "cm", "dm", "m", or "found" from the scan's size.
    weights : TemplateWeights or "own"
        Of the prediction's topology; "own" computes them from each prediction's own shape, where the authors take the
        topology's mean.
    align, missing, version
        Fixed: the least-squares similarity of five landmarks, never mirrored (the authors' may be); no usable
        prediction is no score and stays in the denominator; raised whenever the code moves a number.

    References
    ----------
    Sariyanidi et al. 2025, "3D Face Reconstruction Error Decomposed", arXiv:2505.18025, and its public code.
    """

    reference_unit: str = "found"
    weights: TemplateWeights | Literal["own"] = "own"
    align: str = field(default="five-landmarks", init=False)
    missing: str = field(default="fail", init=False)
    version: int = field(default=1, init=False)

    def __post_init__(self) -> None:
        if self.reference_unit != "found":
            unit_called(self.reference_unit)

    def prepare(self, reference: Mesh, landmarks: npt.ArrayLike, threads: int = 1) -> "PreparedElr":
        """Bring the scan to millimetres; `landmarks` (51, 3) are on it, in iBUG's order without the jaw.

        Raises
        ------
        AlignmentError
            If the scan has the size of a face in no unit, or its landmarks are not 51 or not on it.
        """
        reference, given = reference.without_unused(), _fifty_one(landmarks, "scan")
        known = self.reference_unit
        unit = unit_of_scan(reference.vertices, given) if known == "found" else unit_called(known)
        scan, marks = reference.with_vertices(reference.vertices * unit.mm), given * unit.mm
        return PreparedElr(self, scan, marks, doubts_about_scan(scan, marks, threads), unit.mm)


@dataclass(frozen=True, slots=True, eq=False)
class PreparedElr(PreparedWithLandmarks):
    """A scan and its landmarks in millimetres, with doubts about these; safe to share between threads."""

    protocol: Elr
    reference: Mesh
    landmarks: Floats
    doubts: tuple[str, ...]
    ref_mm_per_unit: float

    def measure(self, prediction: Mesh, landmarks: npt.ArrayLike) -> AlignedMeasurement:
        """Like `compare`, and keep the distances and the aligned shape."""
        marks = _fifty_one(landmarks, "prediction")
        known = self._known_weights(prediction)
        everything = fit_landmarks(self.landmarks, marks).trusted()
        five = list(ALIGNING)
        fit = fit_landmarks(self.landmarks[five], marks[five]).ref_from_pred
        aligned, marks = prediction.with_vertices(fit.apply(prediction.vertices)), fit.apply(marks)
        doubts = [*self.doubts, *everything.doubts, *doubts_about_place(marks, to_vertices(aligned, marks))]
        # Vertices that no triangle uses do not belong to the shape.
        used = _used(aligned)
        points = aligned.vertices[used]
        weights = weights_of(points, marks) if known is None else known[used]
        bent = self._bent(points, marks)
        nearest, nearest_mm = self._nearest(bent, points)
        moved = corrected(self.reference.vertices, nearest, bent, weights)[nearest]
        distances = np.linalg.norm(points - moved, axis=1)
        residual = float(np.sqrt(((marks - self.landmarks) ** 2).sum(1).mean()))
        doubts += doubts_about_warp(float(np.sqrt((nearest_mm**2).mean())), residual)
        values = {
            "elr_mm": float(distances.mean()),
            "uncorrected_mm": float(np.linalg.norm(points - self.reference.vertices[nearest], axis=1).mean()),
            "landmark_rms_mm": residual,
            "mm_per_unit": fit.scale,
            "ref_mm_per_unit": self.ref_mm_per_unit,
        }
        scores = Scores.of(METRICS, values, doubts)
        return AlignedMeasurement(scores, fit, self.reference, aligned, moved, distances, self.landmarks)

    def _known_weights(self, prediction: Mesh) -> Floats | None:
        weights = self.protocol.weights
        if not isinstance(weights, TemplateWeights):
            return None
        if len(weights.values) != prediction.n_vertices:
            raise MeshError(
                f"the prediction has {prediction.n_vertices} vertices, and there are weights for "
                f"{len(weights.values)}: are they of this topology?"
            )
        return weights.values

    def _bent(self, points: Floats, marks: Floats) -> Floats:
        """The aligned vertices, each coordinate moved by bumps at the landmarks."""
        widest = widths(points, marks)
        heights = bumps(points, marks, widest)
        bending = Bending(bumps(marks, marks, widest), heights[::_EVERY])
        wanted = self.landmarks - marks
        bent: Floats = points + np.column_stack([heights @ bending.weights(way) for way in wanted.T])
        return bent

    def _nearest(self, bent: Floats, points: Floats) -> tuple[Ints, Floats]:
        """The reference's vertex nearest to each bent vertex, and how far each unbent vertex is from its own, mm."""
        from scipy.spatial import cKDTree

        tree = cKDTree(self.reference.vertices)
        return np.asarray(tree.query(bent)[1], np.int64), np.asarray(tree.query(points)[0])


def _used(mesh: Mesh) -> Mask:
    used = np.zeros(mesh.n_vertices, np.bool_)
    used[mesh.faces] = True
    return used if mesh.n_faces else ~used


def _fifty_one(landmarks: npt.ArrayLike, side: str) -> Floats:
    array = np.asarray(landmarks, np.float64)
    if array.shape != (N_LANDMARKS, 3):
        raise AlignmentError(
            f"the {side}'s landmarks have shape {array.shape}, expected ({N_LANDMARKS}, 3): iBUG's 68 without the jaw"
        )
    if not np.isfinite(array).all():
        row = int(np.flatnonzero(~np.isfinite(array).all(1))[0])
        raise AlignmentError(f"the {side}'s landmark {row + 1} of {N_LANDMARKS} is NaN or infinite")
    return array
