"""The MICC protocols: papers measure in different ways, so each way has a name, and a table never mixes them.

Sources: Deng et al., "Accurate 3D Face Reconstruction with Weakly-Supervised Learning", CVPRW 2019,
arXiv:1903.08527 (`deng2019`); Gecer et al., "GANFIT", CVPR 2019 and its TPAMI 2021 extension "Fast-GANFIT",
arXiv:2105.07474 (`ganfit2021`). Choices that the papers leave open are settings here, marked "ours".
"""

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from fsbench.core.arrays import as_floats
from fsbench.core.errors import AlignmentError, MetricError
from fsbench.core.mesh import Floats, Mask, Mesh
from fsbench.core.signatures import Signed
from fsbench.core.units import MM_PER, inches_if_not_cm, unit_called, unit_of_scan
from fsbench.geometry.icp import Icp, fit_icp
from fsbench.geometry.nearest import Nearest, NearestSurface, to_vertices
from fsbench.geometry.normals import vertex_normals
from fsbench.geometry.procrustes import LandmarkFit, fit_landmarks
from fsbench.geometry.sheets import notes_about, one_sided
from fsbench.geometry.starts import find_alignment
from fsbench.geometry.transforms import Similarity
from fsbench.metrics.surface_distance import normal_angle_deg, summarise
from fsbench.protocols.doubts import (
    doubts_about,
    doubts_about_cover,
    doubts_about_inches,
    doubts_about_place,
    doubts_about_pull,
    doubts_about_scan,
    doubts_about_spread,
)
from fsbench.protocols.measurement import AlignedMeasurement, Scores
from fsbench.protocols.micc import quantities

METRICS = tuple(one.name for one in quantities.METRICS)

# A head with shoulders is no larger, so a larger crop radius is in the wrong unit.
_LARGEST_CROP_MM = 1000.0
# Nose tips that people click are at most a millimetre or two off their scan. A tip farther off belongs to another
# scan, frame or unit, and the ball around it holds another part of the face.
_TIP_OFF_MM = 10.0

Score = Literal["rmse-point-to-plane", "mean-both-directions"]


