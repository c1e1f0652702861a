"""Sparse symmetric systems of 4 x 4 blocks: one affine map a vertex, coupled along the edges of a mesh.

REALY solves some forty of them a prediction, all of one pattern a region. The order of elimination and the factor's
pattern are found once; the factorisation is a plain loop over blocks, so every machine gets the same number.

References
----------
Davis 2006, Direct Methods for Sparse Linear Systems, chapter 4 (left-looking Cholesky factorisation).
"""

from dataclasses import dataclass

import numpy as np

from fsbench.core.compiled import compiled, inlined
from fsbench.core.mesh import Floats, Ints

SIZE = 4
"""Rows and columns of a block."""


@dataclass(frozen=True, slots=True, eq=False)
class BlockPattern:
    """The blocks of the factor of a mesh's system.

    Attributes
    ----------
    place : ndarray of int, (N,)
        Place of vertex i in the order of elimination.
    starts, rows : ndarray of int, (N + 1,), (B,)
        Blocks of column j are starts[j]:starts[j + 1]; `rows` are theirs, ascending: first j itself, last N, which is
        the right side, so that eliminating the columns solves for it on the way.
    groups : ndarray of int, (G + 1,)
        Columns groups[g]:groups[g + 1] have the same rows below them, and are treated together.
    edge_blocks : ndarray of int, (E,)
        Block of each edge.
    """

    place: Ints
    starts: Ints
    rows: Ints
    groups: Ints
    edge_blocks: Ints

    @classmethod
    def of_edges(cls, n: int, edges: Ints) -> "BlockPattern":
        """Find an order with few blocks for n vertices; `edges` (E, 2) are there once each."""
        # Late: loading it takes longer than scoring several samples.
        from scipy.sparse import csc_matrix
        from scipy.sparse.linalg import splu

        # This matrix has negative entries off its diagonal, so that no entry of its factor cancels to zero.
        every, degrees = np.arange(n), np.bincount(edges.ravel(), minlength=n) + 1.0
        values = np.concatenate([np.full(2 * len(edges), -1.0), degrees])
        ends = [np.concatenate([edges[:, i], edges[:, 1 - i], every]) for i in (0, 1)]
        options = {"SymmetricMode": True}
        graph = csc_matrix((values, (ends[0], ends[1])), (n, n))
        factor = splu(graph, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options=options)
        place, lower = factor.perm_c.astype(np.int64), factor.L.tocoo()
        # One number for each block, in the order of columns, then of rows.
        keys = np.sort(
            np.concatenate([lower.col, every]).astype(np.int64) * (n + 1) + np.concatenate([lower.row, np.full(n, n)])
        )
        columns, rows = np.divmod(keys, n + 1)
        starts = np.searchsorted(columns, np.arange(n + 1))
        sizes = np.diff(starts)
        goes_on = (rows[starts[:-2] + 1] == every[1:]) & (sizes[:-1] == sizes[1:] + 1)
        groups = np.concatenate([[0], 1 + np.flatnonzero(~goes_on), [n]])
        ordered = np.sort(place[edges], axis=1)
        edge_blocks = np.searchsorted(keys, ordered[:, 0] * (n + 1) + ordered[:, 1])
        return cls(place, starts, rows, groups, edge_blocks)

    def solve(self, edge_block: Floats, vertex_blocks: Floats, right: Floats) -> Floats | None:
        """Solve for X (N, 4, 3) with one block (4, 4) on all edges, and `vertex_blocks` (N, 4, 4) on the diagonal.

        None where the system is not positive definite to rounding.
        """
        blocks = np.zeros((len(self.rows), SIZE, SIZE))
        blocks[self.edge_blocks] = edge_block
        blocks[self.starts[self.place]] = vertex_blocks
        answers = self.starts[self.place + 1] - 1
        blocks[answers, :3] = right.transpose(0, 2, 1)
        n, n_groups = len(self.starts) - 1, len(self.groups) - 1
        of_columns, waiting = np.empty((5, n + 1), np.int64), np.empty(n_groups + 1, np.int64)
        if not _factorise(self.starts, self.rows, self.groups, of_columns, waiting, blocks):
            return None
        _substitute(self.starts, self.rows, blocks)
        solved: Floats = blocks[answers, :3].transpose(0, 2, 1)
        return solved


