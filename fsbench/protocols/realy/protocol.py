"""The REALY protocol: four regions of a face, each aligned and brought into correspondence on its own.

Source: Chai et al., "REALY: Rethinking the Evaluation of 3D Face Reconstruction", ECCV 2022, arXiv:2203.09729, and the
behaviour of its public evaluator (2023). Only its procedure defines the measure, so all of it is kept: sums of absolute
coordinates, roundings to single precision, limits.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from fsbench.core.errors import FsbenchError, MeshError, ReferenceDataError, UsageError
from fsbench.core.mesh import Floats, Mesh
from fsbench.core.signatures import Signed
from fsbench.geometry.procrustes import fit_landmarks
from fsbench.protocols.measurement import Scores
from fsbench.protocols.realy import quantities
from fsbench.protocols.realy.region import PreparedRegion, Reference, RegionMeasurement
from fsbench.protocols.realy.rigid import MOST_UPDATES, Fit, fit_keypoints
from fsbench.protocols.realy.template import N_KEYPOINTS, REGIONS, SEVEN, Template

METRICS = tuple(one.name for one in quantities.METRICS)

# Coordinates are rounded to single precision as in the public evaluator; published errors differ by 0.01 mm.
_ROUNDED_MM = 0.01
# The published scales are from 6.49 to 10.24.
_SCALES_MM = (5.0, 15.0)


@dataclass(frozen=True, slots=True)
class Realy(Signed):
    """The settings of the protocol; every one is in the signature.

    Attributes
    ----------
    mask : {"none", "template"}
        The prediction's triangles that step 3 and the measure use. The published "visualisation" mask changes
        scores: masked runs compare with masked runs only.
    procedure, most_updates, most_solves, missing, version
        Fixed: as published; limits of step 2, and of a stage of step 3 where the published one has none; no usable
        prediction is no score and stays in the denominator; raised whenever the code moves a number.
    """

    mask: Literal["none", "template"] = "none"
    procedure: str = field(default="published", init=False)
    most_updates: int = field(default=MOST_UPDATES, init=False)
    most_solves: int = field(default=200, init=False)
    missing: str = field(default="fail", init=False)
    version: int = field(default=1, init=False)

    def __post_init__(self) -> None:
        if self.mask not in ("none", "template"):
            raise UsageError(f"mask is {self.mask!r}, expected none or template")

    def prepare(self, reference: Reference, threads: int = 1) -> "PreparedRealy":
        """Merge the regions' vertices, look up the keypoints on them, find the order in which to solve.

        Raises
        ------
        ReferenceDataError
            If keypoints or regions are missing, unusable, or not in one frame.
        """
        if reference.keypoints.shape != (N_KEYPOINTS, 3):
            raise ReferenceDataError(f"keypoints have shape {reference.keypoints.shape}, expected ({N_KEYPOINTS}, 3)")
        if missing := [name for name in REGIONS if name not in reference.regions]:
            raise ReferenceDataError(f"there is no region {', '.join(missing)}")
        regions, doubts = {}, []
        low, high = _SCALES_MM
        if not low <= reference.mm_per_unit <= high:
            doubts.append(
                f"the scan's unit is {reference.mm_per_unit:g} mm; REALY's are 6.49 to 10.24. Is it the right list?"
            )
        for name in REGIONS:
            try:
                regions[name] = PreparedRegion.of(name, reference)
            except ReferenceDataError as error:
                raise ReferenceDataError(f"{name}: {error}") from error
            doubts += regions[name].doubts
        return PreparedRealy(self, reference, regions, tuple(doubts), threads)


@dataclass(frozen=True, slots=True, eq=False)
class RealyMeasurement:
    """Scores with the alignments behind them.

    Attributes
    ----------
    scores : Scores
    placed : Fit
        Step 1, from the prediction's frame to the scan's.
    regions : mapping of str to RegionMeasurement
    """

    scores: Scores
    placed: Fit
    regions: Mapping[str, RegionMeasurement]


@dataclass(frozen=True, slots=True, eq=False)
class PreparedRealy:
    """A subject ready to be compared with any number of predictions; safe to share between threads."""

    protocol: Realy
    reference: Reference
    regions: Mapping[str, PreparedRegion]
    doubts: tuple[str, ...]
    threads: int

    def compare(self, vertices: npt.ArrayLike, faces: npt.ArrayLike, template: Template) -> Scores:
        """Score a prediction in any frame and unit, of the template's topology; nothing is read or written.

        Raises
        ------
        MeshError
            If the mesh is empty, faceless, not finite, or not of the template's topology.
        AlignmentError
            If its seven keypoints are in one place.
        MetricError
            If a solve has no single answer.
        UnboundedSolveError
            If the published procedure would not end.
        """
        return self.measure(Mesh(vertices, faces), template).scores

    def measure(self, prediction: Mesh, template: Template) -> RealyMeasurement:
        """Like `compare`, and keep the distances and the aligned shapes."""
        if (self.protocol.mask == "template") != (template.mask is not None):
            has = "has one" if template.mask is not None else "has none"
            raise UsageError(f"the protocol's mask is {self.protocol.mask}, and the template {has}")
        doubts = [*self.doubts, *template.doubts_about(prediction)]
        vertices = _single(prediction.vertices)
        seven, marks = self.reference.keypoints[list(SEVEN)], template.keypoints(vertices, SEVEN)
        placed = fit_keypoints(seven, marks)
        mesh, mm = Mesh(placed.apply(vertices), prediction.faces), self.reference.mm_per_unit
        doubts += _doubts_about_placing(seven, marks, placed) + _doubts_about_rounding(vertices, placed.scale * mm)
        found = {}
        for name in REGIONS:
            try:
                found[name] = self.regions[name].measure(
                    name, mesh, template, mm, self.protocol.most_solves, self.threads
                )
            except FsbenchError as error:
                raise type(error)(f"{name}: {error}") from error
            doubts += found[name].doubts(name)
        return RealyMeasurement(self._scores(found, placed, tuple(doubts)), placed, found)

    def _scores(self, found: Mapping[str, RegionMeasurement], placed: Fit, doubts: tuple[str, ...]) -> Scores:
        values = {f"{name}_mm": one.error_mm for name, one in found.items()}
        values["all_mm"] = float(np.mean(list(values.values())))
        values |= {f"updates_{name}": float(one.rigid.updates) for name, one in found.items()}
        values |= {f"solves_{name}": float(sum(one.bent.solves)) for name, one in found.items()}
        values["mm_per_unit"] = placed.scale * self.reference.mm_per_unit
        return Scores.of(METRICS, values, doubts)


def _single(vertices: Floats) -> Floats:
    """Rounded to single precision, in which the public evaluator reads them."""
    with np.errstate(over="ignore"):
        rounded = vertices.astype(np.float32).astype(np.float64)
    if not np.isfinite(rounded).all():
        raise MeshError(f"coordinates up to {np.abs(vertices).max():.3g}: REALY's are single precision, up to 3.4e38")
    return rounded


def _doubts_about_rounding(vertices: Floats, mm_per_unit: float) -> list[str]:
    """Doubt a prediction so far from its origin that single precision loses some of its shape."""
    largest = float(np.abs(vertices).max())
    rounded_mm = largest * float(np.finfo(np.float32).eps) / 2 * mm_per_unit
    if rounded_mm <= _ROUNDED_MM:
        return []
    return [
        f"coordinates up to {largest:.3g} are rounded by up to {rounded_mm:.2g} mm, as REALY reads single precision: "
        "move the prediction to its origin"
    ]


def _doubts_about_placing(seven: Floats, marks: Floats, placed: Fit) -> list[str]:
    """Doubt seven keypoints that do not correspond in order, or fit better mirrored."""
    doubts = fit_landmarks(seven, marks).doubts
    if placed.mirrors and not any("mirrored" in doubt for doubt in doubts):
        doubts.append("the keypoints fit best mirrored, and so it is scored, as published: is the prediction mirrored?")
    return doubts
