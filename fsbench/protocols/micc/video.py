"""A video's frames: one mean mesh of them, or one measurement of theirs."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fsbench.core.errors import MeshError
from fsbench.core.mesh import Mesh
from fsbench.geometry.procrustes import fit_landmarks
from fsbench.protocols.measurement import AlignedMeasurement, Scores
from fsbench.protocols.micc.quantities import OF_FRAMES

_NAMES = tuple(one.name for one in OF_FRAMES)


def mean_of_frames(measured: Sequence[AlignedMeasurement], n_frames: int, n_scans: int) -> AlignedMeasurement:
    """One measurement of a video's frames: the mean of every number, all distances."""
    first = measured[0]
    tables = [one.scores.values for one in measured]
    values = {name: float(np.mean([table[name] for table in tables])) for name in first.scores.values}
    values["suspicious"] = max(table["suspicious"] for table in tables)
    spread = float(np.std([table["score_mm"] for table in tables]))
    values |= dict(zip(_NAMES, (float(n_frames), spread, float(n_scans)), strict=True))
    doubts = tuple(dict.fromkeys(doubt for one in measured for doubt in one.scores.doubts))
    distances = np.concatenate([one.ref_to_pred_mm for one in measured])
    return replace(first, scores=Scores(values, doubts), ref_to_pred_mm=distances)


def mean_mesh(meshes: Sequence[Mesh]) -> Mesh:
    """One mesh of a video's frames: each brought to the first by a similarity, then averaged vertex by vertex.

    Raises
    ------
    MeshError
        If there is none, or they do not share one vertex order.
    """
    if not meshes:
        raise MeshError("no frame to average")
    first = meshes[0]
    for mesh in meshes[1:]:
        if mesh.n_vertices != first.n_vertices or not np.array_equal(mesh.faces, first.faces):
            raise MeshError("the frames' meshes differ in their triangles: only one topology can be averaged")
    moved = [fit_landmarks(first.vertices, mesh.vertices).ref_from_pred.apply(mesh.vertices) for mesh in meshes]
    return Mesh(np.mean(moved, axis=0), first.faces)
