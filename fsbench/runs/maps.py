"""Error maps on disk: one small file a sample, which shows where on the face the error is.

A file is a magic line, a line of JSON, and a zlib stream of the numbers that the JSON counts, in the order of `encode`.
The report's page reads the same bytes.
"""

import hashlib
import json
import math
import zlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fsbench.core.errors import FormatError, MissingError
from fsbench.core.mesh import Floats, Ints, Mask, Mesh
from fsbench.io.files import read_bytes
from fsbench.metrics.cylinder import SIZE, quad_mesh
from fsbench.runs.files import write_atomically

FOLDER, MARK = "maps", ".fsbench"
"""In a run's folder; the mark says that the folder is of our making and may be removed."""
LARGEST_BYTES = 60_000
"""Of one sample: 400 of them stay small enough to mail."""

_MAGIC = b"fsbench map 1\n"
_SUFFIX = ".map"
_MOST_HEADER_BYTES = 2_000
_STEPS_MM = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""The finest that fits is taken. A table shows hundredths of a millimetre."""
_MOST_VERTICES = 1 << 16
_SAME = 1e-9
"""A score that was written as text and read back is the same but for its last digits."""

_Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class GridMap:
    """The compared surfaces around the head's axis.

    Attributes
    ----------
    radius_ref_mm, radius_pred_mm : ndarray, (256, 256)
        Cylinder maps over the common part, 0 elsewhere.
    is_open, corners : ndarray of bool, (256, 256)
        The prediction's quads, and the pixels that are its vertices, see `fsbench.metrics.cylinder.QuadMap`.
    distances_mm : ndarray, (n,)
        From each vertex to the reference; below 0 where the prediction lies inside of it.
    """

    radius_ref_mm: Floats
    radius_pred_mm: Floats
    is_open: Mask
    corners: Mask
    distances_mm: Floats

    @property
    def prediction(self) -> Mesh:
        """The part of the prediction that was compared, head frame, mm."""
        return quad_mesh(self.radius_pred_mm, self.is_open)


@dataclass(frozen=True, slots=True, eq=False)
class SurfaceMap:
    """A scan's surface, thinned out, and how far the prediction is from it.

    Attributes
    ----------
    vertices_mm : ndarray, (n, 3)
        Some of the scan's own.
    faces : ndarray of int, (m, 3)
        No rows for a point cloud.
    offsets_mm : ndarray, (n, 3)
        From each vertex to the nearest point of the prediction.
    distances_mm : ndarray, (n,)
        As scored; below 0 where the prediction lies inside of the scan.
    """

    vertices_mm: Floats
    faces: Ints
    offsets_mm: Floats
    distances_mm: Floats


ErrorMap = GridMap | SurfaceMap


class TooLargeError(ValueError):
    """A map does not fit into a file, at any step."""


class _TooCoarseError(ValueError):
    """The numbers do not fit into 16 bits at this step."""


def encode(error_map: ErrorMap, scores: Mapping[str, float], finest_mm: float = _STEPS_MM[0]) -> bytes:
    """The bytes of a file, with the first of the sample's `scores`, which tells later whether it belongs to a row.

    Numbers are whole steps of `step_mm`. Each is stored as its difference from the one before, folded so that small
    differences of either sign are small numbers; all low bytes come first, then all high bytes.

    Raises
    ------
    TooLargeError
        If the map does not fit into a file; a scan's can be thinned out more.
    """
    metric, score = next((name, value) for name, value in scores.items() if math.isfinite(value))
    for step in (step for step in _STEPS_MM if step >= finest_mm):
        try:
            header, body = _grid(error_map, step) if isinstance(error_map, GridMap) else _surface(error_map, step)
        except _TooCoarseError:
            continue
        about = {**header, "step_mm": step, "metric": metric, "score": float(score)}
        content = _MAGIC + json.dumps(about).encode() + b"\n" + zlib.compress(body, 9)
        if len(content) <= LARGEST_BYTES:
            return content
    raise TooLargeError(f"an error map larger than {LARGEST_BYTES:,} bytes, or wider than 30 m")


def decode(content: bytes) -> tuple[ErrorMap, str, float]:
    """The map of a file, and the metric and score that it was kept with.

    Raises
    ------
    FormatError
        If it is not a map.
    """
    try:
        if not content.startswith(_MAGIC):
            raise ValueError("not an error map")
        line, newline, packed = content[len(_MAGIC) :].partition(b"\n")
        if not newline or len(line) > _MOST_HEADER_BYTES:
            raise ValueError("no header")
        about = json.loads(line)
        step, score = float(about["step_mm"]), float(about["score"])
        if not (0 < step <= _STEPS_MM[-1] and math.isfinite(score)):
            raise ValueError(f"a step of {step} mm, a score of {score}")
        body = _Body(packed)
        found = _read_grid(body, step) if about["kind"] == "grid" else _read_surface(body, about, step)
        return found, str(about["metric"]), score
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError, zlib.error) as error:
        raise FormatError(f"not a whole error map: {error}") from None


def write_map(folder: Path, sample: str, content: bytes) -> None:
    """Keep one sample's map, as `encode` gives it."""
    write_atomically(_path(folder, sample), content)


def read_map(folder: Path, sample: str, scores: Mapping[str, float]) -> bytes | None:
    """One sample's map as bytes that can be decoded; None if it is absent, damaged, or of another score."""
    try:
        content = read_bytes(_path(folder, sample), LARGEST_BYTES)
        _, metric, score = decode(content)
    except (MissingError, FormatError):
        return None
    return content if math.isclose(scores.get(metric, math.nan), score, rel_tol=_SAME, abs_tol=_SAME) else None


