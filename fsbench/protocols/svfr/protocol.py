"""Seven landmarks align, then every point of the cloud is measured to the mesh: L1, L2, normals, recall.

The server's program is not public. The metrics are those of the same group's public code.

References
----------
Giebenhain et al. 2024, "MonoNPHM: Dynamic Head Reconstruction from Monocular Videos", CVPR, and its public evaluation.
"""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from fsbench.core.arrays import as_floats
from fsbench.core.errors import AlignmentError, MeshError, MetricError, UsageError
from fsbench.core.mesh import Floats, Mask, Mesh
from fsbench.core.signatures import Signed
from fsbench.core.units import Unit, unit_called, unit_nearest, unit_of_scan
from fsbench.geometry.nearest import Nearest, NearestSurface, spacing
from fsbench.geometry.normals import vertex_normals
from fsbench.geometry.procrustes import LandmarkFit, fit_landmarks
from fsbench.geometry.sheets import notes_about, one_sided
from fsbench.metrics.cloud_normals import cloud_normals
from fsbench.metrics.surface_distance import REACH_MM, REACH_SPACINGS
from fsbench.protocols.doubts import (
    doubts_about,
    doubts_about_cover,
    doubts_about_place,
    doubts_about_scan,
    doubts_about_spread,
)
from fsbench.protocols.measurement import AlignedMeasurement, Scores
from fsbench.protocols.prepared import PreparedWithLandmarks
from fsbench.protocols.svfr import quantities
from fsbench.protocols.svfr.quantities import LIMITS_MM

METRICS = tuple(one.name for one in quantities.METRICS)

N_LANDMARKS = 7
_FEWEST_NEIGHBOURS, _MOST_NEIGHBOURS = 3, 1000


@dataclass(frozen=True, slots=True)
class Svfr(Signed):
    """The protocol's settings; the signature holds every one.

    Attributes
    ----------
    scale : {"fitted", "metric"}
        Whether the landmarks fit the prediction's size, or it keeps the size that it has in its unit.
    unit, reference_unit : str
        "mm", "cm", "m", a length in mm, or "found" (automatic): the cloud's from its size and landmarks, the
        prediction's from the landmarks' fit.
    normal_neighbours : int
        Points whose plane gives a normal of a cloud; the reference's own triangles where it has some.
    align, l1, distance, missing, version
        Fixed: by seven landmarks and nothing else; sums of |dx|, |dy|, |dz|; nearest surface point of every point of
        the cloud; no usable prediction is no score and stays in the denominator; raised whenever the code moves a
        number.
    """

    scale: Literal["fitted", "metric"] = "fitted"
    unit: str = "found"
    reference_unit: str = "found"
    normal_neighbours: int = 16
    align: str = field(default="landmarks", init=False)
    l1: str = field(default="manhattan", init=False)
    distance: str = field(default="cloud-point-to-surface", init=False)
    missing: str = field(default="fail", init=False)
    version: int = field(default=1, init=False)

    def __post_init__(self) -> None:
        for name in (self.unit, self.reference_unit):
            if name != "found":
                unit_called(name)
        if not _FEWEST_NEIGHBOURS <= self.normal_neighbours <= _MOST_NEIGHBOURS:
            raise AlignmentError(
                f"normal_neighbours is {self.normal_neighbours}, expected {_FEWEST_NEIGHBOURS} to {_MOST_NEIGHBOURS}"
            )

    def prepare(self, reference: Mesh, landmarks: npt.ArrayLike, threads: int = 1) -> "PreparedSvfr":
        """Bring a cloud to millimetres and find its normals.

        Parameters
        ----------
        reference : Mesh
            Every vertex is a point of the cloud; faces give normals only.
        landmarks : array_like, (7, 3)
            In the cloud's frame and unit.

        Raises
        ------
        AlignmentError
            If the landmarks are unusable or not on the cloud, or it has the size of a face in no unit.
        MetricError
            If the cloud has too few points for normals.
        """
        given, known = seven(landmarks, "cloud"), self.reference_unit
        unit = unit_of_scan(reference.vertices, given) if known == "found" else unit_called(known)
        cloud, marks = reference.with_vertices(reference.vertices * unit.mm), given * unit.mm
        doubts = doubts_about_spread(given, unit, known == "found") + doubts_about_scan(cloud, marks, threads)
        solid = one_sided(cloud)
        normals = vertex_normals(solid) if solid.n_faces else cloud_normals(cloud.vertices, self.normal_neighbours)
        return PreparedSvfr(self, cloud, marks, doubts, normals, unit, threads)


