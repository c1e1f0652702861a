"""Steps 1 and 2: a similarity by seven keypoints, then a rigid alignment to each region of the scan.

As published, with its roundings: keypoints and vertices are in single precision where the public evaluator rounds them.
A rotation may mirror. The scale is a quotient of sums of absolute coordinates, which depends on the frame.

References
----------
Chai et al. 2022, "REALY: Rethinking the Evaluation of 3D Face Reconstruction", ECCV (gICP, rICP), and its public
evaluator.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fsbench.core.errors import AlignmentError
from fsbench.core.mesh import Floats, Ints, Mesh
from fsbench.geometry.nearest import NearestSurface

Singles = npt.NDArray[np.float32]

# Step 2 stops when the mean squared residual changes by less, in units^2.
_STOP = 1e-6
MOST_UPDATES = 100


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """p -> scale * rotation p + translation; the rotation has determinant 1 or -1."""

    scale: float
    rotation: Floats
    translation: Floats

    @property
    def mirrors(self) -> bool:
        """Whether it mirrors."""
        return bool(np.linalg.det(self.rotation) < 0)

    def apply(self, points: Floats) -> Floats:
        """Move rows of (n, 3), which are scaled in single precision."""
        if self.scale != 1.0:
            points = (points.astype(np.float32) * np.float32(self.scale)).astype(np.float64)
        moved: Floats = points @ self.rotation.T + self.translation
        return moved


def fit_keypoints(reference: Floats, prediction: Floats) -> Fit:
    """Step 1, gICP: the similarity of the seven keypoints, rows of (7, 3).

    Raises
    ------
    AlignmentError
        If the predicted ones are all in one place.
    """
    ref = reference.astype(np.float32)
    rotation = _rotation(ref, prediction)
    off_ref, off_pred = ref - ref.mean(0), prediction - prediction.mean(0)
    wanted, size = float(np.abs(off_ref).sum()), float(np.abs(rotation @ off_pred.T).sum())
    if not size > wanted / np.finfo(np.float32).max:
        raise AlignmentError("the seven predicted keypoints are all in one place: is the keypoint file the template's?")
    scale = wanted / size
    return Fit(scale, rotation, (ref - scale * (prediction @ rotation.T)).mean(0))


@dataclass(frozen=True, slots=True, eq=False)
class RigidFit:
    """Result of `fit_region`.

    Attributes
    ----------
    vertices : ndarray, (V, 3)
        Of the prediction, aligned; in units of the scan, in single precision once moved.
    updates : int
    residuals : ndarray, (updates + 1,)
        Mean squared residual of every fit; the last fit is not applied.
    net : Fit
        All updates together, from the result of step 1.
    """

    vertices: Floats
    updates: int
    residuals: Floats
    net: Fit

    @property
    def converged(self) -> bool:
        """Whether it stopped before its limit."""
        return self.updates < MOST_UPDATES


def fit_region(
    region: Floats, ref_keypoints: Floats, vertices: Floats, faces: Ints, keypoints: Floats, repeats: int, threads: int
) -> RigidFit:
    """Step 2, rICP: closest points of all vertices of the region, and its keypoints, many times over.

    Parameters
    ----------
    region : ndarray, (n, 3)
        All vertices of the file; a repeated one counts twice.
    ref_keypoints, keypoints : ndarray, (k, 3)
        Of the scan, and of the prediction where step 1 put it.
    vertices, faces : ndarray, (V, 3), (F, 3)
        The prediction there.
    repeats : int
        How often the keypoints count.
    threads : int
        Of the queries.
    """
    target = np.concatenate([region, np.tile(ref_keypoints, (repeats, 1))]).astype(np.float32)
    residuals, last = [], 0.0
    rotation, translation = np.eye(3), np.zeros(3)
    surface, nearest = NearestSurface(Mesh(vertices, faces), threads), None
    while True:
        nearest = surface.closest(region, None if nearest is None else nearest.faces)
        source = np.concatenate([nearest.points, np.tile(keypoints, (repeats, 1))])
        update = _rigid(target, source)
        residuals.append(_mean_square(target, update.apply(source)))
        if abs(residuals[-1] - last) < _STOP or len(residuals) > MOST_UPDATES:
            return RigidFit(vertices, len(residuals) - 1, np.array(residuals), Fit(1.0, rotation, translation))
        last = residuals[-1]
        vertices, keypoints = (
            update.apply(points).astype(np.float32).astype(np.float64) for points in (vertices, keypoints)
        )
        rotation, translation = update.rotation @ rotation, update.rotation @ translation + update.translation
        surface = NearestSurface(Mesh(vertices, faces), threads)


def _mean_square(target: Singles, aligned: Floats) -> float:
    """Mean squared residual in single precision."""
    with np.errstate(over="ignore"):
        mean = float(np.square(aligned.astype(np.float32) - target).sum(1).mean())
    if not np.isfinite(mean):
        farthest = np.abs(aligned).max()
        raise AlignmentError(
            f"a keypoint of the prediction is {farthest:.3g} units from the scan, by the scale of its seven: is the "
            "mesh torn, or the template another method's?"
        )
    return mean


def _rigid(target: Singles, source: Floats) -> Fit:
    rotation = _rotation(target, source)
    return Fit(1.0, rotation, (target - source @ rotation.T).mean(0))


def _rotation(target: Singles, source: Floats) -> Floats:
    """Best rotation of the source's rows onto the target's, which may mirror."""
    left, _, right = np.linalg.svd((target - target.mean(0)).T @ (source - source.mean(0)))
    rotation: Floats = left @ right
    return rotation