def has_map(folder: Path, sample: str) -> bool:
    """Whether the sample has a map."""
    return _path(folder, sample).is_file()


def remove_map(folder: Path, sample: str) -> None:
    """Remove the map that an earlier attempt at a sample left."""
    _path(folder, sample).unlink(missing_ok=True)


def copy_maps(out: Path, parts: Sequence[Path], samples: Iterable[str]) -> None:
    """Copy the maps of the parts into the folder of the merged run."""
    for sample in samples:
        for part in parts:
            if has_map(part / FOLDER, sample):
                (out / FOLDER).mkdir(exist_ok=True)
                (out / FOLDER / MARK).touch()
                with suppress(FormatError):  # a damaged map counts as none
                    write_map(out / FOLDER, sample, read_bytes(_path(part / FOLDER, sample), LARGEST_BYTES))


def _grid(found: GridMap, step: float) -> tuple[dict[str, Any], bytes]:
    both = found.radius_ref_mm != 0
    ref, pred = (_steps(radius[both], step, 0, 65535) for radius in (found.radius_ref_mm, found.radius_pred_mm))
    masks = [np.packbits(mask).tobytes() for mask in (both, found.is_open, found.corners)]
    if np.abs(pred - ref).max(initial=0) > 32767:
        raise _TooCoarseError
    numbers = [ref, pred - ref, _steps(found.distances_mm, step)]
    return {"kind": "grid"}, b"".join([*masks, *map(_folded, numbers)])


def _read_grid(body: "_Body", step: float) -> GridMap:
    # A corner may have no radius: within 15 mm of the axis, quads are open to what is not there, see `QuadMap`.
    both, is_open, corners = (body.mask() for _ in range(3))
    n = int(both.sum())
    ref = body.numbers(n).astype(np.uint16).astype(np.int64)
    radius_ref, radius_pred = np.zeros((SIZE, SIZE)), np.zeros((SIZE, SIZE))
    radius_ref[both], radius_pred[both] = ref * step, (ref + body.numbers(n)) * step
    return GridMap(
        radius_ref, radius_pred, is_open, corners, step * body.numbers(int(corners.sum())).astype(np.float64)
    )


def _surface(found: SurfaceMap, step: float) -> tuple[dict[str, Any], bytes]:
    center = found.vertices_mm.mean(axis=0).round(2)
    columns = [*(found.vertices_mm - center).T, *found.offsets_mm.T, found.distances_mm]
    numbers = [*(_steps(column, step) for column in columns), *found.faces.T.astype(np.int64)]
    counts = {"vertices": len(found.vertices_mm), "faces": len(found.faces), "center_mm": center.tolist()}
    if counts["vertices"] > _MOST_VERTICES:
        raise TooLargeError(f"{counts['vertices']} vertices, at most {_MOST_VERTICES} are kept")
    return {"kind": "surface", **counts}, b"".join(map(_folded, numbers))


def _read_surface(body: "_Body", about: Mapping[str, Any], step: float) -> SurfaceMap:
    n, m = int(about["vertices"]), int(about["faces"])
    center = np.array(about["center_mm"], np.float64)
    if about["kind"] != "surface" or not 0 < n <= _MOST_VERTICES or m < 0 or center.shape != (3,):
        raise ValueError("not a surface")
    columns = [step * body.numbers(n).astype(np.float64) for _ in range(7)]
    faces = np.stack([body.numbers(m).astype(np.uint16).astype(np.int64) for _ in range(3)], axis=1)
    if not np.isfinite(center).all() or faces.max(initial=0) >= n:
        raise ValueError("a corner that does not exist")
    return SurfaceMap(np.stack(columns[:3], 1) + center, faces, np.stack(columns[3:6], 1), columns[6])


def _steps(values: Floats, step: float, low: int = -32768, high: int = 32767) -> _Numbers:
    steps = np.round(np.asarray(values) / step)
    if not (len(steps) == 0 or (steps.min() >= low and steps.max() <= high)):
        raise _TooCoarseError
    return steps.astype(np.int64)


def _folded(numbers: _Numbers) -> bytes:
    """Differences modulo 65536, folded: 0, -1, 1, -2, ... become 0, 1, 2, 3, ..."""
    differences = np.diff(numbers, prepend=0).astype(np.int16)
    folded = ((differences << 1) ^ (differences >> 15)).astype("<u2")
    return folded.view(np.uint8).reshape(-1, 2).T.tobytes()


class _Body:
    """The numbers of a file, one after the other; never more than a map can have."""

    def __init__(self, packed: bytes) -> None:
        self._bytes = zlib.decompressobj().decompress(packed, 2 * 16 * _MOST_VERTICES)
        self._place = 0

    def _take(self, n: int) -> npt.NDArray[np.uint8]:
        part = np.frombuffer(self._bytes, np.uint8)[self._place : self._place + n]
        if len(part) < n:
            raise ValueError("cut off")
        self._place += n
        return part

    def mask(self) -> Mask:
        bits: Mask = np.unpackbits(self._take(SIZE * SIZE // 8)).astype(np.bool_).reshape(SIZE, SIZE)
        return bits

    def numbers(self, n: int) -> _Numbers:
        """The numbers that `_folded` was given, each from -32768 to 32767."""
        folded = np.ascontiguousarray(self._take(2 * n).reshape(2, -1).T).view("<u2").reshape(-1).astype(np.int64)
        differences = (folded >> 1) ^ -(folded & 1)
        return np.cumsum(differences).astype(np.int16).astype(np.int64)


def _path(folder: Path, sample: str) -> Path:
    # A sample's name may hold slashes, and be longer than a file name may be.
    return folder / f"{hashlib.sha256(sample.encode()).hexdigest()[:32]}{_SUFFIX}"
