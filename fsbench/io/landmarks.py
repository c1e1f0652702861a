"""Landmarks: a few points in space, read from the usual formats."""

import os
from collections.abc import Callable
from typing import Any
from xml.parsers import expat

import numpy as np

from fsbench.core.errors import FormatError
from fsbench.core.mesh import Floats
from fsbench.io.decimals import comma_hint
from fsbench.io.files import read_bytes, refuse_foreign, suffix_of
from fsbench.io.landmark_table import read_table
from fsbench.io.npy import read_array
from fsbench.io.text import read_json, read_numbers

MAX_LANDMARK_BYTES = 4 << 20
_LARGEST_NUMBER = 2.0**31
_MAX_XML_DEPTH = 32
_NOT_PICKED = ("0", "false")


def read_landmarks(path: str | os.PathLike[str]) -> Floats:
    """Read landmarks, one point a row, in the file's order.

    - `.csv`, `.tsv`, `.txt`: three numbers a line, separated by commas, semicolons or blanks, see
      `landmark_table.read_table`.
    - `.npy`: an array (n, 3) or (1, n, 3).
    - `.json`: a list of [x, y, z], or of objects with the keys x, y, z.
    - `.ljson`: menpo's, with one group of points.
    - `.lnd`: a line a point, its number from 1 and x, y, z, as of the Stirling/ESRC scans.
    - `.pp`: points picked in MeshLab; one that was never picked (`active="0"`) is refused.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    array, (n, 3) float64
        All finite, n >= 1; in the file's unit.

    Raises
    ------
    MissingError
        If there is no such file.
    FormatError
        If the format is unknown, the file is not in it, or holds anything but finite points.
    """
    content, points_of = _content(path)
    return _checked(path, points_of(path, content))


def read_landmarks_or_numbers(path: str | os.PathLike[str]) -> Floats | tuple[int, ...]:
    """Read landmarks as points (see `read_landmarks`), or as numbers of vertices.

    Numbers count from 0. They are a list of whole numbers in `.json`, an array (n,) in `.npy`, or one a line in `.csv`,
    `.tsv` or `.txt`.

    Raises
    ------
    MissingError, FormatError
        As `read_landmarks`.
    """
    content, points_of = _content(path)
    numbers = () if points_of is _from_menpo else _as_numbers(content)
    return numbers or _checked(path, points_of(path, content))


def _content(path: str | os.PathLike[str]) -> tuple[Any, Callable[[str | os.PathLike[str], Any], Floats]]:
    """The file's content, and the function that makes points of it."""
    if (known := _FORMATS.get(suffix_of(path))) is None:
        raise FormatError(f"{path}: landmarks are read from {', '.join(_FORMATS)}, not from '{suffix_of(path)}'")
    read, points_of = known
    return read(path, MAX_LANDMARK_BYTES), points_of


def _as_numbers(found: Any) -> tuple[int, ...]:
    """A list, or a row of an array, as a tuple if it holds only whole numbers >= 0, else empty."""
    if isinstance(found, np.ndarray) and found.ndim == 1:
        found = found.tolist()
    is_list = isinstance(found, list) and all(type(number) is int and number >= 0 for number in found)
    return tuple(found) if is_list else ()


def _checked(path: str | os.PathLike[str], points: Floats) -> Floats:
    if points.ndim != 2 or points.shape[1] != 3 or len(points) == 0:
        raise FormatError(f"{path}: has shape {points.shape}, expected a row x, y, z for each landmark")
    if not np.isfinite(points).all():
        row = int(np.flatnonzero(~np.isfinite(points).all(1))[0])
        raise FormatError(f"{path}: landmark {row + 1} is not finite: {points[row].tolist()}")
    return points


def _table(path: str | os.PathLike[str], max_bytes: int) -> Any:
    """Points (n, 3), or a list of whole numbers where there is one a line."""
    rows = read_table(path, max_bytes)
    is_whole = rows.shape[1] == 1 and ((rows == np.floor(rows)) & (np.abs(rows) < _LARGEST_NUMBER)).all()
    return rows[:, 0].astype(np.int64).tolist() if is_whole else rows


def _from_table(path: str | os.PathLike[str], rows: Any) -> Floats:
    return np.array(rows, np.float64).reshape(len(rows), -1)


def _from_npy(path: str | os.PathLike[str], array: Any) -> Floats:
    if array.dtype.kind not in "iuf":
        raise FormatError(f"{path}: has elements of type {array.dtype}, expected numbers")
    # numpy warns of signalling NaNs; `_checked` refuses them.
    with np.errstate(invalid="ignore"):
        points: Floats = array.astype(np.float64)
    return points[0] if points.ndim == 3 and len(points) == 1 else points