@dataclass(frozen=True, slots=True)
class Micc(Signed):
    """Settings of a MICC protocol; the signature holds every one. Use `deng2019` or `ganfit2021`.

    Attributes
    ----------
    score : {"rmse-point-to-plane", "mean-both-directions"}
        Definition of `score_mm`: the root mean square of the distances from the scan's vertices to the planes of their
        nearest triangles, or the mean of the two directions' mean surface distances.
    start : {"search", "landmarks"}
        Start of ICP. "search" ignores landmarks even if there are some.
    icp : Icp
    crop_mm : float
        Radius of the crop around the scan's nose tip; `prepare` takes another radius for single subjects.
    forehead_mm : float
        Height above the nose tip at which the scan is cut; inf keeps the forehead. Ours: no source gives it.
    up : {"+x", "-x", "+y", "-y", "+z", "-z"}
        Axis of the scans that points to the forehead. Ours.
    direction : str
        Direction of the metrics that have only one: from the scan. Ours if the source does not say.
    reference_unit : str
        "um", "mm", "cm", "dm", "m", or "found" (automatic, from the scan's size).
    references : {"one", "smaller"}
        Whether the benchmark's first view gives the score, or the view with the smallest score.
    missing, version
        Fixed: no usable prediction is no score and stays in the denominator; raised whenever the code moves a number.
    """

    score: Score
    start: Literal["search", "landmarks"]
    icp: Icp
    crop_mm: float = 95.0
    forehead_mm: float = np.inf
    up: Literal["+x", "-x", "+y", "-y", "+z", "-z"] = "+y"
    direction: str = field(default="ref-to-pred", init=False)
    reference_unit: str = "found"
    references: Literal["one", "smaller"] = "one"
    missing: str = field(default="fail", init=False)
    version: int = field(default=3, init=False)

    def __post_init__(self) -> None:
        if self.reference_unit != "found":
            unit_called(self.reference_unit)
        if not 0 < self.crop_mm <= _LARGEST_CROP_MM:
            raise AlignmentError(f"crop_mm is {self.crop_mm:g}, expected more than 0, to {_LARGEST_CROP_MM:g}")
        if not self.forehead_mm > 0:
            raise AlignmentError(f"forehead_mm is {self.forehead_mm:g}, expected a height > 0, or inf for no cut")

    @classmethod
    def deng2019(cls, forehead_mm: float = 60.0) -> "Micc":
        """95 mm, forehead cut, similarity ICP point-to-plane, point-to-plane RMSE; against one scan."""
        icp = Icp("point-to-plane", scale=True, robust="none", rim=True)
        return cls("rmse-point-to-plane", "search", icp, forehead_mm=forehead_mm)

    @classmethod
    def ganfit2021(cls) -> "Micc":
        """95 mm, landmarks, ICP that refits the scale in every step and ends at a change below 1e-3, both directions.

        Ours: ICP is point-to-plane, and the change is the step's motion relative to the face's size.
        """
        icp = Icp("point-to-plane", scale=True, robust="none", rim=True, tolerance=1e-3)
        return cls("mean-both-directions", "landmarks", icp, references="smaller")

    def prepare(
        self,
        reference: Mesh,
        nose_tip: npt.ArrayLike,
        landmarks: npt.ArrayLike | None = None,
        crop_mm: float | None = None,
        threads: int = 1,
    ) -> "PreparedMicc":
        """Crop the scan.

        Parameters
        ----------
        reference : Mesh
        nose_tip : array_like, (3,)
            In the scan's own unit.
        landmarks : array_like, (n, 3), optional
            In the scan's own unit; needed if `start` is "landmarks".
        crop_mm : float, optional
            Replaces the protocol's radius for a subject whose scan is smaller.
        threads : int

        Raises
        ------
        AlignmentError
            If landmarks are needed and not given, the scan has the size of a face in no unit, or the nose tip is not
            on it.
        MetricError
            If the crop is empty.
        """
        reference, known = one_sided(reference).without_unused(), self.reference_unit
        given = None if landmarks is None else as_floats(landmarks, "landmarks")
        unit = unit_of_scan(reference.vertices, given) if known == "found" else unit_called(known)
        if self.start == "landmarks" and landmarks is None:
            raise AlignmentError("this protocol starts from landmarks: the scan has none")
        tip = as_floats(nose_tip, "nose tips").reshape(-1) * unit.mm
        if tip.shape != (3,) or not np.isfinite(tip).all():
            raise AlignmentError(f"the nose tip is {(tip / unit.mm).tolist()}, expected three finite numbers")
        marks = None if given is None else given * unit.mm
        whole = reference.with_vertices(reference.vertices * unit.mm)
        doubts = () if given is None else doubts_about_spread(given, unit, known == "found")
        if marks is not None and self.start == "landmarks":
            doubts += doubts_about_scan(whole, marks, threads)
        guessed_mm = inches_if_not_cm(reference.vertices, unit) if known == "found" and given is None else 0.0
        scan = self._crop(whole, tip, crop_mm or self.crop_mm)
        _refuse_beside(whole, tip, unit.mm)
        surface, normals = NearestSurface(scan, threads), vertex_normals(scan)
        return PreparedMicc(self, scan, surface, normals, marks, doubts, unit.mm, guessed_mm, threads)

    def _crop(self, scan: Mesh, tip: Floats, radius_mm: float) -> Mesh:
        axis = "xyz".index(self.up[1])
        height = (scan.vertices[:, axis] - tip[axis]) * (1 if self.up[0] == "+" else -1)
        inside = (np.linalg.norm(scan.vertices - tip, axis=1) <= radius_mm) & (height <= self.forehead_mm)
        kept = scan.faces[inside[scan.faces].all(1)]
        if not len(kept):
            raise MetricError(
                f"nothing of the scan is within {radius_mm:g} mm of the nose tip: are both in one frame and unit?"
            )
        return Mesh(scan.vertices, kept).without_unused()


