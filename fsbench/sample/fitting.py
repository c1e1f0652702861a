"""Fit a morphable model to the landmarks of one view: pose, camera and coefficients in one least-squares problem."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.optimize import least_squares
from scipy.spatial.transform import Rotation

from fsbench.core.errors import AlignmentError
from fsbench.core.mesh import Floats
from fsbench.geometry.transforms import cross_matrix, right_jacobian
from fsbench.sample.observation import Observation
from fsbench.sample.shape_space import ShapeSpace

SIGMA_PX = 2.0
"""Expected misfit of a landmark: the detector's noise and what the model cannot express. Weighs data against prior."""

START_YAWS_DEG = (0.0, -50.0, 50.0)


class Projection(Protocol):
    """A camera with three unknowns. Posed points have x right, y up, z towards the viewer, the origin in the head."""

    def start(self, scale_px: float, shift_px: Floats) -> Floats:
        """Unknowns (3,) for an image `scale_px` pixels a millimetre large and moved by `shift_px` (2,)."""

    def project(self, points: Floats, unknowns: Floats) -> tuple[Floats, Floats, Floats]:
        """Pixels (n, 2); their derivatives by the points (n, 2, 3) and by the unknowns (n, 2, 3)."""

    def place(self, points: Floats, unknowns: Floats) -> Floats:
        """Points (n, 3) where the camera has them: see the implementations."""


class WeakPerspective:
    """Scaled orthography; unknowns are log(scale in px/mm) and the shift in px."""

    def start(self, scale_px: float, shift_px: Floats) -> Floats:
        """See `Projection.start`."""
        return np.array([np.log(scale_px), *shift_px])

    def project(self, points: Floats, unknowns: Floats) -> tuple[Floats, Floats, Floats]:
        """See `Projection.project`."""
        scaled = np.exp(unknowns[0]) * points[:, :2]
        by_points = np.zeros((len(points), 2, 3))
        by_points[:, 0, 0] = by_points[:, 1, 1] = np.exp(unknowns[0])
        by_unknowns = np.zeros((len(points), 2, 3))
        by_unknowns[:, :, 0] = scaled
        by_unknowns[:, 0, 1] = by_unknowns[:, 1, 2] = 1.0
        return scaled + unknowns[1:], by_points, by_unknowns

    def place(self, points: Floats, unknowns: Floats) -> Floats:
        """In pixels from the middle of the image, z alike, towards the viewer."""
        found: Floats = np.exp(unknowns[0]) * points + np.append(unknowns[1:], 0.0)
        return found


@dataclass(frozen=True, slots=True)
class Pinhole:
    """Perspective with a known focal length; unknowns are log(distance in mm) and the direction in px."""

    focal_px: float

    def start(self, scale_px: float, shift_px: Floats) -> Floats:
        """See `Projection.start`."""
        return np.array([np.log(self.focal_px / scale_px), *shift_px])

    def project(self, points: Floats, unknowns: Floats) -> tuple[Floats, Floats, Floats]:
        """See `Projection.project`."""
        distance = np.exp(unknowns[0])
        depth = distance - points[:, 2]
        moved = points[:, :2] + unknowns[1:] * distance / self.focal_px
        a_mm = self.focal_px / depth
        pixels = moved * a_mm[:, None]
        by_points = np.zeros((len(points), 2, 3))
        by_points[:, 0, 0] = by_points[:, 1, 1] = a_mm
        by_points[:, :, 2] = pixels / depth[:, None]
        by_unknowns = np.zeros((len(points), 2, 3))
        by_unknowns[:, 0, 1] = by_unknowns[:, 1, 2] = distance / depth
        by_unknowns[:, :, 0] = (unknowns[1:] - pixels) * (distance / depth)[:, None]
        return pixels, by_points, by_unknowns

    def place(self, points: Floats, unknowns: Floats) -> Floats:
        """In the camera's frame, mm: x right, y up, z towards the viewer, the pinhole at the origin."""
        distance = np.exp(unknowns[0])
        found: Floats = points + np.append(unknowns[1:] * distance / self.focal_px, -distance)
        return found


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted face: `coefficients` (K,) and `vertices` (n, 3) as its projection's `place` puts them."""

    coefficients: Floats
    vertices: Floats


