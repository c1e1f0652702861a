"""Results of a comparison: scores, doubts about them, and the shapes behind them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

from fsbench.core.errors import UsageError
from fsbench.core.mesh import Floats, Ints, Mesh
from fsbench.geometry.nearest import NearestSurface
from fsbench.geometry.transforms import Similarity


@dataclass(frozen=True, slots=True)
class Scores:
    """Values by metric name, and doubts about them: reasons why they may be wrong without an error.

    A value can be read as an item or as an attribute.

    Attributes
    ----------
    values : mapping of str to float
        In the order of a run's columns.
    doubts : tuple of str
        One line each; empty if there are none.
    notes : tuple of str
        Oddities of the prediction that leave its score valid, one line each.

    Examples
    --------
    >>> scores = Scores({"cd_mm": 1.5})
    >>> scores.cd_mm, scores["cd_mm"]
    (1.5, 1.5)
    """

    values: Mapping[str, float]
    doubts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, metrics: Iterable[str], values: Mapping[str, float], doubts: Iterable[str], notes: Iterable[str] = ()
    ) -> Self:
        """Scores of these metrics, in their order; the column "suspicious" is 1 if there are doubts, else 0."""
        doubts = tuple(doubts)
        values = {**values, "suspicious": float(bool(doubts))}
        return cls({name: values[name] for name in metrics}, doubts, tuple(notes))

    def as_dict(self) -> dict[str, float]:
        """Metric name to value, in the order of a run's columns."""
        return dict(self.values)

    def __getitem__(self, name: str) -> float:
        return self.values[name]

    def __getattr__(self, name: str) -> float:
        if name.startswith("_") or name == "values" or name not in self.values:
            raise AttributeError(f"scores have no {name!r}")
        return self.values[name]


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """How a face at rest moves on both sides, at places that correspond; in the reference's frame, mm.

    All samples of a person have the same places.

    Attributes
    ----------
    faces : ndarray of int, (m, 3)
        Triangles of the places.
    rest_ref, rest_pred : ndarray, (n, 3)
        The places at rest.
    ref, pred : ndarray, (n, 3)
        Offsets from there.
    """

    faces: Ints
    rest_ref: Floats
    rest_pred: Floats
    ref: Floats
    pred: Floats


class Measurement(Protocol):
    """Scores with the shapes behind them; `AlignedMeasurement` serves most protocols."""

    @property
    def scores(self) -> Scores:
        """Metrics and doubts."""

    @property
    def ref_to_pred_mm(self) -> Floats:
        """Distance to the prediction from every place where the reference was measured, (n,)."""

    @property
    def points(self) -> Floats | None:
        """These places, in the reference's frame in mm, (n, 3); None where `grids_mm` shows better where errors are."""

    @property
    def reference(self) -> Mesh:
        """The reference in its own frame, mm."""

    @property
    def prediction(self) -> Mesh:
        """The prediction in the reference's frame, mm."""

    @property
    def landmarks(self) -> Floats | None:
        """Landmarks of the reference in its frame in mm, (k, 3); None if there are none."""

    @property
    def in_head_frame(self) -> bool:
        """Whether the face looks along +z in the reference's frame, y up."""

    @property
    def motion(self) -> Motion | None:
        """How both sides move from rest, of protocols that name a `motion_metric`; None for a sample at rest."""

    def grids_mm(self) -> tuple[Floats, Floats] | None:
        """Reference and prediction on the head's cylinder over their common part, (256, 256) each; None if not on it.

        Then `compared` gives a distance for every vertex of the prediction's quads, see
        `fsbench.metrics.cylinder.QuadMap`, and error maps of many samples have a mean.
        """

    def compared(self) -> tuple[Mesh, Floats]:
        """The part of the prediction that has a counterpart, and the distance of each of its vertices in mm."""


@dataclass(frozen=True, slots=True, eq=False)
class AlignedMeasurement:
    """Scores with the shapes behind them, for protocols that align the prediction to the reference.

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
    landmarks : ndarray, (k, 3), optional
        Of the reference, in its frame in mm.
    motion : Motion, optional
        Where the protocol compares motions.
    """

    scores: Scores
    ref_from_pred: Similarity
    reference: Mesh
    prediction: Mesh
    points: Floats
    ref_to_pred_mm: Floats
    landmarks: Floats | None = None
    motion: Motion | None = None

    @property
    def in_head_frame(self) -> bool:
        """A scan may face any way."""
        return False

    def grids_mm(self) -> None:
        """None: the axis of the head is not known in a scan."""

    def compared(self) -> tuple[Mesh, Floats]:
        """The part of the prediction whose nearest place is not on the reference's open rim, with its distances in mm.

        Raises
        ------
        UsageError
            If the reference is a cloud of points, or there is no such part.
        """
        if not self.reference.n_faces:
            raise UsageError("the reference is a point cloud, so there is no distance from the prediction to it")
        surface = NearestSurface(self.reference)
        nearest = surface.closest(self.prediction.vertices)
        inside = ~surface.on_rim(nearest)
        if not self.prediction.n_faces and inside.any():  # a point cloud
            return Mesh(self.prediction.vertices[inside]), nearest.distances[inside]
        faces = self.prediction.faces[inside[self.prediction.faces].all(1)]
        if not len(faces):
            raise UsageError("no part of the prediction is next to the reference")
        return Mesh(self.prediction.vertices, faces).without_unused(), nearest.distances[np.unique(faces)]
