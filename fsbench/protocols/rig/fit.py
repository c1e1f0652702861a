"""Fit: a prediction's neutral face on the captured one, found once and used for all expressions."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from fsbench.core.errors import AlignmentError
from fsbench.core.mesh import Floats, Ints, Mesh
from fsbench.geometry.nearest import NearestSurface
from fsbench.geometry.procrustes import fit_landmarks
from fsbench.geometry.transforms import Similarity
from fsbench.protocols.doubts import doubts_about_place
from fsbench.protocols.rig.correspondence import Correspondence, by_number, by_warp
from fsbench.protocols.rig.subject import Subject

# Share of the face with a counterpart; the limit is ours.
_LEAST_COVERED = 0.6
_FEWEST = 10


@dataclass(frozen=True, eq=False)
class Fit:
    """Alignment and correspondence of a method's topology with a subject.

    Attributes
    ----------
    ref_from_pred : Similarity
        Found on neutral; used for all expressions.
    places : Correspondence
        On the prediction's topology, for all vertices of the reference.
    neutral : Mesh
        The predicted neutral face, aligned, mm.
    covered : float
        Share of the face's vertices with a counterpart.
    doubts : tuple of str
    """

    subject: Subject
    ref_from_pred: Similarity
    places: Correspondence
    neutral: Mesh
    covered: float
    doubts: tuple[str, ...]
    kept: dict[Any, Any] = field(default_factory=dict, repr=False)
    """What details share, see `fsbench.protocols.rig.detail`."""

    @cached_property
    def neutral_mm(self) -> float:
        """Mean distance from the face's vertices to the predicted neutral surface."""
        surface = NearestSurface(self.neutral, self.subject.threads)
        return float(surface.closest(self.subject.neutral.vertices[self.subject.face]).distances.mean())


def fitted(subject: Subject, neutral: Mesh, landmarks: Floats | None) -> Fit:
    """The fit of a predicted neutral face; the last one is kept, as a subject's expressions share it.

    Raises
    ------
    AlignmentError
        If the topologies differ and there are no landmarks, or the two sides do not correspond, or are mirrored.
    """
    parts = (neutral.vertices, neutral.faces, np.empty(0) if landmarks is None else landmarks)
    key = hashlib.sha256(b"|".join(np.ascontiguousarray(part).tobytes() for part in parts)).digest()
    found: Fit | None = subject.fits.get(key)
    if found is None:
        found = _fit(subject, neutral, landmarks)
        subject.fits.clear()
        subject.fits[key] = found
    return found


def _fit(subject: Subject, neutral: Mesh, landmarks: Floats | None) -> Fit:
    doubts = list(subject.doubts)
    if shares_topology(subject.neutral, neutral):
        places = by_number(neutral.n_vertices)
    else:
        start, about = _by_landmarks(subject, neutral, landmarks)
        doubts += about
        assert landmarks is not None and subject.marks_mm is not None, "checked where the fit starts"
        there = neutral.with_vertices(start.apply(neutral.vertices))
        places = by_warp(subject.neutral, there, subject.marks_mm, start.apply(landmarks), subject.threads)
    used = subject.face[places.inside[subject.face]]
    if len(used) < _FEWEST:
        raise AlignmentError(
            f"{len(used)} of {len(subject.face)} vertices of the face have a counterpart on the prediction"
        )
    fit = fit_landmarks(subject.neutral.vertices[used], places.at(neutral.vertices)[used]).trusted()
    covered = len(used) / len(subject.face)
    if covered < _LEAST_COVERED:
        doubts.append(f"only {covered:.0%} of the face has a counterpart: is the prediction incomplete?")
    doubts += fit.doubts
    aligned = neutral.with_vertices(fit.ref_from_pred.apply(neutral.vertices))
    return Fit(subject, fit.ref_from_pred, places, aligned, covered, tuple(dict.fromkeys(doubts)))


def shares_topology(reference: Mesh, prediction: Mesh) -> bool:
    """Whether two meshes have the same triangles and numbers of vertices, so that vertices correspond by number.

    In whatever order triangles stand, and with whatever corner they begin: a file's writer chooses both.
    """
    if reference.n_vertices != prediction.n_vertices:
        return False
    if np.array_equal(reference.faces, prediction.faces):
        return True
    return np.array_equal(_in_one_order(reference.faces), _in_one_order(prediction.faces))


def _in_one_order(faces: Ints) -> Ints:
    """Triangles that begin with their least corner and keep their side, sorted, without those of two corners."""
    faces = faces[(faces != np.roll(faces, 1, axis=1)).all(1)]
    first = faces.argmin(1)[:, None]
    turned = np.take_along_axis(faces, (first + np.arange(3)) % 3, 1)
    return turned[np.lexsort(turned.T)]


def _by_landmarks(subject: Subject, neutral: Mesh, landmarks: Floats | None) -> tuple[Similarity, list[str]]:
    if landmarks is None or subject.marks_mm is None:
        raise AlignmentError(
            f"the prediction has {neutral.n_vertices} vertices and {neutral.n_faces} triangles, the captured face "
            f"{subject.neutral.n_vertices} and {subject.neutral.n_faces}: for another topology give --landmarks and "
            "--pred-landmarks, the same points on both neutral faces"
        )
    marked = fit_landmarks(subject.marks_mm, landmarks).trusted()
    away = NearestSurface(neutral, subject.threads).closest(landmarks).distances
    return marked.ref_from_pred, [*marked.doubts, *doubts_about_place(landmarks, away)]
