"""What the protocols share that align first and then measure: stages' names, results, doubts."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from fsbench.alignment.transform import Similarity
from fsbench.errors import AlignmentError
from fsbench.mesh import Floats, Mesh

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

# Beyond these an alignment is looked at by a person before its numbers are believed. Ours: published
# methods leave 1 to 3 mm; a wrong pose, size or subject part leaves more than twice that.
LARGE_RESIDUAL_MM = 4.0
FEW_INLIERS = 0.6
SCALE_OFF = 0.2
# Landmarks lie on their mesh, or some millimetres beside it; in shares of their spread, which is 45 mm on a face.
_OFF_MESH, _ELSEWHERE = 0.25, 0.4


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Metric name to value, and why the values may be wrong though there was no error.

    Attributes
    ----------
    values : mapping of str to float
        In the order of a run's columns.
    doubts : tuple of str
        One line each; empty when nothing is suspicious.
    """

    values: Mapping[str, float]
    doubts: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, float]:
        """Metric name to value, in the order of a run's columns."""
        return dict(self.values)

    def __getitem__(self, name: str) -> float:
        return self.values[name]


@dataclass(frozen=True, slots=True, eq=False)
class Measurement:
    """Scores with the shapes behind them.

    Attributes
    ----------
    scores : Scores
    ref_from_pred : Similarity
        From the prediction's own frame and unit to the reference's frame in millimetres.
    reference, prediction : Mesh
        In the reference's frame, mm.
    points : ndarray, (n, 3)
        Where the reference was measured.
    ref_to_pred_mm : ndarray, (n,)
        Distance from each of them to the prediction.
    """

    scores: Scores
    ref_from_pred: Similarity
    reference: Mesh
    prediction: Mesh
    points: Floats
    ref_to_pred_mm: Floats


def signature(benchmark: str, protocol: "DataclassInstance") -> str:
    """All that can move a number, in one line: every field of the protocol, in order, the version last."""
    settings = [f"{field.name}:{_shown(getattr(protocol, field.name))}" for field in fields(protocol)]
    named = [setting for setting in settings if not setting.startswith("version:")]
    return "|".join([benchmark, *named, f"v{protocol.version}"])  # type: ignore[attr-defined]


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def doubts_about(
    residual_mm: float,
    inliers: float = 1.0,
    scale_off: float = 1.0,
    converged: bool = True,
    normal_deg: float = float("nan"),
    near: float = 1.0,
) -> list[str]:
    """Say what is suspicious about an alignment.

    Parameters
    ----------
    residual_mm : float
        Root mean square distance that it left.
    inliers : float
        Share of the reference's points that have a counterpart: the nearest place is not on the prediction's rim.
    scale_off : float
        Its scale over the scale expected.
    converged : bool
    normal_deg : float
        Mean angle between the two surfaces' normals; NaN where a side has none.
    near : float
        Share of the reference's points within 5 mm of the prediction.
    """
    doubts = []
    if residual_mm > LARGE_RESIDUAL_MM:
        doubts.append(
            f"the aligned surfaces are still {residual_mm:.1f} mm apart (rms): a wrong pose, or another shape?"
        )
    if inliers < FEW_INLIERS:
        doubts.append(f"only {inliers:.0%} of the reference has a counterpart: is the prediction incomplete?")
    if near < FEW_INLIERS:
        doubts.append(f"only {near:.0%} of the reference is within 5 mm of the prediction: has it holes?")
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


def doubts_about_place(landmarks: Floats, away: Floats, whose: str = "prediction") -> list[str]:
    """Say whether landmarks are on the mesh that they belong to.

    Parameters
    ----------
    landmarks : ndarray, (n, 3)
    away : ndarray, (n,)
        Distance of each from the mesh, in the same unit.
    whose : str
        For the message.

    Raises
    ------
    AlignmentError
        If they are somewhere else altogether.
    """
    typical, spread = float(np.median(away)), float(np.sqrt(landmarks.var(0).sum()))
    text = (
        f"the {whose}'s landmarks are {typical:.3g} away from its mesh (median; {spread:.3g} from their own middle): "
        "are they in its frame and unit, and of this mesh?"
    )
    if typical > _ELSEWHERE * spread:
        raise AlignmentError(text)
    return [text] if typical > _OFF_MESH * spread else []


def refuse_elsewhere(scan: Mesh, landmarks: Floats) -> None:
    """AlignmentError if a scan's landmarks, (n, 3), are not on it: all its predictions would be measured wrongly."""
    if landmarks.ndim != 2 or landmarks.shape[1] != 3 or not np.isfinite(landmarks).all():
        raise AlignmentError(f"the scan's landmarks, of shape {landmarks.shape}, are not finite points (n, 3)")
    # Scans are dense: their vertices will do.
    away = [np.sqrt(((scan.vertices - mark) ** 2).sum(1).min()) for mark in landmarks]
    for doubt in doubts_about_place(landmarks, np.asarray(away), "scan"):
        raise AlignmentError(doubt)
