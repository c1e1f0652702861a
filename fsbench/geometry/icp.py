"""Iterative closest point (ICP): move a surface until points lie on it."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from fsbench.core.arrays import spread_of
from fsbench.core.errors import AlignmentError
from fsbench.core.mesh import Floats
from fsbench.geometry.nearest import NearestSurface
from fsbench.geometry.procrustes import weighted_similarity
from fsbench.geometry.transforms import Similarity, rotation_by

# Efficiency 95 % on normal noise: Huber 1981, Beaton & Tukey 1974.
_HUBER, _TUKEY = 1.345, 4.685
# From the median of absolute values to a standard deviation, for normal noise.
_SIGMA_PER_MAD = 1.4826
# Limits of one step, within which its linearisation holds.
_MOST_TURN_RAD, _MOST_GROWTH = 0.3, 0.2
_FEWEST_PAIRS = 10
_MOST_ITERATIONS = 10_000
# If a point has two nearest places, the pose may jump to and fro by a millionth of a millimetre or more. After this
# many steps without a noticeably shorter one, steps are quartered until the pose rests at the jump.
_PATIENCE, _SHORTER = 6, 0.9
_SMALLEST_SHARE = 1 / 1024
# Point-to-point creeps for hundreds of steps, so a residual that has stopped falling ends it too.
_LEAST_GAIN = 1e-4
# A pair's weight falls to zero within this distance beyond the rim, in sizes of the points: 1 mm on a face.
_RIM_REACH = 0.02


@dataclass(frozen=True, slots=True)
class Icp:
    """How to match, weigh and stop.

    Parameters
    ----------
    distance : {"point-to-plane", "point-to-point"}
        What a step minimises.
    scale : bool
        Whether the surface's scale is fitted in every step.
    robust : {"none", "huber", "tukey"}
        Weights by distance, with the noise level from the median of the distances.
    trim : float
        Share of the pairs, the farthest, that every step leaves out; in [0, 1).
    rim : bool
        Whether pairs on the surface's open rim have full weight; they pull a partial surface over areas that it lacks.
        If not, their weight falls with the distance beyond the rim, to zero at 2 % of the points' size.
    tolerance : float
        Stop when a step moves the points by less than this share of their size (rms). If steps do not get shorter they
        are quartered until the pose rests; point-to-point also ends when the residual stops falling.
    max_iterations : int

    References
    ----------
    Besl & McKay 1992 (point-to-point), Chen & Medioni 1992 (point-to-plane), Chetverikov et al. 2002
    (trimmed), Turk & Levoy 1994 (pairs on the rim), Rusinkiewicz & Levoy 2001 (all of these compared).
    """

    distance: Literal["point-to-plane", "point-to-point"] = "point-to-plane"
    scale: bool = True
    robust: Literal["none", "huber", "tukey"] = "tukey"
    trim: float = 0.0
    rim: bool = False
    tolerance: float = 1e-9
    max_iterations: int = 100

    def __post_init__(self) -> None:
        if not 0 <= self.trim < 1:
            raise AlignmentError(f"trim is {self.trim:g}, expected a share in [0, 1)")
        if not 0 < self.tolerance < 1:
            raise AlignmentError(f"tolerance is {self.tolerance:g}, expected a share of the shape's size in (0, 1)")
        if not 1 <= self.max_iterations <= _MOST_ITERATIONS:
            raise AlignmentError(f"max_iterations is {self.max_iterations}, expected 1 to {_MOST_ITERATIONS}")

    def __str__(self) -> str:
        """Every setting, for a signature."""
        scale, rim = "scaled" if self.scale else "rigid", "rim" if self.rim else "no-rim"
        trim = f"trim-{self.trim:g}"
        return f"{self.distance}/{scale}/{self.robust}/{trim}/{rim}/{self.tolerance:g}/{self.max_iterations}"


@dataclass(frozen=True, slots=True)
class IcpFit:
    """Where ICP ended.

    Parameters
    ----------
    ref_from_pred : Similarity
        Takes the surface, here the prediction, to the points of the reference.
    residual_rms : float
        Root mean square distance of the pairs that counted, in units of the points.
    inliers : float
        Share of the points that counted in the last step.
    iterations : int
    converged : bool
    reason : str
        Why it stopped.
    """

    ref_from_pred: Similarity
    residual_rms: float
    inliers: float
    iterations: int
    converged: bool
    reason: str

    @property
    def scale(self) -> float:
        """Units of the points for one unit of the surface."""
        return self.ref_from_pred.scale

    def turned(self) -> "IcpFit":
        """The same fit in the surface's frame: the surface stays, and the points move onto it.

        For a fit with the prediction's points and the reference's surface. The residual is then in the surface's unit.
        """
        back = self.ref_from_pred.inverse()
        return replace(self, ref_from_pred=back, residual_rms=back.scale * self.residual_rms)


def fit_icp(points: Floats, surface: NearestSurface, start: Similarity, settings: Icp | None = None) -> IcpFit:
    """Move `surface` from `start` until `points` lie on it.

    The points are usually the reference, and the surface the prediction. Every point should have a counterpart on the
    surface, but not the reverse. Distances count in the points' frame, so a fitted scale cannot shrink them away.
    The surface's tree is built once; the points are moved the other way.

    Parameters
    ----------
    points : (n, 3)
        A scan, or a sample of it, n >= 10.
    surface : NearestSurface
    start : Similarity
        A first `ref_from_pred`; for point-to-plane within some 30 degrees.
    settings : Icp, optional

    Raises
    ------
    AlignmentError
        If the settings leave fewer than 10 points.
    """
    rules = settings or Icp()
    size = spread_of(points)
    current, pace = start, _Pace(rules, size)
    for iteration in range(1, rules.max_iterations + 1):
        pairs = _Pairs.of(points, surface, current, rules, size)
        if pairs.n_used < _FEWEST_PAIRS:
            raise AlignmentError(
                f"after {iteration} steps {pairs.n_used} of {len(points)} points have a counterpart: "
                "the shapes hardly overlap; give landmarks, or a closer start"
            )
        places, weights = pairs.places, pairs.weights
        if rules.distance == "point-to-plane":
            step = _plane_step(points, places, pairs.normals, weights, rules.scale, pace.share)
        else:
            step = weighted_similarity(points, places, weights / weights.sum(), None if rules.scale else 1.0)
        current = step @ current
        moved = float(np.sqrt(((step.apply(places) - places) ** 2).sum(1).mean()))
        if reason := pace.why_stop(moved, pairs.rms):
            return IcpFit(current, pairs.rms, pairs.share, iteration, True, reason)
    # The last step was long, so the residual after it differs from the one before it.
    left = _Pairs.of(points, surface, current, rules, size)
    reason = f"{rules.max_iterations} steps without convergence"
    return IcpFit(current, left.rms, left.share, rules.max_iterations, False, reason)


class _Pace:
    """Decides the length of a step, and when the steps end.

    Lengths are relative to the size of the points, so unit and frame do not matter.
    """

    def __init__(self, rules: Icp, size: float) -> None:
        self.share = 1.0
        self._rules, self._size = rules, size
        self._shortest, self._since_shortest = np.inf, 0
        self._lowest_rms, self._since_lowest = np.inf, 0

    def why_stop(self, moved: float, rms: float) -> str:
        """The reason to stop after a step that moved the points by `moved`; empty if there is none."""
        whole = moved / self.share
        if whole <= self._rules.tolerance * self._size:
            return f"the last step moved the points by {moved:.2g}"
        if self._rules.distance == "point-to-point":
            is_lower = rms < (1 - _LEAST_GAIN) * self._lowest_rms
            self._lowest_rms, self._since_lowest = (rms, 0) if is_lower else (self._lowest_rms, self._since_lowest + 1)
            return f"the residual stays at {rms:.4g}" if self._since_lowest >= _PATIENCE else ""
        is_shorter = whole < _SHORTER * self._shortest
        self._shortest, self._since_shortest = (whole, 0) if is_shorter else (self._shortest, self._since_shortest + 1)
        if self._since_shortest >= _PATIENCE:
            self.share, self._since_shortest = self.share / 4, 0
        return f"the pose circles within {whole:.2g}" if self.share < _SMALLEST_SHARE else ""


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Every point with its place on the surface and the normal there, (n, 3), in the points' frame, and its weight.

    All of them are continuous in the pose; a jump would let the last digit decide where the steps end.
    """

    places: Floats
    normals: Floats
    distances: Floats
    weights: Floats

    @classmethod
    def of(cls, points: Floats, surface: NearestSurface, pose: Similarity, rules: Icp, size: float) -> "_Pairs":
        nearest = surface.closest(pose.inverse().apply(points))
        distances = nearest.distances * pose.scale
        places, normals = pose.apply(nearest.points), surface.smooth_normals(nearest) @ pose.rotation.T
        kept = np.ones(len(points))
        if not rules.rim:
            rim = surface.on_rim(nearest)
            kept[rim] = _within_reach((points - places)[rim], normals[rim], size)
        return cls(places, normals, distances, _weights(distances, kept, rules, size))

    @property
    def n_used(self) -> int:
        return int(np.count_nonzero(self.weights))

    @property
    def share(self) -> float:
        return self.n_used / len(self.weights)

    @property
    def rms(self) -> float:
        """Weighted root mean square distance; infinite if all weights are zero."""
        total = float(self.weights.sum())
        return float(np.sqrt(self.weights @ self.distances**2 / total)) if total else np.inf


