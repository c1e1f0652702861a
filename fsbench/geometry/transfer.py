"""Landmarks from a mesh that has them to one of another topology: similarity, bending, look-up."""

from dataclasses import dataclass, replace

import numpy as np

from fsbench.core.arrays import spread_of
from fsbench.core.errors import AlignmentError, MeshError
from fsbench.core.mesh import Floats, Ints, Mesh
from fsbench.geometry.barycentric import interpolate
from fsbench.geometry.elastic import Bending, bend_onto
from fsbench.geometry.nearest import NearestSurface
from fsbench.geometry.oriented import oriented
from fsbench.geometry.procrustes import fit_landmarks
from fsbench.geometry.starts import find_alignment
from fsbench.geometry.transforms import Similarity
from fsbench.geometry.tree import Nearest

# All as shares of the landmarks' spread, of which 0.02 is 1 mm on a face. Below the first, the two are one shape in two
# meshings: there is nothing to bend, and bending could only slide.
_SAME_SHAPE, _OFF, _POOR = 0.01, 0.04, 0.1
_NEAR = 0.6
_TURNED = 0.5
_STRETCHED = 2.0
_FEWEST_STARTS, _FEWEST_LANDMARKS = 3, 3


@dataclass(frozen=True, slots=True, eq=False)
class Transfer:
    """Landmarks on the target.

    Attributes
    ----------
    faces : ndarray of int, (n,)
        Triangle of the target that each is on.
    weights : ndarray, (n, 3)
        Of its corners.
    points : ndarray, (n, 3)
        Where they are, in the target's unit.
    vertices : ndarray of int, (n,)
        The nearest corner.
    target_from_source : Similarity
    bent : bool
        Whether the similarity alone was not enough.
    residual_rms : float
        What the source is off the target near the landmarks at the end, in the target's unit.
    spread : float
        Root mean square distance of the landmarks from their middle, in the target's unit.
    doubts : tuple of (int, str)
        Landmarks, by row from 0, with what speaks against them.
    warnings : tuple of str
        What speaks against all of them.
    """

    faces: Ints
    weights: Floats
    points: Floats
    vertices: Ints
    target_from_source: Similarity
    bent: bool
    residual_rms: float
    spread: float
    doubts: tuple[tuple[int, str], ...]
    warnings: tuple[str, ...]


def transfer_landmarks(
    source: Mesh, landmarks: Floats, target: Mesh, start: tuple[Floats, Floats] | None = None
) -> Transfer:
    """Find the landmarks of `source` on `target`.

    A similarity puts the source onto the target: from `start` if it is given, else by a search over turns and sizes.
    Then the source is bent onto the target, and the nearest places of the bent landmarks are taken.

    Parameters
    ----------
    source, target : Mesh
        Heads or faces, with triangles; in any frame and unit.
    landmarks : ndarray, (n, 3)
        On the source, n >= 3, in its unit.
    start : (ndarray, ndarray), (k, 3) each, optional
        Points of the source and of the target that correspond, k >= 3; the bending keeps to them, too.

    Raises
    ------
    MeshError
        If one of the two has no triangles or no extent.
    AlignmentError
        If nothing brings the two together, or the start is mirrored or in another order.

    Notes
    -----
    Between two meshings of one shape it is as exact as these agree. Between two people it is not: shape alone says
    little of where on a smooth surface a landmark is. Three heads of ICT-FaceKit with random identity were off by 1.5
    to 2 mm in the mean over iBUG's inner 51 points and by 1.7 to 4.5 mm over the jaw; two with seven points for a start
    by 1.0 to 1.2 and 2.4 to 2.7 mm.

    References
    ----------
    Besl & McKay 1992 (ICP), Umeyama 1991, Bookstein 1989; see `find_alignment` and `bend_onto`.
    """
    for mesh, name in ((source, "mesh with the landmarks"), (target, "mesh to find them on")):
        if not mesh.n_faces:
            raise MeshError(f"the {name} has no triangles: a surface is needed to look places up on")
    if len(landmarks) < _FEWEST_LANDMARKS or not np.ptp(landmarks, axis=0).any():
        raise AlignmentError(f"{len(landmarks)} landmarks, expected {_FEWEST_LANDMARKS} or more, not all in one place")
    outward = _outward(target)
    # First, as it refuses a mesh without extent.
    surface = NearestSurface(outward)
    found = _transferred(_outward(source), landmarks, surface, start)
    # Weights of the corners as the target has them.
    return found if outward is target else replace(found, weights=found.weights[:, ::-1])