@inlined
def _subtract(blocks: Floats, rows: Ints, first: int, last: int, last_row: int, bases: Ints, places: Ints) -> int:
    """Subtract a column's blocks first:last, times themselves, from the columns before `last_row`; which block is next.

    Block (r, j) of a target is bases[j] + places[r].
    """
    s = first
    while rows[s] < last_row:
        base = bases[rows[s]]
        c00, c01, c02, c03 = blocks[s, 0, 0], blocks[s, 0, 1], blocks[s, 0, 2], blocks[s, 0, 3]
        c10, c11, c12, c13 = blocks[s, 1, 0], blocks[s, 1, 1], blocks[s, 1, 2], blocks[s, 1, 3]
        c20, c21, c22, c23 = blocks[s, 2, 0], blocks[s, 2, 1], blocks[s, 2, 2], blocks[s, 2, 3]
        c30, c31, c32, c33 = blocks[s, 3, 0], blocks[s, 3, 1], blocks[s, 3, 2], blocks[s, 3, 3]
        # Written out, so that a compiler takes the four columns at once.
        for b in range(s, last):
            to = base + places[rows[b]]
            for r in range(4):
                x, y, z, w = blocks[b, r, 0], blocks[b, r, 1], blocks[b, r, 2], blocks[b, r, 3]
                blocks[to, r, 0] -= x * c00 + y * c01 + z * c02 + w * c03
                blocks[to, r, 1] -= x * c10 + y * c11 + z * c12 + w * c13
                blocks[to, r, 2] -= x * c20 + y * c21 + z * c22 + w * c23
                blocks[to, r, 3] -= x * c30 + y * c31 + z * c32 + w * c33
        s += 1
    return s


@inlined
def _scale(blocks: Floats, first: int, last: int) -> bool:
    """Finish a column after all subtractions; False if a pivot is not positive."""
    for c in range(4):
        for r in range(c, 4):
            value = blocks[first, r, c]
            for m in range(c):
                value -= blocks[first, r, m] * blocks[first, c, m]
            if r == c and not value > 0:
                return False
            blocks[first, r, c] = np.sqrt(value) if r == c else value / blocks[first, c, c]
    for b in range(first + 1, last):
        for r in range(4):
            for c in range(4):
                value = blocks[b, r, c]
                for m in range(c):
                    value -= blocks[b, r, m] * blocks[first, c, m]
                blocks[b, r, c] = value / blocks[first, c, c]
    return True


@compiled("b1(i8[::1], i8[::1], i8[::1], i8[:,::1], i8[::1], f8[:,:,::1])")
def _factorise(starts: Ints, rows: Ints, groups: Ints, of_columns: Ints, waiting: Ints, blocks: Floats) -> bool:
    """Turn the lower triangle's blocks into those of its Cholesky factor; False if a pivot is not positive.

    The right side's row ends as the answer to the first, forward half of the solve. Group by group: what earlier
    columns subtract from it, then its own ones. A column waits in the list of the group where it has its next block.
    `of_columns` and `waiting` are room to work in.
    """
    n, n_groups = len(starts) - 1, len(groups) - 1
    group_of, bases, places = of_columns[0], of_columns[1], of_columns[2]
    after, position = of_columns[3], of_columns[4]
    for group in range(n_groups):
        for j in range(groups[group], groups[group + 1]):
            group_of[j], bases[j] = group, starts[j] - (j - groups[group])
    group_of[n] = n_groups
    waiting[:], after[:] = -1, -1
    for group in range(n_groups):
        head, end = groups[group], groups[group + 1]
        for b in range(starts[head], starts[head + 1]):
            places[rows[b]] = b - starts[head]
        k = waiting[group]
        while k >= 0:
            after_k = after[k]
            position[k] = _subtract(blocks, rows, position[k], starts[k + 1], end, bases, places)
            later = group_of[rows[position[k]]]
            after[k], waiting[later] = waiting[later], k
            k = after_k
        for j in range(head, end):
            if not _scale(blocks, starts[j], starts[j + 1]):
                return False
            position[j] = _subtract(blocks, rows, starts[j] + 1, starts[j + 1], end, bases, places)
            later = group_of[rows[position[j]]]
            after[j], waiting[later] = waiting[later], j
    return True


@compiled("void(i8[::1], i8[::1], f8[:,:,::1])")
def _substitute(starts: Ints, rows: Ints, blocks: Floats) -> None:
    """The backward half: the right side's row becomes the answer, a block transposed for each column."""
    for j in range(len(starts) - 2, -1, -1):
        first, to = starts[j], starts[j + 1] - 1
        for b in range(first + 1, to):
            known = starts[rows[b] + 1] - 1
            for r in range(4):
                x, y, z, w = blocks[known, r, 0], blocks[known, r, 1], blocks[known, r, 2], blocks[known, r, 3]
                for c in range(4):
                    blocks[to, r, c] -= (
                        x * blocks[b, 0, c] + y * blocks[b, 1, c] + z * blocks[b, 2, c] + w * blocks[b, 3, c]
                    )
        for r in range(4):
            for c in range(3, -1, -1):
                value = blocks[to, r, c]
                for m in range(c + 1, 4):
                    value -= blocks[to, r, m] * blocks[first, m, c]
                blocks[to, r, c] = value / blocks[first, c, c]
