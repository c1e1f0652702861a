"""A captured face in the frame of its TU model: the mesh of the capture, without hair and shoulders, and its pose.

The mesh that belongs to the photographs is the truth. The TU model only says where the face is and looks, and what a
millimetre is: its alignment is too rough to be the truth itself (demo_align in zhuhao-nju/facescape).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fsbench.build.facescape.captures import Captures
from fsbench.build.facescape.multiview import Alignments, Camera
from fsbench.build.facescape.tu import TuSource
from fsbench.build.head import Head, HeadName
from fsbench.build.views import PUPIL_DISTANCE_MM
from fsbench.core.errors import FormatError, MeshError, MissingError
from fsbench.core.mesh import Floats, Mesh
from fsbench.geometry.nearest import NearestSurface
from fsbench.geometry.procrustes import fit_landmarks
from fsbench.geometry.transforms import Similarity
from fsbench.io import read_mesh
from fsbench.io.expressions import expression_of
from fsbench.io.folders import landmarks_called, the_one
from fsbench.io.landmark_places import read_places

NEAR_MM = 5.0
"""What is farther from the TU face is hair, shoulders or noise, as in mvfr (zhuhao-nju/mvfr)."""

_COVERED = 0.5
_USUAL_FACTOR = 0.1
_ENDS_IN = ("landmarks of the capture's mesh", "Rt_scale_dict.json")


@dataclass(frozen=True, slots=True, eq=False)
class CapturedHead:
    """A capture's face, in pupil-normalised mm of the head frame: y up, +z out of the face.

    Attributes
    ----------
    name : HeadName
    reference : Mesh
        Of the capture, near the TU face.
    landmarks : ndarray, (68, 3)
        On the reference.
    head_from_capture : Similarity
    aligned_by : str
        In words.
    publishable : bool
    notes : tuple of str
    """

    name: HeadName
    reference: Mesh
    landmarks: Floats
    head_from_capture: Similarity
    aligned_by: str
    publishable: bool
    notes: tuple[str, ...]

    def pose(self, camera: Camera) -> tuple[Floats, Floats]:
        """Rotation (3, 3) and translation (3,) of p = R q + t from the head frame into a camera's, mm.

        Scaling about the camera's centre moves no pixel, so that p is the capture's point times its millimetres.
        """
        head = self.head_from_capture
        rotation: Floats = camera.rotation @ head.rotation.T
        translation: Floats = head.scale * camera.translation - rotation @ head.translation
        return rotation, translation


def captured_head(
    captures: Captures, name: HeadName, models: TuSource, alignments: Alignments | None, near_mm: float = NEAR_MM
) -> CapturedHead:
    """Place the mesh of a capture in the frame of its TU model.

    68 landmarks beside the mesh, of the mesh's name, place it by least squares; else the alignments do.

    Raises
    ------
    FsbenchError
        If the mesh, the TU model or the alignment is missing or damaged, or nothing of the mesh is near the TU face.
    """
    path = captures.mesh(name)
    mesh = read_mesh(path)
    if not mesh.n_faces:
        raise MeshError(f"{path}: has no triangles; a point cloud is no reference")
    model = models.read(name)
    picked = _picked(path)
    tu_from_capture, aligned_by = _aligned(name, model, picked, alignments)
    factor, centre = _normalising(model)
    head_from_capture = Similarity(factor, np.eye(3), -centre) @ tu_from_capture
    face = NearestSurface(_face_of(model, factor, centre))
    placed = head_from_capture.apply(mesh.vertices)
    near = face.closest(placed).distances <= near_mm
    kept = near[mesh.faces].all(1)
    if not kept.any():
        raise MeshError(
            f"{path}: nothing of it is within {near_mm:g} mm of the TU face: is {aligned_by} of this mesh and unit?"
        )
    reference = Mesh(placed, mesh.faces[kept]).without_unused()
    assert model.landmarks is not None
    marks = head_from_capture.apply(picked) if picked is not None else model.landmarks * factor - centre
    marks = NearestSurface(reference).closest(marks).points
    notes = _notes(models, factor, _area(reference) / _area(face.mesh))
    return CapturedHead(name, reference, marks, head_from_capture, aligned_by, model.publishable, notes)


def _picked(mesh: Path) -> Floats | None:
    """Landmarks (68, 3) beside a mesh; None if there are none."""
    file = the_one(landmarks_called(mesh.parent, mesh.stem))
    if file is None:
        return None
    found = read_places(file).on(mesh)
    if len(found) != 68:
        raise FormatError(f"{file}: holds {len(found)} points, expected iBUG's 68")
    return found


def _aligned(
    name: HeadName, model: Head, picked: Floats | None, alignments: Alignments | None
) -> tuple[Similarity, str]:
    """The transform into the TU model's frame, and where it is from."""
    assert model.landmarks is not None
    if picked is not None:
        return fit_landmarks(model.landmarks, picked).trusted().ref_from_pred, _ENDS_IN[0]
    if alignments is None:
        raise MissingError(
            f"{name.subject} {name.expression}: neither 68 landmarks beside its mesh nor Rt_scale_dict.json say where "
            "the face is: name the file in --alignments"
        )
    parts = expression_of(name.expression)
    if parts is None:
        raise FormatError(f"{name.expression}: is called like no expression (1_neutral), so it has no alignment")
    return alignments.tu_from_capture(name.subject, parts[0]), _ENDS_IN[1]


def _normalising(model: Head) -> tuple[float, Floats]:
    """Factor to pupil-normalised mm, and the mean of the head's vertices in these."""
    distance = float(np.linalg.norm(model.pupils[1] - model.pupils[0]))
    if not distance > 0:
        raise FormatError(f"TU model {model.name.subject} {model.name.expression}: both pupils are in one place")
    factor = PUPIL_DISTANCE_MM / distance
    centre: Floats = model.vertices[np.unique(model.triangles)].mean(0) * factor
    return factor, centre


def _face_of(model: Head, factor: float, centre: Floats) -> Mesh:
    faces = model.triangles if model.face is None else model.triangles[model.face]
    if not len(faces):
        raise MeshError("the face mask is black on every triangle of the TU model: is it of its texture?")
    return Mesh(model.vertices * factor - centre, faces).without_unused()


def _area(mesh: Mesh) -> float:
    a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


def _notes(models: TuSource, factor: float, covered: float) -> tuple[str, ...]:
    notes = []
    if models.mask is None:
        notes.append("no face mask: what is near any part of the TU head is kept, so the reference may hold hair")
    if abs(factor - 1) > _USUAL_FACTOR:
        notes.append(f"the TU model was multiplied by {factor:.4g} to make its pupils {PUPIL_DISTANCE_MM} mm apart")
    if covered < _COVERED:
        notes.append(f"the reference has {covered:.0%} of the TU face's area: is the alignment good?")
    return tuple(notes)