@dataclass(frozen=True, slots=True, eq=False)
class PreparedMicc:
    """A cropped scan ready to be compared with any number of predictions; safe to share between threads."""

    protocol: Micc
    reference: Mesh
    surface: NearestSurface
    normals: Floats
    landmarks: Floats | None
    doubts: tuple[str, ...]
    ref_mm_per_unit: float
    guessed_mm: float
    threads: int

    def compare(self, vertices: npt.ArrayLike, faces: npt.ArrayLike, landmarks: npt.ArrayLike | None = None) -> Scores:
        """Score a prediction in any frame and unit; nothing is read or written.

        Raises
        ------
        MeshError
            If the mesh is empty, faceless, not finite, or names vertices that do not exist.
        AlignmentError
            If landmarks are missing, unusable or mirrored, or no alignment is found.
        """
        return self.measure(Mesh(vertices, faces), landmarks).scores

    def measure(self, prediction: Mesh, landmarks: npt.ArrayLike | None = None) -> AlignedMeasurement:
        """Like `compare`, and keep the distances and the aligned shape."""
        given = None if landmarks is None else as_floats(landmarks, "landmarks")
        shape = one_sided(prediction)
        raw = NearestSurface(shape, self.threads)
        start, marked, doubts = self._start(raw, given)
        fit = fit_icp(self.reference.vertices, raw, start, self.protocol.icp)
        ref_from_pred = fit.ref_from_pred
        aligned = NearestSurface(shape.with_vertices(ref_from_pred.apply(shape.vertices)), self.threads)
        points = self.reference.vertices
        nearest = aligned.closest(points)
        back = self._back(aligned.mesh)
        statistics = summarise(nearest.distances)
        inner = ~aligned.on_rim(nearest)
        covered, normal_deg = float(inner.mean()), normal_angle_deg(self.normals, aligned, nearest, inner)
        if marked and self.landmarks is not None and given is not None:
            doubts += doubts_about_pull(marked, self.landmarks, ref_from_pred.apply(given))
        doubts += doubts_about_inches(self.guessed_mm, start.scale)
        doubts += doubts_about_cover(nearest.distances, inner, nearest.points, self.reference)
        doubts += doubts_about(statistics["rmse_mm"], fit.scale / start.scale, fit.converged, normal_deg)
        values = {
            "score_mm": self._score(points, nearest, aligned, inner, back),
            **{f"ref_to_pred_{name}": value for name, value in statistics.items()},
            "pred_to_ref_mean_mm": back,
            "mm_per_unit": fit.scale,
            "ref_mm_per_unit": self.ref_mm_per_unit,
            "inlier_share": covered,
        }
        scores = Scores.of(METRICS, values, doubts, notes_about(prediction, shape))
        return AlignedMeasurement(
            scores, ref_from_pred, self.reference, aligned.mesh, points, nearest.distances, self.landmarks
        )

    def _start(
        self, prediction: NearestSurface, landmarks: Floats | None
    ) -> tuple[Similarity, LandmarkFit | None, list[str]]:
        """The start of ICP, the fit of the landmarks if they give it, and the doubts about it."""
        if self.protocol.start == "search":
            icp = replace(self.protocol.icp, scale=True)
            return (
                find_alignment(self.reference, prediction, self.surface, icp).ref_from_pred,
                None,
                [*self.doubts],
            )
        if landmarks is None or self.landmarks is None:
            raise AlignmentError("this protocol starts from landmarks: the prediction has none")
        fit = fit_landmarks(self.landmarks, landmarks).trusted()
        about = [*self.doubts, *fit.doubts]
        return fit.ref_from_pred, fit, about + doubts_about_place(landmarks, prediction.closest(landmarks).distances)

    def _back(self, aligned: Mesh) -> float:
        """Mean distance from the prediction to the scan, without parts beyond the scan's rim; NaN if none are left."""
        found = self.surface.closest(aligned.vertices[np.unique(aligned.faces)])
        within = found.distances[~self.surface.on_rim(found)]
        return float(within.mean()) if len(within) else float("nan")

    def _score(self, points: Floats, nearest: Nearest, aligned: NearestSurface, inner: Mask, back: float) -> float:
        if self.protocol.score == "mean-both-directions":
            if np.isnan(back):
                raise MetricError(
                    "all of the prediction is beyond the scan's rim, so there is no distance back to the scan. Is it "
                    "the same part of a face?"
                )
            return 0.5 * (float(nearest.distances.mean()) + back)
        normals = aligned.normals_at(nearest)
        along = np.abs(((points - nearest.points) * normals).sum(1))
        # A triangle without area has no plane, and beyond the rim a plane continues without a surface.
        has_plane = inner & (normals != 0).any(1)
        return float(np.sqrt((np.where(has_plane, along, nearest.distances) ** 2).mean()))


def _refuse_beside(scan: Mesh, tip: Floats, mm_per_unit: float) -> None:
    """Raise AlignmentError if a nose tip (3,) is not on its scan, both in mm; name the unit that would put it there."""
    (away_mm,) = to_vertices(scan, tip[None])
    if away_mm <= _TIP_OFF_MM:
        return
    away = to_vertices(scan, np.array([tip * mm / mm_per_unit for mm in MM_PER.values()]))
    nearest, cause = int(away.argmin()), "does it belong to this scan, and is it in the scan's frame and unit?"
    if away[nearest] <= _TIP_OFF_MM:
        cause = f"in {[*MM_PER][nearest]} it would be {away[nearest]:.1f} mm off. Write it in the scan's own unit"
    raise AlignmentError(
        f"the nose tip is {away_mm:.1f} mm away from the scan, expected {_TIP_OFF_MM:g} at most: {cause}"
    )
