"""FaceScape's comparison, and the pose of the head by landmarks of both sides.

Both numbers are of the prediction as its adapter places it. The depth alignment changes neither: a move along the
optical axis of an orthographic camera, or along the rays of a pinhole, turns nothing and moves no landmark in the
image.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from fsbench.core.arrays import as_floats
from fsbench.core.errors import AlignmentError, MetricError
from fsbench.core.mesh import Floats, Mesh
from fsbench.geometry.nearest import to_vertices
from fsbench.metrics.head_pose import head_rotation, landmark_nme
from fsbench.protocols.doubts import doubts_about_place, doubts_about_scan
from fsbench.protocols.facescape.protocol import CylinderMeasurement, FaceScape, Prepared, View
from fsbench.protocols.head_pose import quantities
from fsbench.protocols.measurement import Scores

METRICS = tuple(one.name for one in quantities.METRICS)

_LANDMARKS = "landmarks_mm"


@dataclass(frozen=True, slots=True)
class HeadPose:
    """The settings of FaceScape, and how the pose is measured; the signature holds every one.

    Attributes
    ----------
    facescape : FaceScape
    pose : str
        Fixed: the rotation of the landmarks' similarity in the camera frame.
    nme : str
        Fixed: landmarks as the camera sees them, over the square root of the area of the reference's landmark box.
    pose_version : int
        Fixed: raised whenever the code moves one of these two numbers.
    """

    facescape: FaceScape
    pose: str = field(default="landmark-procrustes", init=False)
    nme: str = field(default="landmark-box", init=False)
    pose_version: int = field(default=1, init=False)

    def signature(self, benchmark: str) -> str:
        """All that can move a number, in one line."""
        head, _, version = self.facescape.signature(benchmark).rpartition("|")
        return f"{head}|pose:{self.pose}/{self.pose_version}|nme:{self.nme}/{self.pose_version}|{version}"

    def prepare(self, reference: Mesh, landmarks: npt.ArrayLike, view: View, threads: int = 1) -> "PreparedHeadPose":
        """As `FaceScape.prepare`; `landmarks` (n, 3) are on the reference, in the camera frame in mm.

        Raises
        ------
        AlignmentError
            If the landmarks are not finite points, or off the reference.
        MetricError
            If one is behind the camera.
        MeshError
            As `FaceScape.prepare`.
        """
        marks = as_floats(landmarks, "landmarks of the reference")
        # A doubtful landmark of a reference spoils the pose of every prediction, and rows have no column for doubts.
        if doubts := doubts_about_scan(reference, marks, threads):
            raise AlignmentError(doubts[0])
        if (view.camera.depth(marks) <= 0).any():
            raise MetricError("a landmark of the reference is behind the camera")
        return PreparedHeadPose.of(self.facescape.prepare(reference, view, threads), marks)

    def restore(self, arrays: Mapping[str, npt.NDArray[Any]], view: View) -> "PreparedHeadPose":
        """Rebuild a prepared reference from its `PreparedHeadPose.arrays`; errors as `FaceScape.restore`."""
        marks = arrays[_LANDMARKS]
        if marks.ndim != 2 or marks.shape[1] != 3:
            raise ValueError(f"landmarks have shape {marks.shape}")
        rest = {name: array for name, array in arrays.items() if name != _LANDMARKS}
        return PreparedHeadPose.of(self.facescape.restore(rest, view), as_floats(marks, _LANDMARKS).copy())


@dataclass(frozen=True, slots=True, eq=False)
class PreparedHeadPose(Prepared):
    """A reference of FaceScape with its landmarks (n, 3), in the camera frame in mm; safe to share between threads."""

    landmarks_mm: Floats

    @classmethod
    def of(cls, prepared: Prepared, landmarks_mm: Floats) -> "PreparedHeadPose":
        """The same reference, with landmarks."""
        return cls(**{one.name: getattr(prepared, one.name) for one in fields(Prepared)}, landmarks_mm=landmarks_mm)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Everything that was computed, to store on disk; see `HeadPose.restore`."""
        return {**Prepared.arrays(self), _LANDMARKS: self.landmarks_mm}

    def compare(self, vertices: npt.ArrayLike, faces: npt.ArrayLike, landmarks: npt.ArrayLike | None = None) -> Scores:
        """As `Prepared.compare`; `landmarks` (n, 3) are on the prediction, in its frame and unit.

        Without them the columns are FaceScape's alone.

        Raises
        ------
        AlignmentError
            Also if the landmarks are unusable, mirrored, behind the camera, or do not correspond to the reference's.
        MeshError, MetricError
            As `Prepared.compare`.
        """
        mesh = Mesh(vertices, faces)
        return (Prepared.measure(self, mesh) if landmarks is None else self.measure(mesh, landmarks)).scores

    def measure(self, prediction: Mesh, landmarks: npt.ArrayLike | None = None) -> CylinderMeasurement:
        """Like `compare` with landmarks, and keep the shapes in between."""
        if landmarks is None:
            raise AlignmentError("the prediction has no landmarks; name its vertices by --pred-landmarks")
        given = as_floats(landmarks, "predicted landmarks")
        measured = Prepared.measure(self, prediction)
        rotation_deg, nme, doubts = self._pose(prediction, given)
        values = {**measured.scores.values, "head_rotation_deg": rotation_deg, "landmark_nme": nme}
        # Doubts become notes: they move no column of FaceScape, which has none for doubts.
        notes = (*measured.scores.notes, *doubts)
        return replace(measured, scores=Scores({name: values[name] for name in METRICS}, notes=notes))

    def _pose(self, prediction: Mesh, landmarks: Floats) -> tuple[float, float, list[str]]:
        marks_mm = landmarks * self.view.mm_per_unit
        fit = head_rotation(self.landmarks_mm, marks_mm)
        doubts = [*fit.doubts, *doubts_about_place(landmarks, to_vertices(prediction, landmarks))]
        camera = self.view.camera
        if (camera.depth(marks_mm) <= 0).any():
            raise AlignmentError(f"landmark {int(np.argmin(camera.depth(marks_mm))) + 1} is behind the camera")
        reference_px, prediction_px = (
            camera.project(marks, self.protocol.map_px) for marks in (self.landmarks_mm, marks_mm)
        )
        return fit.ref_from_pred.angle_deg(), landmark_nme(reference_px, prediction_px), doubts
