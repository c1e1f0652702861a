"""A batch of predictions in memory: as many arrays, tensors or meshes as there are samples."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from fsbench.core.arrays import as_array
from fsbench.core.counts import require_count
from fsbench.core.errors import FsbenchError, UsageError
from fsbench.protocols.measurement import Scores

if TYPE_CHECKING:
    import pandas as pd


def rows_of(
    samples: Sequence[str], metrics: Sequence[str], threads: int, score: Callable[[int], Scores]
) -> "pd.DataFrame":
    """Score each place of a batch on some threads; a prediction that cannot be scored is a row with its reason.

    Raises
    ------
    UsageError
        If the call, and not a prediction, is wrong.
    """
    import pandas as pd

    def row(i: int) -> tuple[str, str, list[float]]:
        try:
            scores = score(i)
        except UsageError:
            raise
        except FsbenchError as error:
            return error.status, str(error), [float("nan")] * len(metrics)
        found = scores.as_dict()
        return "ok", "; ".join(scores.notes), [found.get(name, float("nan")) for name in metrics]

    with ThreadPoolExecutor(require_count("threads", threads)) as pool:
        rows = list(pool.map(row, range(len(samples))))
    # Numbers from one array: a table of rows takes pandas three times as long.
    numbers = np.array([values for *_, values in rows]).reshape(-1, len(metrics))
    status, reason = [one for one, *_ in rows], [one for _, one, _ in rows]
    words = pd.DataFrame({"sample": samples, "status": status, "reason": reason}, dtype=None if rows else object)
    return pd.concat([words, pd.DataFrame(numbers, columns=list(metrics))], axis=1)


def arrays_of(vertices: Any, faces: Any, n: int) -> list[tuple[Any, Any]]:
    """Vertices and faces of each of n meshes, as `Scorer.score_batch` takes them; their content is not checked.

    Raises
    ------
    MeshError
        If the batch as a whole is unusable.
    UsageError
        If there are not n of them, or faces are lacking, or given to meshes that have some.
    """
    if isinstance(vertices, list | tuple) and vertices and _of_a_mesh(vertices[0]) is not None:
        if faces is not None:
            raise UsageError("meshes bring their own faces: leave faces out")
        meshes = [_of_a_mesh(one) for one in _parts(vertices, n, "meshes", shared=False)]
        if None in meshes:
            raise UsageError(f"place {meshes.index(None)} of the batch is no mesh, the first is: expected one kind")
        return [mesh for mesh in meshes if mesh is not None]
    if faces is None:
        raise UsageError("faces are lacking: pass (F, 3) for all predictions, or one array for each")
    return list(zip(_parts(vertices, n, "vertices"), _parts(faces, n, "faces", shared=True), strict=True))


def _of_a_mesh(thing: Any) -> tuple[Any, Any] | None:
    """Vertices and faces of a mesh of fsbench, trimesh or open3d (`o3d.geometry` and `o3d.t.geometry`)."""
    for vertices, faces in (("vertices", "faces"), ("vertices", "triangles")):
        if hasattr(thing, vertices) and hasattr(thing, faces):
            return getattr(thing, vertices), getattr(thing, faces)
    if hasattr(thing, "vertex") and hasattr(thing, "triangle"):
        return thing.vertex.positions, thing.triangle.indices
    return None


def _parts(values: Any, n: int, what: str, *, shared: bool = False) -> list[Any]:
    """The part of each of n predictions; if `shared`, one table of numbers serves all."""
    if isinstance(values, list | tuple) and values and np.ndim(values[0]) != 1:
        parts = list(values)
    else:
        array = as_array(values, what)
        if shared and array.ndim == 2:
            return [array] * n
        parts = list(array) if array.ndim else []
    if len(parts) != n:
        raise UsageError(f"there are {n} samples and {len(parts)} {what}: expected one for each")
    return parts


def landmarks_of(landmarks: Any, n: int) -> list[Any]:
    """Landmarks of each of n predictions, from (B, n, 3) or one array for each; None for each if there are none."""
    return [None] * n if landmarks is None else _parts(landmarks, n, "landmarks")
