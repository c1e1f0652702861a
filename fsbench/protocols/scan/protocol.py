"""The scan protocol: any scan against any reconstruction of it, aligned rigidly or with scale, then measured.

Landmarks are optional and only start the alignment; point-to-plane ICP ends it. Units are found automatically and
written to the run.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal

import numpy.typing as npt

from fsbench.core.arrays import as_floats
from fsbench.core.errors import AlignmentError
from fsbench.core.mesh import Floats, Mesh
from fsbench.core.signatures import Signed
from fsbench.core.units import Unit, inches_if_not_cm, smaller_unit, unit_called, unit_nearest, unit_of_scan
from fsbench.geometry.icp import Icp, IcpFit
from fsbench.geometry.nearest import NearestSurface, point_cloud
from fsbench.geometry.oriented import oriented
from fsbench.geometry.procrustes import LandmarkFit, fit_landmarks
from fsbench.geometry.sheets import notes_about, one_sided
from fsbench.geometry.starts import align_from, find_alignment
from fsbench.geometry.transforms import Similarity
from fsbench.metrics.surface_distance import measure
from fsbench.protocols.doubts import (
    doubts_about,
    doubts_about_cloud,
    doubts_about_cover,
    doubts_about_inches,
    doubts_about_place,
    doubts_about_pull,
    doubts_about_scan,
    doubts_about_spread,
    doubts_about_unit,
)
from fsbench.protocols.measurement import AlignedMeasurement, Scores
from fsbench.protocols.scan import quantities

METRICS = tuple(one.name for one in quantities.METRICS)

# Fewer points leave a pose open; a number beyond the scan's vertices means all of them.
_FEWEST_POINTS, _MOST_POINTS = 100, 100_000_000


@dataclass(frozen=True, slots=True)
class Scan(Signed):
    """The scan protocol's settings; the signature holds every one.

    Attributes
    ----------
    scale : {"fitted", "metric"}
        Whether ICP fits the scale; "metric" keeps the size that the prediction has in its unit.
    unit, reference_unit : str
        "um", "mm", "cm", "dm", "m", or "found" (automatic): the scan's unit from its size and landmarks, the
        prediction's from a fit with scale.
    icp : Icp
        Its `scale` is set by `scale`.
    icp_points : int
        Number of reference vertices that ICP uses, spread evenly; and of points of a prediction without faces.
    distances, missing, version
        Fixed: nearest surface point of every vertex; no usable prediction is no score and stays in the
        denominator; raised whenever the code moves a number.
    """

    scale: Literal["fitted", "metric"] = "fitted"
    unit: str = "found"
    reference_unit: str = "found"
    icp: Icp = field(default_factory=Icp)
    icp_points: int = 5000
    distances: str = field(default="vertex-to-surface", init=False)
    missing: str = field(default="fail", init=False)
    version: int = field(default=3, init=False)

    SETTLED: ClassVar[Mapping[str, str]] = {"icp.scale": "--scale fitted or metric sets it"}

    def __post_init__(self) -> None:
        for name in (self.unit, self.reference_unit):
            if name != "found":
                unit_called(name)
        if not _FEWEST_POINTS <= self.icp_points <= _MOST_POINTS:
            raise AlignmentError(f"icp_points is {self.icp_points}, expected {_FEWEST_POINTS} to {_MOST_POINTS}")
        # Keep the signature true: ICP scales as `scale` says.
        object.__setattr__(self, "icp", replace(self.icp, scale=self.scale == "fitted"))

    def prepare(self, reference: Mesh, landmarks: npt.ArrayLike | None = None, threads: int = 1) -> "PreparedScan":
        """Find the scan's unit and build its tree.

        Parameters
        ----------
        reference : Mesh
            Without faces it is a point cloud, and there is no distance back to it. Vertices that no face uses are not
            part of the scan.
        landmarks : array_like, (n, 3), optional
            In the scan's own unit.

        Raises
        ------
        AlignmentError
            If the scan has the size of a face in no unit, or its landmarks are not on it.
        """
        reference, known = one_sided(reference).without_unused(), self.reference_unit
        given = None if landmarks is None else as_floats(landmarks, "landmarks")
        unit = unit_of_scan(reference.vertices, given) if known == "found" else unit_called(known)
        # The landmarks have decided the unit.
        other = smaller_unit(reference.vertices, unit) if known == "found" and given is None else None
        scan = reference.with_vertices(reference.vertices * unit.mm)
        marks = None if given is None else given * unit.mm
        doubts = (
            ()
            if given is None or marks is None
            else doubts_about_spread(given, unit, known == "found") + doubts_about_scan(scan, marks, threads)
        )
        guessed_mm = inches_if_not_cm(reference.vertices, unit) if known == "found" and given is None else 0.0
        surface = NearestSurface(scan, threads) if scan.n_faces else None
        # Sorted by place, so that the order in which a file has its vertices does not matter.
        points = oriented(scan).sorted().take(self.icp_points).points
        return PreparedScan(self, scan, surface, points, marks, doubts, unit, other, guessed_mm, threads)


@dataclass(frozen=True, slots=True, eq=False)
class PreparedScan:
    """A scan ready to be compared with any number of predictions; safe to share between threads.

    Attributes
    ----------
    reference : Mesh
        In millimetres.
    landmarks : ndarray or None
        In millimetres.
    doubts : tuple of str
        Doubts about the landmarks and the unit.
    unit, other_unit : Unit
        The scan's unit, and another possible one; None if there is no doubt.
    guessed_mm : float
        The scan's diagonal if only its size suggests cm and it may be in inches; else 0.
    """

    protocol: Scan
    reference: Mesh
    surface: NearestSurface | None
    icp_points: Floats
    landmarks: Floats | None
    doubts: tuple[str, ...]
    unit: Unit
    other_unit: Unit | None
    guessed_mm: float
    threads: int

    def compare(self, vertices: npt.ArrayLike, faces: npt.ArrayLike, landmarks: npt.ArrayLike | None = None) -> Scores:
        """Score a prediction; nothing is read or written.

        Parameters
        ----------
        vertices : array_like, (V, 3)
            In any frame and unit.
        faces : array_like of int, (F, 3)
            May be empty for a point cloud; distances are then to its nearest points.
        landmarks : array_like, (n, 3), optional
            On the prediction, in the order of the scan's; without them the alignment starts from a search.

        Raises
        ------
        MeshError
            If the mesh is empty, not finite, or names vertices that do not exist.
        AlignmentError
            If landmarks are unusable or mirrored, or no alignment is found.
        """
        return self.measure(Mesh(vertices, faces), landmarks).scores

    def measure(self, prediction: Mesh, landmarks: npt.ArrayLike | None = None) -> AlignedMeasurement:
        """Like `compare`, and keep the distances and the aligned shape."""
        given = None if landmarks is None else as_floats(landmarks, "landmarks")
        shape = one_sided(prediction)
        solid = shape if shape.n_faces else point_cloud(shape)
        raw = NearestSurface(solid, self.threads)
        metric = self.protocol.scale == "metric"
        icp = self.protocol.icp
        found, marked, doubts = self._start(raw, given, icp)
        start = self._in_unit(found) if metric else found
        fit = align_from(start, self.icp_points, raw, self.surface, icp)
        ref_from_pred = fit.ref_from_pred
        aligned = NearestSurface(solid.with_vertices(ref_from_pred.apply(solid.vertices)), self.threads)
        distances = measure(self.reference, aligned, reference_surface=self.surface)
        off = fit.scale / found.scale
        if marked and self.landmarks is not None and given is not None:
            doubts += doubts_about_pull(marked, self.landmarks, ref_from_pred.apply(given))
        doubts += doubts_about_cloud(aligned)
        doubts += doubts_about_cover(distances.ref_to_pred_mm, distances.inner, distances.places, self.reference)
        guess = doubts_about_unit(self.reference, self.unit, self.other_unit, aligned.mesh, fit.residual_rms)
        guess = guess or doubts_about_inches(self.guessed_mm, found.scale)
        doubts = guess + doubts  # first: a wrong unit makes all other numbers wrong
        doubts += doubts_about(fit.residual_rms, off, fit.converged, distances.normal_deg)
        values = distances.scores() | self._about(fit)
        scores = Scores.of(METRICS, values, doubts, notes_about(prediction, shape))
        # A point cloud stays one.
        there = Mesh(aligned.mesh.vertices, shape.faces)
        return AlignedMeasurement(
            scores,
            ref_from_pred,
            self.reference,
            there,
            self.reference.vertices,
            distances.ref_to_pred_mm,
            self.landmarks,
        )

    def _start(
        self, prediction: NearestSurface, landmarks: Floats | None, icp: Icp
    ) -> tuple[Similarity, LandmarkFit | None, list[str]]:
        """Start from landmarks if both sides have them, else from a search; with scale, which finds the unit.

        Also return the fit of the landmarks, if there is one, and the doubts about it.
        """
        if landmarks is None or self.landmarks is None:
            searched = find_alignment(self.reference, prediction, self.surface, replace(icp, scale=True))
            return searched.ref_from_pred, None, []
        fit = fit_landmarks(self.landmarks, landmarks).trusted()
        about = [*self.doubts, *fit.doubts]
        return fit.ref_from_pred, fit, about + doubts_about_place(landmarks, prediction.closest(landmarks).distances)

    def _in_unit(self, found: Similarity) -> Similarity:
        """The same start with the scale of the prediction's unit; the middle of the points stays in place."""
        unit = unit_nearest(found.scale) if self.protocol.unit == "found" else unit_called(self.protocol.unit)
        middle = self.icp_points.mean(0)
        there = found.inverse().apply(middle[None])[0]
        return Similarity(unit.mm, found.rotation, middle - unit.mm * (found.rotation @ there))

    def _about(self, fit: IcpFit) -> dict[str, float]:
        return {
            "mm_per_unit": fit.scale,
            "ref_mm_per_unit": self.unit.mm,
            "alignment_rms_mm": fit.residual_rms,
            "inlier_share": fit.inliers,
            "iterations": float(fit.iterations),
        }
