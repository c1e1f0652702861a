"""Step 3: bend a region of the scan onto the aligned prediction, so that the two correspond.

An affine map a vertex, alike across edges, pulls the vertices to their nearest points of a fixed set, stage by stage
more softly. The stiffness holds back each increment, never their sum, and acts about the origin, so the result depends
on the frame. All steps are as published, including the roundings to single precision.

References
----------
Chai et al. 2022, "REALY: Rethinking the Evaluation of 3D Face Reconstruction", ECCV (bICP), and its public evaluator;
after Amberg, Romdhani, Vetter 2007, "Optimal Step Nonrigid ICP Algorithms for Surface Registration", CVPR.
"""

from dataclasses import dataclass

import numpy as np

from fsbench.core.errors import FsbenchError, MetricError, ReferenceDataError
from fsbench.core.mesh import Floats, Ints, Mesh
from fsbench.protocols.realy.block_cholesky import SIZE, BlockPattern

# Vertices are merged if their coordinates agree to this many units (trimesh's tolerance on loading).
_MERGED = 1e-8
# A point farther than twice the mean distance, and farther than this many units (some 9 mm), is left out.
_LEFT_OUT_MEANS, _LEFT_OUT_UNITS = 2.0, 1.0
# An eigenvalue of a part's 4 x 4 matrix of sums below this share of the greatest leaves its affine map undetermined.
_OPEN = 1e-12


class UnboundedSolveError(FsbenchError):
    """The published procedure does not end here: the row is `failed`, as no number would be right."""


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """Solves of one stiffness.

    Attributes
    ----------
    stiffness : float
    keypoint_weight, keypoint_decay : float
        Weight of a keypoint's row: `keypoint_weight` exp(-`keypoint_decay` n) after n solves of all stages.
    component_weights : tuple of float
        Of the four columns x, y, z, 1 of the affine maps in the stiffness.
    follows : bool
        Whether every vertex is pulled to its nearest target, or only the keypoints.
    tolerance : float
        The stage ends when the maps change by no more (Frobenius norm).
    most_solves : int or None
        The stage ends after this number; None if the published one has no limit.
    """

    stiffness: float
    keypoint_weight: float = 5.0
    keypoint_decay: float = 0.9
    component_weights: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    follows: bool = True
    tolerance: float = 0.0
    most_solves: int | None = 11


def stages_of(has_keypoints: bool, first_tolerance: float = 1.0) -> tuple[Stage, ...]:
    """The published stages; `first_tolerance` is 1 unit, halved from stage to stage."""
    soft = [(50.0 * float(np.exp(-0.5 * j)), first_tolerance * 0.5**j) for j in range(3)]
    if not has_keypoints:
        return tuple(Stage(a, tolerance=tolerance, most_solves=None) for a, tolerance in soft)
    first = Stage(150.0, 50.0, 0.0, (2.0, 2.0, 3.0, 2.0), follows=False, most_solves=1)
    return (first, *(Stage(a, tolerance=tolerance) for a, tolerance in soft))


@dataclass(frozen=True, slots=True, eq=False)
class Bent:
    """Result of `BendableMesh.bend`.

    Attributes
    ----------
    vertices : ndarray, (N, 3)
    solves : tuple of int
        A stage.
    changes : ndarray, (sum of solves,)
        Of the maps by each solve, Frobenius norm.
    left_out_share : float
        Largest share of vertices that a solve did not pull, as they were too far from all targets; 0 if the prediction
        covers the region.
    """

    vertices: Floats
    solves: tuple[int, ...]
    changes: Floats
    left_out_share: float