def _within_reach(gaps: Floats, normals: Floats, size: float) -> Floats:
    """Weights of pairs on the rim, (n,): 1 straight above it, falling with the distance beyond; `gaps` (n, 3).

    With a sudden cut at the rim, a pair would come and go with the last digit of the pose.
    """
    along = (gaps * normals).sum(1)
    beyond = np.sqrt(np.maximum((gaps**2).sum(1) - along**2, 0.0))
    weights: Floats = np.maximum(0.0, 1.0 - beyond / (_RIM_REACH * size))
    return weights


def _weights(distances: Floats, kept: Floats, rules: Icp, size: float) -> Floats:
    """Weight of every pair, (n,), 0 for pairs left out; `kept` (n,) is the weight from the pair's place."""
    if rules.trim and kept.any():
        kept = kept * (distances <= np.quantile(distances[kept > 0], 1 - rules.trim))
    if rules.robust == "none" or not kept.any():
        return kept
    # Below the tree's precision all distances count as equal; else a perfect fit would be weighted by rounding errors.
    sigma = max(_SIGMA_PER_MAD * _weighted_median(distances, kept), 1e-6 * size)
    ratio = distances / sigma
    if rules.robust == "huber":
        return kept * np.minimum(1.0, _HUBER / np.maximum(ratio, _HUBER))
    weights: Floats = kept * np.maximum(0.0, 1.0 - (ratio / _TUKEY) ** 2) ** 2
    return weights


