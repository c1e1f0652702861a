"""Doubts: one line for each reason why a person should check a score before believing it."""

import numpy as np

from fsbench.core.arrays import spread_of
from fsbench.core.errors import AlignmentError
from fsbench.core.mesh import Floats, Mask, Mesh
from fsbench.core.units import FOOT_MM, INCH_MM, MM_PER, Unit, units_of_spread
from fsbench.geometry.nearest import NearestSurface, require_one_scale, spacing, to_vertices
from fsbench.geometry.oriented import spread_indices
from fsbench.geometry.procrustes import LandmarkFit

# A scale farther from the expected one raises a doubt. The limit is ours.
SCALE_OFF = 0.2
# Beyond these a person should check the alignment before believing its numbers. The limits are ours: published
# methods leave 1 to 3 mm; a wrong pose, size or subject part leaves more than twice that.
LARGE_RESIDUAL_MM = 4.0
FEW_INLIERS = 0.6
# Along its cut an incomplete prediction is as near to the reference as elsewhere, 1 to 3 mm.
_CUT_MM, _ENDS_LOOKED_AT = 5.0, 200
# No head is larger. Methods leave a residual of 1 mm after ICP, so the limit has room; a crop taken for ten times its
# size leaves 4 to 7 mm.
_LARGEST_HEAD_MM, _GUESS_RESIDUAL_MM = 1000.0, 2.5
# Scales whose logarithms differ by less than this are of one unit: predictions are up to 20 % too large or small.
_SAME_UNIT = 0.3
_SELDOM = {INCH_MM: "inches", FOOT_MM: "feet"}
# At this spacing, sampling alone adds about 0.5 mm, which is half the error of published methods.
_SPARSE_MM = 1.5
# Limits of the landmarks' median distance from their mesh, as a share of their spread, which is 40 to 45 mm on a face.
# They are ours: published methods have 0 to 0.025; a shift of 20 mm to the side on a real face gives only 0.075 to 0.2,
# as most landmarks then lie near another place of the skin.
_OFF_MESH, _SCAN_ELSEWHERE, _ELSEWHERE = 0.1, 0.25, 0.4
# How far aligned surfaces may pull landmarks apart: as a share of their spread, and as a multiple of the residual of
# their fit. Ours: published methods end at 0.04 to 0.1 of the spread, landmarks moved by 10 mm at 0.22 or more.
_PULLED_APART, _FARTHER = 0.2, 2.0


def doubts_about(
    residual_mm: float,
    scale_off: float = 1.0,
    converged: bool = True,
    normal_deg: float = float("nan"),
    near: float = 1.0,
) -> list[str]:
    """Name the doubts about an alignment.

    Parameters
    ----------
    residual_mm : float
        Root mean square distance of the aligned surfaces.
    scale_off : float
        Fitted scale over expected scale.
    converged : bool
    normal_deg : float
        Mean angle between the two surfaces' normals; NaN if a side has none.
    near : float
        Share of the reference's points within 5 mm of the prediction.
    """
    doubts = []
    if residual_mm > LARGE_RESIDUAL_MM:
        doubts.append(
            f"the aligned surfaces are still {residual_mm:.1f} mm apart (rms): a wrong pose, or another shape?"
        )
    if near < FEW_INLIERS:
        doubts.append(f"only {near:.0%} of the reference is within 5 mm of the prediction: does the mesh have holes?")
    if abs(np.log(scale_off)) > np.log1p(SCALE_OFF):
        doubts.append(f"the scale is {scale_off:.2f} times what was expected: is the prediction in another unit?")
    if not converged:
        doubts.append("the alignment did not converge")
    if normal_deg > 90:
        doubts.append(
            f"the surfaces look opposite ways (normals {normal_deg:.0f} deg apart): is the prediction mirrored or back "
            "to front, or is one of the two inside out?"
        )
    return doubts