@dataclass(frozen=True, slots=True, eq=False)
class PreparedSvfr(PreparedWithLandmarks):
    """A cloud ready to be compared with any number of predictions; safe to share between threads.

    Attributes
    ----------
    reference : Mesh
        In millimetres.
    landmarks : ndarray, (7, 3)
        In millimetres.
    doubts : tuple of str
        Doubts about the landmarks and the unit.
    normals : ndarray, (n, 3)
        Of the cloud's points, of either sign; zero for a point without one.
    unit : Unit
        The cloud's.
    """

    protocol: Svfr
    reference: Mesh
    landmarks: Floats
    doubts: tuple[str, ...]
    normals: Floats
    unit: Unit
    threads: int

    def measure(self, prediction: Mesh, landmarks: npt.ArrayLike | None) -> "SvfrMeasurement":
        """Like `compare`, and keep the distances and the aligned shape."""
        if not prediction.n_faces:
            raise MeshError("the prediction has no faces: SVFR measures to the surface of a mesh")
        if landmarks is None:
            raise AlignmentError("the prediction has no landmarks")
        marks, shape = seven(landmarks, "predicted"), one_sided(prediction)
        fitted, fit = self._fit(marks)
        ref_from_pred = fit.ref_from_pred
        surface = NearestSurface(shape.with_vertices(ref_from_pred.apply(shape.vertices)), self.threads)
        points = self.reference.vertices
        nearest = surface.closest(points)
        values = cloud_to_mesh(points, self.normals, surface, nearest)
        there = ref_from_pred.apply(marks)
        doubts = [*self.doubts, *fit.doubts] + doubts_about_place(there, surface.closest(there).distances)
        doubts += doubts_about_cover(nearest.distances, ~surface.on_rim(nearest), nearest.points, self.reference)
        rmse_mm = float(np.sqrt(np.mean(nearest.distances**2)))
        doubts += doubts_about(rmse_mm, fitted.ref_from_pred.scale / ref_from_pred.scale, near=values["recall_5mm"])
        values |= {
            "points": float(len(points)),
            "mm_per_unit": ref_from_pred.scale,
            "ref_mm_per_unit": self.unit.mm,
            "landmark_rms_mm": fit.residual_rms,
        }
        return SvfrMeasurement(
            Scores.of(METRICS, values, doubts, notes_about(prediction, shape)),
            ref_from_pred,
            self.reference,
            surface.mesh,
            points,
            nearest.distances,
            self.landmarks,
        )

    def _fit(self, marks: Floats) -> tuple[LandmarkFit, LandmarkFit]:
        """The similarity of the landmarks, and the fit that aligns: the same, or one with a known size."""
        fitted = fit_landmarks(self.landmarks, marks).trusted()
        if self.protocol.scale == "fitted":
            return fitted, fitted
        known = self.protocol.unit
        unit = unit_nearest(fitted.ref_from_pred.scale) if known == "found" else unit_called(known)
        return fitted, fit_landmarks(self.landmarks, marks, scale=unit.mm)


class SvfrMeasurement(AlignedMeasurement):
    """A measurement whose pictures show the distances from the cloud to the prediction."""

    __slots__ = ()

    def compared(self) -> tuple[Mesh, Floats]:
        """The part of the prediction near the cloud; each vertex has the distance of the cloud's nearest point, in mm.

        Raises
        ------
        UsageError
            If there is no such part.
        """
        # Imported here, as loading it takes longer than scoring several samples.
        from scipy.spatial import cKDTree

        away, which = cKDTree(self.points).query(self.prediction.vertices)
        distances_mm = self.ref_to_pred_mm[np.asarray(which)]
        reach_mm = max(REACH_MM, REACH_SPACINGS * spacing(self.points))
        near = np.asarray(away) <= distances_mm + reach_mm
        faces = self.prediction.faces[near[self.prediction.faces].all(1)]
        if not len(faces):
            raise UsageError("no part of the prediction is next to the cloud")
        return Mesh(self.prediction.vertices, faces).without_unused(), distances_mm[np.unique(faces)]


def cloud_to_mesh(points: Floats, normals: Floats, surface: NearestSurface, nearest: Nearest) -> dict[str, float]:
    """Statistics of a cloud's offsets from a mesh in the same frame.

    Parameters
    ----------
    points, normals : ndarray, (n, 3)
        In mm; a normal of zero does not count.
    surface : NearestSurface
    nearest : Nearest
        Of the points.

    Returns
    -------
    dict
        `l1_mm`, the mean of |dx| + |dy| + |dz|; `l2_mm`, of the lengths; `normal_abs_cos`, the mean of
        |n . n'| with the nearest triangle's normal; `recall_1mm`, `recall_2_5mm`, `recall_5mm`, `recall_10mm`, the
        share of points within, limits included.

    Raises
    ------
    MetricError
        If no point has a normal on both sides.
    """
    offsets = points - nearest.points
    theirs = surface.normals_at(nearest)
    both: Mask = (normals != 0).any(1) & (theirs != 0).any(1)
    if not both.any():
        raise MetricError("no point of the cloud has a normal on both sides: are all triangles without area?")
    cosines = np.abs((normals[both] * theirs[both]).sum(1))
    recalls = {f"recall_{name}mm": float((nearest.distances <= limit).mean()) for name, limit in LIMITS_MM.items()}
    return {
        "l1_mm": float(np.abs(offsets).sum(1).mean()),
        "l2_mm": float(nearest.distances.mean()),
        # Rounding may put a cosine above 1.
        "normal_abs_cos": float(np.minimum(cosines, 1.0).mean()),
        **recalls,
    }


def seven(landmarks: npt.ArrayLike, side: str) -> Floats:
    """The landmarks, (7, 3); AlignmentError if they have another shape."""
    array = as_floats(landmarks, f"{side} landmarks")
    if array.shape != (N_LANDMARKS, 3):
        raise AlignmentError(
            f"{side} landmarks have shape {array.shape}, expected (7, 3): corners of the eyes from the image's left to "
            "its right, bottom of the nose, corners of the mouth, left and right in the image"
        )
    return array
