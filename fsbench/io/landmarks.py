"""Landmarks: a few points in space, in the formats that people keep them in."""

import os
import re
from collections.abc import Callable
from typing import Any
from xml.parsers import expat

import numpy as np

from fsbench.core.errors import FormatError
from fsbench.core.mesh import Floats
from fsbench.io.files import read_bytes, suffix_of
from fsbench.io.npy import read_array
from fsbench.io.text import parse_matrix, read_json

MAX_LANDMARK_BYTES = 4 << 20
_MAX_XML_DEPTH = 32
_N_AXES = 3
_DECIMAL_COMMA = re.compile(rb"(?:^|[;\t\n])[ ]*([+-]?\d+,\d+)[ ]*[;\t]")
"""A number with a comma in it, where semicolons or tabs part the columns."""
_NOT_PICKED = ("0", "false")
_HEADER = re.compile(rb"\s*[\"']?[A-Za-z_][^\n]*\n")


def read_landmarks(path: str | os.PathLike[str]) -> Floats:
    """Read landmarks, one point a row, in the file's order.

    - `.csv`, `.tsv`, `.txt`: three numbers a line, separated by commas, semicolons or blanks; with a first line of
      names, the columns x, y, z.
    - `.npy`: an array (n, 3) or (1, n, 3).
    - `.json`: a list of [x, y, z], or of objects with the keys x, y, z.
    - `.ljson`: menpo's, with one group of points.
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
    reader = _READERS.get(suffix_of(path))
    if reader is None:
        raise FormatError(f"{path}: landmarks are read from {', '.join(_READERS)}, not from '{suffix_of(path)}'")
    points = reader(path)
    if points.ndim != 2 or points.shape[1] != 3 or len(points) == 0:
        raise FormatError(f"{path}: has shape {points.shape}, expected a row x, y, z for each landmark")
    if not np.isfinite(points).all():
        row = int(np.flatnonzero(~np.isfinite(points).all(1))[0])
        raise FormatError(f"{path}: landmark {row + 1} is not finite: {points[row].tolist()}")
    return points


def _from_table(path: str | os.PathLike[str]) -> Floats:
    data = re.sub(rb"#[^\n]*", b"", read_bytes(path, MAX_LANDMARK_BYTES)).removeprefix(b"\xef\xbb\xbf")
    try:
        points = _columns_xyz(path, data)
        if points.shape[1] != _N_AXES:
            raise FormatError(f"{path}: has {points.shape[1]} numbers a line, expected a row x, y, z for each landmark")
    except FormatError as error:
        if comma := _DECIMAL_COMMA.search(data):
            text = comma[1].decode("ascii")
            hint = f"is the comma in {text} a decimal comma? Commas part numbers here: write {text.replace(',', '.')}"
            raise FormatError(f"{error}; {hint}") from None
        raise
    return points


def _columns_xyz(path: str | os.PathLike[str], data: bytes) -> Floats:
    header = _HEADER.match(data)
    if header is None:
        return parse_matrix(path, data)
    names = re.findall(rb"[^\s,;\"']+", header[0].lower())
    columns = [names.index(axis) for axis in (b"x", b"y", b"z") if axis in names]
    if len(columns) != 3:
        raise FormatError(f"{path}: the first line {header[0][:60]!r} does not name the columns x, y, z")
    matrix = parse_matrix(path, data[header.end() :])
    if matrix.shape[1] != len(names):
        raise FormatError(
            f"{path}: has {len(names)} names in the first line and {matrix.shape[1]} numbers in the others"
        )
    return matrix[:, columns]


def _from_npy(path: str | os.PathLike[str]) -> Floats:
    array = read_array(path, MAX_LANDMARK_BYTES)
    if array.dtype.kind not in "iuf":
        raise FormatError(f"{path}: has elements of type {array.dtype}, expected numbers")
    # A NaN may be of the signalling kind, of which numpy warns; it is refused later.
    with np.errstate(invalid="ignore"):
        points = array.astype(np.float64)
    return points[0] if points.ndim == 3 and len(points) == 1 else points


def _from_json(path: str | os.PathLike[str]) -> Floats:
    found = read_json(path, MAX_LANDMARK_BYTES)
    if not isinstance(found, list):
        raise FormatError(f"{path}: holds a JSON {type(found).__name__}, expected a list of points")
    return np.array([_json_point(path, i, point) for i, point in enumerate(found)], np.float64).reshape(-1, 3)


def _json_point(path: str | os.PathLike[str], i: int, point: Any) -> list[float]:
    values = [point.get(axis) for axis in "xyz"] if isinstance(point, dict) else point
    if isinstance(values, list) and len(values) == 3 and all(type(v) in (int, float) for v in values):
        try:
            return [float(v) for v in values]
        except OverflowError as error:
            raise FormatError(f"{path}: landmark {i + 1} has a number beyond all bounds") from error
    raise FormatError(f"{path}: landmark {i + 1} is not [x, y, z]")


def _from_menpo(path: str | os.PathLike[str]) -> Floats:
    """Read {"groups": {NAME: {"landmarks": {"points": ...}}}}, or the older {"landmarks": {"points": ...}}."""
    found = read_json(path, MAX_LANDMARK_BYTES)
    groups = found.get("groups") if isinstance(found, dict) else None
    if isinstance(groups, dict) and len(groups) != 1:
        raise FormatError(f"{path}: holds {len(groups)} groups of landmarks, {', '.join(groups)}; expected one")
    holder = next(iter(groups.values())) if isinstance(groups, dict) else found
    for key in ("landmarks", "points"):
        if not isinstance(holder, dict) or key not in holder:
            raise FormatError(f"{path}: has no {key!r} where menpo writes it")
        holder = holder[key]
    if not isinstance(holder, list):
        raise FormatError(f"{path}: 'points' is no list")
    return np.array([_json_point(path, i, point) for i, point in enumerate(holder)], np.float64).reshape(-1, 3)


def _from_meshlab(path: str | os.PathLike[str]) -> Floats:
    """Read MeshLab's XML as a stream of tags: no tree is built, no entity known, nothing outside fetched."""
    points: list[list[float]] = []
    depth = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _MAX_XML_DEPTH:
            raise FormatError(f"{path}: the XML is nested deeper than {_MAX_XML_DEPTH}")
        if tag == "point":
            if attributes.get("active", "1") in _NOT_PICKED:
                name = attributes.get("name", "")
                raise FormatError(
                    f'{path}: point {len(points) + 1} ({name}) was never picked (active="{attributes["active"]}"), '
                    "its numbers mean nothing: pick it in MeshLab"
                )
            try:
                points.append([float(attributes[axis]) for axis in "xyz"])
            except (KeyError, ValueError) as error:
                raise FormatError(f"{path}: point {len(points) + 1} has no numbers x, y, z: {attributes}") from error

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1

    def refuse_entity(name: str, *_: Any) -> None:
        raise FormatError(f"{path}: the XML declares the entity '{name}', which is refused")

    # The encoding is set, so that a file cannot ask for an exotic one.
    parser = expat.ParserCreate(encoding="utf-8")
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.EntityDeclHandler = refuse_entity
    try:
        parser.Parse(read_bytes(path, MAX_LANDMARK_BYTES), True)
    except expat.ExpatError as error:
        raise FormatError(f"{path}: not readable as XML: {error}") from error
    return np.array(points, np.float64).reshape(-1, 3)


_READERS: dict[str, Callable[[str | os.PathLike[str]], Floats]] = {
    ".csv": _from_table,
    ".json": _from_json,
    ".ljson": _from_menpo,
    ".npy": _from_npy,
    ".pp": _from_meshlab,
    ".tsv": _from_table,
    ".txt": _from_table,
}

LANDMARK_SUFFIXES = tuple(_READERS)
"""File name endings that `read_landmarks` knows."""
