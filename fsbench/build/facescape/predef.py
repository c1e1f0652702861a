"""Files that FaceScape's toolkit has beside the data: landmarks by vertex, mirror vertices, masks."""

from pathlib import Path

import numpy as np

from fsbench.core.errors import FormatError
from fsbench.core.mesh import Ints
from fsbench.io.npy import read_array
from fsbench.io.npz import open_npz

FOLDER = "predef"
MASK = "facial_mask_v10.png"
LANDMARKS = "landmark_indices.npz"
_MAX_BYTES = 16 << 20


def beside(root: Path, name: str) -> Path | None:
    """A file of the toolkit: in the root, in its `predef`, or in `predef` beside it; None if it is in none."""
    places = (root, root / FOLDER, root / "toolkit" / FOLDER, root.parent / FOLDER)
    return next((path for place in places if (path := place / name).is_file()), None)


def read_landmark_indices(path: Path, version: str = "v10") -> tuple[int, ...]:
    """Vertices that are iBUG's 68, from `landmark_indices.npz`: "v10" for TU models, "v16" for bilinear model 1.6.

    Raises
    ------
    MissingError, FormatError
        If there is no such file, or it holds no 68 different vertex numbers.
    """
    with open_npz(path) as archive:
        found = archive.array(version, _MAX_BYTES)
    if found.shape != (68,) or found.dtype.kind not in "iu" or found.min() < 0 or len(np.unique(found)) < 68:
        raise FormatError(
            f"{path}: {version} holds {found.dtype} of shape {found.shape}, expected 68 different vertex numbers"
        )
    return tuple(int(number) for number in found)


def read_mirror(path: Path, n_vertices: int) -> Ints:
    """The mirror image of every vertex, (V,), -1 for those that have none, from `sym_dict.npy`.

    Raises
    ------
    MissingError, FormatError
        If there is no such file, it is of another topology, or twice mirrored is not the vertex itself.
    """
    found = read_array(path, _MAX_BYTES)
    if found.shape != (n_vertices,) or found.dtype.kind not in "iu":
        raise FormatError(
            f"{path}: holds {found.dtype} of shape {found.shape}, expected {n_vertices} vertex numbers: is it of "
            "another version of the model?"
        )
    mirror = found.astype(np.int64)
    if mirror.min() < -1 or mirror.max() >= n_vertices:
        raise FormatError(f"{path}: names vertex {mirror.max()}, there are {n_vertices}")
    has = np.flatnonzero(mirror >= 0)
    if odd := np.flatnonzero(mirror[mirror[has]] != has).tolist():
        at = int(has[odd[0]])
        raise FormatError(f"{path}: the mirror image of vertex {at} is {mirror[at]}, whose mirror image is another")
    return mirror
