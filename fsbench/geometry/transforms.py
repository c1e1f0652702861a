"""Similarity: the named transform that every alignment returns."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from fsbench.core.errors import AlignmentError
from fsbench.core.mesh import Floats

# Rotations that come out of a few matrix products are orthonormal to about 1e-15; a file's six decimals give 1e-6.
_ORTHONORMAL = 1e-5


@dataclass(frozen=True, slots=True, eq=False)
class Similarity:
    """x -> scale * rotation x + translation, never mirrored.

    Name it by what it does, `ref_from_pred`, so that products read from right to left:
    `ref_from_raw = ref_from_pred @ pred_from_raw`.

    Parameters
    ----------
    scale : float
        > 0; units of the target for one unit of the source.
    rotation : array_like, (3, 3)
        Orthonormal with determinant +1.
    translation : array_like, (3,)
        In units of the target.

    Raises
    ------
    AlignmentError
        If a value is not finite, the scale not positive, or the matrix mirrors or is no rotation.

    Examples
    --------
    >>> mm_from_m = Similarity(1000.0)
    >>> mm_from_m.apply([[0.001, 0.0, 0.002]]).tolist()
    [[1.0, 0.0, 2.0]]
    >>> round((mm_from_m @ mm_from_m.inverse()).scale, 12)
    1.0
    """

    scale: float
    rotation: Floats
    translation: Floats

    def __init__(
        self,
        scale: float = 1.0,
        rotation: npt.ArrayLike = ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
        translation: npt.ArrayLike = (0, 0, 0),
    ) -> None:
        turn = np.array(rotation, np.float64)
        shift = np.array(translation, np.float64)
        if turn.shape != (3, 3) or shift.shape != (3,):
            raise AlignmentError(f"rotation {turn.shape} and translation {shift.shape}, expected (3, 3) and (3,)")
        if not (np.isfinite(turn).all() and np.isfinite(shift).all() and np.isfinite(scale)):
            raise AlignmentError("a transform with NaN or infinite values")
        if scale <= 0:
            raise AlignmentError(f"a transform with scale {scale:g}, expected > 0")
        if np.abs(turn @ turn.T - np.eye(3)).max() > _ORTHONORMAL:
            raise AlignmentError("the rotation matrix is not orthonormal")
        if np.linalg.det(turn) < 0:
            raise AlignmentError("the rotation matrix mirrors (determinant -1)")
        turn.flags.writeable = shift.flags.writeable = False
        object.__setattr__(self, "scale", float(scale))
        object.__setattr__(self, "rotation", turn)
        object.__setattr__(self, "translation", shift)

    def apply(self, points: npt.ArrayLike) -> Floats:
        """Move points, rows of (n, 3)."""
        moved: Floats = self.scale * (np.asarray(points, np.float64) @ self.rotation.T) + self.translation
        return moved

    def compose(self, first: Self) -> "Similarity":
        """Return the transform that does `first`, then this one."""
        return Similarity(
            self.scale * first.scale,
            self.rotation @ first.rotation,
            self.scale * (self.rotation @ first.translation) + self.translation,
        )

    def __matmul__(self, first: Self) -> "Similarity":
        return self.compose(first)

    def inverse(self) -> "Similarity":
        """Return the way back."""
        back = self.rotation.T
        return Similarity(1.0 / self.scale, back, -(back @ self.translation) / self.scale)

    def angle_deg(self) -> float:
        """Angle of the rotation, in [0, 180] degrees."""
        # atan2 keeps small angles exact where arccos of the trace loses half the digits.
        skew = self.rotation - self.rotation.T
        sine = 0.5 * float(np.linalg.norm([skew[2, 1], skew[0, 2], skew[1, 0]]))
        return float(np.degrees(np.arctan2(sine, 0.5 * (np.trace(self.rotation) - 1.0))))

    def matrix(self) -> Floats:
        """Return the 4 x 4 matrix for column vectors, as other programs expect it."""
        full = np.eye(4)
        full[:3, :3] = self.scale * self.rotation
        full[:3, 3] = self.translation
        return full


def rotation_by(vector: npt.ArrayLike) -> Floats:
    """Rotation matrix (3, 3) of a rotation vector (3,), in radians; exact down to no rotation at all.

    By Rodrigues' formula and not `scipy.spatial.transform`, which takes longer to load than several samples to score.

    Examples
    --------
    >>> rotation_by([0, 0, np.pi / 2]).round(12).tolist()
    [[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    cross = cross_matrix(vector)
    angle = float(np.linalg.norm(vector))
    # sinc(x) is sin(pi x) / (pi x), and 1 - cos(a) is 2 sin(a / 2)^2.
    once, twice = np.sinc(angle / np.pi), 0.5 * np.sinc(0.5 * angle / np.pi) ** 2
    rotation: Floats = np.eye(3) + once * cross + twice * (cross @ cross)
    return rotation


def right_jacobian(vector: npt.ArrayLike) -> Floats:
    """J with rotation_by(vector + d) = rotation_by(vector) rotation_by(J d) to first order in d, (3, 3).

    References
    ----------
    Sola, Deray, Atchuthan 2018, "A micro Lie theory for state estimation in robotics", arXiv:1812.01537, eq. 143.
    """
    angle = float(np.linalg.norm(vector))
    cross = cross_matrix(vector)
    if angle < 1e-6:  # the quotients below lose their digits; the series does not
        series: Floats = np.eye(3) - 0.5 * cross + cross @ cross / 6
        return series
    once, twice = (1 - np.cos(angle)) / angle**2, (angle - np.sin(angle)) / angle**3
    jacobian: Floats = np.eye(3) - once * cross + twice * (cross @ cross)
    return jacobian


def cross_matrix(vectors: npt.ArrayLike) -> Floats:
    """Matrices (..., 3, 3) that take a point p to the cross product of each vector (..., 3) and p."""
    x, y, z = np.moveaxis(np.asarray(vectors, np.float64), -1, 0)
    zero = np.zeros_like(x)
    return np.moveaxis(np.array([[zero, -z, y], [z, zero, -x], [-y, x, zero]]), (0, 1), (-2, -1))