def _transferred(
    source: Mesh, landmarks: Floats, surface: NearestSurface, start: tuple[Floats, Floats] | None
) -> Transfer:
    target = surface.mesh
    pose = _pose(source, target, start)
    moved, marks = pose.apply(source.vertices), pose.apply(landmarks)
    spread = spread_of(marks)
    rms = _misfit(moved, marks, surface, spread)
    posed = Mesh(moved, source.faces)
    if rms <= _SAME_SHAPE * spread:
        return _looked_up(posed, marks, None, surface, pose, rms)
    warnings: tuple[str, ...] = ()
    if start is None and rms > _POOR * spread:
        share = f"{rms / spread:.0%} of the landmarks' spread"
        warnings = (f"a similarity leaves {rms:.3g}, {share}: the start may be wrong",)
    known = None if start is None else (pose.apply(start[0]), start[1])
    return _looked_up(posed, marks, bend_onto(posed, target, marks, known), surface, pose, rms, warnings)


def _outward(mesh: Mesh) -> Mesh:
    """The mesh itself, or with every triangle turned round where they look inwards, as some methods write them."""
    return mesh if oriented(mesh).winding >= 0 else Mesh(mesh.vertices, mesh.faces[:, ::-1])


def _pose(source: Mesh, target: Mesh, start: tuple[Floats, Floats] | None) -> Similarity:
    if start is None:
        return find_alignment(target, NearestSurface(source)).ref_from_pred
    if len(start[0]) < _FEWEST_STARTS:
        raise AlignmentError(f"{len(start[0])} points for a start, at least {_FEWEST_STARTS} are needed")
    return fit_landmarks(start[1], start[0]).trusted().ref_from_pred


def _misfit(points: Floats, marks: Floats, surface: NearestSurface, spread: float) -> float:
    """Root mean square distance of the points near the landmarks from the surface, without those beyond its rim."""
    from scipy.spatial import cKDTree

    near = points[cKDTree(marks).query(points)[0] < _NEAR * spread]
    nearest = surface.closest(np.concatenate([near, marks]))
    counts = nearest.distances[~surface.on_rim(nearest)]
    return float(np.sqrt((counts**2).mean())) if len(counts) else np.inf


def _looked_up(
    posed: Mesh,
    marks: Floats,
    bending: Bending | None,
    surface: NearestSurface,
    pose: Similarity,
    rms: float,
    warnings: tuple[str, ...] = (),
) -> Transfer:
    ends = marks if bending is None else bending.apply(marks)
    nearest = surface.closest(ends)
    corners = surface.mesh.faces[nearest.faces]
    points = interpolate(surface.mesh.vertices, corners, nearest.weights)
    gaps = np.linalg.norm(surface.mesh.vertices[corners] - points[:, None], axis=2)
    vertices = np.take_along_axis(corners, gaps.argmin(1)[:, None], 1)[:, 0]
    spread = spread_of(marks)
    doubts = _doubts(NearestSurface(posed), marks, bending, surface, nearest, spread)
    left = rms if bending is None else bending.residual_rms
    return Transfer(
        nearest.faces, nearest.weights, points, vertices, pose, bending is not None, left, spread, doubts, warnings
    )


def _doubts(
    posed: NearestSurface,
    marks: Floats,
    bending: Bending | None,
    surface: NearestSurface,
    nearest: Nearest,
    spread: float,
) -> tuple[tuple[int, str], ...]:
    own = posed.closest(marks)
    beyond = nearest.distances - own.distances
    rim = surface.on_rim(nearest) & ~posed.on_rim(own) & (beyond > _SAME_SHAPE * spread)
    facing = (posed.smooth_normals(own) * surface.smooth_normals(nearest)).sum(1)
    found = []
    for row in np.flatnonzero(beyond > _OFF * spread):
        found.append((int(row), f"{beyond[row]:.3g} off the surface"))
    found += [(int(row), "the surface ends there") for row in np.flatnonzero(rim)]
    found += [(int(row), "the surface looks another way there") for row in np.flatnonzero(facing < _TURNED)]
    if bending is not None:
        factors, folds = bending.stretch(marks)
        found += [(int(row), "the bending folds there") for row in np.flatnonzero(folds)]
        odd = (factors[:, 0] > _STRETCHED) | (factors[:, 2] < 1 / _STRETCHED)
        for row in np.flatnonzero(odd & ~folds):
            found.append((int(row), f"the bending stretches by {factors[row, 2]:.2f} to {factors[row, 0]:.2f} there"))
    return tuple(sorted(found))