def doubts_about_unit(
    reference: Mesh, taken: Unit, other: Unit | None, prediction: Mesh, residual_mm: float
) -> list[str]:
    """Doubt the scan's unit if it was guessed from the size, another is possible, and the result does not support it.

    Parameters
    ----------
    reference, prediction : Mesh
        Aligned, in millimetres if the scan's unit is `taken`.
    taken, other : Unit
        The scan's unit and the other possible one, None if there is no other.
    residual_mm : float
        Root mean square distance of the aligned surfaces.
    """
    if other is None:
        return []
    diagonal_mm, size_mm = (float(np.linalg.norm(np.ptp(one.vertices, axis=0))) for one in (reference, prediction))
    if size_mm <= _LARGEST_HEAD_MM and residual_mm <= _GUESS_RESIDUAL_MM:
        return []
    so_large = f", and the prediction {size_mm:.0f} mm" if size_mm > _LARGEST_HEAD_MM else ""
    return [
        f"the unit of the scan was guessed: its bounding box has a diagonal of {diagonal_mm / taken.mm:.4g}. As "
        f"{taken.name}, which was taken, that is {diagonal_mm:.0f} mm{so_large}; as {other.name} it is a crop of "
        f"{diagonal_mm / taken.mm * other.mm:.0f} mm, and all distances are {taken.mm / other.mm:.0f} times smaller. "
        f"Say which it is: --reference-unit {other.name}, or {taken.name}"
    ]


def doubts_about_spread(landmarks: Floats, unit: Unit, is_found: bool) -> tuple[str, ...]:
    """Doubt a scan's unit if its landmarks contradict it, or if only they support a unit that is rare for scans.

    Parameters
    ----------
    landmarks : ndarray, (n, 3)
        In the scan's unit.
    unit : Unit
    is_found : bool
        Whether the unit was found automatically, not named by the user.
    """
    spread = spread_of(landmarks)
    others = [one for one in units_of_spread(spread) if one != unit]
    as_taken = f"the scan's landmarks are {spread * unit.mm:.3g} mm (rms) from their middle"
    if is_found and unit.mm in _SELDOM:
        return (
            f"{as_taken} in {_SELDOM[unit.mm]}, which were taken for the scan's unit; in cm it would be "
            f"{spread * MM_PER['cm']:.3g} mm. Say which it is: --reference-unit {unit.name}, or cm",
        )
    if unit in units_of_spread(spread) or not others:
        return ()
    other = others[0]
    called = f"{other.name} ({_SELDOM[other.mm]})" if other.mm in _SELDOM else other.name
    return (
        f"{as_taken} if its unit is {unit.name}; those of a face are 35 to 60 mm, which they would be with "
        f"--reference-unit {called}",
    )


def doubts_about_inches(diagonal_mm: float, mm_per_unit: float) -> list[str]:
    """Warn that a scan may be in inches if only its size suggests cm.

    Parameters
    ----------
    diagonal_mm : float
        Diagonal of the bounding box if the scan is in cm; 0 if there is no doubt.
    mm_per_unit : float
        Fitted size of the prediction's unit. Another metric unit supports cm, as methods give mm or m.
    """
    if not diagonal_mm or any(
        abs(np.log(mm_per_unit / mm)) < _SAME_UNIT for name, mm in MM_PER.items() if name != "cm"
    ):
        return []
    diagonal = diagonal_mm / MM_PER["cm"]
    return [
        f"the unit of the scan was guessed: its bounding box has a diagonal of {diagonal:.4g}. As cm, which was taken, "
        f"that is {diagonal_mm:.0f} mm; in inches it is {diagonal * INCH_MM:.0f} mm, and all distances are 2.54 times "
        f"larger. Say which it is: --reference-unit {INCH_MM:g}, or cm"
    ]


def doubts_about_cover(distances_mm: Floats, inner: Mask, places: Floats, reference: Mesh) -> list[str]:
    """Warn if much of the reference has no counterpart, and name the likely cause.

    Parameters
    ----------
    distances_mm : ndarray, (n,)
        From points of the reference to the prediction.
    inner : ndarray of bool, (n,)
        False for points whose nearest place is only the prediction's rim.
    places : ndarray, (n, 3)
        The nearest places on the prediction, mm. If a part is missing, points without a counterpart are nearest to
        the cut, which runs along the reference; another shape ends somewhere else.
    reference : Mesh
        In the same frame.
    """
    if inner.mean() >= FEW_INLIERS:
        return []
    typical_mm = float(np.median(distances_mm[inner])) if inner.any() else np.inf
    ends = places[~inner]
    ends = ends[spread_indices(len(ends), _ENDS_LOOKED_AT)]
    off_mm = float(np.median(to_vertices(reference, ends)))
    fits = typical_mm <= LARGE_RESIDUAL_MM and off_mm <= _CUT_MM
    cause = "is the prediction incomplete?" if fits else "another shape, or a wrong pose?"
    return [f"only {inner.mean():.0%} of the reference has a counterpart: {cause}"]