def fit(space: ShapeSpace, seen: Observation, camera: Projection, sigma_px: float = SIGMA_PX) -> Fit:
    """Maximum a posteriori face: pose and camera without, coefficients with a standard normal prior.

    Parameters
    ----------
    space : ShapeSpace
        An empty basis leaves the mean face and fits the pose alone.
    seen : Observation
        At least 4 visible points.
    camera : Projection
    sigma_px : float
        Standard deviation that a landmark's misfit is expected to have.

    Raises
    ------
    AlignmentError
        If fewer than 4 points are visible: they do not fix a pose.
    """
    points = seen.points_px[seen.visible]
    if len(points) < 4:
        raise AlignmentError(f"{len(points)} landmarks are visible, a pose needs 4 or more")
    landmarks = space.landmarks[seen.visible]
    problem = _Problem(space.mean[landmarks], space.basis[:, landmarks], points, camera, sigma_px)
    rigid = _Problem(problem.mean, problem.basis[:0], points, camera, sigma_px)
    # A profile has two mirror-like explanations: try several sides with the rigid mean face, keep the best.
    state = min((rigid.solve(rigid.start(yaw)) for yaw in START_YAWS_DEG), key=rigid.cost)
    if len(space.basis):
        state = problem.solve(_State(state.turn, state.unknowns, np.zeros(len(space.basis))))
    return Fit(state.coefficients, camera.place(space.vertices(state.coefficients) @ state.turn.T, state.unknowns))


@dataclass(frozen=True, slots=True)
class _State:
    """A guess: rotation (3, 3), the camera's unknowns (3,), coefficients (K,)."""

    turn: Floats
    unknowns: Floats
    coefficients: Floats


@dataclass(frozen=True, slots=True)
class _Problem:
    """Residuals of the visible landmarks: `mean` (m, 3), `basis` (K, m, 3), `points` (m, 2) px."""

    mean: Floats
    basis: Floats
    points: Floats
    camera: Projection
    sigma_px: float

    def start(self, yaw_deg: float) -> _State:
        """A guess from the spread and the middle of the points."""
        turn = Rotation.from_euler("y", yaw_deg, degrees=True).as_matrix()
        flat = (self.mean @ turn.T)[:, :2]
        scale = float(np.linalg.norm(self.points.std(0)) / np.linalg.norm(flat.std(0)))
        shift = self.points.mean(0) - scale * flat.mean(0)
        return _State(turn, self.camera.start(scale, shift), np.zeros(len(self.basis)))

    def cost(self, state: _State) -> float:
        """Sum of squared residuals."""
        return float((self._residuals(self._pack(state), state.turn) ** 2).sum())

    def solve(self, state: _State) -> _State:
        """Gauss-Newton with a trust region from a guess; the rotation vector counts from the guess's rotation."""
        best = least_squares(self._residuals, self._pack(state), self._jacobian, method="lm", args=(state.turn,)).x
        return _State(Rotation.from_rotvec(best[:3]).as_matrix() @ state.turn, best[3:6], best[6:])

    @staticmethod
    def _pack(state: _State) -> Floats:
        return np.concatenate([np.zeros(3), state.unknowns, state.coefficients])

    def _posed(self, x: Floats, turn: Floats) -> tuple[Floats, Floats]:
        """Rotation (3, 3), and points (m, 3) before the rotation vector is applied."""
        shaped = self.mean + np.tensordot(x[6:], self.basis, 1)
        return Rotation.from_rotvec(x[:3]).as_matrix(), shaped @ turn.T

    def _residuals(self, x: Floats, turn: Floats) -> Floats:
        rotation, points = self._posed(x, turn)
        pixels, _, _ = self.camera.project(points @ rotation.T, x[3:6])
        return np.concatenate([(pixels - self.points).ravel() / self.sigma_px, x[6:]])

    def _jacobian(self, x: Floats, turn: Floats) -> Floats:
        rotation, points = self._posed(x, turn)
        _, by_points, by_unknowns = self.camera.project(points @ rotation.T, x[3:6])
        by_vector = -rotation @ cross_matrix(points) @ right_jacobian(x[:3])
        n, k = 2 * len(points), len(self.basis)
        moves = np.moveaxis(self.basis @ (rotation @ turn).T, 0, 2)  # (m, 3, K)
        data = np.concatenate([by_points @ by_vector, by_unknowns, by_points @ moves], 2).reshape(n, 6 + k)
        return np.concatenate([data / self.sigma_px, np.eye(6 + k)[6:]])
