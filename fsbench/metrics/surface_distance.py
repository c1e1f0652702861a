"""Distances between two aligned surfaces, and their statistics."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fsbench.core.errors import MetricError
from fsbench.core.mesh import Floats, Mask, Mesh
from fsbench.geometry.nearest import Nearest, NearestSurface, spacing
from fsbench.geometry.normals import vertex_normals

WITHIN_MM = (1.0, 2.5, 5.0)
"""Tolerances of the reported shares."""

REACH_MM, REACH_SPACINGS = 5.0, 3.0
"""How far a point of a cloud reaches, in mm or spacings: there is no rim, and what is right is some mm off too."""

STATISTICS = ("mean_mm", "median_mm", "rmse_mm", "p90_mm", "share_1mm", "share_2_5mm", "share_5mm")
"""What `summarise` reports, in order."""


def summarise(distances_mm: npt.ArrayLike) -> dict[str, float]:
    """Statistics of unsigned distances; every distance counts the same.

    Parameters
    ----------
    distances_mm : array_like, (n,)
        n >= 1, all finite and >= 0.

    Returns
    -------
    dict
        `mean_mm`, `median_mm`, `rmse_mm`, `p90_mm` (90th percentile), and the shares `share_1mm`,
        `share_2_5mm`, `share_5mm` in [0, 1], limits included.

    Raises
    ------
    MetricError
        If there is no distance, or one is NaN or infinite.

    Examples
    --------
    >>> summarise([0.5, 1.0, 3.0])["share_2_5mm"].__round__(3)
    0.667
    """
    values = np.asarray(distances_mm, np.float64)
    if values.size == 0:
        raise MetricError("no distance to summarise: no part of the two surfaces corresponds")
    if not np.isfinite(values).all():
        raise MetricError(f"{int((~np.isfinite(values)).sum())} of {values.size} distances are NaN or infinite")
    median, p90 = np.percentile(values, [50, 90])
    numbers = [values.mean(), median, np.sqrt((values**2).mean()), p90, *((values <= t).mean() for t in WITHIN_MM)]
    return {name: float(number) for name, number in zip(STATISTICS, numbers, strict=True)}


@dataclass(frozen=True, slots=True, eq=False)
class SurfaceDistances:
    """Distances of two surfaces in one frame, mm.

    Parameters
    ----------
    ref_to_pred_mm : (n,)
        From every reference vertex (scan-to-mesh); NaN never.
    pred_to_ref_mm : (m,)
        From every predicted vertex whose nearest place is not on the reference's open rim (mesh-to-scan): what
        stands beyond the scan was not measured. Empty when there is none, or the reference has no faces.
    normal_deg : float
        Mean angle between the reference's normals and those of the nearest predicted triangles, over
        the reference vertices that are not beyond the prediction's rim; NaN where a side has no normals.
    inner : (n,)
        Which reference vertices have a counterpart: the nearest place is not on the prediction's open rim. Of a cloud
        it is no farther than `REACH_MM`, or three times the distance of its points from each other.
    places : (n, 3)
        These nearest places.
    """

    ref_to_pred_mm: Floats
    pred_to_ref_mm: Floats
    normal_deg: float
    inner: Mask
    places: Floats

    @property
    def covered(self) -> float:
        """Share of the reference vertices that have a counterpart, in [0, 1]."""
        return float(self.inner.mean())

    def scores(self) -> dict[str, float]:
        """All statistics, each named by its direction; symmetric ones pool the two directions' distances."""
        both = np.concatenate([self.ref_to_pred_mm, self.pred_to_ref_mm])
        parts: Mapping[str, Floats] = {
            "ref_to_pred": self.ref_to_pred_mm,
            "pred_to_ref": self.pred_to_ref_mm,
            "symmetric": both if len(self.pred_to_ref_mm) else np.empty(0),
        }
        named: dict[str, float] = {}
        for part, distances in parts.items():
            values = summarise(distances) if len(distances) else dict.fromkeys(STATISTICS, np.nan)
            named |= {f"{part}_{name}": value for name, value in values.items()}
        return named | {"normal_deg": self.normal_deg, "covered_share": self.covered}


def measure(
    reference: Mesh,
    prediction: NearestSurface,
    of_vertices: Mask | None = None,
    reference_surface: NearestSurface | None = None,
) -> SurfaceDistances:
    """Measure between two surfaces that are already in one frame, in millimetres.

    Parameters
    ----------
    reference : Mesh
        The scan; a point cloud gives the direction from it only.
    prediction : NearestSurface
    of_vertices : (V,), optional
        Which reference vertices count; all when not given.
    reference_surface : NearestSurface, optional
        The reference's tree, where the caller has it already.

    Raises
    ------
    MetricError
        If no reference vertex counts.
    """
    chosen = np.arange(reference.n_vertices) if of_vertices is None else np.flatnonzero(of_vertices)
    if not len(chosen):
        raise MetricError(f"none of the {reference.n_vertices} reference vertices is in the part that counts")
    nearest = prediction.closest(reference.vertices[chosen])
    inner = nearest.distances <= _reach_mm(prediction) if prediction.is_cloud else ~prediction.on_rim(nearest)
    back = np.empty(0)
    if reference.n_faces:
        tree = reference_surface or NearestSurface(reference)
        used = np.unique(prediction.mesh.faces)
        found = tree.closest(prediction.mesh.vertices[used])
        back = found.distances[~tree.on_rim(found)]
    normals = vertex_normals(reference)[chosen]
    normal_deg = normal_angle_deg(normals, prediction, nearest, inner)
    return SurfaceDistances(nearest.distances, back, normal_deg, inner, nearest.points)


def _reach_mm(cloud: NearestSurface) -> float:
    """Distance within which a point of a cloud stands for the surface around it."""
    return max(REACH_MM, REACH_SPACINGS * spacing(cloud.mesh.vertices))


def normal_angle_deg(normals: Floats, prediction: NearestSurface, nearest: Nearest, inner: Mask) -> float:
    """Mean angle in degrees between reference normals and those of the nearest predicted triangles.

    Parameters
    ----------
    normals : (n, 3)
        Of the reference's points, zero where there is none.
    prediction : NearestSurface
    nearest : Nearest
        Of the same points.
    inner : (n,)
        Which of them count.

    Returns
    -------
    float
        NaN where no point that counts has a normal on both sides.
    """
    other = prediction.normals_at(nearest)
    both = inner & (normals != 0).any(1) & (other != 0).any(1)
    if not both.any():
        return float("nan")
    cosines = np.clip((normals[both] * other[both]).sum(1), -1.0, 1.0)
    return float(np.degrees(np.arccos(cosines)).mean())
