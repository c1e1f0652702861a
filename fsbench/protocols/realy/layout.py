"""REALY's files as its authors ship them, and the names of a method's predictions."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fsbench.core.errors import FormatError, FsbenchError, MeshError, ReferenceDataError, UsageError
from fsbench.core.mesh import Floats, Ints, Mask, Mesh
from fsbench.io.obj import read_polygons
from fsbench.io.text import read_json, read_numbers
from fsbench.protocols.realy.region import Reference
from fsbench.protocols.realy.template import N_KEYPOINTS, REGIONS, Template

KEYPOINTS, SCANS, SCALES = "REALY_HIFI3D_keypoints", "REALY_scan_region", "metrical_scale.txt"
"""Folders and the file of a root: in itself or in its folder data."""

_MOST_TEXT_BYTES = 16 << 20
_NAME = re.compile(r"(\d{1,9})(?:_(\w+))?", re.ASCII)
# Barycentric weights outside of these limits are not on the triangle, even with rounding.
_LEAST_WEIGHT, _MOST_WEIGHT = -0.1, 1.1


def subject_and_view(name: str) -> tuple[int, str] | None:
    """Take a prediction's name apart, SUBJECT or SUBJECT_VIEW without an ending; None if it is neither.

    Examples
    --------
    >>> subject_and_view("17"), subject_and_view("17_3"), subject_and_view("face_17")
    ((17, ''), (17, '3'), None)
    """
    parts = _NAME.fullmatch(name)
    return (int(parts[1]), parts[2] or "") if parts else None


@dataclass(frozen=True, slots=True)
class Root:
    """The benchmark's own files.

    Attributes
    ----------
    keypoints, scans : Path
        Folders: SUBJECT.obj, and SUBJECT/REGION.obj.
    scales : Path
        The list of scales.
    mm_per_unit : tuple of float
        Of subject 1, 2, ...
    """

    keypoints: Path
    scans: Path
    scales: Path
    mm_per_unit: tuple[float, ...]

    @classmethod
    def of_folder(cls, root: Path) -> "Root":
        """Find the files, in the folder or in its `data`.

        Raises
        ------
        UsageError
            If they are not there.
        ReferenceDataError
            If the list of scales is damaged.
        """
        found = [next((p for p in (root / name, root / "data" / name) if p.exists()), None) for name in _PARTS]
        if None in found:
            missing = ", ".join(name for name, path in zip(_PARTS, found, strict=True) if path is None)
            raise UsageError(
                f"{root}: {missing} is neither here nor in data/. Keypoints and scan regions come with the Headspace "
                f"agreement, {SCALES} with the public evaluator"
            )
        keypoints, scans, scales = (path for path in found if path is not None)
        return cls(keypoints, scans, scales, read_scales(scales))

    def subjects(self) -> tuple[int, ...]:
        """Numbers of all subjects that have keypoints, ascending."""
        named = (subject_and_view(path.stem) for path in self.keypoints.glob("*.obj"))
        return tuple(sorted({parts[0] for parts in named if parts and not parts[1]}))

    def read(self, subject: int) -> Reference:
        """Read a subject's keypoints and regions.

        Raises
        ------
        ReferenceDataError
            If a file is missing or unusable, or there is no scale for the subject.
        """
        if not 0 < subject <= len(self.mm_per_unit):
            raise ReferenceDataError(f"{SCALES} has {len(self.mm_per_unit)} lines, none for subject {subject}")
        try:
            points = read_mesh(self.keypoints / f"{subject}.obj").vertices
            if len(points) != N_KEYPOINTS:
                path = self.keypoints / f"{subject}.obj"
                raise ReferenceDataError(f"{path}: has {len(points)} vertices, expected {N_KEYPOINTS} keypoints")
            regions = {name: read_mesh(self.scans / str(subject) / f"{name}.obj") for name in REGIONS}
        except ReferenceDataError:
            raise
        except FsbenchError as error:
            raise ReferenceDataError(str(error)) from error
        return Reference(points, regions, self.mm_per_unit[subject - 1])


_PARTS = (KEYPOINTS, SCANS, SCALES)


def read_template(mesh: Path, keypoints: Path, mask: Path | None = None) -> Template:
    """Read a topology: a mesh, whose places do not matter, and the keypoints on its triangles.

    Parameters
    ----------
    mesh : Path
        An OBJ of triangles and quads.
    keypoints : Path
        JSON: a list of 85 [triangle, w1, w2], triangles from 0 after quads were cut, w3 = 1 - w1 - w2.
    mask : Path, optional
        0 or 1 a vertex, a line each: which of them step 3 uses.

    Raises
    ------
    FsbenchError
        If a file is missing or not of this form, or they are not of one topology.
    """
    shape = read_mesh(mesh)
    triangles, weights = read_keypoints(keypoints)
    kept = None if mask is None else read_mask(mask)
    try:
        return Template(shape.n_vertices, shape.faces, triangles, weights, kept)
    except UsageError as error:
        raise UsageError(f"{mesh}, {keypoints}: {error}") from error


def read_mesh(path: Path) -> Mesh:
    """Read an OBJ as the public evaluator does: all vertices, in single precision; quads a b c d as a b c, a c d.

    Raises
    ------
    MissingError, FormatError, MeshError
        As `fsbench.io.read_obj`; also for polygons of more than four corners, which the evaluator leaves out unseen.
    """
    vertices, corners, sizes = read_polygons(path)
    large = np.flatnonzero(sizes > 4)
    if len(large):
        raise FormatError(
            f"{path}: face {large[0] + 1} has {sizes[large[0]]} corners ({len(large)} faces have more than 4); REALY "
            "counts triangles and quads only. Cut them into triangles"
        )
    starts, quads = np.cumsum(sizes) - sizes, np.flatnonzero(sizes == 4)
    index = np.concatenate([starts[:, None] + [0, 1, 2], starts[quads][:, None] + [0, 2, 3]])
    order = np.argsort(np.concatenate([np.arange(len(sizes)), quads]), kind="stable")
    try:
        with np.errstate(over="ignore"):
            return Mesh(vertices.astype(np.float32), corners[index[order]])
    except MeshError as error:
        raise MeshError(f"{path}: {error}") from error


def read_keypoints(path: Path) -> tuple[Ints, Floats]:
    """Read the triangle of each of the 85 keypoints, (85,), and the weights of its corners, (85, 3).

    Raises
    ------
    MissingError, FormatError
        If there is no such file, or it is not a JSON list of 85 [triangle, w1, w2].
    """
    found = read_json(path, _MOST_TEXT_BYTES)
    if not isinstance(found, list) or len(found) != N_KEYPOINTS:
        what = f"a list of {len(found)}" if isinstance(found, list) else f"a JSON {type(found).__name__}"
        raise FormatError(f"{path}: holds {what}, expected a list of {N_KEYPOINTS} keypoints [triangle, w1, w2]")
    for i, keypoint in enumerate(found):
        if not _is_keypoint(keypoint):
            raise FormatError(
                f"{path}: keypoint {i} is {str(keypoint)[:80]}, expected [triangle, w1, w2]: a whole number from 0 and "
                "two weights, which with 1 - w1 - w2 are from 0 to 1"
            )
    rows = np.array(found, np.float64)
    return rows[:, 0].astype(np.int64), np.column_stack([rows[:, 1], rows[:, 2], 1 - rows[:, 1] - rows[:, 2]])


def _is_keypoint(values: Any) -> bool:
    if not (isinstance(values, list) and len(values) == 3 and all(type(v) in (int, float) for v in values)):
        return False
    triangle, first, second = values
    if not (0 <= triangle < 1 << 31 and triangle == int(triangle)):
        return False
    # One after the other: the difference of a number beyond all bounds is none.
    in_range = all(_LEAST_WEIGHT <= weight <= _MOST_WEIGHT for weight in (first, second))
    return in_range and _LEAST_WEIGHT <= 1 - first - second <= _MOST_WEIGHT


def read_mask(path: Path) -> Mask:
    """Read the mask of the template's vertices, (V,): 0 or 1 on each line.

    Raises
    ------
    MissingError, FormatError
        If there is no such file, or it is not of this form.
    """
    values = read_numbers(path, _MOST_TEXT_BYTES)
    if values.shape[1] != 1 or not np.isin(values, (0, 1)).all():
        raise FormatError(f"{path}: expected 0 or 1 on each line, one for each vertex of the template")
    if not values.any():
        raise FormatError(f"{path}: the mask keeps no vertex")
    kept: Mask = values[:, 0] == 1
    return kept


def read_scales(path: Path) -> tuple[float, ...]:
    """Read the millimetres in a unit of subject 1, 2, ..., one on each line.

    Raises
    ------
    ReferenceDataError
        If there is no such file, or it is not of this form.
    """
    try:
        values = read_numbers(path, _MOST_TEXT_BYTES)
    except FsbenchError as error:
        raise ReferenceDataError(str(error)) from error
    if values.shape[1] != 1 or not (np.isfinite(values).all() and (values > 0).all()):
        raise ReferenceDataError(f"{path}: expected one number above 0 on each line, mm a unit of subject 1, 2, ...")
    return tuple(values[:, 0].tolist())