@dataclass(frozen=True, slots=True, eq=False)
class BendableMesh:
    """A region's vertices, merged, in units of the scan, and how its system is solved.

    Attributes
    ----------
    vertices : ndarray, (N, 3)
    edges : ndarray of int, (E, 2)
    parts : tuple of ndarray of int
        Vertices of each connected part.
    """

    vertices: Floats
    edges: Ints
    parts: tuple[Ints, ...]
    pattern: BlockPattern

    @property
    def n_vertices(self) -> int:
        """Number of merged vertices."""
        return len(self.vertices)

    @classmethod
    def of_mesh(cls, mesh: Mesh) -> "BendableMesh":
        """Merge vertices in one place, drop those that no triangle uses, as the published loader does.

        Raises
        ------
        ReferenceDataError
            If there is no triangle, or a part of the mesh leaves the solve undetermined.
        """
        vertices, faces = merged(mesh)
        pairs = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
        edges = np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)
        if not len(edges):
            raise ReferenceDataError(f"{len(faces)} triangles and no edge: a region of a scan is a mesh")
        parts = _parts(len(vertices), edges)
        return cls(vertices, edges, parts, BlockPattern.of_edges(len(vertices), edges))

    def open_part(self, positions: Floats, weights: Floats) -> Ints | None:
        """A part whose vertices do not determine an affine map: fewer than four count, or all are in one plane."""
        rows = np.concatenate([positions, np.ones((len(positions), 1))], axis=1)
        for part in self.parts:
            some = rows[part] * np.sqrt(weights[part])[:, None]
            sizes = np.linalg.eigvalsh(some.T @ some)
            if not sizes[0] > _OPEN * sizes[-1]:
                return part
        return None

    def bend(
        self,
        targets: Floats,
        stages: tuple[Stage, ...],
        keypoint_vertices: Ints | None = None,
        keypoint_targets: Floats | None = None,
        most_solves: int = 200,
    ) -> Bent:
        """Pull the vertices to the targets.

        Parameters
        ----------
        targets : ndarray, (n, 3)
            Each vertex goes to the nearest of them.
        stages : tuple of Stage
        keypoint_vertices : ndarray of int, (k,), optional
            If two keypoints share a vertex, the target of the last one counts, once.
        keypoint_targets : ndarray, (k, 3), optional
        most_solves : int
            Of a stage that has no limit of its own.

        Raises
        ------
        UnboundedSolveError
            If such a stage does not end.
        MetricError
            If a solve has more than one answer, or none.
        """
        pulls = _Pulls(targets, keypoint_vertices, keypoint_targets)
        positions, left_out_share = self.vertices, 0.0
        maps, before = np.ones((len(positions), SIZE, 3)), np.zeros((len(positions), SIZE, 3))
        solves: list[int] = []
        changes: list[float] = []
        for stage in stages:
            n = 0
            while np.linalg.norm(maps - before) > stage.tolerance and n != stage.most_solves:
                if stage.most_solves is None and n == most_solves:
                    raise UnboundedSolveError(
                        f"the published procedure has no limit here, and after {n} solves the maps still change by "
                        f"{changes[-1]:.3g} (it stops at {stage.tolerance:g}): the official program would not end"
                    )
                weights, wanted, share = pulls.at(positions, stage, len(changes))
                left_out_share = max(left_out_share, share)
                before, maps = maps, self._solve(stage, positions, weights, wanted)
                positions = _moved(positions, maps)
                changes.append(float(np.linalg.norm(maps - before)))
                n += 1
            solves.append(n)
        return Bent(positions, tuple(solves), np.array(changes), left_out_share)

    def _solve(self, stage: Stage, positions: Floats, weights: Floats, wanted: Floats) -> Floats:
        """Affine maps (N, 4, 3) that take [x y z 1] of the vertices to their targets."""
        rows = _homogeneous(positions)
        if (part := self.open_part(rows[:, :3], weights)) is not None:
            n_pulled = np.count_nonzero(weights[part])
            raise MetricError(
                f"the solve has no single answer: of a part of {len(part)} vertices {n_pulled} are pulled, and at "
                "least 4 that are not in one plane have to be. Does the prediction reach the region?"
            )
        stiff = stage.stiffness**2 * np.diag(np.square(stage.component_weights))
        degrees = np.bincount(self.edges.ravel(), minlength=len(rows))
        vertex_blocks = degrees[:, None, None] * stiff + weights[:, None, None] * rows[:, :, None] * rows[:, None, :]
        maps = self.pattern.solve(-stiff, vertex_blocks, rows[:, :, None] * wanted[:, None, :])
        if maps is None or not np.isfinite(maps).all():
            raise MetricError("the solve has no answer to rounding: are region and prediction of very different size?")
        return maps


class _Pulls:
    """Targets of the vertices and their weights: the nearest targets, and those of the keypoints."""

    def __init__(self, targets: Floats, keypoint_vertices: Ints | None, keypoint_targets: Floats | None) -> None:
        from scipy.spatial import cKDTree

        self._targets, self._tree = targets, cKDTree(targets)
        last = {} if keypoint_vertices is None else {int(vertex): i for i, vertex in enumerate(keypoint_vertices)}
        self._marked = np.array(list(last), np.int64)
        self._marks = np.empty((0, 3)) if keypoint_targets is None else keypoint_targets[list(last.values())]

    def at(self, positions: Floats, stage: Stage, n_solves: int) -> tuple[Floats, Floats, float]:
        """Weights (N,), weighted targets (N, 3), and the share of the vertices that are too far from all targets."""
        weights, wanted, left_out_share = np.zeros(len(positions)), np.zeros_like(positions), 0.0
        if stage.follows:
            found, nearest = self._tree.query(positions)
            distances = np.asarray(found)
            near = distances < max(_LEFT_OUT_MEANS * float(distances.mean()), _LEFT_OUT_UNITS)
            weights[near] = 1.0
            wanted[near] = self._targets[np.asarray(nearest)[near]]
            left_out_share = 1.0 - float(near.mean())
        weight = (stage.keypoint_weight * np.exp(-stage.keypoint_decay * n_solves)) ** 2
        weights[self._marked] += weight
        wanted[self._marked] += weight * self._marks
        return weights, wanted, left_out_share


def merged(mesh: Mesh) -> tuple[Floats, Ints]:
    """Used vertices, one for each place, in the order of their first occurrence, and the faces renumbered."""
    used = np.zeros(mesh.n_vertices, np.bool_)
    used[mesh.faces] = True
    kept = np.flatnonzero(used)
    # In shares of the tolerance; beyond 2^53 of them single precision is coarser.
    cells = np.round(mesh.vertices[kept] / _MERGED)
    _, first, which = np.unique(cells, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    renamed = np.empty(mesh.n_vertices, np.int64)
    renamed[kept] = place[which.reshape(-1)]
    return mesh.vertices[kept[first[order]]], renamed[mesh.faces]


def _parts(n_vertices: int, edges: Ints) -> tuple[Ints, ...]:
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    joined = coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), (n_vertices, n_vertices))
    _, part_of = connected_components(joined, directed=False)
    order = np.argsort(part_of, kind="stable")
    return tuple(np.split(order, np.cumsum(np.bincount(part_of))[:-1]))


def _homogeneous(positions: Floats) -> Floats:
    """[x y z 1], (N, 4); the published program keeps these in single precision."""
    single = positions.astype(np.float32).astype(np.float64)
    return np.concatenate([single, np.ones((len(single), 1))], axis=1)


def _moved(positions: Floats, maps: Floats) -> Floats:
    moved: Floats = np.einsum("nk,nkc->nc", _homogeneous(positions), maps)
    return moved
