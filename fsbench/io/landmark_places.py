"""Landmarks as places on a mesh: vertex numbers, places on triangles, or points; read, looked up and written."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fsbench.core.errors import FormatError, MeshError, UsageError
from fsbench.core.mesh import Floats, Ints, Mesh
from fsbench.geometry.barycentric import interpolate
from fsbench.io import read_mesh, read_vertices, vertex_places
from fsbench.io.files import read_bytes, suffix_of
from fsbench.io.landmarks import LANDMARK_SUFFIXES, MAX_LANDMARK_BYTES, read_landmarks_or_numbers
from fsbench.io.npy import read_parameters
from fsbench.io.pickles import PickleError, parameters_from_pickle
from fsbench.io.text import read_json

FORMS = ("vertices", "triangles", "points")
"""The forms of landmarks that are written."""

# Weights are written with some digits, and may be a rounding error outside.
_LEAST, _MOST = -1e-3, 1 + 1e-3
_LARGEST = 1 << 31
_DIGITS = 6
# Names of FLAME's embedding files: the static one, and those that RingNet and DECA ship.
_EMBEDDINGS = (
    ("lmk_face_idx", "lmk_b_coords"),
    ("static_lmk_faces_idx", "static_lmk_bary_coords"),
    ("full_lmk_faces_idx", "full_lmk_bary_coords"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Landmarks in one of three forms.

    Attributes
    ----------
    numbers : tuple of int
        Vertices, from 0, as they stand in the file of a mesh; empty in another form.
    triangles, weights : ndarray (n,) of int, (n, 3), or None
        Triangles, from 0, after quads a b c d were cut into a b c and a c d, and the weights of their corners.
    points : ndarray, (n, 3), or None
        In a mesh's unit.
    """

    numbers: tuple[int, ...] = ()
    triangles: Ints | None = None
    weights: Floats | None = None
    points: Floats | None = None

    def __len__(self) -> int:
        held = self.points if self.triangles is None else self.triangles
        return len(self.numbers) if held is None else len(held)

    @property
    def form(self) -> str:
        """One of `FORMS`."""
        return FORMS[0] if self.numbers else FORMS[2] if self.points is not None else FORMS[1]

    def take(self, rows: Sequence[int]) -> "Places":
        """Only these rows, in their order."""
        chosen = list(rows)
        if self.numbers:
            return Places(tuple(self.numbers[row] for row in chosen))
        if self.points is not None:
            return Places(points=self.points[chosen])
        assert self.triangles is not None and self.weights is not None
        return Places(triangles=self.triangles[chosen], weights=self.weights[chosen])

    def on(self, mesh: str | os.PathLike[str]) -> Floats:
        """Where they are on the mesh in a file, (n, 3).

        Raises
        ------
        MissingError, FormatError, MeshError
            If it cannot be read, has no vertex numbers (STL), or no such vertex or triangle.
        """
        if self.points is not None:
            return self.points
        if self.numbers:
            return read_vertices(mesh, self.numbers)
        assert self.triangles is not None and self.weights is not None
        shape = read_mesh(mesh, every_vertex=True)
        return interpolate(shape.vertices, self.corners(shape, str(mesh)), self.weights)

    def corners(self, shape: Mesh, name: str) -> Ints:
        """Vertices (n, 3) of the triangles on which they are; FormatError, with the mesh's name, if it lacks one."""
        assert self.triangles is not None
        if self.triangles.max() >= shape.n_faces:
            found = f"has {shape.n_faces:,} triangles, the landmarks are on triangles up to {self.triangles.max():,}"
            raise FormatError(f"{name}: {found}: is it of another topology?")
        return shape.faces[self.triangles]

    def on_moved(self, shape: Mesh, mesh: str | os.PathLike[str] | None) -> Floats:
        """Where vertices or places on triangles are after the mesh in a file was moved, (n, 3).

        Parameters
        ----------
        shape : Mesh
            What became of it, with all its vertices in their order, or all but those that no triangle uses.
        mesh : path or None
            The file; None: numbers are those of `shape` itself.

        Raises
        ------
        MissingError, FormatError, MeshError
            As `on`; also if it cannot be told which vertex is which.
        """
        numbers = np.array(self.numbers)
        if self.triangles is not None:
            whole = shape if mesh is None else read_mesh(mesh, every_vertex=True)
            numbers = self.corners(whole, "the mesh" if mesh is None else str(mesh))
        flat = tuple(numbers.ravel().tolist())
        places = flat if mesh is None else vertex_places(mesh, flat, shape.n_vertices)
        if max(places) >= shape.n_vertices:
            found = f"has {shape.n_vertices} vertices, the landmarks' indices go to {max(places)}"
            raise MeshError(f"the mesh {found}: is it of another topology?")
        points = shape.vertices[list(places)]
        if self.weights is None:
            return points
        mixed: Floats = (points.reshape(-1, 3, 3) * self.weights[..., None]).sum(1)
        return mixed

    def text(self) -> str:
        """JSON: a list of vertex numbers, of [triangle, w1, w2] or of [x, y, z]."""
        if self.numbers:
            return f"{json.dumps(list(self.numbers))}\n"
        if self.points is not None:
            rows = [json.dumps(point) for point in self.points.tolist()]
        else:
            assert self.triangles is not None and self.weights is not None
            pairs = np.round(self.weights[:, :2], _DIGITS).tolist()
            rows = [json.dumps([int(face), *pair]) for face, pair in zip(self.triangles, pairs, strict=True)]
        return "[\n" + ",\n".join(rows) + "\n]\n"


