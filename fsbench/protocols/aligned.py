"""What the protocols share that align first and then measure: results and signatures."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from fsbench.core.mesh import Floats, Mesh
from fsbench.geometry.transforms import Similarity

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

# A scale that is farther from the one expected is suspicious; ours.
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