def doubts_about_cloud(prediction: NearestSurface) -> list[str]:
    """Warn if a prediction without faces, aligned and in mm, has its points too far apart to measure to."""
    apart_mm = spacing(prediction.mesh.vertices) if prediction.is_cloud else 0.0
    if apart_mm <= _SPARSE_MM:
        return []
    return [
        f"the prediction has no faces and its points stand {apart_mm:.1f} mm apart (median): distances to the nearest "
        f"point are larger than distances to the surface would be. Give a mesh, or points every "
        f"{_SPARSE_MM:g} mm or closer"
    ]


def doubts_about_place(landmarks: Floats, away: Floats, whose: str = "prediction") -> list[str]:
    """Warn if landmarks are not on the mesh that they belong to.

    Parameters
    ----------
    landmarks : ndarray, (n, 3)
    away : ndarray, (n,)
        Distance of each from the mesh, in the same unit.
    whose : {"prediction", "scan"}
        A scan's wrong landmarks spoil the score of every prediction, so they are refused sooner.

    Raises
    ------
    AlignmentError
        If they are far from the mesh.
    """
    typical, spread = float(np.median(away)), spread_of(landmarks)
    text = (
        f"the {whose}'s landmarks are {typical:.3g} away from its mesh (median; {spread:.3g} from their own middle): "
        "are they in the mesh's frame and unit, and do they belong to this mesh?"
    )
    if typical > (_SCAN_ELSEWHERE if whose == "scan" else _ELSEWHERE) * spread:
        raise AlignmentError(text)
    return [text] if typical > _OFF_MESH * spread else []


def doubts_about_scan(scan: Mesh, landmarks: Floats, threads: int = 1) -> tuple[str, ...]:
    """Warn if a scan's landmarks, (n, 3) in its unit, are not on it.

    Raises
    ------
    AlignmentError
        If they are not finite points, or far from the scan: they would spoil the score of every prediction.
    MeshError
        If a vertex is so far off that distances among the others vanish.
    """
    if landmarks.ndim != 2 or landmarks.shape[1] != 3 or not np.isfinite(landmarks).all():
        raise AlignmentError(f"the scan's landmarks, of shape {landmarks.shape}, are not finite points (n, 3)")
    # Scans are dense: if their vertices are near the landmarks, no tree is needed.
    require_one_scale(scan.vertices)
    away = np.array([np.sqrt(((scan.vertices - mark) ** 2).sum(1).min()) for mark in landmarks])
    doubts = doubts_about_place(landmarks, away, "scan")
    if doubts and scan.n_faces:
        doubts = doubts_about_place(landmarks, NearestSurface(scan, threads).closest(landmarks).distances, "scan")
    return tuple(doubts)


def doubts_about_pull(fit: LandmarkFit, reference: Floats, moved: Floats) -> list[str]:
    """Warn if landmarks fit each other but the aligned surfaces pull them apart: one side's are misplaced.

    Parameters
    ----------
    fit : LandmarkFit
        Fit of the landmarks alone; if it raises a doubt already, none is added.
    reference, moved : ndarray, (n, 3)
        The scan's landmarks, and the prediction's where the aligned surfaces put them, in mm.
    """
    apart = float(np.sqrt(((moved - reference) ** 2).sum(1).mean()))
    if fit.doubts or apart <= max(_PULLED_APART * fit.spread, _FARTHER * fit.residual_rms):
        return []
    return [
        f"the landmarks fit each other at {fit.residual_rms:.1f} mm, but are {apart:.1f} mm apart once the surfaces "
        "are aligned: they mark different places on the two meshes. Were the landmarks of one side moved?"
    ]


def doubts_about_warp(nearest_rms_mm: float, landmark_rms_mm: float) -> list[str]:
    """Name the doubts about an alignment by landmarks alone.

    Parameters
    ----------
    nearest_rms_mm : float
        Root mean square distance of the surfaces after that alignment.
    landmark_rms_mm : float
        Root mean square distance of the landmarks after it.
    """
    if nearest_rms_mm <= max(LARGE_RESIDUAL_MM, _FARTHER * landmark_rms_mm):
        return doubts_about(nearest_rms_mm)
    return [
        f"the landmarks fit each other at {landmark_rms_mm:.1f} mm, but put the surfaces {nearest_rms_mm:.1f} mm (rms) "
        "apart: the landmarks of one side do not fit their mesh. Were they moved, or do they belong to another mesh?"
    ]
