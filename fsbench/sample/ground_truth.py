"""The true faces: their meshes, their landmarks and what a view hides of them, all in the head frame."""

from dataclasses import dataclass

import numpy as np

from fsbench.core.mesh import Floats, Mesh
from fsbench.geometry.normals import vertex_normals
from fsbench.geometry.rays import Surface
from fsbench.sample.head_model import REFERENCE_REGION, HeadModel
from fsbench.sample.people import REFERENCE_PEOPLE, bumps_mm, draw_expressions
from fsbench.sample.skin import SkinPainter
from fsbench.sample.subdivision import face_part, smooth_fans


@dataclass(frozen=True, slots=True)
class TrueFace:
    """One person with one expression, head frame, pupil-normalised mm.

    Parameters
    ----------
    face : Mesh
        Mesh that is written as ground truth.
    head : Surface
        The whole head, coarser, to find hidden points.
    landmarks : (68, 3)
    """

    face: Mesh
    head: Surface
    landmarks: Floats


class TrueFaces:
    """Draws true faces; the fixed part of the work is done once."""

    def __init__(self, model: HeadModel) -> None:
        self._model = model
        whole, quad = smooth_fans(model.quads, len(model.mean))
        self._region, place = face_part(model, whole, quad, REFERENCE_REGION)
        self._landmarks = place[model.landmarks]
        self._whole, self._place = whole, place

    def draw(self, rng: np.random.Generator) -> TrueFace:
        """A new person."""
        model = self._model
        head = model.person(REFERENCE_PEOPLE.draw(model, rng, 1)[0])
        head = head + model.expression(draw_expressions(model, rng, 1)[0])
        smooth = Mesh(self._region.vertices(head), self._region.faces)
        face = smooth.vertices + vertex_normals(smooth, by_area=False) * bumps_mm(smooth.vertices, rng)[:, None]
        return TrueFace(Mesh(face, smooth.faces), Surface(Mesh(head, model.triangles)), face[self._landmarks])

    def whole(self, truth: TrueFace) -> Mesh:
        """The whole head, as fine as its face and with it, to be rendered."""
        vertices = self._whole.vertices(truth.head.mesh.vertices)
        inside = self._place >= 0
        vertices[inside] = truth.face.vertices[self._place[inside]]
        return Mesh(vertices, self._whole.faces)

    def painter(self) -> SkinPainter:
        """Paints skins for `whole`."""
        model = self._model
        eyes = np.zeros(len(model.mean))
        eyes[model.right_eye] = eyes[model.left_eye] = 1.0
        is_eye = np.asarray(self._whole.weights @ eyes)
        return SkinPainter(model, self._whole.vertices(model.mean), is_eye, self._whole.faces)
