"""Heads made alike: outside out, y up, the pupils 62.85 mm apart, the mean of the vertices at the origin."""

from dataclasses import dataclass

import numpy as np

from fsbench.build.cut import NOSE_TIP, face_of
from fsbench.build.head import Head, HeadName
from fsbench.build.render import Looks, Texture
from fsbench.build.views import PUPIL_DISTANCE_MM
from fsbench.core.errors import FormatError, MeshError
from fsbench.core.mesh import Floats, Mesh

_USUAL_FACTOR = 0.1
_LEAST_ACROSS = 0.8
"""Share of the line between the eyes along x: a head turned by 37 degrees is at the limit."""


@dataclass(frozen=True, slots=True, eq=False)
class NormalisedHead:
    """A head in its own frame, in pupil-normalised mm.

    Attributes
    ----------
    name : HeadName
    looks : Looks
        The whole head, to be rendered.
    reference : Mesh
        What scores: the face.
    landmarks : ndarray, (68, 3), optional
    mm_per_unit : float
        62.85 over the distance of the pupils in the file.
    pupils_from, cut : str
        How pupils were found, and the rule of the reference, in words.
    notes : tuple of str
    """

    name: HeadName
    looks: Looks
    reference: Mesh
    landmarks: Floats | None
    mm_per_unit: float
    pupils_from: str
    cut: str
    notes: tuple[str, ...]


def normalised(head: Head, within_mm: float | None = None) -> NormalisedHead:
    """Scale, centre and cut a head; `within_mm` as in `cut.face_of`.

    The origin is the mean of all vertices that triangles use, before the cut, as in FaceScape's benchmark.

    Raises
    ------
    MeshError, FormatError
        If it is no mesh, its pupils are in one place, or it does not look along +z with y up.
    """
    whole = Mesh(head.vertices, head.triangles)
    if not whole.n_faces:
        raise MeshError(f"the mesh has {whole.n_vertices} vertices but no faces: a point cloud has no surface")
    _refuse_turned(head)
    distance = float(np.linalg.norm(head.pupils[1] - head.pupils[0]))
    factor = PUPIL_DISTANCE_MM / distance
    notes = list(head.notes)
    if abs(factor - 1) > _USUAL_FACTOR:
        notes.append(
            f"its pupils are {distance:.4g} units apart ({head.pupils_from}): multiplied by {factor:.4g} to make them "
            f"{PUPIL_DISTANCE_MM} mm"
        )
    scaled = whole.vertices * factor
    kept, cut = face_of(head, scaled, factor, within_mm)
    used = np.zeros(whole.n_vertices, np.bool_)
    used[whole.faces] = True
    centre = scaled[used].mean(0)
    placed = scaled - centre
    turned = _is_inside_out(placed, whole)
    if turned:
        notes.append("its triangles looked inwards, and were turned over")
    faces = whole.faces[:, ::-1] if turned else whole.faces
    mesh = Mesh(placed, faces)
    looks, more = _looks(head, mesh, turned)
    marks = None if head.landmarks is None else head.landmarks * factor - centre
    reference = Mesh(placed, faces[kept]).without_unused()
    return NormalisedHead(head.name, looks, reference, marks, factor, head.pupils_from, cut, (*notes, *more))


def _refuse_turned(head: Head) -> None:
    if head.pupils.shape != (2, 3) or not np.isfinite(head.pupils).all():
        raise FormatError(f"pupils have shape {head.pupils.shape}, expected two finite points")
    across = head.pupils[1] - head.pupils[0]
    distance = float(np.linalg.norm(across))
    if not distance > 0:
        raise FormatError("both pupils are in one place")
    if across[0] < _LEAST_ACROSS * distance:
        raise FormatError(
            f"the left eye lies along {np.round(across / distance, 2).tolist()} of the right one; expected +x: turn "
            "the head so that y is up and the face looks along +z (or the order of the landmarks is not iBUG's)"
        )
    if head.landmarks is None:
        return
    if head.landmarks.shape != (68, 3) or not np.isfinite(head.landmarks).all():
        raise FormatError(f"landmarks have shape {head.landmarks.shape}, expected 68 finite points")
    eyes, nose, chin = head.landmarks[36:48].mean(0), head.landmarks[NOSE_TIP], head.landmarks[8]
    if nose[2] <= eyes[2] or chin[1] >= eyes[1]:
        raise FormatError(
            "its nose does not stand out along +z, or its chin is above its eyes: turn the head so that y is up and "
            "the face looks along +z (or the order of the landmarks is not iBUG's)"
        )


def _is_inside_out(placed: Floats, mesh: Mesh) -> bool:
    """Whether most of the surface, seen from the middle, looks inwards."""
    corners = placed[mesh.faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return float((normals * corners.mean(1)).sum()) < 0


def _looks(head: Head, mesh: Mesh, turned: bool) -> tuple[Looks, tuple[str, ...]]:
    """The head ready to be rendered, and what it lacks."""
    n = mesh.n_faces
    if not head.textures:
        note = () if head.colours is not None else ("it has no texture and no colours: it is grey",)
        return Looks(mesh, None, head.colours), note
    if head.uv is None or head.corners is None or head.corners.shape != (n, 3):
        raise FormatError("it has a texture, but no texture coordinate for each corner of each triangle")
    of = np.zeros(n, np.int64) if head.texture_of is None else head.texture_of
    # A corner without a coordinate cannot be looked up.
    of = np.where((head.corners >= 0).all(1) & (of < len(head.textures)), of, -1)
    notes = () if (of >= 0).any() else ("no triangle has a texture: it is grey",)
    corners = head.corners[:, ::-1] if turned else head.corners
    return Looks(mesh, Texture(head.uv, corners, of, head.textures), head.colours), notes
