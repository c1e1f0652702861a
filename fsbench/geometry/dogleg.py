"""Dogleg: Gauss-Newton in a trust region on unsigned point-to-surface distances."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fsbench.core.compiled import compiled
from fsbench.core.mesh import Floats
from fsbench.geometry.nearest import Nearest, NearestSurface
from fsbench.geometry.transforms import Similarity, right_jacobian, rotation_by

# Gradients, steps and radii (relative to the parameters) below these count as zero.
_NOTHING = 1e-15


@dataclass(frozen=True, slots=True)
class Dogleg:
    """When to trust a step and when to stop. The defaults are the NoW evaluator's.

    Parameters
    ----------
    radius : float
        First trust radius, on the raw parameters (scale, rotation vector in rad, translation in mm).
    improvement : float
        Stop after an accepted step that lowers the sum of squares by less than this share.
    max_steps : int
        Most accepted steps.
    """

    radius: float = 0.1
    improvement: float = 1e-4
    max_steps: int = 200

    def __str__(self) -> str:
        """Every setting, for a signature."""
        return f"dogleg/{self.radius:g}/{self.improvement:g}/{self.max_steps}"


@dataclass(frozen=True, slots=True)
class Refinement:
    """Where the refinement ended, and why.

    Parameters
    ----------
    ref_from_pred : Similarity
        Takes the surface (the prediction) to the points (the reference).
    distances : (n,)
        From each point to the moved surface, in units of the points.
    nearest : Nearest
        The nearest points in the surface's own frame.
    steps : int
        Number of accepted steps.
    converged : bool
        False if the steps ran out.
    reason : str
        Why it stopped.
    """

    ref_from_pred: Similarity
    distances: Floats
    nearest: Nearest
    steps: int
    converged: bool
    reason: str


@dataclass(frozen=True, slots=True)
class _State:
    """One evaluation at parameters (s, r, t).

    `residuals` (n,), the sum of their squares, the points in the surface's frame, the nearest there.
    """

    theta: Floats
    residuals: Floats
    cost: float
    moved: Floats
    nearest: Nearest


_Evaluate = Callable[[Floats, _State], _State]


def refine(points: Floats, surface: NearestSurface, with_scale: bool, settings: Dogleg | None = None) -> Refinement:
    """Move a surface from its present pose until points lie on it.

    Minimises the sum of squared distances from each point to the nearest point of the moved surface over
    s, r, t of x -> s R(r) x + t. The search tree is built once: the points are moved the other way.

    Parameters
    ----------
    points : (n, 3)
        The scan, which stays.
    surface : NearestSurface
        The prediction, already close to its final pose.
    with_scale : bool
        False keeps s = 1.
    settings : Dogleg, optional
        NoW's by default.

    References
    ----------
    Nocedal & Wright, Numerical Optimization, 4.1 (dogleg); the residuals are those of the scan-to-mesh
    refinement of the NoW challenge (Sanyal et al. 2019, arXiv:1905.06817).
    """
    rules = settings or Dogleg()
    points = np.ascontiguousarray(points, np.float64)
    start = _evaluate(np.array([1.0, 0, 0, 0, 0, 0, 0]), points, surface)
    state, steps, reason = _descend(
        start, lambda theta, last: _evaluate(theta, points, surface, last), with_scale, rules
    )
    end = _transform(state.theta)
    return Refinement(end, state.residuals, state.nearest, steps, steps < rules.max_steps, reason)


def _descend(state: _State, evaluate: _Evaluate, with_scale: bool, rules: Dogleg) -> tuple[_State, int, str]:
    """Accept steps until a rule stops; (where, accepted steps, why)."""
    radius = rules.radius
    for steps in range(rules.max_steps):
        if state.cost == 0:
            return state, steps, "all distances are zero"
        model = _Model(state, with_scale)
        if np.abs(model.gradient).max() < _NOTHING:
            return state, steps, "the gradient is zero"
        accepted, radius = _accepted_step(state, model, evaluate, radius)
        if accepted is None:
            return state, steps, "no step improves"
        gain = (state.cost - accepted.cost) / state.cost
        state = accepted
        if gain < rules.improvement:
            return state, steps + 1, f"the last step improved by less than {rules.improvement:g}"
    return state, rules.max_steps, f"{rules.max_steps} steps without convergence"


def _accepted_step(state: _State, model: "_Model", evaluate: _Evaluate, radius: float) -> tuple[_State | None, float]:
    """Shorten the step until it lowers the cost; (the new state or None, the next radius)."""
    tiny = _NOTHING * float(np.linalg.norm(state.theta))
    while True:
        step = model.step(radius)
        length = float(np.linalg.norm(step))
        if length <= tiny or radius <= tiny:
            return None, radius
        if state.theta[0] + step[0] <= 0:  # turned inside out: no such shape
            radius *= 0.25
            continue
        trial = evaluate(state.theta + step, state)
        ratio = (state.cost - trial.cost) / model.predicted(step)
        if ratio > 0.9:
            radius = max(radius, 2.5 * length)
        elif ratio < 0.05:
            radius *= 0.25
        if trial.cost < state.cost:
            return trial, radius


def _transform(theta: Floats) -> Similarity:
    return Similarity(theta[0], rotation_by(theta[1:4]), theta[4:])


def _evaluate(theta: Floats, points: Floats, surface: NearestSurface, last: _State | None = None) -> _State:
    back = _transform(theta).inverse()
    moved = np.empty_like(points)
    _move(points, np.ascontiguousarray(back.scale * back.rotation), back.translation, moved)
    nearest = surface.closest(moved, last.nearest.faces if last else None)
    residuals = theta[0] * nearest.distances
    return _State(theta, residuals, float(np.square(residuals).sum()), moved, nearest)


class _Model:
    """The quadratic model of Gauss-Newton: cost - 2 g.d + d A d."""

    def __init__(self, state: _State, with_scale: bool) -> None:
        products, weighted = np.empty((7, 7)), np.empty(7)
        _sum_up(state.moved, state.nearest.points, state.nearest.distances, np.empty(7), products, weighted)
        turning = _derivative(state.theta)
        if not with_scale:
            turning[0] = 0.0
        self.curvature: Floats = turning @ products @ turning.T
        self.gradient: Floats = -state.theta[0] * (turning @ weighted)
        along = float(self.gradient @ self.curvature @ self.gradient)
        self._cauchy: Floats = (self.gradient @ self.gradient / along) * self.gradient if along > 0 else self.gradient
        # lstsq: a symmetric shape (a plane, a ball) leaves a direction open, and lstsq does not move along it.
        self._newton: Floats = np.asarray(np.linalg.lstsq(self.curvature, self.gradient, rcond=1e-14)[0], np.float64)

    def predicted(self, step: Floats) -> float:
        """Decrease of the cost that the model predicts."""
        return float(2 * self.gradient @ step - step @ self.curvature @ step)

    def step(self, radius: float) -> Floats:
        """Best step along the dogleg within `radius`."""
        cauchy = float(np.linalg.norm(self._cauchy))
        if cauchy >= radius:
            return (radius / cauchy) * self._cauchy
        if np.linalg.norm(self._newton) <= radius:
            return self._newton
        leg = self._newton - self._cauchy
        a, b, c = leg @ leg, self._cauchy @ leg, cauchy**2 - radius**2
        cut: Floats = self._cauchy + (-b + np.sqrt(b * b - a * c)) / a * leg
        return cut


# The loops below are compiled because a matrix library would start threads on every core even for such sizes.


@compiled("void(Array(f8, 2, 'C', readonly=True), f8[:,::1], Array(f8, 1, 'C', readonly=True), f8[:,::1])")
def _move(points: Floats, matrix: Floats, shift: Floats, moved: Floats) -> None:
    for i in range(len(points)):
        x, y, z = points[i, 0], points[i, 1], points[i, 2]
        for axis in range(3):
            moved[i, axis] = matrix[axis, 0] * x + matrix[axis, 1] * y + matrix[axis, 2] * z + shift[axis]


@compiled("void(f8[:,::1], f8[:,::1], f8[::1], f8[::1], f8[:,::1], f8[::1])")
def _sum_up(moved: Floats, nearest: Floats, distances: Floats, row: Floats, products: Floats, weighted: Floats) -> None:
    """Sums of a a' and of a times the distance, where a = (u.q, u x q, u): u the direction from the nearest point q.

    These are the distances' derivatives by (s, r, t), up to one rotation that all of them share.
    """
    products[:], weighted[:] = 0.0, 0.0
    for i in range(len(moved)):
        length = distances[i]
        # A point on the surface has no direction to it, so it adds nothing.
        if length == 0:
            continue
        x, y, z = nearest[i, 0], nearest[i, 1], nearest[i, 2]
        ux, uy, uz = (moved[i, 0] - x) / length, (moved[i, 1] - y) / length, (moved[i, 2] - z) / length
        row[0] = ux * x + uy * y + uz * z
        row[1], row[2], row[3] = uy * z - uz * y, uz * x - ux * z, ux * y - uy * x
        row[4], row[5], row[6] = ux, uy, uz
        for j in range(7):
            weighted[j] += row[j] * length
            for k in range(7):
                products[j, k] += row[j] * row[k]


def _derivative(theta: Floats) -> Floats:
    """Takes a row of `_sum_up` to the distance's derivative by (s, r, t), (7, 7); the nearest point stays fixed."""
    turn = np.zeros((7, 7))
    turn[0, 0] = -1.0
    turn[1:4, 1:4] = (theta[0] * right_jacobian(theta[1:4])).T
    turn[4:, 4:] = -_transform(theta).rotation
    return turn