def _from_json(path: str | os.PathLike[str], found: Any) -> Floats:
    if not isinstance(found, list):
        raise FormatError(f"{path}: holds a JSON {type(found).__name__}, expected a list of points")
    return np.array([_json_point(path, i, point) for i, point in enumerate(found)], np.float64).reshape(-1, 3)


def _json_point(path: str | os.PathLike[str], i: int, point: Any) -> list[float]:
    values = [point.get(axis) for axis in "xyz"] if isinstance(point, dict) else point
    if isinstance(values, list) and len(values) == 3 and all(type(v) in (int, float) for v in values):
        try:
            return [float(v) for v in values]
        except OverflowError as error:
            raise FormatError(f"{path}: landmark {i + 1} has a number too large for double precision") from error
    raise FormatError(f"{path}: landmark {i + 1} is not [x, y, z]")


def _from_menpo(path: str | os.PathLike[str], found: Any) -> Floats:
    """Read {"groups": {NAME: {"landmarks": {"points": ...}}}}, or the older {"landmarks": {"points": ...}}."""
    groups = found.get("groups") if isinstance(found, dict) else None
    if isinstance(groups, dict) and len(groups) != 1:
        raise FormatError(f"{path}: holds {len(groups)} groups of landmarks ({', '.join(groups)}), expected one")
    holder = next(iter(groups.values())) if isinstance(groups, dict) else found
    for key in ("landmarks", "points"):
        if not isinstance(holder, dict) or key not in holder:
            raise FormatError(f"{path}: expected the key {key!r}, as menpo writes it")
        holder = holder[key]
    if not isinstance(holder, list):
        raise FormatError(f"{path}: 'points' is not a list")
    return np.array([_json_point(path, i, point) for i, point in enumerate(holder)], np.float64).reshape(-1, 3)


def _from_numbered(path: str | os.PathLike[str], rows: Any) -> Floats:
    if rows.shape[1] != 4:
        raise FormatError(f"{path}: has {rows.shape[1]} numbers a line, expected four: the landmark's number, x, y, z")
    wrong = np.flatnonzero(rows[:, 0] != np.arange(1, len(rows) + 1))
    if len(wrong):
        raise FormatError(f"{path}: landmark {wrong[0] + 1} is numbered {rows[wrong[0], 0]:g}; expected 1, 2, 3, ...")
    points: Floats = rows[:, 1:]
    return points


def _from_meshlab(path: str | os.PathLike[str], data: bytes) -> Floats:
    """Read MeshLab's XML as a stream of tags: builds no tree, expands no entity, fetches nothing."""
    points: list[list[float]] = []
    depth = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _MAX_XML_DEPTH:
            raise FormatError(f"{path}: the XML is nested deeper than {_MAX_XML_DEPTH}")
        if tag == "point":
            if attributes.get("active", "1") in _NOT_PICKED:
                name = f" ({attributes['name']})" if attributes.get("name") else ""
                raise FormatError(
                    f'{path}: point {len(points) + 1}{name} was never picked (active="{attributes["active"]}"), '
                    "so its coordinates mean nothing: pick it in MeshLab"
                )
            try:
                points.append([float(attributes[axis]) for axis in "xyz"])
            except (KeyError, ValueError) as error:
                hint = next(filter(None, (comma_hint(attributes.get(axis, "")) for axis in "xyz")), "")
                what = f"point {len(points) + 1} has no numbers x, y, z: {attributes}{hint}"
                raise FormatError(f"{path}: {what}") from error

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1

    def refuse_entity(name: str, *_: Any) -> None:
        raise FormatError(f"{path}: the XML declares the entity '{name}', which is refused")

    # Setting the encoding keeps the file from choosing an exotic one.
    parser = expat.ParserCreate(encoding="utf-8")
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.EntityDeclHandler = refuse_entity
    try:
        refuse_foreign(path, data[:512])
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise FormatError(f"{path}: not readable as XML: {error}") from error
    return np.array(points, np.float64).reshape(-1, 3)


_FORMATS: dict[str, tuple[Callable[..., Any], Callable[[str | os.PathLike[str], Any], Floats]]] = {
    ".csv": (_table, _from_table),
    ".json": (read_json, _from_json),
    ".ljson": (read_json, _from_menpo),
    ".lnd": (read_numbers, _from_numbered),
    ".npy": (read_array, _from_npy),
    ".pp": (read_bytes, _from_meshlab),
    ".tsv": (_table, _from_table),
    ".txt": (_table, _from_table),
}

LANDMARK_SUFFIXES = tuple(_FORMATS)
"""File name endings that `read_landmarks` knows."""