def read_places(path: str | os.PathLike[str]) -> Places:
    """Read landmarks in whichever form a file has them.

    Besides all that `read_landmarks_or_numbers` reads: a JSON list of [triangle, w1, w2], also in a .txt as REALY's
    keypoints are, and FLAME's embeddings (.pkl, or .npy with a dict), of which a restricted reader takes the arrays.

    Raises
    ------
    MissingError, FormatError
        If there is no such file, or nothing of this is in it.
    """
    suffix = suffix_of(path)
    if suffix in (".pkl", ".pickle"):
        return _from_pickle(path)
    if suffix == ".npy":
        held = read_parameters(path, MAX_LANDMARK_BYTES)
        if isinstance(held, dict):
            return _from_embedding(path, held)
    elif suffix == ".json" or (suffix == ".txt" and read_bytes(path, MAX_LANDMARK_BYTES).lstrip()[:1] == b"["):
        found = read_json(path, MAX_LANDMARK_BYTES)
        if isinstance(found, list) and found and all(_is_on_triangle(row) for row in found):
            rows = np.array(found, np.float64)
            return _on_triangles(rows[:, 0].astype(np.int64), rows[:, 1:])
        if suffix == ".txt":
            raise FormatError(f"{path}: a JSON list in a .txt should be of [triangle, w1, w2]; is it another .json?")
    elif suffix not in LANDMARK_SUFFIXES:
        known = ", ".join((*LANDMARK_SUFFIXES, ".pkl"))
        raise FormatError(f"{path}: landmarks are read from {known}, not from '{suffix}'")
    read = read_landmarks_or_numbers(path)
    return Places(read) if isinstance(read, tuple) else Places(points=read)


def write_places(path: Path, places: Places) -> None:
    """Write landmarks as JSON.

    Raises
    ------
    UsageError
        If the name does not end in .json, or the file cannot be written.
    """
    if path.suffix.lower() != ".json":
        raise UsageError(f"-o {path}: the file's name should end in .json")
    try:
        path.write_text(places.text(), encoding="utf-8", newline="\n")
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: cannot be written: {error}") from error


def _is_on_triangle(row: Any) -> bool:
    if not (isinstance(row, list) and len(row) == 3 and all(type(value) in (int, float) for value in row)):
        return False
    triangle, first, second = row
    in_range = 0 <= triangle < _LARGEST and triangle == int(triangle) and _LEAST <= first <= _MOST
    return bool(in_range and _LEAST <= second <= _MOST and _LEAST <= 1 - first - second <= _MOST)


def _on_triangles(triangles: Ints, two: Floats) -> Places:
    return Places(triangles=triangles, weights=np.column_stack([two, 1 - two.sum(1)]))


def _from_pickle(path: str | os.PathLike[str]) -> Places:
    try:
        held = parameters_from_pickle(read_bytes(path, MAX_LANDMARK_BYTES), MAX_LANDMARK_BYTES)
    except PickleError as error:
        raise FormatError(f"{path}: {error}") from error
    return _from_embedding(path, held)


def _from_embedding(path: str | os.PathLike[str], held: Any) -> Places:
    keys = tuple(held) if isinstance(held, dict) else ()
    pair = next((pair for pair in _EMBEDDINGS if set(pair) <= set(keys)), None)
    if pair is None:
        expected = " or ".join(" with ".join(names) for names in _EMBEDDINGS)
        what = f"a dict of {', '.join(map(str, keys))[:120]}" if keys else f"a {type(held).__name__}"
        raise FormatError(f"{path}: holds {what}, expected {expected}")
    triangles, weights = (_array(path, held[key], key) for key in pair)
    triangles, weights = triangles.reshape(-1), weights.reshape(-1, 3) if weights.size % 3 == 0 else weights
    if weights.shape != (len(triangles), 3) or not len(triangles):
        raise FormatError(
            f"{path}: has {len(triangles)} triangles and weights of shape {weights.shape}, expected (n, 3)"
        )
    rows = np.column_stack([triangles, weights[:, :2]]).tolist()
    odd = [i for i, row in enumerate(rows) if not _is_on_triangle(row) or abs(weights[i].sum() - 1) > -_LEAST]
    if odd:
        raise FormatError(
            f"{path}: landmark {odd[0] + 1} is triangle {rows[odd[0]][0]:g} with {weights[odd[0]].tolist()}"
        )
    return _on_triangles(triangles.astype(np.int64), weights[:, :2])


def _array(path: str | os.PathLike[str], value: Any, key: str) -> Floats:
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "iuf":
        raise FormatError(f"{path}: {key!r} is no array of numbers")
    with np.errstate(invalid="ignore"):
        return value.astype(np.float64)