def _weighted_median(values: Floats, weights: Floats) -> float:
    """Weighted median, continuous in values and weights."""
    order = np.argsort(values)
    ordered, weight = values[order], weights[order]
    middles = np.cumsum(weight) - weight / 2
    return float(np.interp(weights.sum() / 2, middles, ordered))


def _plane_step(
    points: Floats, places: Floats, normals: Floats, weights: Floats, scale: bool, share: float
) -> Similarity:
    """One linearised step of point-to-plane about the points' centre."""
    centre = weights @ places / weights.sum()
    arm = places - centre
    size = float(np.sqrt((arm**2).sum(1).mean())) or 1.0
    columns = [np.cross(arm, normals) / size, normals]
    if scale:
        columns.append((arm * normals).sum(1, keepdims=True) / size)
    root = np.sqrt(weights)
    system = np.hstack(columns) * root[:, None]
    gap = ((points - places) * normals).sum(1) * root
    # The least squares solution of least norm does not move along directions that a plane or a ball leaves open.
    solution = np.linalg.lstsq(system, gap, rcond=1e-6)[0]
    turn = solution[:3] / size
    growth = float(solution[6]) / size if scale else 0.0
    shorten = min(
        share, _MOST_TURN_RAD / max(float(np.linalg.norm(turn)), 1e-300), _MOST_GROWTH / max(abs(growth), 1e-300)
    )
    rotation = rotation_by(turn * shorten)
    factor = 1.0 + growth * shorten
    return Similarity(factor, rotation, centre + solution[3:6] * shorten - factor * (rotation @ centre))
