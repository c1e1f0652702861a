"""What the protocols share that align first and then measure: stages' names, results, doubts."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from fsbench.alignment.transform import Similarity
from fsbench.mesh import Floats, Mesh

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

# Beyond these an alignment is looked at by a person before its numbers are believed. Ours: published
# methods leave 1 to 3 mm; a wrong pose, size or subject part leaves more than twice that.
LARGE_RESIDUAL_MM = 4.0
FEW_INLIERS = 0.6
SCALE_OFF = 0.2


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


def doubts_about(residual_mm: float, inliers: float = 1.0, scale_off: float = 1.0, converged: bool = True) -> list[str]:
    """Say what is suspicious about an alignment.

    Parameters
    ----------
    residual_mm : float
        Root mean square distance that it left.
    inliers : float
        Share of the reference's points that counted.
    scale_off : float
        Its scale over the scale expected.
    converged : bool
    """
    doubts = []
    if residual_mm > LARGE_RESIDUAL_MM:
        doubts.append(
            f"the aligned surfaces are still {residual_mm:.1f} mm apart (rms): a wrong pose, or another shape?"
        )
    if inliers < FEW_INLIERS:
        doubts.append(f"only {inliers:.0%} of the reference has a counterpart: is the prediction incomplete?")
    if abs(np.log(scale_off)) > np.log1p(SCALE_OFF):
        doubts.append(f"the scale is {scale_off:.2f} times what was expected: is the prediction in another unit?")
    if not converged:
        doubts.append("the alignment did not converge")
    return doubts
