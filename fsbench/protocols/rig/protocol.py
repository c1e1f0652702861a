"""The rig protocol: how well a predicted face moves, on captured expressions of the same person.

Ours: no published evaluator of rigs is public as code. A face that never moves has nearly the absolute error of one
that moves rightly, so shape, motion and detail are measured apart; docs/rig.md has the numbers behind this.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fsbench.core.errors import MeshError
from fsbench.core.mesh import Floats, Mesh
from fsbench.geometry.nearest import NearestSurface
from fsbench.geometry.procrustes import fit_landmarks
from fsbench.protocols.measurement import AlignedMeasurement, Motion, Scores
from fsbench.protocols.protocol import Prediction
from fsbench.protocols.rig import detail, motion, quantities
from fsbench.protocols.rig.fit import Fit, fitted
from fsbench.protocols.rig.head_motion import STILL, without_head_motion
from fsbench.protocols.rig.predictions import MAP, NEUTRAL, NEUTRAL_MAP, NOTES, TEXTURE
from fsbench.protocols.rig.subject import Subject

METRICS = tuple(one.name for one in quantities.METRICS)
_NAN = float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class PreparedRig:
    """A captured expression of a subject, ready to be compared with any number of predictions.

    Attributes
    ----------
    subject : Subject
        Shared by the samples of the subject.
    stem : str
        The expression.
    """

    subject: Subject
    stem: str

    @property
    def is_neutral(self) -> bool:
        """Whether the expression is neutral, from which all motion is measured."""
        return self.stem == self.subject.neutral_stem

    def measure(self, prediction: Prediction) -> AlignedMeasurement:
        """Compare a predicted expression; `inputs` has the neutral mesh and the landmarks on it.

        Raises
        ------
        MeshError
            If there is no neutral mesh, or the two have not one topology.
        AlignmentError
            As `fsbench.protocols.rig.fit.fitted`.
        FormatError, MissingError
            If a displacement map is unusable.
        """
        neutral = prediction.inputs.get(NEUTRAL)
        if neutral is None and not self.is_neutral:
            raise MeshError("motion is measured from neutral: give the predicted neutral mesh as inputs['neutral']")
        neutral = prediction.mesh if neutral is None else neutral
        if prediction.mesh.n_vertices != neutral.n_vertices:
            raise MeshError(
                f"the expression has {prediction.mesh.n_vertices} vertices, the neutral mesh {neutral.n_vertices}"
            )
        fit = fitted(self.subject, neutral, prediction.landmarks)
        moves = self.is_neutral or prediction.mesh is not neutral
        aligned, head_mm = self._aligned(fit, neutral, prediction.mesh)
        points, distances = self._shape(aligned)
        values: dict[str, float] = dict.fromkeys(METRICS, _NAN)
        values |= self._shape_scores(fit, aligned, distances) if moves else {}
        values |= {"neutral_mm": fit.neutral_mm, "covered": fit.covered, "mm_per_unit": fit.ref_from_pred.scale}
        moved = self._moved(fit, aligned) if moves and not self.is_neutral else None
        if moved is not None:
            values |= self._motion(moved) | {"head_mm": head_mm}
        found, notes = self._detail(fit, prediction.inputs)
        values.update(found, suspicious=float(bool(fit.doubts)))
        scores = Scores(values, fit.doubts, (*prediction.inputs.get(NOTES, ()), *notes))
        surface, marks = self.subject.surface(self.stem), self.subject.marks_mm
        return AlignedMeasurement(scores, fit.ref_from_pred, surface, aligned, points, distances, marks, moved)

    def _aligned(self, fit: Fit, neutral: Mesh, moved: Mesh) -> tuple[Mesh, float]:
        """The predicted expression in the alignment of neutral, without head motion, and the mean of that motion."""
        # Offsets first: vertices that have not moved keep exactly the coordinates of neutral.
        offsets = moved.vertices - neutral.vertices
        turned = fit.ref_from_pred.scale * (offsets @ fit.ref_from_pred.rotation.T)
        vertices = fit.neutral.vertices + turned
        region = self.subject.stable
        if region is None:
            return Mesh(vertices, moved.faces), 0.0
        at_rest, there = fit.places.at(fit.neutral.vertices), fit.places.at(vertices)
        back = without_head_motion(at_rest, there, region)
        if back is STILL:
            return Mesh(vertices, moved.faces), 0.0
        face = there[self.subject.face]
        head_mm = float(np.linalg.norm(back.apply(face) - face, axis=1).mean())
        return Mesh(back.apply(vertices), moved.faces), head_mm

    def _shape(self, aligned: Mesh) -> tuple[Floats, Floats]:
        """The face's captured vertices, and the distance of each to the predicted surface."""
        points = self.subject.shapes[self.stem][self.subject.face]
        surface = NearestSurface(aligned, self.subject.threads)
        return points, surface.closest(points).distances

    def _shape_scores(self, fit: Fit, aligned: Mesh, distances: Floats) -> dict[str, float]:
        face = self.subject.face
        points, places = self.subject.shapes[self.stem][face], fit.places.at(aligned.vertices)[face]
        again = fit_landmarks(points, places).ref_from_pred
        return {
            "rig_mm": float(distances.mean()),
            "corresponding_mm": float(np.linalg.norm(places - points, axis=1).mean()),
            "realigned_mm": float(np.linalg.norm(again.apply(places) - points, axis=1).mean()),
        }

    def _moved(self, fit: Fit, aligned: Mesh) -> Motion:
        subject = self.subject
        face, own = subject.face, subject.captured.index(self.stem)
        rest = fit.places.at(fit.neutral.vertices)
        predicted = (fit.places.at(aligned.vertices) - rest)[face]
        return Motion(subject.triangles, subject.neutral.vertices[face], rest[face], subject.motions[own], predicted)

    def _motion(self, moved: Motion) -> dict[str, float]:
        subject, captured = self.subject, self.subject.motions
        own = subject.captured.index(self.stem)
        found = motion.nearest_motion(captured, moved.pred, np.ones(len(captured), np.bool_))
        place = subject.source.stems.index(subject.captured[found])
        return {
            **motion.compare_motion(moved.ref, moved.pred, subject.settings.said.active_mm),
            "hit": float(found == own),
            "nearest": float(place),
        }

    def _detail(self, fit: Fit, inputs: Mapping[str, Any]) -> tuple[Mapping[str, float], list[str]]:
        own, truth = inputs.get(MAP), self.subject.source.map_of(self.stem)
        if own is None or truth is None:
            return detail.NONE, []
        neutral = (inputs.get(NEUTRAL_MAP), self.subject.source.map_of(self.subject.neutral_stem))
        return detail.compare_detail(
            fit, self.stem, (Path(own), neutral[0]), (truth, neutral[1]), Path(inputs[TEXTURE])
        )
